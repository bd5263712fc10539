#include "src/report/plan_page.h"

#include <fmt/core.h>

#include <algorithm>

#include "src/report/html.h"
#include "src/report/phase_words.h"
#include "src/report/terminal.h"

namespace planner::report {
namespace {

std::string_view lock_reach(LockMode mode) {
  if (mode >= LockMode::AccessExclusive) return "readers and writers wait";
  if (mode >= LockMode::Share) return "writers wait, readers go on";
  return "reads and writes go on";
}

bool old_runs(const Phase& phase) { return phase.window != Window::NewRelease; }
bool new_runs(const Phase& phase) { return phase.window != Window::OldRelease; }

/// One bar for every stretch of neighbouring phases in which the release may run.
template <typename Runs>
std::string bars(const Plan& plan, Runs runs, std::string_view name, std::string_view css, int x0, int step,
                 int y) {
  std::string out;
  for (std::size_t i = 0; i < plan.phases.size();) {
    if (!runs(plan.phases[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < plan.phases.size() && runs(plan.phases[end])) ++end;
    const int x = x0 + static_cast<int>(i) * step, width = static_cast<int>(end - i) * step - 8;
    out += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"26\" rx=\"5\"/>", css, x,
                       y, width);
    out += fmt::format("<text class=\"on\" x=\"{}\" y=\"{}\">{}</text>\n", x + 10, y + 18, name);
    i = end;
  }
  return out;
}

std::string timeline(const Plan& plan) {
  constexpr int kStep = 176, kLeft = 8;
  const int width = kLeft + std::max(1, static_cast<int>(plan.phases.size())) * kStep;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} 172\" width=\"{0}\" height=\"172\" "
      "role=\"img\" "
      "aria-label=\"Phases of {1} and the releases that may run in them\">\n",
      width, escaped(plan.name));
  out +=
      "<style>text{font:13px "
      "system-ui,sans-serif;fill:#1c2733}.small{font-size:11px;fill:#52606d}.on{fill:#fff;font-weight:600}."
      "old{fill:#b4530a}"
      ".new{fill:#0b6b4f}.box{fill:#eef2f6;stroke:#9fb1c1}.hard{fill:#fde8e4;stroke:#c0392b}"
      "@media(prefers-color-scheme:dark){text{fill:#e4eaf0}.small{fill:#a5b3c0}.on{fill:#fff}.box{fill:#"
      "25303b;stroke:#5b6b7a}"
      ".hard{fill:#4a2420;stroke:#e0705f}}</style>\n";
  out += bars(plan, old_runs, "old release", "old", kLeft, kStep, 4);
  out += bars(plan, new_runs, "new release", "new", kLeft, kStep, 36);
  for (std::size_t i = 0; i < plan.phases.size(); ++i) {
    const Phase& phase = plan.phases[i];
    const int x = kLeft + static_cast<int>(i) * kStep;
    const StepLock* lock = strongest_lock(phase);
    const bool hard = lock != nullptr && lock->mode >= LockMode::AccessExclusive;
    const std::string shown = phase.folder.size() > 22 ? phase.folder.substr(0, 21) + "…" : phase.folder;
    out += fmt::format(
        "<g><title>{}</title><rect class=\"{}\" x=\"{}\" y=\"74\" width=\"{}\" height=\"90\" rx=\"6\"/>",
        escaped(phase.title), hard ? "hard" : "box", x, kStep - 8);
    out += fmt::format("<text x=\"{}\" y=\"96\">{}</text>", x + 10, escaped(shown));
    out += fmt::format("<text class=\"small\" x=\"{}\" y=\"118\">{}</text>", x + 10,
                       lock == nullptr ? "no lock" : lock_name(lock->mode));
    out += fmt::format("<text class=\"small\" x=\"{}\" y=\"134\">{}</text>", x + 10,
                       lock == nullptr ? "" : lock_reach(lock->mode));
    out += fmt::format("<text class=\"small\" x=\"{}\" y=\"152\">{}</text></g>\n", x + 10,
                       phase.reversible ? "can be undone" : "cannot be undone");
  }
  return out + "</svg>\n";
}

std::string paragraph(const std::string& text) {
  return text.empty() ? "" : fmt::format("<p>{}</p>\n", with_code(text));
}

std::string conditions(std::string_view title, const std::vector<Condition>& all) {
  if (all.empty()) return "";
  std::string out = fmt::format("<h3>{}</h3>\n<ul>\n", title);
  for (const Condition& condition : all) {
    out += fmt::format(
        "<li>{}<details><summary>the query, which must find no row</summary><pre>{}</pre></details></li>\n",
        with_code(condition.says), escaped(condition.query.str()));
  }
  return out + "</ul>\n";
}

std::string phase_section(const Phase& phase) {
  std::string out = fmt::format("<section id=\"{0}\">\n<h2>{0}</h2>\n<p class=\"what\">{1}</p>\n",
                                escaped(phase.folder), with_code(phase.title));
  out += paragraph(phase.why);
  if (!phase.deploy_before.empty())
    out += fmt::format("<p class=\"first\"><strong>First:</strong> {}</p>\n", with_code(phase.deploy_before));
  out += "<h3>The application</h3>\n";
  out += fmt::format("<p>Runs with {}. {}</p>\n", window_with_article(phase.window),
                     with_code(phase.application));
  if (!phase.prisma.empty()) {
    out += "<ul>\n";
    for (const PrismaAdvice& advice : phase.prisma)
      out += fmt::format("<li><code>schema.prisma</code>, {}: {}</li>\n", escaped(advice.model),
                         with_code(advice.text));
    out += "</ul>\n";
  }
  if (!phase.locks.empty()) {
    out +=
        "<h3>Locks</h3>\n<div class=\"wide\"><table><tr><th>table</th><th>lock</th><th>who "
        "waits</th></tr>\n";
    for (const StepLock& lock : phase.locks) {
      out += fmt::format("<tr><td>{}</td><td>{}<span class=\"brief\">{}</span></td><td>{}</td></tr>\n",
                         escaped(display(lock.relation)), lock_name(lock.mode), escaped(lock.how_long),
                         lock_reach(lock.mode));
    }
    out += "</table></div>\n";
  }
  out += conditions("Must hold before", phase.before);
  out += conditions("Must hold after", phase.after);
  out += fmt::format("<details><summary>migration.sql</summary><pre>{}</pre></details>\n",
                     escaped(phase.migration.str()));
  if (phase.reversible) {
    if (!phase.rollback.str().empty())
      out += fmt::format("<details><summary>rollback.sql</summary><pre>{}</pre></details>\n",
                         escaped(phase.rollback.str()));
    out += paragraph(phase.reverse_note);
  } else {
    out += fmt::format("<p class=\"first\"><strong>Cannot be undone.</strong> {}</p>\n",
                       with_code(phase.reverse_note));
  }
  return out + "</section>\n";
}

std::string list(std::string_view title, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string out = fmt::format("<section><h2>{}</h2>\n<ul>\n", title);
  for (const std::string& line : lines) out += fmt::format("<li>{}</li>\n", with_code(line));
  return out + "</ul></section>\n";
}

std::string_view state_css(std::string_view state) {
  if (state == "applied") return "good";
  if (state == "failed") return "error";
  return state == "waiting" ? "" : "info";
}

/// Phases against databases.
std::string live_state(const PlanPage& page) {
  if (page.live.empty()) return "";
  std::string out =
      "<section id=\"live\"><h2>Where it stands</h2>\n<div class=\"wide\"><table><tr><th>phase</th>";
  std::string errors;
  for (const PlanPage::Live& live : page.live) {
    if (live.error.empty()) {
      out += fmt::format("<th>{}</th>", escaped(live.environment));
    } else {
      errors += fmt::format("<p class=\"first\">{} could not be read: {}</p>\n", escaped(live.environment),
                            escaped(live.error));
    }
  }
  out += "</tr>\n";
  for (std::size_t i = 0; i < page.plan->phases.size(); ++i) {
    out += fmt::format("<tr><td><a href=\"#{0}\">{0}</a></td>", escaped(page.plan->phases[i].folder));
    for (const PlanPage::Live& live : page.live) {
      if (!live.error.empty()) continue;
      out +=
          fmt::format("<td class=\"{}\">{}</td>", state_css(live.states.at(i)), escaped(live.states.at(i)));
    }
    out += "</tr>\n";
  }
  return out + "</table></div>\n" + errors + "</section>\n";
}

}  // namespace

