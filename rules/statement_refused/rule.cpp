#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

/// What other rules say better.
bool said_elsewhere(const std::string& sqlstate) {
  return sqlstate == "25001" || sqlstate == "55P04" || sqlstate == "23502";
}

bool says(const std::string& message, std::string_view words) {
  return message.find(words) != std::string::npos;
}

/// Names of objects that a gap in the history could have made: no proof that the statement fails.
bool about_an_unknown_relation(const std::string& sqlstate, const std::string& message) {
  if (says(message, "is not a partition of")) return false;  // both are there
  return sqlstate == "42P01" || sqlstate == "3F000" || sqlstate.empty();
}

/// `SET a = 1, a = 2`; parts of arrays, json and composite values may be set one by one.
std::optional<std::string> assigned_twice(const Update& update, const Schema& met) {
  const Table* table = met.table(update.table);
  for (std::size_t i = 0; table != nullptr && i < update.columns.size(); ++i) {
    const Column* column = table->column(update.columns[i]);
    const bool again =
        std::find(update.columns.begin(), update.columns.begin() + static_cast<std::ptrdiff_t>(i),
                  update.columns[i]) != update.columns.begin() + static_cast<std::ptrdiff_t>(i);
    if (!again || column == nullptr || column->type.array_dimensions > 0 ||
        !column->type.name.schema.empty() || column->type.is("jsonb") || column->type.is("point") ||
        column->type.is("box") || column->type.is("lseg"))
      continue;
    return "multiple assignments to same column \"" + update.columns[i].str() + "\"";
  }
  return std::nullopt;
}

/// `INSERT INTO t (a, a)`; parts of one column may be given one by one.
std::optional<std::string> named_twice(const Insert& insert, const Schema& met) {
  const Table* table = met.table(insert.table);
  for (auto it = insert.columns.begin(); it != insert.columns.end(); ++it) {
    const Column* column = table != nullptr ? table->column(*it) : nullptr;
    if (column == nullptr || column->type.array_dimensions > 0 || !column->type.name.schema.empty() ||
        column->type.is("jsonb"))
      continue;
    if (std::find(insert.columns.begin(), it, *it) != it)
      return "column \"" + it->str() + "\" specified more than once";
  }
  return std::nullopt;
}

/// CREATE OR REPLACE VIEW only adds columns, at the end.
std::optional<std::string> view_loses_columns(const CreateView& create, const Schema& met,
                                              const Schema& left) {
  if (!create.replace) return std::nullopt;
  const View* before = met.view(create.view);
  const View* after = left.view(create.view);
  if (before == nullptr || after == nullptr || before == after || before->columns.empty() ||
      after->columns.empty() || before->certainty != Certainty::Known || after->certainty != Certainty::Known)
    return std::nullopt;
  for (std::size_t i = 0; i < before->columns.size(); ++i) {
    if (i >= after->columns.size()) return "cannot drop columns from view";
    if (before->columns[i] == after->columns[i]) continue;
    return "cannot change name of view column \"" + before->columns[i].str() + "\" to \"" +
           after->columns[i].str() + "\"";
  }
  return std::nullopt;
}

