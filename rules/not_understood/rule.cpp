#include "rules/about.h"

namespace planner::rules {
namespace {

/// The routine of the team's own that the statement runs for what it does: a procedure, or a function without
/// a result. Others are called for what they return.
const Function* routine_run_by(const Operation& operation, const Schema& met) {
  std::vector<ObjectName> names;
  if (const auto* call = std::get_if<Call>(&operation)) names.push_back(call->procedure);
  const auto* select = std::get_if<Select>(&operation);
  if (select != nullptr && select->query) {
    for (const FunctionCall& called : select->query.facts().functions) names.push_back(called.name);
  }
  for (const ObjectName& name : names) {
    const std::vector<Function>* overloads = met.functions_named(name);
    if (overloads == nullptr) continue;
    for (const Function& function : *overloads) {
      const CreateFunction& definition = function.definition;
      const bool readable = definition.language == "plpgsql" || definition.language == "sql";
      if (readable && function.extension.empty() && (definition.procedure || definition.returns.is("void")))
        return &function;
    }
  }
  return nullptr;
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    if (subject.file.statements[i].problem != ParseProblem::NewerSyntax) continue;
    Verdict verdict;
    verdict.at = SourceRef{i, 0, -1};
    verdict.message = "This statement needs a newer PostgreSQL than planner reads (15): it was not looked at";
    verdict.help = "Judge it by hand";
    verdicts.push_back(std::move(verdict));
  }
  for (const Intention& intention : subject.intentions) {
    const SourceRef source = intention.sources.front();
    if (const Function* routine =
            routine_run_by(intention.operation, *subject.before_statement[source.statement])) {
      Verdict verdict;
      verdict.at = source;
      verdict.object = display(routine->definition.name);
      verdict.message =
          "What " + name_of(routine->definition.name) + " does when this statement runs it was not looked at";
      verdict.help = "Judge its body by hand, or write its statements into the migration";
      verdicts.push_back(std::move(verdict));
      continue;
    }
    const auto* unknown = std::get_if<Unrecognized>(&intention.operation);
    if (unknown == nullptr) continue;
    const SourceRef at = intention.sources.front();
    if (subject.file.statements[at.statement].problem != ParseProblem::None) continue;
    Verdict verdict;
    verdict.at = at;
    if (unknown->dynamic) {
      verdict.message = "SQL that is put together at run time was not looked at";
    } else {
      verdict.message = (unknown->what.empty() ? std::string("This statement") : unknown->what) +
                        " was not looked at: planner does not follow it";
    }
    if (!unknown->may_touch.empty()) {
      verdict.message += "; what it does to " + list_of(unknown->may_touch) + " is not known from here on";
    } else if (!unknown->dynamic) {
      verdict.severity = Severity::Info;
    }
    verdict.help = "Judge it by hand";
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace

extern const Rule not_understood;
const Rule not_understood{.id = "not-understood",
                          .summary = "A statement that planner does not follow and did not judge",
                          .severity = Severity::Warning,
                          .category = Category::Hygiene,
                          .check_migration = check};

}  // namespace planner::rules
