#include "service/cli/refusal.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "service/cli/table.h"

namespace laurel::cli {
namespace {

constexpr std::array kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

struct Hint {
  absl::string_view reason;
  absl::string_view text;
};
constexpr std::array kHints = {
    Hint{"MEMBER_NOT_FOUND", "enrol the member first: laurelctl member enroll card:NUMBER"},
    Hint{"PURCHASE_NOT_FOUND", "check store, terminal, date and number of the original receipt"},
    Hint{"REVISION_NOT_FOUND", "activate a revision: laurelctl program activate"},
    Hint{"RESOURCE_NOT_FOUND", "check --program; laurelctl program show tells what there is"},
    Hint{"REQUEST_ID_REUSED",
         "a new intention needs a new --request-id; a retry needs the same content"},
    Hint{"RECEIPT_ALREADY_POSTED", "nothing is left to do: this receipt has its points"},
    Hint{"RECEIPT_CONTENT_DIFFERS", "look at what was posted: laurelctl points entry ENTRY"},
    Hint{"OCCURRED_AT_OUT_OF_WINDOW",
         "the program sets how late a purchase may arrive: max_late_arrival"},
    Hint{"IDENTITY_TAKEN", "laurelctl member lookup tells whose it is"},
    Hint{"ID_TAKEN", "add a revision instead: laurelctl program revise FILE"},
    Hint{"PROGRAM_INVALID", "laurelctl program check FILE shows all findings"},
    Hint{"STORAGE_READ_ONLY", "the server's disk may be full: see its log"},
    Hint{"LEDGER_CORRUPT", "stop the server and run: laurelctl ledger verify --data-dir DIR"},
};

std::string CodeName(int code) {
  const auto index = static_cast<std::size_t>(code);
  return index < kCodeNames.size() ? kCodeNames[index] : absl::StrCat("CODE_", code);
}

}  // namespace

Refusal ToRefusal(const google::rpc::Status& status) {
  Refusal refusal;
  refusal.code = status.code();
  refusal.message = status.message();
  for (const google::protobuf::Any& detail : status.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    if (detail.UnpackTo(&info)) {
      refusal.reason = info.reason();
      refusal.metadata.insert(info.metadata().begin(), info.metadata().end());
    } else if (detail.UnpackTo(&bad_request)) {
      for (const auto& violation : bad_request.field_violations()) {
        refusal.fields.push_back({violation.field(), violation.description()});
      }
    }
  }
  if (refusal.reason.empty()) refusal.reason = CodeName(refusal.code);
  return refusal;
}

Refusal ToRefusal(const grpc::Status& status) {
  google::rpc::Status details;
  // Without details, or with unreadable ones, code and message are still good.
  if (!details.ParseFromString(status.error_details())) details.Clear();
  details.set_code(static_cast<std::int32_t>(status.error_code()));
  details.set_message(status.error_message());
  return ToRefusal(details);
}

bool IsTransient(const Refusal& refusal) {
  switch (static_cast<grpc::StatusCode>(refusal.code)) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:
      return true;
    default:
      return false;
  }
}

ExitCode ExitCodeOf(const Refusal& refusal) {
  switch (static_cast<grpc::StatusCode>(refusal.code)) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return ExitCode::kUnavailable;
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return ExitCode::kNotPermitted;
    default:
      return ExitCode::kRefused;
  }
}

std::string RenderRefusal(const Refusal& refusal, absl::string_view server) {
  const bool is_unavailable = ExitCodeOf(refusal) == ExitCode::kUnavailable;
  std::string out = absl::StrCat(is_unavailable ? "unavailable: " : "refused: ", refusal.reason,
                                 ": ", Printable(refusal.message), "\n");
  for (const auto& [key, value] : refusal.metadata) {
    absl::StrAppend(&out, "  ", Printable(key), " = ", Printable(value), "\n");
  }
  for (const Refusal::Field& field : refusal.fields) {
    absl::StrAppend(&out, "  field ", Printable(field.field), ": ", Printable(field.description),
                    "\n");
  }
  for (const Hint& hint : kHints) {
    if (hint.reason == refusal.reason) absl::StrAppend(&out, "hint: ", hint.text, "\n");
  }
  if (refusal.reason == "UNAVAILABLE") {
    absl::StrAppend(&out, "hint: is laureld running at ", server,
                    "? Name another one with --server or LAUREL_SERVER\n");
  } else if (is_unavailable) {
    absl::StrAppend(&out, "hint: send the same command again, with the same --request-id\n");
  }
  return out;
}

}  // namespace laurel::cli
