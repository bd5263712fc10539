#include "tests/properties/random_change.h"

#include <algorithm>
#include <map>
#include <set>

namespace planner::test {
namespace {

struct TypeChange {
  const char *from, *to, *with;  ///< `with`: USING, `#` stands for the column
};
constexpr TypeChange kTypeChanges[] = {
    {"integer", "bigint", ""},
    {"integer", "numeric(12,2)", ""},
    {"integer", "text", ""},
    {"integer", "boolean", "# <> 0"},
    {"bigint", "integer", ""},
    {"bigint", "numeric", ""},
    {"smallint", "integer", ""},
    {"smallint", "bigint", "#::bigint"},
    {"text", "varchar(255)", ""},
    {"text", "varchar(5)", ""},
    {"text", "text[]", "ARRAY[#]"},
    {"text", "bytea", "convert_to(#, 'UTF8')"},
    {"varchar(40)", "varchar(80)", ""},
    {"varchar(40)", "text", ""},
    {"varchar(40)", "varchar(8)", ""},
    {"varchar", "varchar(100)", ""},
    {"char(8)", "text", ""},
    {"char(8)", "varchar(8)", ""},
    {"boolean", "integer", "#::integer"},
    {"boolean", "text", ""},
    {"numeric(12,2)", "numeric(14,2)", ""},
    {"numeric(12,2)", "numeric(10,1)", ""},
    {"numeric(12,2)", "double precision", ""},
    {"double precision", "numeric(20,4)", ""},
    {"double precision", "numeric", ""},
    {"real", "double precision", ""},
    {"timestamp(3)", "timestamptz", ""},
    {"timestamp(3)", "timestamp(6)", ""},
    {"timestamp(3)", "timestamptz(3)", "# AT TIME ZONE 'UTC'"},
    {"timestamptz", "timestamp(3)", ""},
    {"timestamptz", "date", ""},
    {"uuid", "text", ""},
    {"jsonb", "json", ""},
    {"json", "jsonb", ""},
    {"date", "timestamp(3)", ""},
    {"time", "interval", ""},
    {"inet", "text", ""},
    {"text[]", "jsonb", "to_jsonb(#)"},
    {"integer[]", "bigint[]", ""},
};

class Changer {
 public:
  Changer(const RandomSchema& schema, RandomChange& change)
      : tables_(schema.tables), enums_(schema.enums), change_(change) {}
  ~Changer() { finish(); }
  Changer(const Changer&) = delete;
  Changer& operator=(const Changer&) = delete;

  void add(unsigned number) {
    random_.seed(number);
    if (tables_.empty()) return;
    RandomTable& table = tables_[below(random_, tables_.size())];
    RandomColumn* column = free_column(table);
    switch (below(random_, 34)) {
      case 0:
        return rename(table, column, false);
      case 1:
      case 2:
        return rename(table, column, true);
      case 3:
        return rename_several(table);
      case 4:
        return rename_and_change(table, column);
      case 5:
        return set_not_null(table, column);
      case 6:
        return add_required(table);
      case 7:
        return add_with_default(table);
      case 8:
        return add_index(table, column);
      case 9:
        return add_unique(table, column);
      case 10:
      case 11:
        return add_reference(table);
      case 12:
        return add_check(table, column);
      case 13:
        return drop_column(table, column);
      case 14:
        return rename_table(table);
      case 15:
        return update_rows(table, column);
      case 16:
      case 17:
      case 18:
        return change_type(table, column);
      case 19:
        return drop_index_or_constraint(table);
      case 20:
        return replace_reference(table);
      case 21:
        return change_default(table, column);
      case 22:
        return change_enum();
      case 23:
        return drop_table(table);
      case 24:
        return add_column_and_fill(table, column);
      case 25:
        return create_table(table);
      case 26:
        return move_key(table);
      case 27:
        return drop_and_add_same(table, column);
      case 28:
        if (column == nullptr || !column->required) return;
        column->required = false;
        return alter(table, "ALTER COLUMN " + in_quotes(column->name) + " DROP NOT NULL");
      case 29:
        return change_key(table);
      case 30:
        return copy_rows(table);
      case 31:
        return add_exclusion(table, column);
      case 32:
        return rename_key(table);
      default:
        return update_rows(table, column);
    }
  }

