#include <algorithm>

#include "planner/few_rows.h"
#include "rules/about.h"

namespace planner::rules {
namespace {

template <typename Op>
std::optional<Verdict> judge(const Op& write, const Subject& subject, const char* verb) {
  bool repeats = false;
  if (subject.intention.sources.front().nested >= 0) {
    const Operation& whole = subject.file.statements[subject.intention.sources.front().statement]
                                 .operations[subject.intention.sources.front().operation];
    const auto* block = std::get_if<std::shared_ptr<const DoBlock>>(&whole);
    // Batches that commit are what we would recommend.
    if (block != nullptr && *block != nullptr && (*block)->commits && (*block)->has_loop) return std::nullopt;
    repeats = block != nullptr && *block != nullptr && (*block)->has_loop;
  }
  // A loop reaches other rows each time, unless constants alone say which.
  if (changes_few_rows(subject.before, write.statement) && !(repeats && write.from_other_tables))
    return std::nullopt;
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
  Expression whole;
  std::size_t own = 0;  // the statement's own change stands first, and is told above
  if (const auto* update = std::get_if<Update>(&operation)) {
    keep(judge(*update, subject, "UPDATE"));
    whole = update->statement;
    own = 1;
  } else if (const auto* remove = std::get_if<Delete>(&operation)) {
    keep(judge(*remove, subject, "DELETE"));
    whole = remove->statement;
    own = 1;
  } else if (const auto* merge = std::get_if<Merge>(&operation)) {
    if (!changes_few_rows(subject.before, merge->statement))
      keep(judge_hidden(merge->table, subject, "MERGE"));
    whole = merge->statement;
    own = 1;
  } else if (const auto* select = std::get_if<Select>(&operation)) {
    whole = select->query;
  } else if (const auto* insert = std::get_if<Insert>(&operation)) {
    whole = insert->statement;
  }
  std::vector<ObjectName> told;
  const std::vector<RowsChanged> changes = rows_changed(subject.before, whole);
  for (std::size_t i = own; i < changes.size(); ++i) {
    if (changes[i].few || std::find(told.begin(), told.end(), changes[i].table) != told.end()) continue;
    told.push_back(changes[i].table);
    keep(judge_hidden(changes[i].table, subject, "The WITH of this statement"));
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
