#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <toml.hpp>

/// Strict reading of TOML: every key must be known and of its type. Included by src/project only.
namespace planner::project {

/// Parses text; throws Error with file and line when it is no TOML.
toml::value parse_toml(const std::string& text, const std::string& shown_name);

/// One table of a file. Ask for keys, then call `no_others()`.
class TomlTable {
 public:
  TomlTable(const toml::value& value, std::string file, std::string name);

  std::optional<std::string> text(const std::string& key);
  std::optional<std::int64_t> integer(const std::string& key);
  std::optional<bool> boolean(const std::string& key);
  std::vector<std::string> texts(const std::string& key);
  std::vector<std::int64_t> integers(const std::string& key);
  std::vector<TomlTable> tables(const std::string& key);  ///< `[[key]]`
  std::optional<TomlTable> table(const std::string& key);

  std::string required_text(const std::string& key);
  std::int64_t required_integer(const std::string& key);
  bool required_boolean(const std::string& key);

  /// Keys in the file, for tables whose keys are free.
  std::vector<std::string> keys() const;

  /// Throws Error when the file has a key that was not asked for.
  void no_others() const;

  int line() const;
  int line_of(const std::string& key) const;
  [[noreturn]] void fail(const std::string& key, const std::string& what, const std::string& hint = "") const;

 private:
  const toml::value* find(const std::string& key);
  [[noreturn]] void fail_type(const std::string& key, const std::string& wanted,
                              const toml::value& found) const;

  const toml::value* value_;
  std::string file_, name_;
  std::set<std::string> asked_;
};

}  // namespace planner::project
