#pragma once

#include <cstddef>
#include <string_view>

/// What the fuzzers and the test over the kept corpus run. Each takes any bytes and must come back.
namespace planner::test {

/// A file becomes findings in every format, and phases. What stands above a line `--- migration` is the
/// history. Bytes that no runner of SQL files takes are refused, as they are on disk.
void fuzz_migration(std::string_view bytes);

/// The same without phases and in two formats: what an editor or a pull request asks for.
void analyze_only(std::string_view bytes);

/// A planner.toml becomes settings, or one error that names its file.
void fuzz_config(std::string_view bytes);

}  // namespace planner::test
