#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/engine/domain/scene.h"

// A sale that brings its member along.
namespace laurel {
namespace {

constexpr absl::string_view kHello =
    R"(  - {id: hello, name: Hello, triggers: [enrolment], bonus: {point_type: points, points: 200}}
tiers:)";

std::string Welcoming() { return With(HarbourDocument(), {{"tiers:", std::string(kHello)}}); }

// A sale of somebody's who is known by a number, if at all.
AccruePurchase Enrolling(const Scene& scene, std::uint64_t identity, int receipt,
                         std::int64_t cents) {
  AccruePurchase sale = scene.Sale(IdentityNo(identity), receipt, cents);
  sale.enrol = EnrollMember{.identities = {{IdentityKind::kCard, IdentityNo(identity)}},
                            .channel = Channel::kPos,
                            .store = PlaceId::Of("S1"),
                            .occurred_at = std::nullopt};
  return sale;
}

std::uint64_t Head(Scene& scene) { return scene.engine().Read().sequence(); }

// Shows M4.
TEST(Enrolling, IsDoneByTheTillInOneCall) {
  Scene scene;
  const auto accrued = scene.Do(Enrolling(scene, 1, 1, 1'200));
  const MemberId ana = *accrued->member;
  EXPECT_EQ(scene.Points(ana), 12);
  EXPECT_EQ(accrued->kind, EntryKind::kAccrue);
  const auto enrolled = scene.Entries(ana, EntryKind::kMemberEnrolled);
  ASSERT_EQ(enrolled.size(), 1u);
  EXPECT_EQ(enrolled[0]->sequence, accrued->sequence - 1);
  EXPECT_EQ(enrolled[0]->FindEvent<MemberEnrolled>()->store, PlaceId::Of("S1"));
  EXPECT_EQ(enrolled[0]->principal, "test");
  EXPECT_EQ(accrued->FindEvent<EnrolledForPurchase>()->enrolment, enrolled[0]->sequence);

  scene.Do(SuspendMember{ana});
  scene.Do(scene.Sale(ana, 2, 100));
  EXPECT_EQ(scene.Refused(Redeem{ana, PointsType(), 1, ""}).reason, Rejection::kMemberNotActive);
  scene.Do(CloseMember{ana});
  EXPECT_EQ(scene.Refused(scene.Sale(ana, 3, 100)).reason, Rejection::kMemberNotActive);
  EXPECT_EQ(scene.Refused(Redeem{ana, PointsType(), 1, ""}).reason, Rejection::kMemberNotActive);
  EXPECT_EQ(scene.Refused(Enrolling(scene, 1, 4, 100)).reason, Rejection::kMemberNotActive);
}

TEST(Enrolling, GivesWhatAnEnrolmentGivesBeforeTheSale) {
  Scene scene(Welcoming());
  const auto accrued = scene.Do(Enrolling(scene, 1, 1, 1'200));
  EXPECT_EQ(accrued->outcome.balances[0].available, 212);
  ASSERT_EQ(scene.Entries(*accrued->member, EntryKind::kActivity).size(), 1u);
  EXPECT_EQ(scene.Points(*accrued->member), 212);
}

TEST(Enrolling, LeavesAloneWhoIsAMember) {
  Scene scene(Welcoming());
  const MemberId ana = scene.Enroll(1);
  const std::uint64_t before = Head(scene);
  AccruePurchase sale = Enrolling(scene, 1, 1, 1'200);
  // Also where it would be refused of a new member.
  scene.Enroll(2);
  sale.enrol->identities.push_back({IdentityKind::kPhone, IdentityNo(2)});
  const auto accrued = scene.Do(sale);
  EXPECT_EQ(accrued->member, ana);
  EXPECT_EQ(accrued->FindEvent<EnrolledForPurchase>(), nullptr);
  EXPECT_EQ(scene.Points(ana), 212);
  EXPECT_EQ(Head(scene), before + 3);  // the other's enrolment with its points, and the sale
}

TEST(Enrolling, HappensWithTheSaleOrNotAtAll) {
  Scene scene(Welcoming());
  const MemberId bob = scene.Enroll(2);
  scene.Do(scene.Sale(bob, 7, 500));
  const auto refused = [&](const AccruePurchase& sale) {
    const Rejected rejected = scene.Refused(sale);
    ReadView view = scene.engine().Read();
    EXPECT_FALSE(view.state().Resolve(TheProgram(), sale.member));
    return rejected;
  };
  AccruePurchase sale = Enrolling(scene, 1, 1, 1'200);
  sale.currency = "USD";
  EXPECT_EQ(refused(sale).metadata[1].second, "purchase.total.currency_code");

  sale = Enrolling(scene, 1, 1, 1'200);
  sale.occurred_at = scene.clock.Now().PlusMicros(-400 * kMicrosPerDay);
  EXPECT_EQ(refused(sale).reason, Rejection::kOccurredAtOutOfWindow);

  sale = Enrolling(scene, 1, 1, 1'200);
  sale.enrol->identities.push_back({IdentityKind::kCard, IdentityNo(2)});
  EXPECT_EQ(refused(sale).reason, Rejection::kIdentityTaken);

  sale = Enrolling(scene, 1, 1, 1'200);
  sale.enrol->attributes = {MemberAttribute{{"shoe", std::int64_t{42}}}};
  EXPECT_EQ(refused(sale).metadata[1].second, "enrol.attributes.shoe");

  EXPECT_EQ(refused(Enrolling(scene, 1, 7, 500)).reason, Rejection::kReceiptContentDiffers);

  sale = Enrolling(scene, 1, 1, 1'200);
  for (int i = 1; i <= 500; ++i) {
    PurchaseLine line = SaleLine(i, i == 1 ? 1'200 : 0, 1, {std::string(64, 'c')});
    line.sku = std::string(64, 's');
    line.brand = std::string(64, 'b');
    sale.lines.push_back(std::move(line));
  }
  EXPECT_EQ(refused(sale).metadata[1].second, "request");  // too long for the journal

  sale = Enrolling(scene, 1, 1, 1'200);
  sale.enrol.reset();
  EXPECT_EQ(refused(sale).reason, Rejection::kMemberNotFound);
}

TEST(Enrolling, IsAnsweredOnceAndAgain) {
  Scene scene(Welcoming());
  const AccruePurchase sale = Enrolling(scene, 1, 1, 1'200);
  const Reply first = scene.Run(sale, "request-number-77");
  const std::uint64_t head = Head(scene);
  const Reply again = scene.Run(sale, "request-number-77");
  EXPECT_TRUE(again.is_replayed);
  EXPECT_EQ(again.entry->sequence, first.entry->sequence);
  EXPECT_EQ(again.leaf_hash, first.leaf_hash);
  EXPECT_EQ(Head(scene), head);
  // What says something else of the enrolment is another request.
  AccruePurchase other = sale;
  other.enrol->channel = Channel::kApp;
  EXPECT_EQ(scene.Run(other, "request-number-77").unrecorded->reason, Rejection::kRequestIdReused);
  // The same receipt under another id: the member is known by now.
  EXPECT_EQ(scene.Refused(sale).reason, Rejection::kReceiptAlreadyPosted);
}

TEST(Enrolling, OfALateSaleIsAsOfItsDay) {
  Scene scene(Welcoming());
  AccruePurchase sale = Enrolling(scene, 1, 1, 1'200);
  sale.occurred_at = scene.clock.Now().PlusMicros(-20 * kMicrosPerDay);
  const auto accrued = scene.Do(sale);
  const auto enrolled = scene.Entries(*accrued->member, EntryKind::kMemberEnrolled);
  ASSERT_EQ(enrolled.size(), 1u);
  EXPECT_EQ(enrolled[0]->occurred_at, sale.occurred_at);
  EXPECT_EQ(scene.Tier(*accrued->member).since, sale.occurred_at);
}

TEST(Enrolling, PaysWithWhatItGave) {
  Scene scene(absl::StrCat(
      Welcoming(), "pay_with_points: {point_type: points, points: 100, money: \"1.00\"}\n"));
  AccruePurchase sale = Enrolling(scene, 1, 1, 1'000);
  sale.pay = PointsOffered{PointsType(), 200};
  const auto accrued = scene.Do(sale);
  EXPECT_EQ(accrued->FindEvent<PointsRedeemed>()->amount, 200);
  EXPECT_EQ(scene.Points(*accrued->member), 8);
  sale = Enrolling(scene, 2, 2, 1'000);
  sale.pay = PointsOffered{PointsType(), 300};
  EXPECT_EQ(scene.Refused(sale).reason, Rejection::kInsufficientPoints);
}

}  // namespace
}  // namespace laurel
