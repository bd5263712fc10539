#pragma once

#include <string>
#include <string_view>
#include <vector>

/// How names resemble each other and what a migration's own name says: the evidence `recognize` weighs.
namespace planner {

/// Lower-case words of a name: `modelSizeKB`, `model_size_kb` and `ModelSize-KB` all give model, size, kb.
/// Digits are words of their own.
std::vector<std::string> words_of(std::string_view name);

/// Lower case without anything but letters and digits: equal for names that differ in case and separators
/// only.
std::string squashed(std::string_view name);

/// `enabled` and `disabled`, `is_active` and `is_inactive`, `allow_x` and `deny_x`: values would have to be
/// inverted. Returns the two words that oppose each other, or two empty strings.
struct Opposites {
  std::string a, b;
  explicit operator bool() const { return !a.empty() || !b.empty(); }
};
Opposites opposites(std::string_view a, std::string_view b);

/// A guess's confidence in words: `almost certainly`, `probably`, `perhaps`.
std::string how_sure(double confidence);

/// What a migration's name says about a change of one name into another.
enum class NameSays {
  Nothing,
  Rename,         ///< it has the word and neither name
  RenameOfOne,    ///< the word and one of the two names: `rename_title`
  RenameOfBoth,   ///< the word and both names in this order: `rename_name_to_fullname`
  RenameReversed  ///< the word and both names, the other way round
};
NameSays what_name_says(std::string_view migration_name, std::string_view from, std::string_view to);

}  // namespace planner
