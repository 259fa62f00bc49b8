#include "tests/engine/domain/scene.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "engine/base/check.h"
#include "engine/domain/apply.h"

namespace laurel {

std::string With(std::string document,
                 const std::vector<std::pair<std::string, std::string>>& replacements) {
  for (const auto& [from, to] : replacements) {
    LAUREL_CHECK(absl::StrReplaceAll({{from, to}}, &document) > 0, "a replaced part is there");
  }
  return document;
}

Scene::Scene(const std::string& document)
    : TestLedger(map_store, DefaultOptions(), /*has_program=*/false) {
  Activate(document);
}

Scene::Scene(Engine::Options options)
    : TestLedger(map_store, std::move(options), /*has_program=*/false) {}

Scene::~Scene() {
  EXPECT_EQ(Verify(), "");
  ReadView view = engine().Read();
  for (std::uint64_t sequence = 1; sequence <= view.sequence(); ++sequence) {
    const std::shared_ptr<const Entry> entry = view.state().FindEntry(sequence);
    if (entry->kind != EntryKind::kMemberEnrolled) continue;
    EXPECT_EQ(CheckMember(*entry->member, view.state()), "");
  }
}

std::shared_ptr<const Entry> Scene::Buy(MemberRef member, std::int64_t cents,
                                        absl::string_view instant) {
  AccruePurchase sale = Sale(member, ++receipts_, cents);
  if (!instant.empty()) sale.occurred_at = Instant(instant);
  return Do(sale);
}

std::shared_ptr<const Entry> Scene::BuyLines(MemberRef member, std::vector<PurchaseLine> lines) {
  AccruePurchase sale = Sale(member, ++receipts_, 0);
  for (const PurchaseLine& line : lines) sale.total += line.net;
  sale.lines = std::move(lines);
  return Do(sale);
}

ReturnPurchase Scene::Returning(const ReceiptKey& original, std::vector<ReturnLine> lines) {
  return ReturnPurchase{ReceiptNo(100'000 + ++returns_), original, clock.Now(), std::move(lines)};
}

std::shared_ptr<const Entry> Scene::Return(const ReceiptKey& original,
                                           std::vector<ReturnLine> lines) {
  return Do(Returning(original, std::move(lines)));
}

std::shared_ptr<const Entry> Scene::Spend(MemberRef member, std::int64_t points) {
  return Do(Redeem{member, PointsType(), points, "order 7"});
}

Member Scene::Record(MemberId member) {
  ReadView view = engine().Read();
  return *view.state().members.Find(MemberKey{member});
}

std::int64_t Scene::Points(MemberId member, absl::string_view type) {
  ReadView view = engine().Read();
  for (const Balance& balance : BalancesAt(view.state(), member, clock.Now())) {
    if (balance.type.str() == type) return balance.available;
  }
  return 0;
}

TierView Scene::Tier(MemberId member) {
  ReadView view = engine().Read();
  return TierAt(view.state(), member, *view.rulebooks(), *view.ActiveRulebook(TheProgram()),
                view.now());
}

std::string Scene::Lots(MemberId member) {
  ReadView view = engine().Read();
  std::vector<std::string> texts;
  view.state().ForLots(member, PointsType(), [&](const LotKey& key, const Lot& lot) {
    const std::string end = ToString(key.expires_at);
    texts.push_back(
        absl::StrCat(lot.available, " ", key.expires_at.is_never() ? end : end.substr(0, 13)));
    return true;
  });
  return absl::StrJoin(texts, ", ");
}

std::vector<std::shared_ptr<const Entry>> Scene::Entries(MemberId member, EntryKind kind) {
  ReadView view = engine().Read();
  std::vector<std::shared_ptr<const Entry>> entries;
  for (std::uint64_t sequence = 1; sequence <= view.sequence(); ++sequence) {
    const std::shared_ptr<const Entry> entry = view.state().FindEntry(sequence);
    if (entry->kind == kind && entry->member == member) entries.push_back(entry);
  }
  return entries;
}

PurchaseLine SaleLine(std::int32_t line, std::int64_t net, std::int64_t quantity,
                      std::vector<std::string> categories) {
  PurchaseLine sale;
  sale.line = line;
  sale.net = net;
  sale.quantity_micros = quantity * 1'000'000;
  sale.categories = std::move(categories);
  return sale;
}

ReturnLine Pieces(std::int32_t line, std::int64_t quantity, std::optional<std::int64_t> refund) {
  return ReturnLine{line, quantity * 1'000'000, refund};
}

std::string Postings(const Entry& entry) {
  std::vector<std::string> texts;
  for (const Posting& posting : entry.postings) {
    texts.push_back(absl::StrCat(AccountName(posting.account, posting.detail), " ",
                                 posting.type.str(), " ", posting.amount));
  }
  std::sort(texts.begin(), texts.end());
  return absl::StrJoin(texts, ", ");
}

Timestamp Instant(absl::string_view text) {
  const absl::StatusOr<Timestamp> instant = ParseTimestamp(text);
  LAUREL_CHECK(instant.ok(), "a test's instant is well formed");
  return *instant;
}

}  // namespace laurel
