#include "src/project/services.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <map>
#include <set>
#include <system_error>
#include <thread>

#include "planner/error.h"
#include "src/project/files.h"
#include "src/project/git.h"
#include "src/project/prisma.h"

namespace planner::project {
namespace {

constexpr int kDeepest = 7;

/// Folders nobody keeps migrations in, and that are large.
bool is_never_searched(const std::string& name) {
  static const std::set<std::string> names{"node_modules", "vendor",   "target",      "build",      "dist",
                                           "out",          "coverage", "third_party", "__pycache__"};
  return name.front() == '.' || names.count(name) > 0;
}

/// A folder of this name is taken for migrations when flat SQL files lie in it.
bool is_migrations_name(const std::string& name) {
  static const std::set<std::string> names{"migrations", "migration", "migrate", "drizzle"};
  return names.count(name) > 0;
}

void search(const fs::path& folder, int depth, std::vector<fs::path>& found) {
  if (is_file(folder / "plan.toml")) return;  // phases of a plan wait there; they are nobody's history
  const bool named = is_migrations_name(fs::absolute(folder).lexically_normal().filename().string());
  const std::optional<Layout> layout = detect_layout(folder, named);
  const bool sure = layout == Layout::Prisma || layout == Layout::Drizzle ||
                    layout == Layout::GolangMigrate || layout == Layout::Flyway || layout == Layout::Diesel;
  if (sure || (named && layout && *layout != Layout::Plain)) {
    found.push_back(folder);
    return;
  }
  const std::size_t before = found.size();
  if (depth < kDeepest) {
    std::vector<FolderEntry> entries;
    try {
      entries = entries_of(folder);
    } catch (const Error&) {
      return;  // a folder we may not list (lost+found) holds no history of ours
    }
    for (const FolderEntry& entry : entries) {
      if (entry.type == fs::file_type::directory && !is_never_searched(entry.name))
        search(folder / entry.name, depth + 1, found);
    }
  }
  // SQL files without any tool's marks are the last thing to believe in: not when a real history lies below
  // (migrate/migrations).
  if (named && layout && found.size() == before) found.push_back(folder);
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const fs::path inside = real_path(path).lexically_relative(real_path(folder));
  return !inside.empty() && *inside.begin() != "..";
}

/// `apps/billing/prisma/migrations` -> `billing`.
std::string service_name_of(const fs::path& migrations) {
  static const std::set<std::string> uninteresting{
      "migrations", "migration", "migrate",    "prisma",    "db",  "drizzle", "sql",
      "database",   "postgres",  "postgresql", "resources", "src", "main"};
  const fs::path full = real_path(migrations);
  fs::path at = full;
  while (at.has_relative_path() && uninteresting.count(at.filename().string()) > 0) at = at.parent_path();
  return at.has_relative_path() ? at.filename().string() : full.filename().string();
}

/// Where the search for package.json and Cargo.toml ends.
fs::path repository_top(const fs::path& folder) {
  std::error_code error;
  for (fs::path at = real_path(folder); at.has_relative_path(); at = at.parent_path()) {
    if (fs::exists(at / ".git", error)) return at;
  }
  return real_path(folder).parent_path().parent_path();
}

Service make_service(const fs::path& migrations, const Config& config, const ServiceConfig* own) {
  Service service;
  std::optional<Tool> tool = own != nullptr && own->deploys_with ? own->deploys_with : config.deploys_with;
  std::optional<Layout> layout = detect_layout(migrations, true);
  if (tool && layout_of(*tool) != Layout::Plain) {
    // The team's word decides between layouts that look alike (golang-migrate and sqlx); it cannot turn
    // folders into files.
    layout = layout_of(*tool);
  }
  if (!layout) {
    if (!is_folder(migrations)) {
      throw Error(fmt::format("{}: there is no such folder", shown(migrations)),
                  own != nullptr ? fmt::format("correct `migrations` of service `{}` in {}", own->name,
                                               shown(config.file))
                                 : "");
    }
    throw Error(fmt::format("{}: holds no migrations of a layout planner knows", shown(migrations)),
                "planner looks for */migration.sql, */up.sql, N_name.up.sql, V1__name.sql, "
                "meta/_journal.json and *.sql");
  }
  service.folder = list_migrations(migrations, *layout);
  if (tool) {
    service.tool = *tool;
    service.tool_evidence = fmt::format("{} says so", shown(config.file));
  } else if (*layout == Layout::Prisma) {
    const DetectedTool detected = detect_prisma_version(migrations, repository_top(migrations));
    service.tool = detected.tool;
    service.tool_evidence = detected.evidence;
  } else {
    service.tool = facts_of(*layout).tool;
    service.tool_evidence = fmt::format("the files are laid out as {} wants them", facts_of(*layout).name);
  }

  const fs::path beside = migrations.lexically_normal().parent_path();
  if (own != nullptr) {
    service.name = own->name;
    if (!own->database_env.empty()) service.database_env = own->database_env;
  }
  if (own != nullptr && !own->plans.empty()) {
    service.plans = config.folder() / own->plans;
  } else if (!config.plans.empty()) {
    service.plans = config.folder() / config.plans;
    if (own != nullptr && config.services.size() > 1) service.plans /= own->name;
  } else {
    service.plans = beside / "plans";
  }
  if (own != nullptr && !own->schema.empty()) {
    service.schema = config.folder() / own->schema;
  } else if (is_file(beside / "schema.prisma")) {
    service.schema = beside / "schema.prisma";
  }
  return service;
}

/// What one argument turned out to be.
struct Meant {
  std::vector<fs::path> histories;
  std::string migration;  ///< the name of a single migration in the only history
};

Meant meaning_of_file(const fs::path& file) {
  const std::string name = file.filename().string();
  const fs::path parent = file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (is_file(parent / "plan.toml") || is_file(parent.parent_path() / "plan.toml")) {
    throw Error(fmt::format("{}: belongs to a plan", shown(file)),
                "plans are checked when they are made; name the migrations folder or a pending migration");
  }
  if (name == "migration.sql" || name == "up.sql") {
    const fs::path folder = parent == "." ? real_path(parent) : parent;
    return {{folder.has_parent_path() ? folder.parent_path() : fs::path(".")}, folder.filename().string()};
  }
  if (file.extension() != ".sql")
    throw Error(fmt::format("{}: is no SQL file", shown(file)),
                "name a migration, its folder, or a folder of migrations");
  std::string stem = name.substr(0, name.size() - 4);
  if (stem.size() > 3 && stem.substr(stem.size() - 3) == ".up") stem.resize(stem.size() - 3);
  return {{parent}, stem};
}

Meant meaning_of_folder(const fs::path& given) {
  const fs::path folder = given.lexically_normal();
  if (is_file(folder / "migration.sql")) return meaning_of_file(folder / "migration.sql");
  if (is_file(folder / "up.sql")) return meaning_of_file(folder / "up.sql");
  if (is_file(folder / "plan.toml")) {
    throw Error(fmt::format("{}: is a plan", shown(folder)),
                "plans are checked when they are made; name the migrations folder or a pending migration");
  }
  Meant meant;
  meant.histories = find_histories(folder);
  if (meant.histories.empty() && detect_layout(folder, true)) meant.histories = {folder};
  if (meant.histories.empty()) {
    throw Error(fmt::format("{}: no migrations were found in or below this folder", shown(folder)),
                "planner looks for */migration.sql, */up.sql, N_name.up.sql, V1__name.sql, "
                "meta/_journal.json and folders called migrations; "
                "or list them in planner.toml");
  }
  return meant;
}

bool looks_like_path(const std::string& argument) {
  return argument.find('/') != std::string::npos || argument == "." || argument == ".." ||
         fs::path(argument).extension() == ".sql";
}

std::vector<std::string> all_names(const std::vector<Service>& services) {
  std::set<std::string> names;
  for (const Service& service : services) {
    for (const MigrationFile& file : service.folder.files) {
      const std::string purpose = purpose_of(file.name);
      names.insert(purpose.empty() ? file.name : purpose);
    }
  }
  return {names.begin(), names.end()};
}

/// Names for services that planner.toml does not name: short ones, longer where short ones meet.
void name_services(std::vector<Service>& services) {
  if (services.size() < 2) return;
  std::map<std::string, int> uses;
  for (const Service& service : services)
    ++uses[service.name.empty() ? service_name_of(service.folder.path) : service.name];
  for (Service& service : services) {
    if (!service.name.empty()) continue;
    const std::string name = service_name_of(service.folder.path);
    service.name = uses[name] > 1 ? shown(service.folder.path) : name;
  }
}

[[noreturn]] void fail_unknown(const std::vector<Service>& services, const std::string& name) {
  std::string hint;
  for (const std::string& candidate : nearest(name, all_names(services)))
    hint += (hint.empty() ? "" : ", ") + candidate;
  throw Error(fmt::format("no migration is called `{}`", name),
              hint.empty() ? "the history is empty" : "nearest: " + hint);
}

[[noreturn]] void fail_ambiguous(const std::vector<Service>& services, const std::string& name,
                                 const std::vector<MigrationPlace>& places) {
  std::string hint;
  for (const MigrationPlace& place : places)
    hint += "\n  " + shown(services[place.service].folder.files[place.migration].file);
  throw Error(fmt::format("`{}` is the name of {} migrations", name, places.size()),
              "name one of them by its folder or path:" + hint);
}

}  // namespace

std::vector<fs::path> find_histories(const fs::path& root) {
  std::vector<fs::path> found;
  search(root.lexically_normal(), 0, found);
  return found;
}

std::vector<MigrationPlace> migrations_called(const std::vector<Service>& services, const std::string& name) {
  std::vector<MigrationPlace> exact, by_purpose;
  for (std::size_t s = 0; s < services.size(); ++s) {
    const std::vector<MigrationFile>& files = services[s].folder.files;
    for (std::size_t m = 0; m < files.size(); ++m) {
      if (files[m].name == name || files[m].file.path().filename() == name) exact.push_back({s, m});
      if (purpose_of(files[m].name) == name) by_purpose.push_back({s, m});
    }
  }
  return exact.empty() ? by_purpose : exact;
}

Project open_project(const std::vector<std::string>& arguments) {
  Project project;
  std::vector<fs::path> roots;
  std::vector<std::string> names;
  std::vector<std::pair<fs::path, std::string>> single;  // history, migration
  std::vector<fs::path> histories;
  for (const std::string& argument : arguments) {
    std::error_code error;
    const bool exists = fs::exists(argument, error);
    if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
      throw Error(fmt::format("{}: cannot be read: {}", argument, error.message()));
    }
    if (!exists) {
      if (looks_like_path(argument)) {
        throw Error(fmt::format("{}: there is no such file or folder", argument),
                    "check the path; `planner analyze` without arguments looks for migrations below the "
                    "current folder");
      }
      names.push_back(argument);
      continue;
    }
    roots.emplace_back(argument);
  }
  const fs::path start = roots.empty() ? fs::path(".") : roots.front();
  if (const std::optional<fs::path> file = find_config(is_folder(start) ? start : start.parent_path()))
    project.config = read_config(*file);

