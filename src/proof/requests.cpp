#include "src/proof/requests.h"

#include <fmt/format.h>

#include <algorithm>

#include "planner/sql/type.h"
#include "src/database/connection.h"
#include "src/proof/generate_data.h"
#include "src/proof/oracle.h"

namespace planner {
namespace {

std::string pool_name(const ReleaseTable& table, const ReleaseColumn& column) {
  return table.logical + "." + column.logical + ":" + display(column.type);
}

Sql cast_parameter(std::size_t number, const TypeName& type) {
  return sql("CAST(${}::text AS {})", number, type_sql(type));
}

Sql key_match(const ReleaseTable& table, const Pools::Key& key, std::vector<TextValue>& parameters) {
  std::vector<Sql> parts;
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    const auto column = std::find_if(table.columns.begin(), table.columns.end(),
                                     [&](const ReleaseColumn& c) { return c.name == table.key[i]; });
    parameters.push_back(key[i]);
    parts.push_back(sql("t.{} = {}", table.key[i], cast_parameter(parameters.size(), column->type)));
  }
  return join(parts, " AND ");
}

/// Wraps a writing statement so that it logs, in the same statement, what it committed. `logged` are (logical
/// column, value expression) pairs.
std::string with_log(const ReleaseTable& table, bool old_types, const Sql& statement,
                     const std::vector<std::pair<std::string, Sql>>& logged, const Sql& log_condition,
                     std::size_t returned) {
  std::vector<Sql> rows;
  for (const auto& [column, value] : logged) rows.push_back(sql("({}, {})", Literal(column), value));
  std::vector<Sql> out{Sql::verbatim("w.k")};
  for (std::size_t i = 0; i < returned; ++i) out.push_back(sql("w.v{}", i));
  for (std::size_t i = 0; i < table.key.size(); ++i) out.push_back(sql("w.k{}", i));
  return sql("WITH w AS ({}), l AS (INSERT INTO planner_oracle.writes (tbl, key, col, value, old_type) "
             "SELECT {}, w.k, nullif(c.col, ''), c.value, {} FROM w "
             "CROSS JOIN LATERAL (VALUES {}) c(col, value) WHERE {} RETURNING 1) SELECT {} FROM w",
             statement, Literal(table.logical), Sql::verbatim(old_types ? "true" : "false"), join(rows, ", "),
             log_condition, join(out, ", "))
      .str();
}

/// `RETURNING` the key's text, the given columns' text as v0.., and the key columns as k0..
Sql returning(const ReleaseTable& table, const std::vector<const ReleaseColumn*>& columns) {
  std::vector<Sql> out{sql("{} AS k", key_text(table, Identifier("t")))};
  for (std::size_t i = 0; i < columns.size(); ++i)
    out.push_back(sql("t.{}::text AS v{}", columns[i]->name, i));
  for (std::size_t i = 0; i < table.key.size(); ++i) out.push_back(sql("t.{}::text AS k{}", table.key[i], i));
  return join(out, ", ");
}

/// What the statement must return: nothing is promised for a NULL that the plan fills.
std::optional<TextValue> intended_value(const ReleaseColumn& column, const TextValue& value) {
  if (!value && column.filled) return std::nullopt;
  return std::optional<TextValue>(value);
}

}  // namespace

void Pools::learn(Connection& connection, const Schema& schema, const ReleaseModel& model) {
  const std::lock_guard lock(mutex_);
  for (const ReleaseTable& table : model.tables) {
    for (const ReleaseColumn& column : table.columns) {
      std::vector<TextValue>& pool = values_[pool_name(table, column)];
      if (!pool.empty()) continue;
      for (const auto& row :
           connection
               .exec(sql("SELECT DISTINCT t.{}::text FROM {} t WHERE t.{} IS NOT NULL LIMIT 60", column.name,
                         table.name, column.name)
                         .str())
               .rows) {
        pool.push_back(row[0]);
      }
      if (!pool.empty() || column.references || column.checked) continue;
      for (const auto& row : connection
                                 .exec(sql("SELECT DISTINCT ({})::text FROM generate_series(1, 20) s(g)",
                                           generated_value(schema, column.type, column.logical + "_"))
                                           .str())
                                 .rows) {
        if (row[0]) pool.push_back(row[0]);
      }
    }
    std::vector<Key>& keys = keys_[table.logical];
    if (!keys.empty()) continue;
    std::vector<Sql> selected;
    for (const Identifier& column : table.key) selected.push_back(sql("t.{}::text", column));
    for (const auto& row :
         connection.exec(sql("SELECT {} FROM {} t LIMIT 100000", join(selected, ", "), table.name).str())
             .rows)
      keys.push_back(Key(row.begin(), row.end()));
  }
}

