#include "src/project/layouts.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "planner/error.h"
#include "src/project/config.h"
#include "src/project/files.h"
#include "src/project/markers.h"
#include "src/project/prisma.h"

namespace planner::project {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string leading_digits(std::string_view name) {
  return std::string(name.substr(0, std::min(name.size(), name.find_first_not_of("0123456789"))));
}

/// `0001_name` with a number in front and an underscore behind it, as golang-migrate, goose, dbmate and sqlx
/// want it.
bool is_numbered(std::string_view name) {
  const std::string digits = leading_digits(name);
  return !digits.empty() && digits.size() < name.size() && name[digits.size()] == '_';
}

/// Numbers of any length: without leading zeros, the longer is the greater.
int compare_numbers(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

std::vector<fs::path> sql_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const FolderEntry& entry : entries_of(folder)) {
    if (!ends_with(entry.name, ".sql") || entry.name.front() == '.') continue;
    fs::path file = folder / entry.name;
    if (entry.type == fs::file_type::regular || !is_folder(file)) files.push_back(std::move(file));
  }
  return files;
}

/// `name.up.sql` -> `name`; the ending stays off whatever it is.
std::string without_endings(const fs::path& file) {
  std::string name = file.filename().string();
  for (const std::string_view end : {".up.sql", ".down.sql", ".sql"}) {
    if (ends_with(name, end)) return name.substr(0, name.size() - end.size());
  }
  return name;
}

void refuse_same_versions(const std::vector<MigrationFile>& files) {
  std::map<std::string, const MigrationFile*> seen;
  for (const MigrationFile& file : files) {
    if (file.version.empty()) continue;
    std::string number = file.version;
    number.erase(0, std::min(number.find_first_not_of('0'), number.size() - 1));
    const auto [at, first] = seen.emplace(number, &file);
    if (!first) {
      throw Error(
          fmt::format("{} and {} have the same version {}", shown(at->second->file), shown(file.file),
                      file.version),
          "give one of them a number of its own: the tool that deploys them would refuse or skip one");
    }
  }
}

void order_by_number(std::vector<MigrationFile>& files) {
  std::stable_sort(files.begin(), files.end(), [](const MigrationFile& a, const MigrationFile& b) {
    return compare_numbers(a.version, b.version) < 0;
  });
}

/// Flat files `N_name.up.sql` / `N_name.down.sql` (golang-migrate, reversible sqlx) and `N_name.sql` (goose,
/// dbmate, sqlx).
std::vector<MigrationFile> numbered_files(const fs::path& folder) {
  std::vector<MigrationFile> files;
  std::map<std::string, fs::path> downs;
  for (const fs::path& path : sql_files(folder)) {
    if (!is_numbered(path.filename().string())) continue;
    if (ends_with(path.filename().string(), ".down.sql")) {
      downs[without_endings(path)] = path;
      continue;
    }
    MigrationFile file;
    file.name = without_endings(path);
    file.version = leading_digits(file.name);
    file.file = path;
    files.push_back(std::move(file));
  }
  for (MigrationFile& file : files) {
    const auto down = downs.find(file.name);
    if (down != downs.end()) file.down = down->second;
  }
  order_by_number(files);
  refuse_same_versions(files);
  return files;
}

std::vector<MigrationFile> diesel_folders(const fs::path& folder) {
  std::vector<MigrationFile> files;
  for (const FolderEntry& entry : entries_of(folder)) {
    const fs::path path = folder / entry.name;
    if (!is_folder(path) || !is_file(path / "up.sql")) continue;
    MigrationFile file;
    file.name = entry.name;
    // Diesel: everything before the first underscore, dashes removed, compared as text.
    file.version = file.name.substr(0, file.name.find('_'));
    file.version.erase(std::remove(file.version.begin(), file.version.end(), '-'), file.version.end());
    file.folder = path;
    file.file = path / "up.sql";
    if (is_file(path / "down.sql")) file.down = path / "down.sql";
    if (is_file(path / "metadata.toml"))
      file.no_transaction = !diesel_runs_in_transaction(path / "metadata.toml");
    files.push_back(std::move(file));
  }
  std::stable_sort(files.begin(), files.end(),
                   [](const MigrationFile& a, const MigrationFile& b) { return a.version < b.version; });
  return files;
}

