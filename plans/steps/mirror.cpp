#include "plans/steps/mirror.h"

#include <algorithm>

#include "plans/steps/backfill.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

const Identifier kNew("new");
const Identifier kOld("old");

Sql of_row(const Identifier& row, const Identifier& column) {
  return sql("{}.{}", Sql::verbatim(row == kNew ? "NEW" : "OLD"), column);
}

/// `to` as it follows from a row's `from`.
Sql up_of(const MirrorPair& pair, const Identifier& row) {
  if (pair.up.empty()) return of_row(row, pair.from);
  return pair.up.with_columns_qualified(row).text();
}

Sql down_of(const MirrorPair& pair, const Identifier& row) {
  if (pair.down.empty()) return of_row(row, pair.to);
  return pair.down.with_columns_qualified(row).text();
}

Sql up_of_column(const MirrorPair& pair) { return pair.up.empty() ? sql("{}", pair.from) : pair.up.text(); }

/// The default as the column stores it: numeric(10,2) keeps 0.00 for a default of 0.
Sql stored_default(const Expression& value, const TypeName& type) {
  return image(sql("({})::{}", value.text(), type_sql(type)));
}

/// A tag of its own, so that the DO block around it keeps $planner$.
Sql function_body(const Sql& body) {
  if (body.str().find("$mirror$") != std::string::npos) return dollar_quoted(body);
  return sql("$mirror${}$mirror$", body);
}

Sql line(int depth, const Sql& text) {
  return sql("{}{}", Sql::verbatim(std::string(static_cast<std::size_t>(depth) * 2, ' ')), text);
}
Sql line(int depth, const char* text) { return line(depth, Sql::verbatim(text)); }

Sql function_of(const Mirror& mirror, const std::vector<Sql>& body) {
  std::vector<Sql> lines;
  lines.push_back(sql("\n      BEGIN"));
  lines.insert(lines.end(), body.begin(), body.end());
  lines.push_back(line(1, "RETURN NEW;"));
  lines.push_back(sql("END\n      "));
  return sql("CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS {}",
             ObjectName(mirror.table.schema, mirror.function_name), function_body(on_lines(lines)));
}

ObjectName counter_of(const Mirror& mirror) { return ObjectName(mirror.table.schema, mirror.counter_name); }

/// With one pair the trigger's WHEN already says that it differs.
void open_pair(const Mirror& mirror, const MirrorPair& pair, std::vector<Sql>& body) {
  if (mirror.pairs.size() == 1) return;
  body.push_back(line(1, sql("IF {} *<> {} THEN", image(up_of(pair, kNew)), image(of_row(kNew, pair.to)))));
}
void close_pair(const Mirror& mirror, std::vector<Sql>& body) {
  if (mirror.pairs.size() > 1) body.push_back(line(1, "END IF;"));
}

}  // namespace

Mirror make_mirror(const Table& table, std::vector<MirrorPair> pairs) {
  Mirror mirror;
  mirror.table = table.name;
  mirror.pairs = std::move(pairs);
  std::string columns;
  for (const MirrorPair& pair : mirror.pairs) columns += (columns.empty() ? "" : "_") + pair.to.str();
  mirror.function_name = planner_name("mirror", table.name.name.str() + "_" + columns);
  mirror.constraint_name = planner_name("sync", columns);
  mirror.counter_name = planner_name("old_writes", table.name.name.str() + "_" + columns);
  std::string first_letters = "zzz";
  const auto behind = [&](const Trigger& trigger) {
    return trigger.definition.name.str() > first_letters + "_planner_mirror_" + columns;
  };
  while (first_letters.size() < 20 && std::any_of(table.triggers.begin(), table.triggers.end(), behind))
    first_letters += 'z';
  mirror.trigger_name = fitted_name(first_letters + "_planner_mirror_" + columns);
  return mirror;
}

Sql one_way_function(const Mirror& mirror) {
  std::vector<Sql> body;
  for (const MirrorPair& pair : mirror.pairs) {
    const int depth = mirror.pairs.size() == 1 ? 1 : 2;
    open_pair(mirror, pair, body);
    Sql given = sql("NEW.{} IS NOT NULL", pair.to);
    if (!pair.to_default.empty()) {
      given = sql("{} AND {} *<> {}", given, image(of_row(kNew, pair.to)),
                  stored_default(pair.to_default, pair.to_type));
    }
    body.push_back(line(depth, sql("IF TG_OP = 'UPDATE' AND {} *<> {} OR TG_OP = 'INSERT' AND {} THEN",
                                   image(of_row(kNew, pair.to)), image(of_row(kOld, pair.to)), given)));
    // Loud, because the alternative is to lose what was written.
    body.push_back(line(depth + 1, sql("RAISE EXCEPTION 'planner: column % cannot be written before the "
                                       "dual-write phase; it follows %', {}, {};",
                                       Literal(pair.to.str()), Literal(pair.from.str()))));
    body.push_back(line(depth, "END IF;"));
    body.push_back(line(depth, sql("NEW.{} := {};", pair.to, up_of(pair, kNew))));
    close_pair(mirror, body);
  }
  return function_of(mirror, body);
}

