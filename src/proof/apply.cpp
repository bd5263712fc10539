#include "src/proof/apply.h"

#include "planner/sql/parse.h"
#include "src/database/connection.h"

namespace planner {

TemporaryDatabase::TemporaryDatabase(const ProofServer& server, const std::string& template_name)
    : server_(server), name_(server.create(template_name)) {}

TemporaryDatabase::~TemporaryDatabase() {
  try {
    server_.drop(name_);
  } catch (const Error&) {  // the server goes away with it
  }
}

std::string run_sql(const std::string& url, const std::string& text) {
  try {
    Connection connection(url);
    connection.exec(text);
    return "";
  } catch (const DatabaseError& error) {
    return error.sqlstate() + " " + error.what();
  }
}

std::string run_each(const std::string& url, const std::string& text) {
  for (const Statement& statement : parse_file(text).statements) {
    std::string problem =
        run_sql(url, text.substr(statement.span.begin, statement.span.end - statement.span.begin));
    if (!problem.empty()) return problem;
  }
  return "";
}

bool take_rows(const std::string& from, const std::string& to, const Schema& schema) {
  Connection source(from);
  Connection target(to);
  try {
    target.exec("BEGIN; SET LOCAL session_replication_role = replica");
    for (const auto& [name, table] : schema.tables) {
      if (table->kind == RelationKind::ForeignTable || table->partition_of) continue;
      std::vector<Sql> columns;
      for (const Column& column : table->columns) {
        if (column.generated.empty()) columns.push_back(sql("{}", column.name));
      }
      const bool only = table->kind == RelationKind::Table && !table->children.empty();
      const Result rows =
          source.exec(sql("SELECT coalesce(json_agg(planner_row), '[]')::text FROM {}{} planner_row",
                          only ? sql("ONLY ") : Sql(), name)
                          .str());
      if (columns.empty()) continue;
      target.exec_params(
          sql("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM json_populate_recordset(NULL::{}, "
              "$1::text::json)",
              name, join(columns, ", "), join(columns, ", "), name)
              .str(),
          {rows.rows.at(0).at(0)});
    }
    for (const auto& entry : schema.sequences) {
      const Result stands = source.exec(sql("SELECT last_value, is_called FROM {}", entry.first).str());
      target.exec_params(
          sql("SELECT setval({}, $1::text::bigint, $2::text::boolean)", Literal(quoted(entry.first))).str(),
          {stands.rows.at(0).at(0), stands.rows.at(0).at(1)});
    }
    target.exec("COMMIT");
    return true;
  } catch (const DatabaseError&) {
    return false;  // the transaction ends with the session
  }
}

std::string run_migration(const std::string& url, const std::string& text) {
  const std::string problem = run_sql(url, text);
  return problem.starts_with("25001 ") || problem.starts_with("55P04 ") ? run_each(url, text) : problem;
}

}  // namespace planner
