#include "planner/sql/read.h"

namespace planner::pg {

ObjectKind object_kind(PgQuery__ObjectType type) {
  switch (type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_TABLE:
      return ObjectKind::ForeignTable;
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
      return ObjectKind::View;
    case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
      return ObjectKind::MaterializedView;
    case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX:
      return ObjectKind::Index;
    case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE:
      return ObjectKind::Sequence;
    case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE:
      return ObjectKind::Type;
    case PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN:
      return ObjectKind::Domain;
    case PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION:
      return ObjectKind::Function;
    case PG_QUERY__OBJECT_TYPE__OBJECT_PROCEDURE:
      return ObjectKind::Procedure;
    case PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE:
      return ObjectKind::Aggregate;
    case PG_QUERY__OBJECT_TYPE__OBJECT_ROUTINE:
      return ObjectKind::Routine;
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER:
      return ObjectKind::Trigger;
    case PG_QUERY__OBJECT_TYPE__OBJECT_POLICY:
      return ObjectKind::Policy;
    case PG_QUERY__OBJECT_TYPE__OBJECT_RULE:
      return ObjectKind::Rule;
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT:
    case PG_QUERY__OBJECT_TYPE__OBJECT_DOMCONSTRAINT:
      return ObjectKind::Constraint;
    case PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN:
    case PG_QUERY__OBJECT_TYPE__OBJECT_ATTRIBUTE:
      return ObjectKind::Column;
    case PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA:
      return ObjectKind::Schema;
    case PG_QUERY__OBJECT_TYPE__OBJECT_EXTENSION:
      return ObjectKind::Extension;
    case PG_QUERY__OBJECT_TYPE__OBJECT_STATISTIC_EXT:
      return ObjectKind::Statistics;
    case PG_QUERY__OBJECT_TYPE__OBJECT_PUBLICATION:
      return ObjectKind::Publication;
    case PG_QUERY__OBJECT_TYPE__OBJECT_SUBSCRIPTION:
      return ObjectKind::Subscription;
    case PG_QUERY__OBJECT_TYPE__OBJECT_COLLATION:
      return ObjectKind::Collation;
    case PG_QUERY__OBJECT_TYPE__OBJECT_CONVERSION:
      return ObjectKind::Conversion;
    case PG_QUERY__OBJECT_TYPE__OBJECT_OPERATOR:
      return ObjectKind::Operator;
    case PG_QUERY__OBJECT_TYPE__OBJECT_OPCLASS:
      return ObjectKind::OperatorClass;
    case PG_QUERY__OBJECT_TYPE__OBJECT_OPFAMILY:
      return ObjectKind::OperatorFamily;
    case PG_QUERY__OBJECT_TYPE__OBJECT_TSCONFIGURATION:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TSDICTIONARY:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TSPARSER:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TSTEMPLATE:
      return ObjectKind::TextSearch;
    case PG_QUERY__OBJECT_TYPE__OBJECT_CAST:
      return ObjectKind::Cast;
    case PG_QUERY__OBJECT_TYPE__OBJECT_EVENT_TRIGGER:
      return ObjectKind::EventTrigger;
    case PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_SERVER:
      return ObjectKind::ForeignServer;
    case PG_QUERY__OBJECT_TYPE__OBJECT_FDW:
      return ObjectKind::ForeignDataWrapper;
    case PG_QUERY__OBJECT_TYPE__OBJECT_USER_MAPPING:
      return ObjectKind::UserMapping;
    case PG_QUERY__OBJECT_TYPE__OBJECT_LANGUAGE:
      return ObjectKind::Language;
    case PG_QUERY__OBJECT_TYPE__OBJECT_ROLE:
      return ObjectKind::Role;
    case PG_QUERY__OBJECT_TYPE__OBJECT_DATABASE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_PARAMETER_ACL:
      return ObjectKind::Database;
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLESPACE:
      return ObjectKind::Tablespace;
    case PG_QUERY__OBJECT_TYPE__OBJECT_ACCESS_METHOD:
      return ObjectKind::AccessMethod;
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRANSFORM:
      return ObjectKind::Transform;
    case PG_QUERY__OBJECT_TYPE__OBJECT_LARGEOBJECT:
      return ObjectKind::LargeObject;
    default:
      return ObjectKind::Table;
  }
}

NamedObject named_object(PgQuery__ObjectType type, const Node* object) {
  NamedObject result;
  if (object == nullptr) return result;
  switch (object->node_case) {
    case PG_QUERY__NODE__NODE_RANGE_VAR:
      result.name = table_name(object->range_var);
      return result;
    case PG_QUERY__NODE__NODE_TYPE_NAME:
      result.name = type_name(object->type_name).name;
      return result;
    case PG_QUERY__NODE__NODE_OBJECT_WITH_ARGS: {
      FunctionSignature signature = function_signature(*object->object_with_args);
      result.name = std::move(signature.name);
      result.arguments = std::move(signature.arguments);
      return result;
    }
    case PG_QUERY__NODE__NODE_LIST:
      break;
    default:
      result.name = ObjectName(Identifier(option_value(object)));
      return result;
  }
  const auto names = list(object->list->n_items, object->list->items);
  if (names.empty()) return result;
  switch (type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER:
    case PG_QUERY__OBJECT_TYPE__OBJECT_POLICY:
    case PG_QUERY__OBJECT_TYPE__OBJECT_RULE:
      result.name = object_name(names.first(names.size() - 1));
      result.sub_object = Identifier(string_of(names.back()));
      return result;
    case PG_QUERY__OBJECT_TYPE__OBJECT_DOMCONSTRAINT:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRANSFORM:
      if (names[0]->node_case == PG_QUERY__NODE__NODE_TYPE_NAME)
        result.name = type_name(names[0]->type_name).name;
      result.sub_object = Identifier(string_of(names.back()));
      return result;
    case PG_QUERY__OBJECT_TYPE__OBJECT_CAST:
      result.arguments.emplace();
      for (const Node* name : names) {
        if (name->node_case == PG_QUERY__NODE__NODE_TYPE_NAME)
          result.arguments->push_back(type_name(name->type_name));
      }
      if (!result.arguments->empty()) result.name = result.arguments->front().name;
      return result;
    case PG_QUERY__OBJECT_TYPE__OBJECT_OPCLASS:
    case PG_QUERY__OBJECT_TYPE__OBJECT_OPFAMILY:  // the access method comes first
      result.name = object_name(names.subspan(1));
      return result;
    default:
      result.name = object_name(names);
      return result;
  }
}

namespace {

char function_kind(PgQuery__ObjectType type) {
  switch (type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_PROCEDURE:
      return 'p';
    case PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE:
      return 'a';
    case PG_QUERY__OBJECT_TYPE__OBJECT_ROUTINE:
      return 'r';
    default:
      return 'f';
  }
}

Operation drop_of(const PgQuery__DropStmt& statement, const NamedObject& object) {
  const bool if_exists = statement.missing_ok != 0;
  const Cascade behavior = cascade(statement.behavior);
  switch (statement.remove_type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE:
      return DropTable{object.name, if_exists, behavior, false};
    case PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_TABLE:
      return DropTable{object.name, if_exists, behavior, true};
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
      return DropView{object.name, false, if_exists, behavior};
    case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
      return DropView{object.name, true, if_exists, behavior};
    case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX:
      return DropIndex{object.name, statement.concurrent != 0, if_exists, behavior};
    case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE:
      return DropSequence{object.name, if_exists, behavior};
    case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE:
      return DropType{object.name, false, if_exists, behavior};
    case PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN:
      return DropType{object.name, true, if_exists, behavior};
    case PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION:
    case PG_QUERY__OBJECT_TYPE__OBJECT_PROCEDURE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_ROUTINE:
      return DropFunction{
          {object.name, object.arguments}, function_kind(statement.remove_type), if_exists, behavior};
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER:
      return DropTrigger{object.name, object.sub_object, if_exists, behavior};
    case PG_QUERY__OBJECT_TYPE__OBJECT_POLICY:
      return DropPolicy{object.name, object.sub_object, if_exists};
    case PG_QUERY__OBJECT_TYPE__OBJECT_RULE:
      return DropRule{object.name, object.sub_object, if_exists, behavior};
    case PG_QUERY__OBJECT_TYPE__OBJECT_STATISTIC_EXT:
      return DropStatistics{object.name, if_exists};
    case PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA:
      return DropSchema{object.name.name, if_exists, behavior};
    case PG_QUERY__OBJECT_TYPE__OBJECT_EXTENSION:
      return DropExtension{object.name.name, if_exists, behavior};
    default: {
      OtherObject result;
      result.kind = object_kind(statement.remove_type);
      result.change = 'd';
      result.name = object.name;
      result.if_exists = if_exists;
      result.cascade = behavior;
      return result;
    }
  }
}

Operation rename_of(const PgQuery__RenameStmt& statement) {
  const TableName table = table_name(statement.relation);
  const NamedObject object = named_object(statement.rename_type, statement.object);
  const Identifier from = identifier(statement.subname);
  const Identifier to = identifier(statement.newname);
  const bool if_exists = statement.missing_ok != 0;
  switch (statement.rename_type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_TABLE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE:
      return RenameTable{table, to, if_exists};
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
      return RenameView{table, to, false, if_exists};
    case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
      return RenameView{table, to, true, if_exists};
    case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX:
      return RenameIndex{table, to, if_exists};
    case PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN:
      if (statement.relation_type == PG_QUERY__OBJECT_TYPE__OBJECT_VIEW)
        return RenameViewColumn{table, from, to, false};
      if (statement.relation_type == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW) {
        return RenameViewColumn{table, from, to, true};
      }
      return RenameColumn{table, from, to, statement.relation != nullptr && statement.relation->inh == 0};
    case PG_QUERY__OBJECT_TYPE__OBJECT_ATTRIBUTE: {
      AlterCompositeType result;
      result.type = table;
      result.change = 'r';
      result.attribute.name = from;
      result.to = to;
      result.cascade = cascade(statement.behavior);
      return result;
    }
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT:
      return RenameConstraint{table, from, to};
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER:
      return RenameTrigger{table, from, to};
    case PG_QUERY__OBJECT_TYPE__OBJECT_POLICY:
      return RenamePolicy{table, from, to};
    case PG_QUERY__OBJECT_TYPE__OBJECT_RULE:
      return RenameRule{table, from, to};
    case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE:
      return RenameType{object.name, to, false};
    case PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN:
      return RenameType{object.name, to, true};
    case PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA:
      return RenameSchema{from, to};
    case PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION:
    case PG_QUERY__OBJECT_TYPE__OBJECT_PROCEDURE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_ROUTINE:
      return RenameFunction{{object.name, object.arguments}, to, function_kind(statement.rename_type)};
    default: {
      OtherObject result;
      result.kind = object_kind(statement.rename_type);
      result.change = 'r';
      result.name = object.name.empty() ? ObjectName(from) : object.name;
      result.to = to;
      result.if_exists = if_exists;
      return result;
    }
  }
}

}  // namespace

void read_drop(const PgQuery__DropStmt& statement, Operations& out) {
  for (const Node* object : list(statement.n_objects, statement.objects)) {
    out.push_back(drop_of(statement, named_object(statement.remove_type, object)));
  }
}

void read_rename(const PgQuery__RenameStmt& statement, Operations& out) {
  out.push_back(rename_of(statement));
  out.back().if_exists = statement.missing_ok != 0;
}

void read_set_schema(const PgQuery__AlterObjectSchemaStmt& statement, Operations& out) {
  NamedObject object = named_object(statement.object_type, statement.object);
  if (statement.relation != nullptr) object.name = table_name(statement.relation);
  out.emplace_back(SetSchema{object_kind(statement.object_type), std::move(object.name),
                             identifier(statement.newschema), statement.missing_ok != 0,
                             std::move(object.arguments)});
}

void read_owner(const PgQuery__AlterOwnerStmt& statement, Operations& out) {
  NamedObject object = named_object(statement.object_type, statement.object);
  if (statement.relation != nullptr) object.name = table_name(statement.relation);
  out.emplace_back(ChangeOwner{object_kind(statement.object_type), std::move(object.name),
                               role_name(statement.newowner), std::move(object.arguments)});
}

void read_comment(const PgQuery__CommentStmt& statement, Operations& out) {
  NamedObject object = named_object(statement.objtype, statement.object);
  Comment result;
  result.kind = object_kind(statement.objtype);
  result.name = std::move(object.name);
  result.sub_object = std::move(object.sub_object);
  result.arguments = std::move(object.arguments);
  // IS NULL and IS '' arrive alike, and both remove the comment.
  if (has_text(statement.comment)) result.text = statement.comment;
  out.emplace_back(std::move(result));
}

void read_grant(const PgQuery__GrantStmt& statement, bool default_privileges, Operations& out) {
  Grant result;
  result.revoke = !statement.is_grant;
  result.kind = object_kind(statement.objtype);
  result.all_in_schema = statement.targtype == PG_QUERY__GRANT_TARGET_TYPE__ACL_TARGET_ALL_IN_SCHEMA;
  result.default_privileges = default_privileges;
  for (const Node* object : list(statement.n_objects, statement.objects)) {
    result.objects.push_back(named_object(statement.objtype, object).name);
  }
  for (const Node* node : list(statement.n_privileges, statement.privileges)) {
    if (node->node_case != PG_QUERY__NODE__NODE_ACCESS_PRIV) continue;
    const PgQuery__AccessPriv& privilege = *node->access_priv;
    result.privileges.emplace_back(has_text(privilege.priv_name) ? privilege.priv_name : "all");
    for (Identifier& column : identifiers(list(privilege.n_cols, privilege.cols))) {
      result.columns.push_back(std::move(column));
    }
  }
  if (statement.n_privileges == 0) result.privileges.emplace_back("all");
  // REVOKE GRANT OPTION FOR: the right itself stays. With CASCADE those lose it who got it on that way.
  if (result.revoke && statement.grant_option != 0 &&
      statement.behavior != PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE) {
    for (std::string& privilege : result.privileges) privilege.insert(0, "grant option for ");
  }
  for (const Node* grantee : list(statement.n_grantees, statement.grantees)) {
    if (grantee->node_case == PG_QUERY__NODE__NODE_ROLE_SPEC) {
      result.grantees.push_back(role_name(grantee->role_spec));
    }
  }
  out.emplace_back(std::move(result));
}

void read_grant_role(const PgQuery__GrantRoleStmt& statement, Operations& out) {
  Grant result;
  result.revoke = !statement.is_grant;
  result.kind = ObjectKind::Role;
  result.role_membership = true;
  for (const Node* node : list(statement.n_granted_roles, statement.granted_roles)) {
    if (node->node_case == PG_QUERY__NODE__NODE_ACCESS_PRIV) {
      result.privileges.emplace_back(text_of(node->access_priv->priv_name));
    }
  }
  for (const Node* node : list(statement.n_grantee_roles, statement.grantee_roles)) {
    if (node->node_case == PG_QUERY__NODE__NODE_ROLE_SPEC)
      result.grantees.push_back(role_name(node->role_spec));
  }
  out.emplace_back(std::move(result));
}

}  // namespace planner::pg
