#include "planner/shell_word.h"

#include <algorithm>

namespace planner {

std::string shell_word(std::string_view word) {
  // Bytes of other alphabets mean nothing to a shell.
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view("_-./:=@%+,").find(c) != std::string_view::npos;
  };
  // zsh takes a leading = as the path of a command.
  if (!word.empty() && word.front() != '=' && std::all_of(word.begin(), word.end(), plain))
    return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace planner
