#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/cli/other_tools.h"
#include "tests/cli/seat.h"

/// Histories that other tools deploy: planner reads their tables, leads a plan through them, and names their
/// own commands.
namespace planner::test {
namespace {

using testing::HasSubstr;

class OtherTools : public Seat, public testing::WithParamInterface<OtherTool> {
 protected:
  OtherTools() { std::filesystem::remove_all(repository_.path("prisma")); }
};

TEST_P(OtherTools, StatusReadsTheTableAndNamesTheToolsCommand) {
  const OtherTool& tool = GetParam();
  for (const auto& [file, text] : tool.files) repository_.write(file, text);
  const Ran fresh = planner({"status"});
  EXPECT_THAT(fresh.out, HasSubstr("0 applied, 2 pending")) << fresh.err;
  db().exec(kUsers);
  db().exec(tool.record);
  const Ran status = planner({"status"});
  EXPECT_EQ(status.exit_code, 1) << status.out << status.err;
  EXPECT_THAT(status.out, HasSubstr("1 applied, 1 pending"));
  EXPECT_THAT(status.out, HasSubstr("pending      " + tool.pending));
  EXPECT_THAT(status.out, HasSubstr("next: " + tool.command));
}

/// Tables that planner does not write: what would have to says so, names the tool's own command, and changes
/// nothing.
TEST_P(OtherTools, WhatWouldWriteTheToolsTableIsRefusedWithItsOwnCommand) {
  const OtherTool& tool = GetParam();
  if (!tool.rows.empty()) GTEST_SKIP() << "planner writes this table";
  for (const auto& [file, text] : tool.files) repository_.write(file, text);
  db().exec(kUsers);
  db().exec(tool.record);
  const std::vector<std::string> files = files_below(repository_.path());
  const std::string tables = value("SELECT string_agg(oid::text, ' ' ORDER BY oid) FROM pg_class");
  const auto refused = [&](const std::vector<std::string>& arguments) {
    const Ran ran = planner(arguments);
    EXPECT_EQ(ran.exit_code, 2) << testing::PrintToString(arguments) << ran.out << ran.err;
    return ran.err;
  };
  EXPECT_THAT(refused({"deploy"}), HasSubstr("deploy it with its own tool, " + tool.command));
  EXPECT_THAT(refused({"deploy", "--dry-run"}), HasSubstr(tool.command));
  EXPECT_THAT(refused({"resolve", tool.pending, "--applied"}), HasSubstr("use the history's own tool"));
  (void)refused({"reset", "--yes"});
  EXPECT_EQ(files_below(repository_.path()), files);
  EXPECT_EQ(value("SELECT string_agg(oid::text, ' ' ORDER BY oid) FROM pg_class"), tables);
}

TEST_P(OtherTools, APlanIsTakenBackByItsOwnTool) {
  const OtherTool& tool = GetParam();
  for (const auto& [file, text] : tool.files) {
    std::string renaming = text;
    if (const std::size_t at = renaming.find(kAge); at != std::string::npos)
      renaming.replace(at, std::string(kAge).size(), "ALTER TABLE users RENAME COLUMN email TO mail;\n");
    repository_.write(file, renaming);
  }
  db().exec(kUsers);
  db().exec(tool.record);
  const Ran split = planner({"split", tool.pending, "--release"});
  ASSERT_EQ(split.exit_code, 0) << split.out << split.err;
  for (const char* command : {"rollback", "abandon"}) {
    if (!tool.rows.empty()) break;
    const Ran now = planner({command, "age", "--now"});
    EXPECT_EQ(now.exit_code, 2) << now.out << now.err;
    EXPECT_THAT(now.err, HasSubstr("planner does not apply the migrations of a " + tool.name));
    EXPECT_THAT(now.err, HasSubstr("deploy it with its own tool, " + tool.command));
  }
  const Ran back = planner({"rollback", "age"});
  if (tool.name == "drizzle") {
    EXPECT_EQ(back.exit_code, 2) << back.out;
    EXPECT_THAT(back.err, HasSubstr("take the file and its entry in meta/_journal.json out by hand"));
    return;
  }
  EXPECT_EQ(back.exit_code, 0) << back.out << back.err;
  EXPECT_THAT(back.out, HasSubstr("withdrew 1_add"));
}

INSTANTIATE_TEST_SUITE_P(Every, OtherTools, testing::ValuesIn(other_tools()),
                         [](const auto& instance) { return instance.param.name; });

class GolangMigrate : public Seat {
 protected:
  GolangMigrate() {
    std::filesystem::remove_all(repository_.path("prisma"));
    repository_.write("migrations/000001_init.up.sql", kUsers);
    repository_.write("migrations/000001_init.down.sql", "DROP TABLE users;\n");
    db().exec(kUsers);
    db().exec("CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)");
    db().exec("INSERT INTO schema_migrations VALUES (1, false)");
  }
  /// As the tool does it: the next file, then its number.
  void migrate_up() {
    const long long version = std::stoll(value("SELECT version FROM schema_migrations"));
    std::vector<std::string> names = files_below(repository_.path("migrations"));
    for (const std::string& name : names) {
      if (!name.ends_with(".up.sql") || std::stoll(name) <= version) continue;
      db().exec(repository_.read("migrations/" + name));
      db().exec("UPDATE schema_migrations SET version = " + std::to_string(std::stoll(name)));
    }
  }
};

TEST_F(GolangMigrate, APlanIsWalkedToItsEnd) {
  db().exec("INSERT INTO users SELECT g, 'e' || g FROM generate_series(1, 500) g");
  repository_.write("migrations/000002_rename_email.up.sql",
                    "ALTER TABLE users RENAME COLUMN email TO mail;\n");
  repository_.write("migrations/000002_rename_email.down.sql",
                    "ALTER TABLE users RENAME COLUMN mail TO email;\n");
  const Ran split = planner({"split", "rename_email", "--release"});
  ASSERT_EQ(split.exit_code, 0) << split.out << split.err;
  migrate_up();
  for (int phase = 0; phase < 4; ++phase) {
    const Ran next = planner({"next", "rename_email", "--deployed", "v2"});
    ASSERT_EQ(next.exit_code, 0) << next.out << next.err;
    EXPECT_THAT(next.out, HasSubstr("then deploy: migrate up"));
    if (phase == 0) {
      const Ran filled = planner({"backfill", "run", "rename_email"});
      EXPECT_EQ(filled.exit_code, 0) << filled.err;
      EXPECT_THAT(filled.out, HasSubstr("Next: migrate up"));
    }
    migrate_up();
  }
  const Ran done = planner({"next", "rename_email"});
  EXPECT_THAT(done.out, HasSubstr("the plan is done")) << done.err;
  EXPECT_EQ(value("SELECT count(*) FROM users WHERE mail = 'e' || id"), "500");
  const Ran status = planner({"status"});
  EXPECT_EQ(status.exit_code, 0) << status.out;
}

TEST_F(GolangMigrate, ADirtyVersionIsSaidAndResolved) {
  db().exec("UPDATE schema_migrations SET dirty = true");
  const Ran ran = planner({"status"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("next: planner resolve 000001_init"));
  const Ran looked = planner({"resolve", "000001_init"});
  EXPECT_EQ(looked.exit_code, 1);
  EXPECT_THAT(looked.out, HasSubstr("everything it does is there"));
  EXPECT_EQ(planner({"resolve", "000001_init", "--applied"}).exit_code, 0);
  EXPECT_EQ(value("SELECT version || ' ' || dirty FROM schema_migrations"), "1 false");
  EXPECT_EQ(planner({"status"}).exit_code, 0);
}

/// A script gives each file to psql, and nothing records which.
class PlainSql : public Seat {
 protected:
  PlainSql() {
    std::filesystem::remove_all(repository_.path("prisma"));
    repository_.write("planner.toml",
                      "deploys_with = \"psql\"\n\n[[service]]\nname = \"users\"\nmigrations = "
                      "\"migrations\"\n");
    repository_.write("migrations/001_init.sql", kUsers);
    run_new_files();
    db().exec("INSERT INTO users SELECT g, 'e' || g FROM generate_series(1, 500) g");
  }
  void run_new_files() {
    std::vector<std::string> names = files_below(repository_.path("migrations"));
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      if (done_.insert(name).second) db().exec(repository_.read("migrations/" + name));
    }
  }
  std::set<std::string> done_;
};

TEST_F(PlainSql, APlanIsWalkedToItsEndByWhatTheDatabaseHolds) {
  EXPECT_EQ(planner({"status"}).exit_code, 0);
  repository_.write("migrations/002_rename_email.sql", "ALTER TABLE users RENAME COLUMN email TO mail;\n");
  EXPECT_THAT(planner({"status"}).out, HasSubstr("1 applied, 1 pending"));
  const Ran split = planner({"split", "rename_email", "--release"});
  ASSERT_EQ(split.exit_code, 0) << split.out << split.err;
  const Ran early = planner({"next", "rename_email"});
  EXPECT_EQ(early.exit_code, 1) << early.out << early.err;
  run_new_files();
  for (int phase = 0; phase < 4; ++phase) {
    const Ran next = planner({"next", "rename_email", "--deployed", "v2"});
    ASSERT_EQ(next.exit_code, 0) << next.out << next.err << planner({"status"}).out;
    if (phase == 0) {
      const Ran waits = planner({"next", "rename_email"});
      EXPECT_EQ(waits.exit_code, 1) << "the rows are not copied" << waits.out;
    }
    run_new_files();
  }
  const Ran done = planner({"next", "rename_email"});
  EXPECT_THAT(done.out, HasSubstr("the plan is done")) << done.err;
  EXPECT_EQ(value("SELECT count(*) FROM users WHERE mail = 'e' || id"), "500");
  const Ran status = planner({"status"});
  EXPECT_EQ(status.exit_code, 0) << status.out << status.err;
  EXPECT_THAT(status.out, HasSubstr("nothing records what was applied"));
}

TEST_F(PlainSql, WhatOnlyChangesRowsIsNotClaimed) {
  repository_.write("migrations/002_fill.sql", "UPDATE users SET email = 'x' WHERE email IS NULL;\n");
  const Ran status = planner({"status"});
  EXPECT_THAT(status.out, HasSubstr("not to be told"));
  EXPECT_THAT(status.out, HasSubstr("002_fill"));
}

}  // namespace
}  // namespace planner::test
