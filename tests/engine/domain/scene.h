#ifndef LAUREL_TESTS_ENGINE_DOMAIN_SCENE_H_
#define LAUREL_TESTS_ENGINE_DOMAIN_SCENE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/testing/test_ledger.h"

namespace laurel {

// A program text with parts replaced: With(HarbourDocument(), {{"12 months", "1 month"}}). CHECKs
// that each is there.
std::string With(std::string document,
                 const std::vector<std::pair<std::string, std::string>>& replacements);

struct SceneStore {
  MapStore map_store;
};

// A ledger that fails its test at the end unless folding its journal gives its records, byte for
// byte, and every member's balances are those of the open lots.
class Scene : private SceneStore, public TestLedger {
 public:
  // `document` is the first revision, in force for whatever occurred before it.
  explicit Scene(const std::string& document = HarbourDocument());
  // A ledger without a program.
  explicit Scene(Engine::Options options);
  ~Scene();

  // Moves the clock.
  void At(absl::string_view instant) { clock.Set(instant); }

  // A sale of so many cents, now or at `instant`; receipts are numbered by the scene.
  std::shared_ptr<const Entry> Buy(MemberRef member, std::int64_t cents,
                                   absl::string_view instant = "");
  std::shared_ptr<const Entry> BuyLines(MemberRef member, std::vector<PurchaseLine> lines);
  // The receipt of the latest Buy.
  ReceiptKey receipt() const { return ReceiptNo(receipts_); }
  // A return now; without lines of all that is left.
  ReturnPurchase Returning(const ReceiptKey& original, std::vector<ReturnLine> lines = {});
  std::shared_ptr<const Entry> Return(const ReceiptKey& original,
                                      std::vector<ReturnLine> lines = {});
  std::shared_ptr<const Entry> Spend(MemberRef member, std::int64_t points);

  // As records, without what is due by now.
  Member Record(MemberId member);
  // As a reader sees them now.
  std::int64_t Points(MemberId member, absl::string_view type = "points");
  TierView Tier(MemberId member);
  // Open lots of `points` in spend order: "100 2027-03-02T00, 50 never"; ends in UTC, to the hour.
  std::string Lots(MemberId member);
  // Entries of the member with this kind.
  std::vector<std::shared_ptr<const Entry>> Entries(MemberId member, EntryKind kind);

 private:
  int receipts_ = 0;
  int returns_ = 0;
};

PurchaseLine SaleLine(std::int32_t line, std::int64_t net, std::int64_t quantity = 1,
                      std::vector<std::string> categories = {});
ReturnLine Pieces(std::int32_t line, std::int64_t quantity,
                  std::optional<std::int64_t> refund = std::nullopt);
// "member/available points -120, redemption/payment points 120", in order of account.
std::string Postings(const Entry& entry);
Timestamp Instant(absl::string_view text);

}  // namespace laurel

#endif  // LAUREL_TESTS_ENGINE_DOMAIN_SCENE_H_
