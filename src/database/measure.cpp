#include "src/database/measure.h"

#include <algorithm>
#include <set>

namespace planner {
namespace {

LockMode mode_of(std::string_view name) {
  if (name == "AccessShareLock") return LockMode::AccessShare;
  if (name == "RowShareLock") return LockMode::RowShare;
  if (name == "RowExclusiveLock") return LockMode::RowExclusive;
  if (name == "ShareUpdateExclusiveLock") return LockMode::ShareUpdateExclusive;
  if (name == "ShareLock") return LockMode::Share;
  if (name == "ShareRowExclusiveLock") return LockMode::ShareRowExclusive;
  if (name == "ExclusiveLock") return LockMode::Exclusive;
  if (name == "AccessExclusiveLock") return LockMode::AccessExclusive;
  return LockMode::None;
}

LockedKind kind_of(char relkind) {
  switch (relkind) {
    case 'i':
    case 'I':
      return LockedKind::Index;
    case 'S':
      return LockedKind::Sequence;
    case 'v':
      return LockedKind::View;
    case 'm':
      return LockedKind::MaterializedView;
    default:
      return LockedKind::Table;
  }
}

bool is_index(char relkind) { return relkind == 'i' || relkind == 'I'; }
bool has_file(char relkind) { return relkind == 'r' || relkind == 'm' || relkind == 'S'; }

/// Relations of the user with their files, and the rows this transaction has read from each.
constexpr const char* kRelations = R"(
  select c.oid, n.nspname, c.relname, c.relkind, coalesce(pg_relation_filenode(c.oid), 0),
         tn.nspname, t.relname, pg_stat_get_xact_tuples_returned(c.oid)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
       left join pg_index i on i.indexrelid = c.oid
       left join pg_class t on t.oid = i.indrelid left join pg_namespace tn on tn.oid = t.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast'
    and c.relkind in ('r', 'p', 'f', 'v', 'm', 'i', 'I', 'S', 'c'))";

constexpr const char* kLocks = R"(
  select relation, mode from pg_locks
  where locktype = 'relation' and pid = pg_backend_pid() and granted
    and database = (select oid from pg_database where datname = current_database()) and relation >= 16384)";

}  // namespace

LockMode Measured::lock_on(const ObjectName& relation) const {
  const auto held =
      std::find_if(locks.begin(), locks.end(), [&](const RelationLock& l) { return l.relation == relation; });
  return held == locks.end() ? LockMode::None : held->mode;
}

bool Measured::rewrites_relation(const ObjectName& relation) const {
  return std::find(rewrites.begin(), rewrites.end(), relation) != rewrites.end();
}

std::vector<std::string> Measured::tables_read() const {
  std::set<std::string> names;
  for (const auto& [name, rows] : rows_read) {
    if (rows > 0) names.insert(name.name.str());
  }
  for (const std::string& message : messages) {
    for (const std::string_view what : {"verifying table \"", "rewriting table \""}) {
      const std::size_t at = message.find(what);
      if (at == std::string::npos) continue;
      const std::size_t begin = at + what.size();
      names.insert(message.substr(begin, message.find('"', begin) - begin));
    }
  }
  return {names.begin(), names.end()};
}

Measuring::Measuring(Connection& session) : session_(session) {
  session_.on_notice([this](const Notice& notice) { messages_.push_back(notice.message); });
  session_.exec("begin");
}

Measuring::~Measuring() {
  try {
    session_.exec("rollback");
    session_.on_notice({});
  } catch (const Error&) {
    // The connection is gone, and the transaction with it.
  }
}

Measuring::Relations Measuring::look_at_relations() {
  Relations relations;
  for (const Row& row : session_.exec(kRelations).rows) {
    Relation relation;
    relation.name = ObjectName(Identifier(*row[1]), Identifier(*row[2]));
    relation.kind = row[3]->front();
    relation.file = *row[4];
    if (row[5]) relation.table = ObjectName(Identifier(*row[5]), Identifier(*row[6]));
    relation.rows_read = row[7] ? std::stoll(*row[7]) : 0;
    relations.emplace(*row[0], std::move(relation));
  }
  return relations;
}

