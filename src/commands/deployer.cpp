#include "src/commands/deployer.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "planner/effects/effects.h"
#include "planner/error.h"
#include "planner/shell_word.h"
#include "src/commands/backfill_runner.h"
#include "src/commands/interrupt.h"
#include "src/commands/look.h"
#include "src/database/leftovers.h"
#include "src/database/limits.h"
#include "src/database/pooler.h"
#include "src/database/url.h"
#include "src/project/files.h"
#include "src/project/release.h"
#include "src/project/sha256.h"

namespace planner::commands {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto kPoll = milliseconds(200);
constexpr auto kSayFirst = std::chrono::seconds(3), kSayEvery = std::chrono::seconds(10);
constexpr auto kServerPatience = std::chrono::seconds(60);
constexpr int kIndexTries = 5;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool is_lost(const DatabaseError& error) {
  return error.sqlstate().starts_with("08") || error.is("57P01") || error.is("57P02") || error.is("57P03");
}

/// As Prisma writes it into `logs`, so that either tool's `status` reads the same.
std::string failure_log(const std::string& migration, const DatabaseError& error) {
  std::string text = fmt::format(
      "A migration failed to apply. New migrations cannot be applied before the error is recovered from. "
      "Read more about how to resolve migration "
      "issues in a production database: https://pris.ly/d/migrate-resolve\n\nMigration name: {}\n\nDatabase "
      "error code: {}\n\nDatabase error:\nERROR: {}",
      migration, error.sqlstate(), error.fields.message);
  if (!error.fields.detail.empty()) text += "\n\nDETAIL: " + error.fields.detail;
  if (!error.fields.hint.empty()) text += "\n\nHINT: " + error.fields.hint;
  if (!error.fields.context.empty()) text += "\n\nCONTEXT: " + error.fields.context;
  return redact(text);
}

/// What a statement needs of the schema does not decide this.
bool runs_outside_transactions(const ParsedFile& file) {
  return std::any_of(file.statements.begin(), file.statements.end(), [](const Statement& statement) {
    return effects_of_statement(statement.operations, Schema(), {}).outside_transaction;
  });
}

/// However its tool sends it.
bool is_one_transaction(const std::string& text) { return parse_file(text).statements.size() == 1; }

/// What holds behind it may have held before only when there was nothing to change.
bool changes_one_thing(const std::string& text) {
  const ParsedFile file = parse_file(text);
  if (file.statements.size() != 1 || file.statements.front().operations.size() != 1) return false;
  const Operation& operation = file.statements.front().operations.front();
  return std::holds_alternative<Update>(operation) || std::holds_alternative<Delete>(operation);
}

const CreateIndex* index_built(const ParsedFile& file) {
  if (file.statements.size() != 1 || file.statements.front().operations.size() != 1) return nullptr;
  const auto* index = std::get_if<CreateIndex>(&file.statements.front().operations.front());
  return index != nullptr && index->concurrently ? index : nullptr;
}

}  // namespace

void refuse_pooler(Connection& one, Connection& other) {
  if (!share_a_session(one, other)) return;
  throw Error(
      "the database URL leads through a pooler that gives each transaction another session (PgBouncer): the "
      "deploy lock and CREATE INDEX CONCURRENTLY need a session of their own",
      "give the direct URL (in schema.prisma: directUrl)");
}

Deployer::Deployer(std::string url, const project::Service& service,
                   const std::vector<project::StoredPlan>& plans, Context& context)
    : url_(std::move(url)),
      described_(parse_database_url(url_).described()),
      service_(service),
      plans_(plans),
      context_(context),
      texts_(texts_on_disk(service)) {
  for (const project::MigrationFile& file : service.folder.files)
    forward_.push_back(project::is_file(file.file) ? project::read_migration(file, service.folder.layout)
                                                   : project::MigrationText{});
  unfinished_ids_.resize(service.folder.files.size());
  find_phases();
  control_ = std::make_unique<Connection>(url_);
  lift_timeouts(*control_);
  refuse_pooler(*control_, worker());
  require_primary(*control_, url_, "migrations be applied");
}

