#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/journal/checkpoint.h"
#include "engine/journal/merkle.h"
#include "engine/journal/tlog_proof.h"
#include "engine/readings.h"
#include "laurel/v1/ledger_service.grpc.pb.h"
#include "service/reading.h"
#include "service/services.h"
#include "service/shell.h"
#include "service/store_reports.h"

namespace laurel {
namespace {

constexpr std::size_t kChunkBytesMax = std::size_t{1} << 20;

// ---- checkpoints and proofs

struct Signed {
  std::string note;
  Checkpoint checkpoint;
};

enum class Patience { kNone, kUntilSigned };

// The newest signed checkpoint, if it covers `size` entries. Signing takes about a second; the
// patient wait for it on this thread.
absl::StatusOr<Signed> LoadCheckpoint(const Engine& engine, std::uint64_t size, Patience patience) {
  constexpr int kTries = 60;
  constexpr std::chrono::milliseconds kPause(50);
  for (int i = 0; engine.SignedSize() < size || engine.SignedCheckpoint().empty(); ++i) {
    if (patience == Patience::kNone || i == kTries) {
      return WithReason(absl::UnavailableError(absl::StrCat("checkpoint: must cover sequence ",
                                                            size, ", was ", engine.SignedSize())),
                        "NOT_LEADER");
    }
    std::this_thread::sleep_for(kPause);
  }
  Signed result;
  result.note = engine.SignedCheckpoint();
  const absl::StatusOr<Note> note = ParseNote(result.note);
  if (!note.ok()) return absl::InternalError(note.status().message());
  absl::StatusOr<Checkpoint> checkpoint = ParseCheckpointText(note->text);
  if (!checkpoint.ok()) return absl::InternalError(checkpoint.status().message());
  result.checkpoint = *std::move(checkpoint);
  return result;
}

void SetHash(const Hash& hash, std::string* field) {
  field->assign(reinterpret_cast<const char*>(hash.data()), hash.size());
}

void AddHashes(const std::vector<Hash>& hashes,
               google::protobuf::RepeatedPtrField<std::string>& out) {
  for (const Hash& hash : hashes) SetHash(hash, out.Add());
}

bool HasPartition(const ReadView& view, std::uint32_t partition) {
  return partition == view.partition();
}

google::rpc::Status PartitionNotFound() {
  return NotFound(v1::ERROR_REASON_RESOURCE_NOT_FOUND, "partition");
}

void CheckSize(absl::string_view field, std::uint64_t value, std::uint64_t min, std::uint64_t max,
               Violations& violations) {
  if (value >= min && value <= max) return;
  violations.OutOfRange(std::string(field),
                        absl::StrCat("must be ", min, " to ", max, ", was ", value));
}

google::rpc::Status GetCheckpointNow(ReadCall& read, const v1::GetCheckpointRequest& request,
                                     v1::GetCheckpointResponse& response) {
  if (!HasPartition(read.view, request.partition())) return PartitionNotFound();
  absl::StatusOr<Signed> newest =
      LoadCheckpoint(read.engine, request.at_least_sequence(), Patience::kUntilSigned);
  if (!newest.ok()) return ToRpcStatus(newest.status());
  response.set_checkpoint(std::move(newest->note));
  response.set_origin(newest->checkpoint.origin);
  response.set_size(newest->checkpoint.size);
  SetHash(newest->checkpoint.root, response.mutable_root_hash());
  return {};
}

google::rpc::Status GetInclusionProofNow(ReadCall& read,
                                         const v1::GetInclusionProofRequest& request,
                                         v1::GetInclusionProofResponse& response) {
  if (!HasPartition(read.view, request.partition())) return PartitionNotFound();
  const std::uint64_t head = read.view.sequence();
  CheckSize("sequence", request.sequence(), 1, request.size() == 0 ? head : request.size(),
            read.parse.violations);
  if (request.size() != 0) CheckSize("size", request.size(), 1, head, read.parse.violations);
  if (!read.parse.violations.empty()) return {};

  absl::StatusOr<Signed> newest =
      request.size() == 0 ? LoadCheckpoint(read.engine, request.sequence(), Patience::kUntilSigned)
                          : LoadCheckpoint(read.engine, 0, Patience::kNone);
  if (request.size() == 0 && !newest.ok()) return ToRpcStatus(newest.status());
  const std::uint64_t size = request.size() == 0 ? newest->checkpoint.size : request.size();
  const std::uint64_t index = request.sequence() - 1;
  const absl::StatusOr<std::vector<Hash>> proof = read.engine.InclusionProof(index, size);
  if (!proof.ok()) return ToRpcStatus(proof.status());
  // The checkpoint may be newer than the view.
  const ReadView view = read.engine.Read();
  const absl::StatusOr<Hash> root = RootAt(view.snapshot(), view.partition(), size);
  if (!root.ok()) return ToRpcStatus(root.status());
  const absl::StatusOr<std::optional<std::string>> bytes = view.EntryBytes(request.sequence());
  if (!bytes.ok()) return ToRpcStatus(bytes.status());
  if (!bytes->has_value()) return ToRpcStatus(absl::DataLossError("entry: must be stored"));

  response.set_leaf_index(index);
  response.set_size(size);
  SetHash(LeafHash(**bytes), response.mutable_leaf_hash());
  AddHashes(*proof, *response.mutable_hashes());
  SetHash(*root, response.mutable_root_hash());
  if (newest.ok() && newest->checkpoint.size == size) {
    response.set_tlog_proof(
        RenderTlogProof(TlogProof{std::nullopt, index, *proof, std::move(newest->note)}));
  }
  return {};
}

google::rpc::Status GetConsistencyProofNow(ReadCall& read,
                                           const v1::GetConsistencyProofRequest& request,
                                           v1::GetConsistencyProofResponse& response) {
  if (!HasPartition(read.view, request.partition())) return PartitionNotFound();
  const std::uint64_t head = read.view.sequence();
  CheckSize("from_size", request.from_size(), 1, request.to_size() == 0 ? head : request.to_size(),
            read.parse.violations);
  if (request.to_size() != 0)
    CheckSize("to_size", request.to_size(), 1, head, read.parse.violations);
  if (!read.parse.violations.empty()) return {};

  absl::StatusOr<Signed> newest =
      request.to_size() == 0
          ? LoadCheckpoint(read.engine, request.from_size(), Patience::kUntilSigned)
          : LoadCheckpoint(read.engine, 0, Patience::kNone);
  if (request.to_size() == 0 && !newest.ok()) return ToRpcStatus(newest.status());
  const std::uint64_t to = request.to_size() == 0 ? newest->checkpoint.size : request.to_size();
  const absl::StatusOr<std::vector<Hash>> proof =
      read.engine.ConsistencyProof(request.from_size(), to);
  if (!proof.ok()) return ToRpcStatus(proof.status());
  const ReadView view = read.engine.Read();
  const absl::StatusOr<Hash> from_root =
      RootAt(view.snapshot(), view.partition(), request.from_size());
  const absl::StatusOr<Hash> to_root = RootAt(view.snapshot(), view.partition(), to);
  if (!from_root.ok()) return ToRpcStatus(from_root.status());
  if (!to_root.ok()) return ToRpcStatus(to_root.status());
  response.set_from_size(request.from_size());
  response.set_to_size(to);
  AddHashes(*proof, *response.mutable_hashes());
  SetHash(*from_root, response.mutable_from_root_hash());
  SetHash(*to_root, response.mutable_to_root_hash());
  if (newest.ok() && newest->checkpoint.size == to)
    response.set_checkpoint(std::move(newest->note));
  return {};
}

// ---- trial balance

struct DateRange {
  std::optional<Date> from;
  std::optional<Date> until;
};

template <class Request>
DateRange ParseDates(const Request& request, Violations& violations) {
  DateRange range;
  if (request.has_from_on()) range.from = ParseDate(request.from_on(), Path{"from_on"}, violations);
  if (request.has_until_on()) {
    range.until = ParseDate(request.until_on(), Path{"until_on"}, violations);
  }
  if (violations.empty() && range.from && range.until && *range.until < *range.from) {
    violations.OutOfRange("until_on", absl::StrCat("must not be before ", ToString(*range.from),
                                                   ", was ", ToString(*range.until)));
  }
  return range;
}

// Empty, with the refusal, unless the ledger has the program.
std::optional<google::rpc::Status> RefuseUnknown(ReadView& view, const ProgramId& program) {
  if (view.state().programs.Find(ProgramKey{program}) != nullptr) return std::nullopt;
  return ToRpcStatus(
      Rejected{Rejection::kResourceNotFound, {{"name", program.str()}, {"resource", "program"}}},
      program);
}

google::rpc::Status GetTrialBalanceNow(ReadCall& read, const v1::GetTrialBalanceRequest& request,
                                       v1::GetTrialBalanceResponse& response) {
  const ProgramId program = ParseProgram(request.program(), read.parse.violations);
  const DateRange dates = ParseDates(request, read.parse.violations);
  if (!read.parse.violations.empty()) return {};
  if (auto refused = RefuseUnknown(read.view, program)) return *std::move(refused);
  absl::StatusOr<std::vector<TrialBalanceRow>> rows =
      TrialBalance(read.view, program, dates.from, dates.until);
  if (!rows.ok()) return ToRpcStatus(rows.status());
  std::stable_sort(
      rows->begin(), rows->end(),
      [](const TrialBalanceRow& a, const TrialBalanceRow& b) { return a.type < b.type; });
  v1::PartitionPosition& position = *response.add_positions();
  position.set_partition(read.view.partition());
  position.set_sequence(read.view.sequence());
  for (const TrialBalanceRow& row : *rows) {
    v1::TrialBalanceRow& message = *response.add_rows();
    message.set_account(row.account);
    message.set_point_type(row.type.str());
    message.set_opening(row.opening);
    message.set_debits(row.debits);
    message.set_credits(row.credits);
    message.set_closing(row.closing);
  }
  return {};
}

// ---- streams

// A stream of chunks that are read on the pool, one task each, so that a slow consumer holds a
// snapshot or a thread no longer than one chunk takes to read. Owns itself until gRPC is done.
template <class Response>
class ChunkStream : public grpc::ServerWriteReactor<Response> {
 public:
  ChunkStream(Shell& shell, grpc::CallbackServerContext& context)
      : shell_(shell), context_(context) {}

