#include <gtest/gtest.h>

#include <iostream>

#include "planner/effects/effects.h"
#include "planner/sql/type.h"
#include "tests/support/postgres.h"

/// type_change() against a server: every pair of these types, plain and as an explicit cast.
namespace planner::test {
namespace {

const std::vector<std::string>& types() {
  static const std::vector<std::string> kTypes{"smallint",
                                               "integer",
                                               "bigint",
                                               "real",
                                               "double precision",
                                               "numeric",
                                               "numeric(10,2)",
                                               "numeric(12,2)",
                                               "numeric(12,4)",
                                               "numeric(8)",
                                               "money",
                                               "text",
                                               "varchar",
                                               "varchar(10)",
                                               "varchar(20)",
                                               "char(5)",
                                               "char(10)",
                                               "name",
                                               "\"char\"",
                                               "bytea",
                                               "boolean",
                                               "uuid",
                                               "json",
                                               "jsonb",
                                               "xml",
                                               "date",
                                               "time",
                                               "time(3)",
                                               "time(6)",
                                               "timetz",
                                               "timetz(3)",
                                               "timestamp",
                                               "timestamp(3)",
                                               "timestamp(6)",
                                               "timestamptz",
                                               "timestamptz(3)",
                                               "timestamptz(6)",
                                               "interval",
                                               "interval(3)",
                                               "interval(6)",
                                               "interval day to second",
                                               "interval year to month",
                                               "interval day to second(3)",
                                               "bit(8)",
                                               "bit(16)",
                                               "varbit",
                                               "varbit(8)",
                                               "varbit(16)",
                                               "inet",
                                               "cidr",
                                               "macaddr",
                                               "macaddr8",
                                               "oid",
                                               "regclass",
                                               "xid",
                                               "xid8",
                                               "pg_lsn",
                                               "point",
                                               "box",
                                               "polygon",
                                               "path",
                                               "circle",
                                               "lseg",
                                               "int4range",
                                               "int8range",
                                               "tstzrange",
                                               "int4multirange",
                                               "tsvector",
                                               "tsquery",
                                               "integer[]",
                                               "bigint[]",
                                               "text[]",
                                               "varchar[]",
                                               "varchar(10)[]",
                                               "varchar(20)[]",
                                               "numeric(10,2)[]",
                                               "numeric[]",
                                               "mood",
                                               "mood2",
                                               "mood[]",
                                               "plain_text",
                                               "plain_int",
                                               "plain_plain",
                                               "short_text",
                                               "checked_text",
                                               "checked_int",
                                               "required_text",
                                               "checked_over_plain",
                                               "citext"};
  return kTypes;
}

constexpr const char* kObjects = R"(
  create extension citext;
  create type mood as enum ('a', 'b');
  create type mood2 as enum ('a', 'b', 'c');
  create domain plain_text as text;
  create domain plain_int as int;
  create domain plain_plain as plain_text;
  create domain short_text as varchar(20);
  create domain checked_text as text check (value <> 'x');
  create domain checked_int as int check (value > 0);
  create domain required_text as text not null;
  create domain checked_over_plain as plain_text check (length(value) < 10);)";

Schema schema_of_objects() {
  Schema schema;
  const Identifier place("public");
  const auto name = [&](const char* text) { return ObjectName(place, Identifier(text)); };
  const auto add_enum = [&](const char* text, std::vector<std::string> labels) {
    EnumType made;
    made.name = name(text);
    made.labels = std::move(labels);
    schema.enums.put(made.name, made);
  };
  const auto add_domain = [&](const char* text, TypeName base, bool checked, bool required) {
    Domain made;
    made.name = name(text);
    made.base = std::move(base);
    made.not_null = required;
    if (checked) made.checks.push_back(Constraint{});
    schema.domains.put(made.name, made);
  };
  add_enum("mood", {"a", "b"});
  add_enum("mood2", {"a", "b", "c"});
  const TypeName text = parse_type("text");
  const TypeName over_plain{name("plain_text"), {}, 0, false, {}};
  add_domain("plain_text", text, false, false);
  add_domain("plain_int", parse_type("int"), false, false);
  add_domain("plain_plain", over_plain, false, false);
  add_domain("short_text", parse_type("varchar(20)"), false, false);
  add_domain("checked_text", text, true, false);
  add_domain("checked_int", parse_type("int"), true, false);
  add_domain("required_text", text, false, true);
  add_domain("checked_over_plain", over_plain, true, false);
  OtherType citext;
  citext.name = name("citext");
  citext.kind = 'b';
  schema.types.put(citext.name, citext);
  return schema;
}

TypeName resolved(const std::string& text, const Schema& schema) {
  TypeName type = parse_type(text);
  type.name = schema.resolve_type(type.name);
  return type;
}

class TypeChanges : public PostgresTest {
 protected:
  void compare(const std::string& zone, bool with_using) {
    db().exec(kObjects);
    db().exec("set timezone = '" + zone + "'");
    const Schema schema = schema_of_objects();
    EffectsSettings settings;
    settings.server_version = db().server_version();
    settings.time_zone = zone;
    settings.time_zone_known = true;
    std::size_t agreed = 0;
    std::size_t different = 0;
    for (const std::string& from : types()) {
      db().exec("create table t (c " + from + ")");
      bool indexed = true;
      try {
        db().exec("create index i on t (c)");
      } catch (const DatabaseError&) {
        indexed = false;
      }
      for (const std::string& to : types()) {
        const Expression using_expression = with_using ? Expression::parse("c::" + to) : Expression();
        const TypeChange said = type_change(resolved(from, schema), resolved(to, schema), using_expression,
                                            Identifier("c"), schema, settings);
        const std::string measured = change(to, with_using, indexed);
        if (measured == "index") continue;  // no operator class for the new type
        const std::string expected = word(said.cost, indexed);
        if (measured == expected) {
          ++agreed;
          continue;
        }
        ++different;
        ADD_FAILURE() << from << " -> " << to << (with_using ? " using" : "") << " (" << zone
                      << "): measured " << measured << ", said " << expected;
      }
      db().exec("drop table t");
    }
    std::cout << agreed << " of " << agreed + different << " type changes agree (" << zone
              << (with_using ? ", using" : "") << ")\n";
  }

