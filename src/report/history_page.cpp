// `planner analyze --format html`: a whole repository as one page.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "src/report/analysis.h"
#include "src/report/html.h"

namespace planner::report {
namespace {

constexpr std::size_t kMostTables = 20;
/// A page of ten thousand findings is read by nobody; the other formats hold them all.
constexpr std::size_t kMostFindings = 500;

enum class Worst { Nothing, Info, Warning, Error };
constexpr std::array<std::string_view, 4> kWorstWords{"nothing found", "info", "warning", "error"};

Worst worst_of(Severity severity) {
  switch (severity) {
    case Severity::Error:
      return Worst::Error;
    case Severity::Warning:
      return Worst::Warning;
    case Severity::Info:
      return Worst::Info;
    case Severity::Off:
      break;
  }
  return Worst::Nothing;
}

struct Month {
  int year = 0;
  unsigned month = 0;
  bool operator<(const Month& other) const {
    return year != other.year ? year < other.year : month < other.month;
  }
};

/// The month that a migration's number names: `20240131...`, or a Unix time in seconds or milliseconds.
std::optional<Month> month_of(const std::string& name) {
  std::size_t at = 0;
  while (at < name.size() && std::isdigit(static_cast<unsigned char>(name[at])) == 0) ++at;
  std::string digits;
  while (at < name.size() && std::isdigit(static_cast<unsigned char>(name[at])) != 0) digits += name[at++];
  // Two spellings in use put dashes or underscores inside the date: only those that do not are read.
  if (digits.size() == 10 || digits.size() == 13) {
    const std::chrono::seconds seconds(std::stoll(digits.substr(0, 10)));
    const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(seconds));
    const std::chrono::year_month_day date(day);
    if (int(date.year()) >= 2000 && int(date.year()) < 2100)
      return Month{int(date.year()), unsigned(date.month())};
  }
  if (digits.size() < 8) return std::nullopt;
  const int year = std::stoi(digits.substr(0, 4)), month = std::stoi(digits.substr(4, 2)),
            day = std::stoi(digits.substr(6, 2));
  if (year < 1990 || year >= 2100 || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  return Month{year, static_cast<unsigned>(month)};
}

/// One judged migration as the page needs it.
struct Row {
  const AnalyzedService* service = nullptr;
  const Migration* migration = nullptr;
  const JudgedMigration* judged = nullptr;
  Worst worst = Worst::Nothing;
  std::vector<const Finding*> findings;
};

std::vector<Row> rows_of(const AnalysisReport& report) {
  std::map<std::pair<std::string, std::string>, std::vector<const Finding*>> by_path;
  for (const Finding& finding : report.findings) {
    if (counts(finding)) by_path[{finding.service, finding.path}].push_back(&finding);
  }
  std::vector<Row> rows;
  for (const AnalyzedService& service : report.services) {
    for (const JudgedMigration& judged : service.analysis->judged) {
      Row row{&service, &service.history->migrations[judged.index], &judged, Worst::Nothing, {}};
      const auto found = by_path.find({service.name, row.migration->path});
      if (found != by_path.end()) row.findings = std::move(found->second);
      for (const Finding* finding : row.findings)
        row.worst = std::max(row.worst, worst_of(finding->severity));
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

struct Bucket {
  std::string label;
  std::array<std::size_t, 4> migrations{};  ///< by the worst that was found

  std::size_t all() const { return migrations[0] + migrations[1] + migrations[2] + migrations[3]; }
};

std::string label_of(const Month& month, unsigned months_in_one) {
  if (months_in_one == 12) return std::to_string(month.year);
  if (months_in_one == 3) return fmt::format("{} Q{}", month.year, (month.month - 1) / 3 + 1);
  return fmt::format("{}-{:02}", month.year, month.month);
}

/// By month, quarter or year where names tell, by position in the history where they do not.
std::vector<Bucket> buckets_of(const std::vector<Row>& rows) {
  constexpr std::size_t kMost = 36;
  std::vector<std::pair<Month, const Row*>> dated;
  for (const Row& row : rows) {
    if (const std::optional<Month> month = month_of(row.migration->name)) dated.emplace_back(*month, &row);
  }
  std::vector<Bucket> buckets;
  if (dated.empty() || dated.size() < rows.size()) {
    const std::size_t size = std::max<std::size_t>(1, (rows.size() + kMost - 1) / kMost);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i % size == 0)
        buckets.push_back({size == 1 ? rows[i].migration->name
                                     : fmt::format("{}-{}", i + 1, std::min(i + size, rows.size())),
                           {}});
      ++buckets.back().migrations[static_cast<std::size_t>(rows[i].worst)];
    }
    return buckets;
  }
  const auto [first, last] = std::minmax_element(
      dated.begin(), dated.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto count = [](const Month& month) { return month.year * 12 + static_cast<int>(month.month) - 1; };
  const auto span = static_cast<std::size_t>(count(last->first) - count(first->first) + 1);
  const unsigned in_one = span <= kMost ? 1 : span <= 3 * kMost ? 3 : 12;
  const auto step = static_cast<int>(in_one);
  const int begin = count(first->first) / step;
  for (int i = begin; i <= count(last->first) / step; ++i)
    buckets.push_back({label_of({i * step / 12, static_cast<unsigned>(i * step % 12 + 1)}, in_one), {}});
  for (const auto& [month, row] : dated) {
    ++buckets[static_cast<std::size_t>(count(month) / step - begin)]
          .migrations[static_cast<std::size_t>(row->worst)];
  }
  return buckets;
}

std::string chart(const std::vector<Bucket>& buckets) {
  constexpr int kHeight = 150, kLeft = 34, kTop = 8, kWide = 720;
  const int bar_width =
      std::clamp(kWide / static_cast<int>(std::max<std::size_t>(1, buckets.size())), 22, 48);
  std::size_t most = 1;
  for (const Bucket& bucket : buckets) most = std::max(most, bucket.all());
  const int width = kLeft + static_cast<int>(buckets.size()) * bar_width + 8;
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" aria-label=\"Migrations over "
      "time by "
      "the worst that was found; the table below says the same\">\n<style>.axis{{fill:var(--soft);font:11px "
      "system-ui,sans-serif}}.grid{{stroke:var(--line)}}.b0{{fill:var(--line)}}.b1{{fill:var(--note)}}.b2{{"
      "fill:var("
      "--warn)}}.b3{{fill:var(--bad)}}</style>\n",
      width, kHeight + kTop + 28);
  for (const std::size_t line : std::set<std::size_t>{0, most / 2, most}) {
    const int y = kTop + kHeight - static_cast<int>(static_cast<std::size_t>(kHeight) * line / most);
    out += fmt::format(
        "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/><text class=\"axis\" x=\"{}\" "
        "y=\"{}\" text-anchor=\"end\">{}</text>\n",
        kLeft, width - 4, y, y, kLeft - 5, y + 4, line);
  }
  // A label is as wide as 70 units; the newest bar always has one.
  const std::size_t every = static_cast<std::size_t>((70 + bar_width - 1) / bar_width);
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const Bucket& bucket = buckets[i];
    const int x = kLeft + 2 + static_cast<int>(i) * bar_width;
    out += fmt::format("<g><title>{}: {} migrations, {} with errors, {} with warnings</title>",
                       escaped(bucket.label), bucket.all(), bucket.migrations[3], bucket.migrations[2]);
    // The worst stands on the ground line, where the eye compares.
    std::size_t below = 0;
    for (const std::size_t worst : {3U, 2U, 1U, 0U}) {
      const std::size_t here = bucket.migrations[worst];
      if (here == 0) continue;
      const int top = static_cast<int>(static_cast<std::size_t>(kHeight) * (below + here) / most),
                bottom = static_cast<int>(static_cast<std::size_t>(kHeight) * below / most);
      out += fmt::format("<rect class=\"b{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", worst, x,
                         kTop + kHeight - top, bar_width - 4, std::max(1, top - bottom));
      below += here;
    }
    out += "</g>\n";
    if ((buckets.size() - 1 - i) % every == 0)
      out += fmt::format("<text class=\"axis\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
                         x + bar_width - 4, kTop + kHeight + 18, escaped(bucket.label.substr(0, 12)));
  }
  return out + "</svg>\n";
}

std::string over_time(const std::vector<Row>& rows) {
  if (rows.empty()) return "";
  const std::vector<Bucket> buckets = buckets_of(rows);
  std::string out =
      "<section><h2>Over time</h2>\n<p>Migrations by the worst that was found in them: <strong "
      "class=\"error\">an "
      "error</strong>, <strong class=\"warning\">a warning</strong>, <strong class=\"info\">a "
      "remark</strong>, or "
      "nothing (grey).</p>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Chart over "
      "time\">\n";
  out += chart(buckets) +
         "</div>\n<details><summary>As a table</summary><div class=\"wide\"><table><tr><th>when</th><th "
         "class=\"number\">error</th><th class=\"number\">warning</th><th class=\"number\">remark</th><th "
         "class=\"number\">nothing</th></tr>\n";
  for (const Bucket& bucket : buckets) {
    out += fmt::format(
        "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}"
        "</td><td class=\"number\">{}</td></tr>\n",
        escaped(bucket.label), bucket.migrations[3], bucket.migrations[2], bucket.migrations[1],
        bucket.migrations[0]);
  }
  return out + "</table></div></details></section>\n";
}

struct Locked {
  std::size_t all = 0, readers = 0, risky = 0;
};

std::string locked_tables(const std::vector<Row>& rows, bool several) {
  std::map<std::string, Locked> tables;
  for (const Row& row : rows) {
    for (const RelationLock& lock : row.judged->locks) {
      const std::string name = (several ? row.service->name + ": " : "") + display(lock.relation);
      Locked& locked = tables[name];
      ++locked.all;
      if (blocks_reads(lock.mode)) ++locked.readers;
      const bool risky = std::any_of(row.findings.begin(), row.findings.end(), [&](const Finding* finding) {
        return finding->severity >= Severity::Warning &&
               std::any_of(finding->locks.begin(), finding->locks.end(),
                           [&](const RelationLock& held) { return held.relation == lock.relation; });
      });
      if (risky) ++locked.risky;
    }
  }
  std::vector<std::pair<std::string, Locked>> ranked(tables.begin(), tables.end());
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.second.all != b.second.all ? a.second.all > b.second.all : a.second.risky > b.second.risky;
  });
  std::string out = "<section><h2>Tables most often locked</h2>\n";
  if (ranked.empty())
    return out + "<p>No migration makes anybody wait for a table that was there before it.</p></section>\n";
  out +=
      "<p>Migrations that take a lock on a table from before them which makes writers wait, or readers and "
      "writers; "
      "and how many of them planner warns about.</p>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"Tables most often locked\"><table><tr><th>table</th><th "
      "class=\"number\">migrations</th><th "
      "class=\"number\">readers wait too</th><th class=\"number\">warned about</th></tr>\n";
  for (std::size_t i = 0; i < std::min(kMostTables, ranked.size()); ++i) {
    const auto& [name, locked] = ranked[i];
    out += fmt::format(
        "<tr><td><code>{}</code></td><td class=\"number\">{}</td><td class=\"number\">{}</td><td "
        "class=\"number\">{}</td></tr>\n",
        escaped_name(name), locked.all, locked.readers, locked.risky);
  }
  out += "</table></div>\n";
  if (ranked.size() > kMostTables)
    out += fmt::format("<p>... and {} more.</p>\n", counted(ranked.size() - kMostTables, "table"));
  return out + "</section>\n";
}

