#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/seat.h"

/// A history that lives in another schema than public because the URL says so (Prisma's `?schema=`): its
/// files do not name it, and its plans must.
namespace planner::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlan = "rename_name_to_fullname";

struct Place {
  std::string name, schema, encoded;
};

class OtherSchema : public Seat, public testing::WithParamInterface<Place> {
 protected:
  OtherSchema() { db().exec("CREATE TABLE \"User\" (id int PRIMARY KEY, name text)"); }
  Ran here(const std::vector<std::string>& arguments) {
    return planner(arguments, {{"DATABASE_URL", url() + "&schema=" + GetParam().encoded}});
  }
  void must(const std::vector<std::string>& arguments) {
    const Ran ran = here(arguments);
    ASSERT_EQ(ran.exit_code, 0) << testing::PrintToString(arguments) << ran.out << ran.err;
  }
  void go_there() {
    db().exec_params("SELECT set_config('search_path', quote_ident($1), false)", {GetParam().schema});
  }
  void split() {
    repository_.migration("20240102000000_rename_name_to_fullname", kPrismaRename);
    must({"split", kPlan, "--rename", "User.name=fullName", "--release"});
  }
  /// Another service's table of the same name.
  void expect_public_untouched() {
    EXPECT_EQ(value("SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = "
                    "'public.\"User\"'::regclass AND attnum > 0"),
              "id name");
    EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname "
                    "LIKE '%planner%'"),
              "0");
  }
};

TEST_P(OtherSchema, APlanIsWalkedToItsEndAndPartOfTheWayBack) {
  split();
  must({"deploy"});
  go_there();
  db().exec("INSERT INTO \"User\" (email, name) SELECT 'e' || g, 'n' || g FROM generate_series(1, 50) g");
  must({"next", kPlan});
  must({"backfill", "run", kPlan});
  EXPECT_THAT(here({"backfill", "status", kPlan}).out, HasSubstr("done"));
  must({"deploy"});
  must({"gate", kPlan, "3_dual_write"});
  must({"next", kPlan});
  must({"deploy"});
  must({"rollback", kPlan, "--now", "--deployed", "v1"});
  must({"next", kPlan});
  must({"deploy"});
  must({"next", kPlan, "--deployed", "v2"});
  must({"deploy"});
  EXPECT_THAT(here({"status"}).out, HasSubstr("4_enforce"));
  must({"next", kPlan});
  must({"deploy"});
  must({"status"});
  EXPECT_EQ(value("SELECT count(*) FROM \"User\" WHERE \"fullName\" = 'n' || substr(email, 2)"), "50");
  EXPECT_EQ(value("SELECT count(*) FROM _prisma_migrations WHERE finished_at IS NULL"), "0");
  expect_public_untouched();
}

TEST_P(OtherSchema, APlanIsGivenUp) {
  split();
  must({"deploy"});
  must({"next", kPlan});
  must({"deploy"});
  must({"abandon", kPlan, "--now", "--restore"});
  go_there();
  EXPECT_EQ(value("SELECT count(*) FROM pg_class WHERE relname LIKE '%planner%' AND relnamespace <> "
                  "coalesce(to_regnamespace('planner'), 0)"),
            "0");
  expect_public_untouched();
}

TEST_P(OtherSchema, ThePlanIsProven) {
  split();
  const Ran ran = here({"verify", kPlan, "--scratch", scratch().url(), "--rows", "20"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
}

INSTANTIATE_TEST_SUITE_P(Named, OtherSchema,
                         testing::Values(Place{"plain", "svc", "svc"}, Place{"odd", "S.v \"c", "S.v%20%22c"}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace planner::test
