#include "service/cli/session.h"

#include <google/protobuf/util/json_util.h>
#include <grpc/support/time.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "laurel/v1/program_service.grpc.pb.h"
#include "rules/program/currency.h"
#include "service/cli/amount.h"
#include "service/cli/names.h"
#include "service/cli/request_id.h"

namespace laurel::cli {
namespace {

// The client configuration that the API publishes, without its timeout: ours comes from --timeout.
// Retries are safe, because every write has a request id.
constexpr char kServiceConfig[] = R"({
  "methodConfig": [{
    "name": [{}],
    "waitForReady": false,
    "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"]}
  }],
  "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}
})";

constexpr char kRed[] = "\x1b[31m";
constexpr char kPlain[] = "\x1b[0m";

}  // namespace

std::string AmountStyle::Points(absl::string_view point_type, std::int64_t amount) const {
  const auto found = decimals.find(std::string(point_type));
  return RenderAmount(amount, found == decimals.end() ? 0 : found->second);
}

std::string AmountStyle::Money(absl::string_view currency_code, std::int64_t minor_units) {
  const std::optional<int> exponent = rules::CurrencyExponent(currency_code);
  if (!exponent) return absl::StrCat(minor_units, " minor units ", currency_code);
  return absl::StrCat(RenderAmount(minor_units, *exponent), " ", currency_code);
}

Session::Session(GlobalOptions options, std::ostream* out, std::ostream* err, const Clock* clock)
    : options_(std::move(options)), out_(out), err_(err), clock_(clock) {}

std::shared_ptr<grpc::Channel> Session::channel() {
  if (channel_ == nullptr) {
    grpc::ChannelArguments arguments;
    arguments.SetServiceConfigJSON(kServiceConfig);
    arguments.SetMaxReceiveMessageSize(16 << 20);
    arguments.SetUserAgentPrefix("laurelctl");
    channel_ =
        grpc::CreateCustomChannel(options_.server, grpc::InsecureChannelCredentials(), arguments);
  }
  return channel_;
}

absl::StatusOr<std::string> Session::Program() const {
  if (options_.program.empty()) {
    return absl::InvalidArgumentError(
        "program: must be given with --program or LAUREL_PROGRAM, was absent");
  }
  return ParseProgram(options_.program);
}

absl::StatusOr<std::string> Session::Revision(absl::string_view text) const {
  std::uint32_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return std::string(text);
  const absl::StatusOr<std::string> program = Program();
  if (!program.ok()) return program.status();
  return absl::StrCat(*program, "/revisions/", number);
}

std::string Session::RequestId() {
  if (!options_.request_id.empty()) return options_.request_id;
  std::string id = NewRequestId(clock_->Now());
  *err_ << "request id: " << id << "\n";
  return id;
}

absl::StatusOr<AmountStyle> Session::LoadStyle(const std::string& program) {
  v1::GetProgramRequest request;
  request.set_name(program);
  v1::GetProgramResponse response;
  grpc::ClientContext context;
  Prepare(context);
  const grpc::Status status =
      v1::ProgramService::NewStub(channel())->GetProgram(&context, request, &response);
  if (!status.ok())
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  AmountStyle style;
  style.currency = response.program().currency_code();
  style.time_zone = response.program().time_zone();
  int redeemable_count = 0;
  for (const v1::PointType& type : response.program().point_types()) {
    style.decimals[type.id()] = type.decimals();
    if (type.kind() != v1::POINT_KIND_REDEEMABLE) continue;
    style.redeemable = ++redeemable_count == 1 ? type.id() : "";
  }
  return style;
}

const AmountStyle& Session::Style(const std::string& program) {
  const auto found = styles_.find(program);
  if (found != styles_.end()) return found->second;
  absl::StatusOr<AmountStyle> style = LoadStyle(program);
  return styles_[program] = style.ok() ? *std::move(style) : AmountStyle();
}

void Session::Introduce(grpc::ClientContext& context) const {
  if (!options_.principal.empty()) context.AddMetadata("laurel-principal", options_.principal);
  if (!options_.role.empty()) context.AddMetadata("laurel-role", options_.role);
}

void Session::Prepare(grpc::ClientContext& context) const {
  Introduce(context);
  const auto timeout = gpr_time_from_seconds(options_.timeout_seconds, GPR_TIMESPAN);
  context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), timeout));
}

ExitCode Session::Print(const google::protobuf::Message& reply,
                        absl::FunctionRef<Document()> document) {
  if (options_.format != Format::kJson) return Print(document());
  *out_ << RenderJson(reply) << std::flush;
  return out_->good() ? ExitCode::kDone
                      : IoError(absl::UnavailableError("standard output: cannot be written"));
}

ExitCode Session::Print(const Document& document) {
  *out_ << (options_.format == Format::kCsv ? RenderCsv(document) : RenderText(document))
        << std::flush;
  return out_->good() ? ExitCode::kDone
                      : IoError(absl::UnavailableError("standard output: cannot be written"));
}

void Session::PrintError(absl::string_view kind, absl::string_view text) {
  *err_ << (options_.has_color ? kRed : "") << kind << (options_.has_color ? kPlain : "") << text
        << std::flush;
}

ExitCode Session::Refuse(const Refusal& refusal) {
  PrintError("", RenderRefusal(refusal, options_.server));
  return ExitCodeOf(refusal);
}

ExitCode Session::WrongUsage(const absl::Status& status) {
  PrintError("wrong usage: ", absl::StrCat(status.message(), "\n"));
  return ExitCode::kWrongUsage;
}

ExitCode Session::Fail(const absl::Status& status) {
  if (absl::IsInvalidArgument(status)) return WrongUsage(status);
  return Refuse(
      grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message())));
}

ExitCode Session::IoError(const absl::Status& status) {
  PrintError("i/o error: ", absl::StrCat(status.message(), "\n"));
  return ExitCode::kIoError;
}

void Session::Warn(absl::string_view text) { PrintError("note: ", absl::StrCat(text, "\n")); }

std::string RenderJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json
                     : absl::StrCat("{\"error\": \"", std::string(status.message()), "\"}\n");
}

}  // namespace laurel::cli
