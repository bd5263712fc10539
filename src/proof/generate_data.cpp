#include "src/proof/generate_data.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "planner/builtin_types.h"
#include "planner/casts.h"
#include "src/database/connection.h"
#include "src/proof/own_triggers.h"

namespace planner {
namespace {

/// Types whose values need no more than a formula; `{}` is the salt as a literal.
Sql built_in_value(const TypeName& type, const Sql& salt) {
  const std::string& name = type.name.name.str();
  const int first = type.modifiers.empty() ? -1 : type.modifiers[0];
  const auto short_text = [&](int length) {
    return length >= 24 ? sql("left({} || g, {})", salt, length) : sql("lpad(to_hex(g), {}, '0')", length);
  };
  static const std::map<std::string, const char*> kFormulas = {
      {"int2", "(g % 32000)::int2"},
      {"int4", "g"},
      {"int8", "g::int8"},
      {"oid", "g::oid"},
      {"float4", "(g * 1.5)::float4"},
      {"float8", "g * 1.5::float8"},
      {"bool", "(g % 2 = 0)"},
      {"date", "date '2020-01-01' + (g % 3000)"},
      {"timestamp", "timestamp '2020-01-01' + g * interval '1 minute'"},
      {"timestamptz", "timestamptz '2020-01-01 00:00+00' + g * interval '1 minute'"},
      {"time", "time '00:00' + (g % 86000) * interval '1 second'"},
      {"timetz", "timetz '00:00+00' + (g % 86000) * interval '1 second'"},
      {"interval", "g * interval '1 minute'"},
      {"json", "json_build_object('n', g)"},
      {"jsonb", "jsonb_build_object('n', g)"},
      {"bytea", "decode(md5(g::text), 'hex')"},
      {"xml", "('<a>' || g || '</a>')::xml"},
      {"point", "point(g, g)"},
      {"box", "box(point(g, g), point(g + 1, g + 1))"},
      {"circle", "circle(point(g, g), 1)"},
      {"money", "g::numeric::money"},
      {"xid", "g::text::xid"},
      {"inet", "('10.' || (g / 65536) % 256 || '.' || (g / 256) % 256 || '.' || g % 256)::inet"},
      {"cidr", "('10.' || (g / 65536) % 256 || '.' || (g / 256) % 256 || '.' || g % 256 || '/32')::cidr"},
      {"macaddr",
       "('08:00:2b:' || substr(lpad(to_hex(g), 6, '0'), 1, 2) || ':' || substr(lpad(to_hex(g), 6, '0'), 3, "
       "2) || ':' || substr(lpad(to_hex(g), 6, '0'), 5, 2))::macaddr"},
      {"tsvector", "to_tsvector('simple', 'w' || g)"},
      {"tsquery", "('w' || g)::tsquery"},
      {"char", "'a'::\"char\""},
      {"hstore", "hstore('k', g::text)"},
      {"int4range", "int4range(g * 10, g * 10 + 5)"},
      {"int8range", "int8range(g * 10, g * 10 + 5)"},
      {"numrange", "numrange(g * 10, g * 10 + 5)"},
      {"daterange", "daterange(date '2020-01-01' + g * 2, date '2020-01-01' + g * 2 + 1)"},
      {"tsrange",
       "tsrange(timestamp '2020-01-01' + g * interval '1 hour', timestamp '2020-01-01 00:30' + g * interval "
       "'1 hour')"},
      {"tstzrange",
       "tstzrange(timestamptz '2020-01-01 00:00+00' + g * interval '1 hour', timestamptz '2020-01-01 "
       "00:30+00' + g * interval '1 hour')"},
      {"ltree", "('w' || g)::ltree"},
  };
  const auto formula = kFormulas.find(name);
  if (formula != kFormulas.end()) return Sql::verbatim(formula->second);
  if (name == "text" || name == "name" || name == "citext") return sql("{} || g", salt);
  if (name == "varchar" && first < 0) return sql("{} || g", salt);
  if (name == "varchar" || name == "bpchar") return short_text(first < 0 ? 1 : first);
  if (name == "uuid") return sql("md5({} || g)::uuid", salt);
  if (name == "bit") return sql("g::bit({})", first < 0 ? 1 : first);
  if (name == "varbit") return sql("g::bit({})::varbit", first < 0 ? 16 : std::min(first, 16));
  if (name == "numeric") {
    if (first < 0) return Sql::verbatim("g + 0.25");
    const int scale = type.modifiers.size() > 1 ? type.modifiers[1] : 0;
    const int whole = std::min(first - scale, 9);
    if (whole <= 0) return Sql::verbatim("0");
    return sql("(g % (10 ^ {})::int8)", whole);
  }
  return Sql::verbatim("NULL");
}

class Filler {
 public:
  Filler(Connection& connection, const Schema& schema, int rows)
      : connection_(connection), schema_(schema), rows_(rows) {}

