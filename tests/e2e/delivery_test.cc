// A real laureld, real clients and kill -9: what was promised holds.
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "engine/store/data_dir.h"
#include "engine/store/files.h"
#include "laurel/v1/member_service.grpc.pb.h"
#include "laurel/v1/points_service.grpc.pb.h"
#include "laurel/v1/program_service.grpc.pb.h"
#include "laurel/v1/redemption_service.grpc.pb.h"
#include "laurel/v1/tier_service.grpc.pb.h"
#include "tests/e2e/laureld_process.h"
#include "tests/testing/seed.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/test_ledger.h"

namespace laurel {
namespace {

template <class Body>
std::vector<std::thread> Threads(int count, Body body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([body, i] { body(i); });
  return threads;
}
void Join(std::vector<std::thread>& threads) {
  for (std::thread& thread : threads) thread.join();
}

class DeliveryTest : public testing::Test {
 protected:
  void SetUp() override {
    const Exit made = RunLaureld(
        {"init", "--data-dir", server_.data_dir(), "--origin", "ledger.example.com/laurel"});
    ASSERT_EQ(made.code, 0) << made.errors;
    ASSERT_TRUE(server_.Start());
    v1::CreateProgramRequest create;
    create.set_request_id("create-program");
    create.set_document(HarbourDocument());
    v1::CreateProgramResponse created;
    Must(server_.Call<v1::ProgramService>(&v1::ProgramService::Stub::CreateProgram, create,
                                          &created));
    v1::ActivateRevisionRequest activate;
    activate.set_request_id("activate-program");
    activate.set_name(created.revision().name());
    v1::ActivateRevisionResponse activated;
    Must(server_.Call<v1::ProgramService>(&v1::ProgramService::Stub::ActivateRevision, activate,
                                          &activated));
  }

  static void Must(const grpc::Status& status) {
    ASSERT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
  }

  static v1::MemberRef Who(v1::IdentityKind kind, const std::string& value) {
    v1::MemberRef member;
    member.mutable_identity()->set_kind(kind);
    member.mutable_identity()->set_value(value);
    return member;
  }
  static v1::MemberRef Card(const std::string& value) { return Who(v1::IDENTITY_KIND_CARD, value); }

  v1::EnrollMemberResponse Enroll(const v1::MemberRef& member) {
    v1::EnrollMemberRequest request;
    request.set_request_id(absl::StrCat("enroll-", ++requests_, "-0000"));
    request.set_program("programs/harbour");
    *request.add_identities() = member.identity();
    v1::EnrollMemberResponse response;
    Must(server_.Call<v1::MemberService>(&v1::MemberService::Stub::EnrollMember, request,
                                         &response));
    return response;
  }

