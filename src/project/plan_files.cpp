#include "src/project/plan_files.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#include "planner/compose/compose.h"
#include "planner/error.h"
#include "src/project/files.h"
#include "src/project/plan_toml.h"
#include "src/project/sha256.h"

namespace planner::project {
namespace {

constexpr std::string_view kOriginal = "original.sql";

/// `plans/.rename_x.planner-123`: what a run that was stopped may leave; the next run for the same plan
/// removes it.
fs::path temporary_beside(const fs::path& target, std::string_view purpose) {
  return target.parent_path() /
         fmt::format(".{}.planner-{}-{}", target.filename().string(), purpose, ::getpid());
}

/// The program a process runs, as Linux tells it; empty: not known.
std::string program_of(const std::string& process) {
  std::ifstream file("/proc/" + process + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

/// The process that made it still runs: another split is at work. A killed one's number may be another
/// program's by now.
bool is_in_use(const std::string& temporary_name) {
  const std::string number = temporary_name.substr(temporary_name.rfind('-') + 1);
  const pid_t owner = std::atoi(number.c_str());
  return owner > 0 && owner != ::getpid() && ::kill(owner, 0) == 0 &&
         program_of(number) == program_of("self");
}

std::string list_of(const std::vector<std::string>& files) {
  std::string text;
  for (const std::string& file : files) text += (text.empty() ? "" : ", ") + file;
  return text;
}

/// Other files of the migration's folder (a README, a hand-written down.sql) go along into the plan.
std::map<std::string, std::string> companions(const MigrationFile& original) {
  std::map<std::string, std::string> texts;
  if (original.folder.empty()) {
    if (!original.down.empty() && is_file(original.down))
      texts["original/" + original.down.path().filename().string()] = read_file(original.down);
    return texts;
  }
  std::error_code error;
  for (fs::recursive_directory_iterator it(original.folder, error), end; !error && it != end;
       it.increment(error)) {
    if (!is_file(it->path()) || it->path() == original.file) continue;
    texts["original/" + it->path().lexically_relative(original.folder).generic_string()] =
        read_file(it->path());
  }
  return texts;
}

/// Writes all files below a folder that does not exist yet.
void write_all(const fs::path& folder, const std::map<std::string, std::string>& files) {
  make_folders(folder);
  for (const auto& [name, text] : files) {
    const fs::path file = folder / name;
    if (file.parent_path() != folder) make_folders(file.parent_path());
    write_file(file, text);
  }
  for (const auto& [name, text] : files) sync_folder((folder / name).parent_path());
  sync_folder(folder);
}

/// Does the folder hold exactly these files with these texts? Differences go into `why`.
bool holds(const fs::path& folder, const std::map<std::string, std::string>& files,
           std::vector<std::string>& why) {
  for (const auto& [name, text] : files) {
    if (!is_file(folder / name) || read_file(folder / name) != text) why.push_back(name);
  }
  return why.empty();
}

/// Takes the original out of the history. A folder goes in one step, so that no tool ever meets one without
/// its migration.sql.
void take_out(const MigrationFile& original, const fs::path& plan_folder) {
  if (original.folder.empty()) {
    if (::unlink(original.file.c_str()) != 0) {
      const int error = errno;
      throw Error(
          fmt::format("{}: cannot be moved into the plan: {}", shown(original.file), std::strerror(error)),
          "make its folder writable");
    }
    if (!original.down.empty()) (void)::unlink(original.down.c_str());
    sync_folder(original.file.path().parent_path());
    return;
  }
  const fs::path history = original.folder.path().parent_path();
  fs::path aside = temporary_beside(plan_folder, "original");
  if (::rename(original.folder.c_str(), aside.c_str()) != 0) {
    // Another file system: beside the history, never inside, where Prisma would take the folder for a
    // migration.
    const fs::path real = real_path(history);
    aside = real.parent_path() / aside.filename();
    rename_path(original.folder, aside, "the original migration");
  }
  sync_folder(history);
  std::error_code error;
  fs::remove_all(aside,
                 error);  // what cannot be removed is out of every tool's way, and the next split tries again
}

/// The first thing that would fail half-way: asked before anything is written.
void require_writable(const fs::path& folder) {
  if (::access(folder.c_str(), W_OK) == 0) return;
  const int error = errno;
  throw Error(fmt::format("{}: the migration cannot be moved out of this folder: {}", shown(folder),
                          std::strerror(error)),
              "make the folder writable, or use --dry-run to see the plan");
}

}  // namespace

std::map<std::string, std::string> plan_file_texts(const Plan& plan, const PlanFacts& facts) {
  std::map<std::string, std::string> files;
  files[std::string(kOriginal)] = plan.original;
  for (const Phase& phase : plan.phases) {
    files[phase.folder + "/migration.sql"] = migration_text(plan, phase);
    if (!phase.rollback.empty()) files[phase.folder + "/rollback.sql"] = rollback_text(plan, phase);
  }
  files["plan.toml"] = plan_toml_text(plan, facts, files);
  return files;
}

StoredPlan load_plan(const fs::path& folder) {
  const fs::path file = folder / "plan.toml";
  if (!is_file(file)) {
    throw Error(fmt::format("{}: holds no plan.toml", shown(folder)),
                "name the folder of a plan; `planner split` makes one");
  }
  StoredPlan stored = plan_from_toml(read_file(file), shown(file));
  stored.folder = folder;
  for (const auto& [name, sum] : stored.checksums) {
    if (!is_file(folder / name) || sha256(read_file(folder / name)) != sum) stored.edited.push_back(name);
  }
  const auto text_of = [&](const std::string& name) {
    return is_file(folder / name) ? read_file(folder / name) : std::string();
  };
  stored.plan.original = text_of(std::string(kOriginal));
  for (Phase& phase : stored.plan.phases) {
    phase.migration = Sql::verbatim(text_of(phase.folder + "/migration.sql"));
    phase.rollback = Sql::verbatim(text_of(phase.folder + "/rollback.sql"));
  }
  return stored;
}

void require_unedited(const StoredPlan& plan) {
  if (plan.edited.empty()) return;
  throw Error(
      fmt::format("{}: edited by hand since planner wrote it: {}", shown(plan.folder), list_of(plan.edited)),
      "restore the files from version control, or remove the folder and split the original again");
}

void remove_leftovers(const fs::path& target) {
  if (!is_folder(target.parent_path())) return;
  const std::string mark = fmt::format(".{}.planner-", target.filename().string());
  for (const FolderEntry& entry : entries_of(target.parent_path())) {
    if (entry.name.rfind(mark, 0) == 0 && !is_in_use(entry.name))
      remove_path(target.parent_path() / entry.name);
  }
}

std::vector<fs::path> plans_in(const fs::path& folder) {
  std::vector<fs::path> plans;
  if (!is_folder(folder)) return plans;
  for (const FolderEntry& entry : entries_of(folder)) {
    fs::path plan = folder / entry.name;
    if (entry.name.front() != '.' && is_file(plan / "plan.toml")) plans.push_back(std::move(plan));
  }
  return plans;
}

Written write_plan(const Plan& plan, const PlanFacts& facts, const fs::path& folder, const Service& service,
                   const MigrationFile& original) {
  const std::map<std::string, std::string> files = plan_file_texts(plan, facts);
  std::error_code error;
  if (fs::exists(fs::symlink_status(folder, error))) {
    if (!is_folder(folder) || !is_file(folder / "plan.toml")) {
      throw Error(fmt::format("{}: exists already and is no plan", shown(folder)),
                  "remove it, or write the plan elsewhere with --out");
    }
    std::vector<std::string> differing;
    if (!holds(folder, files, differing)) {
      const StoredPlan there = load_plan(folder);
      require_unedited(there);
      throw Error(fmt::format("{}: another plan of this name exists already; it differs in {}", shown(folder),
                              list_of(differing)),
                  "remove it if it was never released, or write this one elsewhere with --out");
    }
    require_writable(service.folder.path);
    remove_leftovers(folder);
    take_out(original, folder);
    return Written::Finished;
  }

  require_writable(service.folder.path);
  make_folders(folder.parent_path());
  remove_leftovers(folder);
  const fs::path temporary = temporary_beside(folder, "new");
  try {
    std::map<std::string, std::string> all = companions(original);
    all.insert(files.begin(), files.end());
    write_all(temporary, all);
    rename_path(temporary, folder, "the plan");
  } catch (const Error&) {
    fs::remove_all(temporary, error);
    throw;
  }
  sync_folder(folder.parent_path());
  try {
    take_out(original, folder);
  } catch (const Error&) {
    fs::remove_all(folder, error);
    throw;
  }
  return Written::Whole;
}

}  // namespace planner::project
