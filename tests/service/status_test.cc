#include "service/status.h"

#include <gmock/gmock.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <set>

#include "engine/base/reason.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const ProgramId kProgram = ProgramId::Of("harbour");

TEST(Status, EveryRejectionHasItsReasonInTheApi) {
  std::set<v1::ErrorReason> reasons;
  for (const Rejection rejection : AllRejections()) {
    SCOPED_TRACE(std::string(ToString(rejection)));
    const v1::ErrorReason reason = ToReason(rejection);
    EXPECT_EQ(ToString(reason), ToString(rejection));
    EXPECT_TRUE(reasons.insert(reason).second);
  }
}

TEST(Status, EveryErrorHasOneErrorInfoAndOneOfEachOtherDetail) {
  std::vector<google::rpc::Status> all;
  for (const Rejection rejection : AllRejections()) {
    all.push_back(ToRpcStatus(Rejected{rejection, {}}, kProgram));
  }
  for (const char* reason : {"OVERLOADED", "DRAINING", "NOT_LEADER", "STORAGE_READ_ONLY",
                             "CLOCK_BEHIND", "DEADLINE_TOO_SHORT", "LEDGER_CORRUPT"}) {
    all.push_back(
        ToRpcStatus(WithReason(absl::UnavailableError("thing: must be, was not"), reason)));
    EXPECT_EQ(ReasonOf(all.back()), reason);
  }
  all.push_back(PageTokenInvalid());
  all.push_back(PermissionMissing("ActivateRevision", Role::kFinance));
  all.push_back(NotFound(v1::ERROR_REASON_ENTRY_NOT_FOUND, "entry"));
  all.push_back(ToRpcStatus(absl::InternalError("secret")));
  for (const google::rpc::Status& status : all) {
    const Refused refused = Read(status);
    SCOPED_TRACE(refused.reason);
    EXPECT_NE(refused.code, grpc::StatusCode::OK);
    EXPECT_NE(refused.code, grpc::StatusCode::UNKNOWN);
    EXPECT_EQ(std::count(refused.details.begin(), refused.details.end(), "ErrorInfo"), 1);
    EXPECT_EQ(std::set<std::string>(refused.details.begin(), refused.details.end()).size(),
              refused.details.size());
    EXPECT_THAT(refused.message, HasSubstr(": "));
    EXPECT_THAT(refused.message, Not(HasSubstr("secret")));
    v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
    EXPECT_TRUE(v1::ErrorReason_Parse("ERROR_REASON_" + refused.reason, &reason));
    // Only what may be sent again says when.
    EXPECT_EQ(RetryMillis(status).has_value(), refused.code == grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(ToGrpc(status).error_code(), refused.code);
    EXPECT_EQ(Read(ToGrpc(status)).reason, refused.reason);
  }
}

TEST(Status, RefusalTellsItsNumbers) {
  const Refused refused =
      Read(ToRpcStatus(Rejected{Rejection::kInsufficientPoints,
                                {{"available", "120"}, {"pending", "0"}, {"required", "500"}}},
                       kProgram));
  EXPECT_EQ(refused.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(refused.message, "points: must be at most the 120 available, was 500");
  EXPECT_EQ(refused.facts.at("available"), "120");
  EXPECT_EQ(refused.facts.at("required"), "500");
  EXPECT_THAT(refused.details, ElementsAre("ErrorInfo", "PreconditionFailure"));
}

TEST(Status, EntriesAreNamedInFull) {
  const Refused refused =
      Read(ToRpcStatus(Rejected{Rejection::kReceiptAlreadyPosted, {{"entry", "0-12"}}}, kProgram));
  EXPECT_EQ(refused.code, grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(refused.facts.at("entry"), "programs/harbour/entries/0-12");
}

TEST(Status, ViolationsComeAllAtOnce) {
  Violations violations;
  violations.Required("a");
  violations.OutOfRange("b[2]", "must be 1 to 9, was 10");
  const Refused refused = Read(ToRpcStatus(violations));
  EXPECT_EQ(refused.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(refused.reason, "INVALID_FIELD");
  EXPECT_EQ(refused.message, "a: must be set, was empty; and 1 more");
  EXPECT_THAT(refused.fields, ElementsAre("a", "b[2]"));
}

TEST(Status, EnvironmentKeepsItsCode) {
  EXPECT_EQ(Read(ToRpcStatus(absl::DataLossError("x"))).reason, "LEDGER_CORRUPT");
  EXPECT_EQ(Read(ToRpcStatus(absl::ResourceExhaustedError("x"))).reason, "STORAGE_READ_ONLY");
  EXPECT_EQ(Read(ToRpcStatus(absl::DeadlineExceededError("x"))).reason, "DEADLINE_TOO_SHORT");
  EXPECT_EQ(Read(ToRpcStatus(absl::NotFoundError("x"))).reason, "INTERNAL");
}

}  // namespace
}  // namespace laurel
