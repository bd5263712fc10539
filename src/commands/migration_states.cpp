#include "src/commands/migration_states.h"

#include <algorithm>
#include <map>

#include "src/project/sha256.h"

namespace planner::commands {
namespace {

constexpr std::size_t kSha256Digits = 64, kSha384Digits = 96;

std::string without_zeros(std::string number) {
  if (!number.empty()) number.erase(0, std::min(number.find_first_not_of('0'), number.size() - 1));
  return number;
}

bool number_less_or_equal(const std::string& a, const std::string& b) {
  const std::string left = without_zeros(a), right = without_zeros(b);
  return left.size() != right.size() ? left.size() < right.size() : left <= right;
}

MigrationState state_of(const RecordedMigration& record) {
  switch (record.state) {
    case RecordedState::Failed:
      return MigrationState::Failed;
    case RecordedState::RolledBack:
      return MigrationState::RolledBack;
    case RecordedState::Applied:
      break;
  }
  return MigrationState::Applied;
}

void judge_by_name(const RecordedHistory& recorded, const project::Service& service,
                   const std::vector<std::string>& texts, JudgedHistory& answer) {
  std::map<std::string_view, std::size_t> here;
  for (std::size_t i = 0; i < service.folder.files.size(); ++i) here.emplace(service.folder.files[i].name, i);
  for (const RecordedMigration& record : recorded.migrations) {
    const auto found = here.find(record.name);
    if (found == here.end()) {
      if (record.state != RecordedState::RolledBack) answer.missing.push_back(&record);
      continue;
    }
    JudgedFile& file = answer.files[found->second];
    file.state = state_of(record);
    file.record = &record;
    file.edited = file.state == MigrationState::Applied && !texts.empty() &&
                  record.checksum.size() == kSha256Digits &&
                  !same_content(texts[found->second], record.checksum);
  }
}

/// golang-migrate's single row: everything up to its version is applied.
void judge_up_to(const RecordedHistory& recorded, const project::Service& service, JudgedHistory& answer) {
  for (const RecordedMigration& record : recorded.migrations) {
    for (std::size_t i = 0; i < service.folder.files.size(); ++i) {
      const std::string& version = service.folder.files[i].version;
      if (!number_less_or_equal(version, record.version)) continue;
      const bool itself = without_zeros(version) == without_zeros(record.version);
      answer.files[i] = {itself ? state_of(record) : MigrationState::Applied, false, &record};
    }
  }
}

void judge_by_number(const RecordedHistory& recorded, const project::Service& service,
                     const std::vector<std::string>& texts, JudgedHistory& answer) {
  std::map<std::string, const RecordedMigration*> by_number, by_name;
  for (const RecordedMigration& record : recorded.migrations) {
    if (!record.version.empty()) by_number[without_zeros(record.version)] = &record;
    if (!record.name.empty()) by_name[record.name] = &record;
  }
  std::vector<const RecordedMigration*> found;
  for (std::size_t i = 0; i < service.folder.files.size(); ++i) {
    const project::MigrationFile& file = service.folder.files[i];
    const auto& records = file.version.empty() ? by_name : by_number;
    const auto record = records.find(file.version.empty() ? file.name : without_zeros(file.version));
    if (record == records.end()) continue;
    // sqlx compares the bytes, line endings too.
    const bool edited = !texts.empty() && record->second->checksum.size() == kSha384Digits &&
                        project::sha384(texts[i]) != record->second->checksum;
    answer.files[i] = {state_of(*record->second), edited, record->second};
    found.push_back(record->second);
  }
  for (const RecordedMigration& record : recorded.migrations) {
    if (record.state != RecordedState::RolledBack &&
        std::find(found.begin(), found.end(), &record) == found.end()) {
      answer.missing.push_back(&record);
    }
  }
}

/// drizzle applies what its journal dates after the newest recorded one.
void judge_by_journal(const RecordedHistory& recorded, const project::Service& service,
                      JudgedHistory& answer) {
  if (recorded.migrations.empty()) return;
  const RecordedMigration& newest = recorded.migrations.back();
  for (std::size_t i = 0; i < service.folder.files.size(); ++i) {
    if (service.folder.files[i].when <= newest.when)
      answer.files[i] = {MigrationState::Applied, false, &newest};
  }
}

}  // namespace

bool same_content(const std::string& text, const std::string& checksum) {
  if (project::sha256(text) == checksum) return true;
  std::string lf, crlf;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    lf += text[i];
  }
  for (const char c : lf) {
    if (c == '\n') crlf += '\r';
    crlf += c;
  }
  return project::sha256(lf) == checksum || project::sha256(crlf) == checksum;
}

JudgedHistory judge_history(const RecordedHistory& recorded, const project::Service& service,
                            const std::vector<std::string>& texts) {
  JudgedHistory answer;
  answer.files.resize(service.folder.files.size());
  switch (service.folder.layout) {
    case project::Layout::Prisma:
    case project::Layout::Plain:
      judge_by_name(recorded, service, texts, answer);
      break;
    case project::Layout::Drizzle:
      judge_by_journal(recorded, service, answer);
      break;
    default:
      if (recorded.up_to) {
        judge_up_to(recorded, service, answer);
      } else {
        judge_by_number(recorded, service, texts, answer);
      }
  }
  return answer;
}

}  // namespace planner::commands