 private:
  /// A column no earlier operation has taken away or changed for good.
  RandomColumn* free_column(RandomTable& table) {
    std::vector<RandomColumn*> free;
    for (RandomColumn& column : table.columns) {
      if (!column.in_key && !column.generated && !taken_.contains(key(table, column.name)))
        free.push_back(&column);
    }
    return free.empty() ? nullptr : free[below(random_, free.size())];
  }
  static std::string key(const RandomTable& table, const std::string& column) {
    return quoted(table.name) + "." + column;
  }
  void take(const RandomTable& table, const RandomColumn& column) { taken_.insert(key(table, column.name)); }

  void rename(RandomTable& table, RandomColumn* column, bool by_drop_and_add) {
    if (column == nullptr) return;
    take(table, *column);
    const std::string to = new_name(*column);
    if (!by_drop_and_add) {
      alter_alone(table, "RENAME COLUMN " + in_quotes(column->name) + " TO " + in_quotes(to));
      column->name = to;
      // What comes under the new name belongs to the renamed column.
      if (maybe(random_, 30)) return;
      take(table, *column);
      return;
    }
    change_.options.answers.renames.push_back({table.name, Identifier(column->name), Identifier(to)});
    const bool required = column->required ? maybe(random_, 85) : maybe(random_, 20);
    if (required && !column->required) fill(table, to, column->kind.value);
    alter(table, "DROP COLUMN " + in_quotes(column->name));
    alter(table, "ADD COLUMN " + in_quotes(to) + " " + column->kind.type + (required ? " NOT NULL" : "") +
                     (column->has_default ? " DEFAULT " + column->kind.value : ""));
    column->name = to;
    column->required = required;
    take(table, *column);
  }

  void rename_several(RandomTable& table) {
    const bool by_drop_and_add = maybe(random_, 50);
    for (int i = 0; i < 3; ++i) rename(table, free_column(table), by_drop_and_add);
  }

  void rename_and_change(RandomTable& table, RandomColumn* column) {
    const TypeChange* change = column == nullptr ? nullptr : some_change(*column);
    if (change == nullptr) return;
    take(table, *column);
    const std::string to = new_name(*column);
    const bool rename_first = maybe(random_, 50);
    const auto renaming = [&] {
      alter_alone(table, "RENAME COLUMN " + in_quotes(column->name) + " TO " + in_quotes(to));
      column->name = to;
    };
    if (rename_first) renaming();
    if (column->has_default) alter(table, "ALTER COLUMN " + in_quotes(column->name) + " DROP DEFAULT");
    alter(table, type_action(*column, *change));
    if (!rename_first) renaming();
    take(table, *column);
  }

  void set_not_null(RandomTable& table, RandomColumn* column) {
    if (column == nullptr || column->required) return;
    if (maybe(random_, 60)) {
      fill(table, column->name, column->kind.value);
    } else {
      say("UPDATE " + table.sql() + " SET " + in_quotes(column->name) + " = " + column->kind.value +
          " WHERE " + in_quotes(column->name) + " IS NULL");
    }
    column->required = true;
    alter(table, "ALTER COLUMN " + in_quotes(column->name) + " SET NOT NULL");
  }

  RandomColumn& new_column(RandomTable& table, const RandomKind& kind, bool required) {
    RandomColumn column;
    column.name = fresh_name();
    column.kind = kind;
    column.required = required;
    table.columns.push_back(column);
    return table.columns.back();
  }
  const RandomKind& some_kind() { return random_kinds()[below(random_, random_kinds().size())]; }

  void add_required(RandomTable& table) {
    const RandomKind& kind = some_kind();
    const RandomColumn& column = new_column(table, kind, true);
    fill(table, column.name, kind.value);
    alter(table, "ADD COLUMN " + in_quotes(column.name) + " " + kind.type + " NOT NULL");
  }

