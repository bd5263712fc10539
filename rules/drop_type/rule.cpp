#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

/// Columns of the type that hold rows already.
std::vector<std::string> columns_of(const ObjectName& type, const Subject& subject) {
  std::vector<std::string> columns;
  for (auto it = subject.before.tables.begin(); it != subject.before.tables.end(); ++it) {
    const Table& table = *it->second;
    if (table.is_new) continue;
    for (const Column& column : table.columns) {
      if (column.type.name == type) columns.push_back(column_of(table.name, column.name));
    }
  }
  return columns;
}

std::optional<Verdict> check(const DropType& op, const Subject& subject) {
  if (op.cascade != Cascade::Cascade) return std::nullopt;
  const std::vector<std::string> columns = columns_of(op.type, subject);
  if (columns.empty()) return std::nullopt;
  Verdict verdict;
  verdict.object = display(op.type);
  verdict.message =
      "DROP TYPE " + name_of(op.type) + " CASCADE also drops " + join_words(columns) + ", with all values";
  verdict.help = "Drop the columns first, each when no running release names it any more";
  return verdict;
}

std::vector<Verdict> check_any(const Subject& subject) {
  const auto* alter = std::get_if<AlterCompositeType>(&subject.intention.operation);
  if (alter == nullptr) return on<check>(subject);
  const OtherType* type = subject.before.types.find(alter->type);
  if (alter->change != 'd' || type == nullptr ||
      std::none_of(type->attributes.begin(), type->attributes.end(),
                   [&](const Column& attribute) { return attribute.name == alter->attribute.name; }))
    return {};
  const std::vector<std::string> columns = columns_of(alter->type, subject);
  if (columns.empty()) return {};
  Verdict verdict;
  verdict.object = object_of(alter->type, alter->attribute.name);
  verdict.message = "DROP ATTRIBUTE " + alter->attribute.name.str() + " of " + name_of(alter->type) +
                    " drops its values in " + join_words(columns) +
                    ", and fails every running application that still names it";
  verdict.help = "Copy the values elsewhere, and drop it when no running release names it any more";
  verdict.splittable = false;
  return {std::move(verdict)};
}

}  // namespace

extern const Rule drop_type;
const Rule drop_type{
    .id = "drop-type",
    .summary = "Dropping a type with CASCADE, or a part of one, drops values of the columns that have it",
    .severity = Severity::Error,
    .category = Category::LosesData,
    .recipe = "drop-type",

    .check = check_any};

}  // namespace planner::rules
