#include "src/project/collation.h"

#include <dlfcn.h>
#include <unicode/ucol.h>

#include <string>

#include "planner/error.h"

namespace planner::project {
namespace {

#ifdef PLANNER_PORTABLE
#define OF_ICU(function) (&function)
#else
// Thirty megabytes of tables that are looked into only where two names begin alike: loading ICU at every
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

}  // namespace

int locale_compare(std::string_view a, std::string_view b) {
  static const UCollator* const collator = root_collator();
  static const auto compare = OF_ICU(ucol_strcollUTF8);
  UErrorCode status = U_ZERO_ERROR;
  const UCollationResult order = compare(collator, a.data(), static_cast<std::int32_t>(a.size()), b.data(),
                                         static_cast<std::int32_t>(b.size()), &status);
  return order == UCOL_LESS ? -1 : order == UCOL_GREATER ? 1 : 0;
}

}  // namespace planner::project