  Filled run() {
    connection_.exec("SET session_replication_role = replica");
    for (const auto& [name, table] : schema_.tables) {
      if (table->partition_of || table->kind == RelationKind::ForeignTable) continue;
      fill_table(*table);
    }
    remove_dangling_rows();
    for (const auto& [name, sequence] : schema_.sequences) {
      connection_.exec(sql("SELECT setval({}::regclass, greatest({}, {}))", Literal(quoted(name)),
                           sequence->minimum, rows_ + 1)
                           .str());
    }
    connection_.exec("RESET session_replication_role");
    for (std::string& line : please_triggers(connection_, schema_))
      filled_.problems.push_back(std::move(line));
    return std::move(filled_);
  }

 private:
  const ConstraintDefinition* foreign_key_of(const Table& table, const Identifier& column) const {
    for (const Constraint& constraint : table.constraints) {
      const ConstraintDefinition& definition = constraint.definition;
      if (definition.kind == ConstraintKind::ForeignKey &&
          std::find(definition.columns.begin(), definition.columns.end(), column) != definition.columns.end())
        return &definition;
    }
    return nullptr;
  }

  static bool is_unique_alone(const Table& table, const Identifier& column) {
    return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const Index& index) {
      return index.unique &&
             std::any_of(index.elements.begin(), index.elements.end(),
                         [&](const IndexElement& element) { return element.column == column; });
    });
  }

  static bool is_checked(const Table& table, const Identifier& column) {
    return std::any_of(table.constraints.begin(), table.constraints.end(), [&](const Constraint& constraint) {
      return constraint.definition.kind == ConstraintKind::Check &&
             constraint.definition.expression.mentions(column);
    });
  }

  /// The formula of a column over `g`, following foreign keys up to the column they end in.
  Sql value(const Table& table, const Column& column, std::set<std::string>& seen) {
    const auto chosen = chosen_.find(display(table.name) + "." + column.name.str());
    if (chosen != chosen_.end()) return chosen->second;
    const ConstraintDefinition* key = foreign_key_of(table, column.name);
    if (key != nullptr && seen.insert(display(table.name) + "." + column.name.str()).second) {
      const Table* parent = schema_.table(key->references.table);
      for (std::size_t i = 0;
           parent != nullptr && i < key->columns.size() && i < key->references.columns.size(); ++i) {
        if (key->columns[i] != column.name) continue;
        const Column* target = parent->column(key->references.columns[i]);
        if (target == nullptr) break;
        const Sql up = value(*parent, *target, seen);
        if (key->columns.size() > 1 || is_unique_alone(table, column.name)) return up;
        return sql("(SELECT {} FROM (SELECT 1 + (g * 7) % {} AS g) s2)", up, rows_);
      }
    }
    const Sql plain = generated_value(schema_, column.type, column.name.str() + "_");
    const bool sometimes_null = !column.not_null && key == nullptr && !is_checked(table, column.name) &&
                                !is_unique_alone(table, column.name);
    return sometimes_null ? sql("CASE WHEN g % 5 = 0 THEN NULL ELSE {} END", plain) : plain;
  }

  /// Searches values that satisfy each CHECK when the formulas do not.
  void satisfy_checks(const Table& table) {
    for (const Constraint& constraint : table.constraints) {
      if (constraint.definition.kind != ConstraintKind::Check) continue;
      const Expression& check = constraint.definition.expression;
      std::vector<const Column*> columns;
      for (const Identifier& name : check.facts().columns) {
        if (const Column* column = table.column(name)) columns.push_back(column);
      }
      if (columns.empty() || holds(table, check, columns)) continue;
      std::vector<std::vector<Sql>> candidates;
      for (const Column* column : columns) candidates.push_back(candidates_for(*column, check));
      std::vector<std::size_t> at(columns.size(), 0);
      for (int tries = 0; tries < 400; ++tries) {
        std::vector<Sql> row;
        for (std::size_t i = 0; i < columns.size(); ++i) {
          row.push_back(
              sql("({})::{} AS {}", candidates[i][at[i]], type_sql(columns[i]->type), columns[i]->name));
        }
        if (true_for(sql("SELECT coalesce(({}), true) FROM (SELECT {} FROM (SELECT 1 AS g) s) {}",
                         check.text(), join(row, ", "), table.name.name))) {
          for (std::size_t i = 0; i < columns.size(); ++i) {
            chosen_.insert_or_assign(display(table.name) + "." + columns[i]->name.str(),
                                     sql("({})::{}", candidates[i][at[i]], type_sql(columns[i]->type)));
          }
          break;
        }
        std::size_t digit = 0;
        while (digit < at.size() && ++at[digit] == candidates[digit].size()) at[digit++] = 0;
        if (digit == at.size()) break;
      }
    }
  }

