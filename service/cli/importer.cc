#include "service/cli/importer.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "laurel/v1/member_service.grpc.pb.h"
#include "laurel/v1/points_service.grpc.pb.h"
#include "service/cli/call_group.h"
#include "service/cli/progress.h"

namespace laurel::cli {
namespace {

constexpr std::int64_t kBackoffMaxMicros = 5 * kMicrosPerSecond;
constexpr std::int64_t kPollMicros = kMicrosPerSecond / 10;

}  // namespace

// A queue of items and the thread that sends them.
class Importer::Lane {
 public:
  explicit Lane(Importer* importer)
      : importer_(*importer),
        members_(v1::MemberService::NewStub(importer->channel_)),
        points_(v1::PointsService::NewStub(importer->channel_)),
        thread_([this] { Run(); }) {}
  ~Lane() { thread_.join(); }

  // False while the queue is full.
  bool TryAdd(ImportItem& item) {
    MutexLock lock(&mutex_);
    if (queue_.size() >= 2 * importer_.options_.batch_items_max) return false;
    queue_.push_back(std::move(item));
    changed_.NotifyAll();
    return true;
  }
  void Close() {
    MutexLock lock(&mutex_);
    is_closed_ = true;
    changed_.NotifyAll();
  }
  // Ends the wait for answers and for items.
  void Cancel() {
    MutexLock lock(&mutex_);
    is_closed_ = true;
    is_cancelled_ = true;
    calls_.Cancel();
    changed_.NotifyAll();
  }
  bool is_idle() const {
    MutexLock lock(&mutex_);
    return is_done_;
  }

 private:
  using Items = std::vector<ImportItem>;

  void Run() {
    while (true) {
      Items items = Take();
      if (items.empty()) break;
      if (importer_.options_.has_enrolment) EnsureMembers(items);
      if (!importer_.is_stopped() && !items.empty()) Accrue(items);
    }
    MutexLock lock(&mutex_);
    is_done_ = true;
  }

