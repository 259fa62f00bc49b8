#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/domain/apply.h"
#include "engine/domain/ending.h"
#include "engine/domain/enrolling.h"
#include "engine/domain/facts.h"
#include "engine/domain/rating.h"
#include "engine/journal/merkle.h"
#include "engine/store/key.h"
#include "google/rpc/code.pb.h"
#include "laurel/v1/points_service.grpc.pb.h"
#include "service/convert_entry.h"
#include "service/convert_explain.h"
#include "service/convert_member.h"
#include "service/convert_points.h"
#include "service/reading.h"
#include "service/services.h"
#include "service/shell.h"
#include "service/store_reports.h"

namespace laurel {
namespace {

// ---- balance

void RenderLot(const FoundMember& member, PartitionId partition, const LotKey& key, const Lot& lot,
               Timestamp ends_at, v1::Lot& out) {
  out.set_name(LotName(member.program, key.member, key.id));
  out.set_entry(EntryName(member.program, partition, key.id.sequence));
  out.set_point_type(key.type.str());
  out.set_granted(lot.amount);
  out.set_remaining(lot.pending + lot.available + lot.held);
  if (!lot.activates_at.is_never()) RenderInstant(lot.activates_at, *out.mutable_activates_at());
  out.set_pending(lot.pending);
  out.set_held(lot.held);
  if (!ends_at.is_never()) RenderInstant(ends_at, *out.mutable_expires_at());
  out.set_funding_source(lot.funding);
}

google::rpc::Status GetBalanceNow(ReadCall& read, const v1::GetBalanceRequest& request,
                                  v1::GetBalanceResponse& response) {
  google::rpc::Status status;
  const std::optional<FoundMember> member = FindMember(read, request, status);
  if (!member) return status;
  RenderReadHeader(read, response);
  response.set_member(MemberName(member->program, member->id));
  State& state = read.view.state();
  const std::vector<Balance> balances = BalancesAt(state, member->id, read.now);
  RenderBalances(balances, *response.mutable_balances());
  for (const Balance& balance : balances) {
    v1::Expiry* next = nullptr;
    Timestamp next_at;
    const auto show = [&](const LotKey& key, const Lot& lot, Timestamp ends_at) {
      // What is pending or held does not end for now, also where its lot has ended.
      const bool is_next = next == nullptr || ends_at == next_at;
      if (!is_next && !request.show_lots()) return false;
      if (request.show_lots()) {
        RenderLot(*member, read.view.partition(), key, lot, ends_at, *response.add_lots());
      }
      if (!is_next || ends_at.is_never() || lot.available == 0) return true;
      if (next == nullptr) {
        next = response.add_next_expiries();
        next->set_point_type(balance.type.str());
        RenderInstant(ends_at, *next->mutable_expires_at());
        next_at = ends_at;
      }
      next->set_amount(next->amount() + lot.available);
      return true;
    };
    state.ForLotsToSpend(member->id, balance.type, show);
  }
  return {};
}

constexpr std::int32_t kHorizonDaysMax = 36'500;

google::rpc::Status ListExpiringNow(ReadCall& read, const v1::ListExpiringRequest& request,
                                    v1::ListExpiringResponse& response) {
  if (request.has_horizon_days()) {
    CheckRange(request.horizon_days(), 1, kHorizonDaysMax, Path{"horizon_days"},
               read.parse.violations);
  }
  google::rpc::Status status;
  const std::optional<FoundMember> member = FindMember(read, request, status);
  if (!member) return status;
  RenderReadHeader(read, response);
  response.set_member(MemberName(member->program, member->id));
  State& state = read.view.state();
  const rules::Rulebook& rulebook = *member->rulebook;
  Timestamp through = Timestamp::Never();
  if (request.has_horizon_days()) {
    through = rulebook.StartOf(rulebook.LocalDate(read.now).PlusDays(request.horizon_days()));
  }
  AdvancePoints(state, member->id, read.now);
  for (const EndingPoints& ending : EndingOf(state, member->id, through)) {
    v1::EndingPoints& out = *response.add_endings();
    out.set_point_type(ending.type.str());
    if (!ending.ends_at.is_never()) {
      RenderInstant(ending.ends_at, *out.mutable_expires_at());
      RenderDate(rulebook.LocalDate(ending.ends_at.PlusMicros(-1)), *out.mutable_last_valid_on());
    }
    out.set_available(ending.available);
    out.set_pending(ending.pending);
    out.set_held(ending.held);
  }
  return {};
}

// ---- entries

google::rpc::Status RenderStored(ReadCall& read, std::uint64_t sequence, v1::Entry& out,
                                 const ProgramId* program = nullptr) {
  const std::shared_ptr<const Entry> entry = read.view.state().FindEntry(sequence);
  const absl::StatusOr<std::optional<std::string>> bytes = read.view.EntryBytes(sequence);
  if (!bytes.ok()) return ToRpcStatus(bytes.status());
  if (entry == nullptr || !bytes->has_value() || (program && entry->program != *program)) {
    return NotFound(v1::ERROR_REASON_ENTRY_NOT_FOUND, "entry");
  }
  const absl::Status rendered =
      RenderEntry(*entry, LeafHash(**bytes), read.view, read.revisions, out);
  return rendered.ok() ? google::rpc::Status() : ToRpcStatus(rendered);
}

// Empty if the name is malformed: a violation says so.
std::optional<EntryRef> ParseEntry(ReadCall& read, const std::string& name) {
  const std::optional<EntryRef> ref = ParseEntryName(name);
  if (!ref) {
    read.parse.violations.Malformed(
        "name", "must be programs/{program}/entries/{partition}-{sequence}, was another");
  }
  return ref;
}

google::rpc::Status GetEntryNow(ReadCall& read, const v1::GetEntryRequest& request,
                                v1::GetEntryResponse& response) {
  const std::optional<EntryRef> ref = ParseEntry(read, request.name());
  if (!ref) return {};
  if (ref->partition != read.view.partition()) {
    return NotFound(v1::ERROR_REASON_ENTRY_NOT_FOUND, "entry");
  }
  RenderReadHeader(read, response);
  return RenderStored(read, ref->sequence, *response.mutable_entry(), &ref->program);
}

google::rpc::Status ExplainEntryNow(ReadCall& read, const v1::ExplainEntryRequest& request,
                                    v1::ExplainEntryResponse& response) {
  const std::optional<EntryRef> ref = ParseEntry(read, request.name());
  const std::string language =
      ParseLanguage(request.language(), Path{"language"}, read.parse.violations);
  if (!read.parse.violations.empty()) return {};
  const bool is_here = ref->partition == read.view.partition();
  const std::shared_ptr<const Entry> entry =
      is_here ? read.view.state().FindEntry(ref->sequence) : nullptr;
  if (const absl::Status damage = read.view.status(); !damage.ok()) return ToRpcStatus(damage);
  if (entry == nullptr || entry->program != ref->program) {
    return NotFound(v1::ERROR_REASON_ENTRY_NOT_FOUND, "entry");
  }
  RenderReadHeader(read, response);
  const absl::Status rendered =
      RenderExplanation(*entry, language, read.view, read.revisions, response);
  return rendered.ok() ? google::rpc::Status() : ToRpcStatus(rendered);
}

google::rpc::Status ListEntriesNow(ReadCall& read, const v1::ListEntriesRequest& request,
                                   v1::ListEntriesResponse& response) {
  constexpr MemberIndex kEntries = {
      "ListEntries", MemberEntryRange,
      [](PartitionId partition, MemberId member, std::uint64_t sequence) {
        return EncodeKey(partition, MemberEntryKey{member, sequence});
      }};
  return ListOfMember(read, kEntries, request, response, [&](std::uint64_t sequence) {
    return RenderStored(read, sequence, *response.add_entries());
  });
}

// ---- quote

void RenderQuotedAwards(const Entry& entry, const rules::Rulebook& rulebook,
                        v1::QuotePurchaseResponse& response) {
  const auto* accrued = entry.FindEvent<PurchaseAccrued>();
  response.mutable_eligible()->set_currency_code(std::string(rulebook.currency()));
  if (accrued != nullptr) response.mutable_eligible()->set_minor_units(accrued->eligible_net);
  for (const Event& event : entry.events) {
    if (const auto* award = std::get_if<PointsAwarded>(&event)) {
      RenderAward(*award, *response.add_awards());
    }
  }
}

// The entry that a command would become now, decided in thought, or why it would become none.
struct InThoughtNow {
  std::optional<Entry> entry;
  Rejected refused;
};
InThoughtNow DecideNow(State& state, const Command& command, const Context& context) {
  InThoughtNow now;
  if (const std::optional<Command> enrolment = EnrolmentBefore(state, command)) {
    Enrolling enrolling = DecideEnrolling(state, command, *enrolment, context, Hash{});
    if (enrolling.refused) {
      now.refused = *std::move(enrolling.refused);
    } else {
      now.entry = std::move(enrolling.entries.back());
    }
    return now;
  }
  Decision decision = Decide(state, command, context);
  if (auto* rejected = std::get_if<Rejected>(&decision)) {
    now.refused = std::move(*rejected);
  } else {
    now.entry = MakeEntry(state, command, context, std::move(decision), Hash{});
  }
  return now;
}

google::rpc::Status QuoteForMember(ReadCall& read, const ProgramId& program, AccruePurchase order,
                                   const rules::Rulebook& rulebook,
                                   v1::QuotePurchaseResponse& response) {
  State& state = read.view.state();
  Context context{read.view.partition(), read.view.sequence() + 1, read.view.now(),
                  read.view.rulebooks()};
  if (const std::optional<MemberId> id = state.Resolve(program, order.member)) {
    AdvanceInThought(read, program, *id, order.occurred_at, context);
  }
  Command command;
  command.program = program;
  command.order = std::move(order);
  const InThoughtNow now = DecideNow(state, command, context);
  if (!now.entry) return ToRpcStatus(now.refused, program);
  const Entry& entry = *now.entry;
  response.set_enrols(entry.FindEvent<EnrolledForPurchase>() != nullptr);
  RenderQuotedAwards(entry, rulebook, response);
  RenderBalances(entry.outcome.balances, *response.mutable_balances());
  const auto* accrued = entry.FindEvent<PurchaseAccrued>();
  if (accrued != nullptr && accrued->offered > 0) {
    RenderPayment(entry, *accrued, rulebook, *response.mutable_payment());
  }
  if (!entry.outcome.tier) return {};
  const TierView& tier = *entry.outcome.tier;
  RenderTier(tier, rulebook, *response.mutable_tier());
  if (!tier.next.empty()) {
    RenderProgress(tier.next, tier.progress, rulebook, *response.mutable_progress());
  }
  return {};
}

google::rpc::Status QuoteForAnybody(ReadCall& read, const ProgramId& program, const Program& record,
                                    const AccruePurchase& order, const rules::Rulebook& rulebook,
                                    v1::QuotePurchaseResponse& response) {
  if (order.currency != rulebook.currency()) {
    return ToRpcStatus(Rejected{Rejection::kInvalidField,
                                {{"expected", std::string(rulebook.currency())},
                                 {"field", "purchase.total.currency_code"},
                                 {"was", order.currency}}},
                       program);
  }
  if (const std::optional<Rejected> late = RefuseTime(rulebook, order.occurred_at, read.now)) {
    return ToRpcStatus(*late, program);
  }
  const std::vector<PurchaseLine> lines = LinesOf(order);
  const Rating rating(rulebook, record,
                      ReportedActivity{.occurred_at = order.occurred_at,
                                       .channel = order.channel,
                                       .store = order.receipt.store,
                                       .lines = lines,
                                       .tenders = order.tenders});
  const rules::model::Evaluated evaluated = rating.Evaluate();
  response.mutable_eligible()->set_currency_code(std::string(rulebook.currency()));
  response.mutable_eligible()->set_minor_units(evaluated.eligible_net);
  for (const PointsAwarded& award : AwardsOf(rulebook, evaluated, order.occurred_at, LotId{})) {
    RenderAward(award, *response.add_awards());
  }
  return {};
}

google::rpc::Status QuotePurchaseNow(ReadCall& read, const v1::QuotePurchaseRequest& request,
                                     v1::QuotePurchaseResponse& response) {
  Violations& violations = read.parse.violations;
  const ProgramId program = ParseProgram(request.program(), violations);
  AccruePurchase order;
  if (request.has_purchase()) {
    order = ParseQuotedPurchase(request.purchase(), read.now, violations);
  } else {
    violations.Required("purchase");
  }
  if (request.has_member()) {
    order.member = ParseMemberRef(request.member(), program, Path{"member"}, read.parse);
  }
  if (request.has_pay_with_points()) {
    if (!request.has_member()) violations.Required("member");  // points are somebody's
    ParsePay(request.pay_with_points(), order, violations);
  }
  if (request.has_enrol()) {
    if (!request.has_member()) violations.Required("member");  // somebody is enrolled
    ParsePurchaseEnrolment(request.enrol(), request.member(), program, read.parse, order);
  }
  if (!violations.empty()) return {};
  State& state = read.view.state();
  const Program* record = state.programs.Find(ProgramKey{program});
  const Activation* revision = record == nullptr ? nullptr : RevisionAt(*record, order.occurred_at);
  const std::shared_ptr<const rules::Rulebook> rulebook =
      revision == nullptr ? nullptr : read.view.rulebooks()->Find(state, program, *revision);
  if (rulebook == nullptr) {
    return ToRpcStatus(
        Rejected{Rejection::kResourceNotFound, {{"name", program.str()}, {"resource", "program"}}},
        program);
  }
  RenderReadHeader(read, response);
  response.set_revision(RevisionName(program, revision->number));
  if (request.has_member()) {
    return QuoteForMember(read, program, std::move(order), *rulebook, response);
  }
  return QuoteForAnybody(read, program, *record, order, *rulebook, response);
}

// ---- training

// The member whose due work comes before the order, as the sequencer does it.
std::optional<MemberId> ConcernedBy(State& state, const Command& command) {
  if (const auto* sale = std::get_if<AccruePurchase>(&command.order)) {
    return state.Resolve(command.program, sale->member);
  }
  const auto* back = std::get_if<ReturnPurchase>(&command.order);
  const Purchase* purchase =
      back == nullptr ? nullptr
                      : state.purchases.Find(PurchaseKey{command.program, back->original});
  if (purchase == nullptr || purchase->member == MemberId()) return std::nullopt;
  return purchase->member;
}

// Answers as if it were done, and does nothing: what tills that practise get.
template <class Request, class Response, class Parse, class Render>
google::rpc::Status Practise(ReadCall& read, const Rendering& rendering, const Request& request,
                             Response& response, Parse parse, Render render) {
  Command command = parse(request, read.parse);
  if (!read.parse.violations.empty()) return {};
  State& state = read.view.state();
  Context context{read.view.partition(), read.view.sequence() + 1, read.view.now(),
                  read.view.rulebooks()};
  if (const std::optional<MemberId> id = ConcernedBy(state, command)) {
    AdvanceInThought(read, command.program, *id, context.recorded_at, context);
  }
  InThoughtNow now = DecideNow(state, command, context);
  if (!now.entry) return ToRpcStatus(now.refused, command.program);
  Reply reply;
  reply.entry = std::make_shared<const Entry>(*std::move(now.entry));
  const absl::Status rendered = render(reply, rendering, response);
  if (!rendered.ok()) return ToRpcStatus(rendered);
  response.set_training(true);
  response.set_sequence(read.view.sequence());
  response.clear_leaf_hash();
  response.clear_entry();
  if constexpr (requires { response.enrolment(); }) {
    if (!response.enrolment().empty()) response.clear_member();  // whom there is not
    response.clear_enrolment();
  }
  if constexpr (requires { response.mutable_awards(); }) {
    for (v1::Award& award : *response.mutable_awards()) award.clear_lot();
  }
  return {};
}

bool IsTraining(const v1::AccruePurchaseRequest& request) { return request.purchase().training(); }
bool IsTraining(const v1::ReturnPurchaseRequest& request) { return request.training(); }

// ---- batch

// A batch on its way: every item is answered once, by whatever thread; the last one sends the
// reply.
class BatchCall : public std::enable_shared_from_this<BatchCall> {
 public:
  BatchCall(Shell& shell, const Shell::Call& call, const v1::BatchAccrueRequest& request,
            v1::BatchAccrueResponse& response)
      : shell_(shell),
        call_(call),
        request_(request),
        response_(response),
        replies_(static_cast<std::size_t>(request.items_size())),
        left_(request.items_size()) {}

