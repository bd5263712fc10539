// analyze() with one thread and with several: the same answer.
#include "planner/engine.h"

#include <gtest/gtest.h>

#include "planner/schema_diff.h"
#include "plans/registry.h"
#include "rules/registry.h"

namespace planner {
namespace {

/// Tables that grow, are renamed and dropped, views over them, and statements that fail.
History busy_history(std::size_t migrations, std::size_t pending_from) {
  History history;
  for (std::size_t i = 0; i < migrations; ++i) {
    const std::string n = std::to_string(i / 8);
    static constexpr const char* kSteps[] = {
        "CREATE TABLE t% (id serial PRIMARY KEY, a int, b text, c varchar(10)); CREATE TYPE e% AS ENUM "
        "('x');",
        "CREATE INDEX ON t% (a); ALTER TABLE t% ADD COLUMN d int NOT NULL DEFAULT 0, ALTER b SET NOT NULL;",
        "CREATE VIEW v% AS SELECT id, a, b FROM t%; ALTER TYPE e% ADD VALUE 'y';",
        "ALTER TABLE t% RENAME COLUMN c TO cc; UPDATE t% SET a = 1;",
        "ALTER TABLE t% ALTER COLUMN a TYPE bigint; ALTER TABLE missing ADD x int; SELECT FROM WHERE;",
        "DROP VIEW v%; ALTER TABLE t% ALTER COLUMN a TYPE bigint, DROP COLUMN d;",
        "DO $$ BEGIN ALTER TABLE t% ADD f uuid; END $$; CREATE TEMP TABLE s% (x int); SET search_path = "
        "nowhere;",
        "BEGIN; ALTER TABLE t% ADD CHECK (id > 0); ALTER TABLE t% ADD UNIQUE (b);",
    };
    std::string text = kSteps[i % 8];
    for (std::size_t at = text.find('%'); at != std::string::npos; at = text.find('%'))
      text.replace(at, 1, n);
    Migration migration;
    migration.name = std::to_string(20240101000000 + i) + "_step_" + std::to_string(i);
    migration.path = migration.name + "/migration.sql";
    migration.text = std::move(text);
    migration.pending = i >= pending_from;
    history.migrations.push_back(std::move(migration));
  }
  return history;
}

std::string told(const Analysis& analysis) {
  std::string text;
  for (const JudgedMigration& judged : analysis.judged) {
    text += std::to_string(judged.index) + " " + std::to_string(judged.not_looked_at) + "\n";
    for (const Finding& finding : judged.findings)
      text += "  " + finding.rule + " " + finding.object + " " + finding.message + " " + finding.help + "\n";
  }
  for (const std::string& gap : analysis.gaps) text += gap + "\n";
  return text;
}

void expect_same_with_threads(std::size_t pending_from, bool each_alone) {
  const History history = busy_history(160, pending_from);
  AnalyzeOptions options;
  options.recipes = &all_recipes();
  options.each_alone = each_alone;
  const Analysis one = analyze(history, all_rules(), options);
  options.threads = 4;
  for (int round = 0; round < 3; ++round) {
    const Analysis several = analyze(history, all_rules(), options);
    EXPECT_EQ(told(one), told(several));
    EXPECT_TRUE(compare(one.end, several.end).empty());
  }
  EXPECT_FALSE(one.judged.empty());
  EXPECT_NE(told(one).find("rename-column"), std::string::npos);
}

TEST(EngineThreads, every_migration) { expect_same_with_threads(0, true); }
TEST(EngineThreads, one_deployment) { expect_same_with_threads(98, false); }

}  // namespace
}  // namespace planner
