#pragma once

#include <string>
#include <vector>

#include "planner/recognize/recognize.h"
#include "planner/recognize/walk.h"

/// The finders `recognize` is made of. Each takes pieces that belong together out of the list and adds one
/// intention for them.
namespace planner {

struct Recognition {
  std::vector<Piece>& pieces;
  const Migration& migration;
  const Schema& before;
  const RenameAnswers& answers;
  Recognized result;

  /// Adds an intention made of these pieces and marks them as taken.
  Intention& take(Operation operation, const std::vector<Piece*>& from, Evidence evidence);
};

void find_enum_swaps(Recognition& recognition);
void find_moved_columns(Recognition& recognition);
void find_replaced_columns(Recognition& recognition);
void find_column_renames(Recognition& recognition);
void find_table_renames(Recognition& recognition);
void find_replaced_constraints(Recognition& recognition);
void note_filled_columns(Recognition& recognition);

/// `both are text`; empty when the types differ.
bool same_type(const TypeName& a, const TypeName& b);
/// Not the same, but values of one are read as values of the other without a decision by a person (int and
/// bigint, varchar and text).
bool kindred_types(const TypeName& a, const TypeName& b);
/// serial kinds are integers of their width.
TypeName stored_type(const TypeName& type);

/// Pairs rows with columns so that the sum of the weights is largest; weights <= 0 are never paired. Returns
/// for each row its column or -1.
std::vector<int> best_pairs(const std::vector<std::vector<double>>& weights);

}  // namespace planner
