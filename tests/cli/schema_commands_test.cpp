#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/repository.h"
#include "tests/support/postgres.h"

namespace planner::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kItems =
    "CREATE TABLE items (id serial PRIMARY KEY, label varchar(20) NOT NULL DEFAULT 'x');\n";

Repository with_history() {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_add_items", kItems);
  repository.migration("20240103000000_add_view", "CREATE VIEW labels AS SELECT * FROM items;\n");
  return repository;
}

class SchemaCommands : public PostgresTest {
 protected:
  void deploy(const Repository& repository) {
    for (const char* name : {"20240101000000_init", "20240102000000_add_items", "20240103000000_add_view"}) {
      db().exec(repository.read(std::string("prisma/migrations/") + name + "/migration.sql"));
    }
  }
};

TEST_F(SchemaCommands, SchemaPrintsWhatTheHistoryEndsWith) {
  const Repository repository = with_history();
  const Ran ran = repository.planner({"schema"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("CREATE TABLE \"public\".\"items\""));
  EXPECT_THAT(ran.out, HasSubstr("CREATE VIEW \"public\".\"labels\" (\"id\", \"label\") AS SELECT"));
  // It is SQL that a server takes, and it makes the same schema.
  db().exec(ran.out);
  EXPECT_EQ(repository.planner({"diff", "history", url()}).exit_code, 0)
      << repository.planner({"diff", "history", url()}).out;
}

TEST_F(SchemaCommands, SchemaStopsBehindAMigration) {
  const Repository repository = with_history();
  const Ran ran = repository.planner({"schema", "--at", "add_items"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("\"items\""));
  EXPECT_THAT(ran.out, Not(HasSubstr("VIEW")));
  const Ran unknown = repository.planner({"schema", "--at", "add_itmes"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("has no migration called \"add_itmes\""));
}

TEST_F(SchemaCommands, SchemaAsJsonAndFromADatabase) {
  const Repository repository = with_history();
  deploy(repository);
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"schema", "--format", "json"},
                                                    {"schema", "--database", url(), "--format", "json"}}) {
    const Ran ran = repository.planner(arguments);
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
    const auto json = nlohmann::json::parse(ran.out);
    EXPECT_EQ(json.at("format"), "planner-schema");
    EXPECT_EQ(json.at("tables").at(1).at("name"), "public.items");
    EXPECT_EQ(json.at("tables").at(1).at("columns").at(1).at("type"), "character varying(20)");
    EXPECT_EQ(json.at("views").at(0).at("reads").at("public.items"), nlohmann::json({"id", "label"}));
  }
}

TEST_F(SchemaCommands, DriftIsSilentWhenThereIsNone) {
  const Repository repository = with_history();
  deploy(repository);
  const Ran ran = repository.planner({"drift", "--database", url()});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("no drift"));
}

TEST_F(SchemaCommands, DriftExplainsEachDifference) {
  const Repository repository = with_history();
  deploy(repository);
  db().exec(
      "ALTER TABLE items ADD COLUMN by_hand int; DROP VIEW labels; ALTER TABLE items ALTER label TYPE text; "
      "CREATE INDEX items_label ON items (label); UPDATE pg_index SET indisvalid = false WHERE indexrelid = "
      "'items_label'::regclass");
  const Ran ran = repository.planner({"drift", "--database", url()});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("column by_hand of items is only in the database"));
  EXPECT_THAT(ran.out, HasSubstr("No migration here makes it"));
  EXPECT_THAT(ran.out, HasSubstr("view labels is only in the history"));
  EXPECT_THAT(ran.out, HasSubstr("20240103000000_add_view makes it"));
  EXPECT_THAT(
      ran.out,
      HasSubstr("column label of items: type is character varying(20) in the history, text in the database"));
  EXPECT_THAT(ran.out, HasSubstr("The index is INVALID"));
  const Ran json = repository.planner({"drift", "--database", url(), "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(json.out).at("differences").size(), 4U) << json.out;
}

TEST_F(SchemaCommands, DiffComparesAnyTwo) {
  Repository repository = with_history();
  const Ran between = repository.planner({"diff", "history@add_items", "history"});
  EXPECT_EQ(between.exit_code, 1);
  EXPECT_THAT(between.out, HasSubstr("view labels is only in the history prisma/migrations"));
  repository.write("wanted.sql", std::string(kItems) + "CREATE TABLE extra (id int);\n");
  const Ran file = repository.planner({"diff", "empty", "wanted.sql", "--format", "json"});
  EXPECT_EQ(file.exit_code, 1);
  EXPECT_EQ(nlohmann::json::parse(file.out).at("format"), "planner-diff");
  EXPECT_EQ(repository.planner({"diff", "wanted.sql", "wanted.sql"}).exit_code, 0);
}

TEST_F(SchemaCommands, DiffPrintsAScriptWithItsOwnAnalysis) {
  Repository repository = with_history();
  deploy(repository);
  repository.write("wanted.sql",
                   "CREATE TABLE items (id serial PRIMARY KEY, label varchar(20) NOT NULL DEFAULT 'x' "
                   "UNIQUE, n int NOT NULL);\n");
  const Ran script = repository.planner({"diff", url(), "wanted.sql", "--script"});
  EXPECT_EQ(script.exit_code, 1);
  EXPECT_THAT(script.out, HasSubstr("DROP VIEW \"public\".\"labels\""));
  EXPECT_THAT(script.out, HasSubstr("-- What planner analyze says of this script:"));
  EXPECT_THAT(script.out, HasSubstr("drop-table"));
  db().exec(script.out);
  const Ran after = repository.planner({"diff", url(), "wanted.sql"});
  EXPECT_EQ(after.exit_code, 0) << after.out;
}

TEST_F(SchemaCommands, TracePrintsTheLocksAndKeepsNothing) {
  Repository repository = with_history();
  deploy(repository);
  repository.write("change.sql",
                   "BEGIN;\nALTER TABLE items ADD COLUMN extra int;\nALTER TABLE items ALTER COLUMN id TYPE "
                   "bigint;\nCREATE INDEX CONCURRENTLY i ON items (label);\n"
                   "INSERT INTO items (label) VALUES ('y');\nCOMMIT;\n");
  const Ran refused = repository.planner({"trace", "change.sql", "--database", url()});
  EXPECT_EQ(refused.exit_code, 1);  // the view stands in the way of the new type
  EXPECT_THAT(
      refused.out,
      HasSubstr(
          "refused by the server, as predicted: cannot alter type of a column used by a view or rule (0A000)"));
  EXPECT_THAT(refused.err, HasSubstr("the server refuses 1 statement, as predicted"));
  db().exec("DROP VIEW labels");
  const Ran ran = repository.planner({"trace", "change.sql", "--database", url()});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("change.sql:2: ALTER TABLE items ADD COLUMN extra int\n"));
  EXPECT_THAT(ran.out, HasSubstr("items     ACCESS EXCLUSIVE  ACCESS EXCLUSIVE"));
  EXPECT_THAT(ran.out, HasSubstr("left out: it begins or ends a transaction"));
  EXPECT_THAT(ran.out, HasSubstr("left out: it cannot run inside a transaction"));
  EXPECT_THAT(ran.out, HasSubstr("rewrites: predicted items, rewritten items\n"));
  EXPECT_EQ(db().exec("SELECT count(*) FROM items").number(), 0);
  EXPECT_EQ(
      db().exec("SELECT count(*) FROM pg_attribute WHERE attrelid = 'items'::regclass AND attname = 'extra'")
          .number(),
      0);
}

