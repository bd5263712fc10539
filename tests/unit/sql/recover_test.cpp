#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "tests/unit/sql/sql_testing.h"

namespace planner {
namespace {

std::string words(std::string_view text, Span span) {
  return std::string(text.substr(span.begin, span.end - span.begin));
}

/// One line a statement: its problem, its operations, its text.
std::string outline(std::string_view text) {
  static constexpr const char* kProblems[] = {"",      "syntax ",    "newer ",
                                              "psql ", "copy-data ", "invalid-text "};
  std::string out;
  for (const Statement& statement : parse_file(text).statements) {
    out += kProblems[static_cast<int>(statement.problem)];
    out += test::kinds(statement.operations) + ": " + words(text, statement.span) + "\n";
  }
  return out;
}

ParseProblem problem(std::string_view text) {
  const ParsedFile file = parse_file(text);
  EXPECT_EQ(file.statements.size(), 1U) << text;
  return file.statements.empty() ? ParseProblem::None : file.statements.front().problem;
}

TEST(ParseFile, SpansLeaveOutCommentsBlanksAndSemicolons) {
  const std::string text =
      "-- first\n\nCREATE TABLE a (id int) -- trailing\n;\n/* about ; b */\n-- planner:ignore x y\nDROP "
      "TABLE b /* in */ CASCADE ;;\n"
      "SELECT 1 -- last";
  const ParsedFile file = parse_file(text);
  ASSERT_EQ(file.statements.size(), 3U);
  EXPECT_EQ(words(text, file.statements[0].span), "CREATE TABLE a (id int)");
  EXPECT_EQ(words(text, file.statements[0].comments), "-- first");
  EXPECT_EQ(words(text, file.statements[1].span), "DROP TABLE b /* in */ CASCADE");
  EXPECT_EQ(words(text, file.statements[1].comments),
            "-- trailing\n;\n/* about ; b */\n-- planner:ignore x y");
  EXPECT_EQ(words(text, file.statements[2].span), "SELECT 1");
  EXPECT_EQ(words(text, file.trailing_comments), "-- last");
}

TEST(ParseFile, CountsBytesWhateverTheCharacters) {
  const std::string text = "-- é€😀\nSELECT 'é€😀';\nUPDATE \"größe\" SET \"naïve\" = '日本' ; DROP TABLE x";
  const ParsedFile file = parse_file(text);
  ASSERT_EQ(file.statements.size(), 3U);
  EXPECT_EQ(words(text, file.statements[0].span), "SELECT 'é€😀'");
  EXPECT_EQ(words(text, file.statements[1].span), "UPDATE \"größe\" SET \"naïve\" = '日本'");
  EXPECT_EQ(std::get<Update>(file.statements[1].operations[0]).table.name.str(), "größe");
  EXPECT_EQ(words(text, file.statements[2].span), "DROP TABLE x");
  const std::string bad = "SELECT 'é€😀';\nSELECT '日本' frm x y";
  const ParsedFile broken = parse_file(bad);
  ASSERT_EQ(broken.statements.size(), 2U);
  EXPECT_EQ(bad.substr(broken.statements[1].error_at), "x y");
}

TEST(ParseFile, EmptyFilesHaveNoStatements) {
  for (const char* text : {"", " \n\t", ";", ";;\n;", "-- only\n/* comments */"}) {
    EXPECT_TRUE(parse_file(text).statements.empty()) << text;
  }
  EXPECT_EQ(parse_file("-- a\n/* b */ ").trailing_comments, (Span{0, 12}));
}

TEST(Recovery, ReadsTheRestOfAFile) {
  EXPECT_EQ(
      outline("CREATE TABLE a (id int);\nSELEC 1;\nALTER TABLE a ADD b int;\nDROP TABEL x;\nDROP TABLE c"),
      "create-table: CREATE TABLE a (id int)\n"
      "syntax unrecognized: SELEC 1\n"
      "add-column: ALTER TABLE a ADD b int\n"
      "syntax unrecognized: DROP TABEL x\n"
      "drop-table: DROP TABLE c\n");
}

TEST(Recovery, AMissingSemicolonCostsOneStatement) {
  EXPECT_EQ(outline("CREATE TABLE a (id int)\nALTER TABLE a ADD b int\nDROP TABLE c;\nDROP TABLE d;"),
            "syntax unrecognized: CREATE TABLE a (id int)\n"
            "syntax unrecognized: ALTER TABLE a ADD b int\n"
            "drop-table: DROP TABLE c\n"
            "drop-table: DROP TABLE d\n");
  const std::string text = "CREATE TABLE a (id int)\nDROP TABLE c;";
  const Statement first = parse_file(text).statements.at(0);
  EXPECT_EQ(text.substr(first.error_at, 4), "DROP");
  EXPECT_NE(first.error.find("semicolon is missing"), std::string::npos);
  EXPECT_EQ(std::get<Unrecognized>(first.operations[0]).may_touch, std::vector{TableName(Identifier("a"))});
}

TEST(Recovery, AnOpenParenthesisOrQuoteDoesNotSwallowTheFile) {
  EXPECT_EQ(outline("CREATE TABLE a (id int;\nDROP TABLE c;"),
            "syntax unrecognized: CREATE TABLE a (id int\ndrop-table: DROP TABLE c\n");
  EXPECT_EQ(outline("SELECT 'it's';\nDROP TABLE c;\nDROP TABLE d;"),
            "syntax unrecognized: SELECT 'it's'\ndrop-table: DROP TABLE c\ndrop-table: DROP TABLE d\n");
  EXPECT_EQ(outline("SELECT \"open;\nDROP TABLE c;"),
            "syntax unrecognized: SELECT \"open\ndrop-table: DROP TABLE c\n");
  EXPECT_EQ(outline("DROP TABLE c; /* open\nSELECT 1;"),
            "drop-table: DROP TABLE c\nsyntax unrecognized: /* open\nSELECT 1\n");
  EXPECT_EQ(outline("DO $x$ BEGIN END;\nDROP TABLE c;"),
            "syntax unrecognized: DO $x$ BEGIN END\ndrop-table: DROP TABLE c\n");
}

TEST(Recovery, SemicolonsInsideStatementsStayInside) {
  EXPECT_EQ(outline("SELEC;\nCREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);\nDROP TABLE c"),
            "syntax unrecognized: SELEC\n"
            "create-rule: CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)\n"
            "drop-table: DROP TABLE c\n");
  const std::string function =
      "CREATE FUNCTION f(a int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 1 END; SELECT 2; END";
  EXPECT_EQ(outline("SELEC;\n" + function + ";\nDROP TABLE c"),
            "syntax unrecognized: SELEC\ncreate-function: " + function + "\ndrop-table: DROP TABLE c\n");
  EXPECT_EQ(outline("SELEC;\nDO $$ BEGIN; END $$;\nSELECT ';' || $a$;$a$ -- ;\n;"),
            "syntax unrecognized: SELEC\ndo-block: DO $$ BEGIN; END $$\nselect: SELECT ';' || $a$;$a$\n");
}

TEST(Recovery, KnowsPsql) {
  EXPECT_EQ(
      outline(
          "\\set x 'it''s\n\\connect db\nDROP TABLE c;\nSELECT 1 \\gexec\nDROP TABLE :name;\nDROP TABLE d;"),
      "psql unrecognized: \\set x 'it''s\n"
      "psql unrecognized: \\connect db\n"
      "drop-table: DROP TABLE c\n"
      "select: SELECT 1\n"
      "psql unrecognized: \\gexec\n"
      "psql unrecognized: DROP TABLE :name\n"
      "drop-table: DROP TABLE d\n");
}

TEST(Recovery, SkipsCopyData) {
  EXPECT_EQ(outline("COPY a (x, y) FROM stdin;\n1\tit's \"open\n\\N\t/*\n\\.\nDROP TABLE c;\n"
                    "COPY b\n  FROM STDIN WITH (FORMAT csv);\n;,;\n\\.\n\nDROP TABLE d;"),
            "copy: COPY a (x, y) FROM stdin\n"
            "copy-data unrecognized: 1\tit's \"open\n\\N\t/*\n\\.\n\n"
            "drop-table: DROP TABLE c\n"
            "copy: COPY b\n  FROM STDIN WITH (FORMAT csv)\n"
            "copy-data unrecognized: ;,;\n\\.\n\n"
            "drop-table: DROP TABLE d\n");
}

TEST(Recovery, KnowsWhatNoServerReads) {
  EXPECT_EQ(outline("\xEF\xBB\xBF"
                    "DROP TABLE c;"),
            "invalid-text unrecognized: \xEF\xBB\xBF\ndrop-table: DROP TABLE c\n");
  EXPECT_EQ(problem(std::string_view("DROP TABLE a\0b;", 15)), ParseProblem::InvalidText);
  EXPECT_EQ(outline("SELECT '\xE9';\nDROP TABLE c;"),
            "invalid-text unrecognized: SELECT '\xE9'\ndrop-table: DROP TABLE c\n");
  EXPECT_EQ(problem("-- caf\xE9"), ParseProblem::InvalidText);
  EXPECT_EQ(problem("SELECT 1 AS \"\xED\xA0\x80\""), ParseProblem::InvalidText);  // a surrogate
  EXPECT_EQ(problem("SELECT 'é'"), ParseProblem::None);
}

TEST(Recovery, KnowsNewerServersSyntax) {
  for (const char* sql : {
           "ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID",
           "ALTER TABLE t ADD NOT NULL a",
           "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL)",
           "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2))",
           "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2), c int)",
           "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED",
           "ALTER TABLE t ALTER CONSTRAINT c NOT ENFORCED",
           "ALTER TABLE t ALTER CONSTRAINT c INHERIT",
           "ALTER TABLE t ALTER COLUMN c SET EXPRESSION AS (a * 3)",
           "ALTER TABLE t SET ACCESS METHOD DEFAULT",
           "CREATE TABLE t (id int, v tsrange, PRIMARY KEY (id, v WITHOUT OVERLAPS))",
           "ALTER TABLE t ADD FOREIGN KEY (id, PERIOD v) REFERENCES u (id, PERIOD v)",
           "CREATE TABLE t (a text STORAGE EXTERNAL)",
           "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE RETURNING a.id",
           "MERGE INTO a USING b ON a.id = b.id WHEN NOT MATCHED BY SOURCE THEN DELETE",
           "UPDATE t SET a = 1 RETURNING WITH (OLD AS o) o.a",
           "SELECT now() AT LOCAL",
           "SELECT a IS JSON OBJECT FROM t",
           "SELECT JSON_OBJECT('a': 1)",
           "SELECT * FROM JSON_TABLE(j, '$[*]' COLUMNS (a int))",
           "SELECT 1 FROM (SELECT 2)",
           "SELECT 1_000_000",
           "SELECT 0xFF",
           "REINDEX DATABASE",
           "CREATE STATISTICS ON a, b FROM t",
           "VACUUM ONLY t",
           "GRANT a TO b WITH INHERIT TRUE",
           "GRANT a TO b WITH ADMIN TRUE, SET FALSE",
           "REVOKE INHERIT OPTION FOR a FROM b",
           "REVOKE SET OPTION FOR a FROM b",
           "ALTER TABLE t ALTER CONSTRAINT c NO INHERIT",
           "CREATE TABLE t (a int NOT NULL NO INHERIT)",
           "CREATE TABLE t (a int, NOT NULL a)",
           "CREATE TABLE t (a int, CONSTRAINT n NOT NULL a NO INHERIT)",
           "CREATE TABLE t (a int REFERENCES u NOT ENFORCED)",
           "ALTER TABLE t ALTER a SET STATISTICS DEFAULT",
           "ALTER STATISTICS s SET STATISTICS DEFAULT",
           "ALTER TABLE t ALTER a SET STORAGE DEFAULT",
           "ALTER TABLE t ADD COLUMN a text STORAGE MAIN",
           "ALTER TABLE t ALTER a ADD GENERATED ALWAYS AS IDENTITY (LOGGED)",
           "ALTER DOMAIN d ADD NOT NULL",
           "ALTER DOMAIN d ADD CONSTRAINT n NOT NULL",
           "SELECT JSON_ARRAY(1, 2 ABSENT ON NULL)",
           "SELECT JSON('{}' WITH UNIQUE KEYS)",
           "SELECT JSON_SERIALIZE('{}' RETURNING text)",
           "SELECT JSON_VALUE(j, '$.a' RETURNING int ERROR ON ERROR) FROM t",
           "SELECT JSON_QUERY(j, '$.a' WITH WRAPPER) FROM t",
           "REINDEX (CONCURRENTLY) DATABASE",
           "ALTER DEFAULT PRIVILEGES GRANT SELECT ON LARGE OBJECTS TO b",
           "ANALYZE ONLY t",
       }) {
    EXPECT_EQ(problem(sql), ParseProblem::NewerSyntax) << sql;
  }
  for (const char* sql :
       {"ALTER TABLE t ADD CONSTRAINT n NOT a", "CREATE TABLE t (a int VIRTUALLY)", "SELECT 1a", "SELECT 1_a",
        "ALTER TABLE t SET DEFAULT", "SELECT a IS XML FROM t", "CREATE TABLE t (period int int)",
        "CREATE TABLE t (a int, NOT NULL)", "REVOKE OPTION FOR a FROM b", "MERGE INTO a"}) {
    EXPECT_EQ(problem(sql), ParseProblem::Syntax) << sql;
  }
}

TEST(Recovery, ErrorsSayWhereInOneLine) {
  const std::string text = "DROP TABLE a;\nALTER TABLE b ADD COLUM c int;";
  const ParsedFile file = parse_file(text);
  ASSERT_EQ(file.statements.size(), 2U);
  EXPECT_EQ(file.statements[1].error, "syntax error at or near \"int\"");
  EXPECT_EQ(text.substr(file.statements[1].error_at, 3), "int");
  EXPECT_EQ(std::get<Unrecognized>(file.statements[1].operations[0]).what, "ALTER TABLE");
  EXPECT_EQ(std::get<Unrecognized>(file.statements[1].operations[0]).may_touch,
            std::vector{TableName(Identifier("b"))});
  const std::string open = "SELECT 'a\nb\nc\n";
  EXPECT_EQ(parse_file(open).statements.at(0).error, "unterminated quoted string at or near \"'a...\"");
}

// A mistake or an attack: whatever a file holds, it is read in bounded time and no stack overflows. A
// megabyte takes six seconds at most; the tests take a fifth of one (PLANNER_HOSTILE_BYTES=1000000 for all of
// it).
TEST(Hostile, EndsInBoundedTime) {
  const char* wanted = std::getenv("PLANNER_HOSTILE_BYTES");
  const std::size_t kSize = wanted == nullptr ? 200'000 : std::stoul(wanted);
  const auto repeated = [&](std::string_view head, std::string_view unit, std::string_view tail) {
    std::string text(head);
    while (text.size() < kSize) text += unit;
    return text.append(tail);
  };
  const std::string texts[] = {
      repeated("SELECT 1", "+1", ""),
      repeated("SELECT ", "(", ""),
      repeated("SELECT ", "((1)+", "1"),
      repeated("SELECT ", "NOT ", "true"),
      repeated("SELECT 1", "::int", ""),
      repeated("SELECT ", "[", ""),
      repeated("SELECT ARRAY", "[", ""),
      repeated("SELECT 1", " UNION SELECT 1", ""),
      repeated("SELECT a", " IS NULL", ""),
      repeated("SELECT ", "CASE WHEN ", ""),
      repeated("SELECT 1", "+/*;\n*/1", ""),
      repeated("", "(SELECT ", ""),
      repeated("", "/*", ""),
      repeated("", "'", ""),
      repeated("", "';\n", ""),
      repeated("", "\"", ""),
      repeated("", "$a$;\n", ""),
      repeated("", "SELECT\n", ""),
      repeated("", "CREATE TABLE a (id int)\n", ""),
      repeated("", "x;", ""),
      repeated("", ";", ""),
      repeated("", "\\x\n", ""),
      repeated("", "\\x '\n", ""),
      repeated("", "COPY a FROM stdin;\n1\n\\.\n", ""),
      repeated("", "COPY a FROM stdin;\n'\n\\.\n", ""),
      repeated("", "stdin '\n", ""),
      repeated("", "\xFF", ""),
      repeated("", "\xFF;", ""),
      repeated("DO $$ ", "BEGIN ", "$$"),
      repeated("DO $$ BEGIN ", "IF a THEN ", "END $$"),
      repeated("INSERT INTO t VALUES (1)", ",(1,'x'::text)", ""),
      repeated("CREATE FUNCTION f() BEGIN ATOMIC ", "SELECT 1;", ""),
      std::string(kSize, '\0'),
      repeated("SELECT 1 ", "+", ""),
      repeated("SELECT 1 ", "-+@", ""),
      repeated("SELECT ", "a,b+1,", ""),
      repeated("SELECT 1 WHERE true", " AND a = 1", ""),
      repeated("INSERT INTO t VALUES (1)", ",(((1)))", ""),
      repeated("CREATE TABLE a (id int);\n", "x;\n", ""),
  };
  for (const std::string& text : texts) {
    const auto start = std::chrono::steady_clock::now();
    const ParsedFile file = parse_file(text);
    comments_of(text);
    is_single_statement(text);
    prisma_splits(file, text);
    for (const Statement& statement : file.statements) ASSERT_FALSE(statement.operations.empty());
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    EXPECT_LT(seconds, 60) << text.substr(0, 40);
  }
}

}  // namespace
}  // namespace planner
