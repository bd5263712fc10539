#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "planner/schema.h"
#include "planner/sql/type.h"

/// What pg_cast and pg_amop know about types: how a value gets from one to another and which `=` compares two
/// of them.
namespace planner {

/// In the order in which each allows all that the former ones allow.
enum class CastContext { Implicit, Assignment, Explicit };

enum class CastMethod {
  Same,      ///< the same type: at most the modifiers are applied
  Binary,    ///< the stored bytes are good for both
  Function,  ///< a function makes the new value
  Text,      ///< through the text form
  Elements,  ///< element by element of an array
};

/// How PostgreSQL casts in a context, domains replaced by what they stand on; nullopt: it does not.
std::optional<CastMethod> cast_path(const TypeName& from, const TypeName& to, CastContext context,
                                    const Schema& schema, int server_version = 150000);

/// The type under all domains, with the modifiers the innermost one brings. Types that are no domain come
/// back unchanged.
TypeName base_type(const TypeName& type, const Schema& schema);
/// Is it a domain one of whose constraints (CHECK or NOT NULL, at any level) values must pass?
bool domain_has_constraints(const TypeName& type, const Schema& schema);

/// The type as default_opclass() wants it: without domains and modifiers; enums and ranges as `anyenum`,
/// `anyrange`, `anymultirange`.
TypeName opclass_type(const TypeName& type, const Schema& schema);

/// The `=` a foreign key uses between the referenced column and the referencing one; nullopt: there is none
/// and PostgreSQL refuses.
std::optional<std::string> foreign_key_equality(const TypeName& referenced, const TypeName& referencing,
                                                const Schema& schema);

/// Are this type's casts and operators known here (built-in types, enums, domains over them, citext)?
bool type_is_understood(const TypeName& type, const Schema& schema);

}  // namespace planner
