#include "planner/plan.h"

#include <cassert>

namespace planner {

std::string_view phase_name(PhaseKind kind) {
  switch (kind) {
    case PhaseKind::Add:
      return "add";
    case PhaseKind::Backfill:
      return "backfill";
    case PhaseKind::Index:
      return "index";
    case PhaseKind::Validate:
      return "validate";
    case PhaseKind::DualWrite:
      return "dual-write";
    case PhaseKind::Enforce:
      return "enforce";
    case PhaseKind::Swap:
      return "swap";
    case PhaseKind::Drop:
      return "drop";
  }
  assert(false);
  return "";
}

std::string_view window_name(Window window) {
  switch (window) {
    case Window::OldRelease:
      return "old-release";
    case Window::BothReleases:
      return "both-releases";
    case Window::NewRelease:
      return "new-release";
  }
  assert(false);
  return "";
}

}  // namespace planner
