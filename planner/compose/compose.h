#pragma once

#include <vector>

#include "planner/plan.h"

namespace planner {

/// Orders the steps of all recipes of one migration into the fewest phases and application deploys under the
/// rules of design 7: alone what must be alone, no strong lock on two relations longer than a catalogue
/// change, no strong lock together with a scan or data, dependencies (provides / needs) respected, every two
/// adjacent phases compatible with the releases that may run then.
std::vector<Phase> compose(const std::vector<Step>& steps, std::vector<std::string>* reasons = nullptr);

/// One DO block that takes the locks and runs the statements in one transaction without ever making the
/// application wait behind it for long: it polls with NOWAIT, waits in the queue only for short, growing
/// times, and gives up after a minute with nothing changed. A bare statement or plain block when there is
/// nothing to wait for. Locks at most SHARE UPDATE EXCLUSIVE (which no reader or writer minds) are simply
/// waited for.
/// `gates` are PL/pgSQL statements that run before the first lock is asked for.
Sql locked_block(const std::vector<StepLock>& locks, const std::vector<Sql>& statements,
                 const std::vector<Sql>& gates = {});

/// A transaction of its own inside a block that commits as it goes.
struct Stretch {
  std::vector<StepLock> locks;
  std::vector<Sql> statements;  ///< PL/pgSQL statements are allowed
};
/// One DO block that runs each stretch under its locks as locked_block() would and commits after it. Each
/// stretch must do no harm when it runs again.
Sql committing_block(const std::vector<Stretch>& stretches);

/// The strong locks PostgreSQL takes on relations that exist already, as a step names them.
std::vector<StepLock> strong_locks(const Effects& effects, const Schema& schema);

/// The statements that take an operation back, given the schema it met. Nullopt: it cannot be, or not without
/// data that is gone.
std::optional<std::vector<Sql>> inverse_of(const Operation& operation, const Schema& before);

/// Parses what the phases are made of again. Throws Error when a migration is not exactly one statement that
/// the parser understands, or a way back holds one that it does not: planner's own mistake, found before a
/// file is written.
void check_statements(const std::vector<Phase>& phases);

/// The text of a phase's migration.sql: header comment (plan, phase, what, why, lock and for how long, what
/// the application may do), then the statement.
std::string migration_text(const Plan& plan, const Phase& phase);
std::string rollback_text(const Plan& plan, const Phase& phase);

}  // namespace planner
