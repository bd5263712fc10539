#pragma once

#include <string>

#include "planner/schema.h"

/// Objects that a migration drops and makes again under the same name: `DROP TRIGGER IF EXISTS t ON x; CREATE
/// TRIGGER t ...`.
namespace planner {

/// The object that a statement drops or makes, as one text; empty: of no kind that comes back.
std::string object_of(const Operation& operation);

/// Is what the statement drops there, as far as the schema tells?
bool drops_something(const Operation& drop, const Schema& schema);

/// Can its drop and its making stand side by side in one transaction while applications run, with nothing
/// lost? Tables, views and schemas hold more than their definition.
bool is_mere_definition(const Operation& drop);

}  // namespace planner
