#ifndef LAUREL_SERVICE_CLI_SESSION_H_
#define LAUREL_SERVICE_CLI_SESSION_H_

#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/time.h"
#include "service/cli/exit_code.h"
#include "service/cli/refusal.h"
#include "service/cli/table.h"

namespace laurel::cli {

enum class Format { kTable, kJson, kCsv };

// What every command understands.
struct GlobalOptions {
  std::string server = "127.0.0.1:7300";
  std::int64_t timeout_seconds = 10;  // of one call
  Format format = Format::kTable;
  bool has_color = false;
  bool is_error_terminal = false;  // standard error: progress bars
  std::string request_id;          // empty: made
  std::string program;             // empty: not given
  std::string principal;           // who calls; empty: nobody says
  std::string role;                // in which role; empty: in none
};

// How amounts of a program are written.
struct AmountStyle {
  std::map<std::string, int> decimals;  // by point type; others: 0
  std::string redeemable;  // the only redeemable point type; empty if there are several
  std::string currency;
  std::string time_zone;

  std::string Points(absl::string_view point_type, std::int64_t amount) const;
  static std::string Money(absl::string_view currency_code,
                           std::int64_t minor_units);  // "11.77 USD"
};

// One run of laurelctl: the options, where to print, and the connection, which is made when first
// needed. Commands print through it and return what it returns.
class Session {
 public:
  Session(GlobalOptions options, std::ostream* out, std::ostream* err,
          const Clock* clock = &SystemClock());

  const GlobalOptions& options() const { return options_; }
  std::ostream& out() { return *out_; }
  std::ostream& err() { return *err_; }
  const Clock& clock() const { return *clock_; }

  std::shared_ptr<grpc::Channel> channel();
  void set_channel(std::shared_ptr<grpc::Channel> channel) {
    channel_ = std::move(channel);
  }  // tests

  // "programs/stars"; INVALID_ARGUMENT if it was neither given nor is in the environment.
  absl::StatusOr<std::string> Program() const;
  // "3" or "programs/stars/revisions/3" -> the latter. INVALID_ARGUMENT as Program.
  absl::StatusOr<std::string> Revision(absl::string_view text) const;
  // The one given, or a new one that is printed to standard error so that a retry can name it.
  std::string RequestId();
  // Reads the program once. Empty styles if it cannot be read: amounts then show in smallest units.
  const AmountStyle& Style(const std::string& program);
  absl::StatusOr<AmountStyle> LoadStyle(const std::string& program);

  // Says who calls.
  void Introduce(grpc::ClientContext& context) const;
  // Sets the deadline of one call, and says who calls.
  void Prepare(grpc::ClientContext& context) const;

  // Prints a reply: the message as JSON, or what `document` makes of it.
  ExitCode Print(const google::protobuf::Message& reply, absl::FunctionRef<Document()> document);
  ExitCode Print(const Document& document);

  // Each prints one error to standard error and returns the exit code for it.
  ExitCode Refuse(const Refusal& refusal);
  ExitCode Refuse(const grpc::Status& status) { return Refuse(ToRefusal(status)); }
  ExitCode WrongUsage(const absl::Status& status);
  // INVALID_ARGUMENT is wrong usage; everything else came from the server.
  ExitCode Fail(const absl::Status& status);
  ExitCode IoError(const absl::Status& status);
  void Warn(absl::string_view text);

 private:
  void PrintError(absl::string_view kind, absl::string_view text);

  const GlobalOptions options_;
  std::ostream* const out_;
  std::ostream* const err_;
  const Clock* const clock_;
  std::shared_ptr<grpc::Channel> channel_;
  std::map<std::string, AmountStyle> styles_;
};

// Calls one unary method, such as Call<v1::TierService>(session, &v1::TierService::Stub::GetTier,
// request, response). Prints the error if there is one.
template <class Service, class Request, class Response>
ExitCode Call(Session& session,
              grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&,
                                                    Response*),
              const Request& request, Response& response) {
  grpc::ClientContext context;
  session.Prepare(context);
  const std::unique_ptr<typename Service::Stub> stub = Service::NewStub(session.channel());
  const grpc::Status status = ((*stub).*method)(&context, request, &response);
  return status.ok() ? ExitCode::kDone : session.Refuse(status);
}

// Pretty-printed JSON as the API's JSON mapping has it, with a newline.
std::string RenderJson(const google::protobuf::Message& message);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_SESSION_H_