void Deployer::find_phases() {
  phases_.resize(service_.folder.files.size());
  edited_.resize(service_.folder.files.size());
  const auto take = [&](std::size_t file, const ReleasedPhaseOf& found, bool unchanged) {
    if (unchanged && found.stored->edited.empty()) {
      phases_[file] = found;
      return;
    }
    edited_[file] = fmt::format(
        "{} is {} {} of plan {}, edited since planner wrote it: it is applied like any other migration",
        service_.folder.files[file].name, found.way_back ? "the way back of" : "phase", found.phase->folder,
        found.stored->plan.name);
  };
  for (const project::StoredPlan& stored : plans_) {
    for (std::size_t i = 0; i < service_.folder.files.size(); ++i) {
      // Also a phase that was taken back: where it is pending still, it goes before its way back.
      const std::string& name = service_.folder.files[i].name;
      if (const Phase* phase = project::phase_released_as(stored.plan, name))
        take(i, {&stored, phase, false, phase->commits},
             project::is_released_text(service_, stored, *phase, i));
      if (const Phase* phase = project::taken_back_by(stored.plan, name))
        take(i, {&stored, phase, true, runs_outside_transactions(parse_file(forward_[i].text))},
             project::is_way_back_text(service_, stored, *phase, i));
    }
  }
}

const ReleasedPhaseOf* Deployer::phase_of(std::size_t migration) const {
  return phases_[migration].phase != nullptr ? &phases_[migration] : nullptr;
}

void Deployer::reconnect(std::unique_ptr<Connection>& session, const char* what) {
  const auto until = Clock::now() + kServerPatience;
  bool said = false;
  while (true) {
    try {
      session = std::make_unique<Connection>(url_);
      lift_timeouts(*session);
      if (is_prisma()) use_prisma_schema(*session, url_, false);
      if (said) context_.say(fmt::format("the server answers again; {}", what));
      return;
    } catch (const DatabaseError& error) {
      if (Clock::now() > until || Interruptible::requested()) throw;
      if (!said)
        context_.say(fmt::format("the connection was lost; waiting for the server: {}", error.what()));
      said = true;
      std::this_thread::sleep_for(milliseconds(500));
    }
  }
}

Connection& Deployer::control() {
  if (!control_ || !control_->is_open()) {
    table_.reset();
    reconnect(control_, "looking at what was recorded");
    table_ = open_table();
  }
  return *control_;
}

Connection& Deployer::worker() {
  if (!worker_ || !worker_->is_open()) {
    reconnect(worker_, "going on");
    worker_is_free_ = true;
  }
  return *worker_;
}

bool Deployer::take_lock(std::optional<int> seconds) {
  if (is_prisma()) use_prisma_schema(*control_, url_, true);
  lock_ = deploy_lock_of(service_.tool, *control_);
  const auto start = Clock::now();
  auto say_at = start;
  while (!try_deploy_lock(worker(), lock_)) {
    if (Interruptible::requested()) return false;
    if (seconds && seconds_since(start) >= *seconds) return false;
    if (Clock::now() >= say_at) {
      const std::optional<SessionSeen> holder = deploy_lock_holder(control(), lock_);
      context_.say(holder ? fmt::format("waiting: another deploy is running: {}", holder->described())
                          : "waiting for the deploy lock");
      say_at = Clock::now() + kSayEvery;
    }
    std::this_thread::sleep_for(kPoll);
  }
  // Whoever was first may have made the table meanwhile.
  table_ = open_table();
  return true;
}

void Deployer::keep_lock() {
  // A migration may have said pg_advisory_unlock_all() or DISCARD ALL, or the session is a new one.
  if (holds_deploy_lock(worker(), lock_)) return;
  if (!take_lock(std::nullopt))
    throw Error("stopped while waiting for the deploy lock", "run the same command again");
}

