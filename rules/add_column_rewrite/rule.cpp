#include "rules/about.h"

namespace planner::rules {
namespace {

std::string why(const ColumnDefinition& column, const Schema& schema) {
  if (column.type.is("serial4") || column.type.is("serial8") || column.type.is("serial2"))
    return "every row gets its own number";
  if (column.identity) return "every row gets its own number";
  if (!column.generated.empty()) return "the generated value of every row is computed and stored";
  if (!column.default_value.empty() &&
      schema.volatility(column.default_value) == Schema::ExpressionVolatility::Volatile) {
    return "the default " + column.default_value.text().str() + " is evaluated for every row";
  }
  if (schema.domain(column.type.name) != nullptr) return "the domain's constraint is checked for every row";
  return "the default is evaluated for every row";
}

std::optional<Verdict> check(const AddColumn& add, const Subject& subject) {
  const bool unsure =
      !add.column.default_value.empty() &&
      subject.before.volatility(add.column.default_value) == Schema::ExpressionVolatility::Unknown;
  const bool rewrites = rewrites_any(subject.own, family_of(subject.before, add.table));
  if (!rewrites && !unsure) return std::nullopt;
  Verdict verdict;
  verdict.object = object_of(add.table, add.column.name);
  verdict.message =
      !rewrites
          ? "Adding " + column_of(add.table, add.column.name) +
                " rewrites the table and all its indexes while nobody can read or write it, if the default " +
                add.column.default_value.text().str() + " is volatile"
          : "Adding " + column_of(add.table, add.column.name) +
                " rewrites the table and all its indexes while nobody can read or write it: " +
                why(add.column, subject.before);
  verdict.help = "Add it without the default, set the default for new rows, and fill the old ones in batches";
  if (subject.before.domain(add.column.type.name) != nullptr) {
    verdict.help = "Use the domain's base type with a CHECK ... NOT VALID, and validate it afterwards";
    verdict.splittable = false;
  }
  if (!add.column.generated.empty()) {
    verdict.help =
        "Add a plain column, let a trigger keep it, fill the old rows in batches (or compute it in a view)";
    if (subject.settings.effects.server_version >= 180000)
      verdict.help = "Make it VIRTUAL: that computes it when it is read, and rewrites nothing";
    verdict.splittable = false;
  }
  if (unsure) {
    verdict.severity = Severity::Warning;
    verdict.notes.push_back(
        "planner does not know the volatility of a function in the default: a STABLE or IMMUTABLE one "
        "rewrites nothing");
  }
  return about_table(subject, add.table, Matters::Size, std::move(verdict));
}

}  // namespace

extern const Rule add_column_rewrite;
const Rule add_column_rewrite{
    .id = "add-column-rewrite",
    .summary = "A new column whose values differ from row to row rewrites the table",
    .severity = Severity::Error,
    .category = Category::Blocks,
    .recipe = "add-column-default",
    .check = on<check>};

}  // namespace planner::rules
