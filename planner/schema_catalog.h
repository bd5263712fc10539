#pragma once

#include "planner/schema.h"
#include "planner/sql/query_resolve.h"

namespace planner {

/// A schema as the names of a query meet it.
class SchemaCatalog : public QueryCatalog {
 public:
  explicit SchemaCatalog(const Schema& schema) : schema_(schema) {}
  std::optional<Relation> relation(const ObjectName& written) const override;
  std::optional<CallResult> function(const ObjectName& written,
                                     const std::vector<TypeName>& arguments) const override;
  TypeName type(const TypeName& written) const override;
  bool is_complete() const override;

 private:
  const Schema& schema_;
};

}  // namespace planner
