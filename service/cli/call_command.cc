#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/generic/generic_stub.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "laurel/v1/admin_service.pb.h"
#include "laurel/v1/ledger_service.pb.h"
#include "laurel/v1/member_service.pb.h"
#include "laurel/v1/points_service.pb.h"
#include "laurel/v1/program_service.pb.h"
#include "laurel/v1/redemption_service.pb.h"
#include "laurel/v1/tier_service.pb.h"
#include "service/cli/commands.h"
#include "service/cli/input.h"
#include "service/cli/suggest.h"

namespace laurel::cli {
namespace {

constexpr std::size_t kJsonBytesMax = std::size_t{4} << 20;

struct CallArguments {
  std::string method;
  std::string json = "{}";
};

// All services of the API. Naming them links their descriptors.
std::vector<const google::protobuf::ServiceDescriptor*> Services() {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  for (const google::protobuf::FileDescriptor* file :
       {v1::GetServerInfoRequest::descriptor()->file(),
        v1::GetCheckpointRequest::descriptor()->file(), v1::GetMemberRequest::descriptor()->file(),
        v1::GetBalanceRequest::descriptor()->file(), v1::GetProgramRequest::descriptor()->file(),
        v1::RedeemRequest::descriptor()->file(), v1::GetTierRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
  }
  return services;
}

// "AccruePurchase", "PointsService/AccruePurchase" or "laurel.v1.PointsService/AccruePurchase".
absl::StatusOr<const google::protobuf::MethodDescriptor*> FindMethod(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  std::vector<std::string> known;
  for (const google::protobuf::ServiceDescriptor* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const google::protobuf::MethodDescriptor* const method = service->method(i);
      const bool is_service =
          parts.size() == 1 || parts[0] == service->name() || parts[0] == service->full_name();
      if (is_service && method->name() == parts.back()) return method;
      known.push_back(method->name());
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("METHOD: must be a method of laurel.v1, was \"",
                                                 text, "\"", DidYouMean(parts.back(), known)));
}

grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

bool FromBuffer(grpc::ByteBuffer& buffer, google::protobuf::Message& message) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return false;
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return message.ParseFromString(bytes);
}

// Runs one operation of a call and waits for it; false if it did not succeed.
template <class Start>
bool Wait(grpc::CompletionQueue& queue, Start start) {
  start(nullptr);
  void* tag = nullptr;
  bool is_ok = false;
  return queue.Next(&tag, &is_ok) && is_ok;
}

// One request, and as many replies as come: a unary call looks like a stream with one.
ExitCode Exchange(Session& session, const google::protobuf::MethodDescriptor& method,
                  const google::protobuf::Message& request, google::protobuf::Message& reply) {
  grpc::ClientContext context;
  if (method.server_streaming()) {
    session.Introduce(context);
  } else {
    session.Prepare(context);
  }
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(session.channel());
  const std::string path = absl::StrCat("/", method.service()->full_name(), "/", method.name());
  const std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call =
      stub.PrepareCall(&context, path, &queue);
  bool goes_on = Wait(queue, [&](void* tag) { call->StartCall(tag); });
  if (goes_on) {
    goes_on = Wait(
        queue, [&](void* tag) { call->WriteLast(ToBuffer(request), grpc::WriteOptions(), tag); });
  }
  grpc::ByteBuffer buffer;
  while (goes_on && Wait(queue, [&](void* tag) { call->Read(&buffer, tag); })) {
    if (!FromBuffer(buffer, reply)) {
      context.TryCancel();
      break;
    }
    session.out() << RenderJson(reply) << std::flush;
  }
  grpc::Status status;
  Wait(queue, [&](void* tag) { call->Finish(&status, tag); });
  return status.ok() ? ExitCode::kDone : session.Refuse(status);
}

ExitCode CallMethod(Session& session, const CallArguments& arguments) {
  const absl::StatusOr<const google::protobuf::MethodDescriptor*> method =
      FindMethod(arguments.method);
  if (!method.ok()) return session.WrongUsage(method.status());
  std::string json = arguments.json;
  if (json == "-") {
    absl::StatusOr<std::string> input = ReadAll("-", kJsonBytesMax);
    if (!input.ok()) return session.IoError(input.status());
    json = *std::move(input);
  }
  google::protobuf::MessageFactory& factory =
      *google::protobuf::MessageFactory::generated_factory();
  const std::unique_ptr<google::protobuf::Message> request(
      factory.GetPrototype((*method)->input_type())->New());
  const std::unique_ptr<google::protobuf::Message> reply(
      factory.GetPrototype((*method)->output_type())->New());
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, request.get());
  if (!parsed.ok()) {
    return session.WrongUsage(absl::InvalidArgumentError(
        absl::StrCat("JSON: must be a ", (*method)->input_type()->full_name(),
                     ", was not: ", std::string(parsed.message()))));
  }
  const google::protobuf::FieldDescriptor* const id =
      request->GetDescriptor()->FindFieldByName("request_id");
  if (id != nullptr && request->GetReflection()->GetString(*request, id).empty()) {
    request->GetReflection()->SetString(request.get(), id, session.RequestId());
  }
  return Exchange(session, **method, *request, *reply);
}

}  // namespace

void AddCallCommand(CLI::App& root, Action& action) {
  CLI::App* verb = nullptr;
  const auto arguments = AddVerb<CallArguments>(
      root, "call", "Call any method of the API with JSON",
      "laurelctl call GetServerInfo\n"
      "laurelctl call GetTier '{\"program\":\"programs/stars\",\"member\":{\"identity\":"
      "{\"kind\":\"IDENTITY_KIND_CARD\",\"value\":\"4006381333931\"}}}'",
      action, &verb, CallMethod);
  verb->add_option("METHOD", arguments->method, "such as GetTier or PointsService/AccruePurchase")
      ->required();
  verb->add_option("JSON", arguments->json, "the request; - for standard input")
      ->capture_default_str();
}

}  // namespace laurel::cli