  void add_with_default(RandomTable& table) {
    const char* const kinds[] = {"uuid NOT NULL DEFAULT gen_random_uuid()",
                                 "serial",
                                 "bigserial NOT NULL",
                                 "integer GENERATED BY DEFAULT AS IDENTITY",
                                 "timestamptz NOT NULL DEFAULT now()",
                                 "timestamp(3) NOT NULL DEFAULT clock_timestamp()",
                                 "text NOT NULL DEFAULT 'seven'",
                                 "text UNIQUE",
                                 "integer NOT NULL DEFAULT 7 CHECK (id::text <> 'never')",
                                 "double precision DEFAULT random()",
                                 "text GENERATED ALWAYS AS (id::text || 'x') STORED"};
    alter(table, "ADD COLUMN " + in_quotes(fresh_name()) + " " + kinds[below(random_, std::size(kinds))]);
  }

  void add_index(RandomTable& table, RandomColumn* column) {
    if (column == nullptr || !column->kind.comparable) return;
    const std::string name = in_quotes(column->name);
    const std::string forms[] = {"(" + name + ")",
                                 "(" + name + " DESC)",
                                 "(" + name + ", id)",
                                 "(" + name + ") WHERE " + name + " IS NOT NULL",
                                 "(" + name + ") INCLUDE (id)",
                                 "((" + name + "::text))",
                                 "USING hash (" + name + ")"};
    const std::string made = fresh_name();
    say(std::string("CREATE INDEX ") + (maybe(random_, 15) ? "IF NOT EXISTS " : "") + in_quotes(made) +
        " ON " + table.sql() + " " + forms[below(random_, std::size(forms))]);
  }

  void add_unique(RandomTable& table, RandomColumn* column) {
    if (column == nullptr || !column->kind.distinct) return;
    const std::string columns = "(" + in_quotes(column->name) + (maybe(random_, 40) ? ", id)" : ")");
    if (maybe(random_, 50))
      return say("CREATE UNIQUE INDEX " + in_quotes(fresh_name()) + " ON " + table.sql() + " " + columns);
    alter(table, "ADD CONSTRAINT " + in_quotes(fresh_name()) + " UNIQUE " + columns);
  }

  void add_reference(RandomTable& table) {
    const RandomTable target = tables_[below(random_, tables_.size())];
    if (target.key != std::vector<std::string>{"id"}) return;
    const RandomColumn& column = new_column(table, target.columns.front().kind, false);
    alter(table, "ADD COLUMN " + in_quotes(column.name) + " " + column.kind.type);
    if (maybe(random_, 30))
      say("CREATE INDEX " + in_quotes(fresh_name()) + " ON " + table.sql() + " (" + in_quotes(column.name) +
          ")");
    alter(table, "ADD CONSTRAINT " + in_quotes(fresh_name()) + " FOREIGN KEY (" + in_quotes(column.name) +
                     ") REFERENCES " + target.sql() +
                     (maybe(random_, 50) ? " (id) ON DELETE SET NULL ON UPDATE CASCADE" : " (id)"));
  }

  void add_check(RandomTable& table, RandomColumn* column) {
    if (column == nullptr) return;
    const std::string name = in_quotes(column->name);
    alter(table, "ADD CONSTRAINT " + in_quotes(fresh_name()) + " CHECK (" + name + " IS NULL OR " + name +
                     "::text <> 'never')");
  }

  void drop_column(RandomTable& table, RandomColumn* column) {
    if (column == nullptr) return;
    take(table, *column);
    alter(table,
          std::string("DROP COLUMN ") + (maybe(random_, 15) ? "IF EXISTS " : "") + in_quotes(column->name));
  }

  void rename_table(RandomTable& table) {
    const std::string to = fresh_name();
    alter_alone(table, "RENAME TO " + in_quotes(to));
    table.name = ObjectName(table.name.schema, Identifier(to));
    for (const RandomColumn& column : table.columns) {
      // Hardly any migration goes on under the new name.
      if (maybe(random_, 90)) take(table, column);
    }
  }

  void drop_table(RandomTable& table) {
    say("DROP TABLE " + table.sql() + (maybe(random_, 40) ? " CASCADE" : ""));
    tables_.erase(tables_.begin() + (&table - tables_.data()));
  }

