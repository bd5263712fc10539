#pragma once

#include <string>
#include <vector>

#include "planner/plan.h"
#include "planner/schema.h"

/// What schema.prisma has to say while a phase is in force: `prisma migrate dev` writes a migration that
/// undoes whatever the database has and schema.prisma has not, or the other way round.
namespace planner {

/// `fullName String?`: a field as Prisma would introspect the column.
std::string prisma_field(const Identifier& name, const TypeName& type, bool nullable);
/// The same with its @default, where there is one that Prisma sees.
std::string prisma_field(const Column& column);

/// The block attributes of a model as Prisma would introspect them: `@@id([id])`, `@@unique([a, b])`,
/// `@@index([a])`.
std::vector<std::string> prisma_blocks(const Table& table);
/// A table's foreign keys: `@relation(fields: [authorId], references: [id], ...)`.
struct PrismaRelation {
  const Constraint* key = nullptr;  ///< of the table
  std::string attribute;
};
std::vector<PrismaRelation> prisma_relations(const Table& table);

/// What must change in schema.prisma when the schema goes from `before` to `after`, a line for each field,
/// index, relation, model and enum. Views, triggers, checks, functions, partitions, partial and expression
/// indexes and whatever lives in the schema `planner` are not seen by Prisma (measured: facts on Prisma,
/// section 4).
std::vector<PrismaAdvice> prisma_changes(const Schema& before, const Schema& after);

/// Gives every phase the lines that its recipes did not say. `start` is the schema before the first phase.
void complete_prisma_advice(Plan& plan, Schema start);

}  // namespace planner