  const auto own_config = [&](const fs::path& history) -> const ServiceConfig* {
    for (const ServiceConfig& service : project.config.services) {
      if (real_path(project.config.folder() / service.migrations) == real_path(history)) return &service;
    }
    return nullptr;
  };
  const auto add_history = [&](const fs::path& history) {
    for (const fs::path& known : histories) {
      if (real_path(known) == real_path(history)) return;
    }
    histories.push_back(history);
  };
  const auto add_configured = [&](const fs::path& below) {
    bool any = false;
    for (const ServiceConfig& service : project.config.services) {
      const fs::path migrations = (project.config.folder() / service.migrations).lexically_normal();
      if (!lies_in(migrations, below)) continue;
      add_history(migrations);
      any = true;
    }
    return any;
  };

  if (roots.empty()) {
    if (!add_configured(project.config.services.empty() ? fs::path(".") : project.config.folder())) {
      for (const fs::path& history : meaning_of_folder(".").histories) add_history(history);
    }
  }
  for (const fs::path& root : roots) {
    if (is_folder(root) && !is_file(root / "migration.sql") && add_configured(root)) continue;
    const Meant meant = is_folder(root) ? meaning_of_folder(root) : meaning_of_file(root);
    for (const fs::path& history : meant.histories) add_history(history);
    if (!meant.migration.empty()) single.emplace_back(meant.histories.front(), meant.migration);
  }

