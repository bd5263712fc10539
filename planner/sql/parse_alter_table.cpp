#include "planner/sql/read.h"

namespace planner::pg {

namespace {

void read_type_attribute(const Source& source, const ObjectName& type, const PgQuery__AlterTableCmd& command,
                         Operations& out) {
  AlterCompositeType result;
  result.type = type;
  result.cascade = cascade(command.behavior);
  result.if_exists = command.missing_ok != 0;
  switch (command.subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn:
      result.change = 'a';
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn:
      result.change = 'd';
      break;
    default:
      result.change = 't';
      break;
  }
  if (command.def != nullptr && command.def->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF) {
    result.attribute = column_definition(source, *command.def->column_def);
  }
  if (result.attribute.name.empty()) result.attribute.name = identifier(command.name);
  out.emplace_back(std::move(result));
}

void read_add_constraint(const Source& source, const TableName& table, bool only, const Node& node,
                         Operations& out) {
  ConstraintDefinition constraint = constraint_definition(source, *node.constraint);
  switch (constraint.kind) {
    case ConstraintKind::ForeignKey:
      out.emplace_back(AddForeignKey{table, std::move(constraint), only});
      break;
    case ConstraintKind::Unique:
      out.emplace_back(AddUnique{table, std::move(constraint), only});
      break;
    case ConstraintKind::PrimaryKey:
      out.emplace_back(AddPrimaryKey{table, std::move(constraint), only});
      break;
    case ConstraintKind::Exclusion:
      out.emplace_back(AddExclusion{table, std::move(constraint), only});
      break;
    case ConstraintKind::Check:
    case ConstraintKind::NotNull:
      out.emplace_back(AddCheck{table, std::move(constraint), only});
      break;
  }
}

void read_change_type(const Source& source, const TableName& table, bool only,
                      const PgQuery__AlterTableCmd& command, Operations& out) {
  const PgQuery__ColumnDef& definition = *command.def->column_def;
  ChangeType result;
  result.table = table;
  result.column = identifier(command.name);
  result.type = type_name(definition.type_name);
  if (definition.coll_clause != nullptr) {
    result.collation =
        object_name(list(definition.coll_clause->n_collname, definition.coll_clause->collname));
  }
  result.using_expression = scalar(source, definition.raw_default);
  result.only = only;
  out.emplace_back(std::move(result));
}

void read_set_identity(const TableName& table, const PgQuery__AlterTableCmd& command, Operations& out) {
  SetIdentity result{table, identifier(command.name), std::nullopt, {}};
  if (command.def != nullptr && command.def->node_case == PG_QUERY__NODE__NODE_LIST) {
    const auto elements = list(command.def->list->n_items, command.def->list->items);
    result.options = sequence_options(elements);
    for (const Node* element : elements) {
      if (element->node_case == PG_QUERY__NODE__NODE_DEF_ELEM &&
          text_of(element->def_elem->defname) == "generated" && element->def_elem->arg != nullptr &&
          element->def_elem->arg->node_case == PG_QUERY__NODE__NODE_INTEGER) {
        result.always = element->def_elem->arg->integer->ival == 'a';
      }
    }
  }
  out.emplace_back(std::move(result));
}

std::vector<Option> options_of(const Node* definition) {
  if (definition == nullptr || definition->node_case != PG_QUERY__NODE__NODE_LIST) return {};
  return options(list(definition->list->n_items, definition->list->items));
}

void read_statistics_target(const TableName& table, const PgQuery__AlterTableCmd& command, Operations& out) {
  // An index's expression columns have numbers instead of names.
  const Identifier column =
      command.num > 0 ? Identifier(std::to_string(command.num)) : identifier(command.name);
  const Node* target = command.def;
  const bool number = target != nullptr && target->node_case == PG_QUERY__NODE__NODE_INTEGER;
  out.emplace_back(SetStatistics{table, column, number ? target->integer->ival : -1});
}

void read_replica_identity(const TableName& table, const PgQuery__AlterTableCmd& command, Operations& out) {
  const PgQuery__ReplicaIdentityStmt& identity = *command.def->replica_identity_stmt;
  const char kind = has_text(identity.identity_type) ? *identity.identity_type : 'd';
  out.emplace_back(SetReplicaIdentity{table, kind, identifier(identity.name)});
}

void read_attach(const Source& source, const TableName& table, bool is_index,
                 const PgQuery__AlterTableCmd& command, Operations& out) {
  const PgQuery__PartitionCmd& partition = *command.def->partition_cmd;
  if (is_index) {
    out.emplace_back(AttachIndexPartition{table, table_name(partition.name)});
  } else {
    out.emplace_back(
        AttachPartition{table, table_name(partition.name), partition_bound(source, partition.bound)});
  }
}

void read_detach(const TableName& table, bool finalize, const PgQuery__AlterTableCmd& command,
                 Operations& out) {
  const PgQuery__PartitionCmd& partition = *command.def->partition_cmd;
  out.emplace_back(DetachPartition{table, table_name(partition.name), partition.concurrent != 0, finalize});
}

/// Subcommands about triggers, rules and row security; false when it is none.
bool read_switch(const TableName& table, const PgQuery__AlterTableCmd& command, Operations& out) {
  const Identifier name = identifier(command.name);
  switch (command.subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableTrig:
      out.emplace_back(SetTriggerState{table, name});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableAlwaysTrig:
      out.emplace_back(SetTriggerState{table, name, TriggerState::EnableAlways});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableReplicaTrig:
      out.emplace_back(SetTriggerState{table, name, TriggerState::EnableReplica});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DisableTrig:
      out.emplace_back(SetTriggerState{table, name, TriggerState::Disable});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableTrigAll:
      out.emplace_back(SetTriggerState{table, {}, TriggerState::Enable, true});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DisableTrigAll:
      out.emplace_back(SetTriggerState{table, {}, TriggerState::Disable, true});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableTrigUser:
      out.emplace_back(SetTriggerState{table, {}, TriggerState::Enable, false, true});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DisableTrigUser:
      out.emplace_back(SetTriggerState{table, {}, TriggerState::Disable, false, true});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableRule:
      out.emplace_back(SetRuleState{table, name});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableAlwaysRule:
      out.emplace_back(SetRuleState{table, name, TriggerState::EnableAlways});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableReplicaRule:
      out.emplace_back(SetRuleState{table, name, TriggerState::EnableReplica});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DisableRule:
      out.emplace_back(SetRuleState{table, name, TriggerState::Disable});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableRowSecurity:
      out.emplace_back(SetRowSecurity{table, RowSecurity::Enable});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DisableRowSecurity:
      out.emplace_back(SetRowSecurity{table, RowSecurity::Disable});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ForceRowSecurity:
      out.emplace_back(SetRowSecurity{table, RowSecurity::Force});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_NoForceRowSecurity:
      out.emplace_back(SetRowSecurity{table, RowSecurity::NoForce});
      break;
    default:
      return false;
  }
  return true;
}

/// Subcommands about the storage of the whole relation; false when it is none.
bool read_storage(const TableName& table, PgQuery__ObjectType type, const PgQuery__AlterTableCmd& command,
                  Operations& out) {
  const bool is_index = type == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX;
  const bool is_view = type == PG_QUERY__OBJECT_TYPE__OBJECT_VIEW;
  switch (command.subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetRelOptions:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ReplaceRelOptions:
      out.emplace_back(SetTableOptions{table, options_of(command.def), false, is_index, is_view});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ResetRelOptions:
      out.emplace_back(SetTableOptions{table, options_of(command.def), true, is_index, is_view});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_GenericOptions:
      out.emplace_back(SetTableOptions{table, options_of(command.def)});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetLogged:
      out.emplace_back(SetPersistence{table, Persistence::Permanent});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetUnLogged:
      out.emplace_back(SetPersistence{table, Persistence::Unlogged});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetTableSpace:
      out.emplace_back(SetTablespace{table, identifier(command.name), is_index});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetAccessMethod:
      out.emplace_back(SetAccessMethod{table, std::string(text_of(command.name))});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ClusterOn:
      out.emplace_back(ClusterOn{table, identifier(command.name)});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropCluster:
      out.emplace_back(ClusterOn{table, {}});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ReplicaIdentity:
      read_replica_identity(table, command, out);
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddInherit:
      out.emplace_back(Inherit{table, table_name(command.def->range_var), false});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropInherit:
      out.emplace_back(Inherit{table, table_name(command.def->range_var), true});
      break;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ChangeOwner:
      out.emplace_back(ChangeOwner{object_kind(type), table, role_name(command.newowner), std::nullopt});
      break;
    default:
      return false;
  }
  return true;
}

void read_column_default(const Source& source, const TableName& table, PgQuery__ObjectType type, bool only,
                         const PgQuery__AlterTableCmd& command, Operations& out) {
  const Identifier column = identifier(command.name);
  if (type == PG_QUERY__OBJECT_TYPE__OBJECT_VIEW) {
    out.emplace_back(SetViewDefault{table, column, scalar(source, command.def)});
  } else if (command.def == nullptr) {
    out.emplace_back(DropDefault{table, column, only});
  } else {
    out.emplace_back(SetDefault{table, column, scalar(source, command.def), only});
  }
}

void read_alter_constraint(const TableName& table, const PgQuery__AlterTableCmd& command, Operations& out) {
  const PgQuery__Constraint& constraint = *command.def->constraint;
  out.emplace_back(AlterConstraint{table, identifier(constraint.conname), constraint.deferrable != 0,
                                   constraint.initdeferred != 0});
}

void read_command(const Source& source, const PgQuery__AlterTableStmt& statement,
                  const PgQuery__AlterTableCmd& command, Operations& out) {
  const TableName table = table_name(statement.relation);
  const PgQuery__ObjectType type = statement.objtype;
  const bool only = statement.relation->inh == 0;
  const bool missing_ok = command.missing_ok != 0;
  const Identifier name = identifier(command.name);
  if (type == PG_QUERY__OBJECT_TYPE__OBJECT_TYPE) return read_type_attribute(source, table, command, out);
  switch (command.subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn:
      out.emplace_back(
          AddColumn{table, column_definition(source, *command.def->column_def), missing_ok, only});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn:
      out.emplace_back(DropColumn{table, name, missing_ok, cascade(command.behavior), only});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault:
      return read_column_default(source, table, type, only, command, out);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull:
      out.emplace_back(SetNotNull{table, name, only});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull:
      out.emplace_back(DropNotNull{table, name, only});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropExpression:
      out.emplace_back(DropExpression{table, name, missing_ok});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType:
      return read_change_type(source, table, only, command, out);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetStatistics:
      return read_statistics_target(table, command, out);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetOptions:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnGenericOptions:
      out.emplace_back(SetColumnOptions{table, name, options_of(command.def), false});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ResetOptions:
      out.emplace_back(SetColumnOptions{table, name, options_of(command.def), true});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetStorage:
      out.emplace_back(SetStorage{table, name, std::string(string_of(command.def))});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetCompression:
      out.emplace_back(SetCompression{table, name, std::string(string_of(command.def))});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint:
      return read_add_constraint(source, table, only, *command.def, out);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterConstraint:
      return read_alter_constraint(table, command, out);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ValidateConstraint:
      out.emplace_back(ValidateConstraint{table, name});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropConstraint:
      out.emplace_back(DropConstraint{table, name, missing_ok, cascade(command.behavior), only});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AttachPartition:
      return read_attach(source, table, type == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX, command, out);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DetachPartition:
      return read_detach(table, false, command, out);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DetachPartitionFinalize:
      return read_detach(table, true, command, out);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddIdentity:
      out.emplace_back(AddIdentity{table, name, identity(*command.def->constraint)});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetIdentity:
      return read_set_identity(table, command, out);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropIdentity:
      out.emplace_back(DropIdentity{table, name, missing_ok});
      return;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropOids:
      // SET WITHOUT OIDS has changed nothing since version 12, and locks all the same.
      out.emplace_back(SetTableOptions{table, {}, false, false, false});
      return;
    default:
      break;
  }
  if (read_switch(table, command, out) || read_storage(table, type, command, out)) return;
  out.emplace_back(Unrecognized{"ALTER TABLE", {table}, false});
}

}  // namespace

void read_alter_table(const Source& source, const PgQuery__AlterTableStmt& statement, Operations& out) {
  const std::size_t before = out.size();
  for (const Node* command : list(statement.n_cmds, statement.cmds)) {
    if (command->node_case == PG_QUERY__NODE__NODE_ALTER_TABLE_CMD) {
      read_command(source, statement, *command->alter_table_cmd, out);
    }
  }
  for (std::size_t i = before; i < out.size(); ++i) out[i].if_exists = statement.missing_ok != 0;
}

}  // namespace planner::pg
