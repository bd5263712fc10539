#include <pg_query.h>
#include <pthread.h>

#include <algorithm>
#include <array>

#include "planner/sql/tree.h"
#include "planner/sql/tree_take.h"

namespace planner::pg {

namespace {

// libpg_query, protobuf-c and our own walks recurse once per level of the tree. `1+1+1+...` makes a level of
// two bytes, so a short text cannot overflow an ordinary stack; a longer one is parsed on a stack of its own.
constexpr std::size_t kShortText = 4096;
constexpr std::size_t kDeepStack = std::size_t{256} * 1024 * 1024;
// A quarter of what the deep stack holds; libpg_query's time grows with the square of the depth.
constexpr std::size_t kMostLevels = 20000;

constexpr const char* kTooDeep = "nested too deeply: PostgreSQL answers \"stack depth limit exceeded\"";

/// An upper bound of how deep a statement nests, from its tokens: what stands beside each other (between
/// commas, ANDs and ORs) does not add up, what stands in parentheses does.
class Levels {
 public:
  void add(PgQuery__Token token) {
    switch (token) {
      case PG_QUERY__TOKEN__ASCII_59:
        open_.assign(1, {});
        break;
      case PG_QUERY__TOKEN__ASCII_40:
      case PG_QUERY__TOKEN__ASCII_91:
        ++open_.back().here;
        open_.emplace_back();
        break;
      case PG_QUERY__TOKEN__ASCII_41:
      case PG_QUERY__TOKEN__ASCII_93:
        if (open_.size() > 1) {
          const std::size_t inside = open_.back().depth();
          open_.pop_back();
          open_.back().below = std::max(open_.back().below, inside);
        }
        break;
      case PG_QUERY__TOKEN__ASCII_44:
      case PG_QUERY__TOKEN__AND:
      case PG_QUERY__TOKEN__OR:
        open_.back().beside = open_.back().depth();
        open_.back().here = open_.back().below = 0;
        break;
      case PG_QUERY__TOKEN__IDENT:
      case PG_QUERY__TOKEN__ICONST:
      case PG_QUERY__TOKEN__FCONST:
      case PG_QUERY__TOKEN__SCONST:
      case PG_QUERY__TOKEN__NULL_P:
      case PG_QUERY__TOKEN__SQL_COMMENT:
      case PG_QUERY__TOKEN__C_COMMENT:
        break;
      default:
        ++open_.back().here;
    }
    std::size_t around = 0;
    if (open_.size() > kMostLevels) around = open_.size();
    most_ = std::max({most_, open_.back().depth(), around});
  }
  std::size_t most() const { return most_; }

 private:
  struct Group {
    std::size_t here = 0, below = 0, beside = 0;
    std::size_t depth() const { return std::max(beside, here + below); }
  };
  std::vector<Group> open_{1};
  std::size_t most_ = 0;
};

bool may_be_too_deep(const std::string& text) {
  Levels levels;
  const Scan found = scan(text, 0, static_cast<std::uint32_t>(text.size()));
  if (found.error.empty()) {
    for (const Token& token : found.tokens) levels.add(token.kind);
  }
  return levels.most() > kMostLevels;
}

Parsed parse_here(const std::string& text) {
  Parsed parsed;
  // Measured over the corpus: a tree needs 9 bytes for each of its text, of short ones a few more.
  constexpr std::size_t kTreePerText = 10;
  TakenTree taken{text.size() * kTreePerText + 128, false, nullptr, nullptr};
  const PgQueryProtobufParseResult result = parse_taking(text.c_str(), taken);
  if (result.error != nullptr) {
    parsed.error = shortened(result.error->message);
    parsed.error_at = byte_offset(text, result.error->cursorpos);
  } else if (taken.taken) {
    parsed.arena = std::move(taken.arena);
    parsed.result = taken.result;
    if (parsed.result == nullptr) parsed.error = kTooDeep;
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
  if (const auto place = endless_operator(text)) {
    Parsed parsed;
    parsed.error = "operator too long";
    parsed.error_at = *place;
    return parsed;
  }
  if (text.size() / 2 > kMostLevels && may_be_too_deep(text)) return too_deep();
  DeepJob job{&text, {}};
  pthread_attr_t attributes;
  pthread_t thread{};
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kDeepStack);
  const bool started = pthread_create(&thread, &attributes, run_deep, &job) == 0;
  pthread_attr_destroy(&attributes);
  if (!started) return too_deep();
  pthread_join(thread, nullptr);
  return job.parsed;
}

std::optional<std::size_t> endless_operator(std::string_view text) {
  // The scanner looks at all of a run of operator characters again for every `/*` or sign in it.
  constexpr std::size_t kLongest = 1024;
  constexpr std::string_view kOperator = "~!@#^&|`?+-*/%<>=";
  std::array<bool, 256> is_operator{};
  for (const char c : kOperator) is_operator[static_cast<unsigned char>(c)] = true;
  for (std::size_t at = kLongest; at < text.size(); at += kLongest) {
    if (!is_operator[static_cast<unsigned char>(text[at])]) continue;
    std::size_t begin = at;
    while (begin > 0 && is_operator[static_cast<unsigned char>(text[begin - 1])]) --begin;
    std::size_t end = at;
    while (end < text.size() && is_operator[static_cast<unsigned char>(text[end])]) ++end;
    if (end - begin > kLongest) return begin;
  }
  return std::nullopt;
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