std::string plan_as_svg(const PlanPage& page) { return timeline(*page.plan); }

std::string plan_as_html(const PlanPage& page) {
  const Plan& plan = *page.plan;
  std::string out = page_begin(plan.name + " in phases", plan.name);
  out += fmt::format("<p>The migration <code>{}</code>{} in {}.</p>\n", escaped_name(plan.migration),
                     page.service.empty() ? "" : fmt::format(" of <code>{}</code>", escaped(page.service)),
                     counted(plan.phases.size(), "phase"));
  for (const std::string& file : page.edited) {
    out += fmt::format("<p class=\"first\"><strong>Edited by hand:</strong> <code>{}</code></p>\n",
                       escaped(file));
  }
  out += "<div class=\"wide timeline\">\n" + timeline(plan) + "</div>\n<nav aria-label=\"Phases\"><ul>\n";
  for (const Phase& phase : plan.phases) {
    // A phone has no room for the timeline: the list says the same.
    const StepLock* lock = strongest_lock(phase);
    out += fmt::format("<li><a href=\"#{0}\">{0}</a>: {1}<span class=\"brief\">with {2}; {3}</span></li>\n",
                       escaped(phase.folder), with_code(phase.title), window_with_article(phase.window),
                       lock == nullptr
                           ? "no lock"
                           : fmt::format("{}{}: {}", lock_name(lock->mode),
                                         blocks_writes(lock->mode) ? " " + escaped(lock->how_long) : "",
                                         lock_reach(lock->mode)));
  }
  out += "</ul></nav>\n" + live_state(page);
  for (const Phase& phase : plan.phases) out += phase_section(phase);
  out += list("Notes", plan.notes);
  out += list("Why in this order", plan.order_reasons);
  out += list("A development database that has the original already", plan.development);
  out += fmt::format(
      "<section><h2>The original</h2>\n<details><summary>{}</summary><pre>{}</pre></details></section>\n",
      escaped(plan.migration), escaped(plan.original));
  return out + page_end(page.version);
}

