#pragma once

#include <pg_query.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "planner/sql/scan.h"
#include "planner/sql/tree.h"

/// Most of what libpg_query needs for a file goes into writing its tree as bytes, which would be read back at
/// once: two thirds of its time, and more the deeper the tree nests. The tree itself stands in protobuf-c's
/// structs just before, so a copy is taken there; likewise the scanner's tokens.
namespace planner::pg {

struct TakenTree {
  std::size_t first_block = 512;  ///< bytes the copy probably needs
  bool taken = false;             ///< false: this build of libpg_query only gives bytes
  std::shared_ptr<Arena> arena;
  const ParseResult* result = nullptr;  ///< nullptr: nested too deeply
};
/// libpg_query's answer, without its tree where that was taken.
PgQueryProtobufParseResult parse_taking(const char* text, TakenTree& into);

struct TakenTokens {
  bool taken = false;
  std::vector<Token> tokens;
};
PgQueryScanResult scan_taking(const char* text, TakenTokens& into);

/// libpg_query's SQL for a tree, which is given to it as it stands.
PgQueryDeparseResult deparse_giving(const ParseResult& tree);

/// A token as planner keeps it.
Token token_of(const PgQuery__ScanToken& token);

}  // namespace planner::pg
