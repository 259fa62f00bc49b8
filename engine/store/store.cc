#include "engine/store/store.h"

#include "engine/base/check.h"

namespace laurel {

absl::string_view ToString(Space space) {
  switch (space) {
    case Space::kDefault:
      return "default";
    case Space::kJournal:
      return "journal";
    case Space::kTiles:
      return "tiles";
    case Space::kMembers:
      return "members";
    case Space::kRequests:
      return "requests";
    case Space::kIndex:
      return "index";
    case Space::kTotals:
      return "totals";
    case Space::kVault:
      return "vault";
  }
  LAUREL_CHECK(false, "a space is one of the eight");
}

}  // namespace laurel
