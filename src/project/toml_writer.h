#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace planner::project {

/// Writes TOML in the order it is told to. Every value is put into text by the TOML library, never by
/// pasting.
class TomlWriter {
 public:
  void comment(std::string_view text);
  void table(std::string_view name);        ///< `[name]`
  void array_entry(std::string_view name);  ///< `[[name]]`
  void text(std::string_view key, const std::string& value);
  void number(std::string_view key, std::int64_t value);
  void numbers(std::string_view key, const std::vector<std::int64_t>& values);
  void boolean(std::string_view key, bool value);
  void texts(std::string_view key, const std::vector<std::string>& values);

  /// The file. Throws Error when the library does not read back what it wrote.
  std::string finish() const;

 private:
  void line(std::string_view key, std::string_view value);
  std::string out_;
};

}  // namespace planner::project
