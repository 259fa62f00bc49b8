#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/service/test_server.h"

// Two members that become one, as callers see it: every name leads to the survivor, the histories
// are one, and replies that were given stay as they were.
namespace laurel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class MergeCalls : public testing::Test {
 protected:
  MergeCalls() : ana_(server_.Enroll("1000")), cleo_(server_.Enroll("2000")) {}

  template <class Stub, class Request, class Response>
  grpc::Status Call(std::unique_ptr<Stub>& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    context.AddMetadata("laurel-principal", "eve");
    context.AddMetadata("laurel-role", role_);
    return ((*stub).*method)(&context, request, &response);
  }
  template <class Stub, class Request, class Response>
  Response Do(std::unique_ptr<Stub>& stub,
              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
    Response response;
    const grpc::Status status = Call(stub, method, request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::MergeMembersRequest Merging(const std::string& id) {
    auto request =
        FromText<v1::MergeMembersRequest>(R"(program: "programs/harbour" reason: "same_person")");
    request.set_request_id(id);
    request.mutable_merged()->set_name(ana_);
    request.mutable_survivor()->set_name(cleo_);
    return request;
  }
  v1::MergeMembersResponse Merge() {
    return Do(server_.stubs.member, &v1::MemberService::Stub::MergeMembers, Merging("merge-001"));
  }
  v1::UnmergeMembersRequest Parting() {
    auto request =
        FromText<v1::UnmergeMembersRequest>(R"(request_id: "unmerge-1" reason: "not_the_same")");
    request.set_merged(ana_);
    return request;
  }
  v1::GetMemberResponse Member(const std::string& name) {
    v1::GetMemberRequest request;
    request.set_name(name);
    return Do(server_.stubs.member, &v1::MemberService::Stub::GetMember, request);
  }
  std::vector<std::string> Kinds(const std::string& name, int page_size) {
    std::vector<std::string> kinds;
    v1::ListEntriesRequest request;
    request.set_program("programs/harbour");
    request.mutable_member()->set_name(name);
    request.set_page_size(page_size);
    do {
      const auto page = Do(server_.stubs.points, &v1::PointsService::Stub::ListEntries, request);
      EXPECT_LE(page.entries_size(), page_size);
      for (const v1::Entry& entry : page.entries()) {
        kinds.push_back(v1::EntryKind_Name(entry.kind()).substr(std::string("ENTRY_KIND_").size()));
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return kinds;
  }

  TestServer server_;
  const std::string ana_;
  const std::string cleo_;
  std::string role_ = "AGENT";
};

TEST_F(MergeCalls, TellTheSurvivor) {
  server_.Accrue("1000", 1, 10'000);
  server_.Accrue("2000", 2, 5'000);
  const v1::MergeMembersResponse merged = Merge();
  EXPECT_EQ(merged.member(), cleo_);
  EXPECT_EQ(merged.merged(), ana_);
  ASSERT_FALSE(merged.balances().empty());
  EXPECT_EQ(merged.balances(0).available(), 150);
  for (const std::string& name : {ana_, cleo_}) {
    const v1::GetMemberResponse found = Member(name);
    EXPECT_EQ(found.member().name(), cleo_);
    EXPECT_THAT(found.member().merged(), ElementsAre(ana_));
    EXPECT_EQ(found.member().identities_size(), 2);
    EXPECT_EQ(found.balances(0).available(), 150);
  }
  const auto sold = server_.Accrue("1000", 3, 100);
  EXPECT_EQ(sold.member(), cleo_);
}

TEST_F(MergeCalls, JoinTheHistories) {
  server_.Accrue("1000", 1, 100);
  server_.Accrue("2000", 2, 100);
  server_.Accrue("1000", 3, 100);
  Merge();
  server_.Accrue("2000", 4, 100);
  const auto joined = ElementsAre("ACCRUE", "MEMBERS_MERGED", "ACCRUE", "ACCRUE", "ACCRUE",
                                  "MEMBER_ENROLLED", "MEMBER_ENROLLED");
  for (const int page_size : {1, 2, 3, 100}) EXPECT_THAT(Kinds(ana_, page_size), joined);
  Do(server_.stubs.member, &v1::MemberService::Stub::UnmergeMembers, Parting());
  EXPECT_THAT(Kinds(ana_, 100), ElementsAre("MEMBERS_UNMERGED", "MEMBERS_MERGED", "ACCRUE",
                                            "ACCRUE", "MEMBER_ENROLLED"));
  EXPECT_THAT(Kinds(cleo_, 100), ElementsAre("MEMBERS_UNMERGED", "ACCRUE", "MEMBERS_MERGED",
                                             "ACCRUE", "MEMBER_ENROLLED"));
}

TEST_F(MergeCalls, RepliesStayWhatTheyWere) {
  server_.Accrue("1000", 1, 10'000);
  const auto spent = Do(server_.stubs.redemption, &v1::RedemptionService::Stub::Redeem,
                        server_.Redemption("1000", "redeem-1", 80));
  v1::ReverseRedemptionRequest reverse;
  reverse.set_redemption(spent.entry());
  reverse.set_amount(20);
  reverse.set_request_id("reverse-1");
  const auto reversed =
      Do(server_.stubs.redemption, &v1::RedemptionService::Stub::ReverseRedemption, reverse);
  auto link = FromText<v1::LinkIdentityRequest>(R"(
      request_id: "link-0001" program: "programs/harbour"
      member { identity { kind: IDENTITY_KIND_CARD value: "1000" } }
      identity { kind: IDENTITY_KIND_APP value: "a" })");
  const auto linked = Do(server_.stubs.member, &v1::MemberService::Stub::LinkIdentity, link);
  const v1::MergeMembersResponse merged = Merge();
  auto other = reverse;
  other.set_request_id("reverse-2");
  const auto later =
      Do(server_.stubs.redemption, &v1::RedemptionService::Stub::ReverseRedemption, other);
  EXPECT_EQ(later.remaining(), 40);
  EXPECT_EQ(later.member(), cleo_);
  auto unlink = FromText<v1::UnlinkIdentityRequest>(R"(
      request_id: "unlink-01" program: "programs/harbour"
      member { identity { kind: IDENTITY_KIND_CARD value: "2000" } }
      identity { kind: IDENTITY_KIND_APP value: "a" })");
  const auto unlinked = Do(server_.stubs.member, &v1::MemberService::Stub::UnlinkIdentity, unlink);
  EXPECT_EQ(unlinked.member().identities_size(), 2);
  EXPECT_THAT(unlinked.member().merged(), ElementsAre(ana_));
  const auto parted = Do(server_.stubs.member, &v1::MemberService::Stub::UnmergeMembers, Parting());
  EXPECT_EQ(parted.merged(), ana_);
  ASSERT_FALSE(parted.merged_balances().empty());
  EXPECT_EQ(parted.merged_balances(0).available(), 60);
  server_.Restart();

  const auto same = [](auto first, auto again) {
    EXPECT_TRUE(again.replayed());
    again.set_replayed(false);
    EXPECT_EQ(again.ShortDebugString(), first.ShortDebugString());
  };
  auto& member = server_.stubs.member;
  auto& redemption = server_.stubs.redemption;
  same(reversed, Do(redemption, &v1::RedemptionService::Stub::ReverseRedemption, reverse));
  same(later, Do(redemption, &v1::RedemptionService::Stub::ReverseRedemption, other));
  same(linked, Do(member, &v1::MemberService::Stub::LinkIdentity, link));
  same(unlinked, Do(member, &v1::MemberService::Stub::UnlinkIdentity, unlink));
  same(merged, Do(member, &v1::MemberService::Stub::MergeMembers, Merging("merge-001")));
  same(parted, Do(member, &v1::MemberService::Stub::UnmergeMembers, Parting()));
  EXPECT_EQ(Member(ana_).member().identities_size(), 1);
  EXPECT_EQ(Member(ana_).member().state(), v1::MEMBER_STATE_ACTIVE);
}

TEST_F(MergeCalls, SayWhoTookOver) {
  Merge();
  v1::MergeMembersResponse response;
  const Refused refused = Read(Call(server_.stubs.member, &v1::MemberService::Stub::MergeMembers,
                                    Merging("merge-002"), response));
  EXPECT_EQ(refused.reason, "MEMBER_MERGED");
  EXPECT_EQ(refused.facts.at("merged_into"), cleo_);
  EXPECT_THAT(refused.message, HasSubstr(cleo_));
}

TEST_F(MergeCalls, AreAgentsWork) {
  role_ = "POS";
  v1::MergeMembersResponse response;
  EXPECT_EQ(Read(Call(server_.stubs.member, &v1::MemberService::Stub::MergeMembers,
                      Merging("merge-003"), response))
                .reason,
            "PERMISSION_MISSING");
}

TEST_F(MergeCalls, NameWhatIsMissing) {
  v1::MergeMembersResponse merged;
  EXPECT_THAT(Read(Call(server_.stubs.member, &v1::MemberService::Stub::MergeMembers,
                        v1::MergeMembersRequest(), merged))
                  .fields,
              testing::IsSupersetOf({"program", "merged", "survivor", "reason"}));
  v1::UnmergeMembersResponse parted;
  EXPECT_THAT(Read(Call(server_.stubs.member, &v1::MemberService::Stub::UnmergeMembers,
                        v1::UnmergeMembersRequest(), parted))
                  .fields,
              testing::IsSupersetOf({"merged", "reason"}));
  v1::MoveIdentityResponse moved;
  EXPECT_THAT(Read(Call(server_.stubs.member, &v1::MemberService::Stub::MoveIdentity,
                        v1::MoveIdentityRequest(), moved))
                  .fields,
              testing::IsSupersetOf({"program", "identity", "from", "to", "reason"}));
  v1::TransferPointsResponse transferred;
  EXPECT_THAT(Read(Call(server_.stubs.points, &v1::PointsService::Stub::TransferPoints,
                        v1::TransferPointsRequest(), transferred))
                  .fields,
              testing::IsSupersetOf({"program", "from", "to", "points"}));
}

TEST_F(MergeCalls, AMovedIdentityIsInBothHistories) {
  auto move = FromText<v1::MoveIdentityRequest>(R"(
      request_id: "move-0001" program: "programs/harbour" reason: "typed_wrong"
      identity { kind: IDENTITY_KIND_CARD value: "1000" })");
  move.mutable_from()->set_name(ana_);
  move.mutable_to()->set_name(cleo_);
  const auto moved = Do(server_.stubs.member, &v1::MemberService::Stub::MoveIdentity, move);
  EXPECT_EQ(moved.from().name(), ana_);
  EXPECT_EQ(moved.from().identities_size(), 0);
  EXPECT_EQ(moved.to().identities_size(), 2);
  EXPECT_THAT(Kinds(ana_, 10), ElementsAre("IDENTITY_MOVED", "MEMBER_ENROLLED"));
  EXPECT_THAT(Kinds(cleo_, 10), ElementsAre("IDENTITY_MOVED", "MEMBER_ENROLLED"));
  EXPECT_EQ(server_.Accrue("1000", 1, 100).member(), cleo_);
}

TEST_F(MergeCalls, ATransferTellsWhoGaveAndNotWhatTheOtherHas) {
  server_.Accrue("1000", 1, 10'000);
  auto transfer = FromText<v1::TransferPointsRequest>(R"(
      request_id: "transfer-1" program: "programs/harbour" reference: "birthday"
      points { point_type: "points" amount: 30 })");
  transfer.mutable_from()->set_name(ana_);
  transfer.mutable_to()->set_name(cleo_);
  const auto done = Do(server_.stubs.points, &v1::PointsService::Stub::TransferPoints, transfer);
  EXPECT_EQ(done.member(), ana_);
  EXPECT_EQ(done.to(), cleo_);
  EXPECT_EQ(done.balances(0).available(), 70);
  EXPECT_EQ(done.fee(), 0);
  EXPECT_EQ(done.lot_moves_size(), 2);
  EXPECT_THAT(Kinds(cleo_, 10), ElementsAre("TRANSFER", "MEMBER_ENROLLED"));
}

}  // namespace
}  // namespace laurel
