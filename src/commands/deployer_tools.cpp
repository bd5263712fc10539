// What `planner deploy` sends and records in the place of each tool, and what makes that tool refuse.
#include <fmt/core.h>

#include <algorithm>

#include "planner/error.h"
#include "planner/shell_word.h"
#include "src/commands/deploy_command.h"
#include "src/commands/deployer.h"
#include "src/commands/interrupt.h"
#include "src/commands/look.h"
#include "src/project/files.h"
#include "src/project/markers.h"
#include "src/project/sha256.h"

namespace planner::commands {
namespace {

/// A statement that no transaction block takes.
bool builds_alone(const ParsedFile& file) {
  return std::any_of(file.statements.begin(), file.statements.end(), [](const Statement& statement) {
    return std::any_of(statement.operations.begin(), statement.operations.end(),
                       [](const Operation& operation) {
                         if (const auto* op = std::get_if<CreateIndex>(&operation)) return op->concurrently;
                         if (const auto* op = std::get_if<DropIndex>(&operation)) return op->concurrently;
                         return false;
                       });
  });
}

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\r\n\f\v") == std::string::npos; }

/// Prisma's, and golang-migrate's, which sends every file as one query: whether it is one transaction is the
/// server's affair.
std::vector<std::string> prisma_messages(Tool tool, const std::string& text, std::string* explanation) {
  const ParsedFile file = parse_file(text);
  const bool readable =
      std::all_of(file.statements.begin(), file.statements.end(),
                  [](const Statement& statement) { return statement.problem == ParseProblem::None; });
  // Where the version is not known the whole file is the safer way: it leaves nothing behind when it fails.
  // Except where only the other one can work.
  const bool may_split = tool == Tool::PrismaSplit || (tool == Tool::PrismaUnknown && builds_alone(file));
  const bool split = readable && file.statements.size() > 1 && may_split && prisma_splits(file, text).splits;
  if (explanation != nullptr) {
    *explanation = file.statements.size() < 2
                       ? "one statement"
                       : fmt::format("{} statements, {}", file.statements.size(),
                                     split ? "each a transaction of its own" : "one transaction");
  }
  if (!split) return {text};
  std::vector<std::string> messages;
  for (const Statement& statement : file.statements)
    messages.push_back(text.substr(statement.span.begin, statement.span.end - statement.span.begin));
  return messages;
}

bool same_number(const std::string& a, const std::string& b) {
  const auto digits = [](const std::string& text) {
    return text.substr(std::min(text.find_first_not_of('0'), text.size()));
  };
  return digits(a) == digits(b);
}

/// sqlx: the file's name behind the number, with spaces for underscores.
std::string sqlx_description(const std::string& name) {
  std::string description = name.substr(std::min(name.size(), name.find('_') + 1));
  std::replace(description.begin(), description.end(), '_', ' ');
  return description;
}

}  // namespace

bool Deployer::is_prisma() const { return service_.folder.layout == project::Layout::Prisma; }

std::unique_ptr<DeployTable> Deployer::open_table() {
  return open_deploy_table(is_prisma() ? Tool::PrismaUnknown : service_.tool, *control_);
}

MigrationIdentity Deployer::identity_of(std::size_t migration) const {
  return identity_of_migration(service_, migration, texts_[migration]);
}

MigrationIdentity identity_of_migration(const project::Service& service, std::size_t migration,
                                        const std::string& text) {
  const project::MigrationFile& file = service.folder.files[migration];
  MigrationIdentity identity{file.name, file.version, "", ""};
  if (service.folder.layout == project::Layout::Prisma) identity.checksum = project::sha256(text);
  if (service.tool != Tool::Sqlx) return identity;
  identity.description = sqlx_description(file.name);
  identity.checksum = project::sha384(text);
  return identity;
}

std::vector<std::string> Deployer::messages(std::size_t migration, std::string* explanation) const {
  const project::MigrationText& forward = forward_[migration];
  if (is_prisma() || service_.tool == Tool::GolangMigrate)
    return prisma_messages(service_.tool, forward.text, explanation);
  std::vector<std::string> pieces =
      service_.tool == Tool::Goose ? project::goose_pieces(forward.text) : std::vector{forward.text};
  if (explanation != nullptr) {
    *explanation = forward.no_transaction ? "outside of a transaction, as the file asks for"
                                          : "one transaction, in which it is recorded too";
  }
  return pieces;
}

bool Deployer::apply_plain(std::size_t migration, const BegunMigration& begun) {
  // Prisma and golang-migrate record behind the work, the others within its transaction where it has one.
  const bool records_behind = table_->marks_begun();
  const bool block = !records_behind && !forward_[migration].no_transaction;
  const std::string& name = service_.folder.files[migration].name;
  try {
    if (block) run_message("BEGIN");
    for (const std::string& message : messages(migration, nullptr)) {
      if (!is_blank(message)) run_message(message);
      if (!Interruptible::requested()) continue;
      if (block && worker().in_transaction()) {
        worker().exec("ROLLBACK");
        throw Error(name + " was stopped; nothing of it is there", "run the same command again");
      }
      throw Error("stopped between two statements of " + name, "planner resolve " + shell_word(name));
    }
    if (!block && worker().in_transaction()) {
      worker().exec("ROLLBACK");
      DatabaseError::Fields fields;
      fields.sqlstate = "25P02";
      fields.message =
          "the file begins a transaction and does not commit it: nothing of it would have lasted";
      fields.hint = "end the file with COMMIT, or take BEGIN out of it";
      throw DatabaseError(std::move(fields));
    }
    if (!records_behind) run_message(table_->finishing(begun));
    if (block) run_message("COMMIT");
  } catch (const DatabaseError& error) {
    return failed(migration, begun, error, nullptr);
  }
  if (records_behind) control().exec(table_->finishing(begun));
  return true;
}

/// Tools that note nothing before their work do not say that they were stopped between a statement that
/// commits by itself and its record: the catalogue does.
bool Deployer::is_there_already(std::size_t migration) {
  if (table_->marks_begun() || phase_of(migration)->phase->backfill) return false;
  Environment environment;
  environment.url = url_;
  environment.session = std::make_unique<Connection>(url_);
  refresh(environment, service_, {});
  const Looked looked = look_for(environment, service_, migration);
  if (looked.effect != Effect::Applied) return false;
  const std::string& name = service_.folder.files[migration].name;
  table_->mark_applied(identity_of(migration));
  context_.print(fmt::format("applied  {}: {}; it is recorded as applied\n", name, described(looked)));
  return true;
}

/// Where the tool would stop before it changed anything, so does this.
void Deployer::require_what_the_tool_requires(const JudgedHistory& judged) {
  const auto& files = service_.folder.files;
  const std::string tool = std::string(project::facts_of(service_.folder.layout).name);
  if (service_.tool == Tool::Sqlx) {
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (judged.files[i].edited)
        throw Error(fmt::format("{} was edited after it was applied: sqlx would refuse (VersionMismatch)",
                                files[i].name),
                    "restore its file from version control, line endings too");
    }
    if (!judged.missing.empty())
      throw Error(fmt::format("version {} is applied and its file is missing here: sqlx would refuse "
                              "(VersionMissing)",
                              judged.missing.front()->version),
                  "restore the file from version control");
  }
  std::size_t newest = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (judged.files[i].state == MigrationState::Applied) newest = i;
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (judged.files[i].state == MigrationState::Applied) continue;
    if (service_.tool == Tool::Goose && i < newest)
      throw Error(fmt::format("{} is older than {}, which is applied: goose would refuse (found missing "
                              "migrations)",
                              files[i].name, files[newest].name),
                  "give it a newer number, or apply it with: goose up -allow-missing");
    const std::string& text = texts_[i];
    if (service_.tool == Tool::Goose && project::goose_substitutes(text))
      throw Error(
          fmt::format("{} lets goose put variables of its environment into the SQL (ENVSUB)", files[i].name),
          fmt::format("deploy it with its own tool: {}", deploy_command(service_)));
    if (service_.tool == Tool::Dbmate && project::dbmate_sections(text) > 1)
      throw Error(
          fmt::format("{} has more than one `-- migrate:up`", files[i].name),
          fmt::format("make them files of their own, or deploy it with: {}", deploy_command(service_)));
  }
}

