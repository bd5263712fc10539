// The deployment and CI examples do what they say: their YAML is read by a library that is not ours, and the
// commands in it are run as their container or runner would run them, with nothing but the variables that
// they get there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/seat.h"
#include "tests/support/paths.h"

namespace planner::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

/// The documents of a YAML file.
json documents_in(const fs::path& file) {
  RunOptions options;
  options.input = read_file(source_dir() / file);
  const Ran ran = run_program({"python3", "-c",
                               "import json, sys, yaml\n"
                               "print(json.dumps(list(yaml.safe_load_all(sys.stdin)), default=str))"},
                              options);
  EXPECT_EQ(ran.exit_code, 0) << file << ": " << ran.err;
  return ran.exit_code == 0 ? json::parse(ran.out) : json::array();
}

bool yaml_can_be_read() { return run_program({"python3", "-c", "import yaml"}).exit_code == 0; }

/// Only these variables, and programs of the system.
Ran run_alone(const std::vector<std::string>& command, const fs::path& folder,
              const std::map<std::string, std::string>& variables, bool with_path = false) {
  std::vector<std::string> words{"env", "-i"};
  if (with_path) words.push_back("PATH=" + planner_program().parent_path().string() + ":/usr/bin:/bin");
  for (const auto& [name, value] : variables) words.push_back(name + "=" + value);
  words.insert(words.end(), command.begin(), command.end());
  RunOptions options;
  options.folder = folder;
  return run_program(words, options);
}

class Kubernetes : public PostgresTest {
 protected:
  void SetUp() override {
    if (!yaml_can_be_read()) GTEST_SKIP() << "python3-yaml is not installed";
    Repository::copy(source_dir() / "examples/school", team_.path("school"));
    school_ = team_.path("school");
    // One change at a time: the others wait in branches of their own.
    for (const auto& entry : fs::directory_iterator(school_ / "prisma/migrations")) {
      const std::string name = entry.path().filename().string();
      if (name < "20240603" || !entry.is_directory()) continue;
      if (name.ends_with("_rename_name_to_fullname"))
        fs::rename(entry.path(), change_ = team_.path(name));
      else
        fs::remove_all(entry.path());
    }
  }

  /// A container of the manifest: the image holds the program and `prisma/`, as the Dockerfile says.
  Ran run_container(const json& container) {
    const fs::path image = team_.path("image");
    fs::remove_all(image);
    fs::create_directories(image / "repo");
    Repository::copy(school_ / "prisma", image / "repo/prisma");
    std::map<std::string, std::string> variables;
    for (const json& variable : container["env"]) {
      EXPECT_EQ(variable["valueFrom"]["secretKeyRef"]["name"], "school-database");
      variables[variable["name"]] = url();
    }
    std::vector<std::string> command{planner_program().string()};
    for (const json& word : container["args"]) command.push_back(word);
    return run_alone(command, image / "repo", variables);
  }

  /// What somebody in the team types.
  Ran type(const std::vector<std::string>& arguments) {
    RunOptions options;
    options.folder = school_;
    options.environment["DATABASE_URL"] = url();
    return run_planner(arguments, options);
  }

  Repository team_;
  fs::path school_, change_;
};

TEST_F(Kubernetes, TheImageIsWhatTheManifestsExpect) {
  const std::string image = read_file(source_dir() / "examples/kubernetes/Dockerfile"),
                    program = read_file(source_dir() / "Dockerfile");
  EXPECT_THAT(image, HasSubstr("FROM planner\n"));
  EXPECT_THAT(image, HasSubstr("COPY prisma /repo/prisma\n"));
  EXPECT_THAT(program, HasSubstr("\nWORKDIR /repo\n"));
  EXPECT_THAT(program, HasSubstr("\nENTRYPOINT [\"planner\"]\n"));
}

