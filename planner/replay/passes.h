#pragma once

#include "planner/operation.h"

namespace planner {

/// The order in which PostgreSQL runs the sub-commands of one ALTER TABLE, whatever their order in the text:
/// ATController's passes (AT_PASS_*, src/backend/commands/tablecmds.c).
enum class AlterPass { Drop, AlterType, AddColumn, ColumnAttributes, AddKey, AddOther, Misc };

AlterPass alter_pass_of(const Operation& operation);

}  // namespace planner
