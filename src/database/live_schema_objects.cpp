#include <algorithm>

#include "planner/sql/parse.h"
#include "src/database/live_schema_read.h"

namespace planner::live {
namespace {

void read_schemas_and_extensions(Reader& reader) {
  for (const Row& row : reader.rows("SELECT nspname, obj_description(oid, 'pg_namespace') FROM seen").rows) {
    reader.schema.schemas.put(name_of(row[0]), row[1].value_or(""));
  }
  for (const Row& row :
       reader.rows("SELECT extname, extversion FROM pg_extension WHERE extname <> 'plpgsql'").rows) {
    reader.schema.extensions.put(name_of(row[0]), row[1].value_or(""));
  }
  // Column lists and filters came with version 15.
  const bool parts = reader.connection.server_version() >= 150000;
  const std::string part_columns =
      parts ? "(SELECT string_agg(a.attname, E'\\n' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = "
              "c.oid AND a.attnum = ANY (r.prattrs)), pg_get_expr(r.prqual, c.oid)"
            : "NULL, NULL";
  for (const Row& row :
       reader
           .rows("SELECT p.pubname, p.puballtables, s.nspname, c.relname, " + part_columns +
                 " FROM pg_publication p LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid "
                 "LEFT JOIN rel c ON c.oid = r.prrelid LEFT JOIN seen s ON s.oid = c.relnamespace")
           .rows) {
    const Identifier publication = name_of(row[0]);
    std::vector<TableName>* tables = reader.schema.publications.edit(publication);
    if (tables == nullptr) tables = &reader.schema.publications.put(publication, {});
    if (!row[3]) continue;
    const TableName table(name_of(row[2]), name_of(row[3]));
    tables->push_back(table);
    const auto note = [&](auto& facts, const std::vector<Identifier>& columns) {
      if (columns.empty()) return;
      if (!facts.contains(publication)) facts.put(publication, {});
      (*facts.edit(publication))[table] = columns;
    };
    note(reader.schema.publication_columns, names_of(row[4]));
    note(reader.schema.publication_filters, expression_of(row[5]).facts().columns);
  }
}

void read_sequences(Reader& reader) {
  const Result result = reader.rows(
      "SELECT s.nspname, c.relname, format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement, q.seqmin, "
      "q.seqmax, q.seqcache, q.seqcycle, "
      "tn.nspname, t.relname, a.attname, d.deptype, c.relpersistence, pg_get_userbyid(c.relowner), "
      "obj_description(c.oid, 'pg_class') "
      "FROM pg_sequence q JOIN rel c ON c.oid = q.seqrelid JOIN seen s ON s.oid = c.relnamespace "
      "LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = "
      "'pg_class'::regclass AND d.deptype IN ('a', 'i') "
      "LEFT JOIN pg_class t ON t.oid = d.refobjid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace "
      "LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid");
  for (const Row& row : result.rows) {
    Sequence sequence;
    sequence.name = ObjectName(name_of(row[0]), name_of(row[1]));
    sequence.type = reader.type(row[2].value_or("bigint")).name.name.str();
    sequence.start = std::stoll(*row[3]);
    sequence.increment = std::stoll(*row[4]);
    sequence.minimum = std::stoll(*row[5]);
    sequence.maximum = std::stoll(*row[6]);
    sequence.cache = std::stoll(*row[7]);
    sequence.cycle = is_true(row[8]);
    if (row[10] && row[11]) {
      sequence.owner_table = ObjectName(name_of(row[9]), name_of(row[10]));
      sequence.owner_column = name_of(row[11]);
    }
    sequence.internal = row[12] == "i";
    sequence.persistence = row[13] == "u"   ? Persistence::Unlogged
                           : row[13] == "t" ? Persistence::Temporary
                                            : Persistence::Permanent;
    sequence.owner = row[14].value_or("");
    sequence.comment = row[15].value_or("");
    reader.schema.sequences.put(sequence.name, sequence);
    if (!sequence.owner_table) continue;
    const auto owner = reader.tables.find(*sequence.owner_table);
    if (owner != reader.tables.end()) owner->second.owned_sequences.push_back(sequence.name);
  }
}

void read_enums(Reader& reader) {
  const Result result = reader.rows(
      "SELECT s.nspname, t.typname, e.enumlabel, obj_description(t.oid, 'pg_type'), "
      "pg_get_userbyid(t.typowner) FROM pg_type t JOIN seen s ON s.oid = t.typnamespace "
      "LEFT JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typtype = 'e' AND NOT EXISTS (SELECT FROM "
      "pg_depend d WHERE d.classid = 'pg_type'::regclass "
      "AND d.objid = t.oid AND d.deptype = 'e') ORDER BY t.oid, e.enumsortorder");
  for (const Row& row : result.rows) {
    const ObjectName name(name_of(row[0]), name_of(row[1]));
    EnumType* type = reader.schema.enums.edit(name);
    if (type == nullptr)
      type =
          &reader.schema.enums.put(name, EnumType{name, {}, false, row[3].value_or(""), row[4].value_or("")});
    if (row[2]) type->labels.push_back(*row[2]);
  }
}

void read_domains(Reader& reader) {
  const Result result = reader.rows(
      "SELECT s.nspname, t.typname, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault, "
      "co.collname, cn.nspname, "
      "obj_description(t.oid, 'pg_type'), pg_get_userbyid(t.typowner), k.conname, "
      "pg_get_constraintdef(k.oid), k.convalidated "
      "FROM pg_type t JOIN seen s ON s.oid = t.typnamespace JOIN pg_type b ON b.oid = t.typbasetype "
      "LEFT JOIN pg_collation co ON co.oid = t.typcollation AND t.typcollation <> b.typcollation LEFT JOIN "
      "pg_namespace cn ON cn.oid = co.collnamespace "
      "LEFT JOIN pg_constraint k ON k.contypid = t.oid AND k.contype = 'c' WHERE t.typtype = 'd' AND NOT "
      "EXISTS (SELECT FROM pg_depend d "
      "WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e') ORDER BY t.oid, "
      "k.conname");
  for (const Row& row : result.rows) {
    const ObjectName name(name_of(row[0]), name_of(row[1]));
    Domain* domain = reader.schema.domains.edit(name);
    if (domain == nullptr) {
      Domain made;
      made.name = name;
      made.base = reader.type(row[2].value_or("text"));
      made.not_null = is_true(row[3]);
      made.default_value = expression_of(row[4]);
      if (row[5]) made.collation = Reader::qualified(name_of(row[6]), name_of(row[5]));
      made.comment = row[7].value_or("");
      made.owner = row[8].value_or("");
      domain = &reader.schema.domains.put(name, std::move(made));
    }
    if (!row[9]) continue;
    const auto operations = parse_statement(
        sql("ALTER DOMAIN x ADD CONSTRAINT {} {}", name_of(row[9]), Sql::verbatim(row[10].value_or("")))
            .str());
    Constraint check;
    check.definition = std::get<AlterDomain>(operations.at(0)).constraint;
    check.validated = is_true(row[11]);
    domain->checks.push_back(std::move(check));
  }
}

void read_other_types(Reader& reader) {
  const Result result = reader.rows(
      "SELECT s.nspname, t.typname, t.typtype, t.typisdefined, x.extname, obj_description(t.oid, 'pg_type'), "
      "pg_get_userbyid(t.typowner), a.attname, "
      "format_type(a.atttypid, a.atttypmod), format_type(rg.rngsubtype, NULL), "
      "CASE WHEN NOT oc.opcdefault THEN ocn.nspname END, CASE WHEN NOT oc.opcdefault THEN oc.opcname END, "
      "con.nspname, co.collname, cfn.nspname, cf.proname, dfn.nspname, df.proname, mtn.nspname, mt.typname "
      "FROM pg_type t JOIN seen s ON s.oid = t.typnamespace LEFT JOIN "
      "pg_class c ON c.oid = t.typrelid "
      "LEFT JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e' LEFT "
      "JOIN pg_extension x ON x.oid = d.refobjid "
      "LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
      "LEFT JOIN pg_range rg ON rg.rngtypid = t.oid LEFT JOIN pg_type st ON st.oid = rg.rngsubtype "
      "LEFT JOIN pg_opclass oc ON oc.oid = rg.rngsubopc LEFT JOIN pg_namespace ocn ON ocn.oid = oc.opcnamespace "
      "LEFT JOIN pg_collation co ON co.oid = rg.rngcollation AND rg.rngcollation <> st.typcollation "
      "LEFT JOIN pg_namespace con ON con.oid = co.collnamespace "
      "LEFT JOIN pg_proc cf ON cf.oid = rg.rngcanonical::oid LEFT JOIN pg_namespace cfn ON cfn.oid = "
      "cf.pronamespace LEFT JOIN pg_proc df ON df.oid = rg.rngsubdiff::oid LEFT JOIN pg_namespace dfn ON dfn.oid "
      "= df.pronamespace "
      // Multiranges came with version 14.
      "LEFT JOIN pg_type mt ON mt.oid = (to_jsonb(rg)->>'rngmultitypid')::oid LEFT JOIN pg_namespace mtn ON "
      "mtn.oid = mt.typnamespace "
      "WHERE (t.typtype = 'c' AND c.relkind = 'c' OR t.typtype IN ('r', 'b', 'p')) AND t.typelem = 0 ORDER "
      "BY t.oid, a.attnum");
  for (const Row& row : result.rows) {
    const ObjectName name(name_of(row[0]), name_of(row[1]));
    OtherType* type = reader.schema.types.edit(name);
    if (type == nullptr) {
      OtherType made;
      made.name = name;
      made.kind = is_true(row[3]) ? row[2].value_or("b")[0] : 'p';
      made.extension = name_of(row[4]);
      made.comment = row[5].value_or("");
      made.owner = row[6].value_or("");
      if (row[9]) {
        const auto part = [&](std::size_t at) {
          return row[at + 1] ? Reader::qualified(name_of(row[at]), name_of(row[at + 1])) : ObjectName();
        };
        made.range = CreateRangeType{name, reader.type(*row[9]), part(10), part(12), part(14), part(16), part(18)};
      }
      type = &reader.schema.types.put(name, std::move(made));
    }
    if (!row[7]) continue;
    Column attribute;
    attribute.name = name_of(row[7]);
    attribute.type = reader.type(row[8].value_or("text"));
    type->attributes.push_back(std::move(attribute));
  }
}

void read_functions(Reader& reader) {
  const Result result = reader.rows(
      "SELECT s.nspname, p.proname, p.prokind, l.lanname, p.provolatile, p.proisstrict, p.prosecdef, "
      "p.prosrc, "
      "CASE WHEN p.prokind <> 'a' AND l.lanname IN ('sql', 'plpgsql') THEN pg_get_functiondef(p.oid) END, "
      "(SELECT string_agg(format_type(u.t, NULL), E'\\n' ORDER BY u.place) FROM unnest(p.proargtypes::oid[]) "
      "WITH ORDINALITY u(t, place)), "
      "format_type(p.prorettype, NULL), p.proretset, x.extname, obj_description(p.oid, 'pg_proc'), "
      "pg_get_userbyid(p.proowner) "
      "FROM pg_proc p JOIN seen s ON s.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang "
      "LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' LEFT "
      "JOIN pg_extension x ON x.oid = d.refobjid "
      // A range type's constructors are part of the type.
      "WHERE NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid "
      "AND i.deptype = 'i') "
      "ORDER BY p.oid");
  for (const Row& row : result.rows) {
    Function function;
    CreateFunction& definition = function.definition;
    if (row[8]) {
      try {
        const auto operations = parse_statement(*row[8]);
        if (const auto* created = std::get_if<CreateFunction>(&operations.at(0))) definition = *created;
      } catch (const Error& error) {
        reader.schema.gaps.push("function " + row[1].value_or("") + ": " + error.what());
      }
    } else {
      definition.returns = reader.type(row[10].value_or("void"));
      definition.returns.set_of = is_true(row[11]);
      definition.language = row[3].value_or("");
      definition.body = row[7].value_or("");
    }
    definition.name = ObjectName(name_of(row[0]), name_of(row[1]));
    definition.replace = false;
    definition.procedure = row[2] == "p";
    definition.aggregate = row[2] == "a";
    definition.volatility = row[4] == "i"   ? Volatility::Immutable
                            : row[4] == "s" ? Volatility::Stable
                                            : Volatility::Volatile;
    definition.strict = is_true(row[5]);
    definition.security_definer = is_true(row[6]);
    for (const Identifier& type : names_of(row[9])) function.input_types.push_back(reader.type(type.str()));
    function.extension = name_of(row[12]);
    function.comment = row[13].value_or("");
    function.owner = row[14].value_or("");
    std::vector<Function>* overloads = reader.schema.functions.edit(definition.name);
    if (overloads == nullptr) overloads = &reader.schema.functions.put(definition.name, {});
    overloads->push_back(std::move(function));
  }
}

TriggerState state_of(const Value& enabled) {
  if (enabled == "D") return TriggerState::Disable;
  if (enabled == "A") return TriggerState::EnableAlways;
  return enabled == "R" ? TriggerState::EnableReplica : TriggerState::Enable;
}

void read_triggers_and_rules(Reader& reader) {
  for (const Row& row : reader
                            .rows("SELECT t.tgrelid, pg_get_triggerdef(t.oid), t.tgenabled, t.tgparentid <> "
                                  "0 FROM pg_trigger t JOIN rel c ON c.oid = t.tgrelid "
                                  "WHERE NOT t.tgisinternal ORDER BY t.tgrelid, t.tgname")
                            .rows) {
    const auto relation = reader.relations.find(row[0].value_or(""));
    if (relation == reader.relations.end()) continue;
    const auto operations = parse_statement(row[1].value_or(""));
    Trigger trigger;
    trigger.definition = std::get<CreateTrigger>(operations.at(0));
    trigger.state = state_of(row[2]);
    trigger.inherited = is_true(row[3]);
    const auto view = reader.views.find(relation->second.name);
    (view != reader.views.end() ? view->second.triggers : reader.tables.at(relation->second.name).triggers)
        .push_back(std::move(trigger));
  }
  for (const Row& row : reader
                            .rows("SELECT w.ev_class, pg_get_ruledef(w.oid), w.ev_enabled FROM pg_rewrite w "
                                  "JOIN rel c ON c.oid = w.ev_class WHERE w.rulename <> '_RETURN'")
                            .rows) {
    const auto relation = reader.relations.find(row[0].value_or(""));
    if (relation == reader.relations.end()) continue;
    const auto operations = parse_statement(row[1].value_or(""));
    const auto* created = std::get_if<CreateRule>(&operations.at(0));
    if (created == nullptr) continue;
    const auto view = reader.views.find(relation->second.name);
    (view != reader.views.end() ? view->second.rules : reader.tables.at(relation->second.name).rules)
        .push_back({*created, state_of(row[2])});
  }
}

void read_policies_and_statistics(Reader& reader) {
  const Result policies = reader.rows(
      "SELECT p.polrelid, p.polname, p.polcmd, p.polpermissive, (SELECT string_agg(CASE WHEN r = 0 THEN "
      "'public' ELSE pg_get_userbyid(r) END, E'\\n') "
      "FROM unnest(p.polroles) r), pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, "
      "p.polrelid) FROM pg_policy p JOIN rel c ON c.oid = p.polrelid "
      "ORDER BY p.polname");
  for (const Row& row : policies.rows) {
    const auto relation = reader.relations.find(row[0].value_or(""));
    if (relation == reader.relations.end()) continue;
    CreatePolicy policy;
    policy.name = name_of(row[1]);
    policy.table = relation->second.name;
    const std::string command = row[2].value_or("*");
    policy.command = command == "r"   ? "select"
                     : command == "a" ? "insert"
                     : command == "w" ? "update"
                     : command == "d" ? "delete"
                                      : "all";
    policy.permissive = is_true(row[3]);
    for (const Identifier& role : names_of(row[4])) policy.roles.push_back(role.str());
    policy.using_expression = expression_of(row[5]);
    policy.with_check = expression_of(row[6]);
    reader.tables.at(relation->second.name).policies.push_back({std::move(policy)});
  }
  for (const Row& row : reader
                            .rows("SELECT x.stxrelid, pg_get_statisticsobjdef(x.oid) FROM pg_statistic_ext x "
                                  "JOIN rel c ON c.oid = x.stxrelid ORDER BY x.stxname")
                            .rows) {
    const auto relation = reader.relations.find(row[0].value_or(""));
    if (relation == reader.relations.end() || !reader.tables.contains(relation->second.name)) continue;
    const auto operations = parse_statement(row[1].value_or(""));
    reader.tables.at(relation->second.name)
        .statistics.push_back(std::get<CreateStatistics>(operations.at(0)));
  }
}

/// Which columns each view reads, as the server recorded it.
void read_view_columns(Reader& reader) {
  const Result result = reader.rows(
      "SELECT DISTINCT w.ev_class, d.refobjid, a.attname FROM pg_rewrite w JOIN rel v ON v.oid = w.ev_class "
      "AND v.relkind IN ('v', 'm') AND w.rulename = '_RETURN' "
      "JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = "
      "'pg_class'::regclass AND d.refobjid <> w.ev_class "
      "LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND d.refobjsubid > "
      "0");
  for (const Row& row : result.rows) {
    const auto view = reader.relations.find(row[0].value_or(""));
    const auto read = reader.relations.find(row[1].value_or(""));
    if (view == reader.relations.end() || read == reader.relations.end()) continue;
    std::vector<Identifier>& columns = reader.views.at(view->second.name).reads[read->second.name];
    if (row[2]) columns.push_back(name_of(row[2]));
  }
}

/// Reads and writes a second since the statistics began, and the size of everything that belongs to a table.
void read_activity(Reader& reader) {
  if (!reader.options.sizes) return;
  const Result result = reader.rows(
      "SELECT t.relid, (t.seq_tup_read + coalesce(t.idx_tup_fetch, 0)) / age.seconds, (t.n_tup_ins + "
      "t.n_tup_upd + t.n_tup_del) / age.seconds "
      "FROM pg_stat_user_tables t JOIN rel c ON c.oid = t.relid, (SELECT greatest(extract(epoch FROM now() - "
      "coalesce(stats_reset, "
      "pg_postmaster_start_time())), 1) AS seconds FROM pg_stat_database WHERE datname = current_database()) "
      "age");
  for (const Row& row : result.rows) {
    const auto relation = reader.relations.find(row[0].value_or(""));
    if (relation == reader.relations.end()) continue;
    const auto table = reader.tables.find(relation->second.name);
    if (table == reader.tables.end() || !table->second.size) continue;
    table->second.size->reads_per_second = std::stod(row[1].value_or("-1"));
    table->second.size->writes_per_second = std::stod(row[2].value_or("-1"));
  }
  for (auto& [name, table] : reader.tables) {
    if (!table.size) continue;
    for (const Index& index : table.indexes) table.size->index_bytes += index.bytes.value_or(0);
    table.size->total_bytes = table.size->heap_bytes + table.size->index_bytes;
  }
}

}  // namespace

void read_objects(Reader& reader) {
  read_schemas_and_extensions(reader);
  read_sequences(reader);
  read_enums(reader);
  read_domains(reader);
  read_other_types(reader);
  read_functions(reader);
  read_triggers_and_rules(reader);
  read_policies_and_statistics(reader);
  read_view_columns(reader);
  read_activity(reader);
}

}  // namespace planner::live
