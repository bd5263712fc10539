#pragma once

#include "planner/plan.h"

/// Indexes and constraints made while everybody works.
namespace planner::plans {

/// One concurrent build, alone in its migration. `finished` is a name the finished index is known by in
/// sentences.
Step index_step(const CreateIndex& index, const RecipeContext& context);
/// What must hold once the index is built.
Condition index_is_whole(const TableName& table, const ObjectName& index);
/// FOREIGN KEY: NOT VALID, then VALIDATE.
std::vector<Step> foreign_key_steps(const TableName& table, const ConstraintDefinition& constraint,
                                    const RecipeContext& context);
/// CHECK: NOT VALID behind a gate that looks for rows it would not let be updated, then VALIDATE.
std::vector<Step> check_steps(const TableName& table, const ConstraintDefinition& constraint,
                              const RecipeContext& context);
/// UNIQUE and PRIMARY KEY from an index built concurrently; columns of a primary key are made NOT NULL first.
/// `replaces`: a constraint that goes in the same moment.
std::vector<Step> key_steps(const TableName& table, const ConstraintDefinition& constraint,
                            const RecipeContext& context, const Identifier& replaces = Identifier());
/// Which release can work with which key: `builds` makes the index of the new key, `replaces` takes the old
/// one away.
void part_releases(const std::vector<Identifier>& old_key, const std::vector<Identifier>& new_key,
                   Step& builds, Step& replaces);
/// ALTER TABLE ... VALIDATE CONSTRAINT.
Step validate_step(const TableName& table, const Identifier& constraint,
                   const std::vector<TableName>& row_shared = {});

/// What brings a dropped constraint or index back, without blocking anybody.
std::vector<ReverseStep> constraint_back(const Table& table, const Constraint& constraint);
std::vector<ReverseStep> index_back(const Index& index);

/// The name PostgreSQL gives a constraint that the migration leaves unnamed.
ConstraintDefinition named(const TableName& table, ConstraintDefinition constraint,
                           const RecipeContext& context);
/// The same for an index.
CreateIndex named(CreateIndex index, const RecipeContext& context);

}  // namespace planner::plans