  for (const fs::path& history : histories)
    project.services.push_back(make_service(history, project.config, own_config(history)));
  name_services(project.services);

  const auto take = [&](MigrationPlace place) {
    if (std::find(project.named.begin(), project.named.end(), place) == project.named.end())
      project.named.push_back(place);
  };
  for (const auto& [history, migration] : single) {
    for (std::size_t s = 0; s < project.services.size(); ++s) {
      if (real_path(project.services[s].folder.path) != real_path(history)) continue;
      const std::vector<MigrationPlace> places = migrations_called({project.services[s]}, migration);
      if (places.empty()) fail_unknown(project.services, migration);
      take({s, places.front().migration});
    }
  }
  for (const std::string& name : names) {
    const std::vector<MigrationPlace> places = migrations_called(project.services, name);
    if (places.empty()) fail_unknown(project.services, name);
    if (places.size() > 1) fail_ambiguous(project.services, name, places);
    take(places.front());
  }
  return project;
}

namespace {

/// The history that a file not yet saved will belong to: of the nearest folder above it that has one.
Project project_above(const fs::path& file) {
  const fs::path target = real_path(file);
  for (fs::path folder = target.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    if (is_folder(folder)) {
      try {
        Project project = open_project({folder.lexically_proximate(fs::current_path()).string()});
        for (Service& service : project.services) {
          if (!lies_in(target, real_path(service.folder.path))) continue;
          Project found{std::move(project.config), {}, {}};
          found.services.push_back(std::move(service));
          return found;
        }
      } catch (const Error&) {  // nothing here: a folder further up may be the history
      }
    }
    if (folder == folder.root_path()) break;
  }
  throw Error(fmt::format("{}: no migrations folder lies around this file", shown(file)),
              "name it as it will be saved: prisma/migrations/20240102030405_what_it_does/migration.sql");
}

}  // namespace

