#include "planner/sql/expression.h"
#include "planner/sql/tree.h"

namespace planner {

bool same_meaning(const Expression& a, const Expression& b) { return a == b; }

}  // namespace planner
