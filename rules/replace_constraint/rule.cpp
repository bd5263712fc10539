#include "rules/about.h"

namespace planner::rules {
namespace {

std::string_view kind_word(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::Check:
      return "the CHECK";
    case ConstraintKind::NotNull:
      return "the NOT NULL constraint";
    case ConstraintKind::PrimaryKey:
      return "the primary key";
    case ConstraintKind::Unique:
      return "the unique constraint";
    case ConstraintKind::ForeignKey:
      return "the foreign key";
    case ConstraintKind::Exclusion:
      return "the exclusion constraint";
  }
  return "the constraint";
}

std::optional<Verdict> check(const ReplaceConstraint& replace, const Subject& subject) {
  const ConstraintDefinition& constraint = replace.constraint;
  if (constraint.not_valid) return std::nullopt;
  Verdict verdict;
  verdict.object = display(replace.table) + "." + replace.old_constraint.str();
  verdict.message = "Replacing " + std::string(kind_word(constraint.kind)) + " \"" +
                    replace.old_constraint.str() + "\" of " + name_of(replace.table);
  switch (constraint.kind) {
    case ConstraintKind::ForeignKey:
      verdict.message +=
          " checks every row while nobody can write to " + name_of(replace.table) +
          (constraint.references.table == replace.table ? std::string()
                                                        : " or " + name_of(constraint.references.table)) +
          "; dropping the old one stops reads of both for a moment";
      verdict.help = "Add the new one NOT VALID beside the old, validate it, then drop the old one";
      break;
    case ConstraintKind::Check:
      verdict.message += " reads every row while nobody can read or write the table";
      verdict.help = "Add the new one NOT VALID beside the old, validate it, then drop the old one";
      break;
    default:
      if (!constraint.using_index.empty()) return std::nullopt;
      verdict.message += " builds a new index while nobody can read or write the table";
      verdict.help = "Build the new index CONCURRENTLY, then swap the constraints in one statement";
      break;
  }
  return about_table(subject, replace.table, Matters::Size, std::move(verdict));
}

}  // namespace

extern const Rule replace_constraint;
const Rule replace_constraint{
    .id = "replace-constraint",
    .summary = "A constraint dropped and added again is checked anew while the table is locked",
    .severity = Severity::Error,
    .category = Category::Blocks,
    .recipe = "replace-constraint",
    .check = on<check>};

}  // namespace planner::rules
