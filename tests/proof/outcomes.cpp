#include "tests/proof/outcomes.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>

#include "planner/recognize/walk.h"
#include "planner/replay/replay.h"
#include "plans/registry.h"
#include "rules/registry.h"
#include "src/database/connection.h"
#include "src/project/markers.h"
#include "tests/support/files.h"

namespace planner::test {
namespace {

Tool tool_of(const std::string& layout) {
  if (layout == "diesel") return Tool::Diesel;
  if (layout == "drizzle") return Tool::Drizzle;
  if (layout.starts_with("golang-migrate")) return Tool::GolangMigrate;
  if (layout == "prisma") return Tool::PrismaUnknown;
  return Tool::PlainSql;
}

void deploy(const std::string& url, const Migration& migration) {
  Connection connection(url);
  try {
    connection.exec(migration.text);
  } catch (const DatabaseError& error) {
    if (!error.is("25001") && !error.is("55P04")) throw;
    for (const Statement& statement : parse_file(migration.text).statements) {
      connection.exec(migration.text.substr(statement.span.begin, statement.span.end - statement.span.begin));
    }
  }
}

void replay_file(Schema& schema, const ParsedFile& file, bool pending) {
  for (const Statement& statement : file.statements)
    replay_statement(schema, statement.operations, ReplayOptions{pending});
  end_session(schema);
}

bool is_unique(const Table& table, const Identifier& column) {
  return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const Index& index) {
    return index.unique && std::any_of(index.elements.begin(), index.elements.end(),
                                       [&](const IndexElement& element) { return element.column == column; });
  });
}

/// A value a person might give rows without one: it must keep the rules the column has in the end.
Expression value_for(const Schema& after, const Schema& before, const Table& table, const Column& column) {
  for (const Constraint& constraint : table.constraints) {
    const ConstraintDefinition& key = constraint.definition;
    if (key.kind != ConstraintKind::ForeignKey || key.columns.size() != 1 ||
        key.columns.front() != column.name || key.references.columns.empty())
      continue;
    if (before.table(key.references.table) == nullptr) break;
    const std::string target = quoted(key.references.columns.front());
    return Expression::parse("(SELECT planner_target." + target + " FROM " + quoted(key.references.table) +
                             " planner_target ORDER BY 1 LIMIT 1)");
  }
  const TypeName& type = column.type;
  if (type.array_dimensions > 0) return Expression::parse("'{}'::" + type_sql(type).str());
  if (const EnumType* labels = after.enum_type(type.name); labels != nullptr && !labels->labels.empty()) {
    return Expression::parse(quoted(Literal(labels->labels.front())) + "::" + type_sql(type).str());
  }
  const Table* old_table = before.table(table.name);
  const Constraint* key = old_table == nullptr ? nullptr : old_table->primary_key();
  if (is_unique(table, column.name) && key != nullptr && key->definition.columns.size() == 1) {
    const std::string id = quoted(key->definition.columns.front());
    if (type.is("text") || type.is("varchar") || type.is("bpchar")) return Expression::parse(id + "::text");
    if (type.is("uuid")) return Expression::parse("md5(" + id + "::text)::uuid");
    return Expression::parse(id);
  }
  if (type.is("text") || type.is("varchar") || type.is("bpchar")) return Expression::parse("'x'");
  if (type.is("bool")) return Expression::parse("false");
  if (type.is("uuid")) return Expression::parse("'00000000-0000-0000-0000-000000000001'::uuid");
  if (type.is("json") || type.is("jsonb")) return Expression::parse("'{}'::" + type_sql(type).str());
  if (type.is("timestamp") || type.is("timestamptz") || type.is("date"))
    return Expression::parse("'2024-01-01'::" + type_sql(type).str());
  if (type.is("bytea")) return Expression::parse("'\\x00'::bytea");
  if (type.is("int2") || type.is("int4") || type.is("int8") || type.is("numeric") || type.is("float4") ||
      type.is("float8"))
    return Expression::parse("1");
  return Expression::parse("'1'");
}

