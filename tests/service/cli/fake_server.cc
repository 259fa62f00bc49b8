#include "tests/service/cli/fake_server.h"

namespace laurel::cli {

grpc::Status FakeServer::Points::BatchAccrue(grpc::ServerContext*,
                                             const v1::BatchAccrueRequest* request,
                                             v1::BatchAccrueResponse* response) {
  std::set<std::string> mine;
  for (const v1::BatchAccrueItem& item : request->items()) {
    mine.insert(item.accrue_purchase().member().identity().value());
  }
  int call = 0;
  {
    MutexLock lock(&server.mutex);
    call = ++server.batch_calls;
    for (const std::string& member : mine) {
      if (!in_flight.insert(member).second) ++server.in_flight_conflicts;
    }
  }
  MutexLock lock(&server.mutex);
  for (const std::string& member : mine) in_flight.erase(member);
  if (server.before_batch) {
    const grpc::Status status = server.before_batch(call);
    if (!status.ok()) return status;
  }
  for (const v1::BatchAccrueItem& item : request->items()) {
    const bool is_spoiler = item.accrue_purchase().purchase().receipt().number() == server.spoiler;
    if (is_spoiler)
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "items: must be valid, was not");
  }
  for (const v1::BatchAccrueItem& item : request->items()) {
    const v1::AccruePurchaseRequest& accrue = item.accrue_purchase();
    v1::BatchAccrueResult& result = *response->add_results();
    if (server.before_item) {
      const google::rpc::Status status = server.before_item(accrue);
      if (status.code() != 0) {
        *result.mutable_error() = status;
        continue;
      }
    }
    const std::string& member = accrue.member().identity().value();
    const std::string& number = accrue.purchase().receipt().number();
    const auto known = server.receipt_by_request_id.find(accrue.request_id());
    if (known != server.receipt_by_request_id.end()) {
      result.mutable_accrue_purchase()->set_replayed(true);
    } else if (!server.members.contains(member)) {
      *result.mutable_error() = MakeError(grpc::StatusCode::NOT_FOUND, "MEMBER_NOT_FOUND");
      continue;
    } else if (!server.receipts.insert(number).second) {
      *result.mutable_error() =
          MakeError(grpc::StatusCode::ALREADY_EXISTS, "RECEIPT_ALREADY_POSTED");
      continue;
    } else {
      server.receipt_by_request_id[accrue.request_id()] = number;
      server.posted.push_back({member, number, accrue.purchase().total().minor_units()});
    }
    v1::Award& award = *result.mutable_accrue_purchase()->add_awards();
    award.set_point_type("points");
    award.set_amount(accrue.purchase().total().minor_units());
  }
  return server.after_batch ? server.after_batch(call) : grpc::Status::OK;
}

grpc::Status FakeServer::Ledger::ExportPostings(
    grpc::ServerContext*, const v1::ExportPostingsRequest* request,
    grpc::ServerWriter<v1::ExportPostingsResponse>* writer) {
  MutexLock lock(&server.mutex);
  bool is_first = true;
  for (const v1::ExportPostingsResponse& chunk : server.postings) {
    if (chunk.last_sequence() < request->from_sequence()) continue;
    if (server.break_stream_after == 0) {
      server.break_stream_after = -1;
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
    }
    if (server.break_stream_after > 0) --server.break_stream_after;
    v1::ExportPostingsResponse sent = chunk;
    if (is_first) sent.set_csv("partition,sequence,point_type,debit,credit\n" + chunk.csv());
    is_first = false;
    writer->Write(sent);
  }
  return grpc::Status::OK;
}

}  // namespace laurel::cli
