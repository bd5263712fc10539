#include "src/proof/verify.h"

#include <algorithm>
#include <map>

#include "planner/casts.h"
#include "planner/sql/parse.h"
#include "src/database/connection.h"
#include "src/database/live_schema.h"
#include "src/proof/catalog.h"
#include "src/proof/constraints_to_come.h"
#include "src/proof/generate_data.h"
#include "src/proof/oracle.h"
#include "src/proof/own_triggers.h"

namespace planner {
namespace {

/// A database that is dropped when the proof is done with it.
class TemporaryDatabase {
 public:
  TemporaryDatabase(const ProofServer& server, const std::string& template_name)
      : server_(server), name_(server.create(template_name)) {}
  ~TemporaryDatabase() {
    try {
      server_.drop(name_);
    } catch (const Error&) {  // the server goes away with it
    }
  }
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;
  std::string url() const { return server_.url(name_); }
  const std::string& name() const { return name_; }

 private:
  const ProofServer& server_;
  std::string name_;
};

std::string run(const std::string& url, const std::string& text) {
  try {
    Connection connection(url);
    connection.exec(text);
    return "";
  } catch (const DatabaseError& error) {
    return error.sqlstate() + " " + error.what();
  }
}

/// A rollback is run statement by statement: what must stand alone may then stand beside others.
std::string run_each(const std::string& url, const std::string& text) {
  for (const Statement& statement : parse_file(text).statements) {
    std::string problem =
        run(url, text.substr(statement.span.begin, statement.span.end - statement.span.begin));
    if (!problem.empty()) return problem;
  }
  return "";
}

/// As a tool that sends the file whole does, or statement by statement where it can only be sent so
/// (CONCURRENTLY, a new enum value that is used).
std::string run_original(const std::string& url, const std::string& text) {
  const std::string problem = run(url, text);
  return problem.starts_with("25001 ") || problem.starts_with("55P04 ") ? run_each(url, text) : problem;
}

struct State {
  std::vector<std::string> catalog;
  DataSnapshot data;
};

State state_of(const std::string& url) {
  Connection connection(url);
  return {catalog_lines(connection), data_snapshot(connection)};
}

bool recognised_from_several(const std::vector<Intention>& intentions) {
  return std::any_of(intentions.begin(), intentions.end(),
                     [](const Intention& intention) { return intention.evidence.has_value(); });
}

bool asks_for_serial(const std::vector<Intention>& intentions) {
  return std::any_of(intentions.begin(), intentions.end(), [](const Intention& intention) {
    const auto* change = std::get_if<ChangeType>(&intention.operation);
    return change != nullptr &&
           (change->type.is("serial2") || change->type.is("serial4") || change->type.is("serial8"));
  });
}

bool changes_data(const std::vector<Intention>& intentions) {
  return std::any_of(intentions.begin(), intentions.end(), [](const Intention& intention) {
    const Operation& operation = intention.operation;
    // USING may make any value of the old one.
    if (const auto* change = std::get_if<ChangeType>(&operation);
        change != nullptr && !change->using_expression.empty() && !cast_chain(change->using_expression))
      return true;
    return std::holds_alternative<Update>(operation) || std::holds_alternative<Delete>(operation) ||
           std::holds_alternative<Insert>(operation) || std::holds_alternative<Merge>(operation) ||
           std::holds_alternative<Truncate>(operation);
  });
}

class Verification {
 public:
  Verification(const ProofServer& server, const ProofInput& input) : server_(server), input_(input) {}

  VerifyReport run_all() {
    TemporaryDatabase start(server_, input_.template_database);
    for (std::size_t i = 0; i < input_.history.size(); ++i) {
      const std::string problem = run(start.url(), input_.history[i]);
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
      before_ = release_model(schema, Release::Old, mapping_);
      take_keys_that_stay(schema);
      note_trigger_writes(connection, schema);
      create_oracle(connection);
      for (ReleaseTable table : before_.tables) {
        std::erase_if(table.columns, [&](const ReleaseColumn& column) {
          const auto own = trigger_writes_.find(display(table.name));
          const bool by_trigger = own != trigger_writes_.end() && own->second.contains(column.name.str());
          return !column.in_key && (by_trigger || given_up(schema, table.name, column.name));
        });
        remember_rows(connection, table);
      }
    }
    if (input_.releases.any()) meet_releases(start, empty, schema);
    apply_phases(start);
    if (!finished_) {
      TemporaryDatabase with_rows(server_, start.name());
      const std::string refused = run_original(with_rows.url(), input_.plan->original);
      stops_like_original_ = !refused.empty() && refused.substr(0, 2) == stopped_.substr(0, 2);
    }
    const std::string on_rows = apply_original(empty, start);
    (void)on_rows;
    return std::move(report_);
  }

