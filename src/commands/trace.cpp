#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "planner/effects/effects.h"
#include "planner/error.h"
#include "planner/replay/replay.h"
#include "planner/sql/parse.h"
#include "src/commands/commands.h"
#include "src/database/live_schema.h"
#include "src/database/trace.h"
#include "src/database/url.h"
#include "src/project/files.h"

namespace planner::commands {
namespace {

struct Options {
  std::string file;
  std::string database;
  bool force = false;
  int lock_timeout_ms = 2000;
};

bool ends_transactions(const Statement& statement) {
  return std::any_of(statement.operations.begin(), statement.operations.end(),
                     [](const Operation& operation) {
                       const auto* transaction = std::get_if<Transaction>(&operation);
                       if (transaction == nullptr) return false;
                       switch (transaction->action) {
                         case TransactionAction::Savepoint:
                         case TransactionAction::ReleaseSavepoint:
                         case TransactionAction::RollbackToSavepoint:
                         case TransactionAction::SetConstraints:
                           return false;
                         default:
                           return true;
                       }
                     });
}

std::string first_line(const std::string& text) {
  const std::string line = text.substr(0, text.find('\n'));
  return line.size() < text.size() ? line + " .." : line;
}

std::string mode_word(LockMode mode) { return mode == LockMode::None ? "-" : std::string(lock_name(mode)); }

/// Predicted beside taken, for every relation one of the two names. True when they agree.
bool print_locks(const Effects& predicted, const TracedStatement& traced,
                 std::map<ObjectName, LockMode>& held, Context& context) {
  std::map<ObjectName, std::pair<LockMode, LockMode>> both;
  // Reading, and what a write does to indexes and sequences: nobody waits for it.
  const auto unnoticed = [](const RelationLock& lock) {
    const bool beside = lock.kind == LockedKind::Index || lock.kind == LockedKind::Sequence;
    return lock.mode <= (beside ? LockMode::RowExclusive : LockMode::AccessShare);
  };
  for (const RelationLock& lock : predicted.locks) {
    // Nobody else sees what the file itself made.
    if (lock.created) held[lock.relation] = LockMode::AccessExclusive;
    // A lock that an earlier statement took already is not taken again.
    if (lock.mode <= held[lock.relation] || unnoticed(lock)) continue;
    both[lock.relation].first = std::max(both[lock.relation].first, lock.mode);
  }
  for (const RelationLock& lock : traced.taken) {
    if (unnoticed(lock) && !both.contains(lock.relation)) continue;
    both[lock.relation].second = lock.mode;
  }
  for (const RelationLock& lock : traced.taken)
    held[lock.relation] = std::max(held[lock.relation], lock.mode);
  bool agree = true;
  std::vector<std::vector<std::string>> rows{{"  relation", "predicted", "taken", ""}};
  for (const auto& [relation, modes] : both) {
    const bool same = modes.first == modes.second;
    agree = agree && same;
    rows.push_back(
        {"  " + display(relation), mode_word(modes.first), mode_word(modes.second), same ? "" : "differs"});
  }
  if (both.empty()) {
    context.print("  no lock that a reader or writer would notice\n");
  } else {
    context.print(report::table(rows, context.out_style()));
  }
  const auto rewrites = [&](const std::vector<ObjectName>& tables) {
    std::string text;
    for (const ObjectName& table : tables) text += (text.empty() ? "" : ", ") + display(table);
    return text.empty() ? std::string("nothing") : text;
  };
  std::vector<ObjectName> expected = predicted.rewrites;
  std::vector<ObjectName> real = traced.rewritten;
  std::sort(expected.begin(), expected.end());
  std::sort(real.begin(), real.end());
  if (!expected.empty() || !real.empty()) {
    context.print(fmt::format("  rewrites: predicted {}, rewritten {}{}\n", rewrites(expected),
                              rewrites(real), expected == real ? "" : "   differs"));
  }
  return agree && expected == real;
}

/// Refused whatever the rows are.
const Failure* certain_failure(const Effects& predicted) {
  const auto found =
      std::find_if(predicted.failures.begin(), predicted.failures.end(),
                   [](const Failure& each) { return !each.only_with_rows && !each.depends_on_data; });
  return found == predicted.failures.end() ? nullptr : &*found;
}

/// What the server says to a statement it refuses, and what was said before. True when that is the same.
bool print_refusal(const Effects& predicted, const TracedStatement& traced, Context& context) {
  const bool foreseen =
      std::any_of(predicted.failures.begin(), predicted.failures.end(),
                  [&](const Failure& failure) { return failure.sqlstate == traced.sqlstate; });
  context.print(fmt::format("  refused by the server{}: {} ({})\n", foreseen ? ", as predicted" : "",
                            report::printable(traced.error), traced.sqlstate));
  if (foreseen) return true;
  for (const Failure& failure : predicted.failures) {
    context.print(
        fmt::format("  predicted: {} ({})\n", report::printable(failure.message), failure.sqlstate));
  }
  if (predicted.failures.empty()) context.print("  predicted: that it succeeds   differs\n");
  return false;
}

void run(const Options& options, Context& context) {
  const std::string text = project::read_file(options.file);
  const ParsedFile file = parse_file(text);
  Connection connection(options.database);
  const std::string production = looks_like_production(connection, options.database);
  if (!production.empty() && !options.force) {
    throw Error(fmt::format("this looks like a production database: {}", production),
                "the locks would be real until the rollback; trace on a copy, or say --force");
  }
  LiveSchemaOptions live;
  Schema schema = read_schema(connection, live);
  EffectsSettings settings;
  settings.server_version = connection.server_version();
  settings.time_zone = schema.time_zone;
  settings.time_zone_known = true;
  context.say(fmt::format("running {} on {} inside a transaction that is rolled back", options.file,
                          parse_database_url(options.database).described()));

  Tracer tracer(connection, options.lock_timeout_ms);
  std::vector<const Operation*> earlier;
  std::map<ObjectName, LockMode> held;
  bool agree = true;
  int refused = 0;
  for (const Statement& statement : file.statements) {
    const std::string sql_text = text.substr(statement.span.begin, statement.span.end - statement.span.begin);
    context.print(fmt::format("{}:{}: {}\n", options.file, position_of(text, statement.span.begin).line,
                              report::printable(first_line(sql_text))));
    if (ends_transactions(statement)) {
      context.print("  left out: it begins or ends a transaction\n");
      continue;
    }
    if (statement.problem == ParseProblem::PsqlCommand || statement.problem == ParseProblem::CopyData) {
      context.print("  left out: " + report::printable(statement.error) + "\n");
      continue;
    }
    const Effects predicted = effects_of_statement(statement.operations, schema, settings, earlier);
    if (predicted.outside_transaction) {
      context.print("  left out: it cannot run inside a transaction, so it cannot be rolled back\n");
      continue;
    }
    const TracedStatement traced = tracer.run(sql_text);
    if (!traced.error.empty()) {
      ++refused;
      agree = print_refusal(predicted, traced, context) && agree;
      continue;
    }
    if (const Failure* failure = certain_failure(predicted)) {
      context.print(fmt::format("  predicted to be refused: {} ({})   differs\n",
                                report::printable(failure->message), failure->sqlstate));
      agree = false;
    }
    agree = print_locks(predicted, traced, held, context) && agree;
    for (const std::string& unknown : predicted.unknown)
      context.print("  not known beforehand: " + report::printable(unknown) + "\n");
    replay_statement(schema, statement.operations);
    for (const Operation& operation : statement.operations) earlier.push_back(&operation);
  }
  if (!agree) {
    context.say("rolled back; not everything went as predicted");
  } else if (refused > 0) {
    context.say(
        fmt::format("rolled back; the server refuses {} statement{}, as predicted; every lock was predicted",
                    refused, refused == 1 ? "" : "s"));
  } else {
    context.say("rolled back; every lock was predicted");
  }
  if (!agree || refused > 0) context.exit_code = kExitFindings;
}

}  // namespace

void add_trace(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "trace",
      "Run a migration inside a transaction that is rolled back, and show the locks it really takes");
  command->add_option("FILE", options->file, "The SQL file")->required();
  command->add_option("--database", options->database, "Where to run it: a copy, not production")
      ->required()
      ->type_name("URL");
  command
      ->add_option("--lock-timeout", options->lock_timeout_ms,
                   "Wait no longer than this for a lock (default 2000)")
      ->type_name("MS")
      ->check(CLI::Range(1, 3600000));
  command->add_flag("--force", options->force, "Also on a database whose name or settings say production");
  command->footer(
      "Exit codes: 0 the locks were the predicted ones; 1 they were not, or the server refused a statement; "
      "2 it could not run.\n"
      "Nothing is kept: statements that cannot be rolled back are left out. Sequences that nextval() moved "
      "stay moved.\n\n"
      "Examples:\n"
      "  planner trace prisma/migrations/20240301000000_rename/migration.sql --database "
      "postgresql://localhost/app_copy\n"
      "  planner trace change.sql --database postgresql://staging/app --lock-timeout 500");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
