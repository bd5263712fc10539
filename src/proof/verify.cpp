#include "src/proof/verify.h"

#include <algorithm>

#include "src/database/connection.h"
#include "src/database/live_schema.h"
#include "src/proof/apply.h"
#include "src/proof/catalog.h"
#include "src/proof/constraints_to_come.h"
#include "src/proof/generate_data.h"
#include "src/proof/own_triggers.h"
#include "src/proof/rows_to_come.h"

namespace planner {
namespace {

struct State {
  std::vector<std::string> catalog;
  DataSnapshot data;
};

State state_of(const std::string& url, const StandIns& instead = {}) {
  Connection connection(url);
  return {catalog_lines(connection), data_snapshot(connection, {}, instead)};
}

/// A column that is dropped for another that may not be NULL: rows that had no value come back with the one
/// they were given, which is all that is known by then.
StandIns filled_under_new_names(const Schema& before, const ProofInput& input) {
  StandIns out;
  for (const Intention& intention : input.intentions) {
    const auto* rename = std::get_if<RenameColumn>(&intention.operation);
    const Table* table = rename == nullptr ? nullptr : before.table(before.resolve_relation(rename->table));
    const Column* column = table == nullptr ? nullptr : table->column(rename->from);
    const bool filled =
        column != nullptr && !column->not_null &&
        std::any_of(input.fills.begin(), input.fills.end(), [&](const SplitOptions::Fill& fill) {
          return before.resolve_relation(fill.table) == table->name && fill.column == rename->to;
        });
    if (filled) out[display(table->name)][rename->from.str()] = rename->to.str();
  }
  return out;
}

bool asks_for_serial(const std::vector<Intention>& intentions) {
  return std::any_of(intentions.begin(), intentions.end(), [](const Intention& intention) {
    const auto* change = std::get_if<ChangeType>(&intention.operation);
    return change != nullptr &&
           (change->type.is("serial2") || change->type.is("serial4") || change->type.is("serial8"));
  });
}

constexpr std::size_t kShown = 20;  // differences of one check

class Verification {
 public:
  Verification(const ProofServer& server, const ProofInput& input) : server_(server), input_(input) {}

  VerifyReport run_all() {
    TemporaryDatabase start(server_, input_.template_database);
    for (std::size_t i = 0; i < input_.history.size(); ++i) {
      const std::string problem = run_migration(start.url(), input_.history[i]);
      if (!problem.empty())
        throw Error("migration " + std::to_string(i + 1) + " of the history does not apply: " + problem,
                    "a plan can only be proven on a history that applies");
    }
    TemporaryDatabase empty(server_, start.name());
    Schema schema;
    {
      Connection connection(start.url());
      schema = read_schema(connection);
      report_.notes =
          fill(connection, with_constraints_to_come(fill_schema(schema, input_.intentions), input_),
               input_.rows)
              .problems;
      mapping_ = mapping_of(input_.intentions);
      note_trigger_writes(connection, schema);
      stand_ins_ = filled_under_new_names(schema, input_);
    }
    if (input_.releases.any()) meet_releases(start, empty, schema);
    apply_phases(start);
    if (!finished_) {
      TemporaryDatabase with_rows(server_, start.name());
      const std::string refused = run_migration(with_rows.url(), input_.plan->original);
      stops_like_original_ = !refused.empty() && refused.substr(0, 2) == stopped_.substr(0, 2);
    }
    apply_original(empty, start);
    return std::move(report_);
  }

  /// The generated rows are none that the original would accept either.
  bool stops_like_original() const { return stops_like_original_; }

