#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "planner/schema.h"

/// What the application's own triggers do when any row of their table is updated, as a backfill updates it.
namespace planner {

class Connection;

/// Columns, of whichever table, that such triggers write whatever the update says (`updated_at`), by the
/// table's display name.
using TriggerWrites = std::map<std::string, std::set<std::string>>;
TriggerWrites written_by_triggers(Connection& connection, const Schema& schema);

/// Generated rows that a trigger would not let be updated get other text where that helps; what is left is
/// returned, one line per table. The caller has set session_replication_role to `origin`.
std::vector<std::string> please_triggers(Connection& connection, const Schema& schema);

}  // namespace planner