TEST_F(Kubernetes, AChangeIsDeployedByTheInitContainerAndTheJob) {
  const json deployment = documents_in("examples/kubernetes/deployment.yaml").at(0),
             job = documents_in("examples/kubernetes/backfill-job.yaml").at(0);
  EXPECT_EQ(deployment["apiVersion"], "apps/v1");
  EXPECT_EQ(deployment["kind"], "Deployment");
  EXPECT_EQ(deployment["spec"]["selector"]["matchLabels"],
            deployment["spec"]["template"]["metadata"]["labels"]);
  EXPECT_EQ(job["apiVersion"], "batch/v1");
  EXPECT_EQ(job["kind"], "Job");
  EXPECT_EQ(job["spec"]["template"]["spec"]["restartPolicy"], "OnFailure");
  const json init = deployment["spec"]["template"]["spec"]["initContainers"].at(0),
             backfill = job["spec"]["template"]["spec"]["containers"].at(0);
  EXPECT_EQ(init["image"], backfill["image"]);

  const Ran first = run_container(init);
  ASSERT_EQ(first.exit_code, 0) << first.out << first.err;
  db().exec(
      "INSERT INTO \"Student\" (name, email) SELECT 'name ' || i, i || '@example.org' FROM "
      "generate_series(1, 2000) i");
  fs::rename(change_, school_ / "prisma/migrations" / change_.filename());

  ASSERT_EQ(type({"split", "rename_name_to_fullname", "--release"}).exit_code, 0);
  const Ran added = run_container(init);
  EXPECT_EQ(added.exit_code, 0) << added.out << added.err;
  EXPECT_THAT(added.out, HasSubstr("_rename_name_to_fullname_1_add"));

  ASSERT_EQ(type({"next", "rename_name_to_fullname"}).exit_code, 0);
  const Ran filled = run_container(backfill);
  EXPECT_EQ(filled.exit_code, 0) << filled.out << filled.err;
  EXPECT_EQ(db().exec("SELECT count(*) FROM \"Student\" WHERE \"fullName\" = name").value(), "2000");
  const Ran again = run_container(backfill);
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
  EXPECT_EQ(run_container(init).exit_code, 0);

  ASSERT_EQ(type({"next", "rename_name_to_fullname"}).exit_code, 0);
  EXPECT_EQ(run_container(init).exit_code, 0);
  for (const char* phase : {"4_enforce", "5_drop"}) {
    const Ran next = type({"next", "rename_name_to_fullname", "--deployed", "v42"});
    ASSERT_EQ(next.exit_code, 0) << next.out << next.err;
    EXPECT_THAT(next.out, HasSubstr(std::string("released ") + phase));
    const Ran applied = run_container(init);
    EXPECT_EQ(applied.exit_code, 0) << applied.out << applied.err;
  }
  EXPECT_EQ(db().exec("SELECT count(*) FROM \"Student\" WHERE \"fullName\" = 'name ' || id").value(), "2000");

  // Every replica runs it: nothing is left to do, and a failed migration keeps the old pods.
  EXPECT_THAT(run_container(init).out, HasSubstr("No pending migrations to apply."));
  write_file(school_ / "prisma/migrations/20990101000000_broken/migration.sql",
             "ALTER TABLE nothing ADD x int;");
  EXPECT_EQ(run_container(init).exit_code, 1);
}

/// Every `run:` below a node.
void collect_runs(const json& node, std::vector<std::string>& runs) {
  if (node.is_object() && node.contains("run") && node["run"].is_string()) runs.push_back(node["run"]);
  if (node.is_structured()) {
    for (const json& child : node) collect_runs(child, runs);
  }
}

class Workflows : public testing::Test {
 protected:
  void SetUp() override {
    if (!yaml_can_be_read()) GTEST_SKIP() << "python3-yaml is not installed";
  }

  /// A clone of a team's repository on a branch that brings a rename, with the base branch not fetched.
  fs::path merge_request() {
    Repository& origin = origin_;
    origin.prisma();
    origin.commit_all("deployed");
    origin.git({"checkout", "--quiet", "-b", "rename"});
    origin.migration("20240102000000_rename", "ALTER TABLE \"User\" RENAME COLUMN \"name\" TO \"title\";\n");
    origin.commit_all("a rename");
    const fs::path clone = folder_ / "clone";
    origin.git({"clone", "--quiet", "--depth=1", "--branch=rename", "file://" + origin.path().string(),
                clone.string()});
    return clone;
  }

  Repository origin_;
  TemporaryFolder folder_;
};

TEST_F(Workflows, EveryFileIsYamlAndItsScriptsAreShell) {
  for (const char* file : {".github/workflows/ci.yml", "action.yml", "examples/ci/github.yml",
                           "examples/ci/gitlab.yml", ".pre-commit-hooks.yaml"}) {
    const json all = documents_in(file);
    ASSERT_EQ(all.size(), 1U) << file;
    std::vector<std::string> runs;
    collect_runs(all, runs);
    for (const std::string& script : runs) {
      RunOptions options;
      options.input = script;
      EXPECT_EQ(run_program({"bash", "-n"}, options).err, "") << file << ": " << script;
      // Programs of the repository that are named exist.
      for (std::size_t at = script.find(".ci/"); at != std::string::npos; at = script.find(".ci/", at + 1)) {
        const std::string name = script.substr(at, script.find_first_of(" \"\n", at) - at);
        EXPECT_TRUE(fs::exists(source_dir() / name)) << file << ": " << name;
      }
    }
  }
}

