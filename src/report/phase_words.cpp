#include "src/report/phase_words.h"

#include <algorithm>

namespace planner::report {

const StepLock* strongest_lock(const Phase& phase) {
  const auto most = std::max_element(phase.locks.begin(), phase.locks.end(),
                                     [](const StepLock& a, const StepLock& b) { return a.mode < b.mode; });
  return most == phase.locks.end() ? nullptr : &*most;
}

std::string_view window_with_article(Window window) {
  switch (window) {
    case Window::OldRelease:
      return "the old release";
    case Window::BothReleases:
      return "both releases";
    case Window::NewRelease:
      return "the new release";
  }
  return "";
}

std::string_view window_words(Window window) {
  constexpr std::string_view kArticle = "the ";
  const std::string_view words = window_with_article(window);
  return words.substr(0, kArticle.size()) == kArticle ? words.substr(kArticle.size()) : words;
}

}  // namespace planner::report
