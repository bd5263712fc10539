#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

bool scans(const Effects& effects, const ObjectName& relation) {
  return std::any_of(effects.scans.begin(), effects.scans.end(), [&](const Scan& scan) {
    return scan.reason == ScanReason::PartitionBound && scan.relation == relation;
  });
}

/// The default partition that is read row by row, if one is.
std::optional<ObjectName> scanned_default(const Effects& effects, const ObjectName& partition) {
  for (const Scan& scan : effects.scans) {
    if (scan.reason == ScanReason::PartitionBound && scan.relation != partition) return scan.relation;
  }
  return std::nullopt;
}

/// Indexes that the newcomer lacks and gets while it is locked.
std::vector<ObjectName> indexes_built(const Effects& effects, const ObjectName& partition) {
  std::vector<ObjectName> built;
  for (const IndexEffect& effect : effects.indexes) {
    if (effect.work == IndexWork::Built && effect.table.name == partition.name &&
        (partition.schema.empty() || effect.table.schema == partition.schema))
      built.push_back(effect.index);
  }
  return built;
}

/// It never comes to the lock: rule statement-refused says why.
bool is_refused(const Effects& effects) {
  return std::any_of(effects.failures.begin(), effects.failures.end(), [](const Failure& failure) {
    return !failure.only_with_rows && !failure.depends_on_data;
  });
}

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  if (is_refused(subject.own)) return verdicts;
  const auto add = [&](const TableName& table, Matters matters, Verdict verdict) {
    if (auto fitted = about_table(subject, table, matters, std::move(verdict)))
      verdicts.push_back(std::move(*fitted));
  };
  if (const auto* attach = std::get_if<AttachPartition>(&subject.intention.operation)) {
    const std::optional<ObjectName> other = scanned_default(subject.own, attach->partition);
    Verdict verdict;
    verdict.object = display(attach->partition);
    if (other) {
      verdict.message = "Attaching " + name_of(attach->partition) + " to " + name_of(attach->table) +
                        " reads every row of the default partition " + name_of(*other) +
                        " while nobody can read or write it";
      verdict.help = "Let a validated CHECK on the default partition exclude the new bound first";
      add(attach->table, Matters::Anyway, std::move(verdict));
    } else if (scans(subject.own, attach->partition)) {
      verdict.message = "Attaching " + name_of(attach->partition) + " to " + name_of(attach->table) +
                        " reads every row of it while nobody can read or write it";
      verdict.help = "Let a validated CHECK prove the bound first";
      add(attach->partition, Matters::Size, std::move(verdict));
    }
    const std::vector<ObjectName> built = indexes_built(subject.own, attach->partition);
    if (!built.empty()) {
      Verdict indexes;
      indexes.object = display(attach->partition);
      indexes.message = "Attaching " + name_of(attach->partition) + " to " + name_of(attach->table) + " builds " +
                        (built.size() == 1 ? "index " : "indexes ") + list_of(built) +
                        " on it while nobody can read or write it";
      indexes.help = "Build the indexes that " + name_of(attach->table) +
                     " has on it before, CONCURRENTLY: ATTACH takes them as they are";
      add(attach->partition, Matters::Size, std::move(indexes));
    }
  } else if (const auto* create = std::get_if<CreateTable>(&subject.intention.operation)) {
    if (!create->partition_of) return verdicts;
    const std::optional<ObjectName> other = scanned_default(subject.own, create->table);
    Verdict verdict;
    verdict.object = display(create->table);
    verdict.severity = other ? Severity::Error : Severity::Warning;
    verdict.message = "CREATE TABLE ... PARTITION OF waits for every query on " +
                      name_of(*create->partition_of) +
                      ", and nobody can read or write it until the transaction ends";
    if (other)
      verdict.message += "; the default partition " + name_of(*other) + " is read row by row meanwhile";
    verdict.help =
        "Create the table by itself with the bound as a CHECK, then ATTACH it: that lets reads and writes go "
        "on";
    add(*create->partition_of, Matters::Anyway, std::move(verdict));
  } else if (const auto* detach = std::get_if<DetachPartition>(&subject.intention.operation)) {
    if (detach->concurrently || detach->finalize) return verdicts;
    Verdict verdict;
    verdict.object = display(detach->partition);
    verdict.severity = Severity::Warning;
    verdict.message = "Detaching " + name_of(detach->partition) + " waits for every query on " +
                      name_of(detach->table) + ", and nobody can read or write it until the transaction ends";
    verdict.help = "DETACH PARTITION ... CONCURRENTLY, alone in its migration (PostgreSQL 14 and later)";
    add(detach->table, Matters::Anyway, std::move(verdict));
  } else if (const auto* drop = std::get_if<DropTable>(&subject.intention.operation)) {
    const Table* table = subject.before.table(drop->table);
    if (table == nullptr || !table->partition_of) return verdicts;
    Verdict verdict;
    verdict.object = display(drop->table);
    verdict.severity = Severity::Warning;
    verdict.message = "Dropping the partition " + name_of(drop->table) + " waits for every query on " +
                      name_of(*table->partition_of) +
                      ", and nobody can read or write it until the transaction ends";
    verdict.help = "DETACH PARTITION ... CONCURRENTLY first, then drop it";
    add(*table->partition_of, Matters::Anyway, std::move(verdict));
  }
  return verdicts;
}

}  // namespace

extern const Rule partition;
const Rule partition{.id = "partition",
                     .summary = "Partitions made, attached, detached or dropped under a lock on their parent",
                     .severity = Severity::Error,
                     .category = Category::Blocks,
                     .recipe = "partition",
                     .check = check};

}  // namespace planner::rules