/// A phase that was begun and not recorded as done is looked for in the catalogue and in the rows.
/// `left_nothing`: its transaction took whatever it did with it.
Deployer::Settled Deployer::settle_phase(std::size_t migration, const ReleasedPhaseOf& released,
                                         bool left_nothing) {
  const std::string& name = service_.folder.files[migration].name;
  const bool backfill = !released.way_back && released.phase->backfill.has_value();
  if (left_nothing) {
    context_.say(fmt::format("{} was stopped, and nothing of it is there: it is applied again", name));
    return Settled::Again;
  }
  if (backfill || parse_file(forward_[migration].text).statements.empty()) {
    context_.say(fmt::format("{} was stopped: it is applied again, what is done is skipped", name));
    return Settled::Again;
  }
  Environment environment;
  environment.url = url_;
  environment.session = std::make_unique<Connection>(url_);
  lift_timeouts(*environment.session);
  if (is_prisma()) use_prisma_schema(*environment.session, url_, false);
  refresh(environment, service_, {});
  Looked looked = look_for(environment, service_, migration);
  if (looked.effect == Effect::Unseen && !released.way_back && is_one_transaction(forward_[migration].text)) {
    // All of its rows or none of them: what it promises to leave behind tells which.
    const std::optional<bool> kept = keeps_its_promise(environment, *released.phase);
    if (kept == false || (kept == true && changes_one_thing(forward_[migration].text))) {
      context_.say(fmt::format("{} was stopped: its rows are {}", name,
                               *kept ? "as it leaves them; it is recorded as applied"
                                     : "not as it leaves them; it is applied again"));
      return *kept ? Settled::Done : Settled::Again;
    }
  }
  if (looked.effect == Effect::Applied) {
    context_.say(
        fmt::format("{} was stopped after its work: {}; it is recorded as applied", name, described(looked)));
    return Settled::Done;
  }
  if (looked.effect != Effect::NotApplied && !released.commits)
    throw Error(fmt::format("{} was stopped, and {}", name, described(looked)),
                "look with: planner resolve " + name);
  context_.say(fmt::format("{} was stopped: {}; it is applied again", name, described(looked)));
  return Settled::Again;
}

/// What an earlier run left behind. Phases are settled; anything else is for a person to decide, as with
/// Prisma.
void Deployer::settle_unfinished(std::vector<PrismaRow>& rows) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < service_.folder.files.size(); ++i)
    places.emplace(service_.folder.files[i].name, i);
  std::string refused;
  for (PrismaRow& row : rows) {
    if (!row.unfinished()) continue;
    const auto place = places.find(row.name);
    const ReleasedPhaseOf* released = place == places.end() ? nullptr : phase_of(place->second);
    if (released == nullptr || !same_content(texts_[place->second], row.checksum)) {
      refused += fmt::format("{}The `{}` migration started at {} UTC failed", refused.empty() ? "" : "\n",
                             row.name, row.started_at);
      continue;
    }
    unfinished_ids_[place->second] = row.id;
    // An error's text is the server's own word that the transaction was rolled back.
    const bool left_nothing = !released->commits && (row.all_or_nothing || (row.logs && !row.logs->empty()));
    if (settle_phase(place->second, *released, left_nothing) == Settled::Again) continue;
    control().exec(table_->finishing({identity_of(place->second), row.id}));
    row.finished_at = row.started_at;
  }
  if (!refused.empty()) {
    throw Error(
        "failed migrations are recorded in the database; new migrations are not applied (P3009)\n" + refused,
        "planner resolve NAME says what it left; then: planner resolve NAME --rolled-back (or --applied)");
  }
}

std::vector<std::size_t> Deployer::prepare() {
  auto* prisma = dynamic_cast<PrismaTable*>(table_.get());
  return prisma != nullptr ? prepare_prisma(*prisma) : prepare_other();
}

std::vector<std::size_t> Deployer::prepare_prisma(PrismaTable& table) {
  for (const Finding& finding : service_.folder.findings) {
    if (finding.rule == "folder-without-migration" || finding.rule == "migration-lock") {
      throw Error(fmt::format("{}: {}", finding.path, finding.message), finding.help);
    }
  }
  std::vector<PrismaRow> rows = table.rows();
  if (!table.exists() && !service_.folder.files.empty()) {
    if (schema_has_tables(control())) {
      throw Error(
          fmt::format("{} holds tables already, and no history of migrations (P3005)", described_),
          "baseline it: planner resolve NAME --applied for every migration whose effect is there already");
    }
    table.create();
  }
  settle_unfinished(rows);
  std::map<std::string, const PrismaRow*> applied;
  for (const PrismaRow& row : rows) {
    if (row.applied()) applied[row.name] = &row;
  }
  std::vector<std::size_t> pending;
  for (std::size_t i = 0; i < service_.folder.files.size(); ++i) {
    const auto found = applied.find(service_.folder.files[i].name);
    if (found == applied.end()) {
      pending.push_back(i);
      if (!edited_[i].empty()) warnings_.push_back(edited_[i]);
    } else {
      if (!same_content(texts_[i], found->second->checksum))
        warnings_.push_back(
            fmt::format("{} was edited after it was applied: the database ran another text", found->first));
      applied.erase(found);
    }
  }
  std::erase_if(applied, [&](const auto& row) { return of_others.count(row.first) > 0; });
  if (!applied.empty()) {
    warnings_.push_back(fmt::format(
        "{} in the database {} missing here: {}{}",
        applied.size() == 1 ? "one migration" : fmt::format("{} migrations", applied.size()),
        applied.size() == 1 ? "is" : "are", applied.begin()->first, applied.size() > 1 ? ", ..." : ""));
  }
  return pending;
}

