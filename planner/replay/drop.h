#pragma once

#include <compare>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "planner/replay/internal.h"

namespace planner::replaying {

/// One row of pg_depend's end: an object, or a part of one. In the order in which they are taken out.
struct Object {
  enum class Kind {
    Default,
    Published,  ///< a table in a publication: `part`
    Trigger,
    Policy,
    Rule,
    Statistics,
    Constraint,
    Index,
    Column,
    DomainCheck,
    View,
    Table,
    Sequence,
    Function,
    Type,
    Extension,
    Schema,
  };
  Kind kind;
  ObjectName name;  ///< of the relation for parts
  Identifier part;  ///< column, constraint, trigger, ...; input types of a function
  friend auto operator<=>(const Object&, const Object&) = default;
  friend bool operator==(const Object&, const Object&) = default;
};

std::string describe(const Schema& schema, const Object& object);
Identifier signature_of(const Function& function);

/// How an object hangs on another (pg_depend.deptype): automatic ones go silently, normal ones need CASCADE.
enum class Hold { Automatic, Normal };
using FoundDependent = std::function<void(const Object&, Hold)>;
/// Calls `found` for everything that directly depends on the object.
void find_dependents(const Schema& schema, const Object& object, const FoundDependent& found);
/// The parts of find_dependents that go through a type's or a function's name.
void find_type_users(const Schema& schema, const ObjectName& type, const FoundDependent& found);
void find_function_users(const Schema& schema, const ObjectName& function, const FoundDependent& found);

/// performMultipleDeletions: gathers what goes, refuses what RESTRICT forbids, then takes everything out.
class Removal {
 public:
  explicit Removal(Context& context) : context_(context) {}
  void ask(Object object) { asked_.insert(std::move(object)); }
  void run(Cascade cascade);

 private:
  void gather(const Object& object);
  bool covered(const Object& object) const;
  void take_out(const Object& object);

  Context& context_;
  std::set<Object> asked_;
  std::set<Object> doomed_;
  std::set<Object> automatic_;
  std::vector<Object> normal_;
};

}  // namespace planner::replaying