TEST_F(SchemaCommands, TraceRefusesWhatLooksLikeProduction) {
  Repository repository;
  repository.write("change.sql", "SELECT 1;\n");
  db().exec(
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET app.environment = %L', current_database(), "
      "'production'); END $$");
  const Ran refused = repository.planner({"trace", "change.sql", "--database", url()});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(
      refused.err,
      HasSubstr("this looks like a production database: its setting app.environment is \"production\""));
  EXPECT_EQ(repository.planner({"trace", "change.sql", "--database", url(), "--force"}).exit_code, 0);
}

TEST_F(SchemaCommands, DriftTakesAFolderOfPlainFilesForApplied) {
  Repository repository;
  repository.write("migrations/1_items.sql", kItems);
  repository.write("migrations/2_more.sql", "ALTER TABLE items ADD COLUMN more int;\n");
  db().exec(kItems);
  const Ran ran = repository.planner({"drift", "migrations", "--database", url()});
  EXPECT_EQ(ran.exit_code, 1) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("column more of items is only in the history"));
  EXPECT_THAT(ran.err, HasSubstr("nothing records which of its 2 files were applied"));
}

TEST_F(SchemaCommands, ExplainAsksTheDatabase) {
  Repository repository;
  db().exec(
      "CREATE TABLE orders (id int PRIMARY KEY, note text); CREATE TABLE lines (o int REFERENCES orders); "
      "INSERT INTO orders SELECT g FROM generate_series(1, 40000) g; ANALYZE orders");
  const Ran type =
      repository.planner({"explain", "ALTER TABLE orders ALTER id TYPE bigint", "--database", url()});
  EXPECT_EQ(type.exit_code, 0) << type.err;
  EXPECT_THAT(type.out, HasSubstr("on the schema of \""));
  EXPECT_THAT(type.out, HasSubstr("ACCESS EXCLUSIVE on lines: "));
  EXPECT_THAT(type.out, HasSubstr("rewrites: orders"));
  EXPECT_THAT(type.out, HasSubstr("40000 rows"));
  const Ran missing = repository.planner({"explain", "ALTER TABLE nosuch ADD a int", "--database", url()});
  EXPECT_THAT(missing.out, HasSubstr("fails: relation \"nosuch\" does not exist (42P01)"));
  const Ran json =
      repository.planner({"explain", "DROP TABLE lines", "--database", url(), "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(json.out).at("format"), "planner-explain") << json.out;
}

TEST_F(SchemaCommands, WhatCannotBeReachedOrReadEndsWithTwo) {
  Repository repository;
  repository.write("migrations/1_items.sql", kItems);
  repository.write("change.sql", "SELECT 1;\n");
  const std::string missing = "postgresql://localhost:1/nowhere";
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"explain", "DROP TABLE items", "--database", missing},
        {"trace", "change.sql", "--database", missing},
        {"trace", "nosuch.sql", "--database", url()},
        {"drift", "migrations", "--database", missing},
        {"schema", "--database", missing},
        {"diff", missing, "change.sql", "--script"},
        {"diff", "change.sql", "nosuch.sql"},
        {"explain", "ALTER TABEL items ADD a int", "--database", url()}}) {
    const Ran ran = repository.planner(arguments);
    EXPECT_EQ(ran.exit_code, 2) << arguments.front() << ran.out << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("error: ")) << arguments.front();
    EXPECT_THAT(ran.err, HasSubstr("hint: ")) << arguments.front();
  }
}

TEST_F(SchemaCommands, HelpShowsExamples) {
  for (const char* command : {"schema", "diff", "drift", "trace"}) {
    const Ran ran = run_planner({command, "--help"});
    EXPECT_EQ(ran.exit_code, 0);
    EXPECT_THAT(ran.out, HasSubstr("Examples:\n  planner " + std::string(command))) << command;
  }
}

}  // namespace
}  // namespace planner::test
