#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const ReplaceEnum& swap, const Subject& subject) {
  const EnumType* old_type = subject.migration_start.enum_type(swap.type);
  if (old_type != nullptr && old_type->is_new) return std::nullopt;
  std::vector<std::string> removed;
  if (old_type != nullptr) {
    for (const std::string& label : old_type->labels) {
      if (std::find(swap.labels.begin(), swap.labels.end(), label) == swap.labels.end())
        removed.push_back("'" + label + "'");
    }
  }
  std::vector<ObjectName> tables;
  for (const ReplaceEnum::User& user : swap.columns) {
    if (is_new(subject.migration_start, user.table)) continue;
    if (std::find(tables.begin(), tables.end(), user.table) == tables.end()) tables.push_back(user.table);
  }
  if (tables.empty() && removed.empty()) return std::nullopt;
  Verdict verdict;
  verdict.object = display(swap.type);
  verdict.message = "Replacing the enum " + name_of(swap.type);
  if (!tables.empty())
    verdict.message += " rewrites " + list_of(tables) + " while nobody can read or write " +
                       (tables.size() == 1 ? "it" : "them");
  if (!removed.empty()) {
    verdict.message += (tables.empty() ? " takes away " : ", takes away ") + join_words(removed) +
                       (removed.size() == 1 ? " that the running release still writes"
                                            : " that the running release still writes") +
                       ", and fails if a row holds " + (removed.size() == 1 ? "it" : "one of them");
    verdict.help = "Keep the labels until nothing writes them, and move the columns over in phases";
  } else {
    verdict.help = "Add the labels with ALTER TYPE ... ADD VALUE, or move the columns over in phases";
  }
  verdict.notes.push_back(
      "connections that prepared a statement with the type get \"cache lookup failed for type\" until they "
      "reconnect");
  return verdict;
}

}  // namespace

extern const Rule enum_swap;
const Rule enum_swap{
    .id = "enum-swap",
    .summary = "An enum is replaced by a new type: its tables are rewritten and labels may go",
    .severity = Severity::Error,
    .category = Category::Blocks,
    .recipe = "replace-enum",
    .check = on<check>};

}  // namespace planner::rules
