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

/// Messages quote the user's SQL, which is checked to be UTF-8; should a piece of it be cut in the middle of
/// a character, the report must not die of it.
std::string dumped(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// Text without a character that JSON writes otherwise stands as it is; nlohmann knows what to do with
/// others.
void append_string(std::string& out, std::string_view text) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  const std::size_t begin = out.size();
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && plain(text[end])) ++end;
    out.append(text.substr(at, end - at));
    if (end == text.size()) break;
    if (text[end] == '"' || text[end] == '\\') {
      out += '\\';
      out += text[end];
    } else if (text[end] == '\n') {
      out += "\\n";
    } else {
      out.resize(begin);
      out += dumped(text);
      return;
    }
    at = end + 1;
  }
  out += '"';
}

/// A flat object, put together field by field: as trees, thousands of findings would cost more than finding
/// them.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  void text(std::string_view key, std::string_view value) {
    name(key);
    append_string(out_, value);
  }
  void text_or_null(std::string_view key, std::string_view value) {
    name(key);
    if (value.empty()) {
      out_ += "null";
    } else {
      append_string(out_, value);
    }
  }
  void number(std::string_view key, std::size_t value) {
    name(key);
    out_ += std::to_string(value);
  }
  void boolean(std::string_view key, bool value) {
    name(key);
    out_ += value ? "true" : "false";
  }
  void texts(std::string_view key, const std::vector<std::string>& values) {
    list(key, values, [](std::string& out, const std::string& value) { append_string(out, value); });
  }
  template <typename Items, typename Append>
  void list(std::string_view key, const Items& items, const Append& append) {
    name(key);
    out_ += '[';
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_ += ',';
      first = false;
      append(out_, item);
    }
    out_ += ']';
  }
  void place(std::string_view key, bool known, const Position& position, std::uint32_t offset) {
    name(key);
    if (!known) {
      out_ += "null";
      return;
    }
    Object json(out_);
    json.number("line", position.line);
    json.number("column", position.column);
    json.number("offset", offset);
    json.close();
  }
  void close() { out_ += '}'; }

 private:
  void name(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }

  std::string& out_;
  bool first_ = true;
};

void append_finding(std::string& out, const Finding& finding) {
  Object json(out);
  json.text("rule", finding.rule);
  json.text("severity", severity_name(finding.severity));
  json.text("category", category_name(finding.category));
  json.text("service", finding.service);
  json.text("migration", finding.migration);
  json.text("path", finding.path);
  const bool has_place = finding.span.end > finding.span.begin;
  json.place("start", has_place, finding.start, finding.span.begin);
  json.place("end", has_place, finding.end, finding.span.end);
  json.text("object", finding.object);
  json.text("message", finding.message);
  json.text("help", finding.help);
  json.text_or_null("recipe", finding.recipe);
  json.texts("notes", finding.notes);
  json.list("locks", finding.locks, [](std::string& place, const RelationLock& lock) {
    Object entry(place);
    entry.text("relation", display(lock.relation));
    entry.text("kind", locked_word(lock.kind));
    entry.text("mode", lock_name(lock.mode));
    entry.close();
  });
  json.text_or_null("suppressed", finding.suppressed_by);
  json.boolean("baseline", finding.in_baseline);
  json.text("fingerprint", finding.fingerprint);
  json.close();
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
  /// An element of the open array, on a line of its own: its text is to be appended.
  std::string& element() {
    next();
    return text_;
  }
  void finish() {
    text_ += '\n';
    sink_(text_);
    text_.clear();
  }

 private:
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
    Object json(out.element());
    json.text("name", migration.name);
    json.text("path", migration.path);
    json.number("statements", judged.statements);
    json.number("not_looked_at", judged.not_looked_at);
    json.number("findings", judged.found);
    json.texts("delivery", judged.deliveries);
    json.close();
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
  for (const Finding& finding : report.findings) append_finding(out.element(), finding);
  out.close();
  out.close();
  out.finish();
}

}  // namespace planner::report
