#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "src/report/analysis.h"

namespace planner::report {
namespace {

using Json = nlohmann::ordered_json;

/// Raised when a field changes its meaning or goes; new fields may come at any time.
/// src/report/schemas/analyze.schema.json
constexpr int kFormatVersion = 1;

std::string_view locked_word(LockedKind kind) {
  switch (kind) {
    case LockedKind::Table:
      return "table";
    case LockedKind::Index:
      return "index";
    case LockedKind::Sequence:
      return "sequence";
    case LockedKind::View:
      return "view";
    case LockedKind::MaterializedView:
      return "materialized-view";
  }
  return "table";
}

Json place(const Position& position, std::uint32_t offset) {
  Json json;
  json["line"] = position.line;
  json["column"] = position.column;
  json["offset"] = offset;
  return json;
}

/// Field by field: nlohmann's braces copy every text three times, and there are thousands of findings.
Json finding_json(const Finding& finding) {
  Json json;
  json["rule"] = finding.rule;
  json["severity"] = severity_name(finding.severity);
  json["category"] = category_name(finding.category);
  json["service"] = finding.service;
  json["migration"] = finding.migration;
  json["path"] = finding.path;
  const bool has_place = finding.span.end > finding.span.begin;
  json["start"] = has_place ? place(finding.start, finding.span.begin) : Json(nullptr);
  json["end"] = has_place ? place(finding.end, finding.span.end) : Json(nullptr);
  json["object"] = finding.object;
  json["message"] = finding.message;
  json["help"] = finding.help;
  json["recipe"] = finding.recipe.empty() ? Json(nullptr) : Json(finding.recipe);
  json["notes"] = finding.notes;
  Json& locks = json["locks"] = Json::array();
  for (const RelationLock& lock : finding.locks) {
    Json& entry = locks.emplace_back();
    entry["relation"] = display(lock.relation);
    entry["kind"] = locked_word(lock.kind);
    entry["mode"] = lock_name(lock.mode);
  }
  json["suppressed"] = finding.suppressed_by.empty() ? Json(nullptr) : Json(finding.suppressed_by);
  json["baseline"] = finding.in_baseline;
  json["fingerprint"] = finding.fingerprint;
  return json;
}

/// Writes a document piece by piece: a report of ten thousand migrations as one tree would need twenty times
/// its text.
class Writer {
 public:
  explicit Writer(const std::function<void(std::string_view)>& sink) : sink_(sink) {}

  void open(char bracket) {
    text_ += bracket;
    ends_.push_back(bracket == '{' ? '}' : ']');
    first_ = true;
  }
  void close() {
    const char bracket = ends_.back();
    ends_.pop_back();
    if (!first_) new_line();
    text_ += bracket;
    first_ = false;
  }
  void name(const char* key) {
    next();
    text_ += dumped(key) + ": ";
  }
  void field(const char* key, const Json& value) {
    name(key);
    text_ += dumped(value);
  }
  /// An element of the open array, on a line of its own.
  void element(const Json& value) {
    next();
    text_ += dumped(value);
  }
  void element() { next(); }
  void finish() {
    text_ += '\n';
    sink_(text_);
    text_.clear();
  }

 private:
  /// Messages quote the user's SQL, which is checked to be UTF-8; should a piece of it be cut in the middle
  /// of a character, the report must not die of it.
  static std::string dumped(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  void new_line() { text_ += '\n' + std::string(2 * ends_.size(), ' '); }
  void next() {
    if (!first_) text_ += ',';
    first_ = false;
    new_line();
    constexpr std::size_t kPiece = std::size_t{64} * 1024;
    if (text_.size() < kPiece) return;
    sink_(text_);
    text_.clear();
  }

  const std::function<void(std::string_view)>& sink_;
  std::string text_;
  std::string ends_;
  bool first_ = true;
};

void write_service(Writer& out, const AnalyzedService& service) {
  out.element();
  out.open('{');
  out.field("name", service.name);
  out.field("folder", service.folder);
  out.field("layout", service.layout);
  out.field("tool", service.tool);
  out.field("selection", service.selection);
  out.field("migrations", service.history->migrations.size());
  out.name("judged");
  out.open('[');
  for (const JudgedMigration& judged : service.analysis->judged) {
    const Migration& migration = service.history->migrations[judged.index];
    out.element({{"name", migration.name},
                 {"path", migration.path},
                 {"statements", judged.statements},
                 {"not_looked_at", judged.not_looked_at},
                 {"findings", judged.found},
                 {"delivery", judged.deliveries}});
  }
  out.close();
  out.field("not_followed", service.analysis->gaps);
  out.close();
}

}  // namespace

std::string analysis_as_json(const AnalysisReport& report) {
  std::string text;
  write_analysis_json(report, [&](std::string_view piece) { text += piece; });
  return text;
}

void write_analysis_json(const AnalysisReport& report, const std::function<void(std::string_view)>& sink) {
  const Counts all = counts_of(report);
  Writer out(sink);
  out.open('{');
  out.field("format", "planner-analyze");
  out.field("version", kFormatVersion);
  out.field("planner", report.version);
  out.field("fail_on", severity_name(report.fail_on));
  out.field("failed", fails(report));
  out.field("summary", {{"errors", all.errors},
                        {"warnings", all.warnings},
                        {"infos", all.infos},
                        {"suppressed", all.suppressed},
                        {"in_baseline", all.in_baseline},
                        {"migrations", all.migrations},
                        {"judged", all.judged},
                        {"statements", all.statements},
                        {"not_looked_at", all.not_looked_at}});
  out.name("services");
  out.open('[');
  for (const AnalyzedService& service : report.services) write_service(out, service);
  out.close();
  out.name("findings");
  out.open('[');
  for (const Finding& finding : report.findings) out.element(finding_json(finding));
  out.close();
  out.close();
  out.finish();
}

}  // namespace planner::report
