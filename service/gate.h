#ifndef LAUREL_SERVICE_GATE_H_
#define LAUREL_SERVICE_GATE_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/domain/values.h"
#include "service/violations.h"

namespace grpc {
class CallbackServerContext;
}

namespace laurel {

// Who calls.
struct Caller {
  std::string principal;    // may be empty
  Role role = Role::kNone;  // if one was named
};

// Tells who calls. Callers on this machine are believed when they name themselves in the metadata
// `laurel-principal` ([A-Za-z0-9._:@/-], 1 to 64) and their role in `laurel-role` (MARKETING); the
// server listens to nobody else unless told to, and strangers stay nameless. A malformed name and
// an unknown role are violations.
Caller Admit(const grpc::CallbackServerContext& context, Violations& violations);

// Roles, at least one.
class RoleSet {
 public:
  constexpr RoleSet() = default;  // none: the call is not restricted
  constexpr RoleSet(std::initializer_list<Role> roles) {
    for (const Role role : roles) bits_ |= BitOf(role);
  }
  constexpr bool has(Role role) const { return (bits_ & BitOf(role)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  static constexpr std::uint32_t BitOf(Role role) {
    return std::uint32_t{1} << static_cast<std::uint8_t>(role);
  }
  std::uint32_t bits_ = 0;
};

// Who may call the method with this name, such as ApproveRevision; empty where everybody may.
RoleSet RolesFor(absl::string_view method);
// Whether a caller may call what is for `roles`. Whoever names a role is held to it. Whoever names
// none may, unless `needs_role`.
bool MayCall(RoleSet roles, const Caller& caller, bool needs_role);

// Whether gRPC's text for a peer is an address of this machine.
bool IsLocalPeer(const std::string& peer);

}  // namespace laurel

#endif  // LAUREL_SERVICE_GATE_H_