const std::vector<TextValue>& Pools::values(const ReleaseTable& table, const ReleaseColumn& column) const {
  static const std::vector<TextValue> kNone;
  const std::lock_guard lock(mutex_);
  const auto found = values_.find(pool_name(table, column));
  return found == values_.end() ? kNone : found->second;  // never changed once learned
}

std::optional<Pools::Key> Pools::any_key(const ReleaseTable& table, std::mt19937& random,
                                         int hot_rows) const {
  const std::lock_guard lock(mutex_);
  const auto found = keys_.find(table.logical);
  if (found == keys_.end() || found->second.empty()) return std::nullopt;
  std::size_t among = found->second.size();
  if (random() % 2 == 0) among = std::min(among, static_cast<std::size_t>(hot_rows));
  return found->second[random() % among];
}

void Pools::add_key(const ReleaseTable& table, Key key) {
  const std::lock_guard lock(mutex_);
  inserted_[table.logical].push_back(key);
  keys_[table.logical].push_back(std::move(key));
}

std::optional<Pools::Key> Pools::take_inserted_key(const ReleaseTable& table, std::mt19937& random) {
  const std::lock_guard lock(mutex_);
  std::vector<Key>& keys = inserted_[table.logical];
  if (keys.empty()) return std::nullopt;
  const std::size_t at = random() % keys.size();
  Key key = std::move(keys[at]);
  keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(at));
  return key;
}

RequestMaker::RequestMaker(const ReleaseModel& model, Pools& pools, unsigned seed, int hot_rows, bool logged)
    : model_(model), pools_(pools), random_(seed), hot_rows_(hot_rows), logged_(logged) {}

std::string RequestMaker::written(const ReleaseTable& table, const Sql& statement,
                                  const std::vector<std::pair<std::string, Sql>>& values,
                                  const Sql& condition, std::size_t returned) const {
  if (!logged_) return statement.str();
  return with_log(table, model_.release == Release::Old, statement, values, condition, returned);
}

std::optional<Request> RequestMaker::next() {
  if (model_.tables.empty()) return std::nullopt;
  for (int tries = 0; tries < 20; ++tries) {
    const ReleaseTable& table = model_.tables[random_() % model_.tables.size()];
    const int die = roll(100);
    std::optional<Request> request;
    if (die < 35) {
      request = select(table);
    } else if (die < 55) {
      request = model_.release == Release::Transitional ? dual_update(table) : update(table, false);
    } else if (die < 63) {
      request = update(table, true);
    } else if (die < 73) {
      request = insert(table, true, false);
    } else if (die < 81) {
      request = insert(table, false, false);
    } else if (die < 88) {
      request = insert(table, true, true);
    } else if (die < 96) {
      request = upsert(table);
    } else {
      request = remove(table);
    }
    if (request) {
      request->table = &table;
      return request;
    }
  }
  return select(model_.tables.front());
}

bool RequestMaker::can_update(const ReleaseColumn& column) {
  return column.written && !column.in_key && !column.unique;
}

std::optional<std::string> RequestMaker::fresh_value(const ReleaseColumn& column) {
  const std::string& type = column.type.name.name.str();
  // While both types live, the narrower one decides what is sent.
  const TypeName& other = column.other_type;
  if (column.type.array_dimensions > 0 || other.is("int2")) return std::nullopt;
  const auto room = [](const TypeName& one) { return one.modifiers.empty() ? 1000 : one.modifiers[0]; };
  const bool narrow = other.is("varchar") || other.is("bpchar");
  const int length = narrow ? std::min(room(column.type), room(other)) : room(column.type);
  if (type == "int4" || type == "int8") return std::to_string(pools_.next_number());
  if ((type == "text" || type == "citext" || type == "varchar") && length >= 12)
    return "w" + std::to_string(pools_.next_number());
  if (type == "uuid") {
    const std::int64_t number = pools_.next_number();
    return fmt::format("{:08x}-0000-4000-8000-{:012x}", random_(), number);
  }
  return std::nullopt;
}

std::optional<TextValue> RequestMaker::value_for(const ReleaseTable& table, const ReleaseColumn& column,
                                                 bool want_null) {
  if (want_null && !column.not_null) return TextValue{};
  if (column.unique || column.in_key) {
    if (!column.references) {
      if (auto fresh = fresh_value(column)) return TextValue{*fresh};
    }
    if (!column.not_null) return TextValue{};
    return std::nullopt;
  }
  const std::vector<TextValue>& pool = pools_.values(table, column);
  if (!pool.empty()) return pool[random_() % pool.size()];
  if (!column.not_null) return TextValue{};
  return std::nullopt;
}

