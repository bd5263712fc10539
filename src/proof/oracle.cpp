#include "src/proof/oracle.h"

#include <algorithm>
#include <map>
#include <optional>

#include "planner/sql/type.h"
#include "src/database/connection.h"

namespace planner {

void create_oracle(Connection& connection) {
  connection.exec(
      "CREATE SCHEMA planner_oracle;"
      "CREATE TABLE planner_oracle.writes (id bigserial PRIMARY KEY, tbl text NOT NULL, key text NOT NULL, "
      "col text, value text, old_type boolean NOT NULL);"
      "CREATE INDEX ON planner_oracle.writes (tbl, key, col, id)");
}

Sql key_text(const ReleaseTable& table, const Identifier& row) {
  std::vector<Sql> parts;
  for (const Identifier& column : table.key) parts.push_back(sql("{}.{}::text", row, column));
  return sql("concat_ws('|', {})", join(parts, ", "));
}

void remember_rows(Connection& connection, const ReleaseTable& table) {
  for (const ReleaseColumn& column : table.columns) {
    connection.exec(sql("INSERT INTO planner_oracle.writes (tbl, key, col, value, old_type) SELECT {}, {}, "
                        "{}, t.{}::text, true FROM {} t",
                        Literal(table.logical), key_text(table, Identifier("t")), Literal(column.logical),
                        column.name, table.name)
                        .str());
  }
}

namespace {

const ReleaseTable* table_of(const ReleaseModel& model, const std::string& logical) {
  const auto found = std::find_if(model.tables.begin(), model.tables.end(),
                                  [&](const ReleaseTable& table) { return table.logical == logical; });
  return found == model.tables.end() ? nullptr : &*found;
}

const ReleaseColumn* column_of(const ReleaseTable& table, const std::string& logical) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [&](const ReleaseColumn& column) { return column.logical == logical; });
  return found == table.columns.end() ? nullptr : &*found;
}

/// What an old writer's text becomes in the type this release sees.
class Converter {
 public:
  explicit Converter(Connection& connection) : connection_(connection) {}
  std::optional<std::string> convert(const std::optional<std::string>& value, const TypeName& from,
                                     const TypeName& to) {
    if (!value || from == to) return value;
    const auto key = std::make_pair(*value, display(from) + ">" + display(to));
    const auto known = converted_.find(key);
    if (known != converted_.end()) return known->second;
    std::optional<std::string> out = value;
    for (const Sql& cast : {sql("SELECT ($1::text::{})::{}::text", type_sql(from), type_sql(to)),
                            sql("SELECT ($1::text::{})::text::{}::text", type_sql(from), type_sql(to))}) {
      try {
        out = connection_.exec_params(cast.str(), {value}).rows.at(0).at(0);
        break;
      } catch (const DatabaseError&) {
        continue;  // no such cast: the other form, or the text as it is
      }
    }
    converted_[key] = out;
    return out;
  }

 private:
  Connection& connection_;
  std::map<std::pair<std::string, std::string>, std::optional<std::string>> converted_;
};

void compare_table(Connection& connection, const ReleaseTable& table, const ReleaseModel& old_release,
                   Converter& converter, std::size_t at_most, std::vector<RowDifference>& out) {
  std::vector<Sql> selected{key_text(table, Identifier("t"))};
  for (const ReleaseColumn& column : table.columns) selected.push_back(sql("t.{}::text", column.name));
  std::map<std::string, std::vector<std::optional<std::string>>> rows;
  for (auto& row : connection.exec(sql("SELECT {} FROM {} t", join(selected, ", "), table.name).str()).rows) {
    std::string key = row[0].value_or("");
    rows.emplace(std::move(key), std::move(row));
  }
  const ReleaseTable* before = table_of(old_release, table.logical);
  const std::string last_writes =
      sql("SELECT DISTINCT ON (key, col) key, col, value, old_type, (SELECT max(d.id) FROM "
          "planner_oracle.writes d WHERE d.tbl = w.tbl AND d.key = w.key AND d.col IS NULL) > id "
          "FROM planner_oracle.writes w WHERE tbl = {} AND col IS NOT NULL ORDER BY key, col, id DESC",
          Literal(table.logical))
          .str();
  for (const auto& write : connection.exec(last_writes).rows) {
    if (out.size() >= at_most) return;
    const std::string& key = *write[0];
    const bool deleted = write[4].value_or("f") == "t";
    const auto row = rows.find(key);
    const std::string row_name = table.logical + "(" + key + ")";
    if (row == rows.end()) {
      if (!deleted) out.push_back({row_name, write[2].value_or("NULL"), "(row missing)"});
      continue;
    }
    if (deleted) {
      out.push_back({row_name, "(row deleted)", "(row still there)"});
      continue;
    }
    const auto* column = column_of(table, *write[1]);
    if (column == nullptr) continue;
    const std::size_t place = static_cast<std::size_t>(column - table.columns.data()) + 1;
    std::optional<std::string> expected = write[2];
    const ReleaseColumn* old_column = before == nullptr ? nullptr : column_of(*before, *write[1]);
    if (write[3].value_or("f") == "t" && old_column != nullptr)
      expected = converter.convert(expected, old_column->type, column->type);
    // A NULL in a column that becomes required is what the plan fills.
    if (!expected && (column->filled || column->not_null)) continue;
    if (!same_value(connection, *column, expected, row->second[place])) {
      out.push_back({row_name + "." + column->name.str(), expected.value_or("NULL"),
                     row->second[place].value_or("NULL")});
    }
  }
}

}  // namespace

bool same_value(Connection& connection, const ReleaseColumn& column, const std::optional<std::string>& a,
                const std::optional<std::string>& b) {
  if (a == b) return true;
  if (!a || !b || column.other_type.empty()) return false;
  for (const TypeName& type : {column.type, column.other_type}) {
    try {
      const Sql same =
          sql("SELECT ($1::text::{})::text = ($2::text::{})::text", type_sql(type), type_sql(type));
      if (connection.exec_params(same.str(), {a, b}).rows.at(0).at(0) == "t") return true;
    } catch (const DatabaseError&) {
      continue;  // not a value of this type
    }
  }
  return false;
}

std::vector<RowDifference> compare_with_oracle(Connection& connection, const ReleaseModel& model,
                                               const ReleaseModel& old_release, std::size_t at_most) {
  std::vector<RowDifference> out;
  Converter converter(connection);
  for (const ReleaseTable& table : model.tables)
    compare_table(connection, table, old_release, converter, at_most, out);
  return out;
}

}  // namespace planner
