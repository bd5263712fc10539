#include "planner/sql/scan.h"

#include <pg_query.h>

#include <algorithm>

#include "planner/sql/tree.h"
#include "planner/sql/tree_take.h"

namespace planner::pg {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

Scan scan_once(const std::string& piece, std::uint32_t base) {
  Scan result;
  TakenTokens taken;
  const PgQueryScanResult scanned = scan_taking(piece.c_str(), taken);
  if (scanned.error != nullptr) {
    result.error = shortened(scanned.error->message);
    result.stopped_at = base + static_cast<std::uint32_t>(byte_offset(piece, scanned.error->cursorpos));
  } else if (taken.taken) {
    result.tokens = std::move(taken.tokens);
    for (Token& token : result.tokens) {
      token.begin += base;
      token.end += base;
    }
  } else {
    Arena arena(scanned.pbuf.len * 6 + 512);
    const std::string_view bytes(scanned.pbuf.data, scanned.pbuf.len);
    if (const auto* message = unpacked(arena, pg_query__scan_result__descriptor, bytes)) {
      const auto& tokens = as_message_of<PgQuery__ScanResult>(*message);
      result.tokens.reserve(tokens.n_tokens);
      for (const auto* token : list(tokens.n_tokens, tokens.tokens)) {
        Token& kept = result.tokens.emplace_back(token_of(*token));
        kept.begin += base;
        kept.end += base;
      }
    }
  }
  pg_query_free_scan_result(scanned);
  return result;
}

}  // namespace

Scan scan(std::string_view text, std::uint32_t from, std::uint32_t to) {
  if (const auto endless = endless_operator(text.substr(from, to - from))) {
    Scan result;
    const auto place = from + static_cast<std::uint32_t>(*endless);
    if (place > from) result = scan(text, from, place);
    if (!result.stopped_at) {
      result.stopped_at = place;
      result.error = "operator too long";
    }
    return result;
  }
  Scan result = scan_once(std::string(text.substr(from, to - from)), from);
  // Text before the place of the error is whole tokens; shrink again when the scanner reports an earlier one.
  for (int attempt = 0; result.stopped_at && attempt < 4; ++attempt) {
    const std::uint32_t stop = *result.stopped_at;
    if (stop <= from) break;
    Scan before = scan_once(std::string(text.substr(from, stop - from)), from);
    if (!before.stopped_at) {
      result.tokens = std::move(before.tokens);
      break;
    }
    result.stopped_at = std::min(stop - 1, *before.stopped_at);
  }
  return result;
}

Blank skip_blank(std::string_view text, std::uint32_t at, std::uint32_t end) {
  Blank result{at, {at, at}};
  bool any = false;
  const auto passed = [&](std::uint32_t begin, std::uint32_t stop) {
    if (!any) result.comments.begin = begin;
    result.comments.end = stop;
    any = true;
  };
  while (at < end) {
    if (is_space(text[at])) {
      ++at;
    } else if (text[at] == '-' && at + 1 < end && text[at + 1] == '-') {
      const std::uint32_t begin = at;
      while (at < end && text[at] != '\n' && text[at] != '\r') ++at;
      passed(begin, at);
    } else if (text[at] == '/' && at + 1 < end && text[at + 1] == '*') {
      const std::uint32_t begin = at;
      at += 2;
      for (int depth = 1; depth > 0 && at < end;) {  // they nest
        if (text[at] == '*' && at + 1 < end && text[at + 1] == '/') {
          --depth;
          at += 2;
        } else if (text[at] == '/' && at + 1 < end && text[at + 1] == '*') {
          ++depth;
          at += 2;
        } else {
          ++at;
        }
      }
      passed(begin, std::min(at, end));
    } else {
      break;
    }
  }
  result.next = std::min(at, end);
  if (!any) result.comments = {result.next, result.next};
  return result;
}

std::uint32_t trimmed_end(std::string_view text, std::uint32_t begin, std::uint32_t end) {
  while (end > begin && is_space(text[end - 1])) --end;
  const std::string_view body = text.substr(begin, end - begin);
  const std::size_t line = body.rfind('\n');
  const bool may_end_in_comment =
      body.ends_with("*/") ||
      body.substr(line == std::string_view::npos ? 0 : line).find("--") != std::string_view::npos;
  if (!may_end_in_comment) return end;
  const Scan tokens = scan(text, begin, end);
  if (tokens.stopped_at) return end;
  for (auto token = tokens.tokens.rbegin(); token != tokens.tokens.rend(); ++token) {
    if (!token->is_comment()) return token->end;
  }
  return begin;
}

}  // namespace planner::pg
