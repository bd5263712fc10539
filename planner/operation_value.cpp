#include "planner/operation.h"

#include <memory>

namespace planner {

Operation::Operation() = default;
Operation::Operation(const Operation& other) = default;
Operation::Operation(Operation&& other) noexcept
    : OperationVariant(std::move(static_cast<OperationVariant&>(other))), if_exists(other.if_exists) {}
Operation::~Operation() = default;

// Assignment by construction: the variant's own assignment would instantiate every pair of alternatives'
// exception paths.
Operation& Operation::operator=(const Operation& other) {
  if (this != &other) *this = Operation(other);
  return *this;
}

Operation& Operation::operator=(Operation&& other) noexcept {
  if (this != &other) {
    std::destroy_at(this);
    std::construct_at(this, std::move(other));
  }
  return *this;
}

}  // namespace planner
