#pragma once

#include <memory>
#include <string>

#include "src/commands/plan_choice.h"
#include "src/database/scratch_server.h"
#include "src/proof/verify.h"

namespace planner::commands {

/// A plan with all that `verify` and `rehearse` need of it, and a server to run it on.
class PlanUnderProof {
 public:
  /// `scratch`: URL of a server; empty: one is started and removed again. Throws Error when the plan was
  /// edited, `scratch` names the database the plan is for, or `format` is neither text nor json.
  PlanUnderProof(const std::string& plan, const std::string& scratch, const std::string& format);
  PlanUnderProof(const PlanUnderProof&) = delete;
  PlanUnderProof& operator=(const PlanUnderProof&) = delete;

  const std::string& name() const { return chosen_.stored.plan.name; }
  const ProofServer& server() const { return server_; }
  ProofInput& input() { return input_; }

 private:
  ChosenPlan chosen_;
  ProofInput input_;
  std::unique_ptr<ScratchServer> own_;
  ProofServer server_;
};

}  // namespace planner::commands
