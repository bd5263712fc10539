#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "tests/fuzz/targets.h"

/// A megabyte of malice ends: in bounded time, in bounded memory, without a crash.
namespace planner::test {
namespace {

constexpr std::size_t kSize = 1'000'000;
constexpr long kSeconds = 120;     ///< of processor time, unoptimised and with sanitizers on a slow machine
constexpr long kMegabytes = 1500;  ///< peak, sanitizers included

std::string repeated(std::string_view part, std::size_t size = kSize) {
  std::string text;
  text.reserve(size + part.size());
  while (text.size() < size) text += part;
  return text;
}

std::string nested(std::string_view before, std::string_view open, std::string_view inside,
                   std::string_view close, std::string_view after) {
  const std::size_t depth = kSize / (open.size() + close.size());
  return std::string(before) + repeated(open, depth * open.size()) + std::string(inside) +
         repeated(close, depth * close.size()) + std::string(after);
}

/// Parts with a number each.
template <typename Part>
std::string numbered(const Part& part) {
  std::string text;
  for (int i = 0; text.size() < kSize; ++i) text += part(std::to_string(i));
  return text;
}

std::string next(const std::string& number) { return std::to_string(std::stoi(number) + 1); }

struct Hostile {
  const char* name;
  std::string (*text)();
};

const Hostile kHostile[] = {
    {"semicolons", [] { return repeated(";"); }},
    {"parentheses", [] { return nested("SELECT ", "(", "1", ")", ";"); }},
    {"open_parentheses", [] { return "SELECT " + repeated("("); }},
    {"array_brackets", [] { return nested("SELECT ARRAY", "[", "1", "]", ";"); }},
    {"case_in_case", [] { return nested("SELECT ", "CASE WHEN true THEN ", "1", " END", ";"); }},
    {"subqueries", [] { return nested("SELECT ", "(SELECT ", "1", ")", ";"); }},
    {"views_of_subqueries",
     [] { return nested("CREATE VIEW v AS ", "SELECT * FROM (", "SELECT 1", ") x", ";"); }},
    {"operators", [] { return "ALTER TABLE t ADD CHECK (1" + repeated(" + 1") + " > 0);"; }},
    {"conditions", [] { return "DELETE FROM t WHERE a = 1" + repeated(" OR a = 1") + ";"; }},
    {"nots", [] { return "SELECT " + repeated("NOT ") + "true;"; }},
    {"minuses", [] { return "SELECT " + repeated("- ") + "1;"; }},
    {"casts", [] { return "SELECT 1" + repeated("::int") + ";"; }},
    {"unions", [] { return "CREATE VIEW v AS SELECT 1" + repeated(" UNION SELECT 1") + ";"; }},
    {"joins", [] { return "CREATE VIEW v AS SELECT * FROM t" + repeated(" CROSS JOIN t") + ";"; }},
    {"one_huge_insert", [] { return "INSERT INTO t VALUES (1, 'a')" + repeated(", (1, 'a')") + ";"; }},
    {"one_huge_table",
     [] {
       std::string text = "CREATE TABLE t (a int";
       for (int i = 0; text.size() < kSize; ++i) text += ", column_" + std::to_string(i) + " text NOT NULL";
       return text + ");";
     }},
    {"nested_do_block", [] { return nested("DO $$ BEGIN ", "BEGIN ", "NULL;", "END; ", "END $$;"); }},
    {"ifs_in_do_block",
     [] { return nested("DO $$ BEGIN ", "IF true THEN ", "NULL;", "END IF; ", "END $$;"); }},
    {"string_not_closed", [] { return "SELECT '" + repeated("a"); }},
    {"name_not_closed", [] { return "SELECT \"" + repeated("a"); }},
    {"dollar_not_closed", [] { return "SELECT $$" + repeated("a;"); }},
    {"dollar_tags", [] { return repeated("$a$ $b$ "); }},
    {"comment_not_closed", [] { return repeated("/* "); }},
    {"comments", [] { return repeated("-- a\n"); }},
    {"syntax_errors", [] { return repeated("CREATE TABEL t (a int);\n"); }},
    {"quotes", [] { return repeated("'"); }},
    {"backslashes", [] { return "SELECT E'" + repeated("\\") + "';"; }},
    {"long_name", [] { return "CREATE TABLE " + repeated("a") + " (id int);"; }},
    {"long_number", [] { return "SELECT " + repeated("9") + ";"; }},
    {"nuls", [] { return std::string(kSize, '\0'); }},
    {"invalid_utf8", [] { return repeated("\xC3\x28"); }},
    {"lines_without_end", [] { return repeated(" "); }},
    {"newlines", [] { return repeated("\r\n"); }},
    {"copy_from_stdin", [] { return "COPY t FROM stdin;\n" + repeated("1\ta\n") + "\\.\n"; }},
    {"meta_commands", [] { return repeated("\\set a b\n"); }},
    {"small_statements", [] { return repeated("SELECT 1;"); }},
    {"do_blocks", [] { return repeated("DO $$BEGIN PERFORM 1; END$$;\n"); }},
    {"many_dangers",
     [] {
       return "CREATE TABLE t (id int, a int);\n--- migration\n" +
              repeated(
                  "ALTER TABLE t ALTER COLUMN a SET NOT NULL;\nALTER TABLE t ALTER COLUMN a DROP NOT "
                  "NULL;\n");
     }},
    {"drops_and_adds",
     [] {
       return "CREATE TABLE t (id int, a0 int);\n--- migration\n" + numbered([](const std::string& n) {
                return "ALTER TABLE t DROP COLUMN a" + n + ", ADD COLUMN a" + next(n) + " int;\n";
              });
     }},
    {"renames",
     [] {
       return "CREATE TABLE t (id int, a0 int);\n--- migration\n" + numbered([](const std::string& n) {
                return "ALTER TABLE t RENAME COLUMN a" + n + " TO a" + next(n) + ";\n";
              });
     }},
    {"ignores",
     [] {
       return "CREATE TABLE t (id int, a int);\n--- migration\n" +
              repeated("-- planner:ignore set-not-null known\nALTER TABLE t ALTER COLUMN a SET NOT NULL;\n");
     }},
};

void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.name; }

class HostileFile : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileFile, ends_in_bounded_time_and_memory) {
  const std::string text = GetParam().text();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Spent by a loop that never ends: the kernel stops it.
    rlimit limit{};
    limit.rlim_cur = limit.rlim_max = kSeconds;
    (void)::setrlimit(RLIMIT_CPU, &limit);
    int code = 0;
    try {
      analyze_only(text);
    } catch (const std::exception& error) {
      (void)!::write(2, error.what(), std::string_view(error.what()).size());
      code = 1;
    }
    ::_exit(code);
  }
  int status = 0;
  rusage used{};
  ASSERT_EQ(::wait4(child, &status, 0, &used), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status) << " after " << used.ru_utime.tv_sec
                                 << " s";
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_LT(used.ru_maxrss / 1024, kMegabytes);
  RecordProperty("milliseconds",
                 static_cast<int>(used.ru_utime.tv_sec * 1000 + used.ru_utime.tv_usec / 1000));
  RecordProperty("megabytes", static_cast<int>(used.ru_maxrss / 1024));
}

INSTANTIATE_TEST_SUITE_P(OneMegabyte, HostileFile, ::testing::ValuesIn(kHostile),
                         [](const auto& hostile) { return std::string(hostile.param.name); });

}  // namespace
}  // namespace planner::test