  static std::string word(CastCost cost, bool indexed) {
    switch (cost) {
      case CastCost::Free:
        return "free";
      case CastCost::FreeButIndexesRebuilt:
        return indexed ? "index rebuilt" : "free";
      case CastCost::Rewrite:
        return "rewrite";
      case CastCost::Refused:
        return "refused";
    }
    return {};
  }

  std::string change(const std::string& to, bool with_using, bool indexed) {
    const std::string files =
        "select pg_relation_filenode('t') || ' ' || coalesce(pg_relation_filenode('i')::text, '')";
    const std::string table_only = "select pg_relation_filenode('t') || ' '";
    const std::string before = db().exec(indexed ? files : table_only).text();
    db().exec("begin");
    try {
      db().exec("alter table t alter c type " + to + (with_using ? " using c::" + to : ""));
    } catch (const DatabaseError& error) {
      db().exec("rollback");
      if (error.is("42704")) return "index";
      return error.is("42804") || error.is("42846") ? "refused" : error.sqlstate();
    }
    const std::string after = db().exec(indexed ? files : table_only).text();
    db().exec("rollback");
    if (after == before) return "free";
    return after.substr(0, after.find(' ')) == before.substr(0, before.find(' ')) ? "index rebuilt"
                                                                                  : "rewrite";
  }
};

TEST_F(TypeChanges, AreWhatTheServerDoes) { compare("UTC", false); }
TEST_F(TypeChanges, WithAnExplicitCastAreWhatTheServerDoes) { compare("UTC", true); }
TEST_F(TypeChanges, OutsideUtcAreWhatTheServerDoes) { compare("Europe/London", false); }

}  // namespace
}  // namespace planner::test
