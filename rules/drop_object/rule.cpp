#include <algorithm>

#include "rules/planners.h"

namespace planner::rules {
namespace {

/// A view that comes back under its name, without some of its columns.
std::optional<Verdict> lost_columns(const View& was, const View& again, Verdict verdict) {
  std::vector<std::string> lost;
  for (const Identifier& column : was.columns) {
    if (!again.columns.empty() &&
        std::find(again.columns.begin(), again.columns.end(), column) == again.columns.end())
      lost.push_back('"' + column.str() + '"');
  }
  if (lost.empty()) return std::nullopt;
  verdict.message = "The view " + name_of(was.name) + " comes back without " + join_words(lost) +
                    ": every running application that still reads " + (lost.size() == 1 ? "it" : "them") +
                    " from it fails";
  verdict.help = "Leave the columns in it until no running release reads them";
  return verdict;
}

/// The sentence about an object that goes, or nothing when it comes back in the same migration or was never
/// known.
std::optional<Verdict> verdict_for(const Operation& operation, const Subject& subject) {
  const Schema& before = subject.before;
  const Schema& end = subject.migration_end;
  Verdict verdict;
  const auto fails = [&](const std::string& what) {
    verdict.message = "Dropping " + what + " fails every running application that still uses it";
    verdict.help = "Drop it when no running release uses it any more";
  };
  if (const auto* view = std::get_if<DropView>(&operation)) {
    const View* known = subject.migration_start.view(view->view);
    if (known == nullptr || before.view(view->view) == nullptr || is_planners(view->view))
      return std::nullopt;
    verdict.object = display(view->view);
    if (const View* again = end.view(view->view)) return lost_columns(*known, *again, std::move(verdict));
    fails("the view " + name_of(view->view));
    return verdict;
  }
  if (const auto* sequence = std::get_if<DropSequence>(&operation)) {
    if (is_planners(sequence->sequence) || before.sequence(sequence->sequence) == nullptr ||
        end.sequence(sequence->sequence) != nullptr)
      return std::nullopt;
    if (subject.migration_start.sequence(sequence->sequence) == nullptr) return std::nullopt;
    verdict.object = display(sequence->sequence);
    verdict.message = "Dropping the sequence " + name_of(sequence->sequence) +
                      " fails every INSERT of the running release that takes its numbers from it";
    verdict.help = "Drop it when no running release uses it any more";
    return verdict;
  }
  if (const auto* function = std::get_if<DropFunction>(&operation)) {
    if (subject.migration_start.functions_named(function->function.name) == nullptr) return std::nullopt;
    if (is_planners(function->function.name)) return std::nullopt;
    if (end.functions_named(function->function.name) != nullptr) return std::nullopt;
    verdict.object = display(function->function.name);
    fails("the function " + name_of(function->function.name));
    if (function->cascade == Cascade::Cascade) {
      for (const auto& [name, table] : before.tables) {
        for (const Trigger& trigger : table->triggers) {
          if (trigger.definition.function.name == function->function.name.name)
            verdict.notes.push_back("CASCADE also drops the trigger \"" + trigger.definition.name.str() +
                                    "\" of " + name_of(name));
        }
      }
    }
    return verdict;
  }
  if (const auto* schema = std::get_if<DropSchema>(&operation)) {
    if (!subject.migration_start.schemas.contains(schema->schema) || end.schemas.contains(schema->schema))
      return std::nullopt;
    verdict.object = schema->schema.str();
    verdict.severity = Severity::Error;
    verdict.message = "Dropping the schema \"" + schema->schema.str() + "\"" +
                      (schema->cascade == Cascade::Cascade ? " with all its tables and rows" : "") +
                      " fails every running application that still uses it";
    verdict.help = "Drop it when no running release uses it any more";
    return verdict;
  }
  if (const auto* extension = std::get_if<DropExtension>(&operation)) {
    if (!subject.migration_start.extensions.contains(extension->extension) ||
        end.extensions.contains(extension->extension))
      return std::nullopt;
    verdict.object = extension->extension.str();
    fails("the extension \"" + extension->extension.str() + "\"");
    if (extension->cascade == Cascade::Cascade)
      verdict.notes.push_back("CASCADE also drops columns, indexes and functions that use it");
    return verdict;
  }
  if (const auto* owned = std::get_if<DropOwned>(&operation)) {
    std::string roles;
    for (const std::string& role : owned->roles) roles += (roles.empty() ? "" : ", ") + role;
    verdict.object = roles;
    verdict.message = "DROP OWNED drops every table, view and function of " + roles +
                      " in this database with all rows, and all its rights";
    verdict.help = "Drop by name what is meant, or REASSIGN OWNED first";
    return verdict;
  }
  if (const auto* other = std::get_if<OtherObject>(&operation)) {
    if (other->change != 'd') return std::nullopt;
    verdict.object = display(other->name);
    if (other->kind == ObjectKind::Database) {
      verdict.message = "Dropping the database " + name_of(other->name) +
                        " deletes everything in it, and fails while anybody is connected";
      verdict.help = "Do not drop a database in a migration";
      return verdict;
    }
    if (other->kind == ObjectKind::Publication &&
        subject.migration_start.publications.contains(other->name.name)) {
      verdict.severity = Severity::Warning;
      verdict.message = "Without the publication " + name_of(other->name) +
                        " its subscribers stop with an error, and the server keeps the WAL they wait for";
      verdict.help = "Drop the subscriptions first";
      return verdict;
    }
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

extern const Rule drop_object;
const Rule drop_object{
    .id = "drop-object",
    .summary = "A view, sequence, function, schema or extension is dropped that the running release may use",
    .severity = Severity::Error,
    .category = Category::BreaksRelease,
    .check = check};

}  // namespace planner::rules