std::string by_rule(const AnalysisReport& report) {
  struct Counted {
    Worst worst = Worst::Nothing;
    std::size_t findings = 0;
    std::set<std::string> migrations;
  };
  std::map<std::string, Counted> rules;
  for (const Finding& finding : report.findings) {
    if (!counts(finding)) continue;
    Counted& rule = rules[finding.rule];
    rule.worst = std::max(rule.worst, worst_of(finding.severity));
    ++rule.findings;
    rule.migrations.insert(finding.path);
  }
  if (rules.empty()) return "";
  std::vector<std::pair<std::string, Counted>> ranked(rules.begin(), rules.end());
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.second.worst != b.second.worst ? a.second.worst > b.second.worst
                                            : a.second.findings > b.second.findings;
  });
  std::string out =
      "<section><h2>What was found</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"What was "
      "found\"><table><tr><th>rule</th><th>worst</th><th class=\"number\">findings</th><th "
      "class=\"number\">migrations</th></tr>\n";
  for (const auto& [rule, counted] : ranked) {
    const std::string_view word = kWorstWords[static_cast<std::size_t>(counted.worst)];
    out += fmt::format(
        "<tr><td><code>{}</code></td><td class=\"{}\">{}</td><td class=\"number\">{}</td><td "
        "class=\"number\">{}</td></tr>\n",
        escaped(rule), word, word, counted.findings, counted.migrations.size());
  }
  return out + "</table></div>\n<p><code>planner explain RULE</code> says more about each.</p></section>\n";
}

