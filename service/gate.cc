#include "service/gate.h"

#include <grpcpp/server_context.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/text.h"

namespace laurel {
namespace {

constexpr char kPrincipalKey[] = "laurel-principal";
constexpr std::size_t kPrincipalMax = 64;

bool IsPrincipal(absl::string_view text) {
  return !text.empty() && text.size() <= kPrincipalMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return text_form::IsAlnum(c) || absl::StrContains("._:@/-", c);
         });
}

}  // namespace

bool IsLocalPeer(const std::string& peer) {
  // An in-process channel has no address: gRPC calls it "unknown".
  return peer == "unknown" || absl::StartsWith(peer, "ipv4:127.") ||
         absl::StartsWith(peer, "ipv6:[::1]") || absl::StartsWith(peer, "ipv6:%5B::1%5D") ||
         absl::StartsWith(peer, "unix:");
}

Caller Admit(const grpc::CallbackServerContext& context, Violations& violations) {
  Caller caller;
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kPrincipalKey);
  if (found == metadata.end() || !IsLocalPeer(context.peer())) return caller;
  const absl::string_view name(found->second.data(), found->second.size());
  if (!IsPrincipal(name)) {
    violations.Malformed(kPrincipalKey, absl::StrCat("must be 1 to ", kPrincipalMax,
                                                     " of A-Z a-z 0-9 . _ : @ / -, was text of ",
                                                     name.size(), " characters"));
    return caller;
  }
  caller.principal = std::string(name);
  return caller;
}

}  // namespace laurel
