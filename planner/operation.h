#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "planner/operations/catalog.h"
#include "planner/operations/data.h"
#include "planner/operations/index.h"
#include "planner/operations/intention.h"
#include "planner/operations/parts.h"
#include "planner/operations/routine.h"
#include "planner/operations/session.h"
#include "planner/operations/table.h"
#include "planner/operations/type.h"

/// What one SQL sub-command asks for. Plain structs in one variant: rules read as sentences, tests print and
/// compare them. `ALTER TABLE t ADD a int, DROP b` is two operations of one statement. Names are as written
/// (schema empty when not given).
namespace planner {

/// A DO block: the static statements found inside (PL/pgSQL parsed by libpg_query), each with its own
/// operations, in order, whatever branch they stand in. `commits` when it has COMMIT; dynamic SQL appears as
/// Unrecognized{dynamic = true} in `body`.
struct DoBlock;

using OperationVariant = std::variant<
    CreateTable, CreateTableAs, DropTable, RenameTable, AddColumn, DropColumn, RenameColumn, ChangeType,
    SetNotNull, DropNotNull, SetDefault, DropDefault, AddIdentity, SetIdentity, DropIdentity, DropExpression,
    SetStatistics, SetColumnOptions, SetStorage, SetCompression, AddForeignKey, AddCheck, AddUnique,
    AddPrimaryKey, AddExclusion, ValidateConstraint, DropConstraint, RenameConstraint, AlterConstraint,
    SetTableOptions, SetPersistence, SetTablespace, SetAccessMethod, SetReplicaIdentity, ClusterOn,
    SetRowSecurity, SetTriggerState, SetRuleState, AttachPartition, DetachPartition, Inherit, CreateIndex,
    DropIndex, RenameIndex, AttachIndexPartition, Reindex, Cluster, CreateSequence, AlterSequence,
    DropSequence, CreateEnum, AddEnumValue, RenameEnumValue, CreateDomain, AlterDomain, CreateCompositeType,
    AlterCompositeType, CreateRangeType, CreateBaseType, DropType, RenameType, CreateView,
    CreateMaterializedView, DropView, RenameView, RenameViewColumn, SetViewDefault, RefreshMaterializedView,
    CreateFunction, AlterFunction, DropFunction, RenameFunction, CreateTrigger, DropTrigger, RenameTrigger,
    CreatePolicy, AlterPolicy, DropPolicy, RenamePolicy, CreateRule, DropRule, RenameRule, CreateStatistics,
    DropStatistics, CreateSchema, DropSchema, RenameSchema, CreateExtension, AlterExtension, DropExtension,
    DropOwned, SetSchema, ChangeOwner, Comment, Grant, OtherObject, Update, Delete, Insert, Merge, Truncate,
    Copy, Select, SetVariable, Transaction, LockTable, Vacuum, Call, Discard, Listen, Unrecognized,
    ReplaceEnum, ReplaceConstraint, ReplaceColumn, std::shared_ptr<const DoBlock>>;

/// One operation. A variant with its copy, move and destruction compiled once (operation_value.cpp):
/// instantiating them for a hundred alternatives in every file that handles operations costs the compiler
/// twenty seconds a file. std::get_if, std::holds_alternative and std::visit work on it as on any variant.
class Operation : public OperationVariant {
 public:
  /// ALTER ... IF EXISTS: where its relation is missing, nothing happens (PostgreSQL says so in a NOTICE).
  bool if_exists = false;

  Operation();
  template <typename T>
  requires(!std::is_base_of_v<Operation, std::remove_cvref_t<T>> &&
           !std::is_same_v<OperationVariant, std::remove_cvref_t<T>>)
      Operation(T&& alternative)  // NOLINT(google-explicit-constructor): as std::variant converts
      : OperationVariant(std::in_place_type<std::remove_cvref_t<T>>, std::forward<T>(alternative)) {}
  Operation(const Operation& other);
  Operation(Operation&& other) noexcept;
  Operation& operator=(const Operation& other);
  Operation& operator=(Operation&& other) noexcept;
  ~Operation();
};

struct DoBlock {
  std::vector<Operation> body;
  bool commits = false;  ///< COMMIT or ROLLBACK inside: cannot run in a transaction block
  bool has_loop = false;
  bool catches_errors = false;
  bool has_conditions = false;  ///< IF or CASE: what stands in `body` may not all run
  std::string language = "plpgsql";
};

/// `rename-column`, `set-not-null`, ...: the operation's kind as users write it in planner.toml and read it
/// in JSON.
std::string_view kind_name(const Operation& operation);
/// The relation an operation is about (table, view, index or sequence), or nullptr.
const ObjectName* target_relation(const Operation& operation);

}  // namespace planner
