#include "src/proof/catalog.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "planner/sql/sql.h"
#include "src/database/connection.h"

namespace planner {
namespace {

/// One SELECT per kind of object. `seen` are the namespaces that belong to the application; members of
/// extensions are the extension's.
constexpr const char* kCatalogQuery = R"sql(
WITH seen AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'planner', 'planner_oracle')),
member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
rel AS (SELECT c.*, s.nspname, format('%I.%I', s.nspname, c.relname) AS full_name FROM pg_class c JOIN seen s ON s.oid = c.relnamespace
        WHERE c.relname NOT IN ('_prisma_migrations', '_prisma_migrations_pkey') AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)),
line AS (
  SELECT format('schema %I', nspname) AS l FROM seen
  UNION ALL SELECT format('%s %s persistence=%s rls=%s/%s replica=%s options=%s', CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned' WHEN 'v' THEN 'view'
         WHEN 'm' THEN 'matview' WHEN 'f' THEN 'foreign' ELSE relkind::text END, full_name, relpersistence, relrowsecurity, relforcerowsecurity, relreplident, reloptions)
    FROM rel WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION ALL SELECT format('column %s.%I %s notnull=%s default=%s identity=%s generated=%s collation=%s storage=%s statistics=%s acl=%s comment=%s', full_name, attname, format_type(atttypid, atttypmod),
         attnotnull, pg_get_expr(adbin, adrelid), attidentity, attgenerated, nullif(attcollation, typcollation), attstorage, attstattarget, attacl, col_description(r.oid, attnum))
    FROM rel r JOIN pg_attribute a ON attrelid = r.oid AND attnum > 0 AND NOT attisdropped JOIN pg_type t ON t.oid = atttypid LEFT JOIN pg_attrdef ON adrelid = r.oid AND adnum = attnum
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
  UNION ALL SELECT format('constraint %s.%I valid=%s inherited=%s %s', full_name, conname, convalidated, coninhcount, pg_get_constraintdef(k.oid))
    FROM pg_constraint k JOIN rel r ON r.oid = conrelid WHERE contype <> 'n'
    -- For each partition that a foreign key points at PostgreSQL keeps a constraint of its own, which no VALIDATE marks and nobody reads.
    AND NOT EXISTS (SELECT FROM pg_constraint whole WHERE whole.oid = k.conparentid AND whole.conrelid = k.conrelid)
  UNION ALL SELECT format('index %s valid=%s ready=%s primary=%s replica=%s clustered=%s', pg_get_indexdef(indexrelid), indisvalid, indisready, indisprimary, indisreplident, indisclustered)
    FROM pg_index i JOIN rel r ON r.oid = indexrelid
  UNION ALL SELECT format('enum %I.%I %s', nspname, typname, (SELECT string_agg(quote_literal(enumlabel), ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
    FROM pg_type t JOIN seen s ON s.oid = typnamespace WHERE typtype = 'e'
  UNION ALL SELECT format('domain %I.%I %s notnull=%s default=%s %s', nspname, typname, format_type(typbasetype, typtypmod), typnotnull, typdefault,
         (SELECT string_agg(conname || ' ' || pg_get_constraintdef(k.oid), ',' ORDER BY conname) FROM pg_constraint k WHERE contypid = t.oid))
    FROM pg_type t JOIN seen s ON s.oid = typnamespace WHERE typtype = 'd' AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
  UNION ALL SELECT format('sequence %s %s start=%s increment=%s min=%s max=%s cycle=%s owner=%s', full_name, format_type(seqtypid, NULL), seqstart, seqincrement, seqmin, seqmax, seqcycle,
         (SELECT format('%s.%I', refobjid::regclass, attname) FROM pg_depend d JOIN pg_attribute a ON attrelid = refobjid AND attnum = refobjsubid
           WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND deptype IN ('a', 'i') LIMIT 1))
    FROM pg_sequence q JOIN rel r ON r.oid = seqrelid
  UNION ALL SELECT format('definition of %s: %s', full_name, pg_get_viewdef(oid)) FROM rel WHERE relkind IN ('v', 'm')
  UNION ALL SELECT format('function %I.%I(%s) %s', nspname, proname, pg_get_function_identity_arguments(p.oid), md5(prosrc)) FROM pg_proc p JOIN seen s ON s.oid = pronamespace
    WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
  UNION ALL SELECT format('trigger %s enabled=%s', pg_get_triggerdef(t.oid), tgenabled) FROM pg_trigger t JOIN rel r ON r.oid = tgrelid WHERE NOT tgisinternal
  UNION ALL SELECT format('policy %s.%I %s %s %s using=%s check=%s', full_name, polname, polcmd, polpermissive, polroles::regrole[], pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
    FROM pg_policy JOIN rel r ON r.oid = polrelid
  UNION ALL SELECT format('rule %s', pg_get_ruledef(w.oid)) FROM pg_rewrite w JOIN rel r ON r.oid = ev_class WHERE rulename <> '_RETURN'
  UNION ALL SELECT format('statistics %s', pg_get_statisticsobjdef(x.oid)) FROM pg_statistic_ext x JOIN rel r ON r.oid = stxrelid
  UNION ALL SELECT format('partition %s of %s %s', full_name, inhparent::regclass, pg_get_expr(relpartbound, r.oid)) FROM pg_inherits JOIN rel r ON r.oid = inhrelid AND relkind IN ('r', 'p', 'f')
  UNION ALL SELECT format('acl %s %s', full_name, relacl) FROM rel WHERE relacl IS NOT NULL
  UNION ALL SELECT format('comment on %s: %s', full_name, obj_description(oid, 'pg_class')) FROM rel WHERE obj_description(oid, 'pg_class') IS NOT NULL
  UNION ALL SELECT format('extension %I', extname) FROM pg_extension)
SELECT l FROM line WHERE l IS NOT NULL ORDER BY l COLLATE "C")sql";

std::vector<std::string> first_column(const Result& result) {
  std::vector<std::string> out;
  for (const auto& row : result.rows) out.push_back(row[0].value_or(""));
  return out;
}

/// Defaults that are a constant of another type than their column's, as ALTER COLUMN ... TYPE leaves them:
/// what counts is the value they give.
constexpr const char* kConvertedDefaults = R"sql(
SELECT format('column %I.%I.%I ', nspname, relname, attname), pg_get_expr(adbin, adrelid), format_type(atttypid, atttypmod)
  FROM pg_attrdef JOIN pg_attribute a ON attrelid = adrelid AND attnum = adnum JOIN pg_class c ON c.oid = adrelid JOIN pg_namespace n ON n.oid = relnamespace
  WHERE attgenerated = '' AND pg_get_expr(adbin, adrelid) ~ '^''([^'']|'''')*''::[a-z ]+$'
    AND pg_get_expr(adbin, adrelid) NOT LIKE '%::' || format_type(atttypid, NULL))sql";

}  // namespace

std::vector<std::string> catalog_lines(Connection& connection) {
  std::vector<std::string> lines = first_column(connection.exec(kCatalogQuery));
  for (const auto& row : connection.exec(kConvertedDefaults).rows) {
    const std::string start = row[0].value_or("");
    const std::string written = "default=" + row[1].value_or("") + " identity=";
    const auto line = std::find_if(lines.begin(), lines.end(),
                                   [&](const std::string& each) { return each.starts_with(start); });
    const std::size_t at = line == lines.end() ? std::string::npos : line->find(written);
    if (at == std::string::npos) continue;
    const Sql value = sql("SELECT quote_literal(({})::{}) || '::' || format_type({}::regtype, NULL)",
                          Sql::verbatim(*row[1]), Sql::verbatim(*row[2]), Literal(*row[2]));
    line->replace(at, written.size(),
                  "default=" + connection.exec(value.str()).rows.at(0).at(0).value_or("NULL") + " identity=");
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

DataSnapshot data_snapshot(Connection& connection,
                           const std::map<std::string, std::set<std::string>>& left_out,
                           const StandIns& instead) {
  const Result found = connection.exec(
      "SELECT n.nspname, c.relname, attname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
      "LEFT JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped WHERE relkind = 'r' "
      "AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'planner', 'planner_oracle') "
      "AND relname <> '_prisma_migrations' ORDER BY 1, 2, attname COLLATE \"C\"");
  std::map<ObjectName, std::pair<std::vector<Sql>, std::vector<Sql>>> tables;
  for (const auto& row : found.rows) {
    const ObjectName name{Identifier(*row[0]), Identifier(*row[1])};
    auto& [names, values] = tables[name];
    const auto skipped = left_out.find(display(name));
    if (!row[2] || (skipped != left_out.end() && skipped->second.contains(*row[2]))) continue;
    names.push_back(sql("{}", Literal(*row[2])));
    const Identifier column(*row[2]);
    const auto stand_ins = instead.find(display(name));
    const bool has_one = stand_ins != instead.end() && stand_ins->second.contains(column.str());
    const std::string other = has_one ? stand_ins->second.at(column.str()) : "";
    const bool there = has_one && std::any_of(found.rows.begin(), found.rows.end(), [&](const auto& each) {
                         return each[0] == row[0] && each[1] == row[1] && each[2] == other;
                       });
    values.push_back(there ? sql("coalesce(t.{}::text, t.{}::text)", column, Identifier(other))
                           : sql("t.{}::text", column));
  }
  DataSnapshot out;
  for (const auto& [name, columns] : tables) {
    const Sql row = sql("json_object(ARRAY[{}]::text[], ARRAY[{}]::text[])::text", join(columns.first, ", "),
                        join(columns.second, ", "));
    std::vector<std::string> rows =
        first_column(connection.exec(sql("SELECT {} FROM {} t", row, name).str()));
    std::sort(rows.begin(), rows.end());
    out.emplace(display(name), std::move(rows));
  }
  return out;
}

std::vector<std::string> difference(const std::vector<std::string>& expected,
                                    const std::vector<std::string>& found, std::size_t at_most) {
  std::vector<std::string> missing;
  std::vector<std::string> extra;
  std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(),
                      std::back_inserter(missing));
  std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(),
                      std::back_inserter(extra));
  std::vector<std::string> out;
  for (const std::string& line : missing) out.push_back("- " + line);
  for (const std::string& line : extra) out.push_back("+ " + line);
  if (out.size() > at_most) {
    const std::string more = "... and " + std::to_string(out.size() - at_most) + " more";
    out.resize(at_most);
    out.push_back(more);
  }
  return out;
}

std::vector<std::string> difference(const DataSnapshot& expected, const DataSnapshot& found,
                                    std::size_t at_most) {
  std::vector<std::string> out;
  static const std::vector<std::string> kNoRows;
  const auto compare = [&](const std::string& table, const std::vector<std::string>& before,
                           const std::vector<std::string>& now) {
    for (const std::string& line : difference(before, now, at_most)) {
      if (out.size() < at_most) out.push_back(table + " " + line);
    }
  };
  for (const auto& [table, rows] : expected) {
    const auto other = found.find(table);
    if (other == found.end()) out.push_back("- table " + table);
    compare(table, rows, other == found.end() ? kNoRows : other->second);
  }
  for (const auto& [table, rows] : found) {
    if (!expected.contains(table)) {
      out.push_back("+ table " + table);
      compare(table, kNoRows, rows);
    }
  }
  return out;
}

}  // namespace planner