  Items Take() {
    MutexLock lock(&mutex_);
    while (queue_.empty() && !is_closed_) changed_.Wait(&mutex_);
    Items items;
    if (is_cancelled_) return items;
    while (!queue_.empty() && items.size() < importer_.options_.batch_items_max) {
      items.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    return items;
  }

  // Pauses before the next round; false when time is over or the import has stopped.
  bool WaitForNextRound(std::int64_t started_micros, std::int64_t& backoff,
                        const Refusal& refusal) {
    if (SteadyMicros() - started_micros > importer_.options_.retry_for_micros) {
      importer_.Stop(refusal);
      return false;
    }
    const bool goes_on = importer_.Pause(backoff);
    backoff = std::min(2 * backoff, kBackoffMaxMicros);
    return goes_on;
  }

  // Runs one call per key of `first` until each has a final answer. `make` fills the request,
  // `take` is given each final answer.
  template <class Request, class Response, class Start, class Make, class Take>
  void CallUntilFinal(std::vector<const ImportItem*> left, Start start, Make make, Take take) {
    std::int64_t backoff = importer_.options_.backoff_micros;
    const std::int64_t started = SteadyMicros();
    while (!left.empty() && !importer_.is_stopped()) {
      PendingCalls<Request, Response> calls;
      for (const ImportItem* item : left) {
        calls.push_back(std::make_unique<PendingCall<Request, Response>>());
        calls.back()->request = make(*item);
        if (importer_.options_.introduce) importer_.options_.introduce(calls.back()->context);
      }
      calls_.Run(calls, importer_.options_.call_timeout_micros, start);
      std::vector<const ImportItem*> again;
      Refusal last;
      for (std::size_t i = 0; i < left.size(); ++i) {
        const Refusal refusal = ToRefusal(calls[i]->status);
        if (!calls[i]->status.ok() && IsTransient(refusal)) {
          again.push_back(left[i]);
          last = refusal;
        } else {
          take(*left[i], calls[i]->status.ok(), refusal, calls[i]->response);
        }
      }
      left = std::move(again);
      if (!left.empty() && !WaitForNextRound(started, backoff, last)) return;
    }
  }

  static const std::string& MemberOf(const ImportItem& item) {
    return item.request.member().identity().value();
  }

  // Looks every new member up and enrols those that the server does not know. A lookup first,
  // because a refused enrolment would be recorded in the ledger. Rows of members who cannot be
  // enrolled are rejected and removed.
  void EnsureMembers(Items& items) {
    std::vector<const ImportItem*> unseen;
    absl::flat_hash_set<std::string> asked;
    for (const ImportItem& item : items) {
      if (!known_.contains(MemberOf(item)) && asked.insert(MemberOf(item)).second)
        unseen.push_back(&item);
    }
    std::vector<const ImportItem*> absent;
    absl::flat_hash_map<std::string, Refusal> refused;
    CallUntilFinal<v1::LookupMemberRequest, v1::LookupMemberResponse>(
        std::move(unseen),
        [this](auto* context, auto* request, auto* response, auto done) {
          members_->async()->LookupMember(context, request, response, std::move(done));
        },
        [](const ImportItem& item) {
          v1::LookupMemberRequest request;
          request.set_program(item.request.program());
          *request.mutable_identity() = item.request.member().identity();
          return request;
        },
        [&](const ImportItem& item, bool is_ok, const Refusal& refusal,
            const v1::LookupMemberResponse&) {
          if (is_ok) {
            known_.insert(MemberOf(item));
          } else if (refusal.reason == "MEMBER_NOT_FOUND") {
            absent.push_back(&item);
          } else {
            refused.emplace(MemberOf(item), refusal);
          }
        });
    CallUntilFinal<v1::EnrollMemberRequest, v1::EnrollMemberResponse>(
        std::move(absent),
        [this](auto* context, auto* request, auto* response, auto done) {
          members_->async()->EnrollMember(context, request, response, std::move(done));
        },
        [](const ImportItem& item) {
          v1::EnrollMemberRequest request;
          request.set_request_id(item.enrol_request_id);
          request.set_program(item.request.program());
          *request.add_identities() = item.request.member().identity();
          request.set_channel(item.request.purchase().channel());
          request.set_store(item.request.purchase().receipt().store());
          *request.mutable_occurred_at() = item.request.purchase().occurred_at();
          return request;
        },
        [&](const ImportItem& item, bool is_ok, const Refusal& refusal,
            const v1::EnrollMemberResponse&) {
          // Somebody else may have enrolled the member since the lookup.
          if (!is_ok && refusal.reason != "IDENTITY_TAKEN") {
            refused.emplace(MemberOf(item), refusal);
            return;
          }
          known_.insert(MemberOf(item));
          if (is_ok) importer_.Count([](ImportTally& tally) { ++tally.enrolled; });
        });
    std::erase_if(items, [&](const ImportItem& item) {
      const auto found = refused.find(MemberOf(item));
      if (found == refused.end()) return false;
      importer_.RejectItem(item, found->second);
      return true;
    });
  }

  void Accrue(const Items& items) {
    std::vector<const ImportItem*> left;
    for (const ImportItem& item : items) left.push_back(&item);
    absl::flat_hash_set<std::uint64_t>
        unanswered;  // rows sent without an answer: a replay of those is our own
    std::int64_t backoff = importer_.options_.backoff_micros;
    const std::int64_t started = SteadyMicros();
    while (true) {
      Refusal last;
      left = SendBatch(left, unanswered, last);
      if (left.empty() || importer_.is_stopped()) return;
      if (!WaitForNextRound(started, backoff, last)) return;
    }
  }

  // Returns what has to be sent again; `last` is why.
  std::vector<const ImportItem*> SendBatch(const std::vector<const ImportItem*>& items,
                                           absl::flat_hash_set<std::uint64_t>& unanswered,
                                           Refusal& last) {
    using Call = PendingCall<v1::BatchAccrueRequest, v1::BatchAccrueResponse>;
    PendingCalls<v1::BatchAccrueRequest, v1::BatchAccrueResponse> calls;
    calls.push_back(std::make_unique<Call>());
    if (importer_.options_.introduce) importer_.options_.introduce(calls[0]->context);
    for (const ImportItem* item : items)
      *calls[0]->request.add_items()->mutable_accrue_purchase() = item->request;
    calls_.Run(calls, importer_.options_.call_timeout_micros,
               [this](auto* context, auto* request, auto* response, auto done) {
                 points_->async()->BatchAccrue(context, request, response, std::move(done));
               });
    const Call& call = *calls[0];
    const bool has_all = call.response.results_size() == static_cast<int>(items.size());
    if (!call.status.ok() || !has_all) {
      const Refusal refusal = ToRefusal(call.status);
      const bool is_final = !call.status.ok() && !IsTransient(refusal);
      if (is_final && items.size() == 1) {
        importer_.RejectItem(*items[0], refusal);
        return {};
      }
      last = refusal;
      if (!is_final) {
        for (const ImportItem* item : items) unanswered.insert(item->rows.front().number);
        return items;
      }
      // The batch as a whole was refused: one by one, so that only the row at fault is rejected.
      std::vector<const ImportItem*> again;
      for (const ImportItem* item : items) {
        for (const ImportItem* one : SendBatch({item}, unanswered, last)) again.push_back(one);
      }
      return again;
    }
    std::vector<const ImportItem*> again;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const v1::BatchAccrueResult& result = call.response.results(static_cast<int>(i));
      if (!TakeResult(*items[i], result, unanswered.contains(items[i]->rows.front().number), last))
        again.push_back(items[i]);
    }
    return again;
  }

