#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "planner/error.h"
#include "rules/registry.h"
#include "rules/team_rule.h"
#include "src/commands/commands.h"
#include "version.h"

namespace planner::commands {
namespace {

std::string rules_as_json() {
  nlohmann::ordered_json json{{"format", "planner-rules"}, {"version", 1}, {"planner", kPlannerVersion}};
  json["rules"] = nlohmann::ordered_json::array();
  for (const Rule* rule : all_rules()) {
    json["rules"].push_back({{"id", rule->id},
                             {"severity", severity_name(rule->severity)},
                             {"category", category_name(rule->category)},
                             {"summary", rule->summary},
                             {"opt_in", rule->opt_in},
                             {"recipe", rule->recipe.empty() ? nlohmann::ordered_json(nullptr)
                                                             : nlohmann::ordered_json(rule->recipe)}});
  }
  return json.dump(2) + "\n";
}

void run(const std::string& format, bool operations, Context& context) {
  if (operations) {
    std::string text;
    for (const std::string& kind : rules::operation_kinds()) text += kind + "\n";
    context.print(text);
    return;
  }
  if (format == "json") {
    context.write(rules_as_json());
    return;
  }
  if (format != "text") throw Error("--format does not know \"" + format + "\"", "use text or json");
  std::vector<std::vector<std::string>> rows{
      {"rule", "severity", "category", "on", "split", "what it finds"}};
  for (const Rule* rule : all_rules()) {
    rows.push_back({std::string(rule->id), std::string(severity_name(rule->severity)),
                    std::string(category_name(rule->category)), rule->opt_in ? "-" : "yes",
                    rule->recipe.empty() ? "-" : "yes", std::string(rule->summary)});
  }
  context.print(report::table(rows, context.out_style()));
}

}  // namespace

void add_rules(CLI::App& program, Context& context) {
  auto format = std::make_shared<std::string>("text");
  CLI::App* command =
      program.add_subcommand("rules", "List every rule, and which findings `planner split` can rewrite");
  command->add_option("--format", *format, "text (default) or json")->type_name("NAME");
  auto operations = std::make_shared<bool>(false);
  command->add_flag("--operations", *operations,
                    "List the kinds of operations that a [[team_rule]] in planner.toml can match");
  command->footer(
      "Rules that are not on: hygiene = true in planner.toml switches all of them on, a severity under "
      "[rules] a single one.\n\nExamples:\n  planner rules\n  planner rules --format json\n  planner explain "
      "set-not-null");
  command->callback([format, operations, &context] { run(*format, *operations, context); });
}

}  // namespace planner::commands
