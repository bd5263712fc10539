#include "tests/interop/prisma_cli.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "tests/support/paths.h"
#include "tests/support/run_program.h"

namespace planner::test {
namespace {

namespace fs = std::filesystem;

constexpr int kUnreachable = 3;  // what `run.mjs install` answers when npm or its registry is missing
constexpr int kEmpty = 0;        // the answers of `prisma migrate diff --exit-code`
constexpr int kNotEmpty = 2;

constexpr int kNoNode = 127;  // what run_program answers for a program that is not there
constexpr std::chrono::seconds kLimit{300};

Ran run_script(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{"node", (source_dir() / "tests/interop/prisma/run.mjs").string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  RunOptions options;
  options.limit = kLimit;
  return run_program(command, options);
}

/// Tests run in several processes at once; only one of them installs.
class InstallationLock {
 public:
  InstallationLock() : file_(::open(path().c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666)) {
    if (file_ >= 0) ::flock(file_, LOCK_EX);
  }
  ~InstallationLock() {
    if (file_ >= 0) ::close(file_);
  }
  InstallationLock(const InstallationLock&) = delete;
  InstallationLock& operator=(const InstallationLock&) = delete;

 private:
  static fs::path path() {
    return fs::temp_directory_path() / ("planner-interop-" + std::to_string(::getuid()) + ".lock");
  }
  int file_;
};

std::optional<std::string> install() {
  InstallationLock lock;
  const Ran ran = run_script({"install"});
  if (ran.exit_code == kNoNode) return "The real Prisma CLI cannot run here: node is not installed.";
  if (ran.exit_code == 0) return std::nullopt;
  if (ran.exit_code == kUnreachable) {
    return "The real Prisma CLI cannot run here: " + ran.err.substr(0, ran.err.find('\n')) + ".";
  }
  throw std::runtime_error("tests/interop/prisma cannot be installed:\n" + ran.err);
}

PrismaDifference difference(const PrismaRelease& release, const std::string& url, const fs::path& to) {
  const Ran ran = run_script({"diff", "--cli", std::string(release.cli), "--wire", std::string(release.wire),
                              "--url", url, "--from", "database", "--to", to.string()});
  if (ran.exit_code != kEmpty && ran.exit_code != kNotEmpty) {
    throw std::runtime_error("prisma migrate diff failed:\n" + ran.out + ran.err);
  }
  return {ran.exit_code == kEmpty, ran.out};
}

/// The number a phase folder begins with.
int phase_number(const fs::path& phase) {
  const std::string name = phase.filename().string();
  int number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

/// Folders of `parent` that hold a migration.sql.
std::vector<fs::path> migration_folders(const fs::path& parent) {
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent)) {
    if (entry.is_directory() && fs::exists(entry.path() / "migration.sql")) folders.push_back(entry.path());
  }
  return folders;
}

/// 14 digits behind those of the last migration. Prisma compares them as text and never reads them as a time.
std::string next_timestamp(const fs::path& migrations) {
  constexpr std::size_t kDigits = 14;
  std::string last = "20240101000000";
  for (const fs::path& folder : migration_folders(migrations)) {
    last = std::max(last, folder.filename().string().substr(0, kDigits));
  }
  return std::to_string(std::stoll(last) + 1);
}
}  // namespace

const std::optional<std::string>& PrismaCli::unavailable() {
  static const std::optional<std::string> reason = install();
  return reason;
}

PrismaRun PrismaCli::run(const std::string& command, const fs::path& migrations, const std::string& url,
                         const std::vector<std::string>& more) const {
  std::vector<std::string> arguments{
      command, "--cli",        std::string(release_.cli), "--wire", std::string(release_.wire), "--url",
      url,     "--migrations", migrations.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Ran ran = run_script(arguments);
  return {ran.exit_code, ran.out + ran.err};
}

PrismaRun PrismaCli::deploy(const fs::path& migrations, const std::string& url) const {
  return run("deploy", migrations, url, {});
}

PrismaRun PrismaCli::status(const fs::path& migrations, const std::string& url) const {
  return run("status", migrations, url, {});
}

PrismaRun PrismaCli::resolve_applied(const fs::path& migrations, const std::string& url,
                                     const std::string& name) const {
  return run("resolve", migrations, url, {"--applied", name});
}

PrismaRun PrismaCli::resolve_rolled_back(const fs::path& migrations, const std::string& url,
                                         const std::string& name) const {
  return run("resolve", migrations, url, {"--rolled-back", name});
}

PrismaDifference PrismaCli::diff(const std::string& url, const fs::path& schema_prisma) {
  return difference(kPrisma7, url, schema_prisma);
}

PrismaDifference PrismaCli::diff_to_migrations(const std::string& url, const fs::path& migrations) const {
  return difference(release_, url, migrations);
}

std::vector<fs::path> plan_phases(const fs::path& plan) {
  std::vector<fs::path> phases = migration_folders(plan);
  std::sort(phases.begin(), phases.end(), [](const fs::path& left, const fs::path& right) {
    return std::pair(phase_number(left), left.filename()) < std::pair(phase_number(right), right.filename());
  });
  return phases;
}

fs::path append_migration(const fs::path& migrations, const fs::path& from, const std::string& name) {
  fs::path copy = migrations / (next_timestamp(migrations) + "_" + name);
  fs::copy(from, copy, fs::copy_options::recursive);
  return copy;
}

std::vector<PhaseDeployment> deploy_plan(const PrismaCli& cli, const fs::path& plan,
                                         const fs::path& migrations, const std::string& url,
                                         const std::function<void(const PhaseDeployment&)>& after_phase) {
  std::vector<PhaseDeployment> deployments;
  for (const fs::path& phase : plan_phases(plan)) {
    const std::string name = phase.filename().string();
    const fs::path migration = append_migration(migrations, phase, plan.filename().string() + "_" + name);
    deployments.push_back({name, migration, cli.deploy(migrations, url)});
    if (!deployments.back().run.ok()) break;
    if (after_phase) after_phase(deployments.back());
  }
  return deployments;
}

}  // namespace planner::test