/// `V1_2__name.sql` -> {1, 2}; nullopt when the name is not of that form.
struct FlywayName {
  char prefix = 'V';
  std::vector<std::string> numbers;
  std::string version, description;
};
std::optional<FlywayName> flyway_name(const fs::path& path) {
  const std::string stem = path.stem().string();
  if (stem.size() < 3 || !ends_with(path.filename().string(), ".sql")) return std::nullopt;
  const std::size_t separator = stem.find("__");
  if (separator == std::string::npos) return std::nullopt;
  FlywayName name;
  name.prefix = stem.front();
  name.version = stem.substr(1, separator - 1);
  name.description = stem.substr(separator + 2);
  if (name.prefix == 'R') return name.version.empty() ? std::optional(name) : std::nullopt;
  if (name.prefix != 'V' && name.prefix != 'U' && name.prefix != 'B') return std::nullopt;
  std::string number;
  for (const char c : name.version + ".") {
    if (is_digit(c)) {
      number.push_back(c);
    } else if ((c == '.' || c == '_') && !number.empty()) {
      name.numbers.push_back(std::move(number));
      number.clear();
    } else {
      return std::nullopt;
    }
  }
  return name;
}

bool flyway_before(const FlywayName& a, const FlywayName& b) {
  for (std::size_t i = 0; i < std::max(a.numbers.size(), b.numbers.size()); ++i) {
    const std::string left = i < a.numbers.size() ? a.numbers[i] : "0";
    const std::string right = i < b.numbers.size() ? b.numbers[i] : "0";
    const int order = compare_numbers(left, right);
    if (order != 0) return order < 0;
  }
  return false;
}

std::vector<MigrationFile> flyway_files(const fs::path& folder) {
  std::vector<std::pair<FlywayName, MigrationFile>> versioned, repeatable;
  for (const fs::path& path : sql_files(folder)) {
    const std::optional<FlywayName> name = flyway_name(path);
    if (!name || name->prefix == 'U' || name->prefix == 'B') continue;
    MigrationFile file;
    file.name = path.stem().string();
    file.version = name->version;
    file.file = path;
    file.repeatable = name->prefix == 'R';
    const fs::path settings = path.string() + ".conf";
    if (is_file(settings)) file.no_transaction = flyway_switches_transaction_off(read_file(settings));
    (file.repeatable ? repeatable : versioned).emplace_back(*name, std::move(file));
  }
  std::stable_sort(versioned.begin(), versioned.end(),
                   [](const auto& a, const auto& b) { return flyway_before(a.first, b.first); });
  std::stable_sort(repeatable.begin(), repeatable.end(),
                   [](const auto& a, const auto& b) { return a.first.description < b.first.description; });
  std::vector<MigrationFile> files;
  for (std::size_t i = 0; i < versioned.size(); ++i) {
    if (i > 0 && !flyway_before(versioned[i - 1].first, versioned[i].first)) {
      throw Error(fmt::format("{} and {} have the same version", shown(versioned[i - 1].second.file),
                              shown(versioned[i].second.file)),
                  "give one of them a version of its own: Flyway stops with \"Found more than one migration "
                  "with version\"");
    }
    files.push_back(versioned[i].second);
  }
  for (auto& [name, file] : repeatable) files.push_back(std::move(file));
  return files;
}

std::vector<MigrationFile> drizzle_files(const fs::path& folder) {
  const fs::path journal = folder / "meta" / "_journal.json";
  const nlohmann::json json = nlohmann::json::parse(read_file(journal), nullptr, false);
  if (json.is_discarded() || !json.is_object() || !json.contains("entries") || !json["entries"].is_array()) {
    throw Error(fmt::format("{}: is not the journal that drizzle-kit writes", shown(journal)),
                "restore it from version control");
  }
  if (json.contains("dialect") && json["dialect"].is_string()) {
    const std::string dialect = json["dialect"].get<std::string>();
    if (dialect != "pg" && dialect != "postgresql") {
      throw Error(fmt::format("{}: this history is for \"{}\"; planner knows PostgreSQL only", shown(journal),
                              dialect),
                  "name the folders planner should look at, or list them in planner.toml");
    }
  }
  std::vector<MigrationFile> files;
  for (const nlohmann::json& entry : json["entries"]) {
    if (!entry.is_object() || !entry.contains("tag") || !entry["tag"].is_string()) {
      throw Error(fmt::format("{}: an entry has no \"tag\"", shown(journal)),
                  "restore it from version control");
    }
    MigrationFile file;
    file.name = entry["tag"].get<std::string>();
    file.version = leading_digits(file.name);
    file.file = folder / (file.name + ".sql");
    if (entry.contains("when") && entry["when"].is_number_integer())
      file.when = entry["when"].get<std::int64_t>();
    files.push_back(std::move(file));
  }
  return files;
}

