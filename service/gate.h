#ifndef LAUREL_SERVICE_GATE_H_
#define LAUREL_SERVICE_GATE_H_

#include <string>

#include "service/violations.h"

namespace grpc {
class CallbackServerContext;
}

namespace laurel {

// Who calls.
struct Caller {
  std::string principal;  // may be empty
};

// Tells who calls. Callers on this machine are believed when they name themselves in the metadata
// `laurel-principal` ([A-Za-z0-9._:@/-], 1 to 64); the server listens to nobody else unless told
// to, and strangers stay nameless. A malformed name is a violation.
Caller Admit(const grpc::CallbackServerContext& context, Violations& violations);

// Whether gRPC's text for a peer is an address of this machine.
bool IsLocalPeer(const std::string& peer);

}  // namespace laurel

#endif  // LAUREL_SERVICE_GATE_H_
