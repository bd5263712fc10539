#pragma once

#include <map>
#include <set>
#include <vector>

#include "planner/effects/build.h"

/// One ALTER TABLE on its way through PostgreSQL's passes. For planner/effects/alter_*.cpp only.
namespace planner::physics {

bool is_serial(const TypeName& type);

class AlterTable {
 public:
  AlterTable(Builder& builder, TableName target, LockMode mode)
      : b_(builder), target_(std::move(target)), mode_(mode) {}

  void run(const std::vector<const Operation*>& operations);

 private:
  const Table* table() const { return b_.schema.tables.find(target_); }
  void lock_family(bool only);
  void lock_partitions(const TableName& of, LockMode mode);
  void verify_family(ScanReason reason, bool only = false);
  void rewrite_family(bool only = false);

  // ---- columns
  void part(const AddColumn& add, const Operation& operation);
  static bool is_virtual(const ColumnDefinition&) { return false; }  // PostgreSQL 15's grammar has no VIRTUAL
  /// The table and the children that do not have such a column yet, all locked. A child that has one is
  /// locked too, takes it for the same, and hands nothing down.
  std::set<TableName> tables_without(const TableName& table, const Identifier& column, bool only);
  /// Says whether every row has to be written for it.
  bool judge_default(const Expression& value);
  void part(const DropColumn& drop, const Operation& operation);
  void part(const DropNotNull& drop, const Operation& operation);
  void part(const ChangeType& change, const Operation& operation);
  bool rewrites(const ChangeType& change) const;
  void set_not_null(const Identifier& column, bool only);
  void part(const SetNotNull& set, const Operation& operation);
  void part(const SetIdentity& set, const Operation& operation);
  /// From 17 on the partitions have the identity of their parent.
  void lock_identity_family(const Identifier& column);
  /// Of an index only expressions have a target of their own.
  void judge_statistics_target(const SetStatistics& set);

  // ---- constraints
  bool inherits_not_null(const Identifier& name) const;
  /// From 18 on ADD CONSTRAINT locks all children before it asks what kind of constraint it is.
  void lock_for_constraint(bool only);
  void part(const AddCheck& add, const Operation& operation);
  void lock_referenced(const ConstraintDefinition& key);
  void check_key(const ConstraintDefinition& key, std::set<TableName> taken_over = {});
  void part(const AddForeignKey& add, const Operation& operation);
  /// Partitions while an index constraint of their parent is made.
  LockMode index_partition_lock() const;
  void add_index_constraint(const ConstraintDefinition& constraint, bool only, const Operation& operation);
  void part(const AddUnique& add, const Operation& operation);
  void part(const AddPrimaryKey& add, const Operation& operation);
  void part(const AddExclusion& add, const Operation& operation);
  void part(const ValidateConstraint& validate, const Operation& operation);
  void part(const DropConstraint& drop, const Operation& operation);
  void part(const AlterConstraint&, const Operation& operation);

  // ---- the table itself
  void part(const SetPersistence& set, const Operation& operation);
  void part(const SetTablespace& set, const Operation& operation);
  void part(const SetAccessMethod& set, const Operation& operation);
  void part(const SetReplicaIdentity& set, const Operation& operation);
  void part(const ClusterOn& cluster, const Operation& operation);
  void part(const SetTriggerState& set, const Operation& operation);
  void part(const Inherit& inherit, const Operation& operation);
  /// Everything else only changes the catalogue.
  template <typename T>
  void part(const T& change, const Operation& operation);

  // ---- phase 3
  void finish();
  bool is_of_partitioned(const ObjectName& index) const;
  bool is_partitioned(const TableName& name) const;
  /// SET TABLESPACE copies the index's file.
  bool is_copy(const ObjectName& index) const { return index == target_; }

  Builder& b_;
  TableName target_;
  LockMode mode_;
  std::set<TableName> rewrite_;
  std::map<TableName, std::vector<ScanReason>> verify_;
  std::vector<KeyCheck> key_checks_;
  bool default_beside_columns_ = false;  ///< then the foreign keys of new columns are checked
  bool key_beside_columns_ = false;
  bool some_type_rewrites_ = false;
};

}  // namespace planner::physics
