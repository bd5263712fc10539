#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "src/database/deploy_lock.h"
#include "tests/cli/other_tools.h"
#include "tests/cli/seat.h"
#include "tests/support/paths.h"

/// `planner deploy` of histories that other tools deploy: the rows are those that the tool writes, so that
/// either goes on where the other stopped.
namespace planner::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<OtherTool> deployed_tools() {
  std::vector<OtherTool> tools;
  for (const OtherTool& tool : other_tools()) {
    if (!tool.rows.empty()) tools.push_back(tool);
  }
  return tools;
}

class OtherToolsDeploy : public Seat, public testing::WithParamInterface<OtherTool> {
 protected:
  OtherToolsDeploy() {
    std::filesystem::remove_all(repository_.path("prisma"));
    for (const auto& [file, text] : GetParam().files) repository_.write(file, text);
  }
  /// The pending migration does this instead.
  void let_pending_do(const std::string& sql) {
    for (const auto& [file, text] : GetParam().files) {
      std::string changed = text;
      const std::size_t at = changed.find(kAge);
      if (at == std::string::npos) continue;
      changed.replace(at, std::string(kAge).size(), sql);
      repository_.write(file, changed);
    }
  }
  std::string rows() { return value(GetParam().rows); }
  Ran killed_after(double seconds, const std::vector<std::string>& arguments) {
    RunOptions options;
    options.folder = repository_.path();
    options.environment["DATABASE_URL"] = url();
    std::vector<std::string> words{"timeout", "-s", "KILL", std::to_string(seconds),
                                   planner_program().string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return run_program(words, options);
  }
};

TEST_P(OtherToolsDeploy, AnEmptyDatabaseGetsTheToolsTableAndItsRows) {
  const Ran dry = planner({"deploy", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("2 migrations would be applied"));
  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0");
  const Ran deploy = planner({"deploy"});
  ASSERT_EQ(deploy.exit_code, 0) << deploy.out << deploy.err;
  EXPECT_EQ(rows(), GetParam().after_both);
  EXPECT_EQ(value("SELECT count(*) FROM information_schema.columns WHERE table_name = 'users'"), "3");
  EXPECT_THAT(planner({"deploy"}).out, HasSubstr("No pending migrations"));
  EXPECT_EQ(planner({"status"}).exit_code, 0);
}

TEST_P(OtherToolsDeploy, GoesOnWhereTheToolStopped) {
  db().exec(kUsers);
  db().exec(GetParam().record);
  EXPECT_EQ(rows(), GetParam().after_one);
  const Ran deploy = planner({"deploy"});
  ASSERT_EQ(deploy.exit_code, 0) << deploy.out << deploy.err;
  EXPECT_THAT(deploy.out, HasSubstr("applied  " + GetParam().pending));
  EXPECT_EQ(rows(), GetParam().after_both);
}

TEST_P(OtherToolsDeploy, AFailureLeavesWhatTheToolLeaves) {
  let_pending_do("ALTER TABLE users ADD COLUMN age int;\nALTER TABLE users ADD COLUMN email text;\n");
  const Ran deploy = planner({"deploy"});
  EXPECT_EQ(deploy.exit_code, 1) << deploy.out << deploy.err;
  EXPECT_THAT(deploy.out, HasSubstr("42701"));
  EXPECT_EQ(value("SELECT count(*) FROM information_schema.columns WHERE table_name = 'users'"), "2");
  const bool dirty = GetParam().name == "golang_migrate";
  EXPECT_EQ(rows(), dirty ? "2 true" : GetParam().after_one);
  let_pending_do(kAge);
  if (dirty) {
    const Ran refused = planner({"deploy"});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.err, HasSubstr("planner resolve 000002_age"));
    const Ran looked = planner({"resolve", "000002_age"});
    EXPECT_THAT(looked.out, HasSubstr("nothing it does is there")) << looked.err;
    EXPECT_EQ(planner({"resolve", "000002_age", "--rolled-back"}).exit_code, 0);
    EXPECT_EQ(rows(), GetParam().after_one);
  }
  EXPECT_EQ(planner({"deploy"}).exit_code, 0);
  EXPECT_EQ(rows(), GetParam().after_both);
}

TEST_P(OtherToolsDeploy, APlanIsWalkedToItsEndKilledAtRandomMoments) {
  ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
  db().exec("INSERT INTO users SELECT g, 'e' || g FROM generate_series(1, 3000) g");
  let_pending_do(
      "ALTER TABLE users RENAME COLUMN email TO mail;\nCREATE INDEX users_id_mail ON users (id, mail);\n");
  const Ran split = planner({"split", GetParam().pending, "--release"});
  ASSERT_EQ(split.exit_code, 0) << split.out << split.err;
  std::mt19937 random{std::random_device{}()};
  std::uniform_real_distribution<double> moment(0.02, 0.4);
  for (int phase = 0; phase < 12; ++phase) {
    for (int i = 0; i < 2; ++i) {
      const double seconds = moment(random);
      SCOPED_TRACE("killed after " + std::to_string(seconds) + " s in phase " + std::to_string(phase));
      (void)killed_after(seconds, {"deploy"});
    }
    const Ran deploy = planner({"deploy"});
    ASSERT_EQ(deploy.exit_code, 0) << deploy.out << deploy.err << planner({"status"}).out;
    const Ran next = planner({"next", "age", "--deployed", "v2"});
    ASSERT_EQ(next.exit_code, 0) << next.out << next.err << planner({"status"}).out;
    if (next.out.find("the plan is done") != std::string::npos) break;
  }
  EXPECT_THAT(planner({"next", "age"}).out, HasSubstr("the plan is done"));
  EXPECT_EQ(value("SELECT count(*) FROM users WHERE mail = 'e' || id"), "3000");
  EXPECT_EQ(value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
  EXPECT_EQ(planner({"status"}).exit_code, 0) << planner({"status"}).out;
  const Ran history = planner({"history"});
  EXPECT_EQ(history.exit_code, 0) << history.err;
}

TEST_P(OtherToolsDeploy, APhaseIsTakenBackAtOnce) {
  ASSERT_EQ(planner({"deploy", "--until", "init"}).exit_code, 0);
  let_pending_do("ALTER TABLE users RENAME COLUMN email TO mail;\n");
  ASSERT_EQ(planner({"split", GetParam().pending, "--release"}).exit_code, 0);
  ASSERT_EQ(planner({"deploy"}).exit_code, 0);
  EXPECT_EQ(value("SELECT count(*) FROM information_schema.columns WHERE table_name = 'users'"), "3");
  const Ran back = planner({"rollback", "age", "--now"});
  EXPECT_EQ(back.exit_code, 0) << back.out << back.err;
  EXPECT_EQ(value("SELECT count(*) FROM information_schema.columns WHERE table_name = 'users'"), "2");
  EXPECT_EQ(planner({"deploy"}).exit_code, 0);
}

TEST_P(OtherToolsDeploy, WhatIsThereAlreadyIsRecorded) {
  db().exec(kUsers);
  const std::string first = GetParam().name == "golang_migrate" ? "000001_init" : "init";
  const Ran resolve = planner({"resolve", first, "--applied"});
  EXPECT_EQ(resolve.exit_code, 0) << resolve.out << resolve.err;
  EXPECT_THAT(resolve.out, HasSubstr("everything it does is there"));
  EXPECT_EQ(planner({"deploy"}).exit_code, 0);
  EXPECT_EQ(planner({"resolve", first, "--applied"}).exit_code, 2);
  EXPECT_EQ(planner({"status"}).exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Every, OtherToolsDeploy, testing::ValuesIn(deployed_tools()),
                         [](const auto& instance) { return instance.param.name; });

class DeployLocks : public Seat {};

// Computed with zlib's crc32 from the formulas of golang-migrate's database/util.go and sqlx' migrate.rs.
TEST_F(DeployLocks, AreTheToolsOwnNumbers) {
  Connection session(scratch().url("postgres"));
  EXPECT_EQ(deploy_lock_of(Tool::Sqlx, session).keys,
            (std::vector<std::int64_t>{72707369, 368907709894077238}));
  EXPECT_EQ(deploy_lock_of(Tool::GolangMigrate, session).keys,
            (std::vector<std::int64_t>{72707369, 3280485947, 143310882}));
  EXPECT_EQ(deploy_lock_of(Tool::Goose, session).keys, (std::vector<std::int64_t>{72707369, 4097083626}));
  EXPECT_EQ(deploy_lock_of(Tool::Diesel, session).keys, (std::vector<std::int64_t>{72707369}));
}

class SqlxDeploy : public Seat {
 protected:
  SqlxDeploy() {
    std::filesystem::remove_all(repository_.path("prisma"));
    repository_.write("Cargo.toml", "[dependencies]\nsqlx = \"0.7\"\n");
    repository_.write("migrations/20240101000000_init_all_of_it.sql", kUsers);
  }
};

TEST_F(SqlxDeploy, RecordsTheChecksumAndRefusesAnEditedFileAsSqlxDoes) {
  ASSERT_EQ(planner({"deploy"}).exit_code, 0);
  EXPECT_EQ(value("SELECT description || ' ' || (checksum = sha384(convert_to('" + std::string(kUsers) +
                  "', 'UTF8'))) FROM _sqlx_migrations"),
            "init all of it true");
  repository_.write("migrations/20240101000000_init_all_of_it.sql", std::string(kUsers) + "\n");
  repository_.write("migrations/20240102000000_age.sql", kAge);
  EXPECT_THAT(planner({"status"}).out, HasSubstr("edited"));
  const Ran deploy = planner({"deploy"});
  EXPECT_EQ(deploy.exit_code, 2) << deploy.out;
  EXPECT_THAT(deploy.err, HasSubstr("VersionMismatch"));
  EXPECT_EQ(value("SELECT count(*) FROM _sqlx_migrations"), "1");
}

TEST_F(SqlxDeploy, WhatAsksForNoTransactionGetsNone) {
  repository_.write("migrations/20240102000000_index.sql",
                    "-- no-transaction\nCREATE INDEX CONCURRENTLY users_email ON users (email);\n");
  const Ran deploy = planner({"deploy"});
  EXPECT_EQ(deploy.exit_code, 0) << deploy.out << deploy.err;
  EXPECT_EQ(value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_email'::regclass"), "t");
}

TEST_F(SqlxDeploy, WaitsForTheToolItself) {
  Connection tool = connect();
  const std::int64_t key = deploy_lock_of(Tool::Sqlx, tool).keys.back();
  tool.exec("SELECT pg_advisory_lock(" + std::to_string(key) + ")");
  const Ran waited = planner({"deploy", "--wait", "1"});
  EXPECT_EQ(waited.exit_code, 2) << waited.out;
  EXPECT_THAT(waited.err, HasSubstr("another deploy"));
  EXPECT_EQ(value("SELECT to_regclass('users') IS NULL"), "t");
}

class GooseDeploy : public Seat {
 protected:
  GooseDeploy() { std::filesystem::remove_all(repository_.path("prisma")); }
  void migration(const std::string& file, const std::string& up) {
    repository_.write("migrations/" + file, "-- +goose Up\n" + up + "-- +goose Down\nSELECT 1;\n");
  }
};

TEST_F(GooseDeploy, SendsItsPiecesOneByOne) {
  migration("00001_init.sql",
            std::string(kUsers) +
                "-- +goose StatementBegin\nCREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS "
                "$$\nBEGIN\n  RETURN 1;\nEND;\n$$;\n-- +goose StatementEnd\n");
  repository_.write(
      "migrations/00002_two.sql",
      "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY users_a ON users (email);\n"
      "CREATE INDEX CONCURRENTLY users_b ON users (email);\n-- +goose Down\nDROP INDEX users_a;\n");
  const Ran deploy = planner({"deploy"});
  ASSERT_EQ(deploy.exit_code, 0) << deploy.out << deploy.err;
  EXPECT_EQ(value("SELECT one()::text || count(*) FROM pg_index WHERE indrelid = 'users'::regclass"), "13");
}

TEST_F(GooseDeploy, RefusesWhatGooseRefusesAndWhatOnlyGooseCanDo) {
  migration("00002_init.sql", kUsers);
  ASSERT_EQ(planner({"deploy"}).exit_code, 0);
  migration("00001_late.sql", "CREATE TABLE late (id int);\n");
  EXPECT_THAT(planner({"deploy"}).err, HasSubstr("missing migrations"));
  std::filesystem::remove(repository_.path("migrations/00001_late.sql"));
  migration("00003_env.sql", "-- +goose ENVSUB ON\nCREATE TABLE ${NAME} (id int);\n");
  EXPECT_THAT(planner({"deploy"}).err, HasSubstr("goose up"));
  EXPECT_EQ(value("SELECT count(*) FROM goose_db_version"), "2");
}

}  // namespace
}  // namespace planner::test
