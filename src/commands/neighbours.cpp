#include "src/commands/neighbours.h"

#include <algorithm>

#include "planner/error.h"
#include "src/project/files.h"

namespace planner::commands {
namespace {

void take(const project::Service& other, Neighbours& found) {
  for (const project::MigrationFile& file : other.folder.files) found.migrations.insert(file.name);
  for (const project::fs::path& folder : project::plans_in(other.plans)) {
    try {
      found.plans.push_back(project::load_plan(folder));
    } catch (const Error&) {  // its own service says so
    }
  }
}

}  // namespace

Neighbours neighbours_of(const project::Project& project, const project::Service& service) {
  Neighbours found;
  std::vector<project::fs::path> read{project::real_path(service.folder.path)};
  for (const project::Service& other : project.services) {
    const project::fs::path folder = project::real_path(other.folder.path);
    if (std::find(read.begin(), read.end(), folder) != read.end()) continue;
    read.push_back(folder);
    take(other, found);
  }
  for (const project::ServiceConfig& config : project.config.services) {
    const project::fs::path folder = project.config.folder() / config.migrations;
    if (!project::is_folder(folder) ||
        std::find(read.begin(), read.end(), project::real_path(folder)) != read.end())
      continue;
    try {
      for (const project::Service& other : project::open_project({folder.string()}).services) {
        read.push_back(project::real_path(other.folder.path));
        take(other, found);
      }
    } catch (const Error&) {  // no history there yet
    }
  }
  return found;
}

}  // namespace planner::commands
