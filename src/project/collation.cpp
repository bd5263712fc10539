#include "src/project/collation.h"

#include <dlfcn.h>
#include <unicode/ucol.h>

#include <algorithm>
#include <string>

#include "planner/error.h"

namespace planner::project {
namespace {

#ifdef PLANNER_PORTABLE
#define OF_ICU(function) (&function)
#else
// Thirty megabytes of tables for names that bear unusual characters: loading ICU at every
// start costs as much as reading a hundred migrations. Its functions bear its version in their names.
#define WRITTEN_OUT(name) #name
#define NAME_OF(function) WRITTEN_OUT(function)
#define OF_ICU(function) of_library<decltype(function)>(NAME_OF(function))

template <typename Function>
Function* of_library(const char* name) {
  static const char* const kFile = "libicui18n.so." U_ICU_VERSION_SHORT;
  static void* const loaded = ::dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  void* const found = loaded == nullptr ? nullptr : ::dlsym(loaded, name);
  if (found == nullptr) {
    throw Error(std::string(kFile) + " cannot be loaded, which orders the names of migrations",
                "install Debian's libicu" U_ICU_VERSION_SHORT);
  }
  return reinterpret_cast<Function*>(found);
}
#endif

UCollator* root_collator() {
  UErrorCode status = U_ZERO_ERROR;
  UCollator* root = OF_ICU(ucol_open)("root", &status);
  if (U_FAILURE(status) != 0)
    throw Error("ICU cannot order names: error " + std::to_string(status), "install its data again");
  return root;
}

/// Where the root collation puts a character that folders of migrations usually bear, case left aside.
int place_of(char c) {
  if (c == '_') return 1;
  if (c >= '0' && c <= '9') return 2 + (c - '0');
  if (c >= 'a' && c <= 'z') return 12 + (c - 'a');
  if (c >= 'A' && c <= 'Z') return 12 + (c - 'A');
  return 0;
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::optional<int> plain_compare(std::string_view a, std::string_view b) {
  // Nothing in ASCII is ignored or read together with its neighbour: the first two characters of different
  // weight decide, and an end comes before everything.
  if (!is_printable_ascii(a) || !is_printable_ascii(b)) return std::nullopt;
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (in_a == a.end() || in_b == b.end()) return a.size() == b.size() ? 0 : in_a == a.end() ? -1 : 1;
  const int left = place_of(*in_a), right = place_of(*in_b);
  if (left == 0 || right == 0 || left == right) return std::nullopt;
  return left < right ? -1 : 1;
}

int icu_compare(std::string_view a, std::string_view b) {
  static const UCollator* const collator = root_collator();
  static const auto compare = OF_ICU(ucol_strcollUTF8);
  UErrorCode status = U_ZERO_ERROR;
  const UCollationResult order = compare(collator, a.data(), static_cast<std::int32_t>(a.size()), b.data(),
                                         static_cast<std::int32_t>(b.size()), &status);
  return order == UCOL_LESS ? -1 : order == UCOL_GREATER ? 1 : 0;
}

int locale_compare(std::string_view a, std::string_view b) {
  const std::optional<int> plain = plain_compare(a, b);
  return plain ? *plain : icu_compare(a, b);
}

}  // namespace planner::project
