#include "src/database/backfill_state.h"

#include <utility>

namespace planner {
namespace {

constexpr const char* kTables = R"sql(
CREATE SCHEMA IF NOT EXISTS planner;
CREATE TABLE IF NOT EXISTS planner.backfill (
  plan text NOT NULL,
  phase text NOT NULL,
  relation text NOT NULL,
  way text NOT NULL,
  filenode text NOT NULL,
  state text NOT NULL,
  reason text NOT NULL DEFAULT '',
  rows_total bigint NOT NULL DEFAULT 0,
  share double precision NOT NULL DEFAULT 0,
  rows_per_second double precision NOT NULL DEFAULT 0,
  seconds_left double precision NOT NULL DEFAULT -1,
  pause boolean NOT NULL DEFAULT false,
  target_ms integer NOT NULL DEFAULT 0,
  pause_ms integer NOT NULL DEFAULT 0,
  most_rows integer NOT NULL DEFAULT 0,
  pid integer NOT NULL DEFAULT 0,
  backend_start timestamptz,
  started_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (plan, phase)
);
CREATE TABLE IF NOT EXISTS planner.backfill_part (
  plan text NOT NULL,
  phase text NOT NULL,
  part integer NOT NULL,
  position text[] NOT NULL DEFAULT '{}',
  last text[] NOT NULL DEFAULT '{}',
  pass integer NOT NULL DEFAULT 0,
  rows_done bigint NOT NULL DEFAULT 0,
  done boolean NOT NULL DEFAULT false,
  PRIMARY KEY (plan, phase, part),
  FOREIGN KEY (plan, phase) REFERENCES planner.backfill ON DELETE CASCADE
);
)sql";

/// An array comes as one row per element, so that nobody has to read its text form.
std::vector<std::string> elements(Connection& session, const std::string& column, const std::string& plan,
                                  const std::string& phase, int part) {
  std::vector<std::string> values;
  const Result rows = session.exec_params(
      "SELECT e FROM planner.backfill_part, unnest(" + column +
          ") WITH ORDINALITY AS u(e, n) WHERE plan = $1 AND phase = $2 AND part = $3 ORDER BY n",
      {plan, phase, std::to_string(part)});
  for (const Row& row : rows.rows) values.push_back(row.at(0).value_or(""));
  return values;
}

BackfillControl control_of(const Result& rows, std::size_t first) {
  BackfillControl control;
  const Row& row = rows.rows.front();
  control.pause = row.at(first).value_or("f") == "t";
  control.target_ms = std::stoi(row.at(first + 1).value_or("0"));
  control.pause_ms = std::stoi(row.at(first + 2).value_or("0"));
  control.most_rows = std::stoi(row.at(first + 3).value_or("0"));
  return control;
}

}  // namespace

