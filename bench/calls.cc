#include "bench/calls.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "absl/strings/str_cat.h"
#include "bench/floor_server.h"
#include "engine/base/status_macros.h"
#include "engine/store/files.h"

namespace laurel::bench {
namespace {

std::string ProgramName() { return absl::StrCat("programs/", TheProgram().str()); }

void FillCard(std::uint64_t member, v1::IdentityKey* card) {
  card->set_kind(v1::IDENTITY_KIND_CARD);
  card->set_value(CardOf(member));
}

void FillAccrue(Sale sale, v1::AccruePurchaseRequest& request) {
  request.set_request_id(std::move(sale.request_id));
  request.set_program(ProgramName());
  FillCard(sale.member, request.mutable_member()->mutable_identity());
  v1::Purchase& purchase = *request.mutable_purchase();
  v1::Receipt& receipt = *purchase.mutable_receipt();
  receipt.set_store(sale.receipt.store.str());
  receipt.set_terminal(sale.receipt.terminal.str());
  receipt.set_number(sale.receipt.number.str());
  receipt.mutable_business_on()->set_year(sale.receipt.business_on.year());
  receipt.mutable_business_on()->set_month(sale.receipt.business_on.month());
  receipt.mutable_business_on()->set_day(sale.receipt.business_on.day());
  purchase.mutable_occurred_at()->set_seconds(sale.occurred_at.micros() / kMicrosPerSecond);
  purchase.mutable_occurred_at()->set_nanos(
      static_cast<std::int32_t>(sale.occurred_at.micros() % kMicrosPerSecond * 1000));
  purchase.set_channel(v1::CHANNEL_POS);
  purchase.mutable_total()->set_currency_code("EUR");
  purchase.mutable_total()->set_minor_units(sale.total);
  for (const PurchaseLine& line : sale.lines) {
    v1::PurchaseLine& out = *purchase.add_lines();
    out.set_line(line.line);
    out.set_kind(v1::LINE_KIND_SALE);
    out.set_sku(line.sku);
    for (const std::string& category : line.categories) out.add_categories(category);
    out.set_quantity_micros(line.quantity_micros);
    out.set_extended_minor_units(line.net);
  }
}

std::string FailureOf(const v1::AccruePurchaseResponse& response) {
  if (response.sequence() == 0) return "an accrual has a sequence";
  return response.replayed() ? "an accrual is new" : "";
}

absl::Status ToStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace

Target::Target(const std::string& address, int channels, Answers answers, Workload& workload)
    : answers_(answers), workload_(workload) {
  for (int i = 0; i < channels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    const std::shared_ptr<grpc::Channel> channel =
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    points_.push_back(v1::PointsService::NewStub(channel));
    members_.push_back(v1::MemberService::NewStub(channel));
  }
}

CallKind<v1::AccruePurchaseRequest, v1::AccruePurchaseResponse> Target::Accrue() {
  CallKind<v1::AccruePurchaseRequest, v1::AccruePurchaseResponse> kind;
  kind.fill = [this](v1::AccruePurchaseRequest& request) {
    FillAccrue(workload_.NextSale(SystemClock().Now()), request);
  };
  kind.prepare = [this](std::size_t call, grpc::ClientContext* context,
                        const v1::AccruePurchaseRequest& request, grpc::CompletionQueue* queue) {
    return points_[call % points_.size()]->PrepareAsyncAccruePurchase(context, request, queue);
  };
  if (answers_ == Answers::kChecked) kind.failure_of = FailureOf;
  return kind;
}

CallKind<v1::LookupMemberRequest, v1::LookupMemberResponse> Target::Lookup() {
  CallKind<v1::LookupMemberRequest, v1::LookupMemberResponse> kind;
  kind.fill = [this](v1::LookupMemberRequest& request) {
    request.set_program(ProgramName());
    FillCard(workload_.NextMember(), request.mutable_identity());
  };
  kind.prepare = [this](std::size_t call, grpc::ClientContext* context,
                        const v1::LookupMemberRequest& request, grpc::CompletionQueue* queue) {
    return members_[call % members_.size()]->PrepareAsyncLookupMember(context, request, queue);
  };
  if (answers_ == Answers::kChecked) {
    kind.failure_of = [](const v1::LookupMemberResponse& response) {
      return response.member().name().empty() ? "a member that is found has a name" : "";
    };
  }
  return kind;
}

CallKind<v1::BatchAccrueRequest, v1::BatchAccrueResponse> Target::BatchAccrue(int items) {
  CallKind<v1::BatchAccrueRequest, v1::BatchAccrueResponse> kind;
  kind.fill = [this, items](v1::BatchAccrueRequest& request) {
    const Timestamp now = SystemClock().Now();
    for (int i = 0; i < items; ++i) {
      FillAccrue(workload_.NextSale(now), *request.add_items()->mutable_accrue_purchase());
    }
  };
  kind.prepare = [this](std::size_t call, grpc::ClientContext* context,
                        const v1::BatchAccrueRequest& request, grpc::CompletionQueue* queue) {
    return points_[call % points_.size()]->PrepareAsyncBatchAccrue(context, request, queue);
  };
  kind.failure_of = [items](const v1::BatchAccrueResponse& response) -> std::string {
    if (response.results_size() != items) return absl::StrCat("a batch has ", items, " results");
    for (const v1::BatchAccrueResult& result : response.results()) {
      if (result.has_error()) return result.error().message();
      if (std::string failure = FailureOf(result.accrue_purchase()); !failure.empty())
        return failure;
    }
    return "";
  };
  return kind;
}

absl::Status Target::StoreReplies(const std::string& folder) {
  v1::AccruePurchaseRequest sale;
  v1::AccruePurchaseResponse accrued;
  v1::LookupMemberRequest card;
  v1::LookupMemberResponse found;
  grpc::ClientContext accrue_context, lookup_context;
  FillAccrue(workload_.NextSale(SystemClock().Now()), sale);
  RETURN_IF_ERROR(ToStatus(points_[0]->AccruePurchase(&accrue_context, sale, &accrued)));
  card.set_program(sale.program());
  *card.mutable_identity() = sale.member().identity();
  RETURN_IF_ERROR(ToStatus(members_[0]->LookupMember(&lookup_context, card, &found)));
  RETURN_IF_ERROR(WriteFileAtomically(absl::StrCat(folder, "/", kAccrueReplyFile),
                                      accrued.SerializeAsString()));
  return WriteFileAtomically(absl::StrCat(folder, "/", kLookupReplyFile),
                             found.SerializeAsString());
}

}  // namespace laurel::bench
