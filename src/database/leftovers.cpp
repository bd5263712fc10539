#include "src/database/leftovers.h"

#include "planner/sql/sql.h"

namespace planner {
namespace {

std::string or_empty(const Value& value) { return value.value_or(""); }

constexpr const char* kIndexes =
    "SELECT n.nspname, t.relname, i.relname, p.pid IS NOT NULL, ni.nspname FROM pg_index x JOIN pg_class i "
    "ON i.oid = x.indexrelid "
    "JOIN pg_namespace ni ON ni.oid = i.relnamespace JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace "
    "n ON n.oid = t.relnamespace "
    "LEFT JOIN pg_stat_progress_create_index p ON p.index_relid = i.oid AND p.datname = current_database() "
    "WHERE NOT x.indisvalid AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1, 2, 3";

constexpr const char* kConstraints =
    "SELECT n.nspname, t.relname, c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
    "JOIN pg_namespace n ON n.oid = t.relnamespace WHERE NOT c.convalidated AND n.nspname NOT LIKE 'pg\\_%' "
    "ORDER BY 1, 2, 3";

// Names are compared with LIKE, where an underscore stands for any character unless it is escaped.
constexpr const char* kOurs =
    "SELECT 'trigger', n.nspname, t.relname, g.tgname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid "
    "JOIN pg_namespace n ON n.oid "
    "= t.relnamespace WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND g.tgname LIKE '%z\\_planner\\_%' "
    "UNION ALL SELECT 'function', n.nspname, p.oid::regprocedure::text, p.proname FROM pg_proc p JOIN "
    "pg_namespace n ON n.oid = "
    "p.pronamespace WHERE p.proname LIKE 'planner\\_%' "
    "UNION ALL SELECT 'constraint', n.nspname, t.relname, c.conname FROM pg_constraint c JOIN pg_class t ON "
    "t.oid = c.conrelid JOIN "
    "pg_namespace n ON n.oid = t.relnamespace WHERE c.conname LIKE 'planner\\_%' AND c.conparentid = 0 AND "
    "c.coninhcount = 0 "
    "UNION ALL SELECT CASE i.relkind WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' WHEN 'S' THEN 'sequence' "
    "WHEN 'v' THEN 'view' ELSE 'table' "
    "END, n.nspname, coalesce(t.relname, ''), i.relname FROM pg_class i JOIN pg_namespace n ON n.oid = "
    "i.relnamespace LEFT JOIN pg_index x "
    "ON x.indexrelid = i.oid LEFT JOIN pg_class t ON t.oid = x.indrelid WHERE i.relname LIKE 'planner\\_%' "
    "AND i.relkind IN ('i', 'I', 'S', "
    "'v', 'r', 'p') AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid AND c.conname = "
    "i.relname) AND n.nspname <> "
    "'planner' ORDER BY 2, 3, 1, 4";

std::string removal(const LeftObject& object) {
  if (object.type == "trigger") return sql("DROP TRIGGER {} ON {}", object.name, object.table).str();
  if (object.type == "constraint")
    return sql("ALTER TABLE {} DROP CONSTRAINT {}", object.table, object.name).str();
  const ObjectName name(object.table.schema, object.name);
  if (object.type == "index") return sql("DROP INDEX CONCURRENTLY {}", name).str();
  if (object.type == "sequence") return sql("DROP SEQUENCE {}", name).str();
  if (object.type == "view") return sql("DROP VIEW {}", name).str();
  if (object.type == "function") return sql("DROP FUNCTION {}", name).str();
  return "";  // a table may hold the only copy of what was dropped
}

}  // namespace

std::vector<LeftObject> unfinished_objects(Connection& session) {
  std::vector<LeftObject> objects;
  for (const Row& row : session.exec(kIndexes).rows) {
    LeftObject object;
    object.kind =
        or_empty(row.at(3)) == "t" ? LeftObject::Kind::BuildingIndex : LeftObject::Kind::InvalidIndex;
    object.type = "index";
    object.table = ObjectName(Identifier(or_empty(row.at(0))), Identifier(or_empty(row.at(1))));
    object.name = Identifier(or_empty(row.at(2)));
    if (object.kind == LeftObject::Kind::InvalidIndex) {
      object.remove =
          sql("DROP INDEX CONCURRENTLY {}", ObjectName(Identifier(or_empty(row.at(4))), object.name)).str();
    }
    objects.push_back(std::move(object));
  }
  for (const Row& row : session.exec(kConstraints).rows) {
    LeftObject object;
    object.kind = LeftObject::Kind::NotValidConstraint;
    object.type = "constraint";
    object.table = ObjectName(Identifier(or_empty(row.at(0))), Identifier(or_empty(row.at(1))));
    object.name = Identifier(or_empty(row.at(2)));
    objects.push_back(std::move(object));
  }
  for (const Row& row : session.exec(kOurs).rows) {
    LeftObject object;
    object.type = or_empty(row.at(0));
    object.table.schema = Identifier(or_empty(row.at(1)));
    if (object.type == "trigger" || object.type == "constraint" || object.type == "index")
      object.table.name = Identifier(or_empty(row.at(2)));
    object.name = Identifier(or_empty(row.at(3)));
    object.remove = removal(object);
    objects.push_back(std::move(object));
  }
  return objects;
}

std::vector<BackfillProgress> backfills_in(Connection& session) {
  std::vector<BackfillProgress> all;
  if (session.exec("SELECT to_regclass('planner.backfill') IS NULL").truth()) return all;
  if (!session.exec("SELECT has_table_privilege(to_regclass('planner.backfill'), 'SELECT')").truth())
    return all;
  const Result rows = session.exec(
      "SELECT b.plan, b.phase, b.relation, b.way, b.state, b.reason, (SELECT coalesce(sum(p.rows_done), 0) "
      "FROM planner.backfill_part p WHERE "
      "(p.plan, p.phase) = (b.plan, b.phase)), b.rows_total, b.share, b.rows_per_second, b.seconds_left, "
      "to_char(b.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), b.pid, a.pid IS NOT "
      "NULL FROM planner.backfill b LEFT JOIN "
      "pg_stat_activity a ON a.pid = b.pid AND a.backend_start = b.backend_start ORDER BY b.started_at");
  for (const Row& row : rows.rows) {
    BackfillProgress progress;
    progress.plan = or_empty(row.at(0));
    progress.phase = or_empty(row.at(1));
    progress.relation = or_empty(row.at(2));
    progress.way = or_empty(row.at(3));
    progress.state = or_empty(row.at(4));
    progress.reason = or_empty(row.at(5));
    progress.rows_done = std::stoll(row.at(6).value_or("0"));
    progress.rows_total = std::stoll(row.at(7).value_or("0"));
    progress.share = std::stod(row.at(8).value_or("0"));
    progress.rows_per_second = std::stod(row.at(9).value_or("0"));
    progress.seconds_left = std::stod(row.at(10).value_or("-1"));
    progress.updated_at = or_empty(row.at(11));
    progress.pid = std::stoi(row.at(12).value_or("0"));
    progress.alive = or_empty(row.at(13)) == "t";
    all.push_back(std::move(progress));
  }
  return all;
}

}  // namespace planner
