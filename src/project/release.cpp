#include "src/project/release.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "planner/error.h"
#include "src/project/collation.h"
#include "src/project/files.h"

namespace planner::project {
namespace {

constexpr std::size_t kTimestampDigits = 14;
constexpr const char* kTimestamp = "{:%Y%m%d%H%M%S}";

bool is_timestamp(const std::string& version) {
  return version.size() == kTimestampDigits && version.find_first_not_of("0123456789") == std::string::npos;
}

/// One second later; a number that is no date (20241399...) is simply counted on.
std::string after(const std::string& timestamp) {
  std::tm parts{};
  const auto field = [&](std::size_t at, std::size_t length) {
    return std::stoi(timestamp.substr(at, length));
  };
  parts.tm_year = field(0, 4) - 1900;
  parts.tm_mon = field(4, 2) - 1;
  parts.tm_mday = field(6, 2);
  parts.tm_hour = field(8, 2);
  parts.tm_min = field(10, 2);
  parts.tm_sec = field(12, 2);
  const std::time_t seconds = ::timegm(&parts);
  if (seconds != -1 && fmt::format(kTimestamp, fmt::gmtime(seconds)) == timestamp) {
    const std::string next = fmt::format(kTimestamp, fmt::gmtime(seconds + 1));
    if (next.size() == kTimestampDigits) return next;
  }
  return fmt::format("{:014}", std::stoull(timestamp) + 1);
}

/// `0190` -> `0191`, `9` -> `10`.
std::string counted_on(const std::string& number) {
  std::string digits = number;
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (digits[i] != '9') {
      ++digits[i];
      return digits;
    }
    digits[i] = '0';
  }
  return "1" + digits;
}

std::string leading_number(const std::string& version) {
  return version.substr(0, version.find_first_not_of("0123456789"));
}

/// What one released phase is made of: files relative to the history, or to its own folder.
struct Parcel {
  bool folder = false;
  std::pair<std::string, std::string> forward;  ///< name and text of the file that makes it a migration
  std::map<std::string, std::string> others;
};

std::string rollback_of(const StoredPlan& plan, const Phase& phase) {
  if (!phase.rollback.empty()) return phase.rollback.str();
  return fmt::format("-- {} of plan {} cannot be undone.\n", phase.folder, plan.plan.name);
}

/// What takes a phase back, one migration's text each.
std::vector<std::string> rollback_pieces(const StoredPlan& plan, const Phase& phase) {
  const std::string text = rollback_of(plan, phase);
  const ParsedFile file = parse_file(text);
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < file.statements.size(); ++i) {
    // Each piece keeps the comments above it. Alone in its file it runs as it must, whoever sends it.
    const std::uint32_t begin = i == 0 ? 0
                                : file.statements[i].comments.end > file.statements[i].comments.begin
                                    ? file.statements[i].comments.begin
                                    : file.statements[i].span.begin;
    pieces.push_back(text.substr(begin, file.statements[i].span.end - begin) + ";\n");
  }
  if (pieces.empty()) pieces.push_back(text);
  return pieces;
}

/// `..._rollback`, `..._rollback_2`, ...
bool is_piece_of(const std::string& slug, const std::string& purpose) {
  if (!purpose.starts_with(slug)) return false;
  return purpose.size() == slug.size() ||
         (purpose.size() > slug.size() + 1 && purpose[slug.size()] == '_' &&
          purpose.find_first_not_of("0123456789", slug.size() + 1) == std::string::npos);
}

/// A piece of a way back in the form of a phase.
Phase piece_of(const Phase& phase, const std::string& text) {
  Phase back = phase;
  back.migration = Sql::verbatim(text);
  back.rollback = Sql();
  back.commits = true;  // whether it does or not: a piece needs no transaction around it
  return back;
}

