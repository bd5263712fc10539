#include "src/project/config.h"

#include <fmt/core.h>

#include <algorithm>
#include <system_error>

#include "planner/error.h"
#include "planner/recognize/recognize.h"
#include "rules/glob.h"
#include "rules/registry.h"
#include "src/project/files.h"
#include "src/project/toml_reader.h"

namespace planner::project {
namespace {

constexpr int kOldestServer = 12;
constexpr int kNewestServer = 18;

const std::vector<std::string>& tool_words() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> all;
    for (int i = 0; i <= static_cast<int>(Tool::PlainSql); ++i)
      all.emplace_back(tool_name(static_cast<Tool>(i)));
    return all;
  }();
  return words;
}

std::string list_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "`" : ", `") + word + "`";
  return text;
}

std::optional<Tool> tool_of(TomlTable& table, const std::string& key) {
  const std::optional<std::string> word = table.text(key);
  if (!word) return std::nullopt;
  const std::optional<Tool> tool = tool_from_name(*word);
  if (!tool)
    table.fail(key, fmt::format("does not know the tool \"{}\"", *word),
               "use one of " + list_of(tool_words()));
  return tool;
}

std::optional<Severity> severity_of(TomlTable& table, const std::string& key) {
  const std::optional<std::string> word = table.text(key);
  if (!word) return std::nullopt;
  const std::optional<Severity> severity = severity_from_name(*word);
  if (!severity) table.fail(key, fmt::format("is \"{}\"", *word), "use `off`, `info`, `warning` or `error`");
  return severity;
}

/// Accepts 15 and 150004.
std::optional<int> server_version_of(TomlTable& table, const std::string& key) {
  const std::optional<std::int64_t> number = table.integer(key);
  if (!number) return std::nullopt;
  const std::int64_t major = *number >= 10000 ? *number / 10000 : *number;
  if (major < kOldestServer || major > kNewestServer) {
    table.fail(key, fmt::format("is {}", *number),
               fmt::format("planner knows PostgreSQL {} to {}: write the lowest major version you run",
                           kOldestServer, kNewestServer));
  }
  return static_cast<int>(*number >= 10000 ? *number : *number * 10000);
}

/// Names that planner compares with `*` and `?`: another tool's brackets would never fit anything.
std::vector<std::string> globs(TomlTable& table, const std::string& key) {
  std::vector<std::string> patterns = table.texts(key);
  for (const std::string& pattern : patterns) {
    if (pattern.empty()) table.fail(key, "has an empty name", "`*` is any name");
    if (pattern.find_first_of("[]{}") != std::string::npos)
      table.fail(key, fmt::format("has \"{}\"", pattern),
                 "`*` is any text and `?` one character; there is nothing else: list the names");
  }
  return patterns;
}

ServiceConfig service_of(TomlTable table) {
  ServiceConfig service;
  service.line = table.line();
  service.name = table.required_text("name");
  service.migrations = table.required_text("migrations");
  service.plans = table.text("plans").value_or("");
  service.schema = table.text("schema").value_or("");
  service.database_env = table.text("database_env").value_or("");
  service.deploys_with = tool_of(table, "deploys_with");
  service.tables = globs(table, "tables");
  table.no_others();
  if (service.name.empty()) table.fail("name", "is empty");
  if (service.migrations.empty()) table.fail("migrations", "is empty");
  if (service.database_env.find("://") != std::string::npos) {
    table.fail("database_env", "must be the name of an environment variable, not a URL",
               "keep passwords out of the repository: database_env = \"DATABASE_URL\"");
  }
  return service;
}

OwnerConfig owner_of(TomlTable table) {
  OwnerConfig owner;
  owner.line = table.line();
  owner.name = table.required_text("name");
  owner.tables = globs(table, "tables");
  table.no_others();
  if (owner.name.empty()) table.fail("name", "is empty");
  if (owner.tables.empty())
    table.fail("tables", "is empty", "list the tables it owns: tables = [\"invoices\", \"payment_*\"]");
  return owner;
}