Sql two_way_function(const Mirror& mirror, bool report_old_writes) {
  std::vector<Sql> body;
  const Sql count = sql("PERFORM nextval({});", Literal(quoted(counter_of(mirror))));
  for (const MirrorPair& pair : mirror.pairs) {
    const int depth = mirror.pairs.size() == 1 ? 1 : 2;
    open_pair(mirror, pair, body);
    const Sql follow = sql("NEW.{} := {};", pair.to, up_of(pair, kNew));
    const Sql lead = sql("NEW.{} := {};", pair.from, down_of(pair, kNew));
    std::string word = "IF";
    const auto when = [&](const Sql& condition, const Sql& then, const char* because) {
      body.push_back(line(depth + 1, sql("{} {} THEN {}  -- {}", Sql::verbatim(word), condition, then,
                                         Sql::verbatim(because))));
      word = "ELSIF";
    };
    body.push_back(line(depth, "IF TG_OP = 'INSERT' THEN"));
    if (!pair.to_default.empty()) {
      Sql left_out =
          sql("{} *= {}", image(of_row(kNew, pair.to)), stored_default(pair.to_default, pair.to_type));
      // Without a default on the old column its NULL may mean "left out": then the new column's default
      // counts.
      if (pair.from_default.empty()) left_out = sql("NEW.{} IS NOT NULL AND {}", pair.from, left_out);
      when(left_out, sql("{} {}", count, follow), "the new column was left out");
    }
    if (!pair.from_default.empty() && !pair.to_default.empty()) {
      when(sql("{} *= {}", image(of_row(kNew, pair.from)), stored_default(pair.from_default, pair.from_type)),
           lead, "the old column was left out");
    }
    when(sql("NEW.{} IS NULL", pair.to), sql("{} {}", count, follow), "only the old column was given");
    body.push_back(line(depth + 1, sql("ELSE {}", lead)));
    body.push_back(line(depth + 1, "END IF;"));
    body.push_back(
        line(depth, sql("ELSIF {} *<> {} THEN", image(of_row(kNew, pair.to)), image(of_row(kOld, pair.to)))));
    body.push_back(line(depth + 1, lead));
    body.push_back(line(depth, "ELSE"));
    if (report_old_writes) {
      body.push_back(line(depth + 1, sql("RAISE WARNING 'planner: somebody still writes column % of table %, "
                                         "which is about to go', {}, {};",
                                         Literal(pair.from.str()), Literal(display(mirror.table)))));
    }
    body.push_back(line(depth + 1, count));
    body.push_back(line(depth + 1, follow));
    body.push_back(line(depth, "END IF;"));
    close_pair(mirror, body);
  }
  return function_of(mirror, body);
}

std::vector<Sql> create_counter(const Mirror& mirror) {
  return {sql("CREATE SEQUENCE {}", counter_of(mirror)),
          sql("GRANT USAGE ON SEQUENCE {} TO PUBLIC", counter_of(mirror))};
}

Sql drop_counter(const Mirror& mirror) { return sql("DROP SEQUENCE {}", counter_of(mirror)); }

std::vector<Sql> create_trigger(const Mirror& mirror) {
  std::vector<Sql> ups, tos;
  for (const MirrorPair& pair : mirror.pairs) {
    ups.push_back(up_of(pair, kNew));
    tos.push_back(of_row(kNew, pair.to));
  }
  return {on_lines({sql("CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON {} FOR EACH ROW", mirror.trigger_name,
                        mirror.table),
                    sql("  WHEN ({} *<> {})", image(join(ups, ", ")), image(join(tos, ", "))),
                    sql("  EXECUTE FUNCTION {}()", ObjectName(mirror.table.schema, mirror.function_name))}),
          sql("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}", mirror.table, mirror.trigger_name)};
}

Sql in_sync(const Mirror& mirror) {
  std::vector<Sql> ups, tos;
  for (const MirrorPair& pair : mirror.pairs) {
    ups.push_back(up_of_column(pair));
    tos.push_back(sql("{}", pair.to));
  }
  return sql("{} *= {}", image(join(tos, ", ")), image(join(ups, ", ")));
}

Sql add_sync_check(const Mirror& mirror) {
  return sql("ALTER TABLE {} ADD CONSTRAINT {} CHECK ({}) NOT VALID", mirror.table, mirror.constraint_name,
             in_sync(mirror));
}

std::vector<Sql> drop_mirror(const Mirror& mirror) {
  return {sql("DROP TRIGGER {} ON {}", mirror.trigger_name, mirror.table),
          sql("DROP FUNCTION {}()", ObjectName(mirror.table.schema, mirror.function_name)),
          sql("ALTER TABLE {} DROP CONSTRAINT {}", mirror.table, mirror.constraint_name)};
}

Backfill copy_of(const Mirror& mirror, const Table& table) {
  Backfill backfill = keyed_backfill(table);
  std::vector<Sql> ups, tos;
  for (const MirrorPair& pair : mirror.pairs) {
    backfill.assignments.emplace_back(pair.to, up_of_column(pair));
    ups.push_back(up_of_column(pair));
    tos.push_back(sql("{}", pair.to));
  }
  backfill.todo = sql("{} *<> {}", image(join(tos, ", ")), image(join(ups, ", ")));
  return backfill;
}

}  // namespace planner::plans