void Deployer::run_message(const std::string& text, const Phase* waits_for) {
  Connection& session = worker();
  const Canceller canceller = session.canceller();
  session.send(text);
  bool cancelled = false;
  auto say_at = Clock::now() + kSayFirst;
  while (!session.finished(kPoll)) {
    if (waits_for != nullptr && Clock::now() >= say_at) {
      say_blockers(*waits_for);
      say_at = Clock::now() + kSayEvery;
    }
    if (!Interruptible::requested() || cancelled) continue;
    context_.say("stopping the statement that runs");
    canceller.cancel();
    cancelled = true;
  }
  session.finish();
}

bool Deployer::is_finished(const BegunMigration& begun) {
  control();
  return table_->is_finished(begun);
}

void Deployer::say_blockers(const Phase& phase) {
  for (const StepLock& lock : phase.locks) {
    const Result rows = control().exec_params(
        "SELECT DISTINCT a.pid, coalesce(a.application_name, ''), coalesce(a.state, ''), "
        "coalesce(extract(epoch FROM clock_timestamp() - a.xact_start)::bigint, 0), "
        "coalesce(left(regexp_replace(a.query, '\\s+', ' ', 'g'), 100), '') "
        "FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.granted AND l.relation = "
        "to_regclass($1) AND a.pid NOT IN (pg_backend_pid(), $2) AND NOT EXISTS (SELECT FROM pg_locks own "
        "WHERE own.pid = $2 AND own.granted AND own.relation = l.relation AND own.mode <> 'AccessShareLock') "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 4 DESC "
        "LIMIT 5",
        {quoted(lock.relation), std::to_string(worker_ && worker_->is_open() ? worker_->backend_pid() : 0)});
    for (const Row& row : rows.rows) {
      context_.say(fmt::format("in use by pid {} (\"{}\", {}, its transaction is {} s old): {}", *row.at(0),
                               *row.at(1), *row.at(2), *row.at(3), redact(*row.at(4))));
    }
  }
}

bool Deployer::failed(std::size_t migration, const BegunMigration& begun, const DatabaseError& error,
                      const Phase* phase) {
  const std::string& name = service_.folder.files[migration].name;
  if (worker_ && worker_->is_open() && worker_->in_transaction()) worker_->exec("ROLLBACK");
  if (is_lost(error)) {
    // The outcome is not known: the row stays unfinished and without a text, as when a deployer was killed.
    throw Error(fmt::format("{}: the connection was lost while it ran: {}", name, error.what()),
                "run the same command again: it looks at what was done first");
  }
  control();
  table_->fail(begun, failure_log(name, error));
  if (error.is("55P03") && phase != nullptr) say_blockers(*phase);
  context_.print(
      fmt::format("failed   {}: {} (SQLSTATE {})\n", name, redact(error.what()), error.sqlstate()));
  if (!error.hint.empty()) context_.print(fmt::format("         {}\n", redact(error.hint)));
  return false;
}

/// A role's timeouts are meant for requests; a phase has its own.
void Deployer::free_session() {
  Connection& session = worker();
  if (!std::exchange(worker_is_free_, true)) lift_timeouts(session);
}

/// What one migration sets for the session holds for the next one, as where its tool sends both.
void Deployer::restore_session() {
  Connection& session = worker();
  if (std::exchange(worker_is_free_, false)) restore_timeouts(session);
}

bool Deployer::apply_atomic(std::size_t migration, const BegunMigration& begun, const Phase& phase) {
  // One message: nobody waits for a network round trip while the lock is held, and the record is true
  // whenever we are killed.
  const std::string text =
      fmt::format("BEGIN;\n{}\n;\nSELECT set_config('lock_timeout', '0', true);\n{};\nCOMMIT",
                  forward_[migration].text, table_->finishing(begun));
  try {
    free_session();
    run_message(text, &phase);
  } catch (const DatabaseError& error) {
    if (!is_lost(error)) return failed(migration, begun, error, &phase);
    context_.say(
        "the connection was lost; the row in the history table says whether the transaction was committed");
    if (!is_finished(begun)) return failed(migration, begun, error, &phase);
  }
  return true;
}