std::vector<std::size_t> Deployer::prepare_other() {
  const auto& files = service_.folder.files;
  if (!table_->exists() && !files.empty()) table_->create();
  const RecordedHistory recorded = read_recorded_history(control(), service_.tool);
  const JudgedHistory judged = judge_history(recorded, service_, texts_);
  const std::string tool = std::string(project::facts_of(service_.folder.layout).name);
  if (recorded.up_to && !recorded.migrations.empty()) {
    const RecordedMigration& current = recorded.migrations.front();
    const bool here = std::any_of(files.begin(), files.end(), [&](const project::MigrationFile& file) {
      return same_number(file.version, current.version);
    });
    if (!here)
      throw Error(fmt::format("the database is at version {}, which no file here has: {} would stop",
                              current.version, tool),
                  "restore its file from version control");
  }
  require_what_the_tool_requires(judged);
  std::vector<std::size_t> pending;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (judged.files[i].state == MigrationState::Applied) continue;
    if (judged.files[i].state == MigrationState::Failed) {
      const ReleasedPhaseOf* released = phase_of(i);
      if (released == nullptr)
        throw Error(fmt::format("{} was begun and did not end: {} would refuse until that is put right",
                                files[i].name, tool),
                    fmt::format("planner resolve {} says what it left", shell_word(files[i].name)));
      if (settle_phase(i, *released, false) == Settled::Done) {
        table_->mark_applied(identity_of(i));
        continue;
      }
    }
    pending.push_back(i);
  }
  if (service_.tool != Tool::Sqlx && !judged.missing.empty()) {
    warnings_.push_back(fmt::format("{} in the database {} missing here: {}{}",
                                    judged.missing.size() == 1 ? "one migration" : "migrations",
                                    judged.missing.size() == 1 ? "is" : "are",
                                    judged.missing.front()->version,
                                    judged.missing.size() > 1 ? ", ..." : ""));
  }
  for (const std::size_t i : pending) {
    if (!edited_[i].empty()) warnings_.push_back(edited_[i]);
  }
  return pending;
}

}  // namespace planner::commands
