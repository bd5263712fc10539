#include "rules/about.h"
#include "rules/keys.h"

namespace planner::rules {
namespace {

std::string plain_name(const TypeName& type) { return type.name.name.str(); }

const TypeName* type_of(const Table& table, const Identifier& column) {
  const Column* found = table.column(column);
  return found != nullptr ? &found->type : nullptr;
}

std::optional<Verdict> judge(const ForeignKey& key, const Subject& subject) {
  // Within one ALTER TABLE the type changes run before the constraints; a later statement may change them
  // too.
  const Table* table = subject.migration_end.table(key.table);
  const Table* target = subject.migration_end.table(key.target.table);
  if (table == nullptr || target == nullptr) return std::nullopt;
  std::vector<Identifier> to = key.target.columns;
  if (to.empty() && target->primary_key() != nullptr) to = target->primary_key()->definition.columns;
  for (std::size_t i = 0; i < key.columns.size() && i < to.size(); ++i) {
    const TypeName* a = type_of(*table, key.columns[i]);
    const TypeName* b = type_of(*target, to[i]);
    if (a == nullptr || b == nullptr || a->name == b->name) continue;
    const auto textual = [](const TypeName& type) { return type.is("text") || type.is("varchar"); };
    if (textual(*a) && textual(*b)) continue;
    Verdict verdict;
    verdict.object = object_of(key.table, key.columns[i]);
    verdict.message =
        column_of(key.table, key.columns[i]) + " is " + display(*a) + ", but " +
        column_of(target->name, to[i]) + " that it points at is " + display(*b) +
        ": every check compares two types, and values that only one of them can hold cannot be referenced";
    verdict.help = "Give both columns the type " + plain_name(*b);
    return verdict;
  }
  return std::nullopt;
}

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  for (const ForeignKey& key : foreign_keys_of(subject.intention.operation)) {
    if (auto verdict = judge(key, subject)) verdicts.push_back(std::move(*verdict));
  }
  return verdicts;
}

}  // namespace

extern const Rule foreign_key_types;
const Rule foreign_key_types{.id = "foreign-key-types",
                             .summary = "A foreign key between columns of different types",
                             .severity = Severity::Warning,
                             .category = Category::Hygiene,
                             .check = check};

}  // namespace planner::rules
