#include "planner/engine_split_walk.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "planner/recognize/names.h"
#include "planner/replay/replay.h"
#include "planner/sql/places.h"

namespace planner::splitting {

std::tuple<std::size_t, std::size_t, int> key_of(const SourceRef& source) {
  return {source.statement, source.operation, source.nested};
}

namespace {

std::optional<TypeName> serial_base(const TypeName& type) {
  if (type.is("serial8")) return parse_type("bigint");
  if (type.is("serial4")) return parse_type("integer");
  if (type.is("serial2")) return parse_type("smallint");
  return std::nullopt;
}

/// Prisma writes SET DATA TYPE BIGSERIAL, which PostgreSQL does not know: what is meant is the integer behind
/// it.
Statement without_serial(Statement statement) {
  for (Operation& operation : statement.operations) {
    auto* change = std::get_if<ChangeType>(&operation);
    if (change == nullptr) continue;
    if (const auto base = serial_base(change->type)) change->type = *base;
  }
  return statement;
}

bool is_boolean(const Schema& schema, const TableName& table, const Identifier& column) {
  const Table* known = schema.table(table);
  const Column* found = known == nullptr ? nullptr : known->column(column);
  return found != nullptr && found->type.is("bool");
}

}  // namespace

SplitWalk walk(const Migration& migration, const ParsedFile& file, Schema start) {
  SplitWalk result{start, {}, file, {}, {}, {}};
  for (std::size_t i = 0; i < result.file.statements.size(); ++i) {
    const Statement& statement = result.file.statements[i];
    if (statement.problem != ParseProblem::None) {
      result.problems.push_back({"Line " +
                                     std::to_string(position_of(migration.text, statement.error_at).line) +
                                     " is not understood: " + statement.error,
                                 "Correct the statement, or move it to a migration of its own.",
                                 {SourceRef{i, 0, -1}}});
      continue;
    }
    const Statement plain = without_serial(statement);
    const WalkVisitor visit = [&](const Piece& piece, const Met& met) {
      result.met.insert_or_assign(key_of(piece.source), met.schema);
    };
    for (const ReplayProblem& problem :
         walk_statement(plain, i, start, ReplayOptions{true}, result.pieces, visit)) {
      result.problems.push_back({"PostgreSQL would refuse this migration: " + problem.message + ".",
                                 "Correct the statement, then split again.",
                                 {SourceRef{i, 0, -1}}});
    }
  }
  // What was written, for the recipe that knows what is meant.
  for (Piece& piece : result.pieces) {
    auto* change = std::get_if<ChangeType>(&piece.operation);
    if (change == nullptr || piece.source.nested >= 0) continue;
    const auto& written = result.file.statements[piece.source.statement].operations[piece.source.operation];
    if (const auto* asked = std::get_if<ChangeType>(&written); asked != nullptr && serial_base(asked->type))
      change->type = asked->type;
  }
  result.end = std::move(start);
  return result;
}

SplitResult::Problem ask(const Intention& question, const Schema& schema) {
  SplitResult::Problem problem;
  problem.sources = question.sources;
  std::string why;
  if (question.evidence) {
    why = how_sure(question.evidence->confidence);
    for (const std::string& reason : question.evidence->reasons) why += "; " + reason;
  }
  if (const auto* rename = std::get_if<RenameColumn>(&question.operation)) {
    const std::string table = display(rename->table);
    problem.what = "Is " + table + "." + rename->from.str() + " renamed to " + rename->to.str() +
                   ", or dropped and another column added? (" + why + ")";
    problem.what_to_do = "Say --rename " + table + "." + rename->from.str() + "=" + rename->to.str() +
                         " to keep the data, or --no-rename " + table + "." + rename->from.str() +
                         " to drop it.";
    if (opposites(rename->from.str(), rename->to.str()) && is_boolean(schema, rename->table, rename->from)) {
      problem.what_to_do += " To keep the data turned around, say --no-rename " + table + "." +
                            rename->from.str() + " --fill '" + table + "." + rename->to.str() + "=NOT " +
                            quoted(rename->from) + "' when the new column has no default, or write UPDATE " +
                            quoted(rename->table) + " SET " + quoted(rename->to) + " = NOT " +
                            quoted(rename->from) + " between the two statements.";
    }
  } else if (const auto* table = std::get_if<RenameTable>(&question.operation)) {
    problem.what = "Is table " + display(table->table) + " renamed to " + table->to.str() +
                   ", or dropped and another table created? (" + why + ")";
    problem.what_to_do = "Say --rename " + display(table->table) + "=" + table->to.str() +
                         " to keep the data, or --no-rename " + display(table->table) + " to drop it.";
  } else {
    problem.what = "It is not certain what this means. (" + why + ")";
    problem.what_to_do = "Write it as one statement that says it.";
  }
  return problem;
}

}  // namespace planner::splitting