/// Every answer that split could ask for.
void answer(SplitOptions& options, const ParsedFile& file, const Migration& migration, const Schema& before,
            bool renamed) {
  options.accept_lossy = true;
  const Recognized recognized = recognize(file, migration, before, options.answers);
  for (const Intention& question : recognized.questions) {
    if (const auto* column = std::get_if<RenameColumn>(&question.operation)) {
      (renamed ? options.answers.renames : options.answers.not_renames)
          .push_back({column->table, column->from, renamed ? column->to : Identifier()});
    }
    if (const auto* table = std::get_if<RenameTable>(&question.operation)) {
      (renamed ? options.answers.table_renames : options.answers.not_table_renames)
          .push_back({table->table, ObjectName(table->table.schema, table->to)});
    }
  }
  Schema after = before;
  replay_file(after, file, true);
  for (const auto& entry : after.tables) {
    // clang 14 lets no lambda name a structured binding.
    const TableName& name = entry.first;
    const auto& table = entry.second;
    const Table* old_table = before.table(name);
    if (old_table == nullptr) continue;
    for (const Column& column : table->columns) {
      const Column* old_column = old_table->column(column.name);
      const bool newly_required = column.not_null && column.default_value.empty() && !column.identity &&
                                  column.generated.empty() &&
                                  (old_column == nullptr || !old_column->not_null);
      const bool assigned = std::any_of(
          recognized.intentions.begin(), recognized.intentions.end(), [&](const Intention& other) {
            const auto* update = std::get_if<Update>(&other.operation);
            return update != nullptr && update->table == name &&
                   std::find(update->columns.begin(), update->columns.end(), column.name) !=
                       update->columns.end();
          });
      // Which values a check lets through is not to be guessed: then the rows have some already.
      const bool checked = old_column != nullptr &&
                           std::any_of(table->constraints.begin(), table->constraints.end(),
                                       [&](const Constraint& constraint) {
                                         return constraint.definition.kind == ConstraintKind::Check &&
                                                constraint.definition.expression.mentions(column.name);
                                       });
      const bool said =
          assigned || checked ||
          std::any_of(options.fills.begin(), options.fills.end(), [&](const SplitOptions::Fill& fill) {
            return fill.table == name && fill.column == column.name;
          });
      if (newly_required && !said)
        options.fills.push_back({name, column.name, value_for(after, before, *table, column)});
    }
  }
}

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  return text.size() > 400 ? text.substr(0, 400) + "..." : text;
}

bool alarming(const History& history, const Schema& before) {
  AnalyzeOptions options;
  options.base = &before;
  for (const JudgedMigration& judged : analyze(history, all_rules(), options).judged) {
    for (const Finding& finding : judged.findings) {
      if (finding.severity == Severity::Error && finding.suppressed_by.empty()) return true;
    }
  }
  return false;
}

History alone(const Migration& migration, Tool tool) {
  History history;
  history.tool = tool;
  history.migrations = {migration};
  history.migrations.front().pending = true;
  return history;
}

void count(Outcome& outcome, const SplitResult& result) {
  for (const SplitResult::Decision& decision : result.decisions) {
    const bool refused = decision.outcome == RecipeResult::Outcome::Refused ||
                         decision.outcome == RecipeResult::Outcome::NeedsAnswer;
    if (decision.outcome != RecipeResult::Outcome::Steps && !refused) continue;
    const std::string kind = decision.recipe.empty() ? "other" : std::string(decision.recipe);
    ++outcome.risky[kind];
    if (refused) ++outcome.refused[kind];
  }
}

}  // namespace

std::vector<RealHistory> real_histories(const std::filesystem::path& shared) {
  std::vector<RealHistory> out;
  const auto listed = nlohmann::json::parse(read_file(shared / "corpus" / "histories.json"));
  for (const auto& one : listed) {
    RealHistory history;
    history.name = one.at("repo").get<std::string>() + " " + one.at("history").get<std::string>();
    history.tool = tool_of(one.at("layout").get<std::string>());
    for (const auto& listed_migration : one.at("migrations")) {
      if (!listed_migration.contains("up") || listed_migration.at("up").is_null()) continue;
      Migration migration;
      migration.name = listed_migration.at("id").get<std::string>();
      migration.path = listed_migration.at("up").get<std::string>();
      migration.text = read_file(shared / "corpus" / one.at("folder").get<std::string>() / migration.path);
      if (history.tool == Tool::Drizzle) migration.text = project::drizzle_statements(migration.text);
      migration.no_transaction_marker = listed_migration.value("notx", false);
      history.migrations.push_back(std::move(migration));
    }
    out.push_back(std::move(history));
  }
  return out;
}

