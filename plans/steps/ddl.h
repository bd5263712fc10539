#pragma once

#include "planner/operation.h"
#include "planner/schema.h"

/// Definitions written back as SQL.
namespace planner::plans {

/// `CREATE [UNIQUE] INDEX [CONCURRENTLY] ...` with opclass, collation, order, INCLUDE, predicate and options.
Sql create_index_sql(const CreateIndex& index);
/// The statement that would make this index again, under another name.
CreateIndex recreated(const Index& index, const Identifier& name);
/// The same index over another column; expressions and predicate are rewritten on their trees.
CreateIndex on_other_column(CreateIndex index, const Identifier& from, const Identifier& to);
bool mentions(const Index& index, const Identifier& column);
bool mentions(const ConstraintDefinition& constraint, const Identifier& column);

/// `CONSTRAINT name FOREIGN KEY ...`, with NOT VALID when the definition says so; without a name when it has
/// none.
Sql constraint_sql(const ConstraintDefinition& constraint);
/// `"name" type COLLATE .. DEFAULT .. NOT NULL ..` as ADD COLUMN takes it.
Sql column_sql(const ColumnDefinition& column);
/// `COLLATE "de_DE"` with a leading space, or nothing.
Sql collate_sql(const ObjectName& collation);
/// ` (START WITH 1 INCREMENT BY 2)` with a leading space, or nothing.
Sql sequence_options_sql(const SequenceOptions& options);
std::string_view identity_sql(const Identity& identity);  ///< `GENERATED ALWAYS AS IDENTITY`
Sql using_method_sql(std::string_view method);            ///< ` USING gin`, nothing for btree

}  // namespace planner::plans
