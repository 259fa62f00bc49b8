#ifndef LAUREL_SERVICE_SHELL_H_
#define LAUREL_SERVICE_SHELL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "engine/base/reason.h"
#include "engine/engine.h"
#include "service/convert.h"
#include "service/gate.h"
#include "service/identity_hasher.h"
#include "service/intake.h"
#include "service/log.h"
#include "service/page_token.h"
#include "service/pool.h"
#include "service/rendering.h"
#include "service/revisions.h"
#include "service/status.h"

namespace laurel {

// What a read works with: one view of the ledger, and the instant to which it answers.
struct ReadCall {
  const Engine& engine;
  ReadView view;
  Timestamp now;
  ParseContext parse;
  Revisions& revisions;
  const PageTokens& page_tokens;
};

// Where a handler runs. Point reads of one member are quick enough for gRPC's own threads, of
// which there are few; everything else would hold up other callers there.
enum class Place { kHere, kPool };

// The only code that touches a reactor: deadlines, who calls, exactly one Finish on every path.
// Thread-safe. What it was made from must outlive it, and it every call.
class Shell {
 public:
  // A unary call without a deadline gets this much.
  static constexpr std::int64_t kDefaultDeadlineMicros = 30 * kMicrosPerSecond;
  // A write with less time left is refused before it is submitted: it could hardly be committed,
  // and afterwards it may no longer fail.
  static constexpr std::int64_t kWriteMicrosMin = 5'000;
  // How long a read waits for at_least_sequence.
  static constexpr std::int64_t kReadWaitMicrosMax = kMicrosPerSecond;

  Shell(Engine& engine, const IdentityHasher& hasher, Pool& pool, const Log& log,
        const Clock& clock = SystemClock())
      : engine_(engine),
        hasher_(hasher),
        pool_(pool),
        log_(log),
        clock_(clock),
        revisions_(engine),
        rendering_{engine, revisions_} {}

  Engine& engine() const { return engine_; }
  const IdentityHasher& hasher() const { return hasher_; }
  Pool& pool() const { return pool_; }
  const Rendering& rendering() const { return rendering_; }
  Revisions& revisions() { return revisions_; }
  // Who is in. Once it is closed and empty, nothing but the pool uses the engine any more.
  Intake& intake() { return intake_; }

  // A write: parses here, submits, and renders when the entry is durable, at `place`.
  //   Command parse(const Request&, const ParseContext&)
  //   absl::Status render(const Reply&, const Rendering&, Response&)
  template <class Request, class Response, class Parse, class Render>
  grpc::ServerUnaryReactor* Write(grpc::CallbackServerContext& context, const Request& request,
                                  Response& response, Parse parse, Render render,
                                  Place place = Place::kHere) {
    const Call call = Begin(context, request);
    if (call.is_over) return call.reactor;
    WriteNow(call, request, response, std::move(parse), std::move(render), place);
    return call.reactor;
  }

  // The same for a request that takes long to parse.
  template <class Request, class Response, class Parse, class Render>
  grpc::ServerUnaryReactor* WriteFromPool(grpc::CallbackServerContext& context,
                                          const Request& request, Response& response, Parse parse,
                                          Render render) {
    const Call call = Begin(context, request);
    if (call.is_over) return call.reactor;
    OnPool(call, [this, call, &request, &response, parse = std::move(parse),
                  render = std::move(render)]() mutable {
      WriteNow(call, request, response, std::move(parse), std::move(render), Place::kPool);
    });
    return call.reactor;
  }

