#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "planner/sql/parse.h"
#include "planner/sql/scan.h"

/// Reading what the parser does not accept as a whole. For planner/sql only.
namespace planner::pg {

/// NUL bytes, invalid UTF-8, or a byte order mark at the beginning.
bool has_unreadable_bytes(std::string_view text);

/// Comments between two statements, semicolons passed over.
Span comments_between(std::string_view text, std::uint32_t from, std::uint32_t to);

/// A piece of a file that should be one statement.
struct Piece {
  Span span;
  ParseProblem problem = ParseProblem::None;  ///< known already, without parsing
  std::string error;
  std::uint32_t error_at = 0;
};

/// Cuts a file into pieces with the scanner. Time is linear for any text.
std::vector<Piece> split(std::string_view text);

/// Reads statement by statement; a bad one never stops the rest.
ParsedFile recover(const std::string& text);
ParsedFile read_pieces(const std::string& text);  ///< the same for text without unreadable bytes

/// Does a newer server than version 15 know what the parser stopped at? Conservative.
bool is_newer_syntax(std::string_view text, const std::vector<Token>& tokens, std::uint32_t error_at,
                     std::string_view error);

/// Relations the tokens of a statement name, for statements that have no tree.
std::vector<TableName> relations_by_tokens(std::string_view text, const std::vector<Token>& tokens);

/// The keywords a statement begins with: `ALTER TABLE`.
std::string first_words(std::string_view text, const std::vector<Token>& tokens);

/// The name an identifier token means: unquoted and folded.
std::string identifier_of(std::string_view text, const Token& token);

}  // namespace planner::pg