Measuring::Locks Measuring::look_at_locks() {
  Locks locks;
  for (const Row& row : session_.exec(kLocks).rows) {
    LockMode& mode = locks[*row[0]];
    mode = std::max(mode, mode_of(*row[1]));
  }
  return locks;
}

Measured Measuring::step(std::string_view sql) {
  Measured out;
  const Relations before = look_at_relations();
  const Locks held = look_at_locks();
  session_.exec("savepoint planner_step; set client_min_messages = debug1");
  messages_.clear();
  try {
    session_.exec(sql);
  } catch (const DatabaseError& error) {
    out.messages = std::move(messages_);
    out.sqlstate = error.sqlstate();
    out.error = error.fields.message;
    session_.exec("rollback to savepoint planner_step; release savepoint planner_step");
    return out;
  }
  out.messages = std::move(messages_);
  messages_.clear();
  session_.exec("set client_min_messages = notice");
  const Locks locks = look_at_locks();
  const Relations after = look_at_relations();

  std::map<ObjectName, RelationLock> by_name;
  for (const auto& [oid, mode] : locks) {
    const auto old = held.find(oid);
    if (old != held.end() && old->second >= mode) continue;
    const auto was = before.find(oid);
    const auto is = after.find(oid);
    if (was == before.end() && is == after.end()) continue;  // TOAST, or made and dropped on the way
    const Relation& relation = was != before.end() ? was->second : is->second;
    RelationLock& lock = by_name[relation.name];
    lock.relation = relation.name;
    lock.kind = kind_of(relation.kind);
    lock.mode = std::max(lock.mode, mode);
    lock.created = lock.created || was == before.end();
    lock.dropped = lock.dropped || is == after.end();
  }
  for (auto& [name, lock] : by_name) out.locks.push_back(std::move(lock));

  const auto by_relation = [](const Relations& relations) {
    std::map<ObjectName, const Relation*> out_map;
    for (const auto& [oid, relation] : relations) out_map.emplace(relation.name, &relation);
    return out_map;
  };
  const auto old_names = by_relation(before);
  const auto new_names = by_relation(after);
  for (const auto& [oid, relation] : after) {
    const auto was = before.find(oid);
    const bool new_file = was != before.end() && was->second.file != relation.file && relation.file != "0";
    if (has_file(relation.kind)) {
      if (new_file) out.rewrites.push_back(relation.name);
    } else if (is_index(relation.kind)) {
      if (was != before.end()) {
        if (new_file) out.indexes.push_back(IndexEffect{relation.name, relation.table, IndexWork::Rebuilt});
      } else if (const auto same = old_names.find(relation.name); same == old_names.end()) {
        out.indexes.push_back(IndexEffect{relation.name, relation.table, IndexWork::Built});
      } else {
        const bool kept = same->second->file == relation.file;
        out.indexes.push_back(IndexEffect{relation.name, relation.table,
                                          kept ? IndexWork::RecreatedWithoutBuild : IndexWork::Rebuilt});
      }
    }
    const long long rows = relation.rows_read - (was == before.end() ? 0 : was->second.rows_read);
    if (rows <= 0 || was == before.end()) continue;
    (is_index(relation.kind) ? out.index_rows_read : out.rows_read)[relation.name] += rows;
  }
  for (const auto& [oid, relation] : before) {
    if (!is_index(relation.kind) || after.contains(oid) || new_names.contains(relation.name)) continue;
    out.indexes.push_back(IndexEffect{relation.name, relation.table, IndexWork::Dropped});
  }
  session_.exec("release savepoint planner_step");
  return out;
}

Measured measure(Connection& session, std::string_view sql) {
  Measuring measuring(session);
  return measuring.step(sql);
}

}  // namespace planner