  void Start() {
    Violations outer;
    const Caller caller = Admit(*call_.context, outer);
    if (request_.items_size() < 1 || request_.items_size() > kItemsMax) {
      outer.OutOfRange("items",
                       absl::StrCat("must be 1 to ", kItemsMax, ", was ", request_.items_size()));
    }
    if (!outer.empty()) return shell_.Finish(call_, ToRpcStatus(outer));
    if (shell_.MicrosLeft(*call_.context) < Shell::kWriteMicrosMin) {
      return shell_.Finish(call_, Shell::DeadlineTooShort());
    }
    const Timestamp deadline = shell_.DeadlineOf(*call_.context);
    for (int i = 0; i < request_.items_size(); ++i) response_.add_results();
    // In order: one queue takes them all from this thread.
    const int count = request_.items_size();
    for (int i = 0; i < count; ++i) SubmitItem(i, caller, deadline);
  }

 private:
  static constexpr int kItemsMax = 100;

  struct Answer {
    ProgramId program;
    std::optional<absl::StatusOr<Reply>> reply;  // empty: the result has been written
  };

  void SubmitItem(int index, const Caller& caller, Timestamp deadline) {
    const v1::BatchAccrueItem& item = request_.items(index);
    Violations violations;
    const ParseContext context{shell_.hasher(), violations};
    Command command;
    switch (item.write_case()) {
      case v1::BatchAccrueItem::kAccruePurchase:
        if (IsTraining(item.accrue_purchase())) {
          return PractiseItem(index, item.accrue_purchase(), ParseAccruePurchase,
                              RenderAccruePurchase,
                              *response_.mutable_results(index)->mutable_accrue_purchase());
        }
        command = ParseAccruePurchase(item.accrue_purchase(), context);
        break;
      case v1::BatchAccrueItem::kReturnPurchase:
        if (IsTraining(item.return_purchase())) {
          return PractiseItem(index, item.return_purchase(), ParseReturnPurchase,
                              RenderReturnPurchase,
                              *response_.mutable_results(index)->mutable_return_purchase());
        }
        command = ParseReturnPurchase(item.return_purchase(), context);
        break;
      case v1::BatchAccrueItem::kAccrueActivity:
        command = ParseAccrueActivity(item.accrue_activity(), context);
        break;
      default:
        violations.Required(absl::StrCat("items[", index, "]"));
    }
    if (!violations.empty()) {
      *response_.mutable_results(index)->mutable_error() = ToRpcStatus(violations);
      return Answered();
    }
    command.principal = caller.principal;
    command.role = caller.role;
    const auto at = static_cast<std::size_t>(index);
    replies_[at].program = command.program;
    shell_.engine().Submit(std::move(command), deadline,
                           [self = shared_from_this(), at](absl::StatusOr<Reply> reply) {
                             self->replies_[at].reply = std::move(reply);
                             self->Answered();
                           });
  }

