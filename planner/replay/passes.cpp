#include "planner/replay/passes.h"

#include <type_traits>

namespace planner {
namespace {

template <typename Op, typename... Others>
inline constexpr bool kOneOf = (std::is_same_v<Op, Others> || ...);

}  // namespace

AlterPass alter_pass_of(const Operation& operation) {
  return std::visit(
      [](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (kOneOf<Op, DropColumn, DropConstraint, DropDefault, DropNotNull, DropIdentity,
                             DropExpression>) {
          return AlterPass::Drop;
        } else if constexpr (kOneOf<Op, ChangeType>) {
          return AlterPass::AlterType;
        } else if constexpr (kOneOf<Op, AddColumn>) {
          return AlterPass::AddColumn;
        } else if constexpr (kOneOf<Op, SetNotNull, SetIdentity>) {
          return AlterPass::ColumnAttributes;
        } else if constexpr (kOneOf<Op, AddPrimaryKey, AddUnique, AddExclusion>) {
          return AlterPass::AddKey;
        } else if constexpr (kOneOf<Op, AddCheck, AddForeignKey, SetDefault, AddIdentity>) {
          return AlterPass::AddOther;
        } else {
          return AlterPass::Misc;
        }
      },
      operation);
}

}  // namespace planner
