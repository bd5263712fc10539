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
  if (pins_rows(write.where, table)) return std::nullopt;
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

std::vector<Verdict> check(const Subject& subject) {
  std::optional<Verdict> verdict;
  if (const auto* update = std::get_if<Update>(&subject.intention.operation))
    verdict = judge(*update, subject, "UPDATE");
  if (const auto* remove = std::get_if<Delete>(&subject.intention.operation))
    verdict = judge(*remove, subject, "DELETE");
  std::vector<Verdict> verdicts;
  if (verdict) verdicts.push_back(std::move(*verdict));
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
