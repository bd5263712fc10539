#include <algorithm>
#include <cstring>

#include "planner/sql/recover.h"

namespace planner::pg {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::uint32_t line_end(std::string_view text, std::uint32_t at) {
  const std::size_t end = text.find('\n', at);
  return static_cast<std::uint32_t>(end == std::string_view::npos ? text.size() : end);
}

/// A line of `\.` alone ends the data of COPY.
std::uint32_t copy_data_end(std::string_view text, std::uint32_t at) {
  while (at < text.size()) {
    const std::uint32_t end = line_end(text, at);
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = std::min(static_cast<std::uint32_t>(text.size()), end + 1);
    if (line == "\\.") break;
  }
  return at;
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text), size_(static_cast<std::uint32_t>(text.size())) {
    // Scanning again from a later place is what psql commands and COPY data need; this keeps hostile text
    // linear.
    budget_ = std::uint64_t{64} * size_ + 65536;
  }

  std::vector<Piece> run() {
    while (at_ < size_) {
      const std::uint32_t window = next_window();
      if (budget_ < window - at_) {
        give_up();
        break;
      }
      budget_ -= window - at_;
      Scan scanned = scan(text_, at_, window);
      if (scanned.stopped_at && window < size_) {
        whole_ = true;  // a string or comment reaches over the window
        continue;
      }
      whole_ = false;
      take(scanned, window);
    }
    close(last_end_);
    return std::move(pieces_);
  }

 private:
  /// Text is scanned up to the line that may begin COPY data, so that the data is not scanned as SQL.
  std::uint32_t next_window() const {
    if (whole_) return size_;
    static constexpr std::string_view kStdin = "stdin";
    const auto found = std::search(text_.begin() + at_, text_.end(), kStdin.begin(), kStdin.end(),
                                   [](char a, char b) { return lower(a) == b; });
    if (found == text_.end()) return size_;
    return line_end(text_, static_cast<std::uint32_t>(found - text_.begin()));
  }

  void take(const Scan& scanned, std::uint32_t window) {
    for (std::size_t i = 0; i < scanned.tokens.size(); ++i) {
      const Token& token = scanned.tokens[i];
      if (token.is_comment()) continue;
      if (token.kind == PG_QUERY__TOKEN__ASCII_92) {
        close(last_end_);
        const std::uint32_t end = line_end(text_, token.begin);
        pieces_.push_back(
            {{token.begin, end}, ParseProblem::PsqlCommand, "a command of psql, not SQL", token.begin});
        last_end_ = end;
        // Tokens of that line mean nothing. Scanning goes on behind it when one of them (an open quote)
        // reaches over its end.
        while (i + 1 < scanned.tokens.size() && scanned.tokens[i + 1].begin < end) ++i;
        if (scanned.tokens[i].end > end || (i + 1 == scanned.tokens.size() && scanned.stopped_at)) {
          at_ = end;
          return;
        }
        continue;
      }
      if (token.kind == PG_QUERY__TOKEN__ASCII_59 && ends_statement()) {
        const bool data = from_ && stdin_;
        close(last_end_);
        last_end_ = token.end;
        if (data) {
          const std::uint32_t begin = std::min(size_, line_end(text_, token.end) + 1);
          const std::uint32_t end = copy_data_end(text_, begin);
          if (end > begin) {
            pieces_.push_back({{begin, end},
                               ParseProblem::CopyData,
                               "data of COPY .. FROM STDIN, which only psql sends",
                               begin});
          }
          at_ = last_end_ = end;
          return;
        }
        continue;
      }
      note(token, i + 1 < scanned.tokens.size() ? &scanned.tokens[i + 1] : nullptr);
    }
    at_ = window;
    if (scanned.stopped_at) stop(*scanned.stopped_at, scanned.error);
  }

  bool ends_statement() const { return !open_ || (atomic_ == 0 && (!rule_ || parentheses_ <= 0)); }