Parcel parcel_of(const Service& service, const StoredPlan& plan, const Phase& phase, const NewName& name) {
  const std::string& up = phase.migration.str();
  const std::string down = rollback_of(plan, phase);
  const std::string& n = name.name;
  switch (service.folder.layout) {
    case Layout::Prisma:
      return {true, {"migration.sql", up}, {}};
    case Layout::Diesel: {
      Parcel parcel{true, {"up.sql", up}, {{"down.sql", down}}};
      if (phase.commits) parcel.others["metadata.toml"] = "run_in_transaction = false\n";
      return parcel;
    }
    case Layout::GolangMigrate:
      return {false, {n + ".up.sql", up}, {{n + ".down.sql", down}}};
    case Layout::Sqlx: {
      const std::string text = phase.commits ? "-- no-transaction\n" + up : up;
      const auto& files = service.folder.files;
      const bool reversible = std::any_of(files.begin(), files.end(),
                                          [](const MigrationFile& file) { return !file.down.empty(); });
      if (reversible) return {false, {n + ".up.sql", text}, {{n + ".down.sql", down}}};
      return {false, {n + ".sql", text}, {}};
    }
    case Layout::Goose:
      // The inner marks keep goose from splitting a DO block at its semicolons.
      return {
          false,
          {n + ".sql", fmt::format("{}-- +goose Up\n-- +goose StatementBegin\n{}-- +goose StatementEnd\n\n"
                                   "-- +goose Down\n-- +goose StatementBegin\n{}-- +goose StatementEnd\n",
                                   phase.commits ? "-- +goose NO TRANSACTION\n" : "", up, down)},
          {}};
    case Layout::Dbmate:
      return {false,
              {n + ".sql", fmt::format("-- migrate:up{}\n{}\n-- migrate:down\n{}",
                                       phase.commits ? " transaction:false" : "", up, down)},
              {}};
    case Layout::Flyway: {
      Parcel parcel{false, {n + ".sql", up}, {}};
      if (phase.commits) parcel.others[n + ".sql.conf"] = "executeInTransaction=false\n";
      return parcel;
    }
    case Layout::Drizzle:
      if (phase.commits && service.tool == Tool::Drizzle) {
        throw Error(
            fmt::format("drizzle applies all pending files in one transaction, and {} must run outside one: "
                        "drizzle cannot deploy this plan",
                        phase.folder),
            "deploy the folder with a tool that sends one file after the other, and say so in planner.toml "
            "(deploys_with); the migration as it was is the plan's original.sql");
      }
      return {false, {n + ".sql", up}, {}};
    case Layout::Plain:
      break;
  }
  return {false, {n + ".sql", up}, {}};
}

/// `beside` lies on the history's file system, and its parent is no history itself.
void put_files(const Service& service, const fs::path& beside, const Parcel& parcel, const NewName& name,
               ReleasedPhase& released) {
  const fs::path history = service.folder.path;
  const fs::path waiting =
      beside.parent_path() / fmt::format(".{}.planner-release-{}", beside.filename().string(), ::getpid());
  std::error_code error;
  remove_leftovers(beside);
  fs::remove_all(waiting, error);
  try {
    make_folders(waiting);
    write_file(waiting / parcel.forward.first, parcel.forward.second);
    for (const auto& [file, text] : parcel.others) write_file(waiting / file, text);
    sync_folder(waiting);
    if (parcel.folder) {
      rename_path(waiting, history / name.name, "the phase");
      released.files.push_back(history / name.name / parcel.forward.first);
    } else {
      // The forward file comes last: before it stands there, the others mean nothing to any tool.
      for (const auto& [file, text] : parcel.others) rename_path(waiting / file, history / file, "the phase");
      rename_path(waiting / parcel.forward.first, history / parcel.forward.first, "the phase");
      released.files.push_back(history / parcel.forward.first);
      fs::remove_all(waiting, error);
    }
  } catch (const Error&) {
    fs::remove_all(waiting, error);
    throw;
  }
  sync_folder(history);
}

/// drizzle applies what its journal lists, so the entry is what releases the file.
void add_to_drizzle_journal(const Service& service, const NewName& name, std::time_t now) {
  const fs::path journal = service.folder.path / "meta" / "_journal.json";
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(read_file(journal));
  std::int64_t newest = 0, index = 0;
  for (const MigrationFile& file : service.folder.files) newest = std::max(newest, file.when);
  for (const auto& entry : json["entries"]) index = std::max(index, entry.value("idx", std::int64_t{0}) + 1);
  nlohmann::ordered_json entry{{"idx", index},
                               {"version", json.value("version", std::string("7"))},
                               {"when", std::max(newest + 1, static_cast<std::int64_t>(now) * 1000)},
                               {"tag", name.name},
                               {"breakpoints", false}};
  json["entries"].push_back(std::move(entry));
  const fs::path beside = journal.string() + fmt::format(".planner-{}", ::getpid());
  write_file(beside, json.dump(2) + "\n");
  rename_path(beside, journal, "the journal");
}

}  // namespace

std::string release_slug(const Plan& plan, const Phase& phase) { return plan.name + "_" + phase.folder; }

