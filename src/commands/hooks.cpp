#include "src/commands/hooks.h"

#include <fmt/core.h>

#include <cstdlib>
#include <map>
#include <optional>

#include "planner/error.h"
#include "src/database/url.h"
#include "src/project/files.h"
#include "src/project/process.h"

namespace planner::commands {
namespace {

/// Variables for the program that is started now; ours are as before afterwards.
class Variables {
 public:
  ~Variables() {
    for (const auto& [name, value] : before_) {
      if (value) {
        ::setenv(name.c_str(), value->c_str(), 1);
      } else {
        ::unsetenv(name.c_str());
      }
    }
  }
  Variables() = default;
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

  void set(const std::string& name, const std::string& value) {
    const char* old = std::getenv(name.c_str());
    before_.emplace(name, old == nullptr ? std::nullopt : std::optional<std::string>(old));
    ::setenv(name.c_str(), value.c_str(), 1);
  }

 private:
  std::map<std::string, std::optional<std::string>> before_;
};

std::string last_lines(const std::string& text) {
  constexpr std::size_t kMost = 500;
  return text.size() <= kMost ? text : "..." + text.substr(text.size() - kMost);
}

}  // namespace

void run_hook(const std::string& name, const std::string& command, const project::Config& config,
              const HookFacts& facts, Context& context) {
  if (command.empty()) return;
  context.print(fmt::format("hook {}: {}\n", name, command));
  Variables variables;
  for (const auto& [variable, value] : libpq_environment(facts.url)) variables.set(variable, value);
  variables.set("PLANNER_HOOK", name);
  variables.set("PLANNER_SERVICE", facts.service);
  variables.set("PLANNER_PLAN", facts.plan);
  variables.set("PLANNER_PHASE", facts.phase);
  variables.set("PLANNER_RESULT", facts.result);
  variables.set("PLANNER_DATABASE", parse_database_url(facts.url).database);
  variables.set("PLANNER_FOLDER",
                project::real_path(config.folder().empty() ? "." : config.folder()).string());
  const project::Ran ran = project::run({"sh", "-c", "cd -- \"$PLANNER_FOLDER\" || exit 1\n" + command});
  if (!ran.out.empty()) context.print(redact(ran.out));
  if (ran.started && ran.status == 0) {
    if (!ran.err.empty()) context.say(redact(ran.err));
    return;
  }
  throw Error(fmt::format("the hook {} failed ({}): {}", name,
                          ran.started ? fmt::format("exit status {}", ran.status) : "no shell",
                          redact(last_lines(ran.err))),
              name == "after_deploy" ? "the migrations were applied; run what the hook does by hand"
                                     : "nothing further was applied; correct `[hooks]` in planner.toml, or "
                                       "its cause, and run the same command again");
}

}  // namespace planner::commands