  std::vector<Sql> candidates_for(const Column& column, const Expression& check) const {
    std::vector<Sql> out{generated_value(schema_, column.type, column.name.str() + "_")};
    for (const std::string& constant : check.facts().string_constants)
      out.push_back(sql("{}", Literal(constant)));
    for (const char* guess : {"1", "0", "10", "100", "-1", "2", "5", "1000", "'a'", "'A'", "'abc'",
                              "'abcdefghij'", "'a@b.cd'", "''", "true", "false", "'{}'", "0.5"}) {
      out.push_back(Sql::verbatim(guess));
    }
    if (!column.not_null) out.push_back(Sql::verbatim("NULL"));
    return out;
  }

  bool holds(const Table& table, const Expression& check, const std::vector<const Column*>& columns) {
    std::vector<Sql> row;
    for (const Column* column : columns) {
      std::set<std::string> seen;
      row.push_back(sql("({})::{} AS {}", value(table, *column, seen), type_sql(column->type), column->name));
    }
    return true_for(
        sql("SELECT bool_and(coalesce(({}), true)) FROM (SELECT {} FROM generate_series(1, {}) s(g)) {}",
            check.text(), join(row, ", "), rows_, table.name.name));
  }

  bool true_for(const Sql& query) {
    try {
      const Result result = connection_.exec(query.str());
      return !result.rows.empty() && result.rows[0][0].has_value() && *result.rows[0][0] == "t";
    } catch (const DatabaseError&) {
      return false;  // a candidate that does not even cast
    }
  }

  void fill_table(const Table& table) {
    satisfy_checks(table);
    std::string problem = insert(table, {}, "true");
    if (problem.empty() || !table.partition_by) {
      if (!problem.empty()) filled_.problems.push_back(display(table.name) + ": " + problem);
      return;
    }
    // No partition takes the formula's values: give each partition rows inside its own bound.
    const std::vector<TableName> partitions = schema_.partitions_and_children(table.name);
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      const Table* partition = schema_.table(partitions[i]);
      if (partition == nullptr || !partition->bound || partition->bound->is_default) continue;
      std::map<std::string, Sql> inside;
      const auto& elements = table.partition_by->elements;
      for (std::size_t k = 0; k < elements.size(); ++k) {
        const auto& bound =
            partition->bound->strategy == "l" ? partition->bound->list : partition->bound->lower;
        if (k < bound.size()) inside.emplace(elements[k].column.str(), bound[k].text());
      }
      insert(table, inside, sql("g % {} = {}", partitions.size(), i).str());
    }
  }

  std::string insert(const Table& table, const std::map<std::string, Sql>& overrides,
                     const std::string& which) {
    std::vector<Identifier> names;
    std::vector<Sql> values;
    for (const Column& column : table.columns) {
      if (!column.generated.empty()) continue;
      std::set<std::string> seen;
      const auto override_value = overrides.find(column.name.str());
      names.push_back(column.name);
      values.push_back(sql(
          "({})::{}", override_value == overrides.end() ? value(table, column, seen) : override_value->second,
          type_sql(column.type)));
    }
    if (names.empty()) return "";
    try {
      connection_.exec(sql("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM generate_series(1, "
                           "{}) s(g) WHERE {} ON CONFLICT DO NOTHING",
                           table.name, column_list(names), join(values, ", "), rows_, Sql::verbatim(which))
                           .str());
      return "";
    } catch (const DatabaseError& error) {
      return error.what();
    }
  }

  /// Rows that lost their parent to ON CONFLICT would make every later validation fail.
  void remove_dangling_rows() {
    for (bool changed = true; changed;) {
      changed = false;
      for (const auto& [name, table] : schema_.tables) {
        for (const Constraint& constraint : table->constraints) {
          const ConstraintDefinition& key = constraint.definition;
          if (key.kind != ConstraintKind::ForeignKey || !constraint.validated || table->partition_of)
            continue;
          std::vector<Sql> match;
          std::vector<Sql> given;
          for (std::size_t i = 0; i < key.columns.size() && i < key.references.columns.size(); ++i) {
            match.push_back(sql("p.{} = c.{}", key.references.columns[i], key.columns[i]));
            given.push_back(sql("c.{} IS NOT NULL", key.columns[i]));
          }
          if (match.empty()) continue;
          const Result gone = connection_.exec(
              sql("DELETE FROM {} c WHERE {} AND NOT EXISTS (SELECT FROM {} p WHERE {}) RETURNING 1", name,
                  join(given, " AND "), key.references.table, join(match, " AND "))
                  .str());
          changed = changed || !gone.rows.empty();
        }
      }
    }
  }

  Connection& connection_;
  const Schema& schema_;
  int rows_;
  Filled filled_;
  std::map<std::string, Sql> chosen_;
};

}  // namespace

