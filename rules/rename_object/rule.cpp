#include "rules/planners.h"

namespace planner::rules {
namespace {

Verdict breaks(const std::string& what, const std::string& object, const Identifier& to) {
  Verdict verdict;
  verdict.object = object;
  verdict.message =
      "Renaming " + what + " to \"" + to.str() +
      "\" breaks every running application that still uses the old name, from this statement on";
  verdict.help =
      "Create it under the new name beside the old one, and drop the old one when no release uses it";
  return verdict;
}

std::optional<Verdict> verdict_for(const Operation& operation, const Subject& subject) {
  if (const auto* schema = std::get_if<RenameSchema>(&operation)) {
    if (!subject.migration_start.schemas.contains(schema->schema)) return std::nullopt;
    return breaks("the schema \"" + schema->schema.str() + "\"", schema->schema.str(), schema->to);
  }
  if (const auto* type = std::get_if<RenameType>(&operation)) {
    const EnumType* known = subject.migration_start.enum_type(type->type);
    if (known == nullptr && subject.migration_start.domain(type->type) == nullptr &&
        !subject.migration_start.types.contains(type->type)) {
      return std::nullopt;
    }
    if (is_planners(type->type)) return std::nullopt;
    const auto taken_over = [&](const Operation& other) {
      const auto* next = std::get_if<RenameType>(&other);
      return next != nullptr && next->to == type->type.name;
    };
    // Casts that name the type go on working, with the labels of the other one.
    if (is_planners(type->to) && taken_over_at_once(subject, taken_over)) return std::nullopt;
    Verdict verdict = breaks("the type " + name_of(type->type), display(type->type), type->to);
    verdict.help =
        "Keep the type's name in the database and rename it in the application only (Prisma: @@map)";
    verdict.notes.push_back("clients name the type in casts: Prisma does for every enum value it sends");
    return verdict;
  }
  if (const auto* attribute = std::get_if<AlterCompositeType>(&operation)) {
    if (attribute->change != 'r' || !subject.migration_start.types.contains(attribute->type))
      return std::nullopt;
    return breaks(column_of(attribute->type, attribute->attribute.name),
                  object_of(attribute->type, attribute->attribute.name), attribute->to);
  }
  if (const auto* view = std::get_if<RenameView>(&operation)) {
    if (subject.migration_start.view(view->view) == nullptr ||
        subject.migration_end.view(view->view) != nullptr)
      return std::nullopt;
    Verdict verdict = breaks("the view " + name_of(view->view), display(view->view), view->to);
    verdict.help = "Leave a view under the old name until no release uses it";
    verdict.recipe = "move-object";
    return verdict;
  }
  if (const auto* column = std::get_if<RenameViewColumn>(&operation)) {
    if (subject.migration_start.view(column->view) == nullptr) return std::nullopt;
    return breaks(column_of(column->view, column->from), object_of(column->view, column->from), column->to);
  }
  if (const auto* renamed = std::get_if<RenameTable>(&operation)) {
    // ALTER SEQUENCE ... RENAME and ALTER TABLE ... RENAME are one command to PostgreSQL.
    const Sequence* sequence = subject.migration_start.sequence(renamed->table);
    if (sequence == nullptr) return std::nullopt;
    Verdict verdict = breaks("the sequence " + name_of(renamed->table), display(renamed->table), renamed->to);
    if (sequence->owner_table) {
      // The default of its column follows; only who names the sequence notices.
      verdict.severity = Severity::Info;
      verdict.notes.push_back("the default of " + column_of(*sequence->owner_table, sequence->owner_column) +
                              " goes on taking numbers from it");
    }
    return verdict;
  }
  if (const auto* function = std::get_if<RenameFunction>(&operation)) {
    if (subject.migration_start.functions_named(function->function.name) == nullptr) return std::nullopt;
    return breaks("the function " + name_of(function->function.name), display(function->function.name),
                  function->to);
  }
  return std::nullopt;
}

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  if (auto verdict = verdict_for(subject.intention.operation, subject))
    verdicts.push_back(std::move(*verdict));
  return verdicts;
}

}  // namespace

extern const Rule rename_object;
const Rule rename_object{
    .id = "rename-object",
    .summary = "A renamed schema, type, view or function breaks the release that is running",
    .severity = Severity::Error,
    .category = Category::BreaksRelease,
    .check = check};

}  // namespace planner::rules
