#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace planner {

/// Stops the program: what is wrong and the one thing to do about it. Caught in main, exit code 2.
/// Bad SQL in a migration is a finding, never an Error.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& what, std::string hint_text = "")
      : std::runtime_error(what), hint(std::move(hint_text)) {}

  std::string hint;
};

}  // namespace planner