Sql generated_value(const Schema& schema, const TypeName& type, const std::string& salt) {
  if (type.array_dimensions > 0) {
    TypeName element = type;
    element.array_dimensions = 0;
    return sql("ARRAY[{}]::{}", generated_value(schema, element, salt), type_sql(type));
  }
  if (const EnumType* known = schema.enum_type(type.name); known != nullptr && !known->labels.empty()) {
    std::vector<Sql> labels;
    for (const std::string& label : known->labels) labels.push_back(sql("{}", Literal(label)));
    return sql("(ARRAY[{}])[1 + g % {}]::{}", join(labels, ", "), labels.size(), type_sql(type));
  }
  if (const Domain* domain = schema.domain(type.name))
    return sql("({})::{}", generated_value(schema, domain->base, salt), type_sql(type));
  return built_in_value(type, sql("{}", Literal(salt)));
}

Schema fill_schema(const Schema& schema, const std::vector<Intention>& intentions) {
  Schema filled = schema;
  std::map<ObjectName, std::vector<std::string>> made;
  const auto converted = [&](const TableName& name, const Identifier& column_name, const TypeName& to) {
    Table* table =
        schema.table(name) == nullptr ? nullptr : filled.tables.edit(schema.resolve_relation(name));
    Column* column = table == nullptr ? nullptr : table->column(column_name);
    if (column == nullptr) return;
    const auto labels = made.find(schema.resolve_type(to.name));
    if (labels != made.end() && to.array_dimensions == 0) {
      std::vector<Sql> values;
      for (const std::string& label : labels->second) values.push_back(sql("{}", Literal(label)));
      Constraint fits;
      fits.definition.kind = ConstraintKind::Check;
      fits.definition.name = Identifier("planner_fits_" + column_name.str());
      fits.definition.expression =
          Expression::parse(sql("{} IN ({})", column_name, join(values, ", ")).str());
      table->constraints.push_back(std::move(fits));
    } else if (is_builtin_type(to.name.name.str()) &&
               cast_path(to, column->type, CastContext::Assignment, schema)) {
      column->type = to;
    }
  };
  for (const Intention& intention : intentions) {
    if (const auto* create = std::get_if<CreateEnum>(&intention.operation)) {
      made[schema.resolve_type(create->type)] = create->labels;
    } else if (const auto* change = std::get_if<ChangeType>(&intention.operation)) {
      // What an expression makes of a value says nothing of the values it takes.
      if (change->using_expression.empty() || cast_chain(change->using_expression)) {
        converted(change->table, change->column, change->type);
      }
    } else if (const auto* replaced = std::get_if<ReplaceColumn>(&intention.operation)) {
      converted(replaced->table, replaced->column.name, replaced->column.type);
    } else if (const auto* swap = std::get_if<ReplaceEnum>(&intention.operation)) {
      if (schema.enum_type(swap->type) == nullptr) continue;
      EnumType* type = filled.enums.edit(schema.resolve_type(swap->type));
      std::erase_if(type->labels, [&](const std::string& label) {
        return std::find(swap->labels.begin(), swap->labels.end(), label) == swap->labels.end();
      });
    }
  }
  return filled;
}

Filled fill(Connection& connection, const Schema& schema, int rows) {
  return Filler(connection, schema, rows).run();
}

}  // namespace planner
