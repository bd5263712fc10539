#include "planner/sql/type.h"

#include <gtest/gtest.h>

#include "planner/error.h"
#include "planner/sql/sql.h"

namespace planner {
namespace {

struct Spelling {
  const char* written;
  const char* displayed;
  const char* internal;
};

// What format_type prints; tests/postgres asks a server for the same.
const Spelling kSpellings[] = {
    {"int", "integer", "int4"},
    {"INT4", "integer", "int4"},
    {"bigint", "bigint", "int8"},
    {"smallint", "smallint", "int2"},
    {"real", "real", "float4"},
    {"float", "double precision", "float8"},
    {"float(24)", "real", "float4"},
    {"double precision", "double precision", "float8"},
    {"bool", "boolean", "bool"},
    {"decimal", "numeric", "numeric"},
    {"numeric(10)", "numeric(10,0)", "numeric"},
    {"DECIMAL(10, 2)", "numeric(10,2)", "numeric"},
    {"varchar", "character varying", "varchar"},
    {"character varying(20)", "character varying(20)", "varchar"},
    {"char", "character(1)", "bpchar"},
    {"CHAR(3)", "character(3)", "bpchar"},
    {"bpchar", "bpchar", "bpchar"},
    {"\"char\"", "\"char\"", "char"},
    {"text", "text", "text"},
    {"text[]", "text[]", "text"},
    {"text[][]", "text[]", "text"},
    {"int ARRAY[4]", "integer[]", "int4"},
    {"_text", "text[]", "text"},
    {"varchar(10)[]", "character varying(10)[]", "varchar"},
    {"timestamp", "timestamp without time zone", "timestamp"},
    {"TIMESTAMP(3)", "timestamp(3) without time zone", "timestamp"},
    {"timestamp(3) with time zone", "timestamp(3) with time zone", "timestamptz"},
    {"timestamptz(0)", "timestamp(0) with time zone", "timestamptz"},
    {"time", "time without time zone", "time"},
    {"timetz(2)", "time(2) with time zone", "timetz"},
    {"date", "date", "date"},
    {"interval", "interval", "interval"},
    {"interval(3)", "interval(3)", "interval"},
    {"interval year to month", "interval year to month", "interval"},
    {"interval day to second(3)", "interval day to second(3)", "interval"},
    {"bit", "bit(1)", "bit"},
    {"bit(4)", "bit(4)", "bit"},
    {"bit varying(4)", "bit varying(4)", "varbit"},
    {"varbit", "bit varying", "varbit"},
    {"uuid", "uuid", "uuid"},
    {"jsonb", "jsonb", "jsonb"},
    {"pg_catalog.int4", "integer", "int4"},
    {"pg_catalog.\"varchar\"", "character varying", "varchar"},
    {"citext", "citext", "citext"},
    {"\"Role\"", "\"Role\"", "Role"},
    {"public.\"Role\"", "\"Role\"", "Role"},
    {"billing.status", "billing.status", "status"},
    {"\"Billing\".\"select\"", "\"Billing\".\"select\"", "select"},
    {"\"user\"", "\"user\"", "user"},
    {"\"name\"", "name", "name"},
    {"\"a b\"[]", "\"a b\"[]", "a b"},
    {"SETOF int", "SETOF integer", "int4"},
    {"vector(1536)", "vector(1536)", "vector"},
    {"geometry(Point, 4326)", "geometry(point,4326)", "geometry"},
};

TEST(Type, IsReadAndDisplayedAsFormatTypeDoes) {
  for (const Spelling& spelling : kSpellings) {
    SCOPED_TRACE(spelling.written);
    const TypeName type = parse_type(spelling.written);
    EXPECT_EQ(type.name.name.str(), spelling.internal);
    EXPECT_EQ(display(type), spelling.displayed);
  }
}

TEST(Type, SurvivesItsOwnTextAndItsSql) {
  for (const Spelling& spelling : kSpellings) {
    SCOPED_TRACE(spelling.written);
    TypeName type = parse_type(spelling.written);
    const TypeName from_sql = parse_type(type_sql(type).str());
    if (type.array_dimensions > 1) type.array_dimensions = 1;  // one pair of brackets is printed
    EXPECT_EQ(from_sql, type);
    if (type.name.schema.str() != "public") {
      EXPECT_EQ(parse_type(display(type)), type);
    }
  }
}

TEST(Type, SerialKindsKeepTheirKind) {
  EXPECT_EQ(parse_type("serial").name.name.str(), "serial4");
  EXPECT_EQ(parse_type("SERIAL8").name.name.str(), "serial8");
  EXPECT_EQ(parse_type("bigserial").name.name.str(), "serial8");
  EXPECT_EQ(parse_type("smallserial").name.name.str(), "serial2");
  EXPECT_EQ(display(parse_type("bigserial")), "bigserial");
}

TEST(Type, SqlQuotesOnlyWhatUsersNamed) {
  EXPECT_EQ(type_sql(parse_type("\"Role\"")).str(), "\"Role\"");
  EXPECT_EQ(type_sql(parse_type("public.role")).str(), "\"public\".\"role\"");
  EXPECT_EQ(type_sql(parse_type("uuid[]")).str(), "uuid[]");
  EXPECT_EQ(type_sql(parse_type("citext")).str(), "\"citext\"");
}

TEST(Type, IsAskedForByItsInternalName) {
  EXPECT_TRUE(parse_type("INTEGER").is("int4"));
  EXPECT_FALSE(parse_type("INTEGER[]").is("int4"));
  EXPECT_FALSE(parse_type("other.int4").is("int4"));
}

TEST(Type, RefusesWhatIsNone) {
  for (const char* text : {"", "int;", "int; drop table users", "1", "int, text", "int) as (x", "int AS 'x'",
                           "int IMMUTABLE", "TABLE (a int)", "'int'"}) {
    EXPECT_THROW(parse_type(text), Error) << text;
  }
}

}  // namespace
}  // namespace planner
