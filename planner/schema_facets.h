#pragma once

#include <string>
#include <vector>

#include "planner/schema_diff.h"

/// What can differ between two objects of one name, each as a word and a value. For comparing and for
/// printing as JSON.
namespace planner {

struct Facet {
  std::string what;
  std::string text;
  Expression expression;  ///< instead of text: compared by meaning
  bool is_expression = false;
};
using Facets = std::vector<Facet>;
/// The same value, or an expression of the same meaning?
bool same_facet(const Facet& a, const Facet& b);

Facets facets_of(const Table& table, const CompareOptions& options);
Facets facets_of(const Column& column, const CompareOptions& options);
Facets facets_of(const Constraint& constraint, const CompareOptions& options);
Facets facets_of(const Index& index, const CompareOptions& options);
Facets facets_of(const Trigger& trigger, const CompareOptions& options);
Facets facets_of(const Policy& policy, const CompareOptions& options);
Facets facets_of(const RewriteRule& rule, const CompareOptions& options);
Facets facets_of(const CreateStatistics& statistics, const CompareOptions& options);
Facets facets_of(const View& view, const CompareOptions& options);
Facets facets_of(const Sequence& sequence, const CompareOptions& options);
Facets facets_of(const EnumType& type, const CompareOptions& options);
Facets facets_of(const Domain& domain, const CompareOptions& options);
Facets facets_of(const OtherType& type, const CompareOptions& options);
Facets facets_of(const Function& function, const CompareOptions& options);

/// Input types, as they tell overloads apart.
std::string signature_text(const Function& function);

}  // namespace planner