  /// The generated rows are none that the original would accept either.
  bool stops_like_original() const { return stops_like_original_; }

 private:
  const ReplaceColumn* replaced(const Schema& schema, const ObjectName& table,
                                const Identifier& column) const {
    for (const Intention& intention : input_.intentions) {
      const auto* replace = std::get_if<ReplaceColumn>(&intention.operation);
      if (replace != nullptr && schema.resolve_relation(replace->table) == table &&
          replace->column.name == column)
        return replace;
    }
    return nullptr;
  }

  /// Rows are told apart by the key they have in the end when the migration drops a column of the old one.
  void take_keys_that_stay(const Schema& schema) {
    for (ReleaseTable& table : before_.tables) {
      const auto goes = [&](const Identifier& column) {
        return std::any_of(input_.intentions.begin(), input_.intentions.end(),
                           [&](const Intention& intention) {
                             const auto* drop = std::get_if<DropColumn>(&intention.operation);
                             return drop != nullptr && drop->table == table.name && drop->column == column;
                           });
      };
      if (std::none_of(table.key.begin(), table.key.end(), goes)) continue;
      for (const Intention& intention : input_.intentions) {
        const auto* primary = std::get_if<AddPrimaryKey>(&intention.operation);
        const auto* replaced = std::get_if<ReplaceConstraint>(&intention.operation);
        const TableName* on = primary != nullptr    ? &primary->table
                              : replaced != nullptr ? &replaced->table
                                                    : nullptr;
        if (on == nullptr || *on != table.name) continue;
        const ConstraintDefinition& key = primary != nullptr ? primary->constraint : replaced->constraint;
        const auto known = [&](const Identifier& name) {
          return std::any_of(table.columns.begin(), table.columns.end(),
                             [&](const ReleaseColumn& column) { return column.name == name; });
        };
        std::vector<Identifier> columns = key.columns;
        const Table* at_start = schema.table(table.name);
        const Index* index =
            at_start == nullptr || key.using_index.empty() ? nullptr : at_start->index(key.using_index);
        for (std::size_t i = 0; index != nullptr && i < index->elements.size(); ++i)
          columns.push_back(index->elements[i].column);
        if (key.kind == ConstraintKind::PrimaryKey && !columns.empty() &&
            std::all_of(columns.begin(), columns.end(), known))
          table.key = columns;
      }
    }
  }

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

