#include "tests/plans/plan_case.h"

#include <sstream>

#include "planner/compose/compose.h"
#include "planner/error.h"
#include "plans/registry.h"
#include "rules/registry.h"

namespace planner::test {
namespace {

/// `schema.table.column` or `table.column`.
std::pair<ObjectName, Identifier> column_of(const std::string& text) {
  const std::size_t dot = text.rfind('.');
  const std::string table = text.substr(0, dot);
  const std::size_t schema = table.find('.');
  return {schema == std::string::npos
              ? ObjectName(Identifier(table))
              : ObjectName(Identifier(table.substr(0, schema)), Identifier(table.substr(schema + 1))),
          Identifier(text.substr(dot + 1))};
}

void read_option(const std::string& line, SplitOptions& options) {
  const std::size_t space = line.find(' ');
  const std::string word = line.substr(0, space);
  const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
  const std::size_t equals = rest.find('=');
  if (word == "rename" && rest.find('.') == std::string::npos) {
    options.answers.table_renames.push_back(
        {ObjectName(Identifier(rest.substr(0, equals))), ObjectName(Identifier(rest.substr(equals + 1)))});
  } else if (word == "rename") {
    const auto [table, column] = column_of(rest.substr(0, equals));
    options.answers.renames.push_back({table, column, Identifier(rest.substr(equals + 1))});
  } else if (word == "no-rename" && rest.find('.') == std::string::npos) {
    options.answers.not_table_renames.push_back({ObjectName(Identifier(rest)), ObjectName()});
  } else if (word == "no-rename") {
    const auto [table, column] = column_of(rest);
    options.answers.not_renames.push_back({table, column, Identifier()});
  } else if (word == "fill") {
    const auto [table, column] = column_of(rest.substr(0, equals));
    options.fills.push_back({table, column, Expression::parse(rest.substr(equals + 1))});
  } else if (word == "batch") {
    options.batch_rows = std::stoi(rest);
  } else if (word == "accept-lossy") {
    options.accept_lossy = true;
  } else if (word == "rename-by") {
    options.rename_by = rest;
  } else if (word == "keep-dropped-data") {
    options.keep_dropped_data = true;
  } else {
    throw Error("unknown option in a golden case: " + line);
  }
}

std::string indented(const std::string& text) {
  std::istringstream lines(text);
  std::string line, out;
  while (std::getline(lines, line)) out += line.empty() ? "\n" : "  " + line + "\n";
  return out;
}

}  // namespace

SplitResult PlanCase::split() const {
  return planner::split(history, history.migrations.size() - 1, all_rules(), all_recipes(), options);
}

PlanCase read_plan_case(const GoldenCase& golden) {
  PlanCase read;
  read.options.batch_rows = 3;
  read.rows = golden.text("rows");
  std::string name = golden.text("name");
  while (!name.empty() && (name.back() == '\n' || name.back() == ' ')) name.pop_back();
  if (name.empty()) name = golden.file.stem().string();
  read.history.tool = Tool::PrismaUnknown;
  Migration first;
  first.name = "20240101000000_init";
  first.path = "prisma/migrations/20240101000000_init/migration.sql";
  first.text = golden.text("history");
  Migration last;
  last.name = "20240102000000_" + name;
  last.path = "prisma/migrations/20240102000000_" + name + "/migration.sql";
  last.text = golden.text("migration");
  last.pending = true;
  read.history.migrations = {first, last};
  std::istringstream lines(golden.text("options"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) read_option(line, read.options);
  }
  return read;
}

std::string plan_text(const SplitResult& result) {
  std::string out;
  if (result.outcome == SplitResult::Outcome::NothingToDo) {
    out = "nothing to do\n";
    for (const std::string& explanation : result.explanations) out += "  " + explanation + "\n";
    return out;
  }
  if (result.outcome != SplitResult::Outcome::Planned) {
    out = result.outcome == SplitResult::Outcome::Refused ? "refused\n" : "needs an answer\n";
    for (const SplitResult::Problem& problem : result.problems)
      out += "  " + problem.what + "\n    " + problem.what_to_do + "\n";
    return out;
  }
  for (const Phase& phase : result.plan.phases) {
    out += "=== " + phase.folder + " (" + std::string(window_name(phase.window)) + ")\n";
    out += indented(migration_text(result.plan, phase));
    out += "  --- rollback\n" + indented(rollback_text(result.plan, phase));
    for (const PrismaAdvice& advice : phase.prisma)
      out += "  schema.prisma, " + advice.model + ": " + advice.text + "\n";
    for (const Condition& condition : phase.before)
      out += "  before: " + condition.says + ": " + condition.query.str() + "\n";
    for (const Condition& condition : phase.after)
      out += "  after: " + condition.says + ": " + condition.query.str() + "\n";
  }
  for (const std::string& note : result.plan.notes) out += "note: " + note + "\n";
  for (const std::string& reason : result.plan.order_reasons) out += "order: " + reason + "\n";
  return out;
}

}  // namespace planner::test