std::string rollback_slug(const Plan& plan, const Phase& phase) {
  return release_slug(plan, phase) + "_rollback";
}

const Phase* phase_released_as(const Plan& plan, const std::string& migration) {
  const std::string purpose = purpose_of(migration);
  const auto found = std::find_if(plan.phases.begin(), plan.phases.end(),
                                  [&](const Phase& phase) { return purpose == release_slug(plan, phase); });
  return found == plan.phases.end() ? nullptr : &*found;
}

bool is_way_back(const Plan& plan, const Phase& phase, const std::string& migration) {
  return is_piece_of(rollback_slug(plan, phase), purpose_of(migration));
}

const Phase* taken_back_by(const Plan& plan, const std::string& migration) {
  const auto found = std::find_if(plan.phases.begin(), plan.phases.end(),
                                  [&](const Phase& phase) { return is_way_back(plan, phase, migration); });
  return found == plan.phases.end() ? nullptr : &*found;
}

PhaseInHistory find_phase(const Service& service, const Plan& plan, const Phase& phase) {
  const std::string slug = release_slug(plan, phase), back = rollback_slug(plan, phase);
  PhaseInHistory found;
  for (std::size_t i = 0; i < service.folder.files.size(); ++i) {
    const MigrationFile& file = service.folder.files[i];
    if (file.file.empty()) continue;  // only a database knows it
    const std::string purpose = purpose_of(file.name);
    if (purpose == slug && (!found.released || !found.way_back.empty())) {
      // A phase that was taken back may be released again behind its way back.
      found.released = i;
      found.way_back.clear();
    } else if (is_piece_of(back, purpose)) {
      found.way_back.push_back(i);
    }
  }
  return found;
}

std::optional<std::size_t> released_as(const Service& service, const Plan& plan, const Phase& phase) {
  const PhaseInHistory found = find_phase(service, plan, phase);
  return found.way_back.empty() ? found.released : std::nullopt;
}

bool is_way_back_cut_short(const Service& service, const StoredPlan& plan, const Phase& phase) {
  const PhaseInHistory found = find_phase(service, plan.plan, phase);
  return found.released && !found.way_back.empty() &&
         found.way_back.size() < rollback_pieces(plan, phase).size();
}

bool is_way_back_text(const Service& service, const StoredPlan& plan, const Phase& phase,
                      std::size_t migration) {
  const MigrationFile& file = service.folder.files[migration];
  const std::string text = read_file(file.file);
  NewName name;
  name.name = file.name;
  const std::vector<std::string> pieces = rollback_pieces(plan, phase);
  return std::any_of(pieces.begin(), pieces.end(), [&](const std::string& piece) {
    return text == parcel_of(service, plan, piece_of(phase, piece), name).forward.second;
  });
}

bool is_released_text(const Service& service, const StoredPlan& plan, const Phase& phase,
                      std::size_t migration) {
  const MigrationFile& file = service.folder.files[migration];
  NewName name;
  name.name = file.name;
  return read_file(file.file) == parcel_of(service, plan, phase, name).forward.second;
}

NewName next_migration_name(const MigrationFolder& folder, const std::string& slug, std::time_t now) {
  const std::string clock = fmt::format(kTimestamp, fmt::gmtime(now));
  std::string newest_timestamp, newest_number;
  bool dashed = false;
  for (const MigrationFile& file : folder.files) {
    const std::string number = leading_number(file.version);
    if (is_timestamp(number)) {
      newest_timestamp = std::max(newest_timestamp, number);
    } else if (!number.empty() && (number.size() > newest_number.size() ||
                                   (number.size() == newest_number.size() && number > newest_number))) {
      newest_number = number;
    }
    dashed = dashed || (folder.layout == Layout::Diesel && file.name.find('-') < 5);
  }
  NewName name;
  // A history that counts (01_init, 02_users) is counted on: a timestamp would stand behind every number that
  // comes later.
  const bool counts = newest_timestamp.empty() && !newest_number.empty() &&
                      newest_number.size() < kTimestampDigits && !dashed;
  name.version = counts                      ? counted_on(newest_number)
                 : newest_timestamp >= clock ? after(newest_timestamp)
                                             : clock;
  if (folder.layout == Layout::Flyway) {
    name.name = "V" + name.version + "__" + slug;
  } else if (dashed) {
    const std::string& v = name.version;
    name.name =
        fmt::format("{}-{}-{}-{}_{}", v.substr(0, 4), v.substr(4, 2), v.substr(6, 2), v.substr(8), slug);
  } else {
    name.name = name.version + "_" + slug;
  }
  for (const MigrationFile& file : folder.files) {
    const bool by_name = folder.layout == Layout::Prisma || folder.layout == Layout::Plain;
    if (!by_name || (file.name < name.name && locale_compare(file.name, name.name) < 0)) continue;
    name.warning =
        fmt::format("\"{}\" sorts behind \"{}\": it would be applied after the phase although it is older",
                    file.name, name.name);
  }
  return name;
}