  template <class Request, class Parse, class Render, class Response>
  void PractiseItem(int index, const Request& request, Parse parse, Render render,
                    Response& response) {
    Violations violations;
    ReadCall read = shell_.ReadWith(violations);
    google::rpc::Status status =
        Practise(read, shell_.rendering(), request, response, parse, render);
    if (!violations.empty()) status = ToRpcStatus(violations);
    if (status.code() != 0) *response_.mutable_results(index)->mutable_error() = std::move(status);
    Answered();
  }

  void Answered() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    shell_.pool().Continue([self = shared_from_this()] { self->Send(); });
  }

  void Send() {
    for (int i = 0; i < request_.items_size(); ++i) {
      const Answer& answer = replies_[static_cast<std::size_t>(i)];
      if (!answer.reply) continue;
      v1::BatchAccrueResult& result = *response_.mutable_results(i);
      google::rpc::Status status = RenderItem(request_.items(i), answer, result);
      if (status.code() == 0) continue;
      // The deadline is the batch's: its items were not tried.
      if (status.code() == google::rpc::DEADLINE_EXCEEDED) status.set_code(google::rpc::ABORTED);
      *result.mutable_error() = std::move(status);
    }
    shell_.Finish(call_, {});
  }

  google::rpc::Status RenderItem(const v1::BatchAccrueItem& item, const Answer& answer,
                                 v1::BatchAccrueResult& result) {
    if (item.has_accrue_purchase()) {
      return shell_.RenderReply(*answer.reply, answer.program, RenderAccruePurchase,
                                *result.mutable_accrue_purchase());
    }
    if (item.has_accrue_activity()) {
      return shell_.RenderReply(*answer.reply, answer.program, RenderAccrueActivity,
                                *result.mutable_accrue_activity());
    }
    return shell_.RenderReply(*answer.reply, answer.program, RenderReturnPurchase,
                              *result.mutable_return_purchase());
  }

