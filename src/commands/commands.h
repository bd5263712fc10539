#pragma once

#include "src/commands/context.h"

namespace CLI {
class App;
}

/// One function and one file per subcommand; each adds itself to the program.
namespace planner::commands {

void add_analyze(CLI::App& program, Context& context);
void add_split(CLI::App& program, Context& context);
void add_rules(CLI::App& program, Context& context);
void add_explain(CLI::App& program, Context& context);
void add_verify(CLI::App& program, Context& context);
void add_rehearse(CLI::App& program, Context& context);
void add_report(CLI::App& program, Context& context);
void add_shell(CLI::App& program, Context& context);
void add_status(CLI::App& program, Context& context);
void add_history(CLI::App& program, Context& context);
void add_next(CLI::App& program, Context& context);
void add_gate(CLI::App& program, Context& context);
void add_deploy(CLI::App& program, Context& context);
void add_backfill(CLI::App& program, Context& context);
void add_resolve(CLI::App& program, Context& context);
void add_rollback(CLI::App& program, Context& context);
void add_abandon(CLI::App& program, Context& context);
void add_new(CLI::App& program, Context& context);
void add_reset(CLI::App& program, Context& context);
void add_schema(CLI::App& program, Context& context);
void add_diff(CLI::App& program, Context& context);
void add_drift(CLI::App& program, Context& context);
void add_trace(CLI::App& program, Context& context);

/// Builds the command line, runs what it asks for and returns the exit code. Errors are printed, none comes
/// out.
int run_program(int argc, const char* const* argv);

}  // namespace planner::commands
