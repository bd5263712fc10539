#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "src/commands/context.h"

namespace planner::commands {

/// `--help` laid out for the terminal it is read on; the context must outlive it.
std::shared_ptr<CLI::FormatterBase> help_formatter(const Context& context);

}  // namespace planner::commands