Project open_project_around(const fs::path& file, std::string text) {
  if (is_file(file)) {
    Project project = open_project({file.string()});
    if (project.named.size() == 1) {
      const MigrationPlace place = project.named.front();
      project.services[place.service].folder.files[place.migration].unsaved = std::move(text);
      return project;
    }
  }
  Project project = project_above(file);
  MigrationFolder& folder = project.services.front().folder;
  MigrationFile fresh;
  fresh.file = file;
  fresh.unsaved = std::move(text);
  const bool own_folder = real_path(file).parent_path() != real_path(folder.path);
  if (own_folder) fresh.folder = file.parent_path();
  fresh.name = own_folder ? file.parent_path().filename().string() : file.stem().string();
  auto at = folder.files.end();
  if (folder.layout == Layout::Prisma) {
    at = std::find_if(folder.files.begin(), folder.files.end(),
                      [&](const MigrationFile& other) { return fresh.name < other.name; });
  }
  project.named.push_back({0, static_cast<std::size_t>(at - folder.files.begin())});
  folder.files.insert(at, std::move(fresh));
  return project;
}

namespace {

/// Opening and reading thousands of small files keeps two cores busy. The first that fails is the one told.
template <typename Work>
void for_each_index(std::size_t count, const Work& work) {
  constexpr std::size_t kWorthAThread = 64;
  const std::size_t helpers =
      std::min<std::size_t>(std::max(1U, std::thread::hardware_concurrency()) - 1, count / kWorthAThread);
  std::vector<std::exception_ptr> failures(helpers + 1);
  std::vector<std::size_t> failed_at(helpers + 1, count);
  std::atomic<std::size_t> next{0};
  const auto run = [&](std::size_t who) {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        failures[who] = std::current_exception();
        failed_at[who] = i;
        return;
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < helpers; ++i) threads.emplace_back(run, i);
  run(helpers);
  for (std::thread& thread : threads) thread.join();
  const auto first = std::min_element(failed_at.begin(), failed_at.end());
  if (*first != count) std::rethrow_exception(failures[static_cast<std::size_t>(first - failed_at.begin())]);
}

}  // namespace

LoadedHistory load_history(const Service& service) {
  LoadedHistory loaded;
  loaded.history.service = service.name;
  loaded.history.tool = service.tool;
  const std::vector<MigrationFile>& files = service.folder.files;
  loaded.history.migrations.resize(files.size());
  loaded.shown.resize(files.size());
  for_each_index(files.size(), [&](std::size_t i) {
    MigrationText text = read_migration(files[i], service.folder.layout);
    Migration& migration = loaded.history.migrations[i];
    migration.name = files[i].name;
    migration.path = shown(files[i].file);
    migration.text = std::move(text.text);
    migration.no_transaction_marker = text.no_transaction;
    loaded.shown[i] = std::move(text.shown);
  });
  return loaded;
}

NewOnes new_against(const GitRepository& repository, const std::string& ref, const Service& service) {
  const BaseFiles base = files_at_base(repository, ref, service.folder.path);
  NewOnes answer;
  answer.described = base.described;
  const std::string folder =
      *path_in(repository, service.folder.path);  // files_at_base made sure that it lies inside
  const std::string prefix = folder == "." ? "" : folder + "/";
  const auto look = [&](const std::set<std::string>& there, const std::string& before) {
    answer.is_new.clear();
    for (const MigrationFile& file : service.folder.files) {
      const std::string inside = file.file.path().lexically_relative(service.folder.path).generic_string();
      answer.is_new.push_back(there.count(before + inside) == 0);
    }
    return std::find(answer.is_new.begin(), answer.is_new.end(), false) != answer.is_new.end();
  };
  if (look(base.paths, prefix)) return answer;
  // Nothing of it is at the base: the service is new, or its folder was moved.
  answer.moved_from = moved_from(repository, ref, service.folder.path);
  if (answer.moved_from) {
    const std::string& before = *answer.moved_from;
    look(files_at_base(repository, ref, repository.top / before).paths, before == "." ? "" : before + "/");
    answer.described += fmt::format(", which has them in {}", before);
  }
  return answer;
}

}  // namespace planner::project