ReleasedPhase release_phase(const Service& service, const StoredPlan& plan, const Phase& phase,
                            std::time_t now) {
  require_unedited(plan);
  ReleasedPhase released;
  if (const std::optional<std::size_t> index = released_as(service, plan.plan, phase)) {
    const MigrationFile& file = service.folder.files[*index];
    released.name = file.name;
    released.files = {file.file};
    released.was_released = true;
    if (!is_released_text(service, plan, phase, *index)) {
      throw Error(fmt::format("{}: is this phase, but its text is not the plan's", shown(file.file)),
                  "restore it from version control; a phase must not be edited after it was released");
    }
    return released;
  }
  const NewName name = next_migration_name(service.folder, release_slug(plan.plan, phase), now);
  released.name = name.name;
  released.warning = name.warning;
  put_files(service, plan.folder, parcel_of(service, plan, phase, name), name, released);
  if (service.folder.layout == Layout::Drizzle) add_to_drizzle_journal(service, name, now);
  return released;
}

std::vector<ReleasedPhase> release_rollback(const Service& service, const StoredPlan& plan,
                                            const Phase& phase, std::time_t now) {
  require_unedited(plan);
  const std::vector<std::string> pieces = rollback_pieces(plan, phase);
  std::vector<ReleasedPhase> all;
  Service grown = service;
  for (std::size_t i = find_phase(service, plan.plan, phase).way_back.size(); i < pieces.size(); ++i) {
    const std::string slug = rollback_slug(plan.plan, phase) + (i == 0 ? "" : fmt::format("_{}", i + 1));
    const Phase back = piece_of(phase, pieces[i]);
    const NewName name = next_migration_name(grown.folder, slug, now);
    ReleasedPhase released;
    released.name = name.name;
    released.warning = name.warning;
    put_files(service, plan.folder, parcel_of(service, plan, back, name), name, released);
    if (service.folder.layout == Layout::Drizzle) add_to_drizzle_journal(service, name, now);
    MigrationFile added;
    added.name = name.name;
    added.version = name.version;
    added.file = released.files.front();
    grown.folder.files.push_back(std::move(added));
    all.push_back(std::move(released));
  }
  return all;
}

void withdraw_phase(const Service& service, const StoredPlan& plan, const Phase& phase) {
  const std::optional<std::size_t> index = released_as(service, plan.plan, phase);
  if (!index) return;
  const MigrationFile& file = service.folder.files[*index];
  if (service.folder.layout == Layout::Drizzle) {
    throw Error(fmt::format("{}: drizzle's journal lists it", shown(file.file)),
                "take the file and its entry in meta/_journal.json out by hand");
  }
  if (!file.folder.empty()) {
    // In one step: no tool may meet a folder without its migration.
    const fs::path aside =
        plan.folder.parent_path() /
        fmt::format(".{}.planner-withdrawn-{}", plan.folder.filename().string(), ::getpid());
    rename_path(file.folder, aside, "the released phase");
    sync_folder(service.folder.path);
    remove_path(aside);
    return;
  }
  remove_path(file.file);
  if (!file.down.empty() && is_file(file.down)) remove_path(file.down);
  const fs::path settings = file.file.str() + ".conf";
  if (is_file(settings)) remove_path(settings);
  sync_folder(service.folder.path);
}

ReleasedPhase new_migration(const Service& service, const std::string& slug, const std::string& text,
                            std::time_t now) {
  StoredPlan none;
  none.plan.name = slug;
  Phase phase;
  phase.folder = slug;
  phase.migration = Sql::verbatim(text);
  phase.rollback = Sql::verbatim("-- The way back.\n");
  const NewName name = next_migration_name(service.folder, slug, now);
  ReleasedPhase made;
  made.name = name.name;
  made.warning = name.warning;
  put_files(service, service.folder.path, parcel_of(service, none, phase, name), name, made);
  if (service.folder.layout == Layout::Drizzle) add_to_drizzle_journal(service, name, now);
  return made;
}

}  // namespace planner::project