bool Deployer::apply_committing(std::size_t migration, const BegunMigration& begun,
                                const ReleasedPhaseOf& released) {
  const ParsedFile file = parse_file(forward_[migration].text);
  const CreateIndex* index = index_built(file);
  for (int attempt = 1;; ++attempt) {
    try {
      free_session();
      if (index != nullptr) {
        for (const LeftObject& object : unfinished_objects(control())) {
          if (object.kind != LeftObject::Kind::InvalidIndex || object.name != index->name ||
              object.table.name != index->table.name)
            continue;
          context_.say(
              fmt::format("index {} was left INVALID by an interrupted build: it is removed and built again",
                          object.name.str()));
          run_message(object.remove);
        }
      }
      if (released.phase->backfill && !released.way_back) {
        // Faster and with a cursor; the file itself then finds nothing left to do, and says so by running
        // through.
        const BackfillReport report =
            run_backfill(url_, released.stored->plan, *released.phase, {}, context_);
        if (report.end == BackfillReport::End::Stopped)
          throw Error(fmt::format("stopped at {:.0f} %; everything done is committed", report.share * 100),
                      "run the same command again to go on");
        if (report.end == BackfillReport::End::Failed)
          context_.warn(fmt::format("{}; the file's own statement goes on", report.error));
      }
      run_message(forward_[migration].text);
      break;
    } catch (const DatabaseError& error) {
      const bool again = index != nullptr && attempt < kIndexTries && !Interruptible::requested() &&
                         (error.is("40P01") || error.is("55P03"));
      if (!again) return failed(migration, begun, error, released.phase);
      context_.say(fmt::format("{}: {}; trying again ({} of {})", service_.folder.files[migration].name,
                               error.what(), attempt + 1, kIndexTries));
    }
  }
  control().exec(table_->finishing(begun));
  return true;
}

/// A plan names its tables with their schema. Where it was made for public and the URL's `?schema=` says
/// another one, the phase would fail, or change a table of the same name that is somebody else's.
void Deployer::require_its_schema(const ReleasedPhaseOf& released) {
  const std::optional<std::string> schema = parse_database_url(url_).schema;
  if (!schema || *schema == "public") return;
  for (const StepLock& lock : released.phase->locks) {
    if (lock.relation.schema.str() != "public") continue;
    const Result found = control().exec_params(
        "SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NULL",
        {quoted(lock.relation), quoted(ObjectName(Identifier(*schema), lock.relation.name))});
    if (found.truth()) continue;
    throw Error(
        fmt::format("plan {} was made for {}, and this database's URL says schema={}",
                    released.stored->plan.name, quoted(lock.relation), *schema),
        fmt::format("nothing was changed. planner abandon {} --restore brings the migration back as it was; "
                    "split it again where such a URL is in ${}",
                    shell_word(released.stored->plan.name), service_.database_env));
  }
}

bool Deployer::apply(std::size_t migration) {
  const std::string& name = service_.folder.files[migration].name;
  const auto start = Clock::now();
  keep_lock();
  control();
  const ReleasedPhaseOf* released = phase_of(migration);
  if (released != nullptr && !released->way_back && before_phase)
    before_phase(released->stored->plan, *released->phase);
  if (released != nullptr) require_its_schema(*released);
  project::require_plain_text(texts_[migration], service_.folder.files[migration].file);
  if (released != nullptr && released->commits && is_there_already(migration)) return true;
  const bool with_the_record = released != nullptr && !released->commits;
  const BegunMigration begun =
      table_->begin(identity_of(migration), unfinished_ids_[migration], with_the_record);
  unfinished_ids_[migration].clear();
  bool done = false;
  if (released == nullptr) {
    restore_session();
    done = apply_plain(migration, begun);
  } else if (released->commits) {
    done = apply_committing(migration, begun, *released);
  } else {
    done = apply_atomic(migration, begun, *released->phase);
  }
  if (!done) return false;
  if (const std::string note = table_->noting(begun, seconds_since(start)); !note.empty())
    control().exec(note);
  context_.print(fmt::format("applied  {} ({:.2f} s)\n", name, seconds_since(start)));
  return true;
}

}  // namespace planner::commands
