#include "planner/sql/places.h"

#include <algorithm>

#include "planner/sql/recover.h"
#include "planner/sql/scan.h"
#include "planner/sql/tree.h"

namespace planner {

namespace {

using pg::Token;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::vector<Token> words_of(std::string_view text, Span span) {
  std::vector<Token> tokens = pg::scan(text, span.begin, span.end).tokens;
  std::erase_if(tokens, [](const Token& token) { return token.is_comment(); });
  return tokens;
}

/// Where the first of several operations begins: behind `ALTER TABLE IF EXISTS ONLY a.b`, `DROP TABLE IF
/// EXISTS`, `TRUNCATE`.
std::size_t first_operation(const std::vector<Token>& tokens) {
  const auto is = [&](std::size_t i, PgQuery__Token kind) {
    return i < tokens.size() && tokens[i].kind == kind;
  };
  const auto skip_if_exists = [&](std::size_t i) {
    return is(i, PG_QUERY__TOKEN__IF_P) && is(i + 1, PG_QUERY__TOKEN__EXISTS) ? i + 2 : i;
  };
  std::size_t i = 1;
  const bool alter = is(0, PG_QUERY__TOKEN__ALTER);
  if (is(i, PG_QUERY__TOKEN__FOREIGN) || is(i, PG_QUERY__TOKEN__MATERIALIZED)) ++i;
  ++i;  // TABLE, INDEX, VIEW, TYPE, ...
  if (is(i, PG_QUERY__TOKEN__CONCURRENTLY)) ++i;
  i = skip_if_exists(i);
  if (!alter) return i;
  if (is(i, PG_QUERY__TOKEN__ONLY)) ++i;
  ++i;  // the relation
  while (is(i, PG_QUERY__TOKEN__ASCII_46)) i += 2;
  if (is(i, PG_QUERY__TOKEN__ASCII_42)) ++i;
  return i;
}

}  // namespace

Position position_of(std::string_view text, std::uint32_t offset) {
  const std::string_view before = text.substr(0, std::min<std::size_t>(offset, text.size()));
  Position position;
  std::size_t line = 0;
  for (std::size_t end = before.find('\n'); end != std::string_view::npos; end = before.find('\n', line)) {
    ++position.line;
    line = end + 1;
  }
  for (const char c : before.substr(line)) {
    if (!is_continuation(c)) ++position.column;
  }
  return position;
}

Position Lines::position_of(std::uint32_t offset) {
  if (begins_.empty()) read();
  const std::size_t at = std::min<std::size_t>(offset, text_.size());
  const auto line = std::upper_bound(begins_.begin(), begins_.end(), at) - 1;
  Position position;
  position.line += static_cast<decltype(position.line)>(line - begins_.begin());
  position.column += static_cast<decltype(position.column)>(characters_before(at) - characters_before(*line));
  return position;
}

namespace {
constexpr std::size_t kStride = 256;
}

void Lines::read() {
  begins_.push_back(0);
  std::uint32_t characters = 0;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (i % kStride == 0) characters_.push_back(characters);
    if (!is_continuation(text_[i])) ++characters;
    if (text_[i] == '\n') begins_.push_back(static_cast<std::uint32_t>(i + 1));
  }
  characters_.push_back(characters);
}

std::size_t Lines::characters_before(std::size_t offset) const {
  const std::size_t known = offset / kStride;
  if (known + 1 >= characters_.size() && offset == text_.size()) return characters_.back();
  std::size_t characters = characters_[known];
  for (std::size_t i = known * kStride; i < offset; ++i) characters += is_continuation(text_[i]) ? 0U : 1U;
  return characters;
}

Span OperationSpans::of(std::size_t statement, std::size_t operation) {
  const Statement& held = file_.statements[statement];
  if (read_ != statement) {
    spans_ = spans_of_operations(text_, held);
    read_ = statement;
  }
  return operation < spans_.size() ? spans_[operation] : held.span;
}

Span span_of_operation(std::string_view file_text, const Statement& statement, std::size_t operation_index) {
  if (operation_index >= statement.operations.size()) return statement.span;
  const std::vector<Span> spans = spans_of_operations(file_text, statement);
  return spans.empty() ? statement.span : spans[operation_index];
}

std::vector<Span> spans_of_operations(std::string_view file_text, const Statement& statement) {
  const std::size_t count = statement.operations.size();
  if (count < 2) return {};
  const std::vector<Token> tokens = words_of(file_text, statement.span);
  if (tokens.empty() ||
      (tokens[0].kind != PG_QUERY__TOKEN__ALTER && tokens[0].kind != PG_QUERY__TOKEN__DROP)) {
    return {};
  }
  // One operation a part between commas, parentheses and brackets left alone.
  std::vector<Span> parts;
  int depth = 0;
  const std::size_t first = first_operation(tokens);
  for (std::size_t i = first; i < tokens.size(); ++i) {
    switch (tokens[i].kind) {
      case PG_QUERY__TOKEN__ASCII_40:
      case PG_QUERY__TOKEN__ASCII_91:
        ++depth;
        break;
      case PG_QUERY__TOKEN__ASCII_41:
      case PG_QUERY__TOKEN__ASCII_93:
        --depth;
        break;
      default:
        break;
    }
    if (depth == 0 && tokens[i].kind == PG_QUERY__TOKEN__ASCII_44) {
      parts.push_back({0, 0});
    } else if (parts.empty() || parts.back().end == 0) {
      if (parts.empty()) parts.emplace_back();
      parts.back() = {tokens[i].begin, tokens[i].end};
    } else {
      parts.back().end = tokens[i].end;
    }
  }
  if (parts.size() != count) parts.clear();
  return parts;
}

bool is_single_statement(std::string_view text) {
  const std::string copy(text);
  const pg::Parsed parsed = pg::parse(copy);
  if (parsed.result != nullptr) return parsed.result->n_stmts == 1;
  // A newer server's statement is a statement too.
  const std::vector<pg::Piece> pieces = pg::split(copy);
  return pieces.size() == 1 && pieces.front().problem == ParseProblem::None;
}

std::vector<FileComment> comments_of(std::string_view text) {
  std::vector<FileComment> comments;
  const auto add = [&](const Token& token) {
    std::string_view body = text.substr(token.begin, token.end - token.begin);
    body.remove_prefix(std::min<std::size_t>(2, body.size()));
    if (token.kind == PG_QUERY__TOKEN__C_COMMENT && body.ends_with("*/")) body.remove_suffix(2);
    const std::size_t begin = body.find_first_not_of(" \t\r\n");
    const std::size_t end = body.find_last_not_of(" \t\r\n");
    comments.push_back(
        {{token.begin, token.end},
         std::string(begin == std::string_view::npos ? "" : body.substr(begin, end - begin + 1))});
  };
  // What the scanner cannot read (COPY data, an open quote) is skipped line by line; the number of attempts
  // is bounded.
  const auto size = static_cast<std::uint32_t>(text.size());
  std::uint32_t at = 0;
  for (int attempt = 0; attempt < 64 && at < size; ++attempt) {
    const pg::Scan scanned = pg::scan(text, at, size);
    for (const Token& token : scanned.tokens) {
      if (token.is_comment()) add(token);
    }
    if (!scanned.stopped_at) break;
    const std::size_t line = text.find('\n', *scanned.stopped_at);
    if (line == std::string_view::npos) break;
    at = static_cast<std::uint32_t>(line + 1);
  }
  return comments;
}

}  // namespace planner
