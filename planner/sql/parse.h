#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "planner/operation.h"

namespace planner {

/// A half-open byte range of a file.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

/// 1-based line and 1-based column (in characters, UTF-8 aware) of a byte offset.
struct Position {
  int line = 1;
  int column = 1;
};
Position position_of(std::string_view text, std::uint32_t offset);

enum class ParseProblem {
  None,
  Syntax,       ///< the parser's own message is in `error`, its place in `error_at`
  NewerSyntax,  ///< not PostgreSQL 15's grammar but a newer server's (NOT NULL .. NOT VALID, VIRTUAL, NOT
                ///< ENFORCED, MERGE .. RETURNING, ...)
  PsqlCommand,  ///< `\set`, `\i`: psql's own, no server knows it
  CopyData,     ///< inline data after COPY .. FROM STDIN
  InvalidText,  ///< BOM, invalid UTF-8, NUL byte
};

/// One top-level statement of a file, or one piece that is none (then `problem` says why and `operations`
/// holds one Unrecognized).
struct Statement {
  Span span;  ///< from its first token to its last, without the semicolon
  Span
      comments;  ///< the comments (and blank lines between them) directly above, up to the previous statement
  std::vector<Operation> operations;
  ParseProblem problem = ParseProblem::None;
  std::string error;
  std::uint32_t error_at = 0;
};

struct ParsedFile {
  std::vector<Statement> statements;
  Span trailing_comments;
};

/// Reads a whole file. Never throws on bad SQL: a statement the parser rejects becomes one with a problem and
/// the rest is read. One libpg_query call when the file is clean. Thread-safe.
ParsedFile parse_file(std::string_view text);

/// Parses exactly one statement given by planner's own code or a user's argument. Throws Error when it is not
/// one.
std::vector<Operation> parse_statement(std::string_view text);

/// The place of the n-th operation's own words within its statement (`DROP COLUMN "name"` of a longer ALTER
/// TABLE): for underlining. Computed on demand with the scanner; the whole statement when it has only one.
Span span_of_operation(std::string_view file_text, const Statement& statement, std::size_t operation_index);

/// Is this text exactly one statement for the wire (comments and extra semicolons do not count)?
bool is_single_statement(std::string_view text);

/// Comments of a file with their places: for `-- planner:ignore` and for keeping them in phases.
struct FileComment {
  Span span;
  std::string text;  ///< without the comment marks, trimmed
};
std::vector<FileComment> comments_of(std::string_view text);

/// Would Prisma >= 7.4 send this file statement by statement? Its splitter must understand every statement;
/// the list of those it does not is measured (facts on Prisma, section 2). When unsure: the answer is false
/// and `unsure` is set.
struct SplitAnswer {
  bool splits = false;
  bool unsure = false;
};
SplitAnswer prisma_splits(const ParsedFile& file, std::string_view text);

}  // namespace planner