std::vector<MigrationFile> plain_files(const fs::path& folder) {
  std::vector<MigrationFile> files;
  bool all_numbered = true;
  for (const fs::path& path : sql_files(folder)) {
    const std::string name = path.filename().string();
    // Whatever runs these files, nobody runs the way back as part of the way forward.
    if (ends_with(name, ".down.sql") || ends_with(name, "_down.sql") || ends_with(name, ".rollback.sql"))
      continue;
    MigrationFile file;
    file.name = without_endings(path);
    file.version = leading_digits(file.name);
    file.file = path;
    all_numbered = all_numbered && !file.version.empty();
    files.push_back(std::move(file));
  }
  if (all_numbered) order_by_number(files);  // 2_b before 10_a, which bytes would turn round
  return files;
}

/// Hidden folders make no history: what a killed run leaves beside a plan is one.
bool has_subfolder_with(const fs::path& folder, const std::vector<FolderEntry>& entries, const char* file) {
  return std::any_of(entries.begin(), entries.end(), [&](const FolderEntry& entry) {
    return entry.name.front() != '.' && entry.type != fs::file_type::regular &&
           is_file(folder / entry.name / file);
  });
}

/// sqlx and golang-migrate share a form of names; a Cargo.toml nearby that depends on sqlx tells them apart.
bool is_sqlx_project(const fs::path& folder) {
  fs::path up = folder;
  for (int level = 0; level < 4; ++level, up /= "..") {
    if (is_folder(up / ".sqlx")) return true;
    if (is_file(up / "Cargo.toml") && cargo_depends_on(up / "Cargo.toml", "sqlx")) return true;
  }
  return false;
}

}  // namespace

const std::vector<LayoutFacts>& layout_facts() {
  static const std::vector<LayoutFacts> facts{
      {Layout::Prisma, "prisma", Tool::PrismaUnknown, "TIMESTAMP_name/migration.sql", "_prisma_migrations",
       "up to 7.3 the whole file; from 7.4 each statement when Prisma's splitter understands all of them"},
      {Layout::GolangMigrate, "golang-migrate", Tool::GolangMigrate, "N_name.up.sql (and .down.sql)",
       "schema_migrations",
       "the whole file is one query: one transaction unless it holds a single statement"},
      {Layout::Flyway, "flyway", Tool::Flyway, "V1__name.sql, R__name.sql", "flyway_schema_history",
       "one transaction per file, none when a statement cannot run in one"},
      {Layout::Diesel, "diesel", Tool::Diesel, "TIMESTAMP_name/up.sql (and down.sql)",
       "__diesel_schema_migrations",
       "one transaction per file unless metadata.toml says run_in_transaction = false"},
      {Layout::Sqlx, "sqlx", Tool::Sqlx, "N_name.sql, or N_name.up.sql and .down.sql", "_sqlx_migrations",
       "one transaction per file unless it starts with `-- no-transaction`"},
      {Layout::Drizzle, "drizzle", Tool::Drizzle, "0000_name.sql and meta/_journal.json",
       "drizzle.__drizzle_migrations",
       "all pending files in one transaction, split at `--> statement-breakpoint`"},
      {Layout::Goose, "goose", Tool::Goose, "N_name.sql with `-- +goose Up` and `-- +goose Down`",
       "goose_db_version", "one transaction per file unless it says `-- +goose NO TRANSACTION`"},
      {Layout::Dbmate, "dbmate", Tool::Dbmate, "N_name.sql with `-- migrate:up` and `-- migrate:down`",
       "schema_migrations", "one transaction per file unless it says `transaction:false`"},
      {Layout::Plain, "plain-sql", Tool::PlainSql, "*.sql in the order of their names", "",
       "unknown: judged by the worse of one transaction and autocommit"},
  };
  return facts;
}

