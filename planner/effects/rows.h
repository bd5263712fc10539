#pragma once

#include <string_view>

#include "planner/effects/build.h"

/// What PostgreSQL refuses of a statement about rows before it looks at any of them. For planner/effects
/// only.
namespace planner::physics {

/// 42703, 42P01, ...: names of a query that surely are not there.
void judge_query(Builder& builder, const Expression& query);
/// 55000 for a view that passes changes of the kind (`insert`, `update`, `delete`) on to no table.
void judge_view_change(Builder& builder, const ObjectName& name, std::string_view event);
/// Names of an UPDATE or DELETE, and columns that only PostgreSQL gives values.
void judge_change(Builder& builder, const TableName& written, const Expression& statement,
                  bool looks_elsewhere);
void judge_insert(Builder& builder, const Insert& insert);
/// OLD and NEW where the event has no such row, and what ON SELECT takes.
void judge_rule(Builder& builder, const CreateRule& create);
/// Whether rows of a foreign table can be changed is for its wrapper to say.
void judge_foreign_change(Builder& builder, const ObjectName& name, std::string_view what);
/// Whether PostgreSQL passes changes of the view on to a table by itself.
bool is_updatable(const Builder& builder, const View& view);
/// The relation that a view passes an `insert`, `update` or `delete` on to by itself; nullopt where a trigger
/// or rule does it instead, or nobody.
std::optional<ObjectName> passed_on_to(const Builder& builder, const View& view, std::string_view event);
/// COPY FROM gives its rows to INSTEAD OF triggers alone.
bool takes_copies(const View& view);

}  // namespace planner::physics
