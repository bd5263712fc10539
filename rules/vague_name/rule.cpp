#include <algorithm>
#include <cstddef>
#include <set>

#include "rules/about.h"

namespace planner::rules {
namespace {

/// Words that say nothing about what a migration does.
bool says_nothing(std::string_view word) {
  static const std::set<std::string_view> kEmpty{
      "update",  "updates",   "updated",    "fix",     "fixes", "fixed",    "change", "changes",
      "changed", "migration", "migrations", "migrate", "db",    "database", "schema", "prisma",
      "model",   "models",    "new",        "temp",    "tmp",   "test",     "wip",    "misc",
      "stuff",   "minor",     "small",      "some",    "more",  "last",     "final",  "version",
      "init2",   "and",       "the",        "a",       "to",    "of",       "v",      "up"};
  return word.empty() || kEmpty.count(word) > 0 ||
         word.find_first_not_of("0123456789") == std::string_view::npos;
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  const std::string purpose = purpose_of(subject.migration.name);
  std::string lower;
  for (const char c : purpose) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  std::string_view rest = lower;
  bool meant = false;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of("_- ."), rest.size());
    meant = meant || !says_nothing(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (meant || subject.file.statements.empty()) return {};
  Verdict verdict;
  verdict.object = subject.migration.name;
  verdict.message =
      purpose.empty()
          ? "The name of this migration is only a number: nobody can tell from a list what it does"
          : "\"" + purpose + "\" does not say what this migration does";
  verdict.help = "Name it after what it changes: add_email_to_users";
  std::vector<Verdict> one;
  one.push_back(std::move(verdict));
  return one;
}

}  // namespace

extern const Rule vague_name;
const Rule vague_name{.id = "vague-name",
                      .summary = "A migration whose name says nothing",
                      .severity = Severity::Info,
                      .category = Category::Hygiene,
                      .opt_in = true,
                      .check_migration = check};

}  // namespace planner::rules
