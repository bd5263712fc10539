// The plans of the main job, deployed phase by phase while generated clients of the old and the new release
// read and write.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "planner/engine.h"
#include "plans/registry.h"
#include "rules/registry.h"
#include "src/database/connection.h"
#include "src/proof/proof_server.h"
#include "src/proof/rehearse.h"
#include "tests/support/postgres.h"

namespace planner::test {
namespace {

struct Change {
  const char* name;
  std::string history;
  std::string original;
  std::vector<SplitOptions::Fill> fills;
};

SplitOptions::Fill fill_with(const char* table, const char* column, const char* value) {
  return {ObjectName(Identifier("public"), Identifier(table)), Identifier(column), Expression::parse(value)};
}

const char* const kUsers =
    "CREATE TABLE \"User\" (\"id\" SERIAL NOT NULL, \"email\" TEXT NOT NULL, \"name\" TEXT NOT NULL, "
    "\"nickname\" TEXT DEFAULT 'none', \"status\" TEXT NOT NULL DEFAULT 'active', "
    "CONSTRAINT \"User_pkey\" PRIMARY KEY (\"id\"));\n"
    "CREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");\nCREATE INDEX \"User_name_idx\" ON "
    "\"User\"(\"name\");\n"
    "CREATE TABLE \"Post\" (\"id\" UUID NOT NULL, \"title\" VARCHAR(80), \"authorId\" INTEGER NOT NULL, "
    "CONSTRAINT \"Post_pkey\" PRIMARY KEY (\"id\"));\n"
    "ALTER TABLE \"Post\" ADD CONSTRAINT \"Post_authorId_fkey\" FOREIGN KEY (\"authorId\") REFERENCES "
    "\"User\"(\"id\") ON DELETE RESTRICT ON UPDATE CASCADE;\n";

std::vector<Change> changes() {
  return {
      {"20240102000000_rename_name_to_fullname",
       kUsers,
       "ALTER TABLE \"User\" RENAME COLUMN \"name\" TO \"fullName\";",
       {}},
      {"20240102000000_rename_name_to_fullname",
       kUsers,
       "ALTER TABLE \"User\" DROP COLUMN \"name\",\nADD COLUMN     \"fullName\" TEXT NOT NULL;",
       {}},
      {"20240102000000_rename_nickname_to_alias",
       kUsers,
       "ALTER TABLE \"User\" RENAME COLUMN \"nickname\" TO \"alias\";",
       {}},
      {"20240102000000_title_required",
       kUsers,
       "ALTER TABLE \"Post\" ALTER COLUMN \"title\" SET NOT NULL;",
       {fill_with("Post", "title", "'untitled'")}},
      {"20240102000000_add_country",
       kUsers,
       "ALTER TABLE \"User\" ADD COLUMN \"country\" TEXT NOT NULL;",
       {fill_with("User", "country", "'unknown'")}},
      {"20240102000000_rename_post_to_article", kUsers, "ALTER TABLE \"Post\" RENAME TO \"Article\";", {}},
  };
}

void PrintTo(const Change& change, std::ostream* out) {
  *out << change.name << ": " << change.original.substr(0, 60);
}

struct Planned {
  Plan plan;
  std::vector<Intention> intentions;
};

Planned planned(const Change& change) {
  History history;
  history.tool = Tool::PrismaUnknown;
  history.migrations.push_back({"20240101000000_init", "init.sql", change.history, false, false});
  history.migrations.push_back({change.name, "change.sql", change.original, true, false});
  SplitOptions options;
  options.fills = change.fills;
  const SplitResult result = split(history, 1, all_rules(), all_recipes(), options);
  if (result.outcome != SplitResult::Outcome::Planned) {
    throw std::runtime_error(result.problems.empty() ? "nothing to do" : result.problems.front().what);
  }
  Planned out{result.plan, {}};
  AnalyzeOptions look;
  look.keep_intentions = true;
  const Analysis analysis = analyze(history, {}, look);
  out.intentions = analysis.judged.at(0).intentions;
  return out;
}

ProofServer shared_proof_server() {
  ProofServer server;
  server.create = [](const std::string& template_name) {
    const std::string url = template_name.empty() ? scratch().create_database()
                                                  : scratch().copy_database(scratch().url(template_name));
    return Connection(url).exec("SELECT current_database()").text();
  };
  server.drop = [](const std::string& name) { scratch().drop_database(scratch().url(name)); };
  server.url = [](const std::string& name) { return scratch().url(name); };
  return server;
}

class PlansUnderLoad : public testing::TestWithParam<Change> {};

std::string told(const Rehearsal& rehearsal) {
  std::string out;
  for (const PhaseRehearsal& phase : rehearsal.phases) {
    out += phase.phase + " (" + phase.running + "): " + std::to_string(phase.traffic.requests) +
           " requests, longest " + std::to_string(phase.traffic.longest_ms) + " ms " + phase.problem + "\n";
    for (const auto& [failure, times] : phase.traffic.failures)
      out += "  " + std::to_string(times) + " x " + failure + "\n";
    for (const std::string& sample : phase.traffic.changed_samples) out += "  " + sample + "\n";
    for (const RowDifference& difference : phase.differences)
      out += "  " + difference.where + " should hold " + difference.expected + ", holds " + difference.found +
             "\n";
  }
  for (const std::string& note : rehearsal.notes) out += "note: " + note + "\n";
  return out;
}

TEST_P(PlansUnderLoad, no_request_fails_and_no_committed_value_is_lost) {
  const Planned change = planned(GetParam());
  ProofInput input{{GetParam().history}, &change.plan, change.intentions, 100};
  RehearseOptions options;
  options.rows = 3000;
  options.seconds_between = 0.7;
  options.quiet_seconds = 0.3;
  // A shared machine stalls by itself; the bound that the lock ladder keeps is measured by the benchmark.
  options.longest_wait_ms = 5000;
  const Rehearsal rehearsal = rehearse(shared_proof_server(), input, options);
  EXPECT_TRUE(rehearsal.ok()) << told(rehearsal);
  EXPECT_EQ(rehearsal.phases.size(), change.plan.phases.size() + 1) << told(rehearsal);
  for (const PhaseRehearsal& phase : rehearsal.phases) EXPECT_GT(phase.traffic.writes, 0U) << phase.phase;
}

TEST_P(PlansUnderLoad, a_killed_deployer_runs_the_phase_again) {
  const Planned change = planned(GetParam());
  if (std::none_of(change.plan.phases.begin(), change.plan.phases.end(),
                   [](const Phase& phase) { return phase.backfill.has_value(); }))
    GTEST_SKIP() << "no phase fills rows";
  ProofInput input{{GetParam().history}, &change.plan, change.intentions, 100};
  RehearseOptions options;
  options.rows = 30000;
  options.seconds_between = 0.3;
  options.quiet_seconds = 0.1;
  options.longest_wait_ms = 10000;
  int interrupted = 0;
  options.interrupt = [&](const Phase& phase, const std::string& url) {
    // An interrupted CREATE INDEX CONCURRENTLY leaves an INVALID index: its way on is the rollback, not the
    // same file again.
    if (!phase.backfill) return false;
    Connection deployer(url);
    deployer.send(phase.migration.str());
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    const bool killed = !deployer.finished();
    Connection(url).exec("SELECT pg_terminate_backend(" + std::to_string(deployer.backend_pid()) + ")");
    try {
      deployer.finish();
    } catch (const DatabaseError&) {
      ++interrupted;
    }
    return killed;
  };
  const Rehearsal rehearsal = rehearse(shared_proof_server(), input, options);
  EXPECT_TRUE(rehearsal.ok()) << told(rehearsal);
}

TEST_P(PlansUnderLoad, the_plan_ends_where_the_original_does_and_every_rollback_returns) {
  const Planned change = planned(GetParam());
  ProofInput input{{GetParam().history}, &change.plan, change.intentions, 200};
  input.releases.generated = true;
  input.measure_waits = true;
  const VerifyReport report = verify(shared_proof_server(), input);
  for (const ProofCheck& check : report.checks) {
    EXPECT_TRUE(check.ok) << check.phase << " " << check.what << "\n"
                          << testing::PrintToString(check.details);
  }
  EXPECT_EQ(report.waits.size(), change.plan.phases.size());
  for (const char* release : {"old release: ", "new release: "}) {
    EXPECT_TRUE(std::any_of(report.checks.begin(), report.checks.end(), [&](const ProofCheck& check) {
      return check.what.starts_with(release);
    })) << release;
  }
}

TEST(ReleaseStatements, that_a_phase_breaks_are_named) {
  const Change change = changes()[0];
  Planned broken = planned(change);
  broken.plan.phases.resize(1);
  broken.plan.phases[0].migration = Sql::verbatim("ALTER TABLE \"User\" RENAME COLUMN \"name\" TO \"other\"");
  broken.plan.phases[0].window = Window::OldRelease;
  ProofInput input{{change.history}, &broken.plan, broken.intentions, 20};
  input.releases.old_release = {{"old.sql", "SELECT 1;\nSELECT \"name\" FROM \"User\";\nSELECT nowhere;"}};
  const VerifyReport report = verify(shared_proof_server(), input);
  std::string failed;
  for (const ProofCheck& check : report.checks) {
    for (const std::string& line : check.details) failed += check.what + " | " + line + "\n";
  }
  EXPECT_NE(failed.find("old release: 2 statements run | old.sql:2: 42703 "), std::string::npos) << failed;
  EXPECT_NE(failed.find("run before the plan | old.sql:3: 42703 "), std::string::npos) << failed;
}

INSTANTIATE_TEST_SUITE_P(MainJob, PlansUnderLoad, testing::ValuesIn(changes()),
                         [](const testing::TestParamInfo<Change>& tested) {
                           return "change_" + std::to_string(tested.index);
                         });

// The oracle must notice what it is there to notice.
TEST(TheOracle, sees_a_trigger_that_loses_writes) {
  Change change = changes()[0];
  Planned broken = planned(change);
  broken.plan.phases.resize(1);
  broken.plan.phases[0].migration = Sql::verbatim(
      "DO $$ BEGIN ALTER TABLE \"User\" ADD COLUMN \"fullName\" text; "
      "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN IF NEW.id % 3 = 0 THEN "
      "NEW.status := OLD.status; END IF; RETURN NEW; END $f$; "
      "CREATE TRIGGER lose BEFORE UPDATE ON \"User\" FOR EACH ROW EXECUTE FUNCTION lose(); END $$");
  const ProofInput input{{change.history}, &broken.plan, broken.intentions, 100};
  RehearseOptions options;
  options.rows = 300;
  options.seconds_between = 1;
  const Rehearsal rehearsal = rehearse(shared_proof_server(), input, options);
  EXPECT_FALSE(rehearsal.ok());
  EXPECT_GT(rehearsal.phases.back().traffic.changed_at_once, 0U) << told(rehearsal);
}

}  // namespace
}  // namespace planner::test