 private:
  /// A backfill updates rows, and so fires triggers that an ALTER TABLE of the original does not.
  void note_trigger_writes(Connection& connection, const Schema& schema) {
    const bool fills = std::any_of(input_.plan->phases.begin(), input_.plan->phases.end(),
                                   [](const Phase& phase) { return phase.backfill.has_value(); });
    if (!fills) return;
    trigger_writes_ = written_by_triggers(connection, schema);
    for (const auto& [from, to] : mapping_.tables) {
      const auto known = trigger_writes_.find(display(from));
      if (known != trigger_writes_.end()) trigger_writes_[display(to)] = known->second;
    }
    for (const auto& [table, columns] : trigger_writes_) {
      for (const std::string& column : columns)
        report_.notes.push_back(table + "." + column +
                                " is not compared: a trigger of the application writes it on every update, "
                                "those of a backfill too");
    }
  }

  void check(const std::string& phase, const std::string& what, std::vector<std::string> details) {
    const bool ok = details.empty();
    report_.checks.push_back({phase, what, ok, std::move(details)});
  }

  void conditions(const std::string& url, const Phase& phase, const std::vector<Condition>& conditions,
                  const char* when) {
    Connection connection(url);
    for (const Condition& condition : conditions) {
      std::vector<std::string> details;
      try {
        if (!connection.exec(condition.query.str()).rows.empty()) details.push_back(condition.says);
      } catch (const DatabaseError& error) {
        details.push_back(error.sqlstate() + " " + error.what());
      }
      check(phase.folder, std::string(when) + ": " + condition.says, std::move(details));
    }
  }

  /// The locks a phase holds when it is about to commit; phases that commit as they go are measured by their
  /// parts only.
  void measure_locks(const std::string& url, const Phase& phase) {
    if (phase.commits) return;
    try {
      Connection connection(url);
      connection.exec("BEGIN");
      connection.exec(phase.migration.str());
      PhaseLocks locks{phase.folder, {}};
      const Result held = connection.exec(
          "SELECT DISTINCT ON (1, 2) n.nspname, c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = "
          "l.relation JOIN "
          "pg_namespace n ON n.oid = c.relnamespace "
          "WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND c.relkind IN ('r', 'p') AND "
          "n.nspname NOT IN ('pg_catalog', 'planner_oracle') AND c.xmin::text <> pg_current_xact_id()::text "
          "AND l.mode <> 'AccessShareLock' ORDER BY 1, 2, array_position('{AccessExclusiveLock,ExclusiveLock,"
          "ShareRowExclusiveLock,ShareLock,ShareUpdateExclusiveLock,RowExclusiveLock,RowShareLock}', "
          "l.mode)");
      for (const auto& row : held.rows)
        locks.taken.push_back(
            {ObjectName(Identifier(*row[0]), Identifier(*row[1])), LockMode::None, row[2].value_or("")});
      connection.exec("ROLLBACK");
      report_.locks.push_back(std::move(locks));
    } catch (const DatabaseError&) {
      return;  // applying it for good says what is wrong
    }
  }

  /// A release's home is a database in which all it sends must succeed.
  void meet_releases(const TemporaryDatabase& start, const TemporaryDatabase& empty, const Schema& schema) {
    // The same rows where the original applies to rows, generated ones where it does not.
    auto home = std::make_unique<TemporaryDatabase>(server_, start.name());
    std::string problem = run_migration(home->url(), input_.plan->original);
    const bool same_rows = problem.empty();
    if (!same_rows) {
      home = std::make_unique<TemporaryDatabase>(server_, empty.name());
      problem = run_migration(home->url(), input_.plan->original);
    }
    Schema end;
    if (problem.empty()) {
      Connection connection(home->url());
      end = read_schema(connection);
    } else {
      report_.notes.push_back("the new release's statements are not tried: the original does not apply: " +
                              problem);
    }
    ReleaseModel old_model = release_model(schema, Release::Old, mapping_);
    ReleaseModel new_model = release_model(end, Release::New, mapping_);
    match_releases(old_model, new_model);
    // A table that the migration makes has no rows yet, and the plan makes nobody wait for it.
    std::erase_if(new_model.tables, [&](const ReleaseTable& table) {
      return std::none_of(old_model.tables.begin(), old_model.tables.end(),
                          [&](const ReleaseTable& known) { return known.logical == table.logical; });
    });
    const ReleaseStatements& given = input_.releases;
    old_client_ = std::make_unique<ReleaseClient>(old_model, given.old_release, given.generated, start.url());
    check_given("the old release's given statements run before the plan", given.old_release, *old_client_);
    if (!problem.empty()) return;
    new_home_ = {std::move(home), std::move(end), std::move(new_model)};
    if (same_rows) {
      meet_new_release();
    } else if (!keeps_more_than_original(input_.intentions)) {
      fill_new_home();
      meet_new_release();
    }
  }

