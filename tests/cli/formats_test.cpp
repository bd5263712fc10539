#include <gtest/gtest.h>

#include "tests/cli/repository.h"

/// Every format over findings whose names, folders and statements hold what the format itself is written
/// with, and over no findings at all. Read by Python's own readers: they cannot share our mistakes.
namespace planner::test {
namespace {

constexpr const char* kRead = R"python(
import json, sys, xml.dom.minidom
form, some = sys.argv[1], sys.argv[2] == "some"
text = sys.stdin.buffer.read().decode("utf-8")
assert "\x1b" not in text and "\x00" not in text, "a control character came through"
if form == "json":
    assert bool(json.loads(text)["findings"]) == some
if form == "sarif":
    run, = json.loads(text)["runs"]
    assert bool(run["results"]) == some
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note", "none") and result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        assert uri.isascii() and not set(uri) & set(' <>"{}|\\^`'), uri
        region = place["region"]
        assert 0 < region["startLine"] <= region["endLine"] and region["startColumn"] > 0 and region["endColumn"] > 0
if form == "gitlab":
    found = json.loads(text)
    assert bool(found) == some
    assert len({each["fingerprint"] for each in found}) == len(found)
    for each in found:
        assert each["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert each["description"] and each["check_name"] and each["location"]["path"]
        assert each["location"]["lines"]["begin"] > 0
if form == "junit":
    suites = xml.dom.minidom.parseString(text.encode()).documentElement
    cases = suites.getElementsByTagName("testcase")
    assert len(cases) == int(suites.getAttribute("tests"))
    assert bool(suites.getElementsByTagName("failure")) == some
if form == "github":
    lines = text.split("\n")
    assert any(line.startswith("::error ") for line in lines) == some
    # A name with a newline and a command in it starts no line of its own.
    assert not any(line.startswith("::set-output") for line in lines)
if form in ("markdown", "html"):
    # What stands in a fence is shown as it is.
    for outside in text.split("```")[::2]:
        assert "<script>" not in outside, outside
)python";

class Formats : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (run_program({"python3", "-c", ""}).exit_code != 0) GTEST_SKIP() << "python3 is not installed";
  }

  void expect_read(const Repository& repository, const std::string& findings) {
    const Ran ran = repository.planner({"analyze", "--all", "--format", GetParam(), "--fail-on", "error"});
    EXPECT_EQ(ran.exit_code, findings == "some" ? 1 : 0) << ran.err;
    RunOptions options;
    options.input = ran.out;
    const Ran read = run_program({"python3", "-c", kRead, GetParam(), findings}, options);
    EXPECT_EQ(read.exit_code, 0) << read.err << ran.out.substr(0, 4000);
  }
};

TEST_P(Formats, carry_every_character) {
  Repository repository;
  const std::string table = "\"we\"\"ird\n::set-output name=x::<script>&|`]]>täble🙂%0A\"";
  const std::string longest(63, 'n');
  repository.write("prisma/migrations/migration_lock.toml", kPrismaLock);
  repository.migration("20240101000000_init", "CREATE TABLE " + table +
                                                  " (\"a]]>b\" int, \"c'd\" int, \"€\" int);\n"
                                                  "CREATE TABLE \"" +
                                                  longest + "\" (id int PRIMARY KEY, t text);\n");
  repository.migration("20240102000000_odd <&\"'ünï",
                       "ALTER TABLE " + table + " ALTER COLUMN \"a]]>b\" SET NOT NULL;\r\nALTER TABLE " +
                           table + " RENAME COLUMN \"c'd\" TO \"x\\y\tz\";\nALTER TABLE " + table +
                           " DROP COLUMN \"€\";\n");
  repository.migration("20240103000000_long", "CREATE INDEX \"" + std::string(70, 'i') + "\" ON \"" +
                                                  longest + "\" (t);\n-- \x1b[31m red\x0c\n");
  std::string huge;
  for (int i = 0; i < 100000; ++i) huge += "ä";
  repository.migration("20240104000000_huge", "UPDATE \"" + longest + "\" SET t = '" + huge + "';\n");
  repository.migration("20240105000000_syntax", "ALTER TABEL \"\x01\" <b>;\n");
  expect_read(repository, "some");
}

TEST_P(Formats, say_that_there_is_nothing) {
  Repository repository;
  repository.prisma();
  repository.migration("20240102000000_add_nickname", "ALTER TABLE \"User\" ADD COLUMN nickname TEXT;\n");
  expect_read(repository, "none");
}

INSTANTIATE_TEST_SUITE_P(All, Formats,
                         testing::Values("text", "json", "sarif", "github", "gitlab", "junit", "markdown",
                                         "html"),
                         [](const auto& format) { return std::string(format.param); });

}  // namespace
}  // namespace planner::test