std::string text_array(const std::vector<std::string>& values) {
  std::string text = "{";
  for (const std::string& value : values) {
    if (text.size() > 1) text += ',';
    text += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + "}";
}

BackfillState::BackfillState(Connection& session, std::string plan, std::string phase)
    : session_(session), plan_(std::move(plan)), phase_(std::move(phase)) {}

bool BackfillState::prepare() {
  try {
    if (session_.exec("SELECT to_regclass('planner.backfill_part') IS NULL").truth()) session_.exec(kTables);
    return session_
        .exec(
            "SELECT has_table_privilege('planner.backfill', 'INSERT, UPDATE') AND "
            "has_table_privilege('planner.backfill_part', 'INSERT, UPDATE')")
        .truth();
  } catch (const DatabaseError& error) {
    if (error.is("42501")) return false;
    // Two runs may make them at the same moment.
    if (!error.is("42P06") && !error.is("42P07") && !error.is("23505")) throw;
    return prepare();
  }
}

std::optional<BackfillRecord> BackfillState::read() {
  if (session_.exec("SELECT to_regclass('planner.backfill_part') IS NULL").truth()) return std::nullopt;
  const Result rows = session_.exec_params(
      "SELECT relation, way, filenode, state, reason, rows_total, share, rows_per_second, seconds_left, "
      "pause, target_ms, pause_ms, most_rows FROM "
      "planner.backfill WHERE plan = $1 AND phase = $2",
      {plan_, phase_});
  if (rows.empty()) return std::nullopt;
  const Row& row = rows.rows.front();
  BackfillRecord record;
  record.plan = plan_;
  record.phase = phase_;
  record.relation = row.at(0).value_or("");
  record.way = row.at(1).value_or("");
  record.filenode = row.at(2).value_or("");
  record.state = row.at(3).value_or("");
  record.reason = row.at(4).value_or("");
  record.rows_total = std::stoll(row.at(5).value_or("0"));
  record.share = std::stod(row.at(6).value_or("0"));
  record.rows_per_second = std::stod(row.at(7).value_or("0"));
  record.seconds_left = std::stod(row.at(8).value_or("-1"));
  record.control = control_of(rows, 9);
  const Result parts = session_.exec_params(
      "SELECT part, pass, rows_done, done FROM planner.backfill_part WHERE plan = $1 AND phase = $2 ORDER BY "
      "part",
      {plan_, phase_});
  for (const Row& each : parts.rows) {
    BackfillPart part;
    part.part = std::stoi(each.at(0).value_or("0"));
    part.pass = std::stoi(each.at(1).value_or("0"));
    part.rows_done = std::stoll(each.at(2).value_or("0"));
    part.done = each.at(3).value_or("f") == "t";
    part.cursor = elements(session_, "position", plan_, phase_, part.part);
    part.last = elements(session_, "last", plan_, phase_, part.part);
    record.parts.push_back(std::move(part));
  }
  return record;
}

void BackfillState::begin(const BackfillRecord& record) {
  session_.exec("BEGIN");
  session_.exec_params(
      "INSERT INTO planner.backfill (plan, phase, relation, way, filenode, state, rows_total) VALUES ($1, "
      "$2, $3, $4, $5, 'running', $6) "
      "ON CONFLICT (plan, phase) DO UPDATE SET relation = $3, way = $4, filenode = $5, state = 'running', "
      "reason = '', rows_total = $6, share = 0, "
      "started_at = now(), updated_at = now()",
      {plan_, phase_, record.relation, record.way, record.filenode, std::to_string(record.rows_total)});
  session_.exec_params("DELETE FROM planner.backfill_part WHERE plan = $1 AND phase = $2", {plan_, phase_});
  for (const BackfillPart& part : record.parts) {
    session_.exec_params(
        "INSERT INTO planner.backfill_part (plan, phase, part, position, last) VALUES ($1, $2, $3, "
        "$4::text[], $5::text[])",
        {plan_, phase_, std::to_string(part.part), text_array(part.cursor), text_array(part.last)});
  }
  session_.exec("COMMIT");
}

void BackfillState::own() {
  session_.exec_params(
      "UPDATE planner.backfill SET state = 'running', pid = pg_backend_pid(), backend_start = (SELECT "
      "backend_start FROM pg_stat_activity WHERE pid = "
      "pg_backend_pid()) WHERE plan = $1 AND phase = $2",
      {plan_, phase_});
}

BackfillControl BackfillState::report(const std::string& state, const std::string& reason, double share,
                                      double rows_per_second, double seconds_left) {
  const Result rows = session_.exec_params(
      "UPDATE planner.backfill SET state = $3, reason = $4, share = $5, rows_per_second = $6, seconds_left = "
      "$7, updated_at = now() WHERE plan = $1 AND "
      "phase = $2 RETURNING pause, target_ms, pause_ms, most_rows",
      {plan_, phase_, state, reason, std::to_string(share), std::to_string(rows_per_second),
       std::to_string(seconds_left)});
  return rows.empty() ? BackfillControl{} : control_of(rows, 0);
}

bool BackfillState::set(std::optional<bool> pause, std::optional<int> target_ms, std::optional<int> pause_ms,
                        std::optional<int> most_rows) {
  const auto number = [](const std::optional<int>& value) -> Value {
    return value ? Value(std::to_string(*value)) : std::nullopt;
  };
  if (session_.exec("SELECT to_regclass('planner.backfill') IS NULL").truth()) return false;
  return session_
             .exec_params(
                 "UPDATE planner.backfill SET pause = coalesce($3::boolean, pause), target_ms = "
                 "coalesce($4::integer, target_ms), pause_ms = "
                 "coalesce($5::integer, pause_ms), most_rows = coalesce($6::integer, most_rows) WHERE plan = "
                 "$1 AND phase = $2",
                 {plan_, phase_, pause ? Value(*pause ? "true" : "false") : std::nullopt, number(target_ms),
                  number(pause_ms), number(most_rows)})
             .affected == 1;
}

}  // namespace planner
