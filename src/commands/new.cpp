#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <ctime>
#include <memory>

#include "planner/error.h"
#include "src/commands/commands.h"
#include "src/project/files.h"
#include "src/project/release.h"

namespace planner::commands {
namespace {

struct Options {
  std::string name, path;
};

/// `Add e-mail` -> `add_e_mail`: what every tool takes, in one order for all of them.
std::string slug_of(const std::string& name) {
  std::string slug;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte) != 0) {
      slug += static_cast<char>(std::tolower(byte));
    } else if (!slug.empty() && slug.back() != '_') {
      slug += '_';
    }
  }
  while (!slug.empty() && slug.back() == '_') slug.pop_back();
  if (slug.empty())
    throw Error(fmt::format("\"{}\" leaves no letter or digit for a name", name),
                "say what the migration does: planner new add_email_to_users");
  return slug;
}

void run(const Options& options, Context& context) {
  const project::Project project = project::open_project(
      options.path.empty() ? std::vector<std::string>{} : std::vector<std::string>{options.path});
  if (project.services.size() != 1) {
    std::string folders;
    for (const project::Service& service : project.services)
      folders += "\n  " + project::shown(service.folder.path);
    throw Error(fmt::format("there are {} histories here", project.services.size()),
                "name the folder it belongs to: planner new NAME FOLDER" + folders);
  }
  const project::ReleasedPhase made =
      project::new_migration(project.services.front(), slug_of(options.name),
                             "-- This is an empty migration.\n", std::time(nullptr));
  if (!made.warning.empty()) context.warn(made.warning);
  for (const project::fs::path& file : made.files) context.print(project::shown(file) + "\n");
}

}  // namespace

void add_new(CLI::App& program, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      program.add_subcommand("new", "Create an empty migration behind all others, in the history's layout");
  command->add_option("NAME", options->name, "What it does, in a few words")->required();
  command->add_option("PATH", options->path, "The migrations folder, where there are several");
  command->footer(
      "It prints the file to write into.\nExit codes: 0 created; 2 it could not.\n\nExamples:\n  planner new "
      "add_email_to_users\n  planner new \"Index orders by day\" services/billing/prisma/migrations");
  command->callback([options, &context] { run(*options, context); });
}

}  // namespace planner::commands