  void create_table(const RandomTable& target) {
    if (target.key != std::vector<std::string>{"id"}) return;
    const std::string name = fresh_name();
    say("CREATE TABLE " + in_quotes(name) + " (id serial PRIMARY KEY, \"targetId\" " +
        target.columns.front().kind.type + " NOT NULL, note text)");
    say("CREATE INDEX " + in_quotes(fresh_name()) + " ON " + in_quotes(name) + " (\"targetId\")");
    say("ALTER TABLE " + in_quotes(name) + " ADD CONSTRAINT " + in_quotes(fresh_name()) +
        " FOREIGN KEY (\"targetId\") REFERENCES " + target.sql() +
        " (id) ON DELETE RESTRICT ON UPDATE CASCADE");
    if (maybe(random_, 30))
      say("INSERT INTO " + in_quotes(name) + " (\"targetId\") SELECT id FROM " + target.sql());
  }

  void update_rows(RandomTable& table, RandomColumn* column) {
    if (column == nullptr) return;
    const std::string name = in_quotes(column->name);
    switch (below(random_, 5)) {
      case 0:
        return say("UPDATE " + table.sql() + " SET " + name + " = " + column->kind.value);
      case 1:
        return say("DELETE FROM " + table.sql() + " WHERE " + name + " IS NULL");
      case 2:
        if (column->kind.type == "text")
          return say("UPDATE " + table.sql() + " SET " + name + " = upper(" + name + ")");
        [[fallthrough]];
      default:
        return say("UPDATE " + table.sql() + " SET " + name + " = " + column->kind.value + " WHERE " + name +
                   " IS NULL");
    }
  }

  const TypeChange* some_change(const RandomColumn& column) {
    std::vector<const TypeChange*> fitting;
    for (const TypeChange& change : kTypeChanges) {
      if (column.kind.type == change.from) fitting.push_back(&change);
    }
    return fitting.empty() ? nullptr : fitting[below(random_, fitting.size())];
  }

  static std::string type_action(const RandomColumn& column, const TypeChange& change) {
    std::string with = change.with;
    if (const std::size_t at = with.find('#'); at != std::string::npos)
      with.replace(at, 1, in_quotes(column.name));
    return "ALTER COLUMN " + in_quotes(column.name) + " SET DATA TYPE " + change.to +
           (with.empty() ? "" : " USING " + with);
  }

  void change_type(RandomTable& table, RandomColumn* column) {
    const TypeChange* change = column == nullptr ? nullptr : some_change(*column);
    if (change == nullptr) return;
    take(table, *column);
    if (column->has_default && maybe(random_, 50))
      alter(table, "ALTER COLUMN " + in_quotes(column->name) + " DROP DEFAULT");
    alter(table, type_action(*column, *change));
    column->kind = {change->to, "NULL", false, false};
  }

  void drop_index_or_constraint(RandomTable& table) {
    if (!table.indexes.empty() && maybe(random_, 60)) {
      say("DROP INDEX " + quoted(ObjectName(table.name.schema, Identifier(table.indexes.back()))));
      table.indexes.pop_back();
    } else if (!table.constraints.empty()) {
      alter(table, "DROP CONSTRAINT " + in_quotes(table.constraints.back()));
      table.constraints.pop_back();
    }
  }

  void replace_reference(RandomTable& table) {
    if (table.references.empty()) return;
    const auto [name, rest] = table.references.back();
    table.references.pop_back();
    say("ALTER TABLE " + table.sql() + " DROP CONSTRAINT " + in_quotes(name));
    if (maybe(random_, 85))
      say("ALTER TABLE " + table.sql() + " ADD CONSTRAINT " + in_quotes(name) + " FOREIGN KEY " + rest +
          (rest.find("ON DELETE") == std::string::npos && rest.find("DEFERRABLE") == std::string::npos
               ? " ON DELETE CASCADE"
               : ""));
  }

  void change_default(RandomTable& table, RandomColumn* column) {
    if (column == nullptr) return;
    alter(table, "ALTER COLUMN " + in_quotes(column->name) +
                     (column->has_default && maybe(random_, 60) ? " DROP DEFAULT"
                                                                : " SET DEFAULT " + column->kind.value));
  }