  void Start() {
    is_in_ = shell_.intake().Enter();
    if (!is_in_) return FinishWith(Shell::Draining());
    if (!shell_.pool().Submit([this] { Run(); })) {
      FinishWith(Shell::Overloaded());
    }
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return this->Finish(grpc::Status::CANCELLED);
    shell_.pool().Continue([this] { Run(); });
  }
  void OnCancel() override { is_cancelled_ = true; }
  void OnDone() override {
    Intake* const left = is_in_ ? &shell_.intake() : nullptr;
    delete this;
    if (left != nullptr) left->Leave();
  }

 protected:
  // Fills the next chunk and returns OK; `is_last` if there is none after it. An empty last chunk
  // is not sent.
  virtual google::rpc::Status Next(Response& chunk, bool& is_last) = 0;
  virtual bool IsEmpty(const Response& chunk) const = 0;
  Shell& shell() { return shell_; }

 private:
  // The last statement of each path hands this object to gRPC, which may delete it.
  void Run() {
    if (is_cancelled_) return this->Finish(grpc::Status::CANCELLED);
    if (is_over_) return this->Finish(grpc::Status::OK);
    chunk_.Clear();
    const google::rpc::Status status = Next(chunk_, is_over_);
    if (status.code() != 0) return FinishWith(status);
    if (is_over_ && IsEmpty(chunk_)) return this->Finish(grpc::Status::OK);
    this->StartWrite(&chunk_);
  }
  void FinishWith(const google::rpc::Status& status) {
    this->Finish(Shell::ToAnswer(context_, status));
  }

