#pragma once

#include <cstddef>
#include <map>
#include <tuple>
#include <vector>

#include "planner/engine.h"
#include "planner/recognize/walk.h"

/// What splitting a migration looks at before any recipe does. For planner/engine_split*.cpp only.
namespace planner::splitting {

/// Everything one walk over the migration tells.
struct SplitWalk {
  Schema start, end;
  const ParsedFile& file;
  std::vector<Piece> pieces;
  std::map<std::tuple<std::size_t, std::size_t, int>, Schema> met;  ///< by each operation
  std::vector<SplitResult::Problem> problems;
};

std::tuple<std::size_t, std::size_t, int> key_of(const SourceRef& source);
SplitWalk walk(const Migration& migration, const ParsedFile& file, Schema start);
/// A DROP + ADD that may be a rename, put to the user.
SplitResult::Problem ask(const Intention& question, const Schema& schema);

}  // namespace planner::splitting
