#pragma once

#include "plans/steps/conversion.h"
#include "plans/steps/mirror.h"

/// Columns that become another type under their own name: a shadow column of the new type follows the old one
/// until both hold the same rows, then they change names in one short transaction. The old column stays,
/// under a name of planner's, until the last phase.
namespace planner::plans {

/// The new value stands in the row that a foreign key leads to, under the same name as the one it points at.
struct KeyJoin {
  ConstraintDefinition key;
  Identifier target;
  Identifier target_fresh, target_old;
};

struct SwappedColumn {
  Identifier name;
  Identifier fresh;  ///< the shadow, until the swap
  Identifier old;    ///< the old column, after it
  const Column* before = nullptr;
  const Column* after = nullptr;
  TypeName fresh_type;                 ///< the new type as it is called before the swap
  TypeName old_type;                   ///< the old type as it is called after the swap
  Conversion up;                       ///< old -> new, called before the swap
  Conversion up_after;                 ///< the same when the columns have changed names
  Conversion down;                     ///< new -> old, called after the swap
  Expression refused;                  ///< over the old column: values that must not be there; empty: none
  const Sequence* identity = nullptr;  ///< of an identity column
  bool required = false;               ///< NOT NULL from the swap on
  bool default_in_its_words = false;   ///< PostgreSQL keeps it, with the type its constant had
  bool once = false;  ///< the new value does not follow from the row: each row is given one and keeps it
  bool goes_on =
      false;  ///< and the old column goes on giving itself values after the swap (serial, identity)
  std::optional<KeyJoin> join;
  bool dropped_and_added = false;  ///< which loses what hangs on it
  std::vector<SourceRef> sources;
};

/// An index that has to exist for the new column at the moment of the swap.
struct SwappedIndex {
  const Index* index = nullptr;
  CreateIndex fresh;  ///< on the shadow
  CreateIndex back;   ///< on the old column after the swap, for the way back; only unique ones go
  bool stays() const { return !index->unique; }
};

struct SwappedTable {
  const Table* table = nullptr;
  std::vector<SwappedColumn> columns;
  Mirror mirror;  ///< before the swap
  Mirror joins;   ///< names alone, for the columns that are joined
  std::vector<SwappedIndex> indexes;
  struct Check {
    ConstraintDefinition before, after;
    bool validated = true;
  };
  std::vector<Check> checks;
  std::vector<ConstraintDefinition> keys;  ///< UNIQUE and PRIMARY KEY
  std::vector<ConstraintDefinition> gone;  ///< that DROP COLUMN takes along and the migration does not remake
  std::vector<ObjectName> gone_indexes;    ///< unique ones that it takes along likewise
  std::vector<const Sequence*> sequences;  ///< OWNED BY a swapped column, not of an identity
  const Table* after = nullptr;
  bool changed_first =
      false;  ///< the migration changes rows before it changes the type: only then the values can be judged
};

struct SwappedKey {
  TableName table;
  ConstraintDefinition before, after;
  bool validated = true;
  bool gone = false;  ///< with the column that it starts from
};

struct SwappedEnum {
  ObjectName type, fresh, old;
  std::vector<std::string> labels;
};

struct TypeSwap {
  std::vector<SwappedTable> tables;
  std::vector<SwappedKey> foreign_keys;
  std::vector<SwappedEnum> enums;
  std::vector<Sql> sequences_forth, sequences_back;  ///< statements of the swap beyond ownership
  std::vector<Sql> take_away,
      make_again;  ///< views, triggers and policies of the migration around the change
  std::vector<Sql> take_away_back, make_again_back;  ///< and for the way back
  bool reversible = true;
  Window before = Window::BothReleases;  ///< which releases can work with the old type
  Window after = Window::BothReleases;   ///< and with the new one
  std::string when_to_deploy;
};

std::vector<Step> type_swap_steps(const TypeSwap& swap, const RecipeContext& context);

}  // namespace planner::plans
