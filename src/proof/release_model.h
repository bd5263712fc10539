#pragma once

#include <string>
#include <vector>

#include "planner/plan.h"
#include "planner/recognize/recognize.h"
#include "planner/schema.h"

namespace planner {

/// The application version that runs before / after the change.
enum class Release { Old, New, Transitional };
std::string_view release_name(Release release);

/// One column as an ORM of that release declares it. Two releases' columns that hold the same thing share
/// `logical`.
struct ReleaseColumn {
  Identifier name;
  TypeName type;
  std::string logical;
  bool not_null = false;
  bool has_default = false;   ///< default, serial or identity: an INSERT may leave it out
  bool same_default = false;  ///< a constant: two rows that leave it out are alike
  bool written = true;        ///< false: generated, GENERATED ALWAYS identity
  bool in_key = false;
  bool unique = false;         ///< alone in a unique index or part of one: written with fresh values only
  bool references = false;     ///< part of a foreign key: takes only values that are already there
  bool default_leads = false;  ///< and has a default in some release, to which no row need be there
  TypeName other_type;         ///< in the other release, when it differs there
  bool filled = false;   ///< nullable here, required in the other release: the plan gives a NULL a value
  bool checked = false;  ///< a CHECK names it: takes only values that are already there
};

struct ReleaseTable {
  TableName name;
  std::string logical;
  std::vector<ReleaseColumn> columns;
  std::vector<Identifier> key;
  bool referenced = false;  ///< other tables point at it: its rows are not deleted
  /// A view stands under its name for a time: nobody can tell there whether an upsert inserted.
  bool behind_view = false;
};

/// The tables one release of the application knows: what a generated client selects, inserts and updates.
struct ReleaseModel {
  Release release = Release::Old;
  std::vector<ReleaseTable> tables;
};

/// What the plan renames, so that both releases' columns are recognised as the same thing.
struct ReleaseMapping {
  struct Column {
    TableName table;  ///< as the old release names it
    Identifier from, to;
  };
  std::vector<Column> columns;
  std::vector<std::pair<TableName, TableName>> tables;
};
ReleaseMapping mapping_of(const std::vector<Intention>& intentions);

/// The model of a release that sees `schema`. Tables without a primary or unique NOT NULL key, partitions
/// (their parent stands for them), foreign tables and planner's own are left out. `only` limits it to these
/// tables (old names); empty: all.
ReleaseModel release_model(const Schema& schema, Release release, const ReleaseMapping& mapping,
                           const std::vector<TableName>& only = {});

/// Notes in each model what the other release makes of the same columns: `filled` and `other_type`, and which
/// columns are unique, references or checked for either.
void match_releases(ReleaseModel& old_release, ReleaseModel& new_release);

/// Notes the tables that a view stands in for while some phase of the plan is in force. `start` is the schema
/// before it.
void note_views(ReleaseModel& model, const Plan& plan, Schema start);

/// Code that knows both columns of every rename and writes both: the state a team passes through when it
/// dual-writes itself.
ReleaseModel transitional_model(const ReleaseModel& old_release, const ReleaseModel& new_release);

}  // namespace planner
