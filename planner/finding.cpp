#include "planner/finding.h"

namespace planner {

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::Off:
      return "off";
    case Severity::Info:
      return "info";
    case Severity::Warning:
      return "warning";
    case Severity::Error:
      return "error";
  }
  return "off";
}

std::optional<Severity> severity_from_name(std::string_view name) {
  for (const Severity severity : {Severity::Off, Severity::Info, Severity::Warning, Severity::Error}) {
    if (severity_name(severity) == name) return severity;
  }
  return std::nullopt;
}

std::string_view category_name(Category category) {
  switch (category) {
    case Category::Blocks:
      return "blocks";
    case Category::BreaksRelease:
      return "breaks-release";
    case Category::LosesData:
      return "loses-data";
    case Category::Fails:
      return "fails";
    case Category::Hygiene:
      return "hygiene";
  }
  return "hygiene";
}

}  // namespace planner