  /// A column that is dropped and added again keeps its values only where they can be ones of the new type
  /// and nobody said another value for them.
  bool given_up(const Schema& schema, const ObjectName& table, const Identifier& column) const {
    const ReplaceColumn* replace = replaced(schema, table, column);
    if (replace == nullptr) return false;
    const bool said =
        std::any_of(input_.fills.begin(), input_.fills.end(), [&](const SplitOptions::Fill& fill) {
          return schema.resolve_relation(fill.table) == table && fill.column == column;
        });
    return said || !cast_path(schema.table(table)->column(column)->type, replace->column.type,
                              CastContext::Assignment, schema);
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
    std::string problem = run_original(home->url(), input_.plan->original);
    const bool same_rows = problem.empty();
    if (!same_rows) {
      home = std::make_unique<TemporaryDatabase>(server_, empty.name());
      problem = run_original(home->url(), input_.plan->original);
    }
    Schema end;
    if (problem.empty()) {
      Connection connection(home->url());
      end = read_schema(connection);
      if (!same_rows) (void)fill(connection, end, input_.rows);
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
    new_client_ = std::make_unique<ReleaseClient>(new_model, given.new_release, given.generated, home->url());
    check_given("the new release's given statements run after the original", given.new_release, *new_client_);
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
    if (phase.window != Window::OldRelease) send(new_client_.get(), "new release");
  }

  /// Applies it; reads and writes of its tables go on meanwhile.
  std::string apply_beside_others(const std::string& url, const Phase& phase) {
    if (!input_.measure_waits) return run(url, phase.migration.str());
    std::vector<ObjectName> tables;
    for (const StepLock& lock : phase.locks) {
      if (std::find(tables.begin(), tables.end(), lock.relation) == tables.end())
        tables.push_back(lock.relation);
    }
    WaitProbe probe(url, tables);
    std::string problem = run(url, phase.migration.str());
    report_.waits.push_back({phase.folder, probe.stop()});
    return problem;
  }

  void apply_phases(const TemporaryDatabase& start) {
    phases_.emplace_back(std::make_unique<TemporaryDatabase>(server_, start.name()));
    const std::string url = phases_.back()->url();
    for (const Phase& phase : input_.plan->phases) {
      conditions(url, phase, phase.before, "before");
      measure_locks(url, phase);
      const State before = state_of(url);
      const std::string problem = apply_beside_others(url, phase);
      check(phase.folder, "applies",
            problem.empty() ? std::vector<std::string>{} : std::vector<std::string>{problem});
      if (!problem.empty()) {
        stopped_ = problem;
        return;
      }
      send_statements(phase);
      const State done = phase.commits ? state_of(url) : State{};
      const std::string again = phase.commits ? run(url, phase.migration.str()) : "";
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
        const State after = state_of(url);
        std::vector<std::string> differs = difference(before.catalog, after.catalog);
        // A backfill's rollback may leave the filled values: the column is not readable for anyone yet.
        if (!phase.backfill) {
          for (std::string& line : difference(before.data, after.data)) differs.push_back(std::move(line));
        }
        check(phase.folder, "rollback returns to the state before", std::move(differs));
        if (!phase.rollback.empty()) {
          const std::string redone = run(url, phase.migration.str());
          check(phase.folder, "applies again after its rollback",
                redone.empty() ? std::vector<std::string>{} : std::vector<std::string>{redone});
        }
      }
      conditions(url, phase, phase.after, "after");
    }
    finished_ = true;
  }

  /// `--fill` said which value rows without one get: they have exactly that one, and nobody else has.
  void check_fills(const std::string& start_url, const std::string& end_url) {
    if (input_.fills.empty()) return;
    Connection start(start_url);
    Connection end(end_url);
    const Schema before = read_schema(start);
    const Schema after = read_schema(end);
    const ReleaseModel model = release_model(after, Release::New, mapping_);
    for (const SplitOptions::Fill& fill : input_.fills) {
      const ObjectName name = before.resolve_relation(fill.table);
      const Table* table = before.table(name);
      const auto named = [](const ObjectName& wanted) {
        return [&wanted](const ReleaseTable& one) { return one.name == wanted; };
      };
      const ObjectName name_after = renamed(name);
      const auto old_table = std::find_if(before_.tables.begin(), before_.tables.end(), named(name));
      const auto new_table = std::find_if(model.tables.begin(), model.tables.end(), named(name_after));
      const Table* table_after = after.table(name_after);
      const Column* column = table_after == nullptr ? nullptr : table_after->column(fill.column);
      if (table == nullptr || column == nullptr || old_table == before_.tables.end() ||
          new_table == model.tables.end())
        continue;
      // A value that differs from moment to moment cannot be foretold.
      if (before.volatility(fill.value) != Schema::ExpressionVolatility::Immutable &&
          !fill.value.facts().has_subquery)
        continue;
      const Identifier source = source_of(name, fill.column);
      const Sql where = table->column(source) == nullptr || replaced(before, name, fill.column) != nullptr
                            ? sql("true")
                            : sql("{} IS NULL", source);
      const auto expected = key_values(
          start, sql("SELECT {}, ({})::{}::text FROM {} WHERE {}", key_text(*old_table, table->name.name),
                     fill.value.text(), type_sql(column->type), table->name, where));
      const auto found =
          key_values(end, sql("SELECT {}, t.{}::text FROM {} t", key_text(*new_table, Identifier("t")),
                              fill.column, new_table->name));
      if (!expected || !found) continue;  // the type is made by the migration itself
      std::vector<std::string> differs;
      for (const auto& [key, value] : *expected) {
        const auto row = found->find(key);
        if (row == found->end() || row->second == value || differs.size() >= 20) continue;
        differs.push_back(display(name) + "(" + key + ")." + fill.column.str() + ": expected " +
                          value.value_or("NULL") + ", found " + row->second.value_or("NULL"));
      }
      check("end", "rows without " + display(name) + "." + fill.column.str() + " have the value of --fill",
            std::move(differs));
    }
  }

