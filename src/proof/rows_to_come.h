#pragma once

#include <string>
#include <vector>

#include "planner/plan.h"
#include "planner/schema.h"
#include "src/proof/own_triggers.h"
#include "src/proof/release_model.h"

namespace planner {

class Connection;

/// What a migration means for the rows that are there before it.
struct RowsToCome {
  const Schema& before;
  const Schema& after;
  const std::vector<Intention>& intentions;
  const std::vector<SplitOptions::Fill>& fills;
  const TriggerWrites& left_out;  ///< columns nobody can foretell, by the table's name before
};

/// Rows and values of `end` that are not those of `start` as the migration changes them.
struct RowComparison {
  std::vector<std::string> lost;   ///< rows that are missing, values that differ
  std::vector<std::string> fills;  ///< values that were to be given to rows without one
  bool compared = false;
  bool says_fills = false;           ///< some were
  std::vector<std::string> skipped;  ///< tables whose rows the migration itself changes
};

/// Both are computed by the server: each row's values at the start, by the conversions the migration asks
/// for, and each row's values in the end. Rows are found by a key as it is after the migration; a table in
/// which no key lasts is compared as a whole.
RowComparison compare_rows(Connection& start, Connection& end, const RowsToCome& what, std::size_t at_most);

/// Does the original lose what the plan keeps, because it was recognised as something else than it says?
bool keeps_more_than_original(const std::vector<Intention>& intentions);

}  // namespace planner