  // False if the item has to be sent again.
  bool TakeResult(const ImportItem& item, const v1::BatchAccrueResult& result, bool was_sent_before,
                  Refusal& last) {
    if (result.has_error()) {
      const Refusal refusal = ToRefusal(result.error());
      if (IsTransient(refusal)) {
        last = refusal;
        return false;
      }
      if (refusal.reason == "RECEIPT_ALREADY_POSTED") {
        importer_.Count([](ImportTally& tally) { ++tally.already_there; });
      } else {
        importer_.RejectItem(item, refusal);
      }
      return true;
    }
    const v1::AccruePurchaseResponse& response = result.accrue_purchase();
    importer_.Count([&](ImportTally& tally) {
      if (response.replayed() && !was_sent_before) {
        ++tally.already_there;
        return;
      }
      ++tally.accrued;
      for (const v1::Award& award : response.awards())
        tally.points[award.point_type()] += award.amount();
    });
    return true;
  }

  Importer& importer_;
  const std::unique_ptr<v1::MemberService::Stub> members_;
  const std::unique_ptr<v1::PointsService::Stub> points_;
  absl::flat_hash_set<std::string> known_;  // enrolled members; of the thread
  CallGroup calls_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<ImportItem> queue_ ABSL_GUARDED_BY(mutex_);
  bool is_closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_done_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the rest
};

Importer::Importer(std::shared_ptr<grpc::Channel> channel, Options options, OnReject on_reject)
    : channel_(std::move(channel)), options_(std::move(options)), on_reject_(std::move(on_reject)) {
  for (std::size_t i = 0; i < options_.lane_count; ++i)
    lanes_.push_back(std::make_unique<Lane>(this));
}

Importer::~Importer() { Stop(std::nullopt); }

bool Importer::Add(ImportItem item) {
  // Any spread will do: no result depends on it.
  const std::size_t hash = absl::Hash<std::string>()(item.request.member().identity().value());
  Lane& lane = *lanes_[hash % lanes_.size()];
  while (!is_stopped()) {
    if (lane.TryAdd(item)) return true;
    Pause(kMicrosPerSecond / 500);
  }
  return false;
}

void Importer::Finish() {
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->Close();
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    while (!lane->is_idle()) {
      const bool goes_on = Pause(kMicrosPerSecond / 500);
      // Once stopped, a lane ends as soon as its cancelled calls have returned.
      if (!goes_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}

bool Importer::Pause(std::int64_t micros) {
  const std::int64_t until = SteadyMicros() + micros;
  while (true) {
    if (options_.is_interrupted && options_.is_interrupted()) {
      {
        MutexLock lock(&mutex_);
        is_interrupted_ = true;
      }
      Stop(std::nullopt);
    }
    const std::int64_t left = until - SteadyMicros();
    MutexLock lock(&mutex_);
    if (is_stopped_) return false;
    if (left <= 0) return true;
    changed_.WaitFor(&mutex_, std::chrono::microseconds(std::min(left, kPollMicros)));
  }
}

void Importer::Stop(std::optional<Refusal> failure) {
  {
    MutexLock lock(&mutex_);
    if (!is_stopped_) failure_ = std::move(failure);
    is_stopped_ = true;
    changed_.NotifyAll();
  }
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->Cancel();
}

bool Importer::is_stopped() const {
  MutexLock lock(&mutex_);
  return is_stopped_;
}

void Importer::Count(const std::function<void(ImportTally&)>& change) {
  MutexLock lock(&mutex_);
  change(tally_);
}

void Importer::RejectItem(const ImportItem& item, const Refusal& refusal) {
  MutexLock lock(&mutex_);
  ++tally_.rejected;
  on_reject_(item, refusal);
}

ImportTally Importer::tally() const {
  MutexLock lock(&mutex_);
  return tally_;
}

std::optional<Refusal> Importer::failure() const {
  MutexLock lock(&mutex_);
  return failure_;
}

bool Importer::is_interrupted() const {
  MutexLock lock(&mutex_);
  return is_interrupted_;
}

}  // namespace laurel::cli