std::optional<std::vector<RequestMaker::Assignment>> RequestMaker::row_values(const ReleaseTable& table,
                                                                              bool all_columns,
                                                                              bool explicit_nulls,
                                                                              bool with_key) {
  std::vector<Assignment> out;
  std::map<std::string, TextValue> by_logical;  // a transitional client writes both columns of a rename alike
  for (const ReleaseColumn& column : table.columns) {
    if (!column.written) continue;
    if (column.in_key && column.has_default && !with_key) continue;
    const bool alike = column.unique && column.same_default;
    const bool optional = !alike && !column.default_leads && (column.has_default || !column.not_null);
    if (!all_columns && optional && !column.in_key) continue;
    const auto twin = by_logical.find(column.logical);
    const auto value = twin != by_logical.end() ? std::optional<TextValue>(twin->second)
                                                : value_for(table, column, explicit_nulls);
    if (!value) return std::nullopt;
    by_logical[column.logical] = *value;
    out.push_back({&column, *value});
  }
  return out;
}

std::optional<Request> RequestMaker::select(const ReleaseTable& table) {
  const auto key = pools_.any_key(table, random_, hot_rows_);
  if (!key) return std::nullopt;
  Request request;
  std::vector<Sql> columns;
  for (const ReleaseColumn& column : table.columns) columns.push_back(sql("t.{}", column.name));
  const Sql match = key_match(table, *key, request.parameters);
  request.sql = sql("SELECT {} FROM {} t WHERE {}", join(columns, ", "), table.name, match).str();
  return request;
}

std::optional<Request> RequestMaker::insert(const ReleaseTable& table, bool all_columns,
                                            bool explicit_nulls) {
  const auto values = row_values(table, all_columns, explicit_nulls, false);
  if (!values) return std::nullopt;
  Request request;
  request.writes = request.inserts = true;
  std::vector<Identifier> names;
  std::vector<Sql> given;
  std::vector<const ReleaseColumn*> returned;
  std::vector<std::pair<std::string, Sql>> logged;
  for (const Assignment& assignment : *values) {
    request.parameters.push_back(assignment.value);
    names.push_back(assignment.column->name);
    given.push_back(cast_parameter(request.parameters.size(), assignment.column->type));
  }
  for (const ReleaseColumn& column : table.columns) {
    const auto set = std::find_if(values->begin(), values->end(),
                                  [&](const Assignment& a) { return a.column == &column; });
    request.intended.push_back(set == values->end() ? std::optional<TextValue>()
                                                    : intended_value(column, set->value));
    logged.emplace_back(column.logical,
                        set == values->end()
                            ? sql("w.v{}", returned.size())
                            : sql("{}::text", given[static_cast<std::size_t>(set - values->begin())]));
    returned.push_back(&column);
  }
  request.returned = returned;
  const Sql statement =
      names.empty()
          ? sql("INSERT INTO {} AS t DEFAULT VALUES RETURNING {}", table.name, returning(table, returned))
          : sql("INSERT INTO {} AS t ({}) VALUES ({}) RETURNING {}", table.name, column_list(names),
                join(given, ", "), returning(table, returned));
  request.sql = written(table, statement, logged, Sql::verbatim("true"), returned.size());
  return request;
}

std::optional<Request> RequestMaker::upsert(const ReleaseTable& table) {
  if (logged_ && table.behind_view) return std::nullopt;
  const auto key = pools_.any_key(table, random_, hot_rows_);
  if (!key) return std::nullopt;
  auto values = row_values(table, true, false, true);
  if (!values) return std::nullopt;
  std::vector<const Assignment*> changeable;
  for (Assignment& assignment : *values) {
    for (std::size_t i = 0; i < table.key.size(); ++i) {
      if (table.key[i] == assignment.column->name) assignment.value = (*key)[i];
    }
    if (can_update(*assignment.column)) changeable.push_back(&assignment);
  }
  if (changeable.empty() || std::any_of(table.columns.begin(), table.columns.end(),
                                        [](const ReleaseColumn& c) { return c.in_key && !c.written; }))
    return std::nullopt;
  const Assignment& changed = *changeable[random_() % changeable.size()];
  Request request;
  request.writes = true;
  std::vector<Identifier> names;
  std::vector<Sql> given;
  std::vector<Sql> updates;
  std::vector<std::pair<std::string, Sql>> logged;
  for (const Assignment& assignment : *values) {
    request.parameters.push_back(assignment.value);
    names.push_back(assignment.column->name);
    given.push_back(cast_parameter(request.parameters.size(), assignment.column->type));
    if (assignment.column->logical == changed.column->logical) {
      updates.push_back(sql("{} = EXCLUDED.{}", assignment.column->name, assignment.column->name));
      logged.insert(logged.begin(), {assignment.column->logical, sql("{}::text", given.back())});
    } else {
      logged.emplace_back(assignment.column->logical, sql("{}::text", given.back()));
    }
  }
  const Sql statement =
      sql("INSERT INTO {} AS t ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {} RETURNING {}{}", table.name,
          column_list(names), join(given, ", "), column_list(table.key), join(updates, ", "),
          returning(table, {changed.column}), logged_ ? sql(", t.xmax = 0 AS inserted") : Sql());
  request.intended.push_back(intended_value(*changed.column, changed.value));
  request.returned.push_back(changed.column);
  request.sql =
      written(table, statement, logged, sql("w.inserted OR c.col = {}", Literal(changed.column->logical)), 1);
  return request;
}

