#include "src/project/plan_toml.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "planner/error.h"
#include "planner/sql/type.h"
#include "src/project/sha256.h"
#include "src/project/toml_reader.h"
#include "src/project/toml_writer.h"

namespace planner::project {
namespace {

constexpr int kPlanFormat = 1;

/// Stands in for the file's own checksum while that is computed.
std::string no_checksum() { return std::string(64, '0'); }

void put_name(TomlWriter& out, const std::string& key, const ObjectName& name) {
  if (!name.schema.empty()) out.text(key + "_schema", name.schema.str());
  out.text(key, name.name.str());
}

ObjectName take_name(TomlTable& table, const std::string& key) {
  ObjectName name;
  name.schema = Identifier(table.text(key + "_schema").value_or(""));
  name.name = Identifier(table.required_text(key));
  return name;
}

template <typename Enum, typename NameOf>
Enum enum_named(TomlTable& table, const std::string& key, Enum last, NameOf name_of) {
  const std::string word = table.required_text(key);
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (name_of(static_cast<Enum>(i)) == word) return static_cast<Enum>(i);
  }
  table.fail(key, fmt::format("is \"{}\"", word),
             "this plan was edited or written by another version of planner");
}

void put_optional(TomlWriter& out, const std::string& key, const std::string& value) {
  if (!value.empty()) out.text(key, value);
}

void put_conditions(TomlWriter& out, const std::string& name, const std::vector<Condition>& conditions) {
  for (const Condition& condition : conditions) {
    out.array_entry(name);
    out.text("says", condition.says);
    out.text("query", condition.query.str());
  }
}

std::vector<Condition> take_conditions(TomlTable& phase, const std::string& name) {
  std::vector<Condition> conditions;
  for (TomlTable& entry : phase.tables(name)) {
    conditions.push_back({entry.required_text("says"), Sql::verbatim(entry.required_text("query"))});
    entry.no_others();
  }
  return conditions;
}

void put_backfill(TomlWriter& out, const Backfill& backfill) {
  out.table("phase.backfill");
  put_name(out, "table", backfill.table);
  out.text("todo", backfill.todo.str());
  out.boolean("deletes", backfill.deletes);
  std::vector<std::string> key, types;
  for (const Identifier& column : backfill.key) key.push_back(column.str());
  for (const TypeName& type : backfill.key_types) types.push_back(type_sql(type).str());
  out.texts("key", key);
  out.texts("key_types", types);
  for (const auto& [column, value] : backfill.assignments) {
    out.array_entry("phase.backfill.set");
    out.text("column", column.str());
    out.text("value", value.str());
  }
}

Backfill take_backfill(TomlTable& table) {
  Backfill backfill;
  backfill.table = take_name(table, "table");
  backfill.todo = Sql::verbatim(table.required_text("todo"));
  backfill.deletes = table.required_boolean("deletes");
  for (const std::string& column : table.texts("key")) backfill.key.emplace_back(column);
  for (const std::string& type : table.texts("key_types")) backfill.key_types.push_back(parse_type(type));
  for (TomlTable& set : table.tables("set")) {
    backfill.assignments.emplace_back(Identifier(set.required_text("column")),
                                      Sql::verbatim(set.required_text("value")));
    set.no_others();
  }
  table.no_others();
  return backfill;
}

void put_phase(TomlWriter& out, const Phase& phase, const std::map<std::string, std::string>& files) {
  out.array_entry("phase");
  out.text("folder", phase.folder);
  out.text("kind", std::string(phase_name(phase.kind)));
  out.number("number", phase.number);
  put_optional(out, "part", phase.part);
  out.text("title", phase.title);
  out.text("why", phase.why);
  out.text("window", std::string(window_name(phase.window)));
  put_optional(out, "deploy_before", phase.deploy_before);
  put_optional(out, "application", phase.application);
  out.boolean("commits", phase.commits);
  out.boolean("reversible", phase.reversible);
  put_optional(out, "reverse_note", phase.reverse_note);
  std::vector<std::int64_t> statements;
  for (const SourceRef& source : phase.sources) {
    const auto number = static_cast<std::int64_t>(source.statement) + 1;
    if (std::find(statements.begin(), statements.end(), number) == statements.end())
      statements.push_back(number);
  }
  out.numbers("from_statements", statements);
  for (const char* name : {"migration.sql", "rollback.sql"}) {
    const auto file = files.find(phase.folder + "/" + name);
    if (file != files.end())
      out.text(name[0] == 'm' ? "migration_sha256" : "rollback_sha256", sha256(file->second));
  }
  for (const StepLock& lock : phase.locks) {
    out.array_entry("phase.lock");
    put_name(out, "relation", lock.relation);
    out.text("mode", std::string(lock_name(lock.mode)));
    out.text("how_long", lock.how_long);
  }
  put_conditions(out, "phase.before", phase.before);
  put_conditions(out, "phase.after", phase.after);
  for (const PrismaAdvice& advice : phase.prisma) {
    out.array_entry("phase.schema_prisma");
    put_optional(out, "model", advice.model);
    out.text("text", advice.text);
  }
  if (phase.backfill) put_backfill(out, *phase.backfill);
}

Phase take_phase(TomlTable& table, std::map<std::string, std::string>& checksums) {
  Phase phase;
  phase.folder = table.required_text("folder");
  if (phase.folder.empty() || phase.folder.find('/') != std::string::npos || phase.folder.front() == '.')
    table.fail("folder", "is no name of a folder");
  phase.kind = enum_named(table, "kind", PhaseKind::Drop, phase_name);
  phase.number = static_cast<int>(table.required_integer("number"));
  phase.part = table.text("part").value_or("");
  phase.title = table.required_text("title");
  phase.why = table.required_text("why");
  phase.window = enum_named(table, "window", Window::NewRelease, window_name);
  phase.deploy_before = table.text("deploy_before").value_or("");
  phase.application = table.text("application").value_or("");
  phase.commits = table.required_boolean("commits");
  phase.reversible = table.required_boolean("reversible");
  phase.reverse_note = table.text("reverse_note").value_or("");
  for (const std::int64_t number : table.integers("from_statements")) {
    SourceRef source;
    source.statement = static_cast<std::size_t>(std::max<std::int64_t>(1, number)) - 1;
    phase.sources.push_back(source);
  }
  checksums[phase.folder + "/migration.sql"] = table.required_text("migration_sha256");
  if (const std::optional<std::string> sum = table.text("rollback_sha256"))
    checksums[phase.folder + "/rollback.sql"] = *sum;
  for (TomlTable& entry : table.tables("lock")) {
    StepLock lock;
    lock.relation = take_name(entry, "relation");
    lock.mode = enum_named(entry, "mode", LockMode::AccessExclusive, lock_name);
    lock.how_long = entry.required_text("how_long");
    entry.no_others();
    phase.locks.push_back(std::move(lock));
  }
  phase.before = take_conditions(table, "before");
  phase.after = take_conditions(table, "after");
  for (TomlTable& entry : table.tables("schema_prisma")) {
    phase.prisma.push_back({entry.text("model").value_or(""), entry.required_text("text")});
    entry.no_others();
  }
  if (std::optional<TomlTable> backfill = table.table("backfill")) phase.backfill = take_backfill(*backfill);
  table.no_others();
  return phase;
}

}  // namespace

