#include "src/project/collation.h"

#include <unicode/coll.h>

#include <memory>

#include "planner/error.h"

namespace planner::project {

int locale_compare(std::string_view a, std::string_view b) {
  static const std::unique_ptr<icu::Collator> collator = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::Collator> root(icu::Collator::createInstance(icu::Locale::getRoot(), status));
    if (U_FAILURE(status) != 0) {
      throw Error(std::string("ICU cannot order names: ") + u_errorName(status), "install Debian's libicu72");
    }
    return root;
  }();
  UErrorCode status = U_ZERO_ERROR;
  const auto piece = [](std::string_view text) {
    return icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size()));
  };
  const UCollationResult order = collator->compareUTF8(piece(a), piece(b), status);
  return order == UCOL_LESS ? -1 : order == UCOL_GREATER ? 1 : 0;
}

}  // namespace planner::project