  void note(const Token& token, const Token* next) {
    if (!open_) {
      open_ = true;
      begin_ = token.begin;
      words_ = 0;
      parentheses_ = atomic_ = 0;
      create_ = rule_ = copy_ = from_ = stdin_ = false;
    }
    last_end_ = token.end;
    ++words_;
    switch (token.kind) {
      case PG_QUERY__TOKEN__CREATE:
        create_ = create_ || words_ == 1;
        break;
      case PG_QUERY__TOKEN__COPY:
        copy_ = copy_ || words_ == 1;
        break;
      // Only the actions of a rule hold semicolons between parentheses.
      case PG_QUERY__TOKEN__RULE:
        rule_ = rule_ || (create_ && words_ <= 4);
        break;
      case PG_QUERY__TOKEN__FROM:
        from_ = copy_;
        break;
      case PG_QUERY__TOKEN__STDIN:
        stdin_ = copy_;
        break;
      case PG_QUERY__TOKEN__ASCII_40:
        ++parentheses_;
        break;
      case PG_QUERY__TOKEN__ASCII_41:
        --parentheses_;
        break;
      case PG_QUERY__TOKEN__BEGIN_P:
        if (create_ && next != nullptr && next->kind == PG_QUERY__TOKEN__ATOMIC) ++atomic_;
        break;
      case PG_QUERY__TOKEN__CASE:
        if (atomic_ > 0) ++atomic_;
        break;
      case PG_QUERY__TOKEN__END_P:
        if (atomic_ > 0) --atomic_;
        break;
      default:
        break;
    }
  }

  void close(std::uint32_t end) {
    if (open_) pieces_.push_back({{begin_, end}, ParseProblem::None, {}, 0});
    open_ = false;
  }

  /// The scanner cannot read on: the statement is bad up to a semicolon that ends a line.
  void stop(std::uint32_t where, const std::string& error) {
    const std::uint32_t begin = open_ ? begin_ : where;
    std::uint32_t end = size_;
    for (std::size_t semicolon = text_.find(';', where); semicolon != std::string_view::npos;
         semicolon = text_.find(';', semicolon + 1)) {
      std::size_t next = semicolon + 1;
      while (next < size_ && (text_[next] == ' ' || text_[next] == '\t' || text_[next] == '\r')) ++next;
      if (next == size_ || text_[next] == '\n') {
        end = static_cast<std::uint32_t>(semicolon);
        break;
      }
    }
    open_ = false;
    pieces_.push_back({{begin, end}, ParseProblem::Syntax, error, where});
    at_ = last_end_ = std::min(size_, end + 1);
  }

  void give_up() {
    const std::uint32_t begin = open_ ? begin_ : at_;
    open_ = false;
    pieces_.push_back(
        {{begin, size_}, ParseProblem::Syntax, "too much before this place is not SQL to read on", at_});
    at_ = size_;
  }

  std::string_view text_;
  std::uint32_t size_;
  std::uint64_t budget_ = 0;
  std::vector<Piece> pieces_;
  std::uint32_t at_ = 0;
  bool whole_ = false;

  bool open_ = false;  // a statement has begun
  std::uint32_t begin_ = 0;
  std::uint32_t last_end_ = 0;
  int words_ = 0;
  int parentheses_ = 0;
  int atomic_ = 0;
  bool create_ = false, rule_ = false, copy_ = false, from_ = false, stdin_ = false;
};

