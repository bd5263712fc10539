#pragma once

#include <string>
#include <vector>

#include "planner/operation.h"
#include "planner/schema.h"
#include "planner/sql/parse.h"

namespace planner {

struct ReplayOptions {
  bool pending = false;  ///< objects created from here on are `is_new`
};

/// Why PostgreSQL would refuse an operation, as far as the schema tells (`column "x" of relation "t" does not
/// exist`).
struct ReplayProblem {
  std::string message;
  std::string sqlstate;  ///< empty when not known
};

/// Applies one operation to the schema as PostgreSQL would: generated names, cascades, inheritance, renames
/// that follow into views and indexes. What cannot be applied is returned and leaves the schema unchanged (IF
/// [NOT] EXISTS is no problem). Operations that planner does not follow mark what they may touch as
/// uncertain.
std::vector<ReplayProblem> replay(Schema& schema, const Operation& operation,
                                  const ReplayOptions& options = {});

/// ALTER ... IF EXISTS of a relation that is not there: PostgreSQL leaves it at a NOTICE.
bool finds_nothing(const Schema& schema, const Operation& operation);

/// All operations of one statement, as PostgreSQL runs them: ALTER TABLE does its drops first and its
/// constraints last, DROP TABLE a, b drops both at once, and a statement that fails leaves nothing behind.
std::vector<ReplayProblem> replay_statement(Schema& schema, const std::vector<Operation>& operations,
                                            const ReplayOptions& options = {});

/// A whole file, sent over a connection of its own: every statement, then the end of the session.
struct FileProblem {
  std::size_t statement = 0;  ///< of the file
  ReplayProblem problem;
};
std::vector<FileProblem> replay_file(Schema& schema, const ParsedFile& file,
                                     const ReplayOptions& options = {});

/// What is gone with the connection: an open transaction, SET search_path, SET time zone, temporary tables.
/// For tools that connect anew for every migration.
void end_session(Schema& schema);

}  // namespace planner
