#include <algorithm>

#include "planner/sql/conditions.h"
#include "rules/about.h"

namespace planner::rules {
namespace {

template <typename Op>
std::optional<Verdict> judge(const Op& write, const Subject& subject, const char* verb) {
  if (subject.intention.sources.front().nested >= 0) {
    const Operation& whole = subject.file.statements[subject.intention.sources.front().statement]
                                 .operations[subject.intention.sources.front().operation];
    const auto* block = std::get_if<std::shared_ptr<const DoBlock>>(&whole);
    // Batches that commit are what we would recommend.
    if (block != nullptr && *block != nullptr && (*block)->commits && (*block)->has_loop) return std::nullopt;
  }
  const Table* table = subject.before.table(write.table);
  if (!write.from_other_tables && pins_rows(write.where, table)) return std::nullopt;
  Verdict verdict;
  verdict.object = display(write.table);
  const bool whole = write.where.empty() || write.where.facts().columns.empty();
  verdict.message = std::string(verb) + (whole ? " every row of " : " on ") + name_of(write.table) +
                    (whole ? " in one statement" : ", as many rows as match, in one statement") +
                    ": each changed row stays locked until the end of the transaction, and everyone who "
                    "wants to change one waits";
  verdict.help = "Do it in batches that commit";
  if (!whole) verdict.severity = Severity::Warning;
  return about_table(subject, write.table, Matters::Size, std::move(verdict));
}

/// MERGE, and what WITH hides in a query: which rows they reach is not read off them.
std::optional<Verdict> judge_hidden(const ObjectName& table, const Subject& subject,
                                    const std::string& what) {
  if (subject.before.table(table) == nullptr) return std::nullopt;
  Verdict verdict;
  verdict.object = display(table);
  verdict.severity = Severity::Warning;
  verdict.message = what + " changes rows of " + name_of(table) +
                    ", as many as match, in one statement: each stays locked until the end of the "
                    "transaction, and everyone who "
                    "wants to change one waits";
  verdict.help = "Do it in batches that commit";
  verdict.splittable = false;
  return about_table(subject, table, Matters::Size, std::move(verdict));
}

std::vector<Verdict> check(const Subject& subject) {
  const Operation& operation = subject.intention.operation;
  std::vector<Verdict> verdicts;
  const auto keep = [&](std::optional<Verdict> verdict) {
    if (verdict) verdicts.push_back(std::move(*verdict));
  };
  Expression query;
  if (const auto* update = std::get_if<Update>(&operation)) keep(judge(*update, subject, "UPDATE"));
  if (const auto* remove = std::get_if<Delete>(&operation)) keep(judge(*remove, subject, "DELETE"));
  if (const auto* merge = std::get_if<Merge>(&operation)) keep(judge_hidden(merge->table, subject, "MERGE"));
  if (const auto* select = std::get_if<Select>(&operation)) query = select->query;
  if (const auto* insert = std::get_if<Insert>(&operation)) query = insert->statement;
  if (query) {
    std::vector<ObjectName> told;
    for (const ObjectName& table : query_access(query).changed) {
      const auto* insert = std::get_if<Insert>(&operation);
      const ObjectName full = subject.before.resolve_relation(table);
      if (insert != nullptr && full == subject.before.resolve_relation(insert->table)) continue;
      if (std::find(told.begin(), told.end(), full) != told.end()) continue;
      told.push_back(full);
      keep(judge_hidden(full, subject, "The WITH of this statement"));
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule whole_table_write;
const Rule whole_table_write{.id = "whole-table-write",
                             .summary = "An UPDATE or DELETE of many rows in one statement",
                             .severity = Severity::Error,
                             .category = Category::Blocks,
                             .recipe = "backfill-data",
                             .check = check};

}  // namespace planner::rules
