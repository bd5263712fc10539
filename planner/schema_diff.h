#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "planner/schema.h"

/// Two schemas, object by object.
namespace planner {

struct SchemaDifference {
  enum class Change { OnlyInA, OnlyInB, Differs };
  Change change = Change::Differs;
  std::string kind;   ///< `table`, `column`, `constraint`, `index`, `enum`, `view`, ... as in JSON
  ObjectName object;  ///< the table, view, type, ...
  Identifier part;    ///< the column, constraint, index, trigger of a table; empty for the object itself
  std::string what;   ///< Differs: `type`, `default`, `NOT NULL`, ...
  std::string a, b;   ///< Differs: what each side has
  std::string
      sentence;  ///< `column email of users: type is text in the history, varchar(20) in the database`
};

struct CompareOptions {
  std::string name_a = "the history";  ///< for sentences
  std::string name_b = "the database";
  bool column_order = false;  ///< is another order a difference?
  bool comments = true;
  bool owners = false;
  bool storage = true;  ///< fillfactor, tablespaces, statistics targets, clustering, replica identity
  bool policies = true;
  bool functions = true;
  bool extensions = true;
  bool publications = false;
};

/// Every difference, tables first, in the order of their names. Sizes, activity and what is new do not count.
std::vector<SchemaDifference> compare(const Schema& a, const Schema& b, const CompareOptions& options = {});

/// Do a stored default and another mean the same? nextval('s'::regclass) is told apart by the sequence, not
/// by its spelling.
bool same_default(const Expression& a, const Expression& b);

/// Do two view queries mean the same? Both are looked at with what their schemas know of the relations they
/// read.
bool same_query(const Expression& a, const Schema& in_a, const Expression& b, const Schema& in_b);

}  // namespace planner
