#include <pg_query.h>
#include <pthread.h>

#include <algorithm>

#include "planner/sql/tree.h"

namespace planner::pg {

namespace {

// libpg_query, protobuf-c and our own walks recurse once per level of the tree. `1+1+1+...` makes a level of two bytes, so a
// short text cannot overflow an ordinary stack; a longer one is parsed on a stack of its own.
constexpr std::size_t kShortText = 4096;
constexpr std::size_t kDeepStack = std::size_t{512} * 1024 * 1024;
// What the deep stack holds with a margin of two.
constexpr std::size_t kMostLevels = 60000;

constexpr const char* kTooDeep = "nested too deeply: PostgreSQL answers \"stack depth limit exceeded\"";

/// An upper bound of how deep one statement can nest: the tokens that make a level.
std::size_t possible_levels(const std::string& text) {
  const PgQueryScanResult scan = pg_query_scan(text.c_str());
  std::size_t most = 0;
  if (scan.error == nullptr) {
    Arena arena(scan.pbuf.len * 6 + 512);
    const auto* result = unpacked(arena, pg_query__scan_result__descriptor, {scan.pbuf.data, scan.pbuf.len});
    const auto& tokens = as_message_of<PgQuery__ScanResult>(*result);
    std::size_t levels = 0;
    for (const auto* token : list(tokens.n_tokens, tokens.tokens)) {
      switch (token->token) {
        case PG_QUERY__TOKEN__ASCII_59:
          levels = 0;
          break;
        case PG_QUERY__TOKEN__ASCII_40:
        case PG_QUERY__TOKEN__ASCII_41:
        case PG_QUERY__TOKEN__ASCII_44:
        case PG_QUERY__TOKEN__IDENT:
        case PG_QUERY__TOKEN__ICONST:
        case PG_QUERY__TOKEN__FCONST:
        case PG_QUERY__TOKEN__SCONST:
        case PG_QUERY__TOKEN__NULL_P:
        case PG_QUERY__TOKEN__TRUE_P:
        case PG_QUERY__TOKEN__FALSE_P:
        case PG_QUERY__TOKEN__SQL_COMMENT:
        case PG_QUERY__TOKEN__C_COMMENT:
          break;
        default:
          most = std::max(most, ++levels);
      }
    }
  }
  pg_query_free_scan_result(scan);
  return most;
}

Parsed parse_here(const std::string& text) {
  Parsed parsed;
  const PgQueryProtobufParseResult result = pg_query_parse_protobuf(text.c_str());
  if (result.error != nullptr) {
    parsed.error = shortened(result.error->message);
    parsed.error_at = byte_offset(text, result.error->cursorpos);
  } else {
    parsed.arena = std::make_shared<Arena>(result.parse_tree.len * 6 + 512);
    const std::string_view bytes(result.parse_tree.data, result.parse_tree.len);
    const ProtobufCMessage* tree = unpacked(*parsed.arena, pg_query__parse_result__descriptor, bytes);
    if (tree == nullptr) parsed.error = kTooDeep;
    parsed.result = reinterpret_cast<const ParseResult*>(tree);
  }
  pg_query_free_protobuf_parse_result(result);
  return parsed;
}

Parsed too_deep() {
  Parsed parsed;
  parsed.error = kTooDeep;
  return parsed;
}

struct DeepJob {
  const std::string* text;
  Parsed parsed;
};

void* run_deep(void* argument) {
  auto& job = *static_cast<DeepJob*>(argument);
  job.parsed = parse_here(*job.text);
  return nullptr;
}

}  // namespace

Parsed parse(const std::string& text) {
  if (text.size() <= kShortText) return parse_here(text);
  if (text.size() / 2 > kMostLevels && possible_levels(text) > kMostLevels) return too_deep();
  DeepJob job{&text, {}};
  pthread_attr_t attributes;
  pthread_t thread{};
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kDeepStack);
  const bool started = pthread_create(&thread, &attributes, run_deep, &job) == 0;
  pthread_attr_destroy(&attributes);
  if (!started) return possible_levels(text) > kShortText / 2 ? too_deep() : parse_here(text);
  pthread_join(thread, nullptr);
  return job.parsed;
}

std::string shortened(std::string_view message) {
  constexpr std::size_t kLongest = 160;
  const std::size_t end = std::min(message.find('\n'), kLongest);
  if (end >= message.size()) return std::string(message);
  std::string text = truncated_name(message, end) + "...";
  if (std::count(text.begin(), text.end(), '"') % 2 == 1) text += '"';
  return text;
}

std::size_t byte_offset(std::string_view text, int cursor_position) {
  std::size_t offset = 0;
  for (int character = 1; character < cursor_position && offset < text.size(); ++character) {
    ++offset;
    while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0U) == 0x80U) ++offset;
  }
  return offset;
}

}  // namespace planner::pg
