#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "planner/replay/replay.h"
#include "planner/sql/parse.h"
#include "planner/tool_table.h"
#include "src/database/live_schema.h"
#include "src/project/layouts.h"
#include "tests/replay/comparison.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/postgres.h"

/// Every real history, found, ordered and read as planner does it, replayed and applied to a server: both
/// must end with the same schema, object by object.
namespace planner {
namespace {

class Histories : public test::PostgresTest {
 protected:
  void check(const std::filesystem::path& folder, const std::string& name) {
    const auto layout = project::detect_layout(folder, true);
    ASSERT_TRUE(layout) << name;
    const Tool tool = project::facts_of(*layout).tool;
    Schema schema = schema_at_start(tool);
    const std::string database = another_database();
    if (!record_table_sql(tool).empty()) Connection(database).exec(record_table_sql(tool));
    for (const project::MigrationFile& migration : project::list_migrations(folder, *layout).files) {
      const std::string text = project::read_migration(migration, *layout).text;
      const ParsedFile file = parse_file(text);
      // Deployed one by one, so each over a connection of its own.
      Connection connection(database);
      connection.exec("SET client_min_messages = error");
      for (const Statement& statement : file.statements) {
        const std::string one = text.substr(statement.span.begin, statement.span.end - statement.span.begin);
        EXPECT_EQ(statement.problem, ParseProblem::None)
            << name << " " << migration.name << ": " << statement.error;
        try {
          connection.exec(one);
        } catch (const DatabaseError& error) {
          ADD_FAILURE() << name << " " << migration.name << ": does not apply: " << error.what() << "\n"
                        << one;
          return;
        }
      }
      for (const FileProblem& problem : replay_file(schema, file)) {
        const Span span = file.statements[problem.statement].span;
        ADD_FAILURE() << name << " " << migration.name << ": " << problem.problem.message << "\n"
                      << text.substr(span.begin, span.end - span.begin);
      }
    }
    Connection connection(database);
    if (tool == Tool::PrismaUnknown) {  // read_schema() leaves Prisma's own table out
      EXPECT_TRUE(replay_file(schema, parse_file("DROP TABLE _prisma_migrations")).empty());
    }
    for (const std::string& sentence : test::disagreements(schema, read_schema(connection))) {
      ADD_FAILURE() << name << ": " << sentence;
    }
    for (const auto& [table_name, table] : schema.tables) {
      EXPECT_EQ(table->certainty, Certainty::Known)
          << name << ": " << display(table_name) << " is marked as uncertain";
    }
    for (const auto& [view_name, view] : schema.views) {
      EXPECT_EQ(view->certainty, Certainty::Known)
          << name << ": " << display(view_name) << " is marked as uncertain";
      EXPECT_TRUE(view->reads_all_of.empty())
          << name << ": it is not known what " << display(view_name) << " reads";
    }
  }
};

TEST_F(Histories, EndWithTheSchemaThatPostgresqlEndsWith) {
  PLANNER_SHARED_OR_SKIP(shared);
  const auto histories = nlohmann::json::parse(test::read_file(shared / "corpus" / "histories.json"));
  EXPECT_FALSE(histories.empty());
  for (const auto& history : histories) {
    const std::string folder = history.at("folder");
    const std::string name = folder + "." + std::string(history.at("history"));
    SCOPED_TRACE(name);
    check(shared / "corpus" / folder / std::string(history.at("dir")), name);
  }
}

/// Small complete histories of every layout, in this repository.
struct OwnHistory {
  std::string folder;
  project::Layout layout;
  std::vector<std::string> names;    ///< in the order of their tool
  std::vector<bool> no_transaction;  ///< as the file itself, or what lies beside it, says
};

const std::vector<OwnHistory>& own_histories() {
  using project::Layout;
  static const std::vector<OwnHistory> all{
      {"prisma", Layout::Prisma, {"20240101000000_init", "20240201000000_role"}, {false, false}},
      {"golang_migrate",
       Layout::GolangMigrate,
       {"000001_accounts", "000002_entries", "000010_tenants"},
       {false, false, false}},
      {"flyway/sql",
       Layout::Flyway,
       {"V1__init", "V1_1__lines", "V2__overdue", "V2.5__audit", "V10__index", "R__a_summary",
        "R__open_invoices"},
       {false, false, false, false, true, false, false}},
      {"diesel",
       Layout::Diesel,
       {"2021-01-01-000000_create_users", "2021-02-01-120000_add_posts", "2021-03-01-000000_index"},
       {false, false, true}},
      {"sqlx/migrations",
       Layout::Sqlx,
       {"20230101000000_customers", "20230202000000_orders", "20230303000000_index"},
       {false, false, true}},
      {"drizzle", Layout::Drizzle, {"0000_brave_hulk", "0001_quiet_storm"}, {false, false}},
      {"goose", Layout::Goose, {"00001_init", "00002_comments", "00010_concurrent"}, {false, false, true}},
      {"dbmate",
       Layout::Dbmate,
       {"20240101000000_devices", "20240102000000_partitions", "20240103000000_label"},
       {false, false, true}},
      {"plain", Layout::Plain, {"1_schema", "2_view", "10_later"}, {false, false, false}},
  };
  return all;
}

TEST_F(Histories, OfEveryLayoutEndWithTheSchemaThatPostgresqlEndsWith) {
  for (const OwnHistory& history : own_histories()) {
    SCOPED_TRACE(history.folder);
    check(test::source_dir() / "tests" / "replay" / "histories" / history.folder, history.folder);
  }
  EXPECT_EQ(own_histories().size(), project::layout_facts().size()) << "every layout has one";
}

TEST_F(Histories, OfEveryLayoutAreRecognisedAndOrdered) {
  for (const OwnHistory& history : own_histories()) {
    SCOPED_TRACE(history.folder);
    const auto folder = test::source_dir() / "tests" / "replay" / "histories" / history.folder;
    const auto layout = project::detect_layout(folder, true);
    ASSERT_TRUE(layout);
    EXPECT_EQ(*layout, history.layout);
    std::vector<std::string> names;
    std::vector<bool> no_transaction;
    for (const project::MigrationFile& file : project::list_migrations(folder, *layout).files) {
      names.push_back(file.name);
      no_transaction.push_back(project::read_migration(file, *layout).no_transaction);
    }
    EXPECT_EQ(names, history.names);
    EXPECT_EQ(no_transaction, history.no_transaction);
  }
}

TEST_F(Histories, AreListedInTheOrderInWhichTheirToolsRunThem) {
  PLANNER_SHARED_OR_SKIP(shared);
  for (const auto& history : nlohmann::json::parse(test::read_file(shared / "corpus" / "histories.json"))) {
    const std::filesystem::path root = shared / "corpus" / std::string(history.at("folder"));
    const std::filesystem::path folder = root / std::string(history.at("dir"));
    const auto layout = project::detect_layout(folder, true);
    ASSERT_TRUE(layout) << folder;
    // `golang-migrate+atlas`: the files are golang-migrate's, another tool wrote them.
    EXPECT_TRUE(std::string(history.at("layout")).starts_with(project::facts_of(*layout).name)) << folder;
    std::vector<std::filesystem::path> wanted, listed;
    std::vector<bool> wanted_outside, listed_outside;
    for (const auto& migration : history.at("migrations")) {
      if (!migration.at("up").is_string()) continue;
      wanted.push_back(root / std::string(migration.at("up")));
      wanted_outside.push_back(migration.value("notx", false));
    }
    for (const project::MigrationFile& file : project::list_migrations(folder, *layout).files) {
      listed.push_back(file.file);
      listed_outside.push_back(file.no_transaction);
    }
    EXPECT_EQ(listed, wanted) << folder;
    EXPECT_EQ(listed_outside, wanted_outside) << folder;
  }
}

}  // namespace
}  // namespace planner