TEST_F(Workflows, TheWorkflowForGithubGivesTheActionWhatItTakes) {
  const json workflow = documents_in("examples/ci/github.yml").at(0),
             action = documents_in("action.yml").at(0);
  bool used = false;
  for (const json& step : workflow["jobs"]["planner"]["steps"]) {
    if (step.value("uses", "").find("planner/planner@") != 0) continue;
    used = true;
    for (const auto& [name, value] : step["with"].items())
      EXPECT_TRUE(action["inputs"].contains(name)) << "the action takes no " << name;
  }
  EXPECT_TRUE(used);
}

TEST_F(Workflows, TheStepsOfTheActionFindTheRenameOfAPullRequest) {
  const fs::path clone = merge_request(), runner = folder_ / "runner";
  fs::create_directories(runner);
  const json action = documents_in("action.yml").at(0);
  std::map<std::string, std::string> variables{{"RUNNER_TEMP", runner.string()},
                                               {"GITHUB_OUTPUT", (runner / "output").string()},
                                               {"GITHUB_STEP_SUMMARY", (runner / "summary").string()},
                                               {"GITHUB_ACTION_PATH", source_dir().string()},
                                               {"PLANNER", planner_program().string()},
                                               {"BASE", "origin/main"},
                                               {"FAIL_ON", "error"},
                                               {"SARIF", (runner / "planner.sarif").string()},
                                               {"PATHS", ""}};
  bool judged = false, failed = false;
  for (const json& step : action["runs"]["steps"]) {
    const std::string id = step.value("id", ""), name = step.value("name", "");
    if (id == "analyze") {
      for (const auto& [variable, value] : step["env"].items())
        EXPECT_TRUE(variables.contains(variable)) << variable << " is given here and not by this test";
      const Ran ran = run_alone({"bash", "-c", step["run"]}, clone, variables, true);
      EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
      EXPECT_THAT(ran.out, HasSubstr("::error file=prisma/migrations/20240102000000_rename/migration.sql"));
      judged = true;
    }
    if (name == "Verdict") {
      EXPECT_EQ(run_alone({"bash", "-c", step["run"]}, clone, {{"CODE", "1"}}, true).exit_code, 1);
      failed = true;
    }
  }
  EXPECT_TRUE(judged && failed);
  EXPECT_EQ(read_file(runner / "output"), "exit-code=1\n");
  EXPECT_THAT(read_file(runner / "summary"), HasSubstr("rename-column"));
  EXPECT_EQ(json::parse(read_file(runner / "planner.sarif"))["version"], "2.1.0");
}

TEST_F(Workflows, TheScriptForGitlabFindsTheRenameOfAMergeRequest) {
  const fs::path clone = merge_request();
  const json job = documents_in("examples/ci/gitlab.yml").at(0)["planner"];
  std::string script = "set -e\n";
  for (const json& line : job["script"]) script += line.get<std::string>() + "\n";
  const Ran ran =
      run_alone({"bash", "-c", script}, clone,
                {{"CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"}, {"HOME", folder_.path()}}, true);
  EXPECT_EQ(ran.exit_code, 1) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("error[rename-column]"));
  const json reports = job["artifacts"]["reports"];
  const json quality = json::parse(read_file(clone / reports["codequality"].get<std::string>()));
  ASSERT_EQ(quality.size(), 1U);
  EXPECT_EQ(quality[0]["check_name"], "rename-column");
  EXPECT_THAT(read_file(clone / reports["junit"].get<std::string>()), HasSubstr("<failure"));
}

TEST_F(Workflows, TheHookJudgesWhatIsAboutToBeCommitted) {
  const json hook = documents_in(".pre-commit-hooks.yaml").at(0).at(0);
  const fs::path clone = merge_request();
  // As pre-commit does with `language: system` and `pass_filenames: false`.
  const Ran ran = run_alone({"bash", "-c", hook["entry"]}, clone, {}, true);
  EXPECT_NE(ran.exit_code, 2) << ran.err;
}

}  // namespace
}  // namespace planner::test
