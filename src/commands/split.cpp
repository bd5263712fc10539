#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <memory>
#include <set>

#include "planner/error.h"
#include "planner/labels.h"
#include "planner/recognize/names.h"
#include "planner/recognize/walk.h"
#include "planner/replay/replay.h"
#include "planner/shell_word.h"
#include "plans/registry.h"
#include "rules/registry.h"
#include "src/commands/answers.h"
#include "src/commands/commands.h"
#include "src/commands/home_schema.h"
#include "src/commands/select.h"
#include "src/commands/settings.h"
#include "src/commands/verify.h"
#include "src/project/files.h"
#include "src/project/git.h"
#include "src/project/plan_files.h"
#include "src/project/release.h"
#include "src/report/plan_report.h"
#include "version.h"

namespace planner::commands {
namespace {

struct Options {
  std::string name;
  std::vector<std::string> renames, no_renames, fills;
  std::string out;
  std::string format = "text";
  bool dry_run = false;
  bool release = false;
  bool explain = false;
  bool verify = false;
  std::string scratch;
  std::vector<std::string> accept_lossy;  ///< columns; `*` for all
  bool keep_dropped_data = false;
  std::string rename_by = "copy";
  std::optional<int> batch_rows;
};

/// The migration that was asked for; `migration` unset: it is a plan already, in `plan_folder`.
struct Target {
  project::Project project;
  std::size_t service = 0;
  std::optional<std::size_t> migration;
  project::fs::path plan_folder;
};

std::string last_part(const std::string& name) {
  const project::fs::path path = project::fs::path(name).lexically_normal();
  if (path.filename() == "migration.sql" || path.filename() == "up.sql")
    return path.parent_path().filename().string();
  if (path.has_filename())
    return path.extension() == ".sql" ? path.stem().string() : path.filename().string();
  return path.parent_path().filename().string();
}

/// A plan made from a migration of this name, by an earlier run.
std::optional<std::pair<std::size_t, project::fs::path>> plan_called(const project::Project& project,
                                                                     const std::string& name,
                                                                     const std::string& out) {
  for (std::size_t s = 0; s < project.services.size(); ++s) {
    const project::fs::path plans = out.empty() ? project.services[s].plans : project::fs::path(out);
    for (const project::fs::path& folder : project::plans_in(plans)) {
      if (folder.filename() == name || folder.filename() == purpose_of(name)) return std::pair(s, folder);
    }
  }
  return std::nullopt;
}

Target target_of(const Options& options) {
  std::error_code error;
  Target target;
  if (project::fs::exists(options.name, error) &&
      !project::is_file(project::fs::path(options.name) / "plan.toml")) {
    target.project = project::open_project({options.name});
    if (target.project.named.empty()) {
      throw Error(fmt::format("{}: is a folder of migrations; split takes one migration", options.name),
                  "name it: `planner split NAME`, with the folder's name or the part after its timestamp");
    }
    target.service = target.project.named.front().service;
    target.migration = target.project.named.front().migration;
    return target;
  }
  const std::string name = last_part(options.name);
  target.project = project::open_project({});
  const std::vector<project::MigrationPlace> places =
      project::migrations_called(target.project.services, name);
  if (places.empty()) {
    if (const auto plan = plan_called(target.project, name, options.out)) {
      target.service = plan->first;
      target.plan_folder = plan->second;
      return target;
    }
  }
  // Says the nearest names, or which of several is meant.
  target.project = project::open_project({name});
  target.service = target.project.named.front().service;
  target.migration = target.project.named.front().migration;
  return target;
}

SplitOptions split_options(const Options& options, const project::Config& config) {
  SplitOptions split;
  split.effects = rule_settings(config).effects;
  for (const std::string& text : options.renames) add_rename(split.answers, text);
  for (const std::string& text : options.no_renames) add_no_rename(split.answers, text);
  for (const std::string& text : options.fills) split.fills.push_back(fill_of(text));
  for (const std::string& text : options.accept_lossy) {
    if (text == "*") {
      split.accept_lossy = true;
    } else {
      add_accept_lossy(split.answers, text);
    }
  }
  split.keep_dropped_data = options.keep_dropped_data;
  split.rename_by = options.rename_by;
  if (config.batch_rows) split.batch_rows = *config.batch_rows;
  if (options.batch_rows) split.batch_rows = *options.batch_rows;
  return split;
}

std::string rename_question(const Intention& question) {
  std::string why;
  if (question.evidence) {
    why = " (" + how_sure(question.evidence->confidence);
    for (const std::string& reason : question.evidence->reasons) why += "; " + reason;
    why += ")";
  }
  if (const auto* column = std::get_if<RenameColumn>(&question.operation)) {
    return fmt::format("Is \"{}\" of \"{}\" renamed to \"{}\"{}? [y/n]", column->from.str(),
                       display(column->table), column->to.str(), why);
  }
  if (const auto* table = std::get_if<RenameTable>(&question.operation)) {
    return fmt::format("Is the table \"{}\" renamed to \"{}\"{}? [y/n]", display(table->table),
                       table->to.str(), why);
  }
  return "";
}

/// Asks about every DROP + ADD pair that is still open. False: the terminal was closed.
bool ask_renames(const History& history, const Schema* base, RenameAnswers& answers, Context& context) {
  AnalyzeOptions analyze_options;
  analyze_options.base = base;
  analyze_options.answers = answers;
  const Analysis analysis = analyze(history, {}, analyze_options);
  if (analysis.judged.empty()) return false;
  bool asked = false;
  for (const Intention& question : analysis.judged.front().questions) {
    const std::string text = rename_question(question);
    if (text.empty()) continue;
    std::optional<std::string> answer;
    do {
      answer = context.ask(text);
      if (!answer) return false;
    } while (answer->empty() || std::string("yYnN").find(answer->front()) == std::string::npos);
    asked = true;
    const bool yes = answer->front() == 'y' || answer->front() == 'Y';
    if (const auto* column = std::get_if<RenameColumn>(&question.operation)) {
      (yes ? answers.renames : answers.not_renames).push_back({column->table, column->from, column->to});
    } else if (const auto* table = std::get_if<RenameTable>(&question.operation)) {
      (yes ? answers.table_renames : answers.not_table_renames)
          .push_back({table->table, ObjectName(table->table.schema, table->to)});
    }
  }
  return asked;
}

std::vector<std::string> options_as_written(const Options& options) {
  std::vector<std::string> words;
  for (const std::string& text : options.renames) words.push_back("--rename " + text);
  for (const std::string& text : options.no_renames) words.push_back("--no-rename " + text);
  for (const std::string& text : options.fills) words.push_back("--fill " + text);
  for (const std::string& text : options.accept_lossy)
    words.push_back(text == "*" ? "--accept-lossy" : "--accept-lossy=" + text);
  if (options.keep_dropped_data) words.push_back("--keep-dropped-data");
  if (options.rename_by != "copy") words.push_back("--rename-by " + options.rename_by);
  if (options.batch_rows) words.push_back(fmt::format("--batch-rows {}", *options.batch_rows));
  return words;
}

std::set<std::string> all_columns(const Schema& schema) {
  std::set<std::string> columns;
  for (const auto& [name, table] : schema.tables) {
    for (const Column& column : table->columns) columns.insert(label_column(name, column.name));
  }
  return columns;
}

/// Columns a migration changes or makes, and the schema behind it.
struct Changed {
  std::set<std::string> columns;
  Schema after;
};

Changed changed_by(const ParsedFile& file, const Schema& before) {
  Changed changed{columns_touched(file, before), before};
  for (const Statement& statement : file.statements) replay_statement(changed.after, statement.operations);
  const std::set<std::string> known = all_columns(before);
  for (const std::string& column : all_columns(changed.after)) {
    if (!known.contains(column)) changed.columns.insert(column);
  }
  return changed;
}

/// A plan that is still under way owns its columns: this migration was not written for the states they pass
/// through.
void refuse_beside_unfinished(SplitResult& result, const project::Service& service, const History& history,
                              std::size_t migration) {
  Schema before = schema_at_start(service);
  for (std::size_t i = 0; i < migration; ++i) {
    for (const Statement& statement : parse_file(history.migrations[i].text).statements)
      replay_statement(before, statement.operations);
  }
  const Changed own = changed_by(parse_file(history.migrations[migration].text), before);
  for (const project::fs::path& folder : project::plans_in(service.plans)) {
    const project::StoredPlan other = project::load_plan(folder);
    const bool finished = std::all_of(
        other.plan.phases.begin(), other.plan.phases.end(),
        [&](const Phase& phase) { return project::released_as(service, other.plan, phase).has_value(); });
    if (finished || other.plan.migration == history.migrations[migration].name) continue;
    // It may have been written behind this migration, for columns that this one makes.
    const ParsedFile other_file = parse_file(other.plan.original);
    std::set<std::string> touched = columns_touched(other_file, before);
    touched.merge(columns_touched(other_file, own.after));
    for (const std::string& column : touched) {
      if (!own.columns.contains(column)) continue;
      result.outcome = SplitResult::Outcome::Refused;
      result.problems.push_back(
          {"Plan " + other.plan.name +
               " is not finished and changes the same column: " + column.substr(column.find(':') + 1) + ".",
           "Release and deploy all its phases first; or put both changes into one migration and split that: "
           "they are then planned together.",
           {}});
      return;
    }
  }
}

/// The phases are released behind every migration that is in the history already: one of those that needs
/// what this one does would run without it.
void refuse_before_followers(SplitResult& result, const project::Service& service, const History& history,
                             std::size_t migration) {
  if (result.outcome != SplitResult::Outcome::Planned) return;
  Schema schema = schema_at_start(service);
  for (std::size_t i = 0; i < migration; ++i) {
    for (const Statement& statement : parse_file(history.migrations[i].text).statements)
      replay_statement(schema, statement.operations);
  }
  Changed own = changed_by(parse_file(history.migrations[migration].text), schema);
  for (std::size_t i = migration + 1; i < history.migrations.size(); ++i) {
    const ParsedFile file = parse_file(history.migrations[i].text);
    for (const std::string& column : columns_touched(file, own.after)) {
      if (!own.columns.contains(column)) continue;
      result.outcome = SplitResult::Outcome::Refused;
      result.problems.push_back({"Migration " + history.migrations[i].name +
                                     " stands behind this one and works on the same column: " +
                                     column.substr(column.find(':') + 1) +
                                     ". The phases would be released behind it.",
                                 "Put both changes into one migration and split that: they are then "
                                 "planned together. Or take that "
                                 "migration out of the history until this one's plan is finished.",
                                 {}});
      return;
    }
    for (const Statement& statement : file.statements) replay_statement(own.after, statement.operations);
  }
}

/// What the repository must hold afterwards.
std::vector<std::string> what_to_commit(const project::Service& service, const project::fs::path& folder) {
  std::vector<std::string> lines{
      fmt::format("the plan, and the original's way into it: `git add --all {} {}`",
                  shell_word(project::shown(service.folder.path)), shell_word(project::shown(folder)))};
  if (!service.schema.empty()) {
    lines.push_back(
        fmt::format("{} as the first phase needs it (see above), in the same commit as the released phase",
                    project::shown(service.schema)));
  }
  return lines;
}

void warn_about_place(const Target& target, const project::Service& service,
                      const project::MigrationFile& original, Context& context) {
  // Repeatable ones are applied behind everything anyway.
  const auto later = static_cast<std::size_t>(std::count_if(
      service.folder.files.begin() + static_cast<std::ptrdiff_t>(*target.migration) + 1,
      service.folder.files.end(), [](const project::MigrationFile& file) { return !file.repeatable; }));
  if (later > 0) {
    context.warn(
        fmt::format("{} {} behind {} in the history; its phases will be released behind them. They must "
                    "not need what it does",
                    report::counted(later, "migration"), later == 1 ? "stands" : "stand", original.name));
  }
  const std::optional<project::GitRepository> repository = project::git_repository(service.folder.path);
  if (!repository) return;
  const std::optional<std::string> branch = target.project.config.base.empty()
                                                ? project::default_branch(*repository)
                                                : std::optional(target.project.config.base);
  if (!branch) return;
  const project::NewOnes fresh = project::new_against(*repository, *branch, service);
  if (!fresh.is_new[*target.migration]) {
    context.warn(fmt::format(
        "{} is part of {} already; if a database has applied it, splitting it comes too late there",
        original.name, fresh.described));
  }
}

std::string release_first(const project::Service& service, const project::StoredPlan& stored,
                          report::SplitReport& report, Context& context) {
  const project::ReleasedPhase released =
      project::release_phase(service, stored, stored.plan.phases.front(), std::time(nullptr));
  report.released = released.name;
  for (const project::fs::path& file : released.files) report.released_files.push_back(project::shown(file));
  if (!released.warning.empty()) context.warn(released.warning);
  return released.name;
}

void say_next(report::SplitReport& report, const project::Service& service, const Plan& plan) {
  if (const std::optional<std::size_t> there = project::released_as(service, plan, plan.phases.front());
      there && report.released.empty()) {
    report.next.push_back(
        fmt::format("the first phase is in the history already, as {}; the later ones wait until they are "
                    "released, one per deploy",
                    service.folder.files[*there].name));
  } else if (report.released.empty()) {
    report.next.push_back(fmt::format("put the first phase into {}: `planner split {} --release`",
                                      project::shown(service.folder.path), shell_word(plan.name)));
  } else {
    report.commit.push_back(
        fmt::format("the released phase: `git add {}`", shell_word(report.released_files.front())));
    report.next.push_back(
        "deploy; the later phases wait in the plan until they are released, one per deploy");
  }
}

void show(const report::SplitReport& report, const PlanProof& proof, const Options& options,
          Context& context) {
  if (options.format == "json") {
    context.write(report::split_as_json(report));
  } else {
    context.print(report::split_as_text(report, context.out_style()));
  }
  context.print(proof.text);
  if (!proof.proven) context.exit_code = kExitFindings;
}

/// Answers given to a plan that was made with others would be lost without a word.
void require_same_options(const Options& options, const project::StoredPlan& stored) {
  const std::vector<std::string> now = options_as_written(options);
  const std::vector<std::string>& then = stored.facts.options;
  if (now.empty() || std::is_permutation(now.begin(), now.end(), then.begin(), then.end())) return;
  std::string with;
  for (const std::string& word : then) with += (with.empty() ? " " : ", ") + word;
  throw Error(
      fmt::format("{}: this plan was made {}; the options given now would not change it",
                  project::shown(stored.folder), with.empty() ? "without options" : "with" + with),
      fmt::format("leave them out to go on with it; to make it anew: `planner abandon {} --restore`, then "
                  "split again",
                  shell_word(stored.plan.name)));
}

/// The proof that --verify asks for; without it the plan is taken as it is.
PlanProof proof_of(const Options& options, const project::fs::path& folder, const Context& context) {
  if (!options.verify) return {"", true};
  VerifyOptions with;
  with.plan = project::shown(folder);
  with.scratch = options.scratch;
  PlanProof proof = verify_plan(with, context);
  proof.text = "\n" + proof.text;
  return proof;
}

/// The plan exists; an earlier run (or a colleague) made it.
void continue_plan(const Options& options, const Target& target, Context& context) {
  const project::Service& service = target.project.services[target.service];
  const project::StoredPlan stored = project::load_plan(target.plan_folder);
  project::require_unedited(stored);
  require_same_options(options, stored);
  SplitResult result;
  result.plan = stored.plan;
  report::SplitReport report;
  report.version = kPlannerVersion;
  report.service = service.name;
  report.migration = stored.plan.migration;
  report.path = project::shown(target.plan_folder / "original.sql");
  report.result = &result;
  report.folder = project::shown(target.plan_folder);
  report.written = true;
  report.explain = options.explain;
  for (const Phase& phase : stored.plan.phases) {
    report.files[phase.folder + "/migration.sql"] = phase.migration.str();
    if (!phase.rollback.empty()) report.files[phase.folder + "/rollback.sql"] = phase.rollback.str();
  }
  context.say(fmt::format("{} was split already: {}", stored.plan.migration, report.folder));
  const PlanProof proof = proof_of(options, target.plan_folder, context);
  if (options.release && !options.dry_run && proof.proven) release_first(service, stored, report, context);
  say_next(report, service, stored.plan);
  show(report, proof, options, context);
}

void run(const Options& options, Context& context) {
  if (options.format != "text" && options.format != "json") {
    throw Error(fmt::format("--format does not know \"{}\"", options.format), "use text or json");
  }
  if (options.verify && options.dry_run)
    throw Error("--verify proves what was written, and --dry-run writes nothing", "leave one of them out");
  if (options.verify && options.format == "json")
    throw Error("--verify prints a table",
                "split with --format json, then `planner verify PLAN --format json`");
  const Target target = target_of(options);
  const project::Service& service = target.project.services[target.service];
  if (!target.migration) {
    continue_plan(options, target, context);
    return;
  }
  check_rule_names(target.project.config);
  const project::MigrationFile& original = service.folder.files[*target.migration];
  project::LoadedHistory loaded = project::load_history(service);
  loaded.history.migrations[*target.migration].pending = true;
  const Migration& migration = loaded.history.migrations[*target.migration];

  SplitOptions split_with = split_options(options, target.project.config);
  const RuleSettings settings = rule_settings(target.project.config);
  const std::optional<Schema> before = schema_before_elsewhere(service, loaded.history, *target.migration);
  const Schema* base = before ? &*before : nullptr;
  SplitResult result =
      split(loaded.history, *target.migration, all_rules(), all_recipes(), split_with, settings, base);
  if (result.outcome == SplitResult::Outcome::NeedsAnswer && context.can_ask() &&
      ask_renames(loaded.history, base, split_with.answers, context)) {
    result = split(loaded.history, *target.migration, all_rules(), all_recipes(), split_with, settings, base);
  }

  report::SplitReport report;
  report.version = kPlannerVersion;
  report.service = service.name;
  report.migration = migration.name;
  report.path = migration.path;
  report.result = &result;
  report.explain = options.explain;

  if (result.outcome == SplitResult::Outcome::Planned)
    refuse_beside_unfinished(result, service, loaded.history, *target.migration);
  refuse_before_followers(result, service, loaded.history, *target.migration);

  PlanProof proof{"", true};
  if (result.outcome == SplitResult::Outcome::Planned) {
    // The plan keeps the file as it lay on disk, with the reverse section that the engine did not read.
    if (!loaded.shown[*target.migration].empty()) result.plan.original = loaded.shown[*target.migration];
    const project::fs::path folder =
        (options.out.empty() ? service.plans : project::fs::path(options.out)) / result.plan.name;
    project::PlanFacts facts;
    facts.planner_version = kPlannerVersion;
    facts.service = service.name;
    facts.layout = std::string(project::facts_of(service.folder.layout).name);
    facts.tool = std::string(tool_name(service.tool));
    facts.history = project::real_path(service.folder.path)
                        .lexically_relative(project::real_path(folder))
                        .generic_string();
    facts.original_file = original.file.path().filename().string();
    facts.options = options_as_written(options);
    facts.commit = what_to_commit(service, folder);
    report.folder = project::shown(folder);
    report.commit = facts.commit;
    report.files = project::plan_file_texts(result.plan, facts);
    warn_about_place(target, service, original, context);
    if (!options.dry_run) {
      if (project::write_plan(result.plan, facts, folder, service, original) == project::Written::Finished) {
        context.say(fmt::format(
            "{} held this plan already; the original was still in the history and has been moved now",
            report.folder));
      }
      report.written = true;
      proof = proof_of(options, folder, context);
      if (options.release && proof.proven) {
        project::Service now = service;
        now.folder = project::list_migrations(service.folder.path, service.folder.layout);
        release_first(now, project::load_plan(folder), report, context);
      }
      say_next(report, service, result.plan);
    }
  }
  show(report, proof, options, context);
  if (result.outcome == SplitResult::Outcome::Refused) context.exit_code = kExitFindings;
  if (result.outcome == SplitResult::Outcome::NeedsAnswer) context.exit_code = kExitError;
}

}  // namespace

void add_split(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "split", "Rewrite one pending migration into phases that can be deployed one by one");
  command
      ->add_option("NAME", options->name,
                   "The migration: its folder, the part of its name after the timestamp, or a path")
      ->required();
  command
      ->add_option("--rename", options->renames,
                   "This DROP and ADD are a rename: table.old=new (or old_table=new_table)")
      ->type_name("T.OLD=NEW");
  command->add_option("--no-rename", options->no_renames, "This column (or table) really goes: table.old")
      ->type_name("T.OLD");
  command
      ->add_option("--fill", options->fills,
                   "The value existing rows get in a required column, or in one dropped and added again as "
                   "another type: table.column=SQL")
      ->type_name("T.C=SQL");
  command
      ->add_option(
          "--rename-by", options->rename_by,
          "How a column is renamed: copy (default), view (nothing is copied), map (only in schema.prisma)")
      ->type_name("WAY")
      ->check(CLI::IsMember({"copy", "view", "map"}));
  command->add_flag("--keep-dropped-data", options->keep_dropped_data,
                    "Keep what is dropped in schema planner, so that the rollback brings it back");
  command->add_flag("--accept-lossy{*}", options->accept_lossy,
                    "A change of type may round, cut or empty values that the new type cannot hold: in every "
                    "column, or with --accept-lossy=table.column in this one");
  command
      ->add_option("--out", options->out,
                   "Folder to put the plan's folder into (default: plans beside the migrations)")
      ->type_name("DIR");
  command->add_option("--batch-rows", options->batch_rows, "Rows per batch of a backfill (default 5000)")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  command->add_flag("--dry-run", options->dry_run, "Print the plan and every file; write nothing");
  command->add_flag("--release", options->release, "Also put the first phase into the history");
  command->add_flag(
      "--verify", options->verify,
      "Prove the plan on a scratch PostgreSQL, as `planner verify` does; --release waits for it");
  command->add_option("--scratch", options->scratch, "The server --verify proves on (default: one it starts)")
      ->type_name("URL");
  command->add_flag("--explain", options->explain, "Say why the phases are grouped and ordered so");
  command->add_option("--format", options->format, "text (default) or json")->type_name("NAME");
  command->footer(
      "Exit codes: 0 a plan was written or nothing needs one; 1 the migration cannot be split safely, "
      "or the plan is not proven; 2 it "
      "could not run, or an answer is "
      "missing.\n\n"
      "Examples:\n"
      "  planner split rename_name_to_fullname --dry-run\n"
      "  planner split 20240102030405_rename_name_to_fullname --release\n"
      "  planner split profile --rename User.name=fullName --no-rename User.nick\n"
      "  planner split add_country --fill \"User.country='DE'\"");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
