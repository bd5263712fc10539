#include "src/commands/plan_choice.h"

#include <fmt/core.h>

#include <algorithm>

#include "planner/engine.h"
#include "planner/error.h"
#include "planner/replay/replay.h"
#include "src/commands/answers.h"
#include "src/commands/home_schema.h"
#include "src/project/files.h"
#include "src/project/release.h"

namespace planner::commands {

ChosenPlan choose_plan(const std::string& name) {
  ChosenPlan chosen;
  chosen.project = project::open_project({});
  std::vector<std::string> known;
  for (std::size_t s = 0; s < chosen.project.services.size(); ++s) {
    for (const project::fs::path& folder : project::plans_in(chosen.project.services[s].plans)) {
      known.push_back(folder.filename().string());
      std::error_code error;
      if (folder.filename() == name || project::fs::equivalent(folder, name, error)) {
        chosen.service_index = s;
        chosen.stored = project::load_plan(folder);
        return chosen;
      }
    }
  }
  if (project::is_file(project::fs::path(name) / "plan.toml") && !chosen.project.services.empty()) {
    chosen.stored = project::load_plan(name);
    return chosen;
  }
  if (known.empty())
    throw Error(fmt::format("there is no plan \"{}\": no plan was made here yet", name),
                "make one with `planner split NAME`");
  throw Error(fmt::format("there is no plan \"{}\"", name),
              fmt::format("did you mean {}?", project::nearest(name, known, 1).front()));
}

namespace {

bool is_phase_of(const ChosenPlan& chosen, std::size_t migration) {
  const auto& phases = chosen.stored.plan.phases;
  return std::any_of(phases.begin(), phases.end(), [&](const Phase& phase) {
    return project::released_as(chosen.service(), chosen.stored.plan, phase) == migration;
  });
}

}  // namespace

std::vector<std::string> history_before(const ChosenPlan& chosen) {
  std::vector<std::string> out;
  const project::LoadedHistory loaded = project::load_history(chosen.service());
  for (std::size_t i = 0; i < loaded.history.migrations.size(); ++i) {
    const Migration& migration = loaded.history.migrations[i];
    if (!is_phase_of(chosen, i) && migration.name != chosen.stored.plan.migration)
      out.push_back(migration.text);
  }
  return out;
}

std::vector<SplitOptions::Fill> fills_of(const ChosenPlan& chosen) {
  std::vector<SplitOptions::Fill> fills;
  for (const std::string& option : chosen.stored.facts.options) {
    if (option.starts_with("--fill ")) fills.push_back(fill_of(option.substr(option.find(' ') + 1)));
  }
  return fills;
}

std::vector<Intention> intentions_of(const ChosenPlan& chosen) {
  Schema schema = schema_at_start(chosen.service());
  for (const std::string& text : history_before(chosen)) replay_file(schema, parse_file(text));
  RenameAnswers answers;
  for (const std::string& option : chosen.stored.facts.options) {
    const std::size_t space = option.find(' ');
    if (option.starts_with("--rename ")) add_rename(answers, option.substr(space + 1));
    if (option.starts_with("--no-rename ")) add_no_rename(answers, option.substr(space + 1));
  }
  Migration original;
  original.name = chosen.stored.plan.migration;
  original.text = chosen.stored.plan.original;
  return recognize(parse_file(original.text), original, schema, answers).intentions;
}

}  // namespace planner::commands
