#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  const auto add = [&](const TableName& table, const std::string& what, const std::string& help) {
    Verdict verdict;
    verdict.object = display(table);
    verdict.message = what + " writes all of " + name_of(table) + " anew while nobody can read or write it";
    verdict.help = help;
    if (auto fitted = about_table(subject, table, Matters::Size, std::move(verdict)))
      verdicts.push_back(std::move(*fitted));
  };
  const auto add_all = [&](const std::string& what, const std::string& tables, const std::string& help) {
    Verdict verdict;
    verdict.message =
        what + " without a name writes " + tables + " anew, one after another, while nobody can use it";
    verdict.help = help;
    verdicts.push_back(std::move(verdict));
  };
  const Operation& operation = subject.intention.operation;
  if (const auto* persistence = std::get_if<SetPersistence>(&operation)) {
    if (subject.own.rewrites_table(persistence->table)) {
      add(persistence->table,
          persistence->persistence == Persistence::Unlogged ? "SET UNLOGGED" : "SET LOGGED",
          "Do it in a quiet window, or fill a new table and swap the two");
    }
  } else if (const auto* tablespace = std::get_if<SetTablespace>(&operation)) {
    const TableName* indexed =
        tablespace->is_index ? subject.before.index_tables.find(tablespace->table) : nullptr;
    const bool copied = std::any_of(subject.own.indexes.begin(), subject.own.indexes.end(),
                                    [](const IndexEffect& each) { return each.work == IndexWork::Rebuilt; });
    if (indexed != nullptr && copied) {
      Verdict verdict;
      verdict.object = display(*indexed) + "." + tablespace->table.name.str();
      verdict.message = "SET TABLESPACE copies the index " + name_of(tablespace->table) +
                        " while nobody can use it: PostgreSQL plans no query on " + name_of(*indexed) +
                        " until it is done";
      verdict.help = "REINDEX INDEX CONCURRENTLY with (TABLESPACE ...) from PostgreSQL 14 on";
      if (auto fitted = about_table(subject, *indexed, Matters::Size, std::move(verdict)))
        verdicts.push_back(std::move(*fitted));
    }
    if (!tablespace->is_index && subject.own.rewrites_table(tablespace->table))
      add(tablespace->table, "SET TABLESPACE", "Move it with pg_repack, or in a quiet window");
  } else if (const auto* method = std::get_if<SetAccessMethod>(&operation)) {
    if (subject.own.rewrites_table(method->table))
      add(method->table, "SET ACCESS METHOD", "Do it in a quiet window");
  } else if (const auto* cluster = std::get_if<Cluster>(&operation)) {
    if (cluster->table.empty()) {
      add_all("CLUSTER", "every table that was ever clustered", "Name the table, and use pg_repack");
    } else {
      add(cluster->table, "CLUSTER", "Use pg_repack");
    }
  } else if (const auto* vacuum = std::get_if<Vacuum>(&operation)) {
    if (vacuum->full) {
      for (const TableName& table : vacuum->tables)
        add(table, "VACUUM FULL", "Use pg_repack, or plain VACUUM");
      if (vacuum->tables.empty())
        add_all("VACUUM FULL", "every table of the database", "Use pg_repack, or plain VACUUM");
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule table_rewrite;
const Rule table_rewrite{.id = "table-rewrite",
                         .summary = "A table is written anew as a whole while nobody can use it",
                         .severity = Severity::Error,
                         .category = Category::Blocks,
                         .check = check};

}  // namespace planner::rules
