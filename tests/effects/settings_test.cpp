#include <gtest/gtest.h>

#include "planner/builtin_settings.h"
#include "tests/support/postgres.h"

namespace planner::test {
namespace {

class Settings : public PostgresTest {
 protected:
  bool server_takes(const std::string& name) {
    try {
      db().exec("BEGIN; SET LOCAL " + name + " TO DEFAULT; ROLLBACK");
      return true;
    } catch (const DatabaseError&) {
      if (db().in_transaction()) db().exec("ROLLBACK");
      return false;
    }
  }
};

TEST_F(Settings, every_one_that_the_server_shows_is_known) {
  const Result shown = db().exec("SELECT name FROM pg_settings WHERE strpos(name, '.') = 0");
  EXPECT_GT(shown.rows.size(), 300U);
  for (const Row& row : shown.rows) EXPECT_TRUE(is_setting(*row.at(0))) << *row.at(0);
}

TEST_F(Settings, old_names_and_other_capitals_are_taken_and_what_is_no_setting_is_not) {
  for (const char* name : {"sort_mem", "vacuum_mem", "DateStyle", "\"Statement_Timeout\""})
    EXPECT_TRUE(server_takes(name)) << name;
  db().exec("SET my_app.thing = 1");
  for (const char* name : {"sort_mem", "vacuum_mem", "DateStyle", "Statement_Timeout", "my_app.thing"})
    EXPECT_TRUE(is_setting(name)) << name;
  for (const char* name : {"no_such_setting", "lock_timeouts"}) {
    EXPECT_FALSE(server_takes(name)) << name;
    EXPECT_FALSE(is_setting(name)) << name;
  }
}

}  // namespace
}  // namespace planner::test