  void change_enum() {
    if (enums_.empty()) return;
    RandomEnum& one = enums_[below(random_, enums_.size())];
    if (maybe(random_, 40))
      return say("ALTER TYPE " + quoted(one.name) + " ADD VALUE " + quoted(Literal(fresh_name())));
    // As Prisma takes a label away.
    const std::string old_name = one.name.name.str() + "_old";
    const ObjectName made(one.name.schema, Identifier(one.name.name.str() + "_new"));
    std::string labels, defaults;
    for (std::size_t i = 0; i < one.labels.size() - (maybe(random_, 50) ? 1 : 0); ++i)
      labels += (labels.empty() ? "" : ", ") + quoted(Literal(one.labels[i]));
    if (maybe(random_, 50)) labels += ", 'added'";
    say("BEGIN");
    say("CREATE TYPE " + quoted(made) + " AS ENUM (" + labels + ")");
    for (RandomTable& table : tables_) {
      for (RandomColumn& column : table.columns) {
        if (column.kind.type != quoted(one.name)) continue;
        const std::string name = in_quotes(column.name);
        if (column.has_default) say("ALTER TABLE " + table.sql() + " ALTER COLUMN " + name + " DROP DEFAULT");
        say("ALTER TABLE " + table.sql() + " ALTER COLUMN " + name + " TYPE " + quoted(made) + " USING (" +
            name + "::text::" + quoted(made) + ")");
        if (column.has_default)
          defaults += "ALTER TABLE " + table.sql() + " ALTER COLUMN " + name + " SET DEFAULT " +
                      quoted(Literal(one.labels.front())) + ";\n";
        take(table, column);
      }
    }
    say("ALTER TYPE " + quoted(one.name) + " RENAME TO " + in_quotes(old_name));
    say("ALTER TYPE " + quoted(made) + " RENAME TO " + in_quotes(one.name.name.str()));
    say("DROP TYPE " + quoted(ObjectName(one.name.schema, Identifier(old_name))));
    change_.sql += defaults;
    say("COMMIT");
    enums_.erase(enums_.begin() + (&one - enums_.data()));
  }

  /// The way that people write themselves: column, values from another one, NOT NULL.
  void add_column_and_fill(RandomTable& table, const RandomColumn* source) {
    if (source == nullptr || source->kind.value == "NULL") return;
    const std::string from = in_quotes(source->name);
    const RandomKind kind = source->kind;
    const std::string name = in_quotes(new_column(table, kind, true).name);
    say("ALTER TABLE " + table.sql() + " ADD COLUMN " + name + " " + kind.type);
    say("UPDATE " + table.sql() + " SET " + name + " = coalesce(" + from + ", " + kind.value + ")");
    say("ALTER TABLE " + table.sql() + " ALTER COLUMN " + name + " SET NOT NULL");
  }

  /// A key of 32 bits becomes one of 64, and those that point at it too.
  void move_key(RandomTable& table) {
    if (table.key != std::vector<std::string>{"id"} || table.columns.front().kind.type != "integer" ||
        taken_.contains(key(table, "id")))
      return;
    take(table, table.columns.front());
    alter(table, "ALTER COLUMN id SET DATA TYPE BIGINT");
    for (RandomTable& other : tables_) {
      for (RandomColumn& column : other.columns) {
        const bool points =
            std::any_of(other.references.begin(), other.references.end(), [&](const auto& reference) {
              return reference.second.starts_with("(" + column.name + ") REFERENCES " + table.sql() + " ");
            });
        if (!points || taken_.contains(key(other, column.name))) continue;
        take(other, column);
        alter(other, "ALTER COLUMN " + in_quotes(column.name) + " SET DATA TYPE BIGINT");
      }
    }
  }

