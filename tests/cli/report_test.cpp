// `planner report`: a plan as one page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/repository.h"

namespace planner::test {
namespace {

using testing::HasSubstr;
using testing::Not;

Repository with_plan() {
  Repository repository;
  repository.prisma();
  repository.migration("20250101000000_rename_name_to_full_name",
                       "ALTER TABLE \"User\" RENAME COLUMN \"name\" TO \"full<b>Name\";\n");
  EXPECT_EQ(repository.planner({"split", "rename_name_to_full_name"}).exit_code, 0);
  return repository;
}

TEST(Report, ThePageHoldsEveryPhaseAndNeedsNothingElse) {
  const Repository repository = with_plan();
  const Ran ran = repository.planner({"report", "rename_name_to_full_name", "-o", "pages/plan.html"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const std::string page = repository.read("pages/plan.html");
  for (const char* phase : {"1_add", "2_backfill", "3_dual_write", "4_enforce", "5_drop"}) {
    EXPECT_THAT(page, HasSubstr("<section id=\"" + std::string(phase) + "\">"));
  }
  for (const char* outside : {"<script", "src=", "<link", "@import", "url("})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  EXPECT_THAT(page, Not(HasSubstr("full<b>"))) << "a name is text, never markup";
  EXPECT_THAT(page, HasSubstr("full&lt;b&gt;Name"));
}

TEST(Report, ARepositoryAsAPageHoldsEveryFindingAndItsTables) {
  Repository repository;
  repository.prisma();
  repository.migration("20250101000000_index", "CREATE INDEX i ON \"User\" (\"email\");\n");
  repository.migration("20250301000000_note", "ALTER TABLE \"User\" ADD COLUMN \"<i>note\" TEXT;\n");
  const Ran ran = repository.planner({"analyze", "--all", "--output", "pages/all.html:html"});
  EXPECT_EQ(ran.exit_code, 1) << ran.err;
  const std::string page = repository.read("pages/all.html");
  EXPECT_THAT(page, HasSubstr("<code>index-not-concurrent</code>"));
  EXPECT_THAT(page, HasSubstr("20250101000000_<wbr>index"));
  // Two migrations lock the table from before them; the new column's lock also stops readers. The first made
  // it.
  EXPECT_THAT(page,
              HasSubstr("<td><code>User</code></td><td class=\"number\">2</td><td class=\"number\">1</td><td "
                        "class=\"number\">1</td>"));
  for (const char* outside : {"<script", "src=", "<link", "@import", "url(", "<i>note"})
    EXPECT_THAT(page, Not(HasSubstr(outside)));
}

TEST(Report, FormatsByNameAndByTheFilesEnding) {
  const Repository repository = with_plan();
  EXPECT_THAT(repository.planner({"report", "rename_name_to_full_name", "--format", "markdown"}).out,
              HasSubstr("```mermaid\nflowchart LR\n"));
  EXPECT_EQ(repository.planner({"report", "rename_name_to_full_name", "-o", "plan.svg"}).exit_code, 0);
  EXPECT_THAT(repository.read("plan.svg"), testing::StartsWith("<svg xmlns="));
  EXPECT_EQ(repository.planner({"report", "rename_name_to_full_name", "--format", "pdf"}).exit_code, 2);
  EXPECT_EQ(repository.planner({"report", "no_such_plan"}).exit_code, 2);
}

}  // namespace
}  // namespace planner::test