  Shell& shell_;
  grpc::CallbackServerContext& context_;
  bool is_in_ = false;
  std::atomic<bool> is_cancelled_ = false;
  bool is_over_ = false;
  Response chunk_;
};

// What of [from, until) the ledger holds when the call begins.
struct SequenceRange {
  std::uint64_t next = 1;
  std::uint64_t until = 1;
};
template <class Request>
google::rpc::Status ParseRange(const Request& request, const ReadView& view, Violations& violations,
                               SequenceRange& range) {
  if (!HasPartition(view, request.partition())) return PartitionNotFound();
  range.next = std::max<std::uint64_t>(request.from_sequence(), 1);
  range.until = view.sequence() + 1;
  if (request.until_sequence() != 0) {
    range.until = std::min(range.until, request.until_sequence());
    if (request.until_sequence() < range.next) {
      violations.OutOfRange("until_sequence", absl::StrCat("must not be before ", range.next,
                                                           ", was ", request.until_sequence()));
    }
  }
  return {};
}

class EntryStream final : public ChunkStream<v1::ExportEntriesResponse> {
 public:
  EntryStream(Shell& shell, grpc::CallbackServerContext& context,
              const v1::ExportEntriesRequest& request)
      : ChunkStream(shell, context), request_(request) {}

 private:
  google::rpc::Status Next(v1::ExportEntriesResponse& chunk, bool& is_last) override {
    const ReadView view = shell().engine().Read();
    if (!has_begun_) {
      has_begun_ = true;
      Violations violations;
      const google::rpc::Status status = ParseRange(request_, view, violations, range_);
      if (status.code() != 0) return status;
      if (!violations.empty()) return ToRpcStatus(violations);
    }
    std::size_t bytes_left = kChunkBytesMax;
    const absl::Status read = ForEntries(
        view, range_.next, range_.until, [&](const Entry& entry, absl::string_view bytes) {
          constexpr std::size_t kOverhead = 32;  // tags, lengths and the sequence
          if (bytes.size() + kOverhead > bytes_left) return false;
          bytes_left -= bytes.size() + kOverhead;
          v1::StoredEntry& stored = *chunk.add_entries();
          stored.set_sequence(entry.sequence);
          stored.set_entry_bytes(bytes.data(), bytes.size());
          range_.next = entry.sequence + 1;
          return true;
        });
    is_last = range_.next >= range_.until;
    return read.ok() ? google::rpc::Status() : shell().Failed(read);
  }
  bool IsEmpty(const v1::ExportEntriesResponse& chunk) const override {
    return chunk.entries_size() == 0;
  }

