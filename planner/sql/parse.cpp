#include "planner/sql/parse.h"

#include <algorithm>

#include "planner/error.h"
#include "planner/sql/read.h"
#include "planner/sql/recover.h"
#include "planner/sql/scan.h"
#include "planner/sql/tree.h"

namespace planner {

namespace {

/// All statements of text the parser accepts as a whole.
ParsedFile read_clean(std::string_view text, const pg::Parsed& parsed) {
  ParsedFile file;
  file.statements.reserve(parsed.result->n_stmts);
  const auto size = static_cast<std::uint32_t>(text.size());
  std::uint32_t previous_end = 0;
  for (const auto* raw : pg::list(parsed.result->n_stmts, parsed.result->stmts)) {
    Statement& statement = file.statements.emplace_back();
    const auto begin = static_cast<std::uint32_t>(raw->stmt_location);
    const std::uint32_t end = raw->stmt_len == 0 ? size : begin + static_cast<std::uint32_t>(raw->stmt_len);
    const pg::Blank before = pg::skip_blank(text, begin, end);
    statement.span = {before.next, pg::trimmed_end(text, before.next, end)};
    // Comments before a semicolon, the statement's own or a stray one, stand between the statements too.
    statement.comments =
        previous_end == begin ? before.comments : pg::comments_between(text, previous_end, before.next);
    previous_end = statement.span.end == end ? std::min(size, end + 1) : statement.span.end;
    pg::read_statement(pg::source_of(parsed, *raw, text), *raw->stmt, statement.operations);
  }
  file.trailing_comments = pg::comments_between(text, previous_end, size);
  return file;
}

}  // namespace

ParsedFile parse_file(std::string_view text) {
  const std::string copy(text);
  if (!pg::has_unreadable_bytes(text)) {
    const pg::Parsed parsed = pg::parse(copy);
    if (parsed.result != nullptr) return read_clean(copy, parsed);
  }
  return pg::recover(copy);
}

std::vector<Operation> parse_statement(std::string_view text) {
  const pg::Parsed parsed = pg::parse(std::string(text));
  if (parsed.result == nullptr) throw Error("not SQL: " + std::string(text), parsed.error);
  if (parsed.result->n_stmts != 1) throw Error("not exactly one statement: " + std::string(text));
  std::vector<Operation> operations;
  const PgQuery__RawStmt& raw = *parsed.result->stmts[0];
  pg::read_statement(pg::source_of(parsed, raw, text), *raw.stmt, operations);
  return operations;
}

}  // namespace planner
