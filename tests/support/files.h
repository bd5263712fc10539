#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace planner::test {

/// The whole file; throws std::runtime_error when it cannot be read.
std::string read_file(const std::filesystem::path& file);
/// Writes the file, and makes the folders above it.
void write_file(const std::filesystem::path& file, std::string_view content);
/// Every file below a folder, sorted, as paths relative to it.
std::vector<std::string> files_below(const std::filesystem::path& folder);

/// An empty folder that is removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& below) const { return path_ / below; }

 private:
  std::filesystem::path path_;
};

}  // namespace planner::test