const LayoutFacts& facts_of(Layout layout) {
  for (const LayoutFacts& facts : layout_facts()) {
    if (facts.layout == layout) return facts;
  }
  return layout_facts().back();
}

Layout layout_of(Tool tool) {
  if (tool == Tool::PrismaWhole || tool == Tool::PrismaSplit) return Layout::Prisma;
  for (const LayoutFacts& facts : layout_facts()) {
    if (facts.tool == tool) return facts.layout;
  }
  return Layout::Plain;
}

std::optional<Layout> detect_layout(const fs::path& folder, bool take_plain_sql) {
  if (!is_folder(folder)) return std::nullopt;
  const std::vector<FolderEntry> entries = entries_of(folder);
  if (is_file(folder / "meta" / "_journal.json")) return Layout::Drizzle;
  if (has_subfolder_with(folder, entries, "migration.sql") || is_file(folder / "migration_lock.toml"))
    return Layout::Prisma;
  if (has_subfolder_with(folder, entries, "up.sql")) return Layout::Diesel;

  const std::vector<fs::path> files = sql_files(folder);
  if (files.empty()) return std::nullopt;
  const auto any = [&](auto&& test) { return std::any_of(files.begin(), files.end(), test); };
  if (any([](const fs::path& file) {
        const std::string name = file.filename().string();
        return is_numbered(name) && ends_with(name, ".up.sql");
      })) {
    return is_sqlx_project(folder) ? Layout::Sqlx : Layout::GolangMigrate;
  }
  if (any([](const fs::path& file) {
        const std::optional<FlywayName> name = flyway_name(file);
        return name && name->prefix == 'V';
      })) {
    return Layout::Flyway;
  }
  if (any([](const fs::path& file) { return is_numbered(file.filename().string()); })) {
    // Goose's and dbmate's marks stand in every file; the first numbered one tells.
    const auto first = std::find_if(files.begin(), files.end(), [](const fs::path& file) {
      return is_numbered(file.filename().string());
    });
    const std::string text = read_file(*first);
    if (has_goose_marks(text)) return Layout::Goose;
    if (has_dbmate_marks(text)) return Layout::Dbmate;
    if (is_sqlx_project(folder)) return Layout::Sqlx;
  }
  if (take_plain_sql) return Layout::Plain;
  return std::nullopt;
}

MigrationFolder list_migrations(const fs::path& folder, Layout layout) {
  if (!is_folder(folder)) {
    throw Error(
        fmt::format("{}: there is no such folder", shown(folder)),
        "check the path; `planner analyze` without arguments looks for migrations below the current folder");
  }
  if (layout == Layout::Prisma) return list_prisma(folder);
  MigrationFolder listed;
  listed.layout = layout;
  listed.path = folder;
  switch (layout) {
    case Layout::GolangMigrate:
    case Layout::Goose:
    case Layout::Dbmate:
    case Layout::Sqlx:
      listed.files = numbered_files(folder);
      break;
    case Layout::Flyway:
      listed.files = flyway_files(folder);
      break;
    case Layout::Diesel:
      listed.files = diesel_folders(folder);
      break;
    case Layout::Drizzle:
      listed.files = drizzle_files(folder);
      break;
    default:
      listed.files = plain_files(folder);
  }
  return listed;
}

MigrationText read_migration(const MigrationFile& file, Layout layout) {
  MigrationText read;
  std::string text = file.unsaved ? *file.unsaved : read_file(file.file);
  require_plain_text(text, file.file);
  read.no_transaction = file.no_transaction;
  std::optional<std::string> changed;
  switch (layout) {
    case Layout::Goose:
      read.no_transaction = read.no_transaction || goose_without_transaction(text);
      changed = goose_forward(text);
      break;
    case Layout::Dbmate:
      read.no_transaction = read.no_transaction || dbmate_without_transaction(text);
      changed = dbmate_forward(text);
      break;
    case Layout::Sqlx:
      read.no_transaction = read.no_transaction || text.rfind("-- no-transaction", 0) == 0;
      break;
    case Layout::Drizzle:
      changed = drizzle_statements(text);
      break;
    default:
      break;
  }
  if (changed && *changed != text) {
    read.text = std::move(*changed);
    read.shown = std::move(text);
  } else {
    read.text = std::move(text);
  }
  return read;
}

}  // namespace planner::project
