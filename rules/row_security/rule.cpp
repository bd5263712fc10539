#include <algorithm>
#include <array>
#include <cctype>

#include "rules/about.h"

namespace planner::rules {
namespace {

bool lets_anything_through(const Table& table) {
  return std::any_of(table.policies.begin(), table.policies.end(),
                     [](const Policy& policy) { return policy.definition.permissive; });
}

/// With policies for some commands only, the others find no row and write none.
std::optional<Verdict> judge_commands(const TableName& name, const Table& table, const Subject& subject) {
  constexpr std::array<const char*, 4> kCommands{"select", "insert", "update", "delete"};
  std::vector<std::string> closed;
  for (const char* command : kCommands) {
    const bool open = std::any_of(table.policies.begin(), table.policies.end(), [&](const Policy& policy) {
      const CreatePolicy& made = policy.definition;
      return made.permissive && (made.command.empty() || made.command == "all" || made.command == command);
    });
    if (!open) closed.emplace_back(command);
  }
  if (closed.empty()) return std::nullopt;
  const bool reads = closed.front() != "select";
  std::string words;
  for (std::string& command : closed) {
    std::transform(command.begin(), command.end(), command.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    words += (words.empty() ? "" : &command == &closed.back() ? " or " : ", ") + command;
  }
  Verdict verdict;
  verdict.object = display(name);
  verdict.severity = !reads || closed.size() == 3 ? Severity::Warning : Severity::Info;
  verdict.splittable = false;
  verdict.message = "Row security is enabled on " + name_of(name) + " and no policy allows " + words +
                    ": from every role but the owner they are refused or find no row, also from the "
                    "running release";
  verdict.help = "Create a policy for what the running release does, before row security is enabled";
  return about_table(subject, name, Matters::Anyway, std::move(verdict));
}

std::optional<Verdict> check(const SetRowSecurity& op, const Subject& subject) {
  const Table* table = subject.before.table(op.table);
  Verdict verdict;
  verdict.object = display(op.table);
  if (op.action == RowSecurity::Disable) {
    if (table == nullptr || !table->row_security) return std::nullopt;
    verdict.severity = Severity::Warning;
    verdict.message = "Without row security every role that may read " + name_of(op.table) +
                      " reads all its rows, also through the running release";
    verdict.help = "Make sure that nothing relies on the policies any more";
    verdict.splittable = false;
    return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
  }
  if (op.action != RowSecurity::Enable) return std::nullopt;
  if (table != nullptr && table->row_security) return std::nullopt;
  const Table* after = subject.migration_end.table(op.table);
  if (table != nullptr && lets_anything_through(*table))
    return judge_commands(op.table, after != nullptr ? *after : *table, subject);
  const bool later = after != nullptr && lets_anything_through(*after);
  const bool restricted = table != nullptr && !table->policies.empty();
  verdict.message = "Row security is enabled on " + name_of(op.table) + " before it has a " +
                    (restricted ? "permissive policy (a restrictive one only takes away): " : "policy: ") +
                    (later ? "until the policies of this migration are there, " : "") +
                    "every role but the owner sees no row, and its writes are refused";
  verdict.help =
      later ? "Create the policies first, and enable row security last" : "Create the policies first";
  if (later) verdict.severity = Severity::Warning;
  return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
}

/// A restrictive policy is ANDed to the others: what they let through, it may hide.
std::optional<Verdict> judge_restriction(const CreatePolicy& policy, const Subject& subject) {
  const Table* start = subject.migration_start.table(policy.table);
  if (policy.permissive || start == nullptr || !start->row_security) return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(policy.table, policy.name);
  verdict.severity = Severity::Warning;
  verdict.splittable = false;
  verdict.message = "The restrictive policy \"" + policy.name.str() + "\" takes rows of " +
                    name_of(policy.table) +
                    " away from the running release: only what it also lets through is read and written";
  verdict.help = "Make sure that the running release needs no other rows";
  return about_table(subject, policy.table, Matters::Anyway, std::move(verdict));
}

std::vector<Verdict> check_any(const Subject& subject) {
  if (const auto* policy = std::get_if<CreatePolicy>(&subject.intention.operation)) {
    std::vector<Verdict> one;
    if (auto verdict = judge_restriction(*policy, subject)) one.push_back(std::move(*verdict));
    return one;
  }
  const auto* drop = std::get_if<DropPolicy>(&subject.intention.operation);
  if (drop == nullptr) return on<check>(subject);
  const Table* table = subject.before.table(drop->table);
  const Table* after = subject.migration_end.table(drop->table);
  if (table == nullptr || !table->row_security || table->policies.size() != 1 || after == nullptr) return {};
  Verdict verdict;
  verdict.object = display(drop->table);
  const bool again = !after->policies.empty() || !after->row_security;
  if (again) verdict.severity = Severity::Warning;
  verdict.message = "\"" + drop->policy.str() + "\" is the last policy of " + name_of(drop->table) + ": " +
                    (again ? "until the migration is through, " : "") +
                    "every role but the owner sees no row, and its writes are refused";
  verdict.help = again ? "Create the new policy first" : "Disable row security first, or keep a policy";
  verdict.splittable = false;
  std::vector<Verdict> one;
  if (auto fitted = about_table(subject, drop->table, Matters::Anyway, std::move(verdict)))
    one.push_back(std::move(*fitted));
  return one;
}

}  // namespace

extern const Rule row_security;
const Rule row_security{.id = "row-security",
                        .summary = "Row security without a policy hides every row",
                        .severity = Severity::Error,
                        .category = Category::BreaksRelease,
                        .recipe = "row-security",

                        .check = check_any};

}  // namespace planner::rules