  const v1::ExportEntriesRequest& request_;
  bool has_begun_ = false;
  SequenceRange range_;
};

class PostingStream final : public ChunkStream<v1::ExportPostingsResponse> {
 public:
  PostingStream(Shell& shell, grpc::CallbackServerContext& context,
                const v1::ExportPostingsRequest& request)
      : ChunkStream(shell, context), request_(request) {}

 private:
  google::rpc::Status Next(v1::ExportPostingsResponse& chunk, bool& is_last) override {
    ReadView view = shell().engine().Read();
    std::string& csv = *chunk.mutable_csv();
    if (!has_begun_) {
      has_begun_ = true;
      const google::rpc::Status status = Begin(view);
      if (status.code() != 0) return status;
      csv = PostingsCsvHeader();
    }
    // Long stretches of other programs end a chunk too, so that nobody waits for it unheard.
    constexpr int kEntriesMax = 50'000;
    int entries = 0;
    const absl::Status read = ForEntries(
        view, range_.next, range_.until, [&](const Entry& entry, absl::string_view bytes) {
          if (entries++ == kEntriesMax) return false;
          if (IsWanted(entry)) {
            const std::string rows = PostingsCsvRows(entry, LeafHash(bytes), MemberToken);
            if (!csv.empty() && csv.size() + rows.size() > kChunkBytesMax - kRoom) return false;
            csv.append(rows);
          }
          range_.next = entry.sequence + 1;
          return true;
        });
    chunk.set_last_sequence(range_.next - 1);
    is_last = range_.next >= range_.until;
    return read.ok() ? google::rpc::Status() : shell().Failed(read);
  }

