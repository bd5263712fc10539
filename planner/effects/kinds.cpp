#include <algorithm>
#include <string_view>
#include <type_traits>

#include "planner/effects/build.h"
#include "planner/sql/written_rows.h"

/// Which statements and sub-commands there are for which kinds of relations (ATSimplePermissions and the
/// callbacks of ALTER, COMMENT, LOCK, ...). Kinds in the letters of pg_class.
namespace planner::physics {
namespace {

char kind_letter(const Builder& b, const ObjectName& name) {
  if (const Table* table = b.schema.tables.find(name)) {
    return table->kind == RelationKind::PartitionedTable ? 'p'
           : table->kind == RelationKind::ForeignTable   ? 'f'
                                                         : 'r';
  }
  if (const View* view = b.schema.views.find(name)) return view->materialized ? 'm' : 'v';
  if (b.schema.sequences.contains(name)) return 'S';
  if (b.schema.index_tables.contains(name)) return 'i';
  const OtherType* type = b.schema.types.find(name);
  return type != nullptr && type->kind == 'c' ? 'c' : '\0';
}

/// The kinds an operation is for; empty: any.
std::string_view kinds_of(ObjectKind kind, std::string_view any_table) {
  switch (kind) {
    case ObjectKind::Table:
      return any_table;
    case ObjectKind::View:
      return "v";
    case ObjectKind::MaterializedView:
      return "m";
    case ObjectKind::Sequence:
      return "S";
    case ObjectKind::Index:
      return "i";
    case ObjectKind::ForeignTable:
      return "f";
    case ObjectKind::Column:
      return "rpvmcf";
    default:
      return {};
  }
}

struct AllowedKinds {
  template <typename T>
  std::string_view operator()([[maybe_unused]] const T& op) const {
    if constexpr (is_one_of<T, SetRowSecurity, SetRuleState, AlterConstraint, CreatePolicy, AlterPolicy,
                            DetachPartition, RenamePolicy>)
      return "rp";
    if constexpr (is_one_of<T, SetReplicaIdentity, ClusterOn, SetAccessMethod, SetCompression>) return "rpm";
    if constexpr (is_one_of<T, SetStorage, SetColumnOptions, CreateStatistics>) return "rpmf";
    if constexpr (is_one_of<T, SetTriggerState, Inherit, ValidateConstraint, DropNotNull, SetNotNull,
                            DropExpression>)
      return "rpf";
    if constexpr (is_one_of<T, SetDefault, DropDefault, AddIdentity, SetIdentity, DropIdentity>)
      return "rpvf";
    if constexpr (is_one_of<T, SetStatistics>) return "rpmfi";
    if constexpr (is_one_of<T, SetTablespace>) return op.is_index ? "i" : "rpmi";
    if constexpr (is_one_of<T, SetPersistence>) return "rpS";
    if constexpr (is_one_of<T, SetTableOptions>) return op.is_index ? "i" : op.is_view ? "v" : "rpvmif";
    if constexpr (is_one_of<T, AlterSequence>) return "S";
    if constexpr (is_one_of<T, CreateRule>) return "rpvm";  // of "m" below
    if constexpr (is_one_of<T, CreateTrigger>) return "rpvf";
    if constexpr (is_one_of<T, CreateIndex>) return "rpm";
    if constexpr (is_one_of<T, SetViewDefault>) return "v";
    if constexpr (is_one_of<T, SetSchema>) return kinds_of(op.kind, "rpvmfS");
    if constexpr (is_one_of<T, ChangeOwner>) return kinds_of(op.kind, "rpvmfSi");
    if constexpr (is_one_of<T, Comment>) return kinds_of(op.kind, "rp");
    return {};
  }
};

void require_kind(Builder& b, const ObjectName& written, std::string_view allowed) {
  const ObjectName name = b.schema.resolve_relation(written);
  const char kind = kind_letter(b, name);
  if (kind == '\0' || allowed.find(kind) != std::string_view::npos) return;
  b.fail("42809", "what is to be done cannot be done to \"" + name.name.str() + "\": it is " +
                      (kind == 'v'   ? "a view"
                       : kind == 'm' ? "a materialized view"
                       : kind == 'S' ? "a sequence"
                       : kind == 'i' ? "an index"
                       : kind == 'c' ? "a composite type"
                       : kind == 'f' ? "a foreign table"
                                     : "a table"));
}

/// A table's row type follows its table; ALTER TYPE is not for it.
void refuse_row_type(Builder& b, const Operation& operation) {
  const auto* owner = std::get_if<ChangeOwner>(&operation);
  const auto* place = std::get_if<SetSchema>(&operation);
  const ObjectName* written = owner != nullptr && owner->kind == ObjectKind::Type   ? &owner->name
                              : place != nullptr && place->kind == ObjectKind::Type ? &place->name
                                                                                    : nullptr;
  if (written == nullptr) return;
  const ObjectName name = b.schema.resolve_relation(*written);
  if (b.schema.tables.contains(name) || b.schema.views.contains(name))
    b.fail("42809", name.name.str() + " is a table's row type");
}

/// What foreign tables cannot have.
void judge_foreign(Builder& b, const TableName& written, ConstraintKind kind) {
  const Table* table = b.schema.table(written);
  if (table == nullptr || table->kind != RelationKind::ForeignTable) return;
  if (kind != ConstraintKind::Check && kind != ConstraintKind::NotNull)
    b.fail("0A000", "such constraints are not supported on foreign tables");
}

/// Rows that a trigger's WHEN has no use of.
void judge_trigger_when(Builder& b, const CreateTrigger& create, const Table* table) {
  if (!create.when || create.instead) return;
  judge_row_names(b, create.table, create.when);
  const Identifier old_row("old");
  const Identifier new_row("new");
  const bool names_old = refers_to(create.when, old_row);
  const bool names_new = refers_to(create.when, new_row);
  if (!create.for_each_row && (names_old || names_new)) {
    b.fail("42P17", "statement trigger's WHEN condition cannot reference column values");
  } else if (create.on_insert && names_old) {
    b.fail("42P17", "INSERT trigger's WHEN condition cannot reference OLD values");
  } else if (create.on_delete && names_new) {
    b.fail("42P17", "DELETE trigger's WHEN condition cannot reference NEW values");
  } else if (create.before && names_new && table != nullptr) {
    for (const Column& column : table->columns) {
      if (column.generated && refers_to(create.when, new_row, column.name))
        b.fail("42P17", "BEFORE trigger's WHEN condition cannot reference NEW generated columns");
    }
  }
}

/// 42601, 0A000: triggers of a shape that no relation, or not this one, can have.
void judge_trigger_shape(Builder& b, const CreateTrigger& create) {
  const ObjectName name = b.schema.resolve_relation(create.table);
  const char kind = kind_letter(b, name);
  const bool transition = !create.old_table.empty() || !create.new_table.empty();
  if (create.on_truncate && create.for_each_row)
    b.fail("0A000", "TRUNCATE FOR EACH ROW triggers are not supported");
  if (create.instead && create.when) b.fail("0A000", "INSTEAD OF triggers cannot have WHEN conditions");
  if (create.instead && !create.update_columns.empty())
    b.fail("0A000", "INSTEAD OF triggers cannot have column lists");
  const bool foreign_truncate = kind == 'f' && create.on_truncate && b.major() < 16;
  if (foreign_truncate || (kind == 'v' && create.on_truncate))
    b.fail("42809", "\"" + name.name.str() + "\" cannot have TRUNCATE triggers");
  judge_trigger_when(b, create, b.schema.tables.find(name));
  if (kind == 'f' && (create.constraint || create.instead))
    b.fail("42809", "\"" + name.name.str() + "\" is a foreign table: it has no such triggers");
  if (transition && (kind == 'f' || kind == 'v'))
    b.fail("42809", "triggers on \"" + name.name.str() + "\" cannot have transition tables");
  if (!transition || !create.for_each_row) return;
  const Table* table = b.schema.tables.find(name);
  if (kind == 'p')
    b.fail("0A000", "ROW triggers with transition tables are not supported on partitioned tables");
  if (table != nullptr && !table->inherits.empty())
    b.fail("0A000",
           "ROW triggers with transition tables are not supported on partitions and inheriting tables");
}

}  // namespace

void judge_kind(Builder& b, const Operation& operation) {
  if (const auto* lock = std::get_if<LockTable>(&operation)) {
    for (const TableName& table : lock->tables) require_kind(b, table, "rpv");
    return;
  }
  const std::string_view allowed = std::visit(AllowedKinds(), operation);
  const ObjectName* target = target_relation(operation);
  if (target != nullptr && !allowed.empty()) require_kind(b, *target, allowed);
  if (const auto* add = std::get_if<AddUnique>(&operation))
    judge_foreign(b, add->table, add->constraint.kind);
  if (const auto* add = std::get_if<AddPrimaryKey>(&operation))
    judge_foreign(b, add->table, add->constraint.kind);
  if (const auto* add = std::get_if<AddExclusion>(&operation))
    judge_foreign(b, add->table, add->constraint.kind);
  if (const auto* add = std::get_if<AddForeignKey>(&operation))
    judge_foreign(b, add->table, add->constraint.kind);
  if (const auto* add = std::get_if<AddColumn>(&operation)) {
    for (const ConstraintDefinition& each : add->column.constraints) judge_foreign(b, add->table, each.kind);
  }
  if (const auto* create = std::get_if<CreateTable>(&operation);
      create != nullptr && !create->foreign_server.empty() &&
      !(create->if_not_exists && is_known(b, b.schema.resolve_relation(create->table)))) {
    const auto refuse = [&](const ConstraintDefinition& each) {
      if (each.kind != ConstraintKind::Check && each.kind != ConstraintKind::NotNull)
        b.fail("0A000", "such constraints are not supported on foreign tables");
    };
    for (const ConstraintDefinition& each : create->constraints) refuse(each);
    for (const ColumnDefinition& column : create->columns) {
      for (const ConstraintDefinition& each : column.constraints) refuse(each);
    }
  }
  if (const auto* create = std::get_if<CreateRule>(&operation)) {
    if (kind_letter(b, b.schema.resolve_relation(create->table)) == 'm')
      b.fail("0A000", "rules on materialized views are not supported");
  }
  if (const auto* owner = std::get_if<ChangeOwner>(&operation);
      owner != nullptr && !is_present_role(owner->owner)) {
    const Sequence* sequence = b.schema.sequences.find(b.schema.resolve_relation(owner->name));
    const bool named = owner->kind == ObjectKind::Sequence || owner->kind == ObjectKind::Table;
    if (named && sequence != nullptr && sequence->owner_table && sequence->owner != owner->owner)
      b.fail("0A000", "cannot change owner of sequence \"" + owner->name.name.str() + "\": a table owns it");
  }
  refuse_row_type(b, operation);
  if (const auto* create = std::get_if<CreateTrigger>(&operation)) judge_trigger_shape(b, *create);
  if (const auto* create = std::get_if<CreatePolicy>(&operation)) {
    if (create->command == "insert" && create->using_expression)
      b.fail("42601", "only WITH CHECK expression allowed for INSERT");
    if ((create->command == "select" || create->command == "delete") && create->with_check)
      b.fail("42601", "WITH CHECK cannot be applied to SELECT or DELETE");
  }
  if (const auto* alter = std::get_if<AlterPolicy>(&operation)) {
    const Table* table = b.schema.table(alter->table);
    const std::string command = [&] {
      if (table == nullptr) return std::string();
      const auto found = std::find_if(table->policies.begin(), table->policies.end(),
                                      [&](const Policy& p) { return p.definition.name == alter->name; });
      return found == table->policies.end() ? std::string() : found->definition.command;
    }();
    if (command == "insert" && alter->using_expression)
      b.fail("42601", "only WITH CHECK expression allowed for INSERT");
    if ((command == "select" || command == "delete") && alter->with_check)
      b.fail("42601", "only USING expression allowed for SELECT, DELETE");
  }
}

}  // namespace planner::physics
