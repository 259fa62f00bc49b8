#include "service/status.h"

#include <grpcpp/support/status.h>

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"
#include "engine/base/reason.h"
#include "google/rpc/code.pb.h"
#include "google/rpc/error_details.pb.h"
#include "service/names.h"

namespace laurel {
namespace {

constexpr absl::string_view kDomain = "laurel";

google::rpc::Status Make(google::rpc::Code code, absl::string_view reason, std::string message,
                         std::map<std::string, std::string> facts) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(std::move(message));
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain(std::string(kDomain));
  for (auto& [key, value] : facts) (*info.mutable_metadata())[key] = std::move(value);
  status.add_details()->PackFrom(info);
  return status;
}

template <class Detail>
void AddDetail(google::rpc::Status& status, const Detail& detail) {
  status.add_details()->PackFrom(detail);
}

void AddFieldViolation(google::rpc::BadRequest& detail, absl::string_view field,
                       absl::string_view description, absl::string_view code) {
  auto& violation = *detail.add_field_violations();
  violation.set_field(std::string(field));
  violation.set_description(std::string(description));
  violation.set_reason(std::string(code));
}

google::rpc::Code CodeOf(Rejection rejection) {
  switch (rejection) {
    case Rejection::kResourceNotFound:
    case Rejection::kRevisionNotFound:
    case Rejection::kMemberNotFound:
    case Rejection::kPurchaseNotFound:
    case Rejection::kEntryNotFound:
    case Rejection::kHoldNotFound:
      return google::rpc::NOT_FOUND;
    case Rejection::kIdTaken:
    case Rejection::kIdentityTaken:
    case Rejection::kReceiptAlreadyPosted:
    case Rejection::kReceiptContentDiffers:
      return google::rpc::ALREADY_EXISTS;
    case Rejection::kMemberNotActive:
    case Rejection::kInvalidState:
    case Rejection::kAmountNotAllowed:
    case Rejection::kInsufficientPoints:
    case Rejection::kReturnExceedsPurchase:
    case Rejection::kReversalExceedsRedemption:
    case Rejection::kApprovalRequired:
    case Rejection::kApprovalStale:
    case Rejection::kLimitReached:
    case Rejection::kCaptureExceedsHold:
    case Rejection::kHoldLapsed:
    case Rejection::kHoldFinished:
    case Rejection::kMemberMerged:
    case Rejection::kCostMismatch:
      return google::rpc::FAILED_PRECONDITION;
    case Rejection::kSelfApprovalForbidden:
    case Rejection::kSelfDealingForbidden:
      return google::rpc::PERMISSION_DENIED;
    case Rejection::kOccurredAtOutOfWindow:
    case Rejection::kInvalidField:
    case Rejection::kRequestIdReused:
      return google::rpc::INVALID_ARGUMENT;
  }
  LAUREL_CHECK(false, "a rejection is one of its values");
}

// The type of the thing that is absent or taken.
absl::string_view ResourceOf(Rejection rejection) {
  switch (rejection) {
    case Rejection::kRevisionNotFound:
      return "revision";
    case Rejection::kMemberNotFound:
      return "member";
    case Rejection::kPurchaseNotFound:
      return "purchase";
    case Rejection::kEntryNotFound:
      return "entry";
    case Rejection::kHoldNotFound:
      return "hold";
    case Rejection::kIdTaken:
      return "program";
    case Rejection::kIdentityTaken:
      return "identity";
    case Rejection::kReceiptAlreadyPosted:
    case Rejection::kReceiptContentDiffers:
      return "entry";
    default:
      return "";
  }
}

struct Wording {
  std::string subject;
  std::string expectation;  // with what was instead
};

Wording WordingOf(Rejection rejection, const std::map<std::string, std::string>& facts) {
  const auto fact = [&facts](const char* key, absl::string_view otherwise = "unknown") {
    const auto found = facts.find(key);
    return found == facts.end() ? std::string(otherwise) : found->second;
  };
  const auto text = [](auto&& subject, auto&&... parts) {
    return Wording{std::string(subject), absl::StrCat(parts...)};
  };
  switch (rejection) {
    case Rejection::kResourceNotFound:
      return text(fact("resource"), "must exist, was ", fact("name"));
    case Rejection::kRevisionNotFound:
      return text("revision", "must exist, was ", fact("revision"));
    case Rejection::kMemberNotFound:
      return text("member", "must name a member of the program, was unknown");
    case Rejection::kPurchaseNotFound:
      return text("original", "must be the receipt of a posted purchase, was unknown");
    case Rejection::kEntryNotFound:
      return text("entry", "must be one of the kind that is asked for, was unknown");
    case Rejection::kIdTaken:
      return text("document.id", "must be new, was ", fact("program", "taken"));
    case Rejection::kMemberNotActive:
      return text("member", "must be active, was ", fact("state"));
    case Rejection::kIdentityTaken:
      return text("identity", "must be free, was linked to another member");
    case Rejection::kReceiptAlreadyPosted:
      return text("receipt", "must be new, was posted as ", fact("entry"));
    case Rejection::kReceiptContentDiffers:
      return text("receipt", "must agree with ", fact("entry"), ", was different in ",
                  fact("differing"));
    case Rejection::kInvalidState:
      if (facts.contains("fixed")) {
        return text(absl::StrCat("document.", fact("fixed")),
                    "must stay as in the active revision, was changed");
      }
      if (facts.contains("identities_max")) {
        return text("identities", "must be at most ", fact("identities_max"), ", was full");
      }
      if (facts.contains("missing")) {
        return text("document", "must state ", fact("missing"), " to be approved, did not");
      }
      if (facts.contains("lost_tiers")) {
        return text("document.tier_policy.retired", "must say what becomes of ", fact("lost_tiers"),
                    ", did not");
      }
      if (facts.contains("errors")) {
        return text("revision", "must have no errors, had ", fact("count"), ": ", fact("errors"));
      }
      if (facts.contains("unacknowledged")) {
        return text("revision", "must have each of its warnings acknowledged, had ", fact("count"),
                    " that were not: ", fact("unacknowledged"));
      }
      if (facts.contains("claimed_by")) {
        return text("receipt", "must be claimed by ", fact("claimed_by"), ", was too late");
      }
      if (facts.contains("later")) {
        return text("merged", "must be the member that was merged last, which was ", fact("later"));
      }
      if (facts.contains("hold")) {
        return text("merged", "must have no open hold together with the survivor, had ",
                    fact("hold"));
      }
      return text("state", "must allow the move, was ", fact("state"));
    case Rejection::kAmountNotAllowed:
      return text("amount", "must keep to ", fact("bound"), ", was ", fact("value"));
    case Rejection::kInsufficientPoints:
      return text("points", "must be at most the ", fact("available"), " available, was ",
                  fact("required"));
    case Rejection::kReturnExceedsPurchase:
      return text(absl::StrCat("line ", fact("line")), "must be at most the ", fact("left"),
                  " left of ", fact("unit", "quantity_micros"), ", was ", fact("requested"));
    case Rejection::kReversalExceedsRedemption:
      return text("amount", "must be at most the ", fact("left"), " left, was ", fact("requested"));
    case Rejection::kOccurredAtOutOfWindow:
      return text("occurred_at", "must be ", fact("earliest"), " to ", fact("latest"),
                  ", was outside");
    case Rejection::kInvalidField:
      return text(fact("field", "request"), "must be ", fact("expected"), ", was ",
                  fact("was", "another"));
    case Rejection::kRequestIdReused:
      return text("request_id", "must be new for another request, was used by ",
                  fact("method", "one"));
    case Rejection::kApprovalRequired:
      return text("revision", "must be approved by others than its author (", fact("required"),
                  "), was by ", fact("approvals"));
    case Rejection::kApprovalStale:
      return text("digest", "must be that of the revision, ", fact("digest"), ", was another");
    case Rejection::kSelfApprovalForbidden:
      return text("principal", "must be a second person, was the first");
    case Rejection::kLimitReached:
      return text("amount", "must be at most the ", fact("left"), " that the caller's limit ",
                  fact("limit"), " leaves, was ", fact("requested"));
    case Rejection::kSelfDealingForbidden:
      return text("member", "must be somebody else, was the caller");
    case Rejection::kHoldNotFound:
      return text("name", "must be a hold of the member, was unknown");
    case Rejection::kCaptureExceedsHold:
      return text("amount", "must be at most the ", fact("left"), " held, was ", fact("requested"));
    case Rejection::kHoldLapsed:
      return text("hold", "must be open, had lapsed at ", fact("ended_at"));
    case Rejection::kHoldFinished:
      return text("hold", "must be open, was ", fact("state"), " at ", fact("ended_at"));
    case Rejection::kMemberMerged:
      return text("member", "must be one of its own, was merged into ", fact("merged_into"));
    case Rejection::kCostMismatch:
      return text("tenders", "must say that ", fact("points"), " points pay ", fact("due"),
                  " minor units (", fact("bound"), "), was ", fact("stated"));
  }
  LAUREL_CHECK(false, "a rejection is one of its values");
}

// What a status of the environment tells a caller, and how soon to come back.
struct Failure {
  google::rpc::Code code = google::rpc::INTERNAL;
  v1::ErrorReason reason = v1::ERROR_REASON_INTERNAL;
  std::int64_t retry_millis = 0;  // 0: coming back does not help
};

Failure FailureOf(const absl::Status& status) {
  static const auto* const by_reason = new std::map<std::string, Failure>{
      {"OVERLOADED", {google::rpc::UNAVAILABLE, v1::ERROR_REASON_OVERLOADED, 100}},
      {"DRAINING", {google::rpc::UNAVAILABLE, v1::ERROR_REASON_DRAINING, 1'000}},
      {"NOT_LEADER", {google::rpc::UNAVAILABLE, v1::ERROR_REASON_NOT_LEADER, 200}},
      {"STORAGE_READ_ONLY", {google::rpc::UNAVAILABLE, v1::ERROR_REASON_STORAGE_READ_ONLY, 5'000}},
      {"CLOCK_BEHIND", {google::rpc::UNAVAILABLE, v1::ERROR_REASON_CLOCK_BEHIND, 1'000}},
      {"DEADLINE_TOO_SHORT",
       {google::rpc::DEADLINE_EXCEEDED, v1::ERROR_REASON_DEADLINE_TOO_SHORT, 0}},
      {"LEDGER_CORRUPT", {google::rpc::DATA_LOSS, v1::ERROR_REASON_LEDGER_CORRUPT, 0}},
      {"JOB_ALREADY_RUNNING", {google::rpc::ABORTED, v1::ERROR_REASON_JOB_ALREADY_RUNNING, 0}},
  };
  const auto found = by_reason->find(ReasonOf(status));
  if (found != by_reason->end()) return found->second;
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      return by_reason->at("LEDGER_CORRUPT");
    case absl::StatusCode::kDeadlineExceeded:
      return by_reason->at("DEADLINE_TOO_SHORT");
    case absl::StatusCode::kResourceExhausted:
      return by_reason->at("STORAGE_READ_ONLY");
    case absl::StatusCode::kUnavailable:
      return by_reason->at("NOT_LEADER");
    default:
      return Failure{};
  }
}

}  // namespace

absl::string_view ToString(v1::ErrorReason reason) {
  absl::string_view name = v1::ErrorReason_Name(reason);
  absl::ConsumePrefix(&name, "ERROR_REASON_");
  return name;
}

v1::ErrorReason ToReason(Rejection rejection) {
  switch (rejection) {
    case Rejection::kResourceNotFound:
      return v1::ERROR_REASON_RESOURCE_NOT_FOUND;
    case Rejection::kRevisionNotFound:
      return v1::ERROR_REASON_REVISION_NOT_FOUND;
    case Rejection::kMemberNotFound:
      return v1::ERROR_REASON_MEMBER_NOT_FOUND;
    case Rejection::kPurchaseNotFound:
      return v1::ERROR_REASON_PURCHASE_NOT_FOUND;
    case Rejection::kEntryNotFound:
      return v1::ERROR_REASON_ENTRY_NOT_FOUND;
    case Rejection::kIdTaken:
      return v1::ERROR_REASON_ID_TAKEN;
    case Rejection::kMemberNotActive:
      return v1::ERROR_REASON_MEMBER_NOT_ACTIVE;
    case Rejection::kIdentityTaken:
      return v1::ERROR_REASON_IDENTITY_TAKEN;
    case Rejection::kReceiptAlreadyPosted:
      return v1::ERROR_REASON_RECEIPT_ALREADY_POSTED;
    case Rejection::kReceiptContentDiffers:
      return v1::ERROR_REASON_RECEIPT_CONTENT_DIFFERS;
    case Rejection::kInvalidState:
      return v1::ERROR_REASON_INVALID_STATE;
    case Rejection::kAmountNotAllowed:
      return v1::ERROR_REASON_AMOUNT_NOT_ALLOWED;
    case Rejection::kInsufficientPoints:
      return v1::ERROR_REASON_INSUFFICIENT_POINTS;
    case Rejection::kReturnExceedsPurchase:
      return v1::ERROR_REASON_RETURN_EXCEEDS_PURCHASE;
    case Rejection::kReversalExceedsRedemption:
      return v1::ERROR_REASON_REVERSAL_EXCEEDS_REDEMPTION;
    case Rejection::kOccurredAtOutOfWindow:
      return v1::ERROR_REASON_OCCURRED_AT_OUT_OF_WINDOW;
    case Rejection::kInvalidField:
      return v1::ERROR_REASON_INVALID_FIELD;
    case Rejection::kRequestIdReused:
      return v1::ERROR_REASON_REQUEST_ID_REUSED;
    case Rejection::kApprovalRequired:
      return v1::ERROR_REASON_APPROVAL_REQUIRED;
    case Rejection::kApprovalStale:
      return v1::ERROR_REASON_APPROVAL_STALE;
    case Rejection::kSelfApprovalForbidden:
      return v1::ERROR_REASON_SELF_APPROVAL_FORBIDDEN;
    case Rejection::kLimitReached:
      return v1::ERROR_REASON_LIMIT_REACHED;
    case Rejection::kSelfDealingForbidden:
      return v1::ERROR_REASON_SELF_DEALING_FORBIDDEN;
    case Rejection::kHoldNotFound:
      return v1::ERROR_REASON_HOLD_NOT_FOUND;
    case Rejection::kCaptureExceedsHold:
      return v1::ERROR_REASON_CAPTURE_EXCEEDS_HOLD;
    case Rejection::kHoldLapsed:
      return v1::ERROR_REASON_HOLD_LAPSED;
    case Rejection::kHoldFinished:
      return v1::ERROR_REASON_HOLD_FINISHED;
    case Rejection::kMemberMerged:
      return v1::ERROR_REASON_MEMBER_MERGED;
    case Rejection::kCostMismatch:
      return v1::ERROR_REASON_COST_MISMATCH;
  }
  LAUREL_CHECK(false, "a rejection is one of its values");
}

std::map<std::string, std::string> FactsOf(const Rejected& rejected, const ProgramId& program) {
  std::map<std::string, std::string> facts(rejected.metadata.begin(), rejected.metadata.end());
  const auto entry = facts.find("entry");
  if (entry != facts.end()) {
    entry->second = absl::StrCat(ProgramName(program), "/entries/", entry->second);
  }
  // The domain knows numbers.
  for (const char* key : {"merged_into", "later"}) {
    const auto member = facts.find(key);
    std::uint64_t raw = 0;
    if (member == facts.end() || !absl::SimpleAtoi(member->second, &raw)) continue;
    if (const std::optional<MemberId> id = MemberId::FromRaw(raw)) {
      member->second = MemberName(program, *id);
    }
  }
  if (const auto hold = facts.find("hold"); hold != facts.end()) {
    const std::vector<std::string> parts = absl::StrSplit(hold->second, '/');
    HoldKey key;
    std::uint64_t raw = 0;
    if (parts.size() == 2 && absl::SimpleAtoi(parts[0], &raw) &&
        absl::SimpleAtoi(parts[1], &key.sequence) && raw != 0) {
      key.member = MemberId::Of(raw);
      hold->second = HoldName(program, key);
    }
  }
  if (rejected.reason == Rejection::kReturnExceedsPurchase ||
      rejected.reason == Rejection::kReversalExceedsRedemption) {
    auto asked = facts.extract("value");
    if (!asked.empty()) {
      asked.key() = "requested";
      facts.insert(std::move(asked));
    }
  }
  return facts;
}

google::rpc::Status ToRpcStatus(const Violations& violations) {
  LAUREL_CHECK(!violations.empty(), "a refused request has a violation");
  const Violation& first = violations.all().front();
  const std::size_t more = violations.all().size() - 1;
  std::string message = absl::StrCat(first.field, ": ", first.description);
  if (more > 0) absl::StrAppend(&message, "; and ", more, " more");
  google::rpc::Status status = Make(
      google::rpc::INVALID_ARGUMENT,
      violations.reason().empty() ? ToString(v1::ERROR_REASON_INVALID_FIELD) : violations.reason(),
      std::move(message), {{"field", first.field}, {"more", absl::StrCat(more)}});
  google::rpc::BadRequest detail;
  for (const Violation& violation : violations.all()) {
    AddFieldViolation(detail, violation.field, violation.description, violation.code);
  }
  AddDetail(status, detail);
  return status;
}

google::rpc::Status ToRpcStatus(const Rejected& rejected, const ProgramId& program) {
  const google::rpc::Code code = CodeOf(rejected.reason);
  const absl::string_view reason = ToString(ToReason(rejected.reason));
  std::map<std::string, std::string> facts = FactsOf(rejected, program);
  const Wording text = WordingOf(rejected.reason, facts);
  google::rpc::Status status =
      Make(code, reason, absl::StrCat(text.subject, ": ", text.expectation), facts);
  switch (code) {
    case google::rpc::INVALID_ARGUMENT: {
      google::rpc::BadRequest detail;
      AddFieldViolation(detail, text.subject, text.expectation, reason);
      AddDetail(status, detail);
      break;
    }
    case google::rpc::NOT_FOUND:
    case google::rpc::ALREADY_EXISTS: {
      google::rpc::ResourceInfo detail;
      const absl::string_view type = ResourceOf(rejected.reason);
      detail.set_resource_type(type.empty() ? facts["resource"] : std::string(type));
      detail.set_resource_name(facts.contains("entry") ? facts["entry"] : facts["name"]);
      detail.set_description(text.expectation);
      AddDetail(status, detail);
      break;
    }
    case google::rpc::FAILED_PRECONDITION: {
      google::rpc::PreconditionFailure detail;
      auto& violation = *detail.add_violations();
      violation.set_type(std::string(reason));
      violation.set_subject(text.subject);
      violation.set_description(text.expectation);
      AddDetail(status, detail);
      break;
    }
    default:
      break;
  }
  return status;
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  const Failure failure = FailureOf(status);
  const bool is_internal = failure.reason == v1::ERROR_REASON_INTERNAL;
  google::rpc::Status result = Make(failure.code, ToString(failure.reason),
                                    is_internal ? "server: must not fail, was a bug; the log has it"
                                                : std::string(status.message()),
                                    {});
  if (failure.retry_millis > 0) {
    google::rpc::RetryInfo detail;
    detail.mutable_retry_delay()->set_seconds(failure.retry_millis / 1'000);
    detail.mutable_retry_delay()->set_nanos(
        static_cast<std::int32_t>(failure.retry_millis % 1'000 * 1'000'000));
    AddDetail(result, detail);
  }
  return result;
}

grpc::Status ToGrpc(const google::rpc::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), status.message(),
                      status.SerializeAsString());
}

std::string ReasonOf(const google::rpc::Status& status) {
  google::rpc::ErrorInfo info;
  for (const google::protobuf::Any& detail : status.details()) {
    if (detail.UnpackTo(&info)) return info.reason();
  }
  return "";
}

std::optional<std::int64_t> RetryMillis(const google::rpc::Status& status) {
  google::rpc::RetryInfo info;
  for (const google::protobuf::Any& detail : status.details()) {
    if (!detail.UnpackTo(&info)) continue;
    return info.retry_delay().seconds() * 1'000 + info.retry_delay().nanos() / 1'000'000;
  }
  return std::nullopt;
}

google::rpc::Status PermissionMissing(absl::string_view method, Role role) {
  const std::string name = role == Role::kNone ? "none" : std::string(ToString(role));
  return Make(google::rpc::PERMISSION_DENIED, ToString(v1::ERROR_REASON_PERMISSION_MISSING),
              absl::StrCat("role: must be one that may call ", method, ", was ", name),
              {{"method", std::string(method)}, {"role", name}});
}

google::rpc::Status NotFound(v1::ErrorReason reason, absl::string_view resource) {
  google::rpc::Status status = Make(google::rpc::NOT_FOUND, ToString(reason),
                                    absl::StrCat(resource, ": must exist, was unknown"),
                                    {{"resource", std::string(resource)}});
  google::rpc::ResourceInfo detail;
  detail.set_resource_type(std::string(resource));
  detail.set_description("must exist, was unknown");
  AddDetail(status, detail);
  return status;
}

google::rpc::Status PageTokenInvalid() {
  constexpr absl::string_view kDescription =
      "must be the next_page_token of the last reply to the same arguments, not older than 24 "
      "hours, was another";
  google::rpc::Status status =
      Make(google::rpc::INVALID_ARGUMENT, ToString(v1::ERROR_REASON_PAGE_TOKEN_INVALID),
           absl::StrCat("page_token: ", kDescription), {});
  google::rpc::BadRequest detail;
  AddFieldViolation(detail, "page_token", kDescription,
                    ToString(v1::ERROR_REASON_PAGE_TOKEN_INVALID));
  AddDetail(status, detail);
  return status;
}

}  // namespace laurel