  void fill_new_home() {
    Connection connection(new_home_.database->url());
    (void)fill(connection, new_home_.schema, input_.rows);
  }

  void meet_new_release() {
    const ReleaseStatements& given = input_.releases;
    new_client_ = std::make_unique<ReleaseClient>(new_home_.model, given.new_release, given.generated,
                                                  new_home_.database->url());
    new_home_.database.reset();
    check_given("the new release's given statements run after the original", given.new_release, *new_client_);
  }

  /// Where values are converted or given anew, others point at them: the new release's statements need the
  /// very rows that it meets when the plan lets it in.
  void meet_new_release_in(const TemporaryDatabase& planned) {
    if (new_home_.database == nullptr) return;
    if (!take_rows(planned.url(), new_home_.database->url(), new_home_.schema) && !take_rows_of_plan(planned))
      fill_new_home();
    meet_new_release();
  }

  bool take_rows_of_plan(const TemporaryDatabase& from) const {
    const TemporaryDatabase planned(server_, from.name());
    for (std::size_t i = applied_; i < input_.plan->phases.size(); ++i) {
      // What does not apply is said when it is its turn.
      if (!run_sql(planned.url(), input_.plan->phases[i].migration.str()).empty()) return false;
    }
    return take_rows(planned.url(), new_home_.database->url(), new_home_.schema);
  }

  void check_given(const std::string& what, const std::vector<ReleaseFile>& given,
                   const ReleaseClient& client) {
    if (!given.empty()) check("original", what, client.wrong_at_home());
  }

  /// In a copy: what the statements leave behind, such as numbers taken from sequences, is not the plan's.
  void send_statements(const Phase& phase) {
    if (old_client_ == nullptr) return;
    TemporaryDatabase copy(server_, phases_.back()->name());
    const auto send = [&](ReleaseClient* client, const std::string& release) {
      if (client == nullptr) return;
      ReleaseClient::Outcome outcome = client->run_on(copy.url());
      if (outcome.sent > 0)
        check(phase.folder, release + ": " + std::to_string(outcome.sent) + " statements run",
              std::move(outcome.failures));
    };
    if (phase.window != Window::NewRelease) send(old_client_.get(), "old release");
    if (phase.window == Window::OldRelease) return;
    meet_new_release_in(copy);
    send(new_client_.get(), "new release");
  }

  /// Applies it; reads and writes of its tables go on meanwhile.
  std::string apply_beside_others(const std::string& url, const Phase& phase) {
    if (!input_.measure_waits) return run_sql(url, phase.migration.str());
    std::vector<ObjectName> tables;
    for (const StepLock& lock : phase.locks) {
      if (std::find(tables.begin(), tables.end(), lock.relation) == tables.end())
        tables.push_back(lock.relation);
    }
    WaitProbe probe(url, tables);
    std::string problem = run_sql(url, phase.migration.str());
    report_.waits.push_back({phase.folder, probe.stop()});
    return problem;
  }

