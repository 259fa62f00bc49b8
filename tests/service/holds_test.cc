// Holds and pending points as callers see them: what is malformed, what is told, who may.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

using Redemptions = v1::RedemptionService::Stub;
using Points = v1::PointsService::Stub;

class HoldCalls : public ::testing::Test {
 protected:
  explicit HoldCalls(const std::string& document = HarbourDocument())
      : server_(TestLedger::DefaultOptions(), /*has_program=*/false) {
    server_.ledger().Activate(document);
    member_ = server_.Enroll("1000");
    server_.Accrue("1000", 1, 100'000);
  }

  // The refusal, or nothing but a code of OK.
  template <class Stub, class Request, class Response>
  Refused Call(Stub& stub,
               grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
               const Request& request, Response& response, const std::string& principal = "",
               const std::string& role = "") {
    grpc::ClientContext context;
    if (!principal.empty()) context.AddMetadata("laurel-principal", principal);
    if (!role.empty()) context.AddMetadata("laurel-role", role);
    const grpc::Status status = (stub.*method)(&context, request, &response);
    return status.ok() ? Refused{} : Read(status);
  }

  v1::HoldPointsRequest Holding(std::int64_t points) {
    auto request = FromText<v1::HoldPointsRequest>(R"(
      program: "programs/harbour"
      member { identity { kind: IDENTITY_KIND_CARD value: "1000" } }
      points { point_type: "points" } reference: "order-81")");
    request.set_request_id(absl::StrCat("hold-number-", ++requests_));
    request.mutable_points()->set_amount(points);
    return request;
  }
  v1::HoldPointsResponse Placed(std::int64_t points) {
    v1::HoldPointsResponse response;
    const Refused refused =
        Call(*server_.stubs.redemption, &Redemptions::HoldPoints, Holding(points), response);
    EXPECT_EQ(refused.reason, "");
    return response;
  }
  v1::CaptureHoldRequest Capturing(const std::string& hold) {
    v1::CaptureHoldRequest request;
    request.set_request_id(absl::StrCat("capture-number-", ++requests_));
    request.set_name(hold);
    return request;
  }
  v1::Hold Found(const std::string& name) {
    v1::GetHoldRequest request;
    request.set_name(name);
    v1::GetHoldResponse response;
    EXPECT_EQ(Call(*server_.stubs.redemption, &Redemptions::GetHold, request, response).reason, "");
    return response.hold();
  }

  TestServer server_;
  std::string member_;
  int requests_ = 0;
};

TEST_F(HoldCalls, TellWhatTheHoldIs) {
  const v1::HoldPointsResponse placed = Placed(500);
  EXPECT_EQ(placed.hold().name(), absl::StrCat(member_, "/holds/", placed.sequence()));
  EXPECT_EQ(placed.hold().entry(), placed.entry());
  EXPECT_EQ(placed.hold().held(), 500);
  EXPECT_EQ(placed.hold().state(), v1::HOLD_STATE_OPEN);
  EXPECT_EQ(placed.hold().lapses_at().seconds() - placed.hold().placed_at().seconds(), 900);
  EXPECT_EQ(placed.hold().reference(), "order-81");
  ASSERT_EQ(placed.lot_moves_size(), 1);
  EXPECT_EQ(placed.lot_moves(0).amount(), -500);

  v1::CaptureHoldRequest capture = Capturing(placed.hold().name());
  capture.set_amount(200);
  v1::CaptureHoldResponse captured;
  EXPECT_EQ(Call(*server_.stubs.redemption, &Redemptions::CaptureHold, capture, captured).reason,
            "");
  EXPECT_EQ(captured.hold().captured(), 200);
  EXPECT_EQ(captured.hold().held(), 300);
  EXPECT_EQ(captured.hold().state(), v1::HOLD_STATE_OPEN);
  EXPECT_EQ(captured.points().amount(), 200);
  ASSERT_EQ(captured.lot_moves_size(), 1);
  EXPECT_EQ(captured.lot_moves(0).bucket(), v1::LOT_BUCKET_HELD);
  EXPECT_EQ(captured.hold().SerializeAsString(), Found(placed.hold().name()).SerializeAsString());

  v1::VoidHoldRequest give_up;
  give_up.set_request_id("void-number-1");
  give_up.set_name(placed.hold().name());
  v1::VoidHoldResponse freed;
  EXPECT_EQ(Call(*server_.stubs.redemption, &Redemptions::VoidHold, give_up, freed).reason, "");
  EXPECT_EQ(freed.freed().amount(), 300);
  EXPECT_EQ(freed.hold().state(), v1::HOLD_STATE_VOIDED);
  EXPECT_EQ(freed.hold().captured(), 200);
  EXPECT_EQ(freed.hold().SerializeAsString(), Found(placed.hold().name()).SerializeAsString());

  v1::GetEntryRequest get;
  get.set_name(captured.entry());
  v1::GetEntryResponse entry;
  EXPECT_EQ(Call(*server_.stubs.points, &Points::GetEntry, get, entry).reason, "");
  EXPECT_EQ(entry.entry().kind(), v1::ENTRY_KIND_CAPTURE);
  EXPECT_EQ(entry.entry().hold(), placed.hold().name());
}

TEST_F(HoldCalls, AnswerTheSameAfterARestartAndWhenTheWorldHasMovedOn) {
  const v1::HoldPointsRequest holding = Holding(500);
  v1::HoldPointsResponse placed;
  Call(*server_.stubs.redemption, &Redemptions::HoldPoints, holding, placed);
  v1::CaptureHoldRequest capture = Capturing(placed.hold().name());
  capture.set_amount(200);
  v1::CaptureHoldResponse captured;
  Call(*server_.stubs.redemption, &Redemptions::CaptureHold, capture, captured);
  v1::CaptureHoldRequest rest = Capturing(placed.hold().name());
  v1::CaptureHoldResponse finished;
  Call(*server_.stubs.redemption, &Redemptions::CaptureHold, rest, finished);
  EXPECT_EQ(finished.hold().state(), v1::HOLD_STATE_CAPTURED);
  server_.ledger().clock.Advance(kMicrosPerHour);
  server_.Restart();
  v1::HoldPointsResponse placed_again;
  Call(*server_.stubs.redemption, &Redemptions::HoldPoints, holding, placed_again);
  placed.set_replayed(true);
  EXPECT_EQ(placed_again.SerializeAsString(), placed.SerializeAsString());
  v1::CaptureHoldResponse captured_again;
  Call(*server_.stubs.redemption, &Redemptions::CaptureHold, capture, captured_again);
  captured.set_replayed(true);
  EXPECT_EQ(captured_again.SerializeAsString(), captured.SerializeAsString());
}

TEST_F(HoldCalls, ListAllOfThemNewestFirstAsTheyAreNow) {
  const std::string first = Placed(10).hold().name();
  const std::string second = Placed(20).hold().name();
  const std::string third = Placed(30).hold().name();
  server_.ledger().clock.Advance(kMicrosPerHour);
  auto request = FromText<v1::ListHoldsRequest>(R"(
      program: "programs/harbour"
      member { identity { kind: IDENTITY_KIND_CARD value: "1000" } }
      page_size: 2)");
  std::vector<std::string> names;
  do {
    v1::ListHoldsResponse response;
    ASSERT_EQ(Call(*server_.stubs.redemption, &Redemptions::ListHolds, request, response).reason,
              "");
    for (const v1::Hold& hold : response.holds()) {
      names.push_back(hold.name());
      EXPECT_EQ(hold.state(), v1::HOLD_STATE_LAPSED);
      EXPECT_EQ(hold.held(), 0);
      EXPECT_EQ(hold.ended_at().seconds(), hold.lapses_at().seconds());
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, ElementsAre(third, second, first));
}

TEST_F(HoldCalls, RefuseWhatIsMalformed) {
  const std::uint64_t before = server_.sequence();
  const auto expect = [&](const char* field, const Refused& refused) {
    SCOPED_TRACE(field);
    EXPECT_EQ(refused.code, grpc::StatusCode::INVALID_ARGUMENT) << refused.message;
    EXPECT_THAT(refused.fields, Contains(field));
    EXPECT_EQ(server_.sequence(), before);
  };
  const auto hold = [&](const std::function<void(v1::HoldPointsRequest&)>& spoil) {
    v1::HoldPointsRequest request = Holding(10);
    spoil(request);
    v1::HoldPointsResponse response;
    return Call(*server_.stubs.redemption, &Redemptions::HoldPoints, request, response);
  };
  expect("request_id", hold([](auto& r) { r.clear_request_id(); }));
  expect("program", hold([](auto& r) { r.clear_program(); }));
  expect("member", hold([](auto& r) { r.clear_member(); }));
  expect("points", hold([](auto& r) { r.clear_points(); }));
  expect("points.amount", hold([](auto& r) { r.mutable_points()->set_amount(0); }));
  expect("points.point_type", hold([](auto& r) { r.mutable_points()->set_point_type("P!"); }));
  expect("reference", hold([](auto& r) { r.set_reference(std::string(65, 'x')); }));
  expect("duration", hold([](auto& r) { r.mutable_duration()->set_seconds(0); }));
  expect("duration", hold([](auto& r) { r.mutable_duration()->set_seconds(-1); }));
  expect("duration", hold([](auto& r) { r.mutable_duration()->set_nanos(999'999'999); }));
  expect("duration", hold([](auto& r) {
           r.mutable_duration()->set_seconds(30 * 86'400);
           r.mutable_duration()->set_nanos(1'000);
         }));
  expect("duration", hold([](auto& r) {
           r.mutable_duration()->set_seconds(60);
           r.mutable_duration()->set_nanos(-5);
         }));

  const auto capture = [&](const std::function<void(v1::CaptureHoldRequest&)>& spoil) {
    v1::CaptureHoldRequest request = Capturing(absl::StrCat(member_, "/holds/1"));
    spoil(request);
    v1::CaptureHoldResponse response;
    return Call(*server_.stubs.redemption, &Redemptions::CaptureHold, request, response);
  };
  expect("request_id", capture([](auto& r) { r.clear_request_id(); }));
  expect("name", capture([](auto& r) { r.clear_name(); }));
  expect("name", capture([](auto& r) { r.set_name("holds/1"); }));
  expect("name", capture([&](auto& r) { r.set_name(absl::StrCat(member_, "/holds/0")); }));
  expect("name", capture([&](auto& r) { r.set_name(absl::StrCat(member_, "/lots/1.1")); }));
  expect("amount", capture([](auto& r) { r.set_amount(0); }));
  expect("reference", capture([](auto& r) { r.set_reference("a\nb"); }));
  expect("purchase.store", capture([](auto& r) { r.mutable_purchase(); }));
  v1::VoidHoldRequest give_up;
  v1::VoidHoldResponse freed;
  const Refused refused = Call(*server_.stubs.redemption, &Redemptions::VoidHold, give_up, freed);
  expect("request_id", refused);
  expect("name", refused);
  v1::GetHoldRequest get;
  v1::GetHoldResponse got;
  expect("name", Call(*server_.stubs.redemption, &Redemptions::GetHold, get, got));
}

TEST_F(HoldCalls, RefuseWhatIsNotThere) {
  v1::GetHoldRequest get;
  v1::GetHoldResponse got;
  get.set_name(absl::StrCat(member_, "/holds/1"));
  const Refused none = Call(*server_.stubs.redemption, &Redemptions::GetHold, get, got);
  EXPECT_EQ(none.code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(none.reason, "HOLD_NOT_FOUND");
  v1::CaptureHoldResponse response;
  EXPECT_EQ(
      Call(*server_.stubs.redemption, &Redemptions::CaptureHold, Capturing(get.name()), response)
          .reason,
      "HOLD_NOT_FOUND");
  v1::CaptureHoldRequest more = Capturing(Placed(10).hold().name());
  more.set_amount(11);
  const Refused exceeds =
      Call(*server_.stubs.redemption, &Redemptions::CaptureHold, more, response);
  EXPECT_EQ(exceeds.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(exceeds.reason, "CAPTURE_EXCEEDS_HOLD");
  EXPECT_EQ(exceeds.facts.at("left"), "10");
  EXPECT_EQ(exceeds.facts.at("requested"), "11");
}

class SettleCalls : public HoldCalls {
 protected:
  SettleCalls()
      : HoldCalls(absl::StrReplaceAll(
            HarbourDocument(),
            {{"symbol: PTS", "symbol: PTS, settlement: {policy: ON_SETTLE, hold_above: 500}"}})) {}
  v1::SettleAccrualRequest Settling(const std::string& entry) {
    v1::SettleAccrualRequest request;
    request.set_request_id(absl::StrCat("settle-number-", ++requests_));
    request.set_program("programs/harbour");
    request.set_entry(entry);
    return request;
  }
};

TEST_F(SettleCalls, TellWhatBecameAvailable) {
  const v1::AccruePurchaseResponse accrued = server_.Accrue("1000", 2, 10'000);
  EXPECT_EQ(accrued.awards(0).awaits(), v1::AWAITING_SETTLEMENT);
  EXPECT_FALSE(accrued.awards(0).has_activates_at());
  v1::SettleAccrualResponse settled;
  EXPECT_EQ(Call(*server_.stubs.points, &Points::SettleAccrual, Settling(accrued.entry()), settled)
                .reason,
            "");
  ASSERT_EQ(settled.settled_size(), 1);
  EXPECT_EQ(settled.settled(0).amount(), 100);
  ASSERT_EQ(settled.lot_moves_size(), 2);
  EXPECT_EQ(settled.lot_moves(0).bucket(), v1::LOT_BUCKET_PENDING);
  EXPECT_EQ(settled.lot_moves(1).bucket(), v1::LOT_BUCKET_AVAILABLE);
  v1::GetEntryRequest get;
  get.set_name(settled.entry());
  v1::GetEntryResponse entry;
  EXPECT_EQ(Call(*server_.stubs.points, &Points::GetEntry, get, entry).reason, "");
  EXPECT_EQ(entry.entry().accrual(), accrued.entry());
  EXPECT_EQ(entry.entry().purchase(), accrued.purchase());
  EXPECT_THAT(entry.entry().lines(), ElementsAre(1));
}

TEST_F(SettleCalls, TellWhoCancelledAndWhy) {
  const v1::AccruePurchaseResponse accrued = server_.Accrue("1000", 2, 90'000);
  EXPECT_EQ(accrued.awards(0).awaits(), v1::AWAITING_PERSON);
  v1::CancelAccrualRequest cancel;
  cancel.set_request_id("cancel-number-1");
  cancel.set_program("programs/harbour");
  cancel.set_entry(accrued.entry());
  cancel.set_reason("typed_wrong");
  v1::CancelAccrualResponse cancelled;
  EXPECT_EQ(
      Call(*server_.stubs.points, &Points::CancelAccrual, cancel, cancelled, "eve", "MARKETING")
          .reason,
      "PERMISSION_MISSING");
  EXPECT_EQ(
      Call(*server_.stubs.points, &Points::CancelAccrual, cancel, cancelled, "eve", "AGENT").reason,
      "");
  EXPECT_EQ(cancelled.cancelled(0).amount(), 900);
  v1::GetEntryRequest get;
  get.set_name(cancelled.entry());
  v1::GetEntryResponse entry;
  EXPECT_EQ(Call(*server_.stubs.points, &Points::GetEntry, get, entry).reason, "");
  EXPECT_EQ(entry.entry().principal(), "eve");
  EXPECT_EQ(entry.entry().cancellation_reason(), "typed_wrong");
}

TEST_F(SettleCalls, RefuseWhatIsMalformed) {
  const v1::AccruePurchaseResponse accrued = server_.Accrue("1000", 2, 10'000);
  const std::uint64_t before = server_.sequence();
  const auto expect = [&](const char* field,
                          const std::function<void(v1::SettleAccrualRequest&)>& spoil) {
    SCOPED_TRACE(field);
    v1::SettleAccrualRequest request = Settling(accrued.entry());
    spoil(request);
    v1::SettleAccrualResponse response;
    const Refused refused = Call(*server_.stubs.points, &Points::SettleAccrual, request, response);
    EXPECT_EQ(refused.code, grpc::StatusCode::INVALID_ARGUMENT) << refused.message;
    EXPECT_THAT(refused.fields, Contains(field));
    EXPECT_EQ(server_.sequence(), before);
  };
  expect("request_id", [](auto& r) { r.clear_request_id(); });
  expect("program", [](auto& r) { r.clear_program(); });
  expect("accrual", [](auto& r) { r.clear_accrual(); });
  expect("entry", [](auto& r) { r.set_entry(""); });
  expect("entry", [](auto& r) { r.set_entry("0-12"); });
  expect("entry", [](auto& r) { r.set_entry("programs/other/entries/0-12"); });
  expect("receipt.store", [](auto& r) { r.mutable_receipt(); });
  expect("lines[0]", [](auto& r) { r.add_lines(0); });
  expect("lines[1]", [](auto& r) {
    r.add_lines(1);
    r.add_lines(1);
  });
  expect("lines", [](auto& r) {
    for (int i = 1; i <= 501; ++i) r.add_lines(i);
  });
  expect("lines", [](auto& r) { r.add_lines(7); });
}

}  // namespace
}  // namespace laurel
