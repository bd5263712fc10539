#include "planner/sql/recover.h"

#include <algorithm>
#include <array>

#include "planner/sql/read.h"
#include "planner/sql/tree.h"

namespace planner::pg {

namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return result;
}

bool starts_statement(PgQuery__Token kind) {
  switch (kind) {
    case PG_QUERY__TOKEN__CREATE:
    case PG_QUERY__TOKEN__ALTER:
    case PG_QUERY__TOKEN__DROP:
    case PG_QUERY__TOKEN__INSERT:
    case PG_QUERY__TOKEN__UPDATE:
    case PG_QUERY__TOKEN__DELETE_P:
    case PG_QUERY__TOKEN__SELECT:
    case PG_QUERY__TOKEN__WITH:
    case PG_QUERY__TOKEN__GRANT:
    case PG_QUERY__TOKEN__REVOKE:
    case PG_QUERY__TOKEN__COMMENT:
    case PG_QUERY__TOKEN__TRUNCATE:
    case PG_QUERY__TOKEN__DO:
    case PG_QUERY__TOKEN__BEGIN_P:
    case PG_QUERY__TOKEN__COMMIT:
      return true;
    default:
      return false;
  }
}

bool first_of_its_line(std::string_view text, std::uint32_t at) {
  while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t')) --at;
  return at == 0 || text[at - 1] == '\n' || text[at - 1] == '\r';
}

/// Reads the pieces one after the other.
class PieceReader {
 public:
  explicit PieceReader(std::string_view text) : text_(text) {}

  ParsedFile run() {
    for (Piece& piece : split(text_)) read(piece);
    file_.trailing_comments =
        comments_between(text_, previous_end_, static_cast<std::uint32_t>(text_.size()));
    return std::move(file_);
  }

 private:
  Statement& begin(Span span) {
    Statement& statement = file_.statements.emplace_back();
    statement.span = span;
    statement.comments = comments_between(text_, previous_end_, span.begin);
    previous_end_ = span.end;
    return statement;
  }

  std::string_view words(Span span) const { return text_.substr(span.begin, span.end - span.begin); }

  void refuse(Span span, ParseProblem problem, std::string error, std::uint32_t error_at) {
    Statement& statement = begin(span);
    statement.problem = problem;
    statement.error = std::move(error);
    statement.error_at = error_at;
    if (problem == ParseProblem::PsqlCommand) {
      const std::string_view line = words(span);
      statement.operations.emplace_back(
          Unrecognized{std::string(line.substr(0, line.find_first_of(" \t\r"))), {}, false});
      return;
    }
    if (problem == ParseProblem::CopyData) {
      statement.operations.emplace_back(Unrecognized{"COPY data", {}, false});
      return;
    }
    const Scan scanned = scan(text_, span.begin, span.end);
    statement.operations.emplace_back(
        Unrecognized{first_words(text_, scanned.tokens), relations_by_tokens(text_, scanned.tokens), false});
  }

  void read(const Piece& piece) {
    if (piece.problem == ParseProblem::Syntax) {
      const Scan scanned = scan(text_, piece.span.begin, piece.span.end);
      const bool newer = is_newer_syntax(text_, scanned.tokens, piece.error_at, piece.error);
      return refuse(piece.span, newer ? ParseProblem::NewerSyntax : ParseProblem::Syntax, piece.error,
                    piece.error_at);
    }
    if (piece.problem != ParseProblem::None)
      return refuse(piece.span, piece.problem, piece.error, piece.error_at);
    Span rest = piece.span;
    // A statement without its semicolon is cut where the next one begins. The number is bounded, so is the
    // time.
    const int cuts = rest.end - rest.begin > 65536 ? 4 : 64;
    for (int cut = 0; cut < cuts; ++cut) {
      const Parsed parsed = parse(std::string(words(rest)));
      if (parsed.result != nullptr) return accept(rest, parsed);
      const std::uint32_t error_at = rest.begin + static_cast<std::uint32_t>(parsed.error_at);
      const Scan scanned = scan(text_, rest.begin, rest.end);
      const auto token = std::find_if(scanned.tokens.begin(), scanned.tokens.end(),
                                      [&](const Token& each) { return each.begin >= error_at; });
      if (token != scanned.tokens.end() && token->begin > rest.begin && starts_statement(token->kind) &&
          first_of_its_line(text_, token->begin)) {
        refuse({rest.begin, trimmed_end(text_, rest.begin, token->begin)}, ParseProblem::Syntax,
               "a semicolon is missing: " + parsed.error, token->begin);
        rest.begin = token->begin;
        continue;
      }
      return refuse(rest, problem_of(scanned, error_at, parsed.error), parsed.error, error_at);
    }
    refuse(rest, ParseProblem::Syntax, "semicolons are missing", rest.begin);
  }