  void apply_phases(const TemporaryDatabase& start) {
    phases_.emplace_back(std::make_unique<TemporaryDatabase>(server_, start.name()));
    const std::string url = phases_.back()->url();
    for (const Phase& phase : input_.plan->phases) {
      conditions(url, phase, phase.before, "before");
      measure_locks(url, phase);
      const StandIns instead = phase.kind == PhaseKind::Drop ? stand_ins_ : StandIns{};
      const State before = state_of(url, instead);
      const std::string problem = apply_beside_others(url, phase);
      check(phase.folder, "applies",
            problem.empty() ? std::vector<std::string>{} : std::vector<std::string>{problem});
      if (!problem.empty()) {
        stopped_ = problem;
        return;
      }
      ++applied_;
      send_statements(phase);
      const State done = phase.commits ? state_of(url) : State{};
      const std::string again = phase.commits ? run_sql(url, phase.migration.str()) : "";
      if (phase.commits && phase.backfill)
        check(phase.folder, "may run again",
              again.empty() ? std::vector<std::string>{} : std::vector<std::string>{again});
      // A statement of the migration's own may say that it is done; nothing may be left half done behind it.
      if (phase.commits && !phase.backfill)
        check(phase.folder, "changes nothing when it runs again",
              difference(done.catalog, state_of(url).catalog));
      if (phase.reversible) {
        const std::string undone = phase.rollback.empty() ? "" : run_each(url, phase.rollback.str());
        check(phase.folder, "rollback applies",
              undone.empty() ? std::vector<std::string>{} : std::vector<std::string>{undone});
        const State after = state_of(url, instead);
        std::vector<std::string> differs = difference(before.catalog, after.catalog);
        // A backfill's rollback may leave the filled values: the column is not readable for anyone yet.
        if (!phase.backfill) {
          for (std::string& line : difference(before.data, after.data)) differs.push_back(std::move(line));
        }
        check(phase.folder, "rollback returns to the state before", std::move(differs));
        if (!phase.rollback.empty()) {
          const std::string redone = run_sql(url, phase.migration.str());
          check(phase.folder, "applies again after its rollback",
                redone.empty() ? std::vector<std::string>{} : std::vector<std::string>{redone});
        }
      }
      conditions(url, phase, phase.after, "after");
    }
    finished_ = true;
  }

  void apply_original(const TemporaryDatabase& empty, const TemporaryDatabase& filled) {
    if (!finished_) return;
    TemporaryDatabase with_rows(server_, filled.name());
    const std::string on_rows = run_migration(with_rows.url(), input_.plan->original);
    if (!on_rows.empty())
      report_.notes.push_back("the original does not apply to tables with rows: " + on_rows);
    std::string on_empty = run_sql(empty.url(), input_.plan->original);
    // A file that cannot run in one transaction may run statement by statement.
    if (!on_empty.empty()) on_empty = run_each(empty.url(), input_.plan->original);
    Connection end(phases_.back()->url());
    if (!on_empty.empty() && asks_for_serial(input_.intentions)) {
      report_.notes.push_back(
          "PostgreSQL does not know the original's SET DATA TYPE ... SERIAL (" + on_empty +
          "), so there is no end to compare with; the column becomes the integer behind it, its "
          "sequence too.");
    } else {
      check("original", "applies to empty tables",
            on_empty.empty() ? std::vector<std::string>{} : std::vector<std::string>{on_empty});
    }
    if (on_empty.empty()) {
      Connection expected(empty.url());
      check("end", "same schema as the original", difference(catalog_lines(expected), catalog_lines(end)));
    }
    const Schema end_schema = read_schema(end);
    if (on_rows.empty() && !keeps_more_than_original(input_.intentions) && !fills_added_columns() &&
        !holds_volatile_values(input_.intentions, end_schema)) {
      Connection expected(with_rows.url());
      check("end", "same rows as the original",
            difference(data_snapshot(expected, trigger_writes_), data_snapshot(end, trigger_writes_)));
      return;
    }
    Connection start(filled.url());
    const Schema before = read_schema(start);
    RowComparison rows = compare_rows(
        start, end, {before, end_schema, input_.intentions, input_.fills, trigger_writes_}, kShown);
    if (rows.says_fills) check("end", "rows without a value have that of --fill", std::move(rows.fills));
    if (rows.compared) check("end", "every value that was there is there", std::move(rows.lost));
    for (const std::string& table : rows.skipped)
      report_.notes.push_back(
          "the rows of " + table +
          " are not compared: only the migration's own statement knows what becomes of them");
  }