  Shell& shell_;
  const Shell::Call call_;
  const v1::BatchAccrueRequest& request_;
  v1::BatchAccrueResponse& response_;
  std::vector<Answer> replies_;  // each by the thread that answers the item
  std::atomic<int> left_;
};

class PointsService final : public v1::PointsService::CallbackService {
 public:
  explicit PointsService(Shell& shell) : shell_(shell) {}

  grpc::ServerUnaryReactor* AccruePurchase(grpc::CallbackServerContext* context,
                                           const v1::AccruePurchaseRequest* request,
                                           v1::AccruePurchaseResponse* response) override {
    if (IsTraining(*request)) {
      return PractiseOnly(*context, *request, *response, ParseAccruePurchase, RenderAccruePurchase);
    }
    return shell_.Write(*context, *request, *response, ParseAccruePurchase, RenderAccruePurchase);
  }
  grpc::ServerUnaryReactor* AccrueActivity(grpc::CallbackServerContext* context,
                                           const v1::AccrueActivityRequest* request,
                                           v1::AccrueActivityResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseAccrueActivity, RenderAccrueActivity);
  }
  grpc::ServerUnaryReactor* BatchAccrue(grpc::CallbackServerContext* context,
                                        const v1::BatchAccrueRequest* request,
                                        v1::BatchAccrueResponse* response) override {
    const Shell::Call call = shell_.Begin(*context, *request);
    if (!call.is_over) std::make_shared<BatchCall>(shell_, call, *request, *response)->Start();
    return call.reactor;
  }
  grpc::ServerUnaryReactor* QuotePurchase(grpc::CallbackServerContext* context,
                                          const v1::QuotePurchaseRequest* request,
                                          v1::QuotePurchaseResponse* response) override {
    return shell_.Read(*context, *request, *response, QuotePurchaseNow);
  }
  grpc::ServerUnaryReactor* ReturnPurchase(grpc::CallbackServerContext* context,
                                           const v1::ReturnPurchaseRequest* request,
                                           v1::ReturnPurchaseResponse* response) override {
    if (IsTraining(*request)) {
      return PractiseOnly(*context, *request, *response, ParseReturnPurchase, RenderReturnPurchase);
    }
    return shell_.Write(*context, *request, *response, ParseReturnPurchase, RenderReturnPurchase,
                        Place::kPool);
  }
  grpc::ServerUnaryReactor* CorrectReceipt(grpc::CallbackServerContext* context,
                                           const v1::CorrectReceiptRequest* request,
                                           v1::CorrectReceiptResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseCorrectReceipt, RenderCorrectReceipt);
  }
  grpc::ServerUnaryReactor* ListSequenceGaps(grpc::CallbackServerContext* context,
                                             const v1::ListSequenceGapsRequest* request,
                                             v1::ListSequenceGapsResponse* response) override {
    return shell_.Read(*context, *request, *response, ListSequenceGapsNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* SettleAccrual(grpc::CallbackServerContext* context,
                                          const v1::SettleAccrualRequest* request,
                                          v1::SettleAccrualResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseSettleAccrual, RenderSettleAccrual);
  }
  grpc::ServerUnaryReactor* CancelAccrual(grpc::CallbackServerContext* context,
                                          const v1::CancelAccrualRequest* request,
                                          v1::CancelAccrualResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseCancelAccrual, RenderCancelAccrual);
  }
  grpc::ServerUnaryReactor* AdjustPoints(grpc::CallbackServerContext* context,
                                         const v1::AdjustPointsRequest* request,
                                         v1::AdjustPointsResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseAdjustPoints, RenderAdjustPoints);
  }
  grpc::ServerUnaryReactor* ExtendLots(grpc::CallbackServerContext* context,
                                       const v1::ExtendLotsRequest* request,
                                       v1::ExtendLotsResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseExtendLots, RenderExtendLots);
  }
  grpc::ServerUnaryReactor* ReinstatePoints(grpc::CallbackServerContext* context,
                                            const v1::ReinstatePointsRequest* request,
                                            v1::ReinstatePointsResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseReinstatePoints, RenderReinstatePoints);
  }
  grpc::ServerUnaryReactor* ClaimReceipt(grpc::CallbackServerContext* context,
                                         const v1::ClaimReceiptRequest* request,
                                         v1::ClaimReceiptResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseClaimReceipt, RenderClaimReceipt);
  }
  grpc::ServerUnaryReactor* TransferPoints(grpc::CallbackServerContext* context,
                                           const v1::TransferPointsRequest* request,
                                           v1::TransferPointsResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseTransferPoints, RenderTransferPoints);
  }
  grpc::ServerUnaryReactor* GetBalance(grpc::CallbackServerContext* context,
                                       const v1::GetBalanceRequest* request,
                                       v1::GetBalanceResponse* response) override {
    return shell_.Read(*context, *request, *response, GetBalanceNow,
                       request->show_lots() ? Place::kPool : Place::kHere);
  }
  grpc::ServerUnaryReactor* ListExpiring(grpc::CallbackServerContext* context,
                                         const v1::ListExpiringRequest* request,
                                         v1::ListExpiringResponse* response) override {
    return shell_.Read(*context, *request, *response, ListExpiringNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* ListEntries(grpc::CallbackServerContext* context,
                                        const v1::ListEntriesRequest* request,
                                        v1::ListEntriesResponse* response) override {
    return shell_.Read(*context, *request, *response, ListEntriesNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* GetEntry(grpc::CallbackServerContext* context,
                                     const v1::GetEntryRequest* request,
                                     v1::GetEntryResponse* response) override {
    return shell_.Read(*context, *request, *response, GetEntryNow);
  }
  grpc::ServerUnaryReactor* ExplainEntry(grpc::CallbackServerContext* context,
                                         const v1::ExplainEntryRequest* request,
                                         v1::ExplainEntryResponse* response) override {
    return shell_.Read(*context, *request, *response, ExplainEntryNow, Place::kPool);
  }

 private:
  template <class Request, class Response, class Parse, class Render>
  grpc::ServerUnaryReactor* PractiseOnly(grpc::CallbackServerContext& context,
                                         const Request& request, Response& response, Parse parse,
                                         Render render) {
    return shell_.Read(
        context, request, response,
        [this, parse, render](ReadCall& read, const Request& asked, Response& answer) {
          return Practise(read, shell_.rendering(), asked, answer, parse, render);
        },
        Place::kPool);
  }

  Shell& shell_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewPointsService(Shell& shell) {
  return std::make_unique<PointsService>(shell);
}

}  // namespace laurel