  /// The primary key takes in another column, or gives one up.
  void change_key(RandomTable& table) {
    if (table.partitioned || table.key.empty() || taken_.contains(key(table, "id"))) return;
    const bool referenced = std::any_of(tables_.begin(), tables_.end(), [&](const RandomTable& other) {
      return std::any_of(other.references.begin(), other.references.end(), [&](const auto& reference) {
        return reference.second.find("REFERENCES " + table.sql() + " ") != std::string::npos;
      });
    });
    if (referenced) return;
    std::string columns = "id";
    for (const RandomColumn& column : table.columns) {
      if (column.required && column.kind.comparable && !column.in_key && maybe(random_, 40))
        columns += ", " + in_quotes(column.name);
    }
    const std::string name = in_quotes(table.name.name.str() + "_pkey");
    say("ALTER TABLE " + table.sql() + " DROP CONSTRAINT " + name + ",\n  ADD CONSTRAINT " + name +
        " PRIMARY KEY (" + columns + ")");
    table.key.clear();
  }

  /// A table made from the rows of another.
  void copy_rows(RandomTable& table) {
    const std::string name = fresh_name();
    say("CREATE TABLE " + in_quotes(name) + " (LIKE " + table.sql() + ")");
    std::string columns;
    for (const RandomColumn& column : table.columns) {
      if (column.generated || column.name.starts_with("new ")) continue;
      columns += (columns.empty() ? "" : ", ") + in_quotes(column.name);
    }
    say("INSERT INTO " + in_quotes(name) + " (" + columns + ") SELECT " + columns + " FROM " + table.sql());
  }

  void add_exclusion(RandomTable& table, RandomColumn* column) {
    if (column == nullptr || !column->kind.comparable || !column->kind.distinct) return;
    alter(table, "ADD CONSTRAINT " + in_quotes(fresh_name()) + " EXCLUDE USING btree (" +
                     in_quotes(column->name) + " WITH =, id WITH =)");
  }

  void rename_key(RandomTable& table) {
    if (taken_.contains(key(table, "id"))) return;
    take(table, table.columns.front());
    const std::string to = maybe(random_, 50) ? "uid" : fresh_name();
    alter_alone(table, "RENAME COLUMN id TO " + in_quotes(to));
    // Later changes speak of id.
    tables_.erase(tables_.begin() + (&table - tables_.data()));
  }

  /// As Prisma changes a type that it cannot cast.
  void drop_and_add_same(RandomTable& table, RandomColumn* column) {
    if (column == nullptr) return;
    take(table, *column);
    const RandomKind& kind = some_kind();
    const bool required = maybe(random_, 50);
    if (required) fill(table, column->name, kind.value);
    alter(table, "DROP COLUMN " + in_quotes(column->name));
    alter(table, "ADD COLUMN " + in_quotes(column->name) + " " + kind.type + (required ? " NOT NULL" : ""));
  }

  std::string new_name(const RandomColumn& column) {
    return maybe(random_, 50) && column.name.size() < 55 ? column.name + "New" : fresh_name();
  }
  void fill(const RandomTable& table, const std::string& column, const std::string& value) {
    change_.options.fills.push_back({table.name, Identifier(column), Expression::parse(value)});
  }

  /// Actions on one table that follow each other often share a statement.
  void alter(const RandomTable& table, const std::string& action) {
    if (open_ == table.sql() && maybe(random_, 70)) {
      change_.sql += ",\n  " + action;
      return;
    }
    finish();
    change_.sql += "ALTER TABLE " + table.sql() + " " + action;
    open_ = table.sql();
  }
  void alter_alone(const RandomTable& table, const std::string& action) {
    say("ALTER TABLE " + table.sql() + " " + action);
  }
  void say(const std::string& statement) {
    finish();
    change_.sql += statement + ";\n";
  }
  void finish() {
    if (!open_.empty()) change_.sql += ";\n";
    open_.clear();
  }
  std::string fresh_name() { return "new " + std::to_string(++made_); }

  Random random_;
  std::vector<RandomTable> tables_;
  std::vector<RandomEnum> enums_;
  RandomChange& change_;
  std::set<std::string> taken_;
  std::string open_;  ///< the table whose ALTER TABLE may go on
  int made_ = 0;
};

}  // namespace

RandomChange random_change(const RandomSchema& schema, const std::vector<unsigned>& numbers) {
  RandomChange change;
  change.options.batch_rows = 7;
  {
    Changer changer(schema, change);
    for (const unsigned number : numbers) changer.add(number);
  }
  return change;
}

}  // namespace planner::test