bool is_rule_id(const std::string& word) {
  return !word.empty() && word.front() >= 'a' && word.front() <= 'z' &&
         std::all_of(word.begin(), word.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

/// A pattern without a star must be an operation there is; one with a star must fit at least one.
void check_operations(const TomlTable& table, const std::vector<std::string>& operations) {
  for (const std::string& pattern : operations) {
    const std::vector<std::string>& kinds = rules::operation_kinds();
    if (std::any_of(kinds.begin(), kinds.end(),
                    [&](const std::string& kind) { return rules::matches(pattern, kind); }))
      continue;
    table.fail("operations", fmt::format("names no operation planner knows: \"{}\"", pattern),
               "nearest: " + list_of(nearest(pattern, kinds)));
  }
}

/// A rule for a service that is not in planner.toml would never say anything.
void check_services(const TomlTable& table, const std::vector<std::string>& patterns,
                    const std::vector<ServiceConfig>& services) {
  if (services.empty()) return;  // they are found, and named after their folders
  std::vector<std::string> known;
  for (const ServiceConfig& service : services) known.push_back(service.name);
  for (const std::string& pattern : patterns) {
    if (std::any_of(known.begin(), known.end(),
                    [&](const std::string& name) { return rules::matches(pattern, name); }))
      continue;
    table.fail("services", fmt::format("names no [[service]] of this file: \"{}\"", pattern),
               "nearest: " + list_of(nearest(pattern, known)));
  }
}

rules::TeamRule team_rule_of(TomlTable table, const std::vector<ServiceConfig>& services) {
  using Requires = rules::TeamRule::Requires;
  rules::TeamRule rule;
  rule.id = table.required_text("id");
  if (!is_rule_id(rule.id))
    table.fail("id", fmt::format("is \"{}\"", rule.id),
               "use lower case letters, digits and dashes: no-json-columns");
  if (find_rule(rule.id) != nullptr)
    table.fail("id", fmt::format("is \"{}\", the name of one of planner's rules", rule.id),
               "give it a name of its own; [rules] sets the severity of planner's");
  rule.severity = severity_of(table, "severity").value_or(Severity::Error);
  rule.operations = table.texts("operations");
  check_operations(table, rule.operations);
  rule.tables = globs(table, "tables");
  rule.columns = globs(table, "columns");
  rule.types = table.texts("types");
  rule.services = globs(table, "services");
  check_services(table, rule.services, services);
  if (const std::optional<std::int64_t> rows = table.integer("min_rows")) {
    if (*rows < 1)
      table.fail("min_rows", fmt::format("is {}", *rows), "write a number of rows, or leave it out");
    rule.min_rows = static_cast<double>(*rows);
  }
  rule.pattern = table.text("pattern").value_or("");
  rule.message = table.text("message").value_or("");
  rule.help = table.text("help").value_or("");
  if (const std::optional<std::string> word = table.text("require")) {
    if (*word == "comment") {
      rule.what = Requires::Comment;
    } else if (*word == "name") {
      rule.what = Requires::Name;
    } else if (*word == "owner") {
      rule.what = Requires::Owner;
    } else {
      table.fail("require", fmt::format("is \"{}\"", *word),
                 "use `comment`, `name` or `owner`, or leave it out to forbid what matches");
    }
  }
  if (rule.what == Requires::Name && rule.pattern.empty())
    table.fail("require", "is \"name\", but there is no `pattern`", "add pattern = \"[a-z_]+_idx\"");
  if (rule.what != Requires::Name && !rule.pattern.empty())
    table.fail("pattern", "says nothing without `require = \"name\"`");
  if (const std::string problem = rules::pattern_problem(rule.pattern); !problem.empty()) {
    table.fail("pattern", fmt::format("is no regular expression: {}", problem));
  }
  table.no_others();
  const bool matches_all = rule.operations.empty() && rule.tables.empty() && rule.columns.empty() &&
                           rule.types.empty() && rule.services.empty() && !rule.min_rows;
  if (matches_all && rule.what == Requires::Nothing) {
    table.fail(
        "id", fmt::format("is \"{}\": the rule matches every statement", rule.id),
        "say what it is about: operations = [\"drop-column\"], tables, columns, types, services or min_rows");
  }
  return rule;
}

}  // namespace

std::vector<std::string> nearest(const std::string& word, const std::vector<std::string>& known,
                                 std::size_t count) {
  std::vector<std::pair<double, std::string>> ranked;
  for (const std::string& candidate : known) ranked.emplace_back(name_similarity(word, candidate), candidate);
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> best;
  for (const auto& [likeness, candidate] : ranked) {
    if (best.size() < count) best.push_back(candidate);
  }
  return best;
}

Config read_config(const fs::path& file) { return parse_config(read_file(file), file); }

Config parse_config(const std::string& text, const fs::path& file) {
  require_plain_text(text, file);
  const toml::value parsed = parse_toml(text, shown(file));
  TomlTable table(parsed, shown(file), "planner.toml");

  Config config;
  config.file = file;
  config.deploys_with = tool_of(table, "deploys_with");
  config.server_version = server_version_of(table, "server_version");
  if (const std::optional<std::int64_t> rows = table.integer("small_table_rows")) {
    if (*rows < 0) table.fail("small_table_rows", "is negative");
    config.small_table_rows = static_cast<double>(*rows);
  }
  if (const std::optional<std::int64_t> rows = table.integer("batch_rows")) {
    if (*rows < 1 || *rows > 1'000'000)
      table.fail("batch_rows", fmt::format("is {}", *rows), "write a number from 1 to 1000000");
    config.batch_rows = static_cast<int>(*rows);
  }
  config.time_zone = table.text("time_zone");
  config.fail_on = severity_of(table, "fail_on");
  config.hygiene = table.boolean("hygiene").value_or(false);
  config.base = table.text("base").value_or("");
  config.plans = table.text("plans").value_or("");
  if (std::optional<TomlTable> rules = table.table("rules")) {
    for (const std::string& id : rules->keys())
      config.rules[id] = {*severity_of(*rules, id), rules->line_of(id)};
  }
  if (std::optional<TomlTable> hooks = table.table("hooks")) {
    config.hooks.before_deploy = hooks->text("before_deploy").value_or("");
    config.hooks.after_deploy = hooks->text("after_deploy").value_or("");
    config.hooks.before_drop = hooks->text("before_drop").value_or("");
    hooks->no_others();
  }
  for (TomlTable& entry : table.tables("service")) {
    ServiceConfig service = service_of(std::move(entry));
    for (const ServiceConfig& other : config.services) {
      if (other.name == service.name) {
        throw Error(fmt::format("{}:{}: the service `{}` is already named in line {}", shown(file),
                                service.line, service.name, other.line));
      }
    }
    config.services.push_back(std::move(service));
  }
  for (TomlTable& entry : table.tables("team_rule")) {
    const int line = entry.line();
    rules::TeamRule rule = team_rule_of(std::move(entry), config.services);
    for (const rules::TeamRule& other : config.team_rules) {
      if (other.id == rule.id)
        throw Error(fmt::format("{}:{}: the team rule `{}` is there twice", shown(file), line, rule.id));
    }
    config.team_rules.push_back(std::move(rule));
  }
  for (TomlTable& entry : table.tables("owner")) config.owners.push_back(owner_of(std::move(entry)));
  config.baseline = table.text("baseline").value_or("");
  table.no_others();
  return config;
}

std::optional<fs::path> find_config(const fs::path& folder) {
  std::error_code error;
  const fs::path start = fs::absolute(folder, error).lexically_normal();
  const fs::path stop = start.root_path();
  // The way up is walked in absolute terms, the answer keeps the form in which the folder was given.
  fs::path given = folder.empty() ? fs::path(".") : folder;
  for (fs::path at = start;; at = at.parent_path(), given /= "..") {
    if (is_file(at / "planner.toml")) return (given / "planner.toml").lexically_normal();
    if (fs::exists(at / ".git", error) || at == stop || !at.has_relative_path()) return std::nullopt;
  }
}

bool diesel_runs_in_transaction(const fs::path& metadata) {
  const toml::value parsed = parse_toml(read_file(metadata), shown(metadata));
  TomlTable table(parsed, shown(metadata), "metadata.toml");
  return table.boolean("run_in_transaction").value_or(true);
}

std::optional<std::string> lock_provider_as_toml(const std::string& text) {
  try {
    const toml::value parsed = parse_toml(text, "migration_lock.toml");
    return TomlTable(parsed, "migration_lock.toml", "migration_lock.toml").text("provider");
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool cargo_depends_on(const fs::path& cargo_toml, const std::string& crate) {
  try {
    const toml::value parsed = parse_toml(read_file(cargo_toml), shown(cargo_toml));
    for (const char* section : {"dependencies", "build-dependencies", "dev-dependencies"}) {
      if (parsed.contains(section) && parsed.at(section).is_table() && parsed.at(section).contains(crate))
        return true;
    }
    if (parsed.contains("workspace") && parsed.at("workspace").is_table()) {
      const toml::value& workspace = parsed.at("workspace");
      return workspace.contains("dependencies") && workspace.at("dependencies").is_table() &&
             workspace.at("dependencies").contains(crate);
    }
  } catch (const Error&) {
    // Someone else's file: it only helps to guess which tool runs the migrations.
  }
  return false;
}

}  // namespace planner::project