  // A read: answers from what is durable, after waiting for the request's at_least_sequence.
  //   google::rpc::Status handle(ReadCall&, const Request&, Response&)
  // A handler that has added violations need not return them.
  template <class Request, class Response, class Handle>
  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext& context, const Request& request,
                                 Response& response, Handle handle, Place place = Place::kHere) {
    const Call call = Begin(context, request);
    if (call.is_over) return call.reactor;
    const std::uint64_t awaited = AtLeastSequence(request);
    if (place == Place::kHere && awaited <= engine_.sequence()) {
      ReadNow(call, request, response, handle);
    } else {
      OnPool(call, [this, call, &request, &response, handle = std::move(handle), awaited] {
        if (WaitFor(call, awaited)) ReadNow(call, request, response, handle);
      });
    }
    return call.reactor;
  }

  // ---- for calls of another shape

  // A call that has begun. Copies name the same call; Finish it once, unless it is over: then only
  // its reactor is of use.
  struct Call {
    grpc::CallbackServerContext* context = nullptr;
    grpc::ServerUnaryReactor* reactor = nullptr;
    absl::string_view method;      // of the request's descriptor; only where calls are logged
    absl::string_view request_id;  // into the request; may be empty
    Timestamp begun_at;            // only where calls are logged
    bool is_over = false;          // it came after the drain and has been refused
  };
  template <class Request>
  Call Begin(grpc::CallbackServerContext& context, const Request& request) {
    Call call{&context, nullptr, {}, {}, {}};
    if (log_.IsOn(LogLevel::kDebug)) {
      call.method = Request::descriptor()->name();
      if constexpr (requires { request.request_id(); }) call.request_id = request.request_id();
      call.begun_at = clock_.Now();
    }
    call.is_over = !intake_.Enter();
    if (call.is_over) {
      call.reactor = context.DefaultReactor();
      Finish(call, Draining());
    } else {
      call.reactor = new CountedReactor(intake_);
    }
    return call;
  }
  void Finish(const Call& call, const google::rpc::Status& status) const;
  // A read of what is durable now, within a call of another shape.
  ReadCall ReadWith(Violations& violations) {
    return ReadCall{engine_,    engine_.Read(), engine_.Now(), ParseContext{hasher_, violations},
                    revisions_, page_tokens_};
  }
  // Runs the task on the pool, or refuses the call with OVERLOADED.
  void OnPool(const Call& call, Pool::Task task) const;

  // Time that the call has left, at most kDefaultDeadlineMicros.
  std::int64_t MicrosLeft(const grpc::CallbackServerContext& context) const;
  // That instant on the engine's clock.
  Timestamp DeadlineOf(const grpc::CallbackServerContext& context) const {
    return engine_.Now().PlusMicros(MicrosLeft(context));
  }
  static google::rpc::Status DeadlineTooShort();
  static google::rpc::Status Draining();
  static google::rpc::Status Overloaded();
  // What the client gets of a status; tells it when to try again where that may help.
  static grpc::Status ToAnswer(grpc::CallbackServerContext& context,
                               const google::rpc::Status& status);

  // Renders an answer of the engine: the response, or the refusal that it tells of.
  template <class Response, class Render>
  google::rpc::Status RenderReply(const absl::StatusOr<Reply>& reply, const ProgramId& program,
                                  const Render& render, Response& response) const {
    if (!reply.ok()) return Failed(reply.status());
    if (reply->unrecorded) return ToRpcStatus(*reply->unrecorded, program);
    if (reply->entry->outcome.rejected) {
      return ToRpcStatus(*reply->entry->outcome.rejected, program);
    }
    const absl::Status rendered = render(*reply, rendering_, response);
    return rendered.ok() ? google::rpc::Status() : Failed(rendered);
  }

  // A failure of the environment, logged where a caller is told no details.
  google::rpc::Status Failed(const absl::Status& status) const;

