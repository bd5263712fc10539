#include "planner/operation.h"

#include <array>
#include <type_traits>

namespace planner {

namespace {

/// `CreateTable`: the compiler's own spelling, so that a name and its struct cannot drift apart.
template <typename T>
constexpr std::string_view struct_name() {
  constexpr std::string_view kFunction = __PRETTY_FUNCTION__;
  constexpr std::string_view kMark = "T = planner::";
  const std::size_t begin = kFunction.find(kMark) + kMark.size();
  return kFunction.substr(begin, kFunction.find_first_of(";]", begin) - begin);
}

std::string kebab_case(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital && !text.empty()) text += '-';
    text += capital ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

template <std::size_t... Index>
std::array<std::string, sizeof...(Index)> all_kind_names(std::index_sequence<Index...>) {
  const auto name = []<typename T>(std::type_identity<T>) {
    if constexpr (std::is_same_v<T, std::shared_ptr<const DoBlock>>) {
      return std::string("do-block");
    } else {
      return kebab_case(struct_name<T>());
    }
  };
  return {name(std::type_identity<std::variant_alternative_t<Index, OperationVariant>>{})...};
}

bool names_a_relation(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::Table:
    case ObjectKind::ForeignTable:
    case ObjectKind::View:
    case ObjectKind::MaterializedView:
    case ObjectKind::Index:
    case ObjectKind::Sequence:
    case ObjectKind::Column:
    case ObjectKind::Trigger:
    case ObjectKind::Policy:
    case ObjectKind::Rule:
      return true;
    default:
      return false;
  }
}

const ObjectName* unless_empty(const ObjectName& name) { return name.empty() ? nullptr : &name; }

}  // namespace

std::string_view kind_name(const Operation& operation) {
  static const auto kNames =
      all_kind_names(std::make_index_sequence<std::variant_size_v<OperationVariant>>{});
  return kNames.at(operation.index());
}

const ObjectName* target_relation(const Operation& operation) {
  return std::visit(
      [](const auto& each) -> const ObjectName* {
        using T = std::decay_t<decltype(each)>;
        if constexpr (requires { each.tables; }) {
          return each.tables.empty() ? nullptr : unless_empty(each.tables.front());
        } else if constexpr (requires { each.table; }) {
          return unless_empty(each.table);
        } else if constexpr (requires { each.view; }) {
          return unless_empty(each.view);
        } else if constexpr (requires { each.sequence; }) {
          return unless_empty(each.sequence);
        } else if constexpr (std::is_same_v<T, DropIndex> || std::is_same_v<T, RenameIndex> ||
                             std::is_same_v<T, AttachIndexPartition>) {
          return unless_empty(each.index);
        } else if constexpr (std::is_same_v<T, Reindex>) {
          const bool relation = each.target == ReindexTarget::Index || each.target == ReindexTarget::Table;
          return relation ? unless_empty(each.name) : nullptr;
        } else if constexpr (std::is_same_v<T, SetSchema> || std::is_same_v<T, ChangeOwner> ||
                             std::is_same_v<T, Comment>) {
          return names_a_relation(each.kind) ? unless_empty(each.name) : nullptr;
        } else {
          return nullptr;
        }
      },
      static_cast<const OperationVariant&>(operation));
}

}  // namespace planner
