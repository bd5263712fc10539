#include "planner/sql/parse.h"

namespace planner {

SplitAnswer prisma_splits(const ParsedFile&, std::string_view) { return {}; }

}  // namespace planner
