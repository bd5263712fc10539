#include "planner/sql/read.h"

namespace planner::pg {

namespace {

OtherObject other(ObjectKind kind, char change, ObjectName name) {
  OtherObject result;
  result.kind = kind;
  result.change = change;
  result.name = std::move(name);
  return result;
}

OtherObject other(ObjectKind kind, char change, const char* name) {
  return other(kind, change, ObjectName(identifier(name)));
}

/// The tables of FOR TABLE; a schema or ALL TABLES names none.
std::vector<TableName> published_tables(std::span<Node* const> objects) {
  std::vector<TableName> tables;
  for (const Node* node : objects) {
    if (node->node_case != PG_QUERY__NODE__NODE_PUBLICATION_OBJ_SPEC) continue;
    const PgQuery__PublicationObjSpec& object = *node->publication_obj_spec;
    if (object.pubtable != nullptr) tables.push_back(table_name(object.pubtable->relation));
  }
  return tables;
}

/// For the same tables: the columns their WHERE names.
std::vector<std::vector<Identifier>> published_filters(const Source& source, std::span<Node* const> objects) {
  std::vector<std::vector<Identifier>> columns;
  for (const Node* node : objects) {
    if (node->node_case != PG_QUERY__NODE__NODE_PUBLICATION_OBJ_SPEC) continue;
    const PgQuery__PublicationObjSpec& object = *node->publication_obj_spec;
    if (object.pubtable != nullptr)
      columns.push_back(scalar(source, object.pubtable->where_clause).facts().columns);
  }
  return columns;
}

void read_role(const Node& statement, Operations& out) {
  switch (statement.node_case) {
    case PG_QUERY__NODE__NODE_CREATE_ROLE_STMT:
      out.emplace_back(other(ObjectKind::Role, 'c', statement.create_role_stmt->role));
      break;
    case PG_QUERY__NODE__NODE_ALTER_ROLE_STMT:
      out.emplace_back(
          other(ObjectKind::Role, 'a', ObjectName(Identifier(role_name(statement.alter_role_stmt->role)))));
      break;
    case PG_QUERY__NODE__NODE_ALTER_ROLE_SET_STMT:
      out.emplace_back(other(ObjectKind::Role, 'a',
                             ObjectName(Identifier(role_name(statement.alter_role_set_stmt->role)))));
      break;
    case PG_QUERY__NODE__NODE_DROP_ROLE_STMT: {
      const PgQuery__DropRoleStmt& drop = *statement.drop_role_stmt;
      for (const Node* role : list(drop.n_roles, drop.roles)) {
        if (role->node_case != PG_QUERY__NODE__NODE_ROLE_SPEC) continue;
        OtherObject result = other(ObjectKind::Role, 'd', ObjectName(Identifier(role_name(role->role_spec))));
        result.if_exists = drop.missing_ok;
        out.emplace_back(std::move(result));
      }
      break;
    }
    default:
      out.emplace_back(other(ObjectKind::Role, 'a', ObjectName{}));
      break;  // REASSIGN OWNED
  }
}

void read_subscription(const Node& statement, Operations& out) {
  switch (statement.node_case) {
    case PG_QUERY__NODE__NODE_CREATE_SUBSCRIPTION_STMT:
      out.emplace_back(other(ObjectKind::Subscription, 'c', statement.create_subscription_stmt->subname));
      break;
    case PG_QUERY__NODE__NODE_ALTER_SUBSCRIPTION_STMT:
      out.emplace_back(other(ObjectKind::Subscription, 'a', statement.alter_subscription_stmt->subname));
      break;
    default: {
      OtherObject result = other(ObjectKind::Subscription, 'd', statement.drop_subscription_stmt->subname);
      result.if_exists = statement.drop_subscription_stmt->missing_ok;
      result.cascade = cascade(statement.drop_subscription_stmt->behavior);
      out.emplace_back(std::move(result));
    }
  }
}

/// For the same tables: their column lists.
std::vector<std::vector<Identifier>> published_columns(std::span<Node* const> objects) {
  std::vector<std::vector<Identifier>> columns;
  for (const Node* node : objects) {
    if (node->node_case != PG_QUERY__NODE__NODE_PUBLICATION_OBJ_SPEC) continue;
    const PgQuery__PublicationObjSpec& object = *node->publication_obj_spec;
    if (object.pubtable == nullptr) continue;
    std::vector<Identifier>& listed = columns.emplace_back();
    for (const Node* column : list(object.pubtable->n_columns, object.pubtable->columns))
      listed.emplace_back(string_of(column));
  }
  return columns;
}

bool read_publication(const Source& source, const Node& statement, Operations& out) {
  if (statement.node_case == PG_QUERY__NODE__NODE_CREATE_PUBLICATION_STMT) {
    const PgQuery__CreatePublicationStmt& create = *statement.create_publication_stmt;
    OtherObject result = other(ObjectKind::Publication, 'c', create.pubname);
    result.tables = published_tables(list(create.n_pubobjects, create.pubobjects));
    result.filtered = published_filters(source, list(create.n_pubobjects, create.pubobjects));
    result.listed = published_columns(list(create.n_pubobjects, create.pubobjects));
    out.emplace_back(std::move(result));
    return true;
  }
  if (statement.node_case == PG_QUERY__NODE__NODE_ALTER_PUBLICATION_STMT) {
    const PgQuery__AlterPublicationStmt& alter = *statement.alter_publication_stmt;
    OtherObject result = other(ObjectKind::Publication, 'a', alter.pubname);
    result.tables = published_tables(list(alter.n_pubobjects, alter.pubobjects));
    result.filtered = published_filters(source, list(alter.n_pubobjects, alter.pubobjects));
    result.listed = published_columns(list(alter.n_pubobjects, alter.pubobjects));
    switch (alter.action) {
      case PG_QUERY__ALTER_PUBLICATION_ACTION__AP_DropObjects:
        result.change = '-';
        break;
      case PG_QUERY__ALTER_PUBLICATION_ACTION__AP_SetObjects:
        result.change = '=';
        break;
      default:
        break;
    }
    out.emplace_back(std::move(result));
    return true;
  }
  return false;
}

/// Foreign data: wrappers, servers, user mappings.
bool read_foreign(const Node& statement, Operations& out) {
  switch (statement.node_case) {
    case PG_QUERY__NODE__NODE_CREATE_FDW_STMT:
      out.emplace_back(other(ObjectKind::ForeignDataWrapper, 'c', statement.create_fdw_stmt->fdwname));
      return true;
    case PG_QUERY__NODE__NODE_ALTER_FDW_STMT:
      out.emplace_back(other(ObjectKind::ForeignDataWrapper, 'a', statement.alter_fdw_stmt->fdwname));
      return true;
    case PG_QUERY__NODE__NODE_CREATE_FOREIGN_SERVER_STMT:
      out.emplace_back(
          other(ObjectKind::ForeignServer, 'c', statement.create_foreign_server_stmt->servername));
      return true;
    case PG_QUERY__NODE__NODE_ALTER_FOREIGN_SERVER_STMT:
      out.emplace_back(
          other(ObjectKind::ForeignServer, 'a', statement.alter_foreign_server_stmt->servername));
      return true;
    case PG_QUERY__NODE__NODE_CREATE_USER_MAPPING_STMT:
      out.emplace_back(other(ObjectKind::UserMapping, 'c', statement.create_user_mapping_stmt->servername));
      return true;
    case PG_QUERY__NODE__NODE_ALTER_USER_MAPPING_STMT:
      out.emplace_back(other(ObjectKind::UserMapping, 'a', statement.alter_user_mapping_stmt->servername));
      return true;
    case PG_QUERY__NODE__NODE_DROP_USER_MAPPING_STMT:
      out.emplace_back(other(ObjectKind::UserMapping, 'd', statement.drop_user_mapping_stmt->servername));
      return true;
    default:
      return false;
  }
}

/// Databases and tablespaces.
bool read_cluster_object(const Node& statement, Operations& out) {
  switch (statement.node_case) {
    case PG_QUERY__NODE__NODE_CREATEDB_STMT:
      out.emplace_back(other(ObjectKind::Database, 'c', statement.createdb_stmt->dbname));
      return true;
    case PG_QUERY__NODE__NODE_DROPDB_STMT: {
      OtherObject result = other(ObjectKind::Database, 'd', statement.dropdb_stmt->dbname);
      result.if_exists = statement.dropdb_stmt->missing_ok;
      out.emplace_back(std::move(result));
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_DATABASE_STMT:
      out.emplace_back(other(ObjectKind::Database, 'a', statement.alter_database_stmt->dbname));
      return true;
    case PG_QUERY__NODE__NODE_ALTER_DATABASE_SET_STMT:
      out.emplace_back(other(ObjectKind::Database, 'a', statement.alter_database_set_stmt->dbname));
      return true;
    case PG_QUERY__NODE__NODE_ALTER_DATABASE_REFRESH_COLL_STMT:
      out.emplace_back(other(ObjectKind::Database, 'a', statement.alter_database_refresh_coll_stmt->dbname));
      return true;
    case PG_QUERY__NODE__NODE_CREATE_TABLE_SPACE_STMT:
      out.emplace_back(other(ObjectKind::Tablespace, 'c', statement.create_table_space_stmt->tablespacename));
      return true;
    case PG_QUERY__NODE__NODE_ALTER_TABLE_SPACE_OPTIONS_STMT:
      out.emplace_back(
          other(ObjectKind::Tablespace, 'a', statement.alter_table_space_options_stmt->tablespacename));
      return true;
    case PG_QUERY__NODE__NODE_DROP_TABLE_SPACE_STMT: {
      OtherObject result =
          other(ObjectKind::Tablespace, 'd', statement.drop_table_space_stmt->tablespacename);
      result.if_exists = statement.drop_table_space_stmt->missing_ok;
      out.emplace_back(std::move(result));
      return true;
    }
    default:
      return false;
  }
}

/// What extends the type system or the text search.
bool read_extending(const Node& statement, Operations& out) {
  switch (statement.node_case) {
    case PG_QUERY__NODE__NODE_CREATE_CONVERSION_STMT: {
      const PgQuery__CreateConversionStmt& create = *statement.create_conversion_stmt;
      const auto name = object_name(list(create.n_conversion_name, create.conversion_name));
      out.emplace_back(other(ObjectKind::Conversion, 'c', name));
      return true;
    }
    case PG_QUERY__NODE__NODE_CREATE_CAST_STMT:
      out.emplace_back(other(ObjectKind::Cast, 'c', type_name(statement.create_cast_stmt->sourcetype).name));
      return true;
    case PG_QUERY__NODE__NODE_CREATE_OP_CLASS_STMT: {
      const PgQuery__CreateOpClassStmt& create = *statement.create_op_class_stmt;
      const auto name = object_name(list(create.n_opclassname, create.opclassname));
      out.emplace_back(other(ObjectKind::OperatorClass, 'c', name));
      return true;
    }
    case PG_QUERY__NODE__NODE_CREATE_OP_FAMILY_STMT: {
      const PgQuery__CreateOpFamilyStmt& create = *statement.create_op_family_stmt;
      const auto name = object_name(list(create.n_opfamilyname, create.opfamilyname));
      out.emplace_back(other(ObjectKind::OperatorFamily, 'c', name));
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_OP_FAMILY_STMT: {
      const PgQuery__AlterOpFamilyStmt& alter = *statement.alter_op_family_stmt;
      const auto name = object_name(list(alter.n_opfamilyname, alter.opfamilyname));
      out.emplace_back(other(ObjectKind::OperatorFamily, 'a', name));
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_OPERATOR_STMT:
      out.emplace_back(other(ObjectKind::Operator, 'a',
                             function_signature(*statement.alter_operator_stmt->opername).name));
      return true;
    case PG_QUERY__NODE__NODE_ALTER_TSDICTIONARY_STMT: {
      const PgQuery__AlterTSDictionaryStmt& alter = *statement.alter_tsdictionary_stmt;
      out.emplace_back(
          other(ObjectKind::TextSearch, 'a', object_name(list(alter.n_dictname, alter.dictname))));
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_TSCONFIGURATION_STMT: {
      const PgQuery__AlterTSConfigurationStmt& alter = *statement.alter_tsconfiguration_stmt;
      out.emplace_back(other(ObjectKind::TextSearch, 'a', object_name(list(alter.n_cfgname, alter.cfgname))));
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_COLLATION_STMT: {
      const PgQuery__AlterCollationStmt& alter = *statement.alter_collation_stmt;
      out.emplace_back(
          other(ObjectKind::Collation, 'a', object_name(list(alter.n_collname, alter.collname))));
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_TYPE_STMT: {
      const PgQuery__AlterTypeStmt& alter = *statement.alter_type_stmt;
      out.emplace_back(other(ObjectKind::Type, 'a', object_name(list(alter.n_type_name, alter.type_name))));
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_STATS_STMT: {
      const PgQuery__AlterStatsStmt& alter = *statement.alter_stats_stmt;
      out.emplace_back(
          other(ObjectKind::Statistics, 'a', object_name(list(alter.n_defnames, alter.defnames))));
      return true;
    }
    case PG_QUERY__NODE__NODE_CREATE_TRANSFORM_STMT:
      out.emplace_back(
          other(ObjectKind::Transform, 'c', type_name(statement.create_transform_stmt->type_name).name));
      return true;
    case PG_QUERY__NODE__NODE_CREATE_AM_STMT:
      out.emplace_back(other(ObjectKind::AccessMethod, 'c', statement.create_am_stmt->amname));
      return true;
    case PG_QUERY__NODE__NODE_CREATE_PLANG_STMT:
      out.emplace_back(other(ObjectKind::Language, 'c', statement.create_plang_stmt->plname));
      return true;
    case PG_QUERY__NODE__NODE_CREATE_EVENT_TRIG_STMT:
      out.emplace_back(other(ObjectKind::EventTrigger, 'c', statement.create_event_trig_stmt->trigname));
      return true;
    case PG_QUERY__NODE__NODE_ALTER_EVENT_TRIG_STMT:
      out.emplace_back(other(ObjectKind::EventTrigger, 'a', statement.alter_event_trig_stmt->trigname));
      return true;
    default:
      return false;
  }
}

}  // namespace

bool read_other_object(const Source& source, const Node& statement, Operations& out) {
  switch (statement.node_case) {
    case PG_QUERY__NODE__NODE_CREATE_ROLE_STMT:
    case PG_QUERY__NODE__NODE_ALTER_ROLE_STMT:
    case PG_QUERY__NODE__NODE_ALTER_ROLE_SET_STMT:
    case PG_QUERY__NODE__NODE_DROP_ROLE_STMT:
    case PG_QUERY__NODE__NODE_REASSIGN_OWNED_STMT:
      read_role(statement, out);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_SUBSCRIPTION_STMT:
    case PG_QUERY__NODE__NODE_ALTER_SUBSCRIPTION_STMT:
    case PG_QUERY__NODE__NODE_DROP_SUBSCRIPTION_STMT:
      read_subscription(statement, out);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_OBJECT_DEPENDS_STMT: {
      const PgQuery__AlterObjectDependsStmt& depends = *statement.alter_object_depends_stmt;
      NamedObject object = named_object(depends.object_type, depends.object);
      if (depends.relation != nullptr) object.name = table_name(depends.relation);
      out.emplace_back(other(object_kind(depends.object_type), 'a', std::move(object.name)));
      return true;
    }
    default:
      break;
  }
  return read_publication(source, statement, out) || read_foreign(statement, out) ||
         read_cluster_object(statement, out) || read_extending(statement, out);
}

}  // namespace planner::pg