  // A sale of `euros` now, under a receipt number.
  static v1::AccruePurchaseRequest Sale(const v1::MemberRef& member, int receipt, int euros) {
    v1::AccruePurchaseRequest request;
    request.set_request_id(absl::StrCat("sale-", 100'000 + receipt));
    request.set_program("programs/harbour");
    *request.mutable_member() = member;
    v1::Purchase& purchase = *request.mutable_purchase();
    purchase.mutable_receipt()->set_store("S1");
    purchase.mutable_receipt()->set_terminal("T1");
    const Timestamp now = SystemClock().Now();
    const Date today = Date::FromDays(static_cast<std::int32_t>(now.micros() / kMicrosPerDay));
    purchase.mutable_receipt()->mutable_business_on()->set_year(today.year());
    purchase.mutable_receipt()->mutable_business_on()->set_month(today.month());
    purchase.mutable_receipt()->mutable_business_on()->set_day(today.day());
    purchase.mutable_receipt()->set_number(absl::StrCat(receipt));
    *purchase.mutable_occurred_at() =
        google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(now.micros());
    purchase.set_channel(v1::CHANNEL_POS);
    purchase.mutable_total()->set_currency_code("EUR");
    purchase.mutable_total()->set_minor_units(100 * euros);
    return request;
  }
  grpc::Status Accrue(const v1::AccruePurchaseRequest& request,
                      v1::AccruePurchaseResponse* response) const {
    return server_.Call<v1::PointsService>(&v1::PointsService::Stub::AccruePurchase, request,
                                           response);
  }

  std::int64_t Points(const v1::MemberRef& member) const {
    v1::GetBalanceRequest request;
    request.set_program("programs/harbour");
    *request.mutable_member() = member;
    v1::GetBalanceResponse response;
    Must(server_.Call<v1::PointsService>(&v1::PointsService::Stub::GetBalance, request, &response));
    for (const v1::Balance& balance : response.balances()) {
      if (balance.point_type() == "points") return balance.available();
    }
    return 0;
  }
  // The member's entries of a kind.
  int Entries(const v1::MemberRef& member, v1::EntryKind kind) const {
    v1::ListEntriesRequest request;
    request.set_program("programs/harbour");
    *request.mutable_member() = member;
    request.set_page_size(1000);
    v1::ListEntriesResponse response;
    Must(
        server_.Call<v1::PointsService>(&v1::PointsService::Stub::ListEntries, request, &response));
    EXPECT_EQ(response.next_page_token(), "");
    int count = 0;
    for (const v1::Entry& entry : response.entries()) count += entry.kind() == kind ? 1 : 0;
    return count;
  }

  void OneSaleSentAThousandTimes(bool is_killed) {
    const v1::MemberRef ana = Card("9001");
    Enroll(ana);
    const v1::AccruePurchaseRequest sale = Sale(ana, 1, 123);
    std::vector<v1::AccruePurchaseResponse> replies(1000);
    std::atomic<int> answered = 0;
    std::vector<std::thread> clients = Threads(16, [&](int client) {
      for (std::size_t i = static_cast<std::size_t>(client); i < replies.size(); i += 16) {
        const grpc::Status status = Accrue(sale, &replies[i]);
        EXPECT_TRUE(status.ok()) << status.error_message();
        ++answered;
      }
    });
    if (is_killed) {
      while (answered < 500) std::this_thread::yield();
      server_.Kill();
      EXPECT_TRUE(server_.Start());
    }
    Join(clients);
    int fresh = 0;
    for (v1::AccruePurchaseResponse& reply : replies) {
      fresh += reply.replayed() ? 0 : 1;
      reply.set_replayed(true);
      EXPECT_EQ(reply.SerializeAsString(), replies[0].SerializeAsString());
    }
    EXPECT_EQ(fresh, 1);
    EXPECT_EQ(Points(ana), 123);
    EXPECT_EQ(Entries(ana, v1::ENTRY_KIND_ACCRUE), 1);
    EXPECT_EQ(Entries(ana, v1::ENTRY_KIND_REFUSED), 0);
  }

  void SixtyFourRedemptions(std::optional<int> killed_after_millis, int round) {
    const v1::MemberRef ana = Card(absl::StrCat("card", round));
    Enroll(ana);
    v1::AccruePurchaseResponse accrued;
    Must(Accrue(Sale(ana, 1000 + round, 1000), &accrued));
    std::atomic<int> won = 0;
    std::atomic<int> refused = 0;
    std::vector<std::thread> clients = Threads(64, [&](int client) {
      v1::RedeemRequest request;
      request.set_request_id(absl::StrCat("redeem-", round, "-", 1000 + client));
      request.set_program("programs/harbour");
      *request.mutable_member() = ana;
      request.mutable_points()->set_point_type("points");
      request.mutable_points()->set_amount(100);
      v1::RedeemResponse response;
      const grpc::Status status = server_.Call<v1::RedemptionService>(
          &v1::RedemptionService::Stub::Redeem, request, &response);
      if (status.ok()) {
        ++won;
      } else if (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) {
        ++refused;
      } else {
        ADD_FAILURE() << status.error_code() << " " << status.error_message();
      }
    });
    if (killed_after_millis) {
      std::this_thread::sleep_for(std::chrono::milliseconds(*killed_after_millis));
      server_.Kill();
      EXPECT_TRUE(server_.Start());
    }
    Join(clients);
    EXPECT_EQ(won, 10);
    EXPECT_EQ(refused, 54);
    EXPECT_EQ(Points(ana), 0);
    EXPECT_EQ(Entries(ana, v1::ENTRY_KIND_REDEEM), 10);
  }

  const TempDir dir_;
  LaureldProcess server_{dir_.Path("data")};
  int requests_ = 0;
};

TEST_F(DeliveryTest, OneAccrualSentAThousandTimesIsOneEntry) { OneSaleSentAThousandTimes(false); }

// Shows P1, G58.
TEST_F(DeliveryTest, OneAccrualSentAThousandTimesIsOneEntryAlsoWhenKilledHalfWay) {
  OneSaleSentAThousandTimes(true);
}

TEST_F(DeliveryTest, SixtyFourRedemptionsOfAHundredFromAThousandHaveTenWinners) {
  SixtyFourRedemptions(std::nullopt, 1);
}

// Shows R1.
TEST_F(DeliveryTest, SixtyFourRedemptionsHaveTenWinnersAlsoWhenKilledAtAnyInstant) {
  const std::uint64_t seed = TestSeed(1);
  std::mt19937_64 random(seed);
  for (int round = 1; round <= 5; ++round) {
    const int millis = static_cast<int>(random() % 40);
    SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed, ", killed after ", millis, " ms"));
    SixtyFourRedemptions(millis, round);
  }
}

// Shows M1.
TEST_F(DeliveryTest, FourIdentitiesOfOneMemberAreOneAccount) {
  const std::vector<v1::MemberRef> identities = {
      Card("7001"), Who(v1::IDENTITY_KIND_APP, "app-42"),
      Who(v1::IDENTITY_KIND_MINI_PROGRAM, "o6_bmjrPTlm6"), Who(v1::IDENTITY_KIND_SHOP, "shop:77")};
  const std::string name = Enroll(identities[0]).member().name();
  for (std::size_t i = 1; i < identities.size(); ++i) {
    v1::LinkIdentityRequest link;
    link.set_request_id(absl::StrCat("link-000", i));
    link.set_program("programs/harbour");
    link.mutable_member()->set_name(name);
    *link.mutable_identity() = identities[i].identity();
    v1::LinkIdentityResponse linked;
    Must(server_.Call<v1::MemberService>(&v1::MemberService::Stub::LinkIdentity, link, &linked));
  }
  for (std::size_t i = 0; i < identities.size(); ++i) {
    v1::AccruePurchaseResponse accrued;
    Must(Accrue(Sale(identities[i], 10 + static_cast<int>(i), 300), &accrued));
    EXPECT_EQ(accrued.member(), name);
    for (const v1::MemberRef& other : identities) {
      v1::LookupMemberRequest request;
      request.set_program("programs/harbour");
      *request.mutable_identity() = other.identity();
      v1::LookupMemberResponse found;
      Must(
          server_.Call<v1::MemberService>(&v1::MemberService::Stub::LookupMember, request, &found));
      EXPECT_EQ(found.member().name(), name);
      EXPECT_GE(found.sequence(), accrued.sequence());
      EXPECT_EQ(found.balances(0).available(), 300 * static_cast<int>(i + 1));
      EXPECT_EQ(found.tier().tier(), i < 3 ? "MEMBER" : "SILVER");
      v1::GetTierRequest ask;
      ask.set_program("programs/harbour");
      *ask.mutable_member() = other;
      v1::GetTierResponse tier;
      Must(server_.Call<v1::TierService>(&v1::TierService::Stub::GetTier, ask, &tier));
      EXPECT_EQ(tier.progress().SerializeAsString(), accrued.progress().SerializeAsString());
    }
  }
}

// SIGTERM under load: every call that was answered is in the ledger, the others are to be sent
// again, the process ends well.
TEST_F(DeliveryTest, DrainingLosesNothingThatWasAnswered) {
  const v1::MemberRef ana = Card("9001");
  Enroll(ana);
  constexpr int kClients = 8;
  std::vector<std::vector<std::pair<v1::AccruePurchaseRequest, v1::AccruePurchaseResponse>>>
      answered(kClients);
  std::atomic<int> count = 0;
  std::atomic<bool> has_stopped = false;
  std::vector<std::thread> clients = Threads(kClients, [&](int client) {
    const std::unique_ptr<v1::PointsService::Stub> stub =
        v1::PointsService::NewStub(server_.channel());
    for (int i = 0; !has_stopped; ++i) {
      const v1::AccruePurchaseRequest sale = Sale(ana, 1 + client + kClients * i, 1);
      v1::AccruePurchaseResponse response;
      grpc::ClientContext context;
      const grpc::Status status = stub->AccruePurchase(&context, sale, &response);
      if (!status.ok()) {
        EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
        continue;
      }
      answered[static_cast<std::size_t>(client)].emplace_back(sale, response);
      ++count;
    }
  });
  while (count < 400) std::this_thread::yield();
  EXPECT_EQ(server_.Stop(), 0) << server_.log();
  has_stopped = true;
  Join(clients);
  ASSERT_TRUE(server_.Start());
  for (const auto& calls : answered) {
    for (const auto& [sale, response] : calls) {
      v1::AccruePurchaseResponse again;
      Must(Accrue(sale, &again));
      EXPECT_TRUE(again.replayed());
      again.set_replayed(response.replayed());
      EXPECT_EQ(again.SerializeAsString(), response.SerializeAsString());
    }
  }
  EXPECT_EQ(server_.Stop(), 0);
}

TEST_F(DeliveryTest, ServesAgainAfterKillMinusNine) {
  const v1::MemberRef ana = Card("9001");
  Enroll(ana);
  for (int i = 1; i <= 5; ++i) {
    v1::AccruePurchaseResponse accrued;
    Must(Accrue(Sale(ana, i, 10), &accrued));
    server_.Kill();
    ASSERT_TRUE(server_.Start());
    EXPECT_EQ(Points(ana), 10 * i);
  }
}

// A ledger of a version that did not note the key: nobody can tell whether a key fits its members
// but the operator.
TEST_F(DeliveryTest, AKeyThatTheLedgerDoesNotKnowIsTakenOnlyOnDemand) {
  const std::string file = absl::StrCat(server_.data_dir(), "/IDENTITY.laurel");
  const std::string noted = *ReadFile(file);
  const auto forget_key = [&] {
    LedgerIdentity identity = *ParseIdentity(noted);
    identity.identity_key = "";
    ASSERT_TRUE(WriteFileAtomically(file, RenderIdentity(identity)).ok());
  };
  ASSERT_EQ(server_.Stop(), 0);
  forget_key();
  ASSERT_TRUE(server_.Start()) << "there is no member yet";
  EXPECT_EQ(*ReadFile(file), noted);
  Enroll(Card("9001"));
  ASSERT_EQ(server_.Stop(), 0);
  forget_key();
  const std::vector<std::string> serve = {"serve", "--data-dir", server_.data_dir(), "--listen",
                                          "127.0.0.1:0"};
  const Exit exit = RunLaureld(serve);
  EXPECT_EQ(exit.code, 78);
  EXPECT_TRUE(absl::StrContains(exit.errors, "--adopt-identity-key")) << exit.errors;
  ::setenv("LAUREL_ADOPT_IDENTITY_KEY", "true", 1);
  EXPECT_TRUE(server_.Start());
  ::unsetenv("LAUREL_ADOPT_IDENTITY_KEY");
  EXPECT_EQ(*ReadFile(file), noted);
  EXPECT_EQ(Points(Card("9001")), 0);
}

// Nothing that names a person is in any byte of the data directory or of the log.
TEST_F(DeliveryTest, PersonalDataIsNowhereOnTheDisk) {
  const v1::MemberRef phone = Who(v1::IDENTITY_KIND_PHONE, "+4915112345678");
  const v1::MemberRef email = Who(v1::IDENTITY_KIND_EMAIL, "ana.lopez@example.org");
  Enroll(phone);
  Enroll(email);
  v1::AccruePurchaseResponse accrued;
  Must(Accrue(Sale(phone, 1, 10), &accrued));
  Must(Accrue(Sale(email, 2, 10), &accrued));
  v1::LookupMemberRequest unknown;
  unknown.set_program("programs/harbour");
  *unknown.mutable_identity() = Who(v1::IDENTITY_KIND_PHONE, "+4915187654321").identity();
  v1::LookupMemberResponse none;
  EXPECT_EQ(server_.Call<v1::MemberService>(&v1::MemberService::Stub::LookupMember, unknown, &none)
                .error_code(),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(server_.Stop(), 0);
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string bytes = *ReadFile(entry.path().string());
    for (const char* secret : {"15112345678", "15187654321", "ana.lopez", "example.org"}) {
      EXPECT_FALSE(absl::StrContains(bytes, secret)) << secret << " in " << entry.path();
    }
  }
  EXPECT_GT(files, 10);
}

}  // namespace
}  // namespace laurel
