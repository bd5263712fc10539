#include "src/project/collation.h"

#include <array>
#include <cstdint>
#include <vector>

namespace planner::project {
namespace {

/// CLDR's root order of ASCII's visible punctuation (control characters are ignored by it).
constexpr std::string_view kPunctuation = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

constexpr int kFirstDigit = 100;
constexpr int kFirstLetter = 200;
constexpr int kOther = 1000;

bool is_upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }

/// 0: ignored.
int primary_weight(unsigned char c) {
  if (c >= '0' && c <= '9') return kFirstDigit + (c - '0');
  if (is_upper(c)) return kFirstLetter + (c - 'A');
  if (c >= 'a' && c <= 'z') return kFirstLetter + (c - 'a');
  if (c >= 0x80) return kOther + c;
  const std::size_t place = kPunctuation.find(static_cast<char>(c));
  return place == std::string_view::npos ? 0 : 1 + static_cast<int>(place);
}

struct Key {
  std::vector<int> primary;
  std::vector<bool> upper;
};

Key key_of(std::string_view text) {
  Key key;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const int weight = primary_weight(byte);
    if (weight == 0) continue;
    key.primary.push_back(weight);
    key.upper.push_back(is_upper(byte));
  }
  return key;
}

}  // namespace

int locale_compare(std::string_view a, std::string_view b) {
  const Key left = key_of(a), right = key_of(b);
  if (left.primary != right.primary) return left.primary < right.primary ? -1 : 1;
  if (left.upper != right.upper) return left.upper < right.upper ? -1 : 1;
  return 0;
}

}  // namespace planner::project
