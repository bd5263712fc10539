#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "planner/replay/replay.h"
#include "planner/schema_diff.h"
#include "planner/sql/parse.h"
#include "planner/tool_table.h"
#include "plans/schema_script.h"
#include "src/database/live_schema.h"
#include "src/project/layouts.h"
#include "tests/replay/comparison.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/postgres.h"

/// `planner diff --script` really turns one schema into the other: its SQL is run on a server and the outcome
/// is read back.
namespace planner {
namespace {

class Scripts : public test::PostgresTest {
 protected:
  /// Runs the script on the database, which has `from`, and expects `to`. False when the script says itself
  /// that it cannot make something.
  bool expect_turns(Connection& connection, const Schema& from, const Schema& to, const std::string& name) {
    const plans::SchemaScript script = plans::script_between(from, to);
    for (const std::string& note : script.notes) {
      if (note.find("cannot be made") != std::string::npos) return false;
    }
    std::string text;
    for (const Sql& statement : script.statements) {
      text += statement.str() + ";\n";
      try {
        connection.exec(statement.str());
      } catch (const DatabaseError& error) {
        ADD_FAILURE() << name << ": " << error.what() << "\n" << statement.str();
        return false;
      }
    }
    connection.exec("RESET ALL");
    CompareOptions options;
    options.name_a = "what was asked for";
    options.name_b = "what the script made";
    for (const SchemaDifference& difference : compare(to, read_schema(connection), options)) {
      ADD_FAILURE() << name << ": " << difference.sentence << "\n" << (text.size() < 4000 ? text : "");
    }
    return true;
  }

  void apply(Connection& connection, const std::string& text) {
    connection.exec("SET client_min_messages = error");
    for (const Statement& statement : parse_file(text).statements) {
      try {
        connection.exec(text.substr(statement.span.begin, statement.span.end - statement.span.begin));
      } catch (const DatabaseError&) {  // cases hold statements that a server refuses
      }
    }
    connection.exec("RESET ALL");
  }

  void check_history(const std::filesystem::path& folder, const std::string& name) {
    const auto layout = project::detect_layout(folder, true);
    ASSERT_TRUE(layout);
    const auto files = project::list_migrations(folder, *layout).files;
    const std::string url_a = another_database();
    Connection a(url_a);
    const std::string_view records = record_table_sql(project::facts_of(*layout).tool);
    if (!records.empty()) a.exec(records);
    Schema half;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (i == files.size() / 2) half = read_schema(a);
      apply(a, project::read_migration(files[i], *layout).text);
    }
    const Schema whole = read_schema(a);
    Connection b(another_database());
    expect_turns(b, Schema(), whole, name + ": nothing -> everything");
    expect_turns(b, read_schema(b), half, name + ": everything -> half");
    expect_turns(b, read_schema(b), whole, name + ": half -> everything");
    expect_turns(b, read_schema(b), Schema(), name + ": everything -> nothing");
  }
};

TEST_F(Scripts, OfRealHistories) {
  PLANNER_SHARED_OR_SKIP(shared);
  for (const auto& history : nlohmann::json::parse(test::read_file(shared / "corpus" / "histories.json"))) {
    const std::string folder = history.at("folder");
    check_history(shared / "corpus" / folder / std::string(history.at("dir")),
                  folder + "." + std::string(history.at("history")));
  }
}

TEST_F(Scripts, OfTheReplayCases) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::source_dir() / "tests" / "replay" / "cases")) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    const std::string text = test::read_file(file);
    const std::string mark = "-- case: ";
    for (std::size_t at = text.find(mark); at != std::string::npos;) {
      const std::size_t next = text.find("\n" + mark, at);
      const std::string one = text.substr(at, next == std::string::npos ? std::string::npos : next + 1 - at);
      const std::string name =
          file.filename().string() + ": " + one.substr(mark.size(), one.find('\n') - mark.size());
      SCOPED_TRACE(name);
      Connection made(another_database());
      const Schema before = read_schema(made);
      apply(made, one);
      made.exec("DISCARD ALL");
      const Schema after = read_schema(made);
      Connection turned(another_database());
      if (expect_turns(turned, before, after, name))
        expect_turns(turned, read_schema(turned), before, name + " and back");
      at = next == std::string::npos ? next : next + 1;
    }
  }
}

}  // namespace
}  // namespace planner