/// The one thing to do, where PostgreSQL's words tell it.
std::string help_for(const std::string& sqlstate, const std::string& message) {
  if (says(message, "cannot create index on partitioned table"))
    return "Leave CONCURRENTLY out: planner split then builds the index partition by partition";
  if (says(message, "cannot drop partitioned index")) return "Leave CONCURRENTLY out, and set a lock_timeout";
  if (says(message, "cannot drop columns from view") || says(message, "cannot change name of view column"))
    return "DROP VIEW and CREATE VIEW in one transaction, or add the new columns at the end";
  if (sqlstate == "2BP01" || says(message, "other objects depend on it"))
    return "Drop or change what depends on it first";
  if (sqlstate == "42P07" || sqlstate == "42710" || sqlstate == "42701" || sqlstate == "42P06")
    return "Leave it out, or give the new one another name";
  if (sqlstate == "42703" || sqlstate == "42704" || sqlstate == "42883")
    return "Correct the name, or create it in an earlier statement";
  return "Correct it";
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  std::vector<std::size_t> told;
  const auto add = [&](std::size_t statement, const std::string& sqlstate, const std::string& message,
                       bool sure) {
    if (std::find(told.begin(), told.end(), statement) != told.end()) return;
    told.push_back(statement);
    Verdict verdict;
    verdict.at = SourceRef{statement, 0, -1};
    const ObjectName* target = subject.file.statements[statement].operations.empty()
                                   ? nullptr
                                   : target_relation(subject.file.statements[statement].operations.front());
    verdict.object = target != nullptr ? display(*target) : std::string();
    verdict.message = "PostgreSQL refuses this statement: " + message;
    verdict.help = help_for(sqlstate, message);
    if (!sure) {
      verdict.severity = Severity::Warning;
      verdict.notes.push_back(
          "planner knows the schema only from the migrations: a statement it could not follow may have "
          "changed it");
    }
    verdicts.push_back(std::move(verdict));
  };
  // Columns of CREATE TABLE AS and the like are not always known.
  const auto is_vague = [&](std::size_t statement) {
    const std::vector<Operation>& operations = subject.file.statements[statement].operations;
    return std::any_of(operations.begin(), operations.end(), [&](const Operation& operation) {
      const ObjectName* target = target_relation(operation);
      const Table* table = target != nullptr ? subject.before_statement[statement]->table(*target) : nullptr;
      return table != nullptr && (table->columns.empty() || table->certainty == Certainty::Uncertain);
    });
  };
  // What a statement that planner does not read did to the table is not known: it may have made what seems to
  // be missing.
  const auto is_uncertain = [&](std::size_t statement) {
    const std::vector<Operation>& operations = subject.file.statements[statement].operations;
    return std::any_of(operations.begin(), operations.end(), [&](const Operation& operation) {
      const ObjectName* target = target_relation(operation);
      const Table* table = target != nullptr ? subject.before_statement[statement]->table(*target) : nullptr;
      return table != nullptr && table->certainty == Certainty::Uncertain;
    });
  };
  const bool whole_history = subject.start.gaps.empty() || subject.start.from_database;
  const auto is_type_change = [&](std::size_t statement) {
    const std::vector<Operation>& operations = subject.file.statements[statement].operations;
    return std::any_of(operations.begin(), operations.end(), [](const Operation& operation) {
      return std::holds_alternative<ChangeType>(operation);
    });
  };
  for (const StatementProblem& problem : subject.problems) {
    const std::string& sqlstate = problem.problem.sqlstate;
    if (said_elsewhere(sqlstate) || about_an_unknown_relation(sqlstate, problem.problem.message) ||
        is_type_change(problem.statement) || is_uncertain(problem.statement))
      continue;
    add(problem.statement, sqlstate, problem.problem.message, whole_history);
  }
  // What a DO block holds may stand under an exception handler.
  const auto is_block = [&](std::size_t statement) {
    const std::vector<Operation>& operations = subject.file.statements[statement].operations;
    return std::any_of(operations.begin(), operations.end(), [](const Operation& operation) {
      return std::holds_alternative<std::shared_ptr<const DoBlock>>(operation);
    });
  };
  for (std::size_t i = 0; i < subject.statement_effects.size(); ++i) {
    if (is_block(i)) continue;
    for (const Failure& failure : subject.statement_effects[i].failures) {
      // Which overload an index expression calls, and with it its volatility, is not always known.
      const bool of_volatility = failure.sqlstate == "42P17" && says(failure.message, "IMMUTABLE");
      if (failure.only_with_rows || failure.depends_on_data || of_volatility ||
          said_elsewhere(failure.sqlstate) || about_an_unknown_relation(failure.sqlstate, failure.message) ||
          is_type_change(i) || is_vague(i)) {
        continue;
      }
      add(i, failure.sqlstate, failure.message, whole_history);
    }
  }
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    const Schema& met = *subject.before_statement[i];
    const Schema& left = *subject.before_statement[i + 1];
    for (const Operation& operation : subject.file.statements[i].operations) {
      std::optional<std::string> why;
      if (const auto* update = std::get_if<Update>(&operation)) why = assigned_twice(*update, met);
      if (const auto* insert = std::get_if<Insert>(&operation)) why = named_twice(*insert, met);
      if (const auto* view = std::get_if<CreateView>(&operation)) why = view_loses_columns(*view, met, left);
      if (why) add(i, "", *why, whole_history);
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule statement_refused;
const Rule statement_refused{.id = "statement-refused",
                             .summary = "A statement that PostgreSQL refuses on the schema it meets",
                             .severity = Severity::Error,
                             .category = Category::Fails,
                             .check_migration = check};

}  // namespace planner::rules