/// The length of the valid UTF-8 character at `at`, or 0 (src/common/wchar.c: pg_utf8_islegal).
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(at);
  const auto continued = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  if (first < 0x80U) return 1;
  if (first >= 0xC2U && first <= 0xDFU) return continued(at + 1) ? 2 : 0;
  if (first >= 0xE0U && first <= 0xEFU) {
    const unsigned second = byte(at + 1);
    if ((first == 0xE0U && second < 0xA0U) || (first == 0xEDU && second > 0x9FU)) return 0;
    return continued(at + 1) && continued(at + 2) ? 3 : 0;
  }
  if (first >= 0xF0U && first <= 0xF4U) {
    const unsigned second = byte(at + 1);
    if ((first == 0xF0U && second < 0x90U) || (first == 0xF4U && second > 0x8FU)) return 0;
    return continued(at + 1) && continued(at + 2) && continued(at + 3) ? 4 : 0;
  }
  return 0;
}

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The places of bytes no server takes; the text without them in `clean`.
std::vector<Span> unreadable_bytes(std::string_view text, std::string* clean) {
  std::vector<Span> found;
  const auto add = [&](std::size_t begin, std::size_t end) {
    const Span span{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    if (!found.empty() && found.back().end == span.begin) {
      found.back().end = span.end;
    } else {
      found.push_back(span);
    }
    if (clean != nullptr) std::fill(clean->begin() + span.begin, clean->begin() + span.end, ' ');
  };
  std::size_t at = 0;
  if (text.starts_with(kByteOrderMark)) {
    add(0, kByteOrderMark.size());
    at = kByteOrderMark.size();
  }
  while (at < text.size()) {
    std::uint64_t eight = 0;
    if (at + 8 <= text.size()) {
      std::memcpy(&eight, text.data() + at, 8);
      // No byte has its high bit, none is zero: eight plain characters.
      if (((eight | (eight - 0x0101010101010101U)) & 0x8080808080808080U) == 0) {
        at += 8;
        continue;
      }
    }
    const std::size_t length = text[at] == '\0' ? 0 : character_length(text, at);
    if (length == 0) {
      add(at, at + 1);
      if (clean == nullptr) return found;
    }
    at += std::max<std::size_t>(length, 1);
  }
  return found;
}

/// Marks what the unreadable bytes stand in; those between statements become a statement of their own.
void mark_unreadable(const std::vector<Span>& bytes, ParsedFile& file) {
  std::vector<Statement> extra;
  std::size_t next = 0;
  for (const Span& bad : bytes) {
    while (next < file.statements.size() && file.statements[next].span.end <= bad.begin) ++next;
    const bool inside = next < file.statements.size() && file.statements[next].span.begin < bad.end;
    Statement* statement = inside ? &file.statements[next] : nullptr;
    if (statement == nullptr) {
      const std::uint32_t gap = next < file.statements.size() ? file.statements[next].span.begin : UINT32_MAX;
      if (!extra.empty() && extra.back().comments.begin == gap) {
        extra.back().span.end = bad.end;
        continue;
      }
      statement = &extra.emplace_back();
      statement->span = bad;
      statement->comments = {gap, gap};  // which gap it is in, until they are sorted in
    }
    if (statement->problem == ParseProblem::InvalidText) continue;
    statement->problem = ParseProblem::InvalidText;
    statement->error = bad.begin == 0 && bad.end >= 3 ? "a byte order mark: PostgreSQL does not skip it"
                                                      : "bytes that are no UTF-8 text";
    statement->error_at = bad.begin;
    Unrecognized unrecognized{"unreadable text", {}, false};
    if (statement->operations.size() == 1) {
      if (const auto* known = std::get_if<Unrecognized>(&statement->operations.front()))
        unrecognized = *known;
    }
    statement->operations = {std::move(unrecognized)};
  }
  for (Statement& statement : extra) {
    statement.comments = {statement.span.begin, statement.span.begin};
    file.statements.push_back(std::move(statement));
  }
  std::stable_sort(file.statements.begin(), file.statements.end(),
                   [](const Statement& a, const Statement& b) { return a.span.begin < b.span.begin; });
}

}  // namespace

bool has_unreadable_bytes(std::string_view text) { return !unreadable_bytes(text, nullptr).empty(); }

std::vector<Piece> split(std::string_view text) { return Splitter(text).run(); }

ParsedFile recover(const std::string& text) {
  std::string clean = text;
  const std::vector<Span> bytes = unreadable_bytes(text, &clean);
  ParsedFile file = read_pieces(clean);
  if (!bytes.empty()) mark_unreadable(bytes, file);
  return file;
}

}  // namespace planner::pg