 private:
  template <class Request, class Response, class Parse, class Render>
  void WriteNow(const Call& call, const Request& request, Response& response, Parse parse,
                Render render, Place place) {
    Violations violations;
    Caller caller = Admit(*call.context, violations);
    const bool needs_role = engine_.approvals().people > 0;
    if (!MayCall(RolesOf<Request>(), caller, needs_role)) {
      return Finish(call, PermissionMissing(MethodOf<Request>(), caller.role));
    }
    Command command = parse(request, ParseContext{hasher_, violations, caller.principal});
    if (!violations.empty()) return Finish(call, ToRpcStatus(violations));
    const std::int64_t left = MicrosLeft(*call.context);
    if (left < kWriteMicrosMin) return Finish(call, DeadlineTooShort());
    command.principal = std::move(caller.principal);
    command.role = caller.role;
    const Timestamp deadline = engine_.Now().PlusMicros(left);

    // Runs once the entry is durable, even if the client has gone; request and response live until
    // Finish.
    ProgramId program = command.program;
    engine_.Submit(std::move(command), deadline,
                   [this, call, place, &response, program = std::move(program),
                    render = std::move(render)](absl::StatusOr<Reply> reply) mutable {
                     if (reply.ok() && reply->is_replayed) {
                       call.context->AddInitialMetadata("laurel-replayed", "true");
                     }
                     if (place == Place::kHere || !reply.ok()) {
                       return Finish(call, RenderReply(reply, program, render, response));
                     }
                     // The write is done: its answer is never refused.
                     pool_.Continue([this, call, &response, program = std::move(program),
                                     render = std::move(render), reply = std::move(reply)] {
                       Finish(call, RenderReply(reply, program, render, response));
                     });
                   });
  }

  template <class Request, class Response, class Handle>
  void ReadNow(const Call& call, const Request& request, Response& response, const Handle& handle) {
    Violations violations;
    if (!RolesOf<Request>().empty()) {
      const Caller caller = Admit(*call.context, violations);
      if (!MayCall(RolesOf<Request>(), caller, /*needs_role=*/false)) {
        return Finish(call, PermissionMissing(MethodOf<Request>(), caller.role));
      }
    }
    ReadCall read{engine_,    engine_.Read(), engine_.Now(), ParseContext{hasher_, violations},
                  revisions_, page_tokens_};
    google::rpc::Status status = handle(read, request, response);
    if (!violations.empty()) {
      status = ToRpcStatus(violations);
    } else if (!read.view.status().ok()) {
      status = Failed(read.view.status());
    }
    if (status.code() != 0) response.Clear();
    Finish(call, status);
  }

  // "ApproveRevision" of ApproveRevisionRequest.
  template <class Request>
  static absl::string_view MethodOf() {
    return absl::StripSuffix(Request::descriptor()->name(), "Request");
  }
  template <class Request>
  static RoleSet RolesOf() {
    static const RoleSet roles = RolesFor(MethodOf<Request>());
    return roles;
  }
  template <class Request>
  static std::uint64_t AtLeastSequence(const Request& request) {
    if constexpr (requires { request.at_least_sequence(); }) return request.at_least_sequence();
    return 0;
  }
  // Waits on this thread. Finishes the call and returns false if the sequence does not come.
  bool WaitFor(const Call& call, std::uint64_t sequence) const;

  // Leaves when the answer is with the system's network and the handler has returned. gRPC calls
  // nothing of it but OnDone, which may run on whatever thread comes to the end of the call.
  class CountedReactor final : public grpc::ServerUnaryReactor {
   public:
    explicit CountedReactor(Intake& intake) : intake_(intake) {}
    void OnDone() override {
      Intake& intake = intake_;
      delete this;
      intake.Leave();
    }

   private:
    // As gRPC's own default reactor has it: otherwise each call costs a hop to another thread.
    bool InternalInlineable() override { return true; }

    Intake& intake_;
  };

  Engine& engine_;
  const IdentityHasher& hasher_;
  Pool& pool_;
  const Log& log_;
  const Clock& clock_;
  Revisions revisions_;
  const Rendering rendering_;
  const PageTokens page_tokens_;
  Intake intake_;
};

}  // namespace laurel

#endif  // LAUREL_SERVICE_SHELL_H_