  /// Rows are found by the key they had at the start: the migration may give the table another one.
  ReleaseModel by_old_keys(ReleaseModel model) const {
    for (ReleaseTable& table : model.tables) {
      const auto before = std::find_if(before_.tables.begin(), before_.tables.end(),
                                       [&](const ReleaseTable& one) { return one.logical == table.logical; });
      if (before == before_.tables.end()) continue;
      std::vector<Identifier> key;
      for (const Identifier& old_name : before->key) {
        const auto old_column = std::find_if(before->columns.begin(), before->columns.end(),
                                             [&](const ReleaseColumn& one) { return one.name == old_name; });
        const auto column =
            std::find_if(table.columns.begin(), table.columns.end(), [&](const ReleaseColumn& one) {
              return old_column != before->columns.end() && one.logical == old_column->logical;
            });
        if (column != table.columns.end()) key.push_back(column->name);
      }
      if (key.size() == before->key.size()) table.key = key;
    }
    return model;
  }

  using KeyValues = std::map<std::string, std::optional<std::string>>;
  static std::optional<KeyValues> key_values(Connection& connection, const Sql& query) {
    try {
      KeyValues out;
      for (const auto& row : connection.exec(query.str()).rows) out.emplace(row[0].value_or(""), row[1]);
      return out;
    } catch (const DatabaseError&) {
      return std::nullopt;
    }
  }
  ObjectName renamed(const ObjectName& table) const {
    for (const auto& [from, to] : mapping_.tables) {
      if (from == table) return to;
    }
    return table;
  }
  Identifier source_of(const ObjectName& table, const Identifier& column) const {
    for (const ReleaseMapping::Column& one : mapping_.columns) {
      if (one.table == table && one.to == column) return one.from;
    }
    return column;
  }

  std::string apply_original(const TemporaryDatabase& empty, const TemporaryDatabase& filled) {
    if (!finished_) return "";
    const std::string end_url = phases_.back()->url();
    TemporaryDatabase with_rows(server_, filled.name());
    check_fills(with_rows.url(), end_url);
    const std::string on_rows = run_original(with_rows.url(), input_.plan->original);
    if (!on_rows.empty())
      report_.notes.push_back("the original does not apply to tables with rows: " + on_rows);
    std::string on_empty = run(empty.url(), input_.plan->original);
    // A file that cannot run in one transaction may run statement by statement.
    if (!on_empty.empty()) on_empty = run_each(empty.url(), input_.plan->original);
    if (!on_empty.empty() && asks_for_serial(input_.intentions)) {
      report_.notes.push_back(
          "PostgreSQL does not know the original's SET DATA TYPE ... SERIAL (" + on_empty +
          "), so there is no end to compare with; the column becomes the integer behind it, its "
          "sequence too.");
      return on_rows;
    }
    check("original", "applies to empty tables",
          on_empty.empty() ? std::vector<std::string>{} : std::vector<std::string>{on_empty});
    Connection end(end_url);
    if (on_empty.empty()) {
      Connection expected(empty.url());
      check("end", "same schema as the original", difference(catalog_lines(expected), catalog_lines(end)));
    }
    const Schema end_schema = read_schema(end);
    if (on_rows.empty() && !recognised_from_several(input_.intentions)) {
      if (!holds_volatile_values(input_.intentions, end_schema)) {
        Connection expected(with_rows.url());
        check("end", "same rows as the original",
              difference(data_snapshot(expected, trigger_writes_), data_snapshot(end, trigger_writes_)));
        return on_rows;
      }
    }
    if (!changes_data(input_.intentions)) {
      std::vector<std::string> lost;
      for (const RowDifference& one : compare_with_oracle(
               end, by_old_keys(release_model(end_schema, Release::New, mapping_)), before_, 20)) {
        lost.push_back(one.where + ": expected " + one.expected + ", found " + one.found);
      }
      check("end", "every value that was there is there", std::move(lost));
    }
    return on_rows;
  }

  const ProofServer& server_;
  const ProofInput& input_;
  VerifyReport report_;
  ReleaseMapping mapping_;
  ReleaseModel before_;
  TriggerWrites trigger_writes_;
  std::vector<std::unique_ptr<TemporaryDatabase>> phases_;
  std::unique_ptr<ReleaseClient> old_client_, new_client_;
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