std::string plan_toml_text(const Plan& plan, const PlanFacts& facts,
                           const std::map<std::string, std::string>& files) {
  TomlWriter out;
  out.comment(
      "A plan made by planner. Each phase is one migration; release them one after another.\n"
      "The checksums below tell planner when a file was changed by hand: make a new plan instead of editing "
      "this one.");
  out.number("format", kPlanFormat);
  out.text("planner", facts.planner_version);
  out.text("checksum", no_checksum());
  out.text("name", plan.name);
  out.text("migration", plan.migration);
  put_optional(out, "service", facts.service);
  out.text("layout", facts.layout);
  out.text("tool", facts.tool);
  out.text("history", facts.history);
  out.text("original_file", facts.original_file);
  out.text("original_sha256", sha256(plan.original));
  out.texts("options", facts.options);
  out.texts("notes", plan.notes);
  out.texts("development", plan.development);
  out.texts("commit", facts.commit);
  out.texts("order", plan.order_reasons);
  for (const Phase& phase : plan.phases) put_phase(out, phase, files);
  std::string text = out.finish();
  const std::string sum = sha256(text);
  return text.replace(text.find(no_checksum()), sum.size(), sum);
}

StoredPlan plan_from_toml(const std::string& text, const std::string& shown_name) {
  const toml::value parsed = parse_toml(text, shown_name);
  TomlTable table(parsed, shown_name, "plan.toml");
  StoredPlan stored;
  const std::int64_t format = table.required_integer("format");
  if (format != kPlanFormat) {
    table.fail("format", fmt::format("is {}; this planner reads {}", format, kPlanFormat),
               format > kPlanFormat ? "use the planner that wrote this plan, or a newer one"
                                    : "make the plan again");
  }
  stored.facts.planner_version = table.required_text("planner");
  // The queries and expressions in here are run: a plan.toml that somebody changed counts as edited like any
  // other file.
  std::string sealed = text;
  const std::string sum = table.text("checksum").value_or("");
  const std::size_t place = sum.size() == no_checksum().size() ? sealed.find(sum) : std::string::npos;
  if (place == std::string::npos || sha256(sealed.replace(place, sum.size(), no_checksum())) != sum)
    stored.edited.push_back("plan.toml");
  stored.plan.name = table.required_text("name");
  stored.plan.migration = table.required_text("migration");
  stored.facts.service = table.text("service").value_or("");
  stored.facts.layout = table.required_text("layout");
  stored.facts.tool = table.required_text("tool");
  stored.facts.history = table.required_text("history");
  stored.facts.original_file = table.required_text("original_file");
  stored.checksums["original.sql"] = table.required_text("original_sha256");
  stored.facts.options = table.texts("options");
  stored.plan.notes = table.texts("notes");
  stored.plan.development = table.texts("development");
  stored.facts.commit = table.texts("commit");
  stored.plan.order_reasons = table.texts("order");
  for (TomlTable& phase : table.tables("phase"))
    stored.plan.phases.push_back(take_phase(phase, stored.checksums));
  table.no_others();
  if (stored.plan.phases.empty())
    throw Error(fmt::format("{}: names no phase", shown_name), "make the plan again");
  return stored;
}

}  // namespace planner::project