std::string plan_as_markdown(const PlanPage& page) {
  const Plan& plan = *page.plan;
  std::string out = fmt::format("**{}** in {}\n\n```mermaid\nflowchart LR\n", plan.name,
                                counted(plan.phases.size(), "phase"));
  for (std::size_t i = 0; i < plan.phases.size(); ++i) {
    const Phase& phase = plan.phases[i];
    out += fmt::format("  p{}[\"{}\"]:::{}\n", i, phase.folder,
                       phase.window == Window::OldRelease   ? "old"
                       : phase.window == Window::NewRelease ? "fresh"
                                                            : "both");
    if (i > 0) out += fmt::format("  p{} --> p{}\n", i - 1, i);
  }
  out +=
      "  classDef old fill:#fbe3cf,stroke:#b4530a,color:#1c2733\n  classDef both "
      "fill:#e3eaf2,stroke:#52606d,color:#1c2733\n"
      "  classDef fresh fill:#d3efe4,stroke:#0b6b4f,color:#1c2733\n```\n\n| phase | runs with | strongest "
      "lock | what it does | undo |\n|---|---|---|---|---|\n";
  for (const Phase& phase : plan.phases) {
    const StepLock* lock = strongest_lock(phase);
    std::string title = phase.title;
    for (std::size_t at = title.find('|'); at != std::string::npos; at = title.find('|', at + 2))
      title.insert(at, "\\");
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", phase.folder, window_with_article(phase.window),
                       lock == nullptr ? "none"
                                       : fmt::format("{} on `{}`: {}", lock_name(lock->mode),
                                                     display(lock->relation), lock_reach(lock->mode)),
                       title, phase.reversible ? "yes" : "no");
  }
  return out;
}

}  // namespace planner::report
