#include "src/database/live_schema.h"

#include <algorithm>
#include <map>
#include <utility>

#include "planner/sql/parse.h"
#include "src/database/connection.h"
#include "src/database/live_schema_read.h"

namespace planner {
namespace live {

bool is_true(const Value& value) { return value && *value == "t"; }

Identifier name_of(const Value& value) { return Identifier(value.value_or("")); }

Expression expression_of(const Value& value) {
  return value && !value->empty() ? Expression::parse(*value) : Expression();
}

std::vector<Identifier> names_of(const Value& value) {
  // Lists come as JSON-free text: one name a line, which no catalogue query of ours lets a name contain.
  std::vector<Identifier> out;
  if (!value || value->empty()) return out;
  std::size_t begin = 0;
  for (std::size_t end = value->find('\n'); end != std::string::npos; end = value->find('\n', begin)) {
    out.emplace_back(std::string_view(*value).substr(begin, end - begin));
    begin = end + 1;
  }
  out.emplace_back(std::string_view(*value).substr(begin));
  return out;
}

std::vector<Option> options_of(const Value& value) {
  std::vector<Option> out;
  for (const Identifier& line : names_of(value)) {
    const std::size_t equals = line.str().find('=');
    if (equals == std::string::npos) continue;
    out.push_back({line.str().substr(0, equals), line.str().substr(equals + 1)});
  }
  return out;
}

namespace {

Persistence persistence_of(const Value& value) {
  if (value == "u") return Persistence::Unlogged;
  return value == "t" ? Persistence::Temporary : Persistence::Permanent;
}

void read_relations(Reader& reader) {
  const Result result = reader.rows(
      "SELECT c.oid, s.nspname, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, "
      "c.relforcerowsecurity, "
      "c.relreplident, array_to_string(c.reloptions, E'\\n'), sp.spcname, am.amname, "
      "pg_get_userbyid(c.relowner), "
      "obj_description(c.oid, 'pg_class'), CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, "
      "CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END, c.reltuples, "
      "c.relpages::int8 * current_setting('block_size')::int8, "
      "CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, c.relispopulated, "
      "array_to_string(toast.reloptions, E'\\n'), typen.nspname, type.typname "
      "FROM rel c JOIN seen s ON s.oid = c.relnamespace LEFT JOIN pg_tablespace sp ON sp.oid = "
      "c.reltablespace "
      "LEFT JOIN pg_am am ON am.oid = c.relam LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid "
      "LEFT JOIN pg_type type ON type.oid = c.reloftype AND c.reloftype <> 0 LEFT JOIN pg_namespace typen ON "
      "typen.oid = type.typnamespace WHERE "
      "c.relkind IN ('r', 'p', 'f', 'v', 'm')");
  for (const Row& row : result.rows) {
    const ObjectName name(name_of(row[1]), name_of(row[2]));
    const std::string kind = row[3].value_or("r");
    reader.relations.emplace(row[0].value_or(""), Relation{name, kind[0]});
    if (kind == "v" || kind == "m") {
      View view;
      view.name = name;
      view.materialized = kind == "m";
      view.options = options_of(row[8]);
      view.owner = row[11].value_or("");
      view.comment = row[12].value_or("");
      view.populated = is_true(row[18]);
      if (row[17]) view.query = Expression::parse_query(*row[17]);
      reader.views.emplace(name, std::move(view));
      continue;
    }
    Table table;
    table.name = name;
    table.kind = kind == "p"   ? RelationKind::PartitionedTable
                 : kind == "f" ? RelationKind::ForeignTable
                               : RelationKind::Table;
    table.persistence = persistence_of(row[4]);
    table.row_security = is_true(row[5]);
    table.force_row_security = is_true(row[6]);
    table.replica_identity = row[7].value_or("d")[0];
    table.options = options_of(row[8]);
    for (Option& option : options_of(row[19]))
      table.options.push_back({"toast." + option.name, option.value});
    table.tablespace = row[9].value_or("");
    if (row[10] && *row[10] != "heap") table.access_method = *row[10];
    if (row[21]) table.of_type = ObjectName(name_of(row[20]), name_of(row[21]));
    table.owner = row[11].value_or("");
    table.comment = row[12].value_or("");
    if (row[13]) {
      const auto operations =
          parse_statement(sql("CREATE TABLE x () PARTITION BY {}", Sql::verbatim(*row[13])).str());
      table.partition_by = std::get<CreateTable>(operations.at(0)).partition_by;
    }
    if (row[14]) {
      const auto operations =
          parse_statement(sql("CREATE TABLE x PARTITION OF y {}", Sql::verbatim(*row[14])).str());
      table.bound = std::get<CreateTable>(operations.at(0)).bound;
    }
    if (reader.options.sizes) {
      TableSize size;
      size.rows = std::stod(row[15].value_or("-1"));
      size.heap_bytes = std::stoll(row[16].value_or("0"));
      table.size = size;
    }
    reader.tables.emplace(name, std::move(table));
  }
}

void read_columns(Reader& reader) {
  const Result result = reader.rows(
      "SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
      "pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, co.collname, cn.nspname, "
      "CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END, a.attcompression, a.attstattarget, "
      "array_to_string(a.attoptions, E'\\n'), remark.description, a.attinhcount > 0, "
      "a.attislocal "
      "FROM pg_attribute a JOIN rel c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid "
      "LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
      "LEFT JOIN pg_collation co ON co.oid = a.attcollation AND a.attcollation <> t.typcollation "
      "LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace "
      // Joined: obj_description() and its like cost a look-up of their own for every row.
      "LEFT JOIN pg_description remark ON remark.objoid = a.attrelid AND remark.classoid = "
      "'pg_catalog.pg_class'::regclass AND remark.objsubid = a.attnum "
      "WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm') ORDER BY "
      "a.attrelid, a.attnum");
  for (const Row& row : result.rows) {
    const auto relation = reader.relations.find(row[0].value_or(""));
    if (relation == reader.relations.end()) continue;
    const TypeName type = reader.type(row[2].value_or(""));
    if (relation->second.kind == 'v' || relation->second.kind == 'm') {
      View& view = reader.views.at(relation->second.name);
      view.columns.push_back(name_of(row[1]));
      view.column_types.push_back(type);
      continue;
    }
    Column column;
    column.name = name_of(row[1]);
    column.type = type;
    column.not_null = is_true(row[3]);
    const std::string generated = row[6].value_or("");
    (generated.empty() ? column.default_value : column.generated) = reader.expression(row[4]);
    column.generated_virtual = generated == "v";
    const std::string identity = row[5].value_or("");
    if (!identity.empty()) column.identity = Identity{identity == "a", {}};
    if (row[7]) column.collation = reader.qualified(name_of(row[8]), name_of(row[7]));
    static const std::map<std::string, std::string> kStorage{
        {"p", "plain"}, {"e", "external"}, {"m", "main"}, {"x", "extended"}};
    const auto storage = kStorage.find(row[9].value_or(""));
    if (storage != kStorage.end()) column.storage = storage->second;
    const std::string compression = row[10].value_or("");
    column.compression = compression == "p" ? "pglz" : compression == "l" ? "lz4" : "";
    column.statistics_target = std::stoi(row[11].value_or("-1"));
    column.options = options_of(row[12]);
    // Minor releases of 2026 keep a version of the column here, which nobody can set.
    std::erase_if(column.options, [](const Option& option) { return option.name == "pg_attver"; });
    column.comment = row[13].value_or("");
    column.inherited = is_true(row[14]);
    column.local = is_true(row[15]);
    reader.tables.at(relation->second.name).columns.push_back(std::move(column));
  }
}

void read_inheritance(Reader& reader) {
  const Result result = reader.rows(
      "SELECT i.inhrelid, i.inhparent, c.relispartition FROM pg_inherits i JOIN rel c ON c.oid = i.inhrelid "
      "WHERE c.relkind IN ('r', 'p', 'f') ORDER BY i.inhrelid, i.inhseqno");
  for (const Row& row : result.rows) {
    const auto child = reader.relations.find(row[0].value_or(""));
    const auto parent = reader.relations.find(row[1].value_or(""));
    if (child == reader.relations.end() || parent == reader.relations.end()) continue;
    Table& table = reader.tables.at(child->second.name);
    table.inherits.push_back(parent->second.name);
    if (is_true(row[2])) table.partition_of = parent->second.name;
    reader.tables.at(parent->second.name).children.push_back(child->second.name);
  }
}

void read_indexes(Reader& reader) {
  const Result result = reader.rows(
      "SELECT i.indrelid, s.nspname, c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready, "
      "i.indisprimary, "
      "i.indisclustered, i.indisreplident, k.conname, pn.nspname, p.relname, "
      "remark.description, "
      "sp.spcname, c.relpages::int8 * current_setting('block_size')::int8, "
      "own.names "
      "FROM pg_index i JOIN rel c ON c.oid = i.indexrelid JOIN seen s ON s.oid = c.relnamespace "
      "LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN "
      "('p', 'u', 'x') "
      "LEFT JOIN pg_inherits h ON h.inhrelid = i.indexrelid LEFT JOIN pg_class p ON p.oid = h.inhparent "
      "LEFT JOIN pg_namespace pn ON pn.oid = p.relnamespace LEFT JOIN pg_tablespace sp ON sp.oid = "
      "c.reltablespace "
      "LEFT JOIN pg_description remark ON remark.objoid = c.oid AND remark.classoid = "
      "'pg_catalog.pg_class'::regclass AND remark.objsubid = 0 "
      "LEFT JOIN (SELECT a.attrelid, string_agg(a.attname, E'\\n' ORDER BY a.attnum) AS names FROM "
      "pg_attribute a "
      "JOIN pg_index o ON o.indexrelid = a.attrelid GROUP BY a.attrelid) own ON own.attrelid = i.indexrelid "
      "ORDER BY i.indrelid, i.indexrelid");
  for (const Row& row : result.rows) {
    const auto relation = reader.relations.find(row[0].value_or(""));
    if (relation == reader.relations.end()) continue;
    const auto operations = parse_statement(row[3].value_or(""));
    const auto& created = std::get<CreateIndex>(operations.at(0));
    Index index;
    index.name = ObjectName(name_of(row[1]), name_of(row[2]));
    index.table = relation->second.name;
    index.elements = created.elements;
    for (IndexElement& element : index.elements) {
      element.opclass = reader.without_catalog(element.opclass);
      element.collation = reader.without_catalog(element.collation);
    }
    index.included = created.included;
    index.method = created.method.empty() ? "btree" : created.method;
    index.predicate = created.predicate;
    index.options = created.options;
    index.unique = created.unique;
    index.nulls_not_distinct = created.nulls_not_distinct;
    index.valid = is_true(row[4]);
    index.ready = is_true(row[5]);
    index.primary = is_true(row[6]);
    index.clustered = is_true(row[7]);
    index.replica_identity = is_true(row[8]);
    if (row[9]) index.constraint = name_of(row[9]);
    if (row[11]) index.parent = ObjectName(name_of(row[10]), name_of(row[11]));
    index.comment = row[12].value_or("");
    index.tablespace = row[13].value_or("");
    if (reader.options.sizes) index.bytes = std::stoll(row[14].value_or("0"));
    index.column_names = names_of(row[15]);
    const bool of_view = relation->second.kind == 'm';
    (of_view ? reader.views.at(index.table).indexes : reader.tables.at(index.table).indexes)
        .push_back(std::move(index));
  }
}

void read_constraints(Reader& reader) {
  const Result result = reader.rows(
      "SELECT k.conrelid, k.conname, k.contype, pg_get_constraintdef(k.oid), k.convalidated, k.coninhcount > "
      "0, "
      "xn.nspname, x.relname, fn.nspname, f.relname, "
      "CASE WHEN k.contype = 'f' THEN (SELECT string_agg(a.attname, E'\\n' ORDER BY u.place) FROM "
      "unnest(k.confkey) WITH ORDINALITY u(attnum, place) JOIN pg_attribute a ON a.attrelid = k.confrelid "
      "AND "
      "a.attnum = u.attnum) END, remark.description, k.conislocal, rn.nspname, r.relname, up.conrelid = "
      "k.conrelid, up.conname "
      "FROM pg_constraint k JOIN rel c ON c.oid = k.conrelid "
      "LEFT JOIN pg_class x ON x.oid = k.conindid AND k.contype IN ('p', 'u', 'x') LEFT JOIN pg_namespace xn "
      "ON xn.oid = x.relnamespace "
      "LEFT JOIN pg_class f ON f.oid = k.confrelid LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace "
      "LEFT JOIN pg_class r ON r.oid = k.conindid AND k.contype = 'f' LEFT JOIN pg_namespace rn ON rn.oid = "
      "r.relnamespace LEFT JOIN pg_constraint up ON up.oid = k.conparentid "
      "LEFT JOIN pg_description remark ON remark.objoid = k.oid AND remark.classoid = "
      "'pg_catalog.pg_constraint'::regclass AND remark.objsubid = 0 "
      "WHERE k.contype IN ('c', 'p', 'u', 'f', 'x') ORDER BY k.conrelid, k.oid");
  for (const Row& row : result.rows) {
    const auto relation = reader.relations.find(row[0].value_or(""));
    if (relation == reader.relations.end()) continue;
    // What a foreign key needs per partition of the referenced table is no constraint a person meets.
    if (is_true(row[15])) {
      Table::HiddenConstraint hidden{name_of(row[1]), name_of(row[16]),
                                     ObjectName(name_of(row[8]), name_of(row[9]))};
      reader.tables.at(relation->second.name).hidden_constraints.push_back(std::move(hidden));
      continue;
    }
    Constraint constraint;
    try {
      constraint.definition = reader.constraint(row[3].value_or(""));
      constraint.definition.name = name_of(row[1]);
    } catch (const Error& error) {
      reader.schema.gaps.push("constraint " + row[1].value_or("") + " of " + display(relation->second.name) +
                              ": " + error.what());
      continue;
    }
    constraint.validated = is_true(row[4]);
    constraint.inherited = is_true(row[5]);
    if (row[7]) constraint.index = ObjectName(name_of(row[6]), name_of(row[7]));
    if (row[9]) {
      constraint.definition.references.table = ObjectName(name_of(row[8]), name_of(row[9]));
      constraint.definition.references.columns = names_of(row[10]);
    }
    constraint.comment = row[11].value_or("");
    constraint.local = is_true(row[12]);
    if (row[14]) constraint.referenced_index = ObjectName(name_of(row[13]), name_of(row[14]));
    const auto table = reader.tables.find(relation->second.name);
    if (table != reader.tables.end()) table->second.constraints.push_back(std::move(constraint));
  }
}

}  // namespace

const ConstraintDefinition& Reader::constraint_of(const Operation& operation) {
  if (const auto* check = std::get_if<AddCheck>(&operation)) return check->constraint;
  if (const auto* foreign_key = std::get_if<AddForeignKey>(&operation)) return foreign_key->constraint;
  if (const auto* unique = std::get_if<AddUnique>(&operation)) return unique->constraint;
  if (const auto* primary = std::get_if<AddPrimaryKey>(&operation)) return primary->constraint;
  if (const auto* exclusion = std::get_if<AddExclusion>(&operation)) return exclusion->constraint;
  throw Error("the server's definition of a constraint reads as something else");
}

TypeName Reader::type(const std::string& text) {
  const auto known = types_.find(text);
  if (known != types_.end()) return known->second;
  return types_.emplace(text, parse_type(text)).first->second;
}

Expression Reader::expression(const Value& value) {
  if (!value || value->empty()) return {};
  const auto known = expressions_.find(*value);
  if (known != expressions_.end()) return known->second;
  return expressions_.emplace(*value, Expression::parse(*value)).first->second;
}

const ConstraintDefinition& Reader::constraint(const std::string& definition) {
  const auto known = constraints_.find(definition);
  if (known != constraints_.end()) return known->second;
  const auto operations =
      parse_statement(sql("ALTER TABLE x ADD CONSTRAINT x {}", Sql::verbatim(definition)).str());
  return constraints_.emplace(definition, constraint_of(operations.at(0))).first->second;
}

ObjectName Reader::qualified(const Identifier& schema_name, const Identifier& name) {
  return schema_name.str() == "pg_catalog" ? ObjectName(name) : ObjectName(schema_name, name);
}

ObjectName Reader::without_catalog(const ObjectName& name) { return qualified(name.schema, name.name); }

Result Reader::rows(const std::string& query) {
  static const std::string kSeen =
      "WITH seen AS (SELECT oid, nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname "
      "NOT IN ('information_schema', 'planner')), "
      "rel AS (SELECT c.* FROM pg_catalog.pg_class c JOIN seen ON seen.oid = c.relnamespace WHERE c.relname "
      "NOT IN ('_prisma_migrations', "
      "'_prisma_migrations_pkey') AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = "
      "'pg_catalog.pg_class'::regclass "
      "AND e.objid = c.oid AND e.deptype = 'e')) ";
  return connection.exec(kSeen + query);
}

}  // namespace live

Schema read_schema(Connection& connection, const LiveSchemaOptions& options) {
  live::Reader reader{connection, options, Schema(), {}, {}, {}};
  const std::vector<Value> path = [&] {
    std::vector<Value> out;
    for (const Row& row : connection.exec("SELECT unnest(current_schemas(false))").rows)
      out.push_back(row[0]);
    return out;
  }();
  const bool own_transaction = !connection.in_transaction();
  if (own_transaction) connection.exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const std::string old_path = connection.exec("SHOW search_path").text();
  // With an empty path the server qualifies every name it prints.
  connection.exec("SET LOCAL search_path = ''");
  try {
    live::read_relations(reader);
    live::read_columns(reader);
    live::read_inheritance(reader);
    live::read_indexes(reader);
    live::read_constraints(reader);
    live::read_objects(reader);
  } catch (...) {
    if (own_transaction && connection.is_open()) connection.exec("ROLLBACK");
    throw;
  }
  if (own_transaction) {
    connection.exec("COMMIT");
  } else {
    connection.exec(sql("SET LOCAL search_path = {}", Sql::verbatim(old_path)).str());
  }
  Schema& schema = reader.schema;
  schema.from_database = true;
  schema.server_version = connection.server_version();
  schema.time_zone = connection.parameter("TimeZone");
  schema.search_path.clear();
  for (const Value& name : path) schema.search_path.emplace_back(*name);
  schema.session_search_path = schema.search_path;
  for (auto& [name, table] : reader.tables) schema.tables.put(name, std::move(table));
  for (auto& [name, view] : reader.views) schema.views.put(name, std::move(view));
  schema.rebuild_lookups();
  return std::move(reader.schema);
}

}  // namespace planner