  google::rpc::Status Begin(ReadView& view) {
    Violations violations;
    program_ = ParseProgram(request_.program(), violations);
    dates_ = ParseDates(request_, violations);
    const google::rpc::Status status = ParseRange(request_, view, violations, range_);
    if (status.code() != 0) return status;
    if (!violations.empty()) return ToRpcStatus(violations);
    if (auto refused = RefuseUnknown(view, program_)) return *std::move(refused);
    return {};
  }
  bool IsWanted(const Entry& entry) const {
    if (entry.postings.empty() || entry.program != program_) return false;
    if (dates_.from && (!entry.effective_on || *entry.effective_on < *dates_.from)) return false;
    return !dates_.until || (entry.effective_on && *entry.effective_on < *dates_.until);
  }
  bool IsEmpty(const v1::ExportPostingsResponse& chunk) const override {
    return chunk.csv().empty() && chunk.last_sequence() == 0;
  }

  static constexpr std::size_t kRoom = 64;  // for the fields around the rows

  const v1::ExportPostingsRequest& request_;
  bool has_begun_ = false;
  ProgramId program_;
  DateRange dates_;
  SequenceRange range_;
};

class LedgerService final : public v1::LedgerService::CallbackService {
 public:
  explicit LedgerService(Shell& shell) : shell_(shell) {}

  grpc::ServerUnaryReactor* GetCheckpoint(grpc::CallbackServerContext* context,
                                          const v1::GetCheckpointRequest* request,
                                          v1::GetCheckpointResponse* response) override {
    return shell_.Read(*context, *request, *response, GetCheckpointNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* GetInclusionProof(grpc::CallbackServerContext* context,
                                              const v1::GetInclusionProofRequest* request,
                                              v1::GetInclusionProofResponse* response) override {
    return shell_.Read(*context, *request, *response, GetInclusionProofNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* GetConsistencyProof(
      grpc::CallbackServerContext* context, const v1::GetConsistencyProofRequest* request,
      v1::GetConsistencyProofResponse* response) override {
    return shell_.Read(*context, *request, *response, GetConsistencyProofNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* GetTrialBalance(grpc::CallbackServerContext* context,
                                            const v1::GetTrialBalanceRequest* request,
                                            v1::GetTrialBalanceResponse* response) override {
    return shell_.Read(*context, *request, *response, GetTrialBalanceNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* ReconcileDay(grpc::CallbackServerContext* context,
                                         const v1::ReconcileDayRequest* request,
                                         v1::ReconcileDayResponse* response) override {
    return shell_.Read(*context, *request, *response, ReconcileDayNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* ListUnmatchedReturns(
      grpc::CallbackServerContext* context, const v1::ListUnmatchedReturnsRequest* request,
      v1::ListUnmatchedReturnsResponse* response) override {
    return shell_.Read(*context, *request, *response, ListUnmatchedReturnsNow, Place::kPool);
  }
  grpc::ServerWriteReactor<v1::ExportEntriesResponse>* ExportEntries(
      grpc::CallbackServerContext* context, const v1::ExportEntriesRequest* request) override {
    auto* stream = new EntryStream(shell_, *context, *request);
    stream->Start();
    return stream;
  }
  grpc::ServerWriteReactor<v1::ExportPostingsResponse>* ExportPostings(
      grpc::CallbackServerContext* context, const v1::ExportPostingsRequest* request) override {
    auto* stream = new PostingStream(shell_, *context, *request);
    stream->Start();
    return stream;
  }

 private:
  Shell& shell_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewLedgerService(Shell& shell) {
  return std::make_unique<LedgerService>(shell);
}

}  // namespace laurel
