#pragma once

#include <string>

#include "planner/plan.h"

/// What schema.prisma has to say while a phase is in force.
namespace planner::plans {

/// `fullName String?`: a field as Prisma would introspect the column.
std::string prisma_field(const Identifier& name, const TypeName& type, bool nullable);

}  // namespace planner::plans
