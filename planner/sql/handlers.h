#pragma once

#include <memory>
#include <string_view>

#include "planner/operation.h"

namespace planner {

/// In the body of a DO block, what an EXCEPTION handler holds is a block of its own in this language: it runs
/// when something before it failed, which then is undone.
inline constexpr std::string_view kHandlerLanguage = "plpgsql exception handler";

/// The handler that the operation is, or nullptr.
inline const DoBlock* handler_of(const Operation& operation) {
  const auto* block = std::get_if<std::shared_ptr<const DoBlock>>(&operation);
  return block != nullptr && *block != nullptr && (*block)->language == kHandlerLanguage ? block->get()
                                                                                         : nullptr;
}

}  // namespace planner