  ParseProblem problem_of(const Scan& scanned, std::uint32_t error_at, std::string_view error) const {
    if (is_newer_syntax(text_, scanned.tokens, error_at, error)) return ParseProblem::NewerSyntax;
    // `:name` and `:'name'` are psql's variables.
    if (error_at + 1 < text_.size() && text_[error_at] == ':' && text_[error_at + 1] != ':' &&
        text_[error_at + 1] != ' ') {
      return ParseProblem::PsqlCommand;
    }
    return ParseProblem::Syntax;
  }

  void accept(Span span, const Parsed& parsed) {
    if (parsed.result->n_stmts == 0) return;
    Statement& statement = begin(span);
    for (const auto* raw : list(parsed.result->n_stmts, parsed.result->stmts)) {
      read_statement(source_of(parsed, *raw, words(span)), *raw->stmt, statement.operations);
    }
  }

  std::string_view text_;
  ParsedFile file_;
  std::uint32_t previous_end_ = 0;
};

}  // namespace

ParsedFile read_pieces(const std::string& text) { return PieceReader(text).run(); }

Span comments_between(std::string_view text, std::uint32_t from, std::uint32_t to) {
  Span comments{to, to};
  bool any = false;
  for (std::uint32_t at = from; at < to;) {
    const Blank blank = skip_blank(text, at, to);
    if (blank.comments.begin < blank.comments.end) {
      if (!any) comments.begin = blank.comments.begin;
      comments.end = blank.comments.end;
      any = true;
    }
    if (blank.next >= to) break;
    at = blank.next + 1;  // a semicolon
  }
  return comments;
}

std::string first_words(std::string_view text, const std::vector<Token>& tokens) {
  std::string words;
  int count = 0;
  for (const Token& token : tokens) {
    if (token.is_comment()) continue;
    if (!token.keyword || ++count > 2) break;
    if (!words.empty()) words += ' ';
    words += upper(text.substr(token.begin, token.end - token.begin));
  }
  return words.empty() ? "statement" : words;
}

std::string identifier_of(std::string_view text, const Token& token) {
  const std::string_view raw = text.substr(token.begin, token.end - token.begin);
  std::string name;
  if (raw.size() >= 2 && raw.front() == '"') {
    for (std::size_t i = 1; i + 1 < raw.size(); ++i) {
      name += raw[i];
      if (raw[i] == '"') ++i;
    }
    return name;
  }
  name = raw;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return name;
}

std::vector<TableName> relations_by_tokens(std::string_view text, const std::vector<Token>& all) {
  std::vector<Token> tokens;
  std::copy_if(all.begin(), all.end(), std::back_inserter(tokens),
               [](const Token& t) { return !t.is_comment(); });
  std::vector<TableName> found;
  const auto is = [&](std::size_t i, PgQuery__Token kind) {
    return i < tokens.size() && tokens[i].kind == kind;
  };
  const auto is_name = [&](std::size_t i) {
    return i < tokens.size() && (tokens[i].kind == PG_QUERY__TOKEN__IDENT || tokens[i].keyword);
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    switch (tokens[i].kind) {
      case PG_QUERY__TOKEN__TABLE:
      case PG_QUERY__TOKEN__INTO:
      case PG_QUERY__TOKEN__UPDATE:
      case PG_QUERY__TOKEN__FROM:
      case PG_QUERY__TOKEN__JOIN:
      case PG_QUERY__TOKEN__REFERENCES:
      case PG_QUERY__TOKEN__VIEW:
      case PG_QUERY__TOKEN__ON:
        break;
      default:
        continue;
    }
    std::size_t next = i + 1;
    while (is(next, PG_QUERY__TOKEN__IF_P) || is(next, PG_QUERY__TOKEN__NOT) ||
           is(next, PG_QUERY__TOKEN__EXISTS) || is(next, PG_QUERY__TOKEN__ONLY) ||
           is(next, PG_QUERY__TOKEN__TABLE)) {
      ++next;
    }
    // A keyword that is no quoted name is the next clause (ON DELETE, FROM STDIN) more often than a table.
    if (!is(next, PG_QUERY__TOKEN__IDENT)) continue;
    TableName name(Identifier(identifier_of(text, tokens[next])));
    if (is(next + 1, PG_QUERY__TOKEN__ASCII_46) && is_name(next + 2)) {
      name = TableName(name.name, Identifier(identifier_of(text, tokens[next + 2])));
    }
    if (std::find(found.begin(), found.end(), name) == found.end()) found.push_back(std::move(name));
    if (found.size() >= 64) break;
  }
  return found;
}

}  // namespace planner::pg