std::string finding_item(const AnalysisReport& report, const Finding& finding) {
  const std::string_view severity = severity_name(finding.severity);
  std::string out = fmt::format("<li><strong class=\"{0}\">{0}</strong> <code>{1}</code>: {2}", severity,
                                escaped(finding.rule), with_code(finding.message));
  if (!finding.help.empty()) out += fmt::format("<br>{}", with_code(finding.help));
  const std::string_view source = source_of(report, finding);
  if (!source.empty() && finding.span.begin < finding.span.end && finding.span.end <= source.size())
    out += fmt::format("<pre>{}</pre>",
                       escaped(source.substr(finding.span.begin, finding.span.end - finding.span.begin)));
  return out + "</li>\n";
}

std::string history(const AnalysisReport& report, const AnalyzedService& service,
                    const std::vector<Row>& rows, std::size_t& shown) {
  std::string out = fmt::format(
      "<section><h2>{}</h2>\n<p>{} ({}, deployed with {}): {} of {} judged, {} statements read.</p>\n",
      escaped(service.name.empty() ? service.folder : service.name), escaped(service.folder),
      escaped(service.layout), escaped(service.tool), service.analysis->judged.size(),
      counted(service.history->migrations.size(), "migration"), service.analysis->statements);
  std::size_t clean = 0, left = 0;
  // The newest first: they are the ones somebody can still change.
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (row->service != &service) continue;
    if (row->findings.empty()) {
      ++clean;
      continue;
    }
    if (shown >= kMostFindings) {
      ++left;
      continue;
    }
    const std::string_view word = kWorstWords[static_cast<std::size_t>(row->worst)];
    out +=
        fmt::format("<details><summary><code>{}</code> <span class=\"{}\">{}, {}</span></summary><ul>\n",
                    escaped_name(row->migration->name), word, word, counted(row->findings.size(), "finding"));
    for (const Finding* finding : row->findings) out += finding_item(report, *finding);
    out += "</ul></details>\n";
    shown += row->findings.size();
  }
  if (left > 0)
    out += fmt::format("<p>{} older with findings: <code>planner analyze --all</code> lists them.</p>\n",
                       counted(left, "migration"));
  return out + fmt::format("<p class=\"good\">Nothing was found in {}.</p></section>\n",
                           counted(clean, "migration"));
}

