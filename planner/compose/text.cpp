#include <algorithm>

#include "planner/compose/compose.h"

namespace planner {
namespace {

std::size_t migrations_of(const Plan& plan) { return plan.phases.size(); }

std::size_t place_of(const Plan& plan, const Phase& phase) {
  const auto at = std::find_if(plan.phases.begin(), plan.phases.end(),
                               [&](const Phase& other) { return other.folder == phase.folder; });
  return static_cast<std::size_t>(at - plan.phases.begin()) + 1;
}

constexpr std::size_t kWidth = 116;

/// `Label:   text`, broken at spaces and continued under its first word.
std::string labelled(std::string_view label, std::string_view text) {
  if (text.empty()) return "";
  std::string out;
  std::string line(label);
  line.resize(13, ' ');
  const std::string margin(13, ' ');
  bool fresh = true;
  const auto flush = [&] {
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + "\n";
    line = margin;
    fresh = true;
  };
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '\n') {
      flush();
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (!fresh && line.size() + 1 + word.size() > kWidth) flush();
    if (!fresh) line += ' ';
    line += word;
    fresh = false;
    at = end;
    while (at < text.size() && text[at] == ' ') ++at;
  }
  flush();
  out.pop_back();
  return comment_lines(out);
}

std::string locks_sentence(const Phase& phase) {
  std::string out;
  for (const StepLock& lock : phase.locks) {
    if (!out.empty()) out += '\n';
    out += std::string(lock_name(lock.mode)) + " on " + display(lock.relation);
    if (!lock.how_long.empty()) out += ", " + lock.how_long;
  }
  return out.empty() ? "none that anybody waits for" : out;
}

std::string_view window_sentence(Window window) {
  switch (window) {
    case Window::OldRelease:
      return "The old release runs on; do not deploy the new one yet.";
    case Window::BothReleases:
      return "The old and the new release may run side by side.";
    case Window::NewRelease:
      return "Only the new release may run from here on.";
  }
  return "";
}

std::string heading(const Plan& plan, const Phase& phase) {
  return "planner: plan " + plan.name + ", phase " + phase.folder + " (" +
         std::to_string(place_of(plan, phase)) + " of " + std::to_string(migrations_of(plan)) + ")";
}

}  // namespace

std::string migration_text(const Plan& plan, const Phase& phase) {
  std::string out = comment_lines(heading(plan, phase));
  out += labelled("What:", phase.title);
  out += labelled("Why:", phase.why);
  out += labelled("Locks:", locks_sentence(phase));
  out += labelled("Before:", phase.deploy_before);
  std::string application(window_sentence(phase.window));
  if (!phase.application.empty()) application += "\n" + phase.application;
  out += labelled("Application:", application);
  if (phase.commits)
    out +=
        comment_lines("This must stay the only statement of its file: it cannot run inside a transaction.");
  return out + phase.migration.str() + ";\n";
}

std::string rollback_text(const Plan& plan, const Phase& phase) {
  std::string out = comment_lines(heading(plan, phase) + ": the way back");
  if (!phase.reversible) {
    out += labelled("", phase.reverse_note.empty() ? "This phase cannot be undone." : phase.reverse_note);
    return out;
  }
  out += labelled("Note:", phase.reverse_note);
  if (phase.rollback.empty()) return out + comment_lines("There is nothing to undo in the database.");
  return out + phase.rollback.str();
}

}  // namespace planner
