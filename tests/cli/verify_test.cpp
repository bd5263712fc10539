// `planner verify`, `planner rehearse` and `split --verify`: what they say, how they end, what they refuse.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/seat.h"

namespace planner::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kPlan = "rename_name_to_fullname";

class Verify : public Seat {
 protected:
  void split_here(const std::vector<std::string>& more = {}) {
    repository_.migration("20240102000000_rename_name_to_fullname", kPrismaRename);
    std::vector<std::string> arguments{"split", kPlan, "--rename", "User.name=fullName"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran ran = planner(arguments);
    ASSERT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  }
  Ran verify(const std::vector<std::string>& more = {}, const std::string& command = "verify") const {
    std::vector<std::string> arguments{command, kPlan, "--scratch", scratch().url()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return planner(arguments);
  }
};

TEST_F(Verify, ProvesAPlanAndSaysEachCheck) {
  split_here();
  const Ran ran = verify();
  EXPECT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("rollback returns to the state before"));
  EXPECT_THAT(ran.out, HasSubstr("every value that was there is there"));
  EXPECT_THAT(ran.out, HasSubstr("reader waited"));
  EXPECT_THAT(ran.out, HasSubstr("rename_name_to_fullname: proven"));
}

TEST_F(Verify, AnswersAsJson) {
  split_here();
  const Ran ran = verify({"--format", "json", "--rows", "0"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json.at("format"), "planner-verify");
  EXPECT_EQ(json.at("plan"), kPlan);
  EXPECT_TRUE(json.at("proven"));
  EXPECT_FALSE(json.at("checks").empty());
  EXPECT_FALSE(json.at("locks").empty());
  EXPECT_EQ(json.at("waits").size(), 5);
}

TEST_F(Verify, TriesTheStatementsOfBothReleases) {
  split_here();
  repository_.write("old.sql", "SELECT name FROM \"User\";\nUPDATE \"User\" SET name = 'x';\n");
  repository_.write("new.sql", "SELECT \"fullName\" FROM \"User\";\n");
  EXPECT_EQ(verify({"--old-release", "old.sql", "--new-release", "new.sql"}).exit_code, 0);

  // The new release's statement in the old one's file: it never ran before the plan.
  const Ran wrong = verify({"--old-release", "new.sql"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.out, HasSubstr("new.sql:1"));
  EXPECT_THAT(wrong.out, HasSubstr("NOT proven"));

  const Ran missing = verify({"--old-release", "nowhere.sql"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("nowhere.sql"));
}

TEST_F(Verify, FindsRowsWhoseKeyIsConverted) {
  repository_.migration("20240102000000_uuid",
                        "ALTER TABLE \"User\" DROP CONSTRAINT \"User_pkey\", DROP COLUMN \"id\", ADD COLUMN "
                        "\"id\" UUID NOT NULL, ADD CONSTRAINT \"User_pkey\" PRIMARY KEY (\"id\");\n");
  const Ran split = planner({"split", "uuid", "--fill", "User.id=lpad(to_hex(id), 32, '0')::uuid"});
  ASSERT_EQ(split.exit_code, 0) << split.err << split.out;
  const Ran ran = planner({"verify", "uuid", "--scratch", scratch().url()});
  EXPECT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("rows without a value have that of --fill"));
}

/// Every proof gives other keys: the new release's statements name those of the very rows it meets, and what
/// points at a row points at the same one in the end.
TEST_F(Verify, ProvesKeysThatAreGivenAnew) {
  repository_.migration("20240101120000_posts",
                        "CREATE TABLE \"Post\" (\"id\" SERIAL PRIMARY KEY, \"authorId\" INTEGER NOT NULL, "
                        "\"editorId\" INTEGER);\nALTER TABLE \"Post\" ADD CONSTRAINT \"author\" FOREIGN KEY "
                        "(\"authorId\") REFERENCES \"User\"(\"id\"), ADD CONSTRAINT \"editor\" FOREIGN KEY "
                        "(\"editorId\") REFERENCES \"User\"(\"id\") ON DELETE SET NULL;\n");
  repository_.migration(
      "20240102000000_uuid",
      "ALTER TABLE \"Post\" DROP CONSTRAINT \"author\", DROP CONSTRAINT \"editor\";\n"
      "ALTER TABLE \"Post\" DROP COLUMN \"authorId\", ADD COLUMN \"authorId\" UUID NOT NULL, DROP COLUMN "
      "\"editorId\", ADD COLUMN \"editorId\" UUID;\n"
      "ALTER TABLE \"User\" DROP CONSTRAINT \"User_pkey\", DROP COLUMN \"id\", ADD COLUMN \"id\" UUID NOT "
      "NULL "
      "DEFAULT gen_random_uuid(), ADD CONSTRAINT \"User_pkey\" PRIMARY KEY (\"id\");\n"
      "ALTER TABLE \"Post\" ADD CONSTRAINT \"author\" FOREIGN KEY (\"authorId\") REFERENCES "
      "\"User\"(\"id\"), "
      "ADD CONSTRAINT \"editor\" FOREIGN KEY (\"editorId\") REFERENCES \"User\"(\"id\") ON DELETE SET "
      "NULL;\n");
  // The keys that point follow from the one they point at, so that is all that is asked.
  const Ran asked = planner({"split", "uuid"});
  EXPECT_EQ(asked.exit_code, 2) << asked.err << asked.out;
  EXPECT_THAT(asked.out + asked.err, HasSubstr("--fill 'User.id=gen_random_uuid()'"));
  EXPECT_THAT(asked.out + asked.err, Not(HasSubstr("Post.authorId")));
  const Ran split = planner({"split", "uuid", "--fill", "User.id=gen_random_uuid()"});
  ASSERT_EQ(split.exit_code, 0) << split.err << split.out;
  const Ran ran = planner({"verify", "uuid", "--scratch", scratch().url()});
  EXPECT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("every value that was there is there"));
}

TEST_F(Verify, RefusesWhatItCannotProve) {
  split_here();
  const auto refused = [&](const Ran& ran, const std::string& word) {
    EXPECT_EQ(ran.exit_code, 2) << ran.out;
    EXPECT_THAT(ran.err, HasSubstr(word));
    EXPECT_EQ(ran.out, "");
  };
  for (const char* command : {"verify", "rehearse"}) {
    refused(planner({command, kPlan, "--scratch", url()}), "the database the plan is for");
    refused(planner({command, "nothing", "--scratch", scratch().url()}), "there is no plan \"nothing\"");
    refused(planner({command, kPlan, "--scratch", "postgresql://localhost:1/x"}), "localhost");
    refused(planner({command, kPlan, "--scratch", "not a url"}), "");
    refused(planner({command, kPlan}, {{"PLANNER_POSTGRES_BIN", "/nonexistent"}}), "/nonexistent");
    refused(verify({"--format", "xml"}, command), "xml");
    refused(verify({"--rows", "-1"}, command), "--rows");
  }
  repository_.write("prisma/plans/rename_name_to_fullname/1_add/migration.sql", "SELECT 1;\n");
  refused(verify(), "1_add");
}

TEST_F(Verify, SplitProvesBeforeItReleases) {
  repository_.migration("20240102000000_rename_name_to_fullname", kPrismaRename);
  const Ran ran = planner({"split", kPlan, "--rename", "User.name=fullName", "--verify", "--scratch",
                           scratch().url(), "--release"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("rename_name_to_fullname: proven"));
  EXPECT_TRUE(repository_.exists("prisma/plans/rename_name_to_fullname/plan.toml"));
  EXPECT_THAT(ran.out, HasSubstr("1_add"));
}

TEST_F(Verify, ASplitThatCannotBeProvenReleasesNothing) {
  repository_.migration("20240102000000_rename_name_to_fullname", kPrismaRename);
  const Ran ran = planner({"split", kPlan, "--rename", "User.name=fullName", "--verify", "--scratch",
                           "postgresql://localhost:1/x", "--release"});
  EXPECT_EQ(ran.exit_code, 2) << ran.out;
  for (const auto& folder : std::filesystem::directory_iterator(repository_.path("prisma/migrations")))
    EXPECT_THAT(folder.path().filename().string(), Not(HasSubstr("1_add")));
}

TEST_F(Verify, RehearsesUnderLoad) {
  split_here();
  const std::vector<std::string> small{"--rows", "50", "--rate", "40", "--clients", "1", "--seconds", "0.2"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), small.begin(), small.end());
    return more;
  };
  const Ran ran = verify(with({"--format", "json", "--longest-wait", "60000"}), "rehearse");
  ASSERT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_TRUE(json.at("ok"));
  EXPECT_EQ(json.at("phases").size(), 6);  // the quiet baseline first
  for (const auto& phase : json.at("phases")) {
    EXPECT_EQ(phase.at("failed"), 0) << phase;
    EXPECT_TRUE(phase.at("differences").empty()) << phase;
  }

  // The original in one piece: what the old release sends fails from then on.
  const Ran original = verify(with({"--original", "--longest-wait", "60000"}), "rehearse");
  EXPECT_EQ(original.exit_code, 1) << original.out;
  EXPECT_THAT(original.out, HasSubstr("BROKEN"));
}

}  // namespace
}  // namespace planner::test
