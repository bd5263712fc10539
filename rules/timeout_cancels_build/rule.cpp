#include <optional>

#include "rules/about.h"
#include "rules/settings.h"

namespace planner::rules {
namespace {

constexpr double kLongEnough = 3'600'000;

struct Build {
  TableName table;
  Identifier index;  ///< empty: PostgreSQL chooses the name, or the statement builds several
};

/// What CREATE INDEX CONCURRENTLY and REINDEX ... CONCURRENTLY build.
std::optional<Build> build_of(const Operation& operation, const Schema& met) {
  if (const auto* create = std::get_if<CreateIndex>(&operation)) {
    if (!create->concurrently) return std::nullopt;
    return Build{create->table, create->name};
  }
  const auto* reindex = std::get_if<Reindex>(&operation);
  if (reindex == nullptr || !reindex->concurrently) return std::nullopt;
  if (reindex->target == ReindexTarget::Table) return Build{reindex->name, {}};
  if (reindex->target != ReindexTarget::Index) return std::nullopt;
  const Index* index = met.index(reindex->name);
  const TableName* table = index != nullptr ? met.index_tables.find(index->name) : nullptr;
  if (table == nullptr) return std::nullopt;
  return Build{*table, reindex->name.name};
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  std::optional<double> limit;
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    for (const Operation& operation : subject.file.statements[i].operations) {
      for (const SetVariable& set : settings_of(operation)) {
        if (set.reset_all) limit.reset();
        if (set.name == "statement_timeout") limit = milliseconds_of(set);
      }
      const std::optional<Build> build = build_of(operation, *subject.before_statement[i]);
      if (!build || !limit || *limit <= 0 || *limit >= kLongEnough) continue;
      Verdict verdict;
      verdict.at = SourceRef{i, 0, -1};
      verdict.object =
          display(build->table) + (build->index.empty() ? std::string() : "." + build->index.str());
      verdict.message = "The statement_timeout set above cancels the build of " +
                        (build->index.empty() ? std::string("the index") : "\"" + build->index.str() + "\"") +
                        " on a table of some size, and leaves an invalid index that slows every write to " +
                        name_of(build->table);
      verdict.help = "SET statement_timeout = 0 before a build";
      if (auto fitted = about_table(*subject.before_statement[i], subject.settings, build->table,
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