  /// The original leaves them empty where the plan gives what --fill says.
  bool fills_added_columns() const {
    return std::any_of(input_.intentions.begin(), input_.intentions.end(), [&](const Intention& intention) {
      const auto* add = std::get_if<AddColumn>(&intention.operation);
      return add != nullptr &&
             std::any_of(input_.fills.begin(), input_.fills.end(), [&](const SplitOptions::Fill& fill) {
               return fill.table.name == add->table.name && fill.column == add->column.name;
             });
    });
  }

  const ProofServer& server_;
  const ProofInput& input_;
  VerifyReport report_;
  ReleaseMapping mapping_;
  TriggerWrites trigger_writes_;
  StandIns stand_ins_;
  std::vector<std::unique_ptr<TemporaryDatabase>> phases_;
  std::size_t applied_ = 0;  ///< phases
  std::unique_ptr<ReleaseClient> old_client_, new_client_;
  struct NewHome {
    std::unique_ptr<TemporaryDatabase> database;  ///< nothing when the client has what it needs
    Schema schema;
    ReleaseModel model;
  };
  NewHome new_home_;
  bool finished_ = false, stops_like_original_ = false;
  std::string stopped_;
};

}  // namespace

namespace {

/// Columns an INSERT leaves out get their defaults, which may differ from run to run.
bool fills_in_volatile_defaults(const Insert& insert, const Schema& schema) {
  const Table* table = schema.table(schema.resolve_relation(insert.table));
  return table == nullptr ||
         std::any_of(table->columns.begin(), table->columns.end(), [&](const Column& column) {
           return column.identity ||
                  (!column.default_value.empty() &&
                   schema.volatility(column.default_value) != Schema::ExpressionVolatility::Immutable);
         });
}

}  // namespace

bool VerifyReport::ok() const {
  return std::all_of(checks.begin(), checks.end(), [](const ProofCheck& check) { return check.ok; });
}

bool holds_volatile_values(const std::vector<Intention>& intentions, const Schema& before) {
  const auto varies = [&](const Expression& expression) {
    return !expression.empty() && before.volatility(expression) != Schema::ExpressionVolatility::Immutable;
  };
  return std::any_of(intentions.begin(), intentions.end(), [&](const Intention& intention) {
    if (const auto* update = std::get_if<Update>(&intention.operation)) {
      const Table* table = before.table(before.resolve_relation(update->table));
      return varies(update->statement) ||
             (table != nullptr && !table->triggers.empty());  // which often note the time
    }
    if (const auto* insert = std::get_if<Insert>(&intention.operation))
      return varies(insert->statement) || fills_in_volatile_defaults(*insert, before);
    if (const auto* change = std::get_if<ChangeType>(&intention.operation))
      return varies(change->using_expression);
    const auto* add = std::get_if<AddColumn>(&intention.operation);
    return add != nullptr && (varies(add->column.default_value) || add->column.identity ||
                              add->column.type.name.name.str().starts_with("serial"));
  });
}

VerifyReport verify(const ProofServer& server, const ProofInput& input) {
  Verification verification(server, input);
  VerifyReport report = verification.run_all();
  if (report.ok() || !verification.stops_like_original() || input.rows == 0) return report;
  ProofInput without_rows = input;
  without_rows.rows = 0;
  const std::vector<ProofCheck> checks = std::move(report.checks);
  report = Verification(server, without_rows).run_all();
  for (const ProofCheck& check : checks) {
    if (check.ok || check.details.empty()) continue;
    report.notes.push_back(
        "proven on empty tables: the generated rows stop the original as they stop the plan (" +
        check.details.front() + ")");
    break;
  }
  return report;
}

}  // namespace planner
