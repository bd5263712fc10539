#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Golden files: one file, one case.
///
///     A sentence that says what must hold.
///     --- migration
///     ALTER TABLE users ...;
///     --- analyze
///     what planner must say
///
/// With UPDATE_GOLDEN=1 in the environment the rendered sections are written into the file instead of
/// compared.
namespace planner::test {

struct GoldenSection {
  std::string name;
  std::string text;  ///< ends with a line break unless it is empty; empty lines at the end are not part of it
};

struct GoldenCase {
  std::filesystem::path file;
  std::string sentence;
  std::vector<GoldenSection> sections;

  const GoldenSection* find(std::string_view section) const;
  /// The section's text; empty when there is no such section.
  std::string text(std::string_view section) const;
};

GoldenCase parse_golden(const std::filesystem::path& file);
std::string format_golden(const GoldenCase& golden);

/// What planner says for this section, or nullopt when the section is input.
using RenderSection =
    std::function<std::optional<std::string>(const GoldenCase&, const std::string& section)>;

/// Renders every section and compares the whole with the file (or rewrites the file). Reports through
/// GoogleTest.
void check_golden(const std::filesystem::path& file, const RenderSection& render);

/// Makes a test `SUITE.path/below/folder` of every `*.golden` file below the folder. To be called while
/// static variables are initialised: `const bool registered = register_golden("Rules", source_dir() /
/// "rules", render);`
bool register_golden(const std::string& suite, const std::filesystem::path& folder,
                     const RenderSection& render);

}  // namespace planner::test