std::optional<Request> RequestMaker::update(const ReleaseTable& table, bool all_columns) {
  const auto key = pools_.any_key(table, random_, hot_rows_);
  if (!key) return std::nullopt;
  std::vector<const ReleaseColumn*> changeable;
  for (const ReleaseColumn& column : table.columns) {
    if (can_update(column)) changeable.push_back(&column);
  }
  if (changeable.empty()) return std::nullopt;
  if (!all_columns) {
    const ReleaseColumn* one = changeable[random_() % changeable.size()];
    std::erase_if(changeable, [&](const ReleaseColumn* column) { return column->logical != one->logical; });
  }
  Request request;
  request.writes = true;
  std::vector<Sql> sets;
  std::vector<std::pair<std::string, Sql>> logged;
  std::vector<const ReleaseColumn*> returned;
  std::map<std::string, TextValue> by_logical;
  for (const ReleaseColumn* column : changeable) {
    const auto twin = by_logical.find(column->logical);
    const auto value = twin != by_logical.end() ? std::optional<TextValue>(twin->second)
                                                : value_for(table, *column, !column->checked && roll(8) == 0);
    if (!value) continue;
    by_logical[column->logical] = *value;
    request.parameters.push_back(*value);
    const Sql given = cast_parameter(request.parameters.size(), column->type);
    sets.push_back(sql("{} = {}", column->name, given));
    logged.emplace_back(column->logical, sql("{}::text", given));
    returned.push_back(column);
    request.intended.push_back(intended_value(*column, *value));
  }
  if (sets.empty()) return std::nullopt;
  request.returned = returned;
  const Sql match = key_match(table, *key, request.parameters);
  const Sql statement = sql("UPDATE {} t SET {} WHERE {} RETURNING {}", table.name, join(sets, ", "), match,
                            returning(table, returned));
  request.sql = written(table, statement, logged, Sql::verbatim("true"), returned.size());
  return request;
}

/// Full-row code that read both columns, changed one and writes both back: the unchanged one carries the
/// value it had.
std::optional<Request> RequestMaker::dual_update(const ReleaseTable& table) {
  const auto key = pools_.any_key(table, random_, hot_rows_);
  std::vector<std::pair<const ReleaseColumn*, const ReleaseColumn*>> twins;
  for (const ReleaseColumn& a : table.columns) {
    for (const ReleaseColumn& b : table.columns) {
      if (&a != &b && a.logical == b.logical && can_update(a) && can_update(b)) twins.emplace_back(&a, &b);
    }
  }
  if (!key || twins.empty()) return update(table, false);
  const auto& [changed, stale] = twins[random_() % twins.size()];
  const auto value = value_for(table, *changed, false);
  if (!value) return std::nullopt;
  Request request;
  request.writes = true;
  request.parameters.push_back(*value);
  const Sql given = cast_parameter(1, changed->type);
  const Sql match = key_match(table, *key, request.parameters);
  // `x = t.x` is what a client sends that read the row under FOR UPDATE and writes the column back unchanged.
  const Sql statement =
      sql("UPDATE {} t SET {} = {}, {} = t.{} WHERE {} RETURNING {}", table.name, changed->name, given,
          stale->name, stale->name, match, returning(table, {changed, stale}));
  request.intended = {*value, std::nullopt};
  request.returned = {changed, stale};
  request.sql =
      written(table, statement, {{changed->logical, sql("{}::text", given)}}, Sql::verbatim("true"), 2);
  return request;
}

std::optional<Request> RequestMaker::remove(const ReleaseTable& table) {
  if (table.referenced) return std::nullopt;
  const auto key = pools_.take_inserted_key(table, random_);
  if (!key) return std::nullopt;
  Request request;
  request.writes = true;
  const Sql match = key_match(table, *key, request.parameters);
  const Sql statement =
      sql("DELETE FROM {} t WHERE {} RETURNING {}", table.name, match, returning(table, {}));
  request.sql = written(table, statement, {{"", Sql::verbatim("NULL::text")}}, Sql::verbatim("true"), 0);
  return request;
}

}  // namespace planner