std::string tile(std::size_t number, std::string_view word, std::string_view css) {
  return fmt::format("<li><strong class=\"{}\">{}</strong>{}</li>", css, number, word);
}

}  // namespace

std::string analysis_as_html(const AnalysisReport& report) {
  const Counts all = counts_of(report);
  const std::vector<Row> rows = rows_of(report);
  std::string out = page_begin("Migrations as planner sees them", "Migrations as planner sees them");
  out += "<ul class=\"tiles\">" +
         tile(report.services.size(), report.services.size() == 1 ? "history" : "histories", "") +
         tile(all.judged, "migrations judged", "") +
         tile(all.errors, "errors", all.errors > 0 ? "error" : "good") +
         tile(all.warnings, "warnings", all.warnings > 0 ? "warning" : "good") +
         tile(all.infos, "remarks", "info") +
         tile(all.not_looked_at, "statements not looked at", all.not_looked_at > 0 ? "warning" : "good") +
         "</ul>\n";
  for (const AnalyzedService& service : report.services)
    if (!service.selection.empty()) out += fmt::format("<p>{}</p>\n", escaped(service.selection));
  out += over_time(rows) + locked_tables(rows, report.services.size() > 1) + by_rule(report);
  // What is wrong with a folder or a history belongs to no judged migration.
  std::string elsewhere;
  std::set<const Finding*> placed;
  for (const Row& row : rows) placed.insert(row.findings.begin(), row.findings.end());
  for (const Finding& finding : report.findings) {
    if (counts(finding) && !placed.contains(&finding)) elsewhere += finding_item(report, finding);
  }
  if (!elsewhere.empty())
    out += "<section><h2>About the folders and histories</h2>\n<ul>" + elsewhere + "</ul></section>\n";
  std::size_t shown = 0;
  for (const AnalyzedService& service : report.services) out += history(report, service, rows, shown);
  if (all.suppressed + all.in_baseline > 0)
    out += fmt::format("<p>Not counted: {} silenced by comments, {} in the baseline.</p>\n", all.suppressed,
                       all.in_baseline);
  return out + page_end(report.version);
}

}  // namespace planner::report
