#include "src/commands/plan_under_proof.h"

#include "planner/error.h"
#include "src/commands/home_schema.h"
#include "src/commands/select.h"
#include "src/database/url.h"
#include "src/project/files.h"
#include "src/proof/proof_server.h"

namespace planner::commands {
namespace {

void require_other_database(const ChosenPlan& chosen, const std::string& scratch) {
  const std::optional<std::string> of_plan = environment(chosen.service().database_env);
  if (!of_plan) return;
  const DatabaseUrl given = parse_database_url(scratch);
  const DatabaseUrl plans = parse_database_url(*of_plan);
  if (given.host != plans.host || given.port != plans.port || given.database != plans.database) return;
  throw Error("--scratch names " + given.described() + ", the database the plan is for ($" +
                  chosen.service().database_env + ")",
              "name a server that holds nothing of value, or leave --scratch out: planner then starts one "
              "itself");
}

}  // namespace

PlanUnderProof::PlanUnderProof(const std::string& plan, const std::string& scratch,
                               const std::string& format) {
  if (format != "text" && format != "json")
    throw Error("--format does not know \"" + format + "\"", "use text or json");
  chosen_ = choose_plan(plan);
  project::require_unedited(chosen_.stored);
  if (!scratch.empty()) require_other_database(chosen_, scratch);
  input_.history = history_before(chosen_);
  input_.plan = &chosen_.stored.plan;
  input_.intentions = intentions_of(chosen_);
  input_.fills = fills_of(chosen_);
  if (scratch.empty()) own_ = std::make_unique<ScratchServer>();
  server_ = own_ ? proof_server(*own_) : proof_server(scratch);
  prove_where_it_lives(chosen_.service(), server_, input_);
}

}  // namespace planner::commands
