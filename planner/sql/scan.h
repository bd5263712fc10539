#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/sql/parse.h"

/// PostgreSQL's own scanner, for planner/sql only.
namespace planner::pg {

struct Token {
  PgQuery__Token kind;
  std::uint32_t begin;
  std::uint32_t end;
  bool keyword;

  bool is_comment() const {
    return kind == PG_QUERY__TOKEN__SQL_COMMENT || kind == PG_QUERY__TOKEN__C_COMMENT;
  }
};

struct Scan {
  std::vector<Token> tokens;
  std::optional<std::uint32_t>
      stopped_at;  ///< where the scanner met something it cannot read (an unterminated string)
  std::string error;
};

/// Tokens of text[from, to), with offsets into text. When the scanner stops, the tokens before that place.
Scan scan(std::string_view text, std::uint32_t from, std::uint32_t to);

/// Blanks and comments of `text` from `at` on, up to `end`: where the next token begins, and the comments
/// passed on the way (begin of the first to end of the last; begin == end when there is none).
struct Blank {
  std::uint32_t next;
  Span comments;
};
Blank skip_blank(std::string_view text, std::uint32_t at, std::uint32_t end);

/// `text[begin, end)` without blanks and comments at its end.
std::uint32_t trimmed_end(std::string_view text, std::uint32_t begin, std::uint32_t end);

}  // namespace planner::pg