std::string outcome_line(const Outcome& outcome) {
  const auto counts = [](const std::map<std::string, std::size_t>& all) {
    std::string text;
    for (const auto& [kind, number] : all)
      text += (text.empty() ? "" : " ") + kind + ":" + std::to_string(number);
    return text.empty() ? std::string("-") : text;
  };
  std::string reasons;
  for (const std::string& reason : outcome.reasons)
    reasons += (reasons.empty() ? "" : " | ") + one_line(reason);
  return outcome.history + "\t" + outcome.migration + "\t" + outcome.result + "\t" + counts(outcome.risky) +
         "\t" + counts(outcome.refused) + "\t" + reasons;
}

SplitResult split_answered(const Schema& before, const Migration& migration, Tool tool, SplitOptions& given,
                           bool renamed) {
  const History history = alone(migration, tool);
  const ParsedFile file = parse_file(migration.text);
  answer(given, file, migration, before, renamed);
  SplitResult result = split(history, 0, all_rules(), all_recipes(), given, {}, &before);
  // Answers can make room for further questions.
  for (int round = 0; round < 3 && result.outcome != SplitResult::Outcome::Planned &&
                      result.outcome != SplitResult::Outcome::NothingToDo;
       ++round) {
    answer(given, file, migration, before, renamed);
    result = split(history, 0, all_rules(), all_recipes(), given, {}, &before);
  }
  return result;
}

void replay_applied(Schema& schema, const std::string& sql) { replay_file(schema, parse_file(sql), false); }

std::string tool_setup(Tool tool) {
  // golang-migrate's own table, which some migrations look at.
  return tool == Tool::GolangMigrate
             ? "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)"
             : "";
}

Outcome outcome_of(const ProofServer& server, const std::string& template_database, const Schema& before,
                   const Migration& migration, Tool tool, int rows, bool renamed, SplitOptions given) {
  Outcome outcome;
  outcome.migration = migration.name;
  const ParsedFile file = parse_file(migration.text);
  SplitOptions options = std::move(given);
  options.batch_rows = 7;
  const SplitResult result = split_answered(before, migration, tool, options, renamed);
  if (result.outcome == SplitResult::Outcome::NothingToDo) {
    outcome.result = alarming(alone(migration, tool), before) ? "harmless" : "";
    return outcome;
  }
  count(outcome, result);
  if (result.outcome != SplitResult::Outcome::Planned) {
    outcome.result = result.outcome == SplitResult::Outcome::Refused ? "refused" : "unanswered";
    for (const SplitResult::Problem& problem : result.problems) outcome.reasons.push_back(problem.what);
    if (outcome.refused.empty()) outcome.refused["other"] = result.problems.size();
    return outcome;
  }
  ProofInput input;
  input.template_database = template_database;
  input.plan = &result.plan;
  input.rows = rows;
  input.fills = options.fills;
  input.intentions = recognize(file, migration, before, options.answers).intentions;
  try {
    input.releases.generated = true;
    const VerifyReport report = verify(server, input);
    outcome.result = report.ok() ? "proven" : "unproven";
    for (const ProofCheck& check : report.checks) {
      if (check.ok || outcome.reasons.size() >= 3) continue;
      std::string details;
      for (const std::string& detail : check.details) details += " " + detail;
      outcome.reasons.push_back(check.phase + " " + check.what + ":" + details);
    }
  } catch (const Error& error) {
    outcome.result = "unproven";
    outcome.reasons.push_back(error.what());
  }
  return outcome;
}

std::vector<Outcome> walk_history(const ProofServer& server, const RealHistory& history,
                                  const WalkOptions& options) {
  std::vector<Outcome> outcomes;
  const std::string database = server.create("");
  Schema schema;
  if (const std::string setup = tool_setup(history.tool); !setup.empty()) {
    Connection(server.url(database)).exec(setup);
    replay_applied(schema, setup);
  }
  for (std::size_t i = 0; i < history.migrations.size(); ++i) {
    const Migration& migration = history.migrations[i];
    if (!options.chosen || options.chosen(migration.name, i)) {
      Outcome outcome;
      try {
        outcome = outcome_of(server, database, schema, migration, history.tool, options.rows);
      } catch (const Error& error) {
        outcome = {"", migration.name, "unproven", {}, {}, {std::string("stopped: ") + error.what()}};
      }
      if (!outcome.result.empty()) {
        outcome.history = history.name;
        outcomes.push_back(std::move(outcome));
      }
    }
    deploy(server.url(database), migration);
    replay_applied(schema, migration.text);
  }
  server.drop(database);
  return outcomes;
}

}  // namespace planner::test
