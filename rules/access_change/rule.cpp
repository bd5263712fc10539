#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

bool shares(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(),
                     [&](const std::string& each) { return std::find(b.begin(), b.end(), each) != b.end(); });
}

/// Trigger functions are called without a look at the rights of who writes.
bool is_called(const std::vector<Function>& overloads) {
  return std::any_of(overloads.begin(), overloads.end(), [](const Function& function) {
    const std::string returned = function.definition.returns.name.name.str();
    return returned != "trigger" && returned != "event_trigger";
  });
}

bool has_relations(const Schema& schema, const Identifier& place) {
  for (const auto& [name, table] : schema.tables) {
    if (name.schema == place) return true;
  }
  for (const auto& [name, view] : schema.views) {
    if (name.schema == place) return true;
  }
  return false;
}

/// Was it there before the migration, for the running release to use?
bool in_use(const Subject& subject, ObjectKind kind, const ObjectName& name) {
  const Schema& start = subject.migration_start;
  switch (kind) {
    case ObjectKind::Table:
    case ObjectKind::ForeignTable:
      if (subject.before.view(name) != nullptr) return start.view(name) != nullptr;
      return !is_new(subject.before, name);
    case ObjectKind::View:
    case ObjectKind::MaterializedView:
      return start.view(name) != nullptr;
    case ObjectKind::Sequence:
      return start.sequence(name) != nullptr;
    case ObjectKind::Schema:
      return has_relations(start, name.name);
    case ObjectKind::Function:
    case ObjectKind::Procedure:
    case ObjectKind::Routine: {
      const std::vector<Function>* overloads = start.functions_named(name);
      return overloads != nullptr && is_called(*overloads);
    }
    default:
      return false;
  }
}

/// Dumps take everything and give it again: what the migration grants to the same roles afterwards.
bool is_granted_again(const Subject& subject, const Grant& revoke, const ObjectName& object) {
  for (std::size_t i = subject.intention.sources.front().statement + 1; i < subject.file.statements.size();
       ++i) {
    for (const Operation& operation : subject.file.statements[i].operations) {
      const auto* grant = std::get_if<Grant>(&operation);
      if (grant == nullptr || grant->revoke || grant->kind != revoke.kind) continue;
      const bool same_object =
          std::find(grant->objects.begin(), grant->objects.end(), object) != grant->objects.end();
      const bool as_much =
          shares(grant->privileges, {"all"}) ||
          std::all_of(revoke.privileges.begin(), revoke.privileges.end(),
                      [&](const std::string& each) { return shares({each}, grant->privileges); });
      const bool to_all =
          std::all_of(revoke.grantees.begin(), revoke.grantees.end(),
                      [&](const std::string& each) { return shares({each}, grant->grantees); });
      if (same_object && as_much && to_all && grant->columns.empty()) return true;
    }
  }
  return false;
}

std::optional<Verdict> judge_owner(const ChangeOwner& change, const Subject& subject) {
  const bool relation = change.kind == ObjectKind::Table || change.kind == ObjectKind::View ||
                        change.kind == ObjectKind::MaterializedView || change.kind == ObjectKind::Sequence;
  if (!relation || !in_use(subject, change.kind, change.name)) return std::nullopt;
  Verdict verdict;
  verdict.object = display(change.name);
  verdict.message = "With another owner, the running release may lose its rights on " + name_of(change.name) +
                    ", and the next migration may no longer change it";
  if (change.kind == ObjectKind::View)
    verdict.message += "; the view reads its tables with the rights of the new owner";
  verdict.help = "Grant what is needed before the owner changes";
  if (change.kind != ObjectKind::Table) return verdict;
  if (subject.before.table(change.name) == nullptr) return std::nullopt;
  return about_table(subject, change.name, Matters::Anyway, std::move(verdict));
}

std::optional<Verdict> judge_revoke(const Grant& grant, const Subject& subject) {
  if (!grant.revoke || grant.role_membership || grant.default_privileges) return std::nullopt;
  const bool passes_on_only =
      std::all_of(grant.privileges.begin(), grant.privileges.end(),
                  [](const std::string& privilege) { return privilege.starts_with("grant option for "); });
  if (passes_on_only) return std::nullopt;  // it may no longer be granted to others; what it allows stays
  // CREATE lets a role make objects: no statement of an application does.
  if (grant.kind == ObjectKind::Schema && !shares(grant.privileges, {"usage", "all"})) return std::nullopt;
  std::vector<ObjectName> objects;
  for (const ObjectName& object : grant.objects) {
    if (!grant.all_in_schema && in_use(subject, grant.kind, object) &&
        !is_granted_again(subject, grant, object))
      objects.push_back(object);
  }
  const bool all_tables = grant.all_in_schema && grant.kind == ObjectKind::Table;
  if (objects.empty() && !all_tables) return std::nullopt;
  Verdict verdict;
  verdict.object = objects.empty() ? std::string() : display(objects.front());
  const std::string what = grant.kind == ObjectKind::Schema ? "everything in the schema " + list_of(objects)
                           : objects.empty()                ? std::string("every table of a schema")
                                                            : list_of(objects);
  verdict.message = "REVOKE takes rights on " + what + " away at once, also from the running release";
  verdict.help = "Revoke when no running release needs them any more";
  return verdict;
}

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts = on<judge_owner>(subject);
  if (verdicts.empty()) verdicts = on<judge_revoke>(subject);
  return verdicts;
}

}  // namespace

extern const Rule access_change;
const Rule access_change{.id = "access-change",
                         .summary = "The running release may lose its rights",
                         .severity = Severity::Warning,
                         .category = Category::BreaksRelease,
                         .check = check};

}  // namespace planner::rules
