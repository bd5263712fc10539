#include <optional>

#include "rules/about.h"

namespace planner::rules {
namespace {

constexpr double kLongEnough = 3'600'000;

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  std::optional<double> limit;
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    for (const Operation& operation : subject.file.statements[i].operations) {
      if (const auto* set = std::get_if<SetVariable>(&operation)) {
        if (set->reset_all) limit.reset();
        if (set->name == "statement_timeout") limit = milliseconds_of(*set);
      }
      const auto* index = std::get_if<CreateIndex>(&operation);
      if (index == nullptr || !index->concurrently || !limit || *limit <= 0 || *limit >= kLongEnough)
        continue;
      Verdict verdict;
      verdict.at = SourceRef{i, 0, -1};
      verdict.object =
          display(index->table) + (index->name.empty() ? std::string() : "." + index->name.str());
      verdict.message = "The statement_timeout set above cancels the build of " +
                        (index->name.empty() ? std::string("the index") : "\"" + index->name.str() + "\"") +
                        " on a table of some size, and leaves an invalid index that slows every write to " +
                        name_of(index->table);
      verdict.help = "SET statement_timeout = 0 before a build";
      if (auto fitted = about_table(*subject.before_statement[i], subject.settings, index->table,
                                    Matters::Size, Severity::Warning, std::move(verdict)))
        verdicts.push_back(std::move(*fitted));
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule timeout_cancels_build;
const Rule timeout_cancels_build{
    .id = "timeout-cancels-build",
    .summary = "A statement_timeout that cancels a concurrent build leaves an invalid index",
    .severity = Severity::Warning,
    .category = Category::Fails,
    .check_migration = check};

}  // namespace planner::rules
