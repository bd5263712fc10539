#include <cstring>
#include <string>
#include <vector>

#include "src/commands/commands.h"
#include "src/database/url.h"

int main(int argc, char** argv) {
  // Whoever may look at the list of processes reads our arguments: a password in one of them is overwritten
  // as soon as we have our own copy.
  const std::vector<std::string> arguments(argv, argv + argc);
  std::vector<const char*> words;
  for (int i = 0; i < argc; ++i) {
    words.push_back(arguments[static_cast<std::size_t>(i)].c_str());
    std::string shown = planner::redact(arguments[static_cast<std::size_t>(i)]);
    if (shown == arguments[static_cast<std::size_t>(i)]) continue;
    shown.resize(std::strlen(argv[i]), ' ');
    std::memcpy(argv[i], shown.data(), shown.size());
  }
  words.push_back(nullptr);
  return planner::commands::run_program(argc, words.data());
}
