#include <array>

#include "planner/sql/read.h"
#include "planner/sql/scan.h"

namespace planner::pg {

namespace {

void read_create_schema(const Source& source, const PgQuery__CreateSchemaStmt& statement, Operations& out) {
  CreateSchema result;
  result.schema = identifier(statement.schemaname);
  result.if_not_exists = statement.if_not_exists;
  result.authorization = role_name(statement.authrole);
  // CREATE SCHEMA AUTHORIZATION joe makes the schema "joe".
  if (result.schema.empty()) result.schema = Identifier(result.authorization);
  const Identifier schema = result.schema;
  out.emplace_back(std::move(result));
  for (const Node* element : list(statement.n_schema_elts, statement.schema_elts)) {
    const std::size_t first = out.size();
    read_statement(source, *element, out);
    // What stands inside is made in the new schema.
    for (std::size_t i = first; i < out.size(); ++i) {
      if (auto* table = std::get_if<CreateTable>(&out[i]); table != nullptr && table->table.schema.empty()) {
        table->table.schema = schema;
      } else if (auto* view = std::get_if<CreateView>(&out[i]);
                 view != nullptr && view->view.schema.empty()) {
        view->view.schema = schema;
      } else if (auto* index = std::get_if<CreateIndex>(&out[i]);
                 index != nullptr && index->table.schema.empty()) {
        index->table.schema = schema;
      } else if (auto* sequence = std::get_if<CreateSequence>(&out[i]);
                 sequence != nullptr && sequence->sequence.schema.empty()) {
        sequence->sequence.schema = schema;
      } else if (auto* trigger = std::get_if<CreateTrigger>(&out[i]);
                 trigger != nullptr && trigger->table.schema.empty()) {
        trigger->table.schema = schema;
      }
    }
  }
}

void read_create_extension(const PgQuery__CreateExtensionStmt& statement, Operations& out) {
  CreateExtension result;
  result.extension = identifier(statement.extname);
  result.if_not_exists = statement.if_not_exists;
  for (const Option& option : options(list(statement.n_options, statement.options))) {
    if (option.name == "schema") result.schema = Identifier(option.value);
    if (option.name == "new_version") result.version = option.value;
  }
  out.emplace_back(std::move(result));
}

void read_sequence(const Node& statement, Operations& out) {
  if (statement.node_case == PG_QUERY__NODE__NODE_CREATE_SEQ_STMT) {
    const PgQuery__CreateSeqStmt& create = *statement.create_seq_stmt;
    out.emplace_back(CreateSequence{table_name(create.sequence),
                                    sequence_options(list(create.n_options, create.options)),
                                    create.if_not_exists != 0, persistence(create.sequence)});
  } else {
    const PgQuery__AlterSeqStmt& alter = *statement.alter_seq_stmt;
    out.emplace_back(AlterSequence{table_name(alter.sequence),
                                   sequence_options(list(alter.n_options, alter.options)),
                                   alter.missing_ok != 0});
  }
}

void read_create_enum(const PgQuery__CreateEnumStmt& statement, Operations& out) {
  CreateEnum result;
  result.type = object_name(list(statement.n_type_name, statement.type_name));
  for (const Node* label : list(statement.n_vals, statement.vals))
    result.labels.emplace_back(string_of(label));
  out.emplace_back(std::move(result));
}

void read_drop_owned(const PgQuery__DropOwnedStmt& statement, Operations& out) {
  DropOwned result;
  for (const Node* role : list(statement.n_roles, statement.roles)) {
    if (role->node_case == PG_QUERY__NODE__NODE_ROLE_SPEC) result.roles.push_back(role_name(role->role_spec));
  }
  out.emplace_back(std::move(result));
}

/// EXECUTE runs a statement prepared elsewhere, IMPORT FOREIGN SCHEMA makes tables nobody names, ...
std::string_view what_of(PgQuery__Node__NodeCase kind) {
  switch (kind) {
    case PG_QUERY__NODE__NODE_EXECUTE_STMT:
      return "EXECUTE";
    case PG_QUERY__NODE__NODE_IMPORT_FOREIGN_SCHEMA_STMT:
      return "IMPORT FOREIGN SCHEMA";
    case PG_QUERY__NODE__NODE_ALTER_TABLE_MOVE_ALL_STMT:
      return "ALTER TABLE ALL IN TABLESPACE";
    case PG_QUERY__NODE__NODE_ALTER_SYSTEM_STMT:
      return "ALTER SYSTEM";
    default:
      return "statement";
  }
}

/// CREATE statements; false when it is none.
bool read_create(const Source& source, const Node& node, Operations& out) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_CREATE_STMT:
      read_create_table(source, *node.create_stmt, {}, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_FOREIGN_TABLE_STMT: {
      const PgQuery__CreateForeignTableStmt& foreign = *node.create_foreign_table_stmt;
      read_create_table(source, *foreign.base_stmt, text_of(foreign.servername), out);
      return true;
    }
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT:
      read_create_table_as(source, *node.create_table_as_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_INDEX_STMT:
      read_create_index(source, *node.index_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_SEQ_STMT:
      read_sequence(node, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_ENUM_STMT:
      read_create_enum(*node.create_enum_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_DOMAIN_STMT:
      read_domain(source, *node.create_domain_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_RANGE_STMT:
      read_create_range(*node.create_range_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_COMPOSITE_TYPE_STMT:
      read_composite(source, *node.composite_type_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_DEFINE_STMT:
      read_define(source, *node.define_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_VIEW_STMT:
      read_create_view(source, *node.view_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT:
      read_create_function(source, *node.create_function_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_TRIG_STMT:
      read_create_trigger(source, *node.create_trig_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_POLICY_STMT:
      read_create_policy(source, *node.create_policy_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_RULE_STMT:
      read_create_rule(source, *node.rule_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_STATS_STMT:
      read_create_statistics(source, *node.create_stats_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_SCHEMA_STMT:
      read_create_schema(source, *node.create_schema_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_EXTENSION_STMT:
      read_create_extension(*node.create_extension_stmt, out);
      return true;
    default:
      return false;
  }
}

/// ALTER, DROP and what is alike for many kinds of objects; false when it is none.
bool read_alter(const Source& source, const Node& node, Operations& out) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
      read_alter_table(source, *node.alter_table_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_DOMAIN_STMT:
      read_alter_domain(source, *node.alter_domain_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_ENUM_STMT:
      read_alter_enum(*node.alter_enum_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_SEQ_STMT:
      read_sequence(node, out);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_FUNCTION_STMT:
      read_alter_function(*node.alter_function_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_POLICY_STMT:
      read_alter_policy(source, *node.alter_policy_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_EXTENSION_STMT:
      out.emplace_back(AlterExtension{identifier(node.alter_extension_stmt->extname)});
      return true;
    case PG_QUERY__NODE__NODE_ALTER_EXTENSION_CONTENTS_STMT:
      out.emplace_back(AlterExtension{identifier(node.alter_extension_contents_stmt->extname)});
      return true;
    case PG_QUERY__NODE__NODE_DROP_STMT:
      read_drop(*node.drop_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_DROP_OWNED_STMT:
      read_drop_owned(*node.drop_owned_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_RENAME_STMT:
      read_rename(*node.rename_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_OBJECT_SCHEMA_STMT:
      read_set_schema(*node.alter_object_schema_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_OWNER_STMT:
      read_owner(*node.alter_owner_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_COMMENT_STMT:
      read_comment(*node.comment_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_GRANT_STMT:
      read_grant(*node.grant_stmt, false, out);
      return true;
    case PG_QUERY__NODE__NODE_GRANT_ROLE_STMT:
      read_grant_role(*node.grant_role_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_DEFAULT_PRIVILEGES_STMT:
      read_grant(*node.alter_default_privileges_stmt->action, true, out);
      return true;
    case PG_QUERY__NODE__NODE_REINDEX_STMT:
      read_reindex(*node.reindex_stmt, out);
      return true;
    case PG_QUERY__NODE__NODE_CLUSTER_STMT:
      out.emplace_back(
          Cluster{table_name(node.cluster_stmt->relation), identifier(node.cluster_stmt->indexname)});
      return true;
    case PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT: {
      const PgQuery__RefreshMatViewStmt& refresh = *node.refresh_mat_view_stmt;
      out.emplace_back(
          RefreshMaterializedView{table_name(refresh.relation), refresh.concurrent != 0, !refresh.skip_data});
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

Source source_of(const Parsed& parsed, const PgQuery__RawStmt& raw, std::string_view text, int nesting) {
  Source source{parsed.arena, nesting, raw.stmt, {}};
  switch (raw.stmt->node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT:
    case PG_QUERY__NODE__NODE_INSERT_STMT:
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
    case PG_QUERY__NODE__NODE_DELETE_STMT:
    case PG_QUERY__NODE__NODE_MERGE_STMT: {
      const auto begin = static_cast<std::size_t>(raw.stmt_location);
      const std::size_t length =
          raw.stmt_len == 0 ? std::string_view::npos : static_cast<std::size_t>(raw.stmt_len);
      const std::string_view statement = text.substr(begin, length);
      const Blank blank = skip_blank(statement, 0, static_cast<std::uint32_t>(statement.size()));
      source.written = parsed.arena->copy(statement.substr(blank.next));
      break;
    }
    default:
      break;
  }
  return source;
}

void read_statement(const Source& source, const Node& node, Operations& out) {
  if (node.node_case == PG_QUERY__NODE__NODE_DO_STMT) return read_do(source, *node.do_stmt, out);
  const std::size_t before = out.size();
  if (read_create(source, node, out) || read_alter(source, node, out) || read_data(source, node, out) ||
      read_session(source, node, out) || read_other_object(source, node, out)) {
    return;
  }
  out.resize(before);
  out.emplace_back(Unrecognized{std::string(what_of(node.node_case)), relations_of(message_of(node)), false});
}

}  // namespace planner::pg
