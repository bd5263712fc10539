// The folders are the architecture: who may include what, and how long a file may be.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/files.h"
#include "tests/support/paths.h"

namespace planner::test {
namespace {

namespace fs = std::filesystem;

struct Include {
  std::string file;  // relative to the repository: `src/main.cpp`
  std::size_t line;
  std::string target;  // what stands between the quotes or angles
};

bool is_source(const std::string& name) { return name.ends_with(".cpp") || name.ends_with(".h"); }

std::vector<std::string> sources_in(const std::vector<std::string>& folders) {
  std::vector<std::string> out;
  for (const std::string& folder : folders) {
    if (!fs::is_directory(source_dir() / folder)) continue;
    for (const std::string& name : files_below(source_dir() / folder)) {
      if (is_source(name) && name.find("node_modules/") == std::string::npos)
        out.push_back(folder + "/" + name);
    }
  }
  return out;
}

const std::vector<Include>& includes() {
  static const std::vector<Include> all = [] {
    std::vector<Include> out;
    for (const std::string& file : sources_in({"planner", "plans", "rules", "src", "tests"})) {
      std::istringstream lines(read_file(source_dir() / file));
      std::size_t number = 0;
      for (std::string line; std::getline(lines, line);) {
        ++number;
        if (!line.starts_with("#include ")) continue;
        const std::size_t open = line.find_first_of("<\"");
        const std::size_t close = line.find_first_of(">\"", open + 1);
        if (close != std::string::npos)
          out.push_back({file, number, line.substr(open + 1, close - open - 1)});
      }
    }
    return out;
  }();
  return all;
}

std::string described(const Include& include) {
  return include.file + ":" + std::to_string(include.line) + " includes " + include.target;
}

bool within(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
}

/// The header is included by files of these folders (or exactly these files) and by nobody else outside
/// tests/.
void expect_only(std::string_view header, const std::vector<std::string>& allowed) {
  for (const Include& include : includes()) {
    if (!include.target.starts_with(header) || include.file.starts_with("tests/")) continue;
    const bool may = std::ranges::any_of(allowed, [&](const std::string& place) {
      return include.file == place || within(include.file, place);
    });
    EXPECT_TRUE(may) << described(include);
  }
}

TEST(Layers, there_is_something_to_look_at) { EXPECT_GT(includes().size(), 100U); }

TEST(Layers, includes_run_downwards) {
  const std::vector<std::string> layers{"planner", "plans", "rules", "src", "tests"};
  const auto layer_of = [&](std::string_view path) {
    return std::ranges::find_if(layers, [&](const std::string& layer) { return within(path, layer); }) -
           layers.begin();
  };
  for (const Include& include : includes()) {
    if (layer_of(include.target) == static_cast<std::ptrdiff_t>(layers.size())) continue;  // not ours
    EXPECT_LE(layer_of(include.target), layer_of(include.file)) << described(include);
  }
}

TEST(Layers, the_sql_door_knows_nothing_of_the_engine_above_it) {
  for (const Include& include : includes()) {
    if (!within(include.file, "planner/sql") || !within(include.target, "planner")) continue;
    const bool may = within(include.target, "planner/sql") || include.target == "planner/operation.h" ||
                     include.target == "planner/error.h" || include.target == "planner/shared_map.h";
    EXPECT_TRUE(may) << described(include);
  }
}

TEST(Layers, the_parts_of_the_program_do_not_know_each_other) {
  const std::vector<std::string> parts{"src/project", "src/database", "src/report"};
  for (const Include& include : includes()) {
    for (const std::string& part : parts) {
      if (!within(include.file, part) || !within(include.target, "src")) continue;
      EXPECT_TRUE(within(include.target, part)) << described(include);
    }
  }
}

TEST(Layers, the_engine_touches_no_outside_world) {
  // Files, sockets, the clock and the environment are for src/. What a header of the standard library is for,
  // its name says.
  const std::array<std::string_view, 6> outside{"filesystem", "fstream",      "unistd.h",
                                                "chrono",     "sys/socket.h", "iostream"};
  for (const Include& include : includes()) {
    if (within(include.file, "src") || within(include.file, "tests")) continue;
    EXPECT_EQ(std::ranges::count(outside, include.target), 0) << described(include);
  }
}

TEST(Layers, libraries_stay_where_they_are_needed) {
  expect_only("pg_query", {"planner/sql"});
  expect_only("protobuf-c", {"planner/sql"});
  expect_only("pqxx", {"src/database"});
  expect_only("libpq-fe.h", {"src/database"});
  expect_only("toml", {"src/project"});
  expect_only("CLI/", {"src/commands", "src/main.cpp"});
}

TEST(Layers, headers_do_not_hand_libraries_on) {
  const std::vector<std::pair<std::string_view, std::string_view>> homes{{"pg_query", "planner/sql"},
                                                                         {"toml", "src/project"},
                                                                         {"libpq-fe.h", "src/database"},
                                                                         {"pqxx", "src/database"}};
  for (const Include& include : includes()) {
    if (!include.file.ends_with(".h") || include.file.starts_with("tests/")) continue;
    for (const auto& [library, home] : homes) {
      if (!include.target.starts_with(library)) continue;
      // Such a header is the inside of its folder: it costs seconds per file that includes it.
      for (const Include& user : includes()) {
        const bool own_test =
            within(user.file, "tests/unit/" + std::string(home).substr(home.rfind('/') + 1));
        EXPECT_TRUE(user.target != include.file || within(user.file, home) || own_test)
            << described(user) << ", which brings in " << library;
      }
    }
  }
}

TEST(Layers, includes_start_at_the_repositorys_root) {
  for (const Include& include : includes()) {
    EXPECT_FALSE(include.target.starts_with(".")) << described(include);
    const bool is_ours = fs::is_regular_file((source_dir() / include.file).parent_path() / include.target);
    const bool from_root = fs::exists(source_dir() / include.target);
    EXPECT_TRUE(from_root || !is_ours) << described(include);
  }
}

TEST(Layers, no_file_is_too_long_to_read) {
  for (const std::string& file : sources_in({"planner", "plans", "rules", "src", "tests"})) {
    const std::string text = read_file(source_dir() / file);
    EXPECT_LT(std::ranges::count(text, '\n'), 1000) << file;
  }
}

}  // namespace
}  // namespace planner::test
