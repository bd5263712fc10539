#pragma once

#include <map>
#include <string>
#include <vector>

#include "planner/migration.h"
#include "planner/schema.h"

namespace planner {

/// An operation's place in a ParsedFile. `nested` counts inside a DO block (-1: not in one).
struct SourceRef {
  std::size_t statement = 0;
  std::size_t operation = 0;
  int nested = -1;
  friend bool operator==(const SourceRef&, const SourceRef&) = default;
};

/// Why several operations are taken as one change, and how sure that is.
struct Evidence {
  double confidence = 1;  ///< 0..1
  bool needs_confirmation =
      false;  ///< a person has to say yes or no (`--rename t.old=new` / `--no-rename t.old`)
  bool confirmed = false;
  std::vector<std::string> reasons;  ///< "both are text", "the migration is named rename_name_to_fullname"
};

/// One change as the author meant it: usually one operation, sometimes several (a rename written as DROP +
/// ADD).
struct Intention {
  Operation operation;  ///< names qualified by the schema it meets
  std::vector<SourceRef> sources;
  std::optional<Evidence> evidence;  ///< set when it was recognised from several operations
  /// What the ADD of a recognised rename says beyond the rename (NOT NULL, DEFAULT, inline constraints), else
  /// empty.
  std::optional<ColumnDefinition> added_column;
};

/// What a person said about DROP + ADD pairs.
struct RenameAnswers {
  struct Column {
    ObjectName table;
    Identifier from;
    Identifier to;
  };
  struct Table {
    ObjectName from;
    ObjectName to;
  };
  std::vector<Column> renames;
  std::vector<Column> not_renames;  ///< `to` empty: the column is really dropped
  std::vector<Table> table_renames;
  std::vector<Table> not_table_renames;
};

struct Recognized {
  std::vector<Intention> intentions;  ///< in the order of their first source
  /// Pairs that look like a rename but need a person's word; their operations are still separate intentions
  /// above.
  std::vector<Intention> questions;
};

/// Operations of one migration -> intentions. Looks at types, names, positions and the migration's own name;
/// never takes a guess silently: a DROP + ADD is a rename without asking only when the types agree and the
/// migration's name says so.
Recognized recognize(const ParsedFile& file, const Migration& migration, const Schema& before,
                     const RenameAnswers& answers = {});

/// 0..1: how alike two names are (typos, case, camelCase and snake_case, words reordered, abbreviations).
double name_similarity(std::string_view a, std::string_view b);

}  // namespace planner
