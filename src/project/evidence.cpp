#include "src/project/evidence.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "src/project/files.h"
#include "src/project/toml_reader.h"
#include "src/project/toml_writer.h"

namespace planner::project {
namespace {

constexpr const char* kFile = "evidence.toml";

}  // namespace

Evidence read_evidence(const fs::path& plan_folder) {
  const fs::path file = plan_folder / kFile;
  Evidence evidence;
  if (!is_file(file)) return evidence;
  const std::string text = read_file(file);
  require_plain_text(text, file);
  const toml::value parsed = parse_toml(text, shown(file));
  TomlTable table(parsed, shown(file), kFile);
  for (TomlTable& entry : table.tables("deployed")) {
    Deployment deployed;
    deployed.phase = entry.required_text("phase");
    deployed.service = entry.text("service").value_or("");
    deployed.release = entry.required_text("release");
    deployed.at = entry.required_text("at");
    deployed.by = entry.text("by").value_or("");
    entry.no_others();
    evidence.deployments.push_back(std::move(deployed));
  }
  for (TomlTable& entry : table.tables("overridden")) {
    OverriddenGate gate;
    gate.phase = entry.required_text("phase");
    gate.gate = entry.required_text("gate");
    gate.reason = entry.required_text("reason");
    gate.found = entry.text("found").value_or("");
    gate.at = entry.required_text("at");
    gate.by = entry.text("by").value_or("");
    entry.no_others();
    evidence.overridden.push_back(std::move(gate));
  }
  table.no_others();
  return evidence;
}

void write_evidence(const fs::path& plan_folder, const Evidence& evidence) {
  TomlWriter out;
  out.comment("What people told planner about this plan. Commit it with the phase that was released on it.");
  for (const Deployment& deployed : evidence.deployments) {
    out.array_entry("deployed");
    out.text("phase", deployed.phase);
    if (!deployed.service.empty()) out.text("service", deployed.service);
    out.text("release", deployed.release);
    out.text("at", deployed.at);
    if (!deployed.by.empty()) out.text("by", deployed.by);
  }
  for (const OverriddenGate& gate : evidence.overridden) {
    out.array_entry("overridden");
    out.text("phase", gate.phase);
    out.text("gate", gate.gate);
    out.text("reason", gate.reason);
    if (!gate.found.empty()) out.text("found", gate.found);
    out.text("at", gate.at);
    if (!gate.by.empty()) out.text("by", gate.by);
  }
  const fs::path beside = plan_folder / fmt::format(".{}.planner-{}", kFile, ::getpid());
  write_file(beside, out.finish());
  rename_path(beside, plan_folder / kFile, "the evidence");
  sync_folder(plan_folder);
}

bool forget_evidence(const fs::path& plan_folder, const std::vector<std::string>& phases) {
  Evidence evidence = read_evidence(plan_folder);
  const auto of_them = [&](const auto& said) {
    return std::find(phases.begin(), phases.end(), said.phase) != phases.end();
  };
  const std::size_t forgotten =
      std::erase_if(evidence.deployments, of_them) + std::erase_if(evidence.overridden, of_them);
  if (forgotten == 0) return false;
  write_evidence(plan_folder, evidence);
  return true;
}

}  // namespace planner::project
