#include "engine/sequencer.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <chrono>
#include <deque>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/crash_point.h"
#include "engine/base/reason.h"
#include "engine/base/thread_name.h"
#include "engine/domain/apply.h"
#include "engine/domain/enrolling.h"
#include "engine/journal/entry_codec.h"
#include "engine/version.h"

namespace laurel {
namespace {

// A batch is handed over when it is that large; its last command, with what is due before it, adds
// to that and must stay within what a store takes at once (kEmbeddedLimits).
constexpr std::size_t kBatchEntryBytesMax = 256 * 1024;
constexpr std::size_t kBatchRowsMax = 4'000;
constexpr std::size_t kBatchBytesMax = 448 * 1024;
constexpr std::size_t kDueRowsMax = 5'500;
constexpr std::size_t kDueBytesMax = 512 * 1024;
constexpr std::size_t kRowBytesUsual = 100;   // a record with its key
constexpr std::size_t kValueBytesUsual = 14;  // of MonthValues
constexpr std::int64_t kClockBehindMicros = 5 * kMicrosPerMinute;
constexpr int kAdvancesMax = 256;  // due instants of one member before one command, or fewer large
                                   // ones; a retry does the rest

// The member whose due work comes before the command, and the instant that the command belongs to.
struct Concerned {
  std::optional<MemberId> member;
  std::optional<Timestamp> activity_at;
  std::optional<MemberId> other = std::nullopt;
};

struct MemberFinder {
  State& state;
  const ProgramId& program;

  Concerned Ref(const MemberRef& ref) const { return {state.Resolve(program, ref), std::nullopt}; }
  Concerned operator()(const EnrollMember&) const { return {}; }
  Concerned operator()(const ImportMember&) const { return {}; }
  Concerned operator()(const LinkIdentity& o) const { return Ref(o.member); }
  Concerned operator()(const UnlinkIdentity& o) const { return Ref(o.member); }
  Concerned operator()(const SuspendMember& o) const { return Ref(o.member); }
  Concerned operator()(const ReactivateMember& o) const { return Ref(o.member); }
  Concerned operator()(const CloseMember& o) const { return Ref(o.member); }
  Concerned operator()(const AccruePurchase& o) const {
    return {Ref(o.member).member, o.occurred_at};
  }
  Concerned operator()(const AccrueActivity& o) const {
    return {Ref(o.member).member, o.occurred_at};
  }
  Concerned operator()(const ReturnPurchase& o) const {
    const Purchase* purchase = state.purchases.Find(PurchaseKey{program, o.original});
    if (purchase == nullptr) return o.member ? Ref(*o.member) : Concerned{};
    return {state.RootOf(purchase->member), std::nullopt};
  }
  Concerned operator()(const CorrectReceipt& o) const { return (*this)(o.right); }
  Concerned operator()(const Redeem& o) const { return Ref(o.member); }
  Concerned operator()(const AdjustPoints& o) const { return Ref(o.member); }
  Concerned operator()(const ExtendLots& o) const { return Ref(o.member); }
  Concerned operator()(const ReinstatePoints& o) const { return Ref(o.member); }
  Concerned operator()(const ReverseRedemption& o) const {
    const Redemption* redemption = state.redemptions.Find(RedemptionKey{o.redemption});
    if (redemption == nullptr) return {};
    return {state.RootOf(redemption->member), std::nullopt};
  }
  Concerned Accrual(const AccrualRef& ref) const {
    if (const auto* receipt = std::get_if<ReceiptKey>(&ref)) {
      const Purchase* purchase = state.purchases.Find(PurchaseKey{program, *receipt});
      if (purchase == nullptr) return {};
      return {state.RootOf(purchase->member), std::nullopt};
    }
    const std::shared_ptr<const Entry> entry = state.FindEntry(std::get<std::uint64_t>(ref));
    if (entry == nullptr || !entry->member) return {};
    return {state.RootOf(*entry->member), std::nullopt};
  }
  Concerned operator()(const SettleAccrual& o) const { return Accrual(o.accrual); }
  Concerned operator()(const CancelAccrual& o) const { return Accrual(o.accrual); }
  Concerned operator()(const HoldPoints& o) const { return Ref(o.member); }
  Concerned operator()(const CaptureHold& o) const { return Ref(o.hold.member); }
  Concerned operator()(const VoidHold& o) const { return Ref(o.hold.member); }
  Concerned operator()(const CreateProgram&) const { return {}; }
  Concerned operator()(const CreateRevision&) const { return {}; }
  Concerned operator()(const ActivateRevision&) const { return {}; }
  Concerned operator()(const AdvanceMember& o) const { return {o.member, o.activity_at}; }
  Concerned operator()(const ApproveRevision&) const { return {}; }
  Concerned operator()(const ScheduleRevision&) const { return {}; }
  Concerned operator()(const CancelSchedule&) const { return {}; }
  Concerned operator()(const PauseRule&) const { return {}; }
  Concerned operator()(const ResumeRule&) const { return {}; }
  Concerned operator()(const AdvanceProgram&) const { return {}; }
  Concerned operator()(const AcknowledgeWarnings&) const { return {}; }
  Concerned operator()(const SetTierFloor& o) const { return Ref(o.member); }
  Concerned operator()(const MatchTier& o) const { return Ref(o.member); }
  Concerned operator()(const SetMemberAttributes& o) const { return Ref(o.member); }
  Concerned Both(const MemberRef& a, const MemberRef& b) const {
    return {state.Resolve(program, a), std::nullopt, state.Resolve(program, b)};
  }
  Concerned operator()(const MergeMembers& o) const { return Both(o.merged, o.survivor); }
  Concerned operator()(const UnmergeMembers& o) const { return Ref(o.merged); }
  Concerned operator()(const MoveIdentity& o) const { return Both(o.from, o.to); }
  Concerned operator()(const KeepReceipt&) const { return {}; }
  Concerned operator()(const Approve& o) const { return Accrual(o.asked); }
  Concerned operator()(const Decline&) const { return {}; }
  Concerned operator()(const ClaimReceipt& o) const { return Ref(o.member); }
  Concerned operator()(const TransferPoints& o) const { return Both(o.from, o.to); }
};

// What the engine asks for itself: most of it is done before the order is looked at.
bool IsDueWork(const Order& order) {
  return std::holds_alternative<AdvanceMember>(order) ||
         std::holds_alternative<AdvanceProgram>(order);
}

Rejected TooLong(std::size_t entry_bytes) {
  return Rejected{Rejection::kInvalidField,
                  {{"expected", absl::StrCat("at most ", kEntryBytesMax, " bytes in the journal")},
                   {"field", "request"},
                   {"was", absl::StrCat(entry_bytes, " bytes")}}};
}

absl::Status Corrupt(const absl::Status& why) {
  return WithReason(
      absl::DataLossError(absl::StrCat("ledger: must be readable, was not: ", why.message())),
      "LEDGER_CORRUPT");
}

}  // namespace

Sequencer::Sequencer(Store& store, AnchorFile* anchors, const LedgerId& ledger_id, const Head& head,
                     TileAccumulator tree, std::shared_ptr<const Snapshot> snapshot,
                     const Clock& clock, RulebookLibrary* rulebooks, const Engine::Options& options)
    : store_(store),
      anchors_(anchors),
      ledger_id_(ledger_id),
      clock_(clock),
      rulebooks_(rulebooks),
      options_(options),
      tree_(std::move(tree)),
      last_(head),
      committed_(head),
      snapshot_(std::move(snapshot)),
      durable_sequence_(head.sequence) {
  decider_ = std::thread([this] {
    NameThisThread("laurel-decide");
    DecideLoop();
  });
  committer_ = std::thread([this] {
    NameThisThread("laurel-commit");
    CommitLoop();
  });
  replier_ = std::thread([this] {
    NameThisThread("laurel-reply");
    ReplyLoop();
  });
}

Sequencer::~Sequencer() {
  Stop(
      WithReason(absl::UnavailableError("server: must be serving, was shutting down"), "DRAINING"));
  std::deque<Item> left;
  {
    MutexLock lock(&mutex_);
    left.swap(queue_);
    is_stopping_ = true;
    decider_wakes_.NotifyAll();
    committer_wakes_.NotifyAll();
  }
  decider_.join();
  committer_.join();
  replier_.join();
  for (Item& item : left) {
    std::move(item.done)(WithReason(
        absl::UnavailableError("server: must be serving, was shutting down"), "DRAINING"));
  }
}

void Sequencer::Submit(Command command, std::optional<Timestamp> deadline, Done done) {
  Item item{std::move(command), {}, deadline, std::move(done)};
  item.fingerprint = FingerprintOf(item.command);
  absl::Status refused;
  {
    MutexLock lock(&mutex_);
    if (!refusal_.ok()) {
      refused = refusal_;
    } else if (queue_.size() >= static_cast<std::size_t>(options_.queue_commands_max)) {
      refused = WithReason(
          absl::UnavailableError(absl::StrCat("queue: must hold fewer than ",
                                              options_.queue_commands_max, " commands, was full")),
          "OVERLOADED");
    } else {
      queue_.push_back(std::move(item));
      ++unanswered_;
      if (queue_.size() == awaited_) decider_wakes_.NotifyOne();
      return;
    }
  }
  std::move(item.done)(std::move(refused));
}

void Sequencer::Drain() {
  Stop(WithReason(absl::UnavailableError("server: must be serving, was draining"), "DRAINING"));
  MutexLock lock(&mutex_);
  while (unanswered_ > 0) changed_.Wait(&mutex_);
}

void Sequencer::Stop(const absl::Status& why) {
  MutexLock lock(&mutex_);
  if (refusal_.ok() || absl::IsDataLoss(why)) refusal_ = why;
  is_damaged_ = absl::IsDataLoss(refusal_);
}

bool Sequencer::WaitFor(std::uint64_t sequence, std::int64_t timeout_micros) const {
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(timeout_micros);
  MutexLock lock(&mutex_);
  while (durable_sequence_ < sequence) {
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    changed_.WaitFor(&mutex_, left);
  }
  return true;
}

std::int32_t Sequencer::queued_commands() const {
  MutexLock lock(&mutex_);
  return static_cast<std::int32_t>(queue_.size());
}

// ---- deciding
// ------------------------------------------------------------------------------------------------

std::shared_ptr<Sequencer::Work> Sequencer::NewWork() {
  auto work = std::make_shared<Work>();
  std::shared_ptr<const Snapshot> snapshot = snapshot_.Load();
  const std::uint64_t durable = snapshot->head() ? snapshot->head()->sequence : 0;
  // The batch before the last one is durable, because its slot was free: one parent is enough.
  if (last_work_ != nullptr && last_work_->next && last_work_->next->sequence > durable)
    work->parent = last_work_;
  if (last_work_ != nullptr) last_work_->parent = nullptr;
  work->source = std::make_unique<SnapshotSource>(std::move(snapshot), partition_);
  work->state = std::make_unique<State>(work->parent ? work->parent->state.get() : nullptr,
                                        work->source.get());
  return work;
}

Sequencer::Size Sequencer::SizeOf(const Work& work) {
  Size size{.rows = work.writes.size(), .bytes = work.entry_bytes};
  work.state->ForTables([&](const auto& table) { size.rows += table.changed(); });
  size.bytes += size.rows * kRowBytesUsual;
  // One kind of record may be as large as hundreds of others.
  for (const auto& [key, slot] : work.state->month_values.slots()) {
    if (slot.is_changed && slot.value) size.bytes += slot.value->values.size() * kValueBytesUsual;
  }
  return size;
}

bool Sequencer::IsFull(const Work& work) {
  const Size size = SizeOf(work);
  return size.rows >= kBatchRowsMax || size.bytes >= kBatchBytesMax ||
         work.entry_bytes >= kBatchEntryBytesMax;
}

bool Sequencer::IsFullOfDue(const Work& work) {
  const Size size = SizeOf(work);
  return size.rows >= kDueRowsMax || size.bytes >= kDueBytesMax;
}

void Sequencer::DecideLoop() {
  const std::size_t batch_max = static_cast<std::size_t>(options_.batch_commands_max);
  std::size_t batch_before = 0;  // its commands
  for (bool is_done = false; !is_done;) {
    std::shared_ptr<Work> work;
    std::size_t decided = 0;
    while (true) {
      std::vector<Item> items;
      {
        MutexLock lock(&mutex_);
        while (true) {
          const bool has_room = decided < batch_max && (!work || !IsFull(*work));
          const bool is_idle = !is_committing_ && slot_ == nullptr;
          if (work && is_idle) {
            slot_ = work;
            committer_wakes_.NotifyOne();
            break;
          }
          // To be woken for each command while the committer is busy costs more than deciding it.
          awaited_ = is_idle || is_stopping_ ? 1 : std::max<std::size_t>(batch_before / 4, 1);
          if (queue_.size() >= awaited_ && has_room) {
            // A batch that waits for its turn takes a few at a time, so that it leaves as soon as
            // it can.
            const std::size_t take =
                std::min({queue_.size(), batch_max - decided, std::size_t{64}});
            items.reserve(take);
            for (std::size_t i = 0; i < take; ++i) {
              items.push_back(std::move(queue_.front()));
              queue_.pop_front();
            }
            break;
          }
          if (is_stopping_ && queue_.empty() && !work) {
            is_done = true;
            break;
          }
          decider_wakes_.Wait(&mutex_);
        }
      }
      if (items.empty()) break;  // handed over, or done
      if (!work) work = NewWork();
      std::size_t done = 0;
      while (done < items.size() && (done == 0 || !IsFull(*work))) {
        DecideOne(std::move(items[done++]), *work);
      }
      decided += done;
      if (done < items.size()) {
        // The rest is for the next batch, in its order.
        MutexLock lock(&mutex_);
        while (items.size() > done) {
          queue_.push_front(std::move(items.back()));
          items.pop_back();
        }
      }
      if (work->next) {
        work->next->root = tree_.frontier().root();
        work->next->frontier = tree_.frontier().hashes();
      }
    }
    last_work_ = work;
    batch_before = decided;
  }
  MutexLock lock(&mutex_);
  is_decider_done_ = true;
  committer_wakes_.NotifyAll();
}

Timestamp Sequencer::NextInstant() const {
  return std::max(clock_.Now(), last_.last_recorded_at.PlusMicros(1));
}

absl::Status Sequencer::WritableStatus() {
  const Timestamp now = clock_.Now();
  if (now.PlusMicros(kClockBehindMicros) < last_.last_recorded_at) {
    return WithReason(absl::UnavailableError(absl::StrCat("clock: must reach the last entry's ",
                                                          ToString(last_.last_recorded_at),
                                                          ", was ", ToString(now))),
                      "CLOCK_BEHIND");
  }
  if (options_.free_bytes_min > 0 &&
      (now > space_checked_at_.PlusMicros(kMicrosPerSecond) || now < space_checked_at_)) {
    space_checked_at_ = now;
    struct statvfs space;
    has_space_ =
        ::statvfs(options_.space_path.c_str(), &space) != 0 ||
        static_cast<std::int64_t>(space.f_bavail) * static_cast<std::int64_t>(space.f_frsize) >=
            options_.free_bytes_min;
  }
  if (!has_space_) {
    return WithReason(
        absl::UnavailableError(absl::StrCat("storage: must have ", options_.free_bytes_min,
                                            " free bytes for writes, had fewer")),
        "STORAGE_READ_ONLY");
  }
  return absl::OkStatus();
}

void Sequencer::DecideOne(Item item, Work& work) {
  const auto answer = [&](absl::StatusOr<Reply> reply) {
    work.answers.push_back(Answer{std::move(item.done), std::move(reply)});
  };
  if (is_damaged_) {
    MutexLock lock(&mutex_);
    return answer(refusal_);
  }
  if (item.deadline && clock_.Now() > *item.deadline) {
    return answer(absl::DeadlineExceededError(
        "deadline: must leave time to decide, had passed in the queue"));
  }
  State& state = *work.state;
  const Command& command = item.command;
  if (!command.request.empty()) {
    // An earlier answer comes before any rule: a retry is never refused by what has changed in
    // between.
    if (const Request* request =
            state.requests.Find(RequestKey::Of(command.program, command.request))) {
      return answer(Answered(item, request->sequence, work));
    }
  }
  if (absl::Status refused = WritableStatus(); !refused.ok()) return answer(std::move(refused));
  std::optional<absl::StatusOr<Reply>> reply;
  bool is_current = true;
  if (AdvanceProgramOf(command, work) && AdvanceMembers(command, work, is_current)) {
    if (IsDueWork(command.order)) {
      const auto* advance = std::get_if<AdvanceProgram>(&command.order);
      if (advance != nullptr && advance->judged) DoByItself(command, NextInstant(), work);
      if (work.source->status().ok()) return answer(Reply{});
    }
    if (!is_current) {
      // What is decided on points that have ended would be wrong; what was done so far is kept.
      return answer(WithReason(
          absl::UnavailableError("member: must have no more due than is done at once, had more"),
          "OVERLOADED"));
    }
    const Timestamp now = NextInstant();
    const Context context{partition_,         last_.sequence + 1,       now,
                          rulebooks_,         options_.approvals,       options_.adjust_limits,
                          options_.transfers, options_.approval_limits, options_.reinstate_days};
    if (const std::optional<Command> enrolment = EnrolmentBefore(state, command)) {
      EnrolAndSell(command, *enrolment, context, item.fingerprint, work, reply);
    } else {
      Conclude(command, Decide(state, command, context), item.fingerprint, now, work, reply);
    }
  }
  if (!work.source->status().ok()) {
    reply = Corrupt(work.source->status());
    Stop(reply->status());
  }
  answer(*std::move(reply));
}

absl::StatusOr<Reply> Sequencer::Answered(const Item& item, std::uint64_t sequence, Work& work) {
  Reply reply;
  reply.entry = work.state->FindEntry(sequence);
  if (reply.entry == nullptr) {
    return Corrupt(work.source->status().ok()
                       ? absl::DataLossError("an answered request has no entry")
                       : work.source->status());
  }
  const Entry& entry = *reply.entry;
  if (entry.fingerprint != item.fingerprint || entry.method != MethodOf(item.command.order)) {
    reply.unrecorded = Rejected{Rejection::kRequestIdReused,
                                {{"first_seen_at", ToString(entry.recorded_at)},
                                 {"method", std::string(ToString(entry.method))},
                                 {"sequence", std::to_string(entry.sequence)}}};
    reply.entry = nullptr;
    return reply;
  }
  reply.is_replayed = true;
  for (const Work* at = &work; at != nullptr; at = at->parent.get()) {
    const auto leaf = at->leaves.find(sequence);
    if (leaf != at->leaves.end()) {
      reply.leaf_hash = leaf->second;
      return reply;
    }
  }
  absl::StatusOr<std::optional<std::string>> bytes = work.source->LoadEntryBytes(sequence);
  if (!bytes.ok() || !bytes->has_value())
    return Corrupt(bytes.ok() ? absl::DataLossError("entry is gone") : bytes.status());
  reply.leaf_hash = LeafHash(**bytes);
  return reply;
}

void Sequencer::Conclude(const Command& command, Decision decision, const Hash& fingerprint,
                         Timestamp now, Work& work, std::optional<absl::StatusOr<Reply>>& reply) {
  // Nothing that was decided on what could not be read may be believed.
  if (!work.source->status().ok()) return;
  const auto* rejected = std::get_if<Rejected>(&decision);
  if (rejected != nullptr && !IsRecorded(rejected->reason)) {
    reply = Reply{.entry = nullptr, .unrecorded = *rejected};
    if (TellsOfClock(*work.state, command, *rejected, now)) {
      Command seen = command;
      seen.request = RequestId();  // which may be sent again
      std::optional<absl::StatusOr<Reply>> ignored;
      Append(seen, std::move(decision), Hash{}, now, work, ignored);
    }
    return;
  }
  Append(command, std::move(decision), fingerprint, now, work, reply);
  if (reply->ok() && (*reply)->entry != nullptr) Follow(command, *(*reply)->entry, work);
}

void Sequencer::EnrolAndSell(const Command& command, const Command& enrolment,
                             const Context& context, const Hash& fingerprint, Work& work,
                             std::optional<absl::StatusOr<Reply>>& reply) {
  Enrolling enrolling = DecideEnrolling(*work.state, command, enrolment, context, fingerprint);
  if (!work.source->status().ok()) return;
  if (enrolling.refused) {
    return Conclude(command, *std::move(enrolling.refused), fingerprint, context.recorded_at, work,
                    reply);
  }
  // Who is enrolled has bought: what does not fit the journal is known before anything is appended.
  for (Entry& entry : enrolling.entries) {
    entry.previous_leaf = last_.last_leaf;  // as long as the one that it will have
    if (const std::size_t bytes = EncodeEntry(entry).size(); bytes > kEntryBytesMax) {
      reply = Reply{.entry = nullptr, .unrecorded = TooLong(bytes)};
      return;
    }
  }
  for (Entry& entry : enrolling.entries) AppendEntry(std::move(entry), work, reply);
  if (reply->ok() && (*reply)->entry != nullptr) Follow(command, *(*reply)->entry, work);
}

bool Sequencer::DoByItself(const Command& command, Timestamp now, Work& work) {
  const Context context{partition_, last_.sequence + 1, now, rulebooks_};
  Decision decision = Decide(*work.state, command, context);
  if (!work.source->status().ok() || std::holds_alternative<Rejected>(decision)) return false;
  std::optional<absl::StatusOr<Reply>> reply;
  Append(command, std::move(decision), Hash{}, now, work, reply);
  return reply && reply->ok() && (*reply)->entry != nullptr;
}

bool Sequencer::AdvanceProgramOf(const Command& command, Work& work) {
  const Command advance{
      .program = command.program, .request = {}, .principal = {}, .order = AdvanceProgram{}};
  while (work.source->status().ok()) {
    const Timestamp now = NextInstant();
    if (!IsDue(*work.state, command.program, now)) break;
    if (!DoByItself(advance, now, work)) break;
  }
  return work.source->status().ok();
}

bool Sequencer::AdvanceMembers(const Command& command, Work& work, bool& is_current) {
  const Concerned concerned = std::visit(MemberFinder{*work.state, command.program}, command.order);
  for (const std::optional<MemberId>& member : {concerned.member, concerned.other}) {
    if (member && is_current) {
      AdvanceOne(command.program, *member, concerned.activity_at, work, is_current);
    }
  }
  return work.source->status().ok();
}

void Sequencer::AdvanceOne(const ProgramId& program, MemberId member,
                           const std::optional<Timestamp>& activity_at, Work& work,
                           bool& is_current) {
  State& state = *work.state;
  const Member* record = state.members.Find(MemberKey{member});
  if (record == nullptr || record->program != program) return;
  const Command advance{.program = program,
                        .request = {},
                        .principal = {},
                        .order = AdvanceMember{member, activity_at}};
  for (int i = 0; work.source->status().ok(); ++i) {
    const Timestamp now = NextInstant();
    if (!IsDue(state, member, now, activity_at, *rulebooks_)) break;
    is_current = i < kAdvancesMax && (i == 0 || !IsFullOfDue(work));
    if (!is_current || !DoByItself(advance, now, work)) break;
  }
}

void Sequencer::Follow(const Command& command, const Entry& entry, Work& work) {
  // Who follows the followers comes after them: the returns of a purchase stay together.
  std::deque<std::shared_ptr<const Entry>> followed;
  const auto follow = [&](const Entry& after) {
    const Context context{partition_, last_.sequence + 1, NextInstant(), rulebooks_};
    for (const Command& following : FollowingOf(*work.state, command, after, context)) {
      // Of somebody else than the command's members, who has not been brought up to now.
      const bool is_others = std::holds_alternative<ReverseRedemption>(following.order);
      bool is_current = true;
      if (is_others && !AdvanceMembers(following, work, is_current)) return;
      if (!DoByItself(following, NextInstant(), work)) continue;
      followed.push_back(work.state->FindEntry(last_.sequence));
    }
  };
  follow(entry);
  for (; !followed.empty(); followed.pop_front()) {
    if (followed.front() != nullptr) follow(*followed.front());
  }
}

void Sequencer::Append(const Command& command, Decision decision, const Hash& fingerprint,
                       Timestamp now, Work& work, std::optional<absl::StatusOr<Reply>>& reply) {
  const Context context{partition_, last_.sequence + 1, now, rulebooks_};
  AppendEntry(MakeEntry(*work.state, command, context, std::move(decision), fingerprint), work,
              reply);
}

void Sequencer::AppendEntry(Entry decided, Work& work,
                            std::optional<absl::StatusOr<Reply>>& reply) {
  auto entry = std::make_shared<Entry>(std::move(decided));
  entry->previous_leaf = last_.last_leaf;
  std::string bytes = EncodeEntry(*entry);
  if (bytes.size() > kEntryBytesMax) {
    reply = Reply{.entry = nullptr, .unrecorded = TooLong(bytes.size())};
    return;
  }
  Apply(entry, *work.state);
  const Hash leaf = LeafHash(bytes);
  if (std::optional<FinishedTiles> finished = tree_.Append(leaf)) {
    for (FullTile& tile : finished->tiles) {
      for (int i = 0; tile.level > 0 && i < kTileHashes - 1; ++i) {
        const std::uint64_t index = tile.number * kTileHashes + static_cast<std::uint64_t>(i);
        work.writes.push_back(
            Write{Space::kTiles, EdgeKey(partition_, tile.level, index), std::nullopt});
      }
      work.writes.push_back(Write{Space::kTiles, TileKey(partition_, tile.level, tile.number),
                                  std::move(tile.bytes)});
    }
    work.writes.push_back(Write{Space::kTiles,
                                EdgeKey(partition_, finished->edge.level, finished->edge.index),
                                std::string(AsBytes(finished->edge.hash))});
  }
  work.entry_bytes += bytes.size();
  work.writes.push_back(
      Write{Space::kJournal, JournalKey(partition_, entry->sequence), std::move(bytes)});
  work.leaves.emplace(entry->sequence, leaf);
  last_.sequence = entry->sequence;
  last_.last_leaf = leaf;
  last_.last_recorded_at = entry->recorded_at;
  work.next = last_;  // root and frontier follow once for the whole batch
  reply = Reply{.entry = std::move(entry), .leaf_hash = leaf};
}

// ---- committing
// ----------------------------------------------------------------------------------------------

void Sequencer::CommitLoop() {
  while (true) {
    std::shared_ptr<Work> work;
    {
      MutexLock lock(&mutex_);
      while (slot_ == nullptr && !is_decider_done_) committer_wakes_.Wait(&mutex_);
      if (slot_ == nullptr) break;
      work = std::move(slot_);
      slot_ = nullptr;
      is_committing_ = true;
    }
    const bool is_durable = Commit(*work);
    {
      MutexLock lock(&mutex_);
      is_committing_ = false;
      if (is_durable && work->next) durable_sequence_ = work->next->sequence;
      changed_.NotifyAll();
      decider_wakes_.NotifyOne();
    }
    CrashPoint("before_reply");
    Answers(std::move(work->answers));
  }
  MutexLock lock(&replies_mutex_);
  is_committer_done_ = true;
  replier_wakes_.NotifyAll();
}

bool Sequencer::Commit(Work& work) {
  const auto fail = [&](const absl::Status& status) {
    if (failure_.ok()) failure_ = status;
    Stop(status);
    for (Answer& answer : work.answers) answer.reply = failure_;
    return false;
  };
  if (!failure_.ok()) return fail(failure_);
  if (!work.next) return true;
  if (is_damaged_) {
    absl::Status why;
    {
      MutexLock lock(&mutex_);
      why = refusal_;
    }
    return fail(why);
  }
  Batch batch;
  batch.partition = partition_;
  batch.expected = IdOf(committed_);
  batch.next = *work.next;
  batch.next.epoch = committed_.epoch;
  batch.next.batch = committed_.batch + 1;
  batch.next.binary_version = kVersion;
  batch.writes = std::move(work.writes);
  AppendWrites(*work.state, partition_, batch.writes);

  CrashPoint("before_commit");
  CommitResult result = store_.Commit(batch);
  while (result.outcome == CommitOutcome::kUnknown) {
    // Nobody is answered until the head says which it was.
    const absl::StatusOr<std::optional<Head>> head = store_.ReadHead(partition_);
    if (!head.ok()) {
      result = CommitResult{CommitOutcome::kFatal, head.status()};
    } else if (*head && IdOf(**head) == IdOf(batch.next)) {
      result = CommitResult{CommitOutcome::kCommitted, absl::OkStatus()};
    } else if (*head && IdOf(**head) == *batch.expected) {
      result = store_.Commit(batch);
    } else {
      result = CommitResult{CommitOutcome::kConflict, absl::AbortedError("the head has moved")};
    }
  }
  CrashPoint("after_commit");
  if (result.outcome == CommitOutcome::kConflict) {
    return fail(WithReason(absl::UnavailableError("writer: must lead the partition, was deposed"),
                           "NOT_LEADER"));
  }
  const auto stop_for_good = [&](const absl::Status& status) {
    // What reached the disk is unknown: nothing may be acknowledged any more, and nothing is tried
    // again.
    if (options_.on_fatal) options_.on_fatal(status);
    if (absl::IsDataLoss(status)) return fail(Corrupt(status));
    return fail(
        WithReason(absl::UnavailableError("storage: must take writes, failed"), "NOT_LEADER"));
  };
  if (result.outcome != CommitOutcome::kCommitted) return stop_for_good(result.status);
  committed_ = batch.next;
  if (anchors_ != nullptr) {
    const absl::Status anchored =
        anchors_->Write(Anchor{.ledger_id = ledger_id_,
                               .partition = partition_,
                               .generation = 0,
                               .epoch = committed_.epoch,
                               .sequence = committed_.sequence,
                               .root = committed_.root,
                               .last_leaf = committed_.last_leaf,
                               .last_recorded_at = committed_.last_recorded_at,
                               .checkpoint_size = checkpoint_size_});
    if (!anchored.ok()) return stop_for_good(anchored);
  }
  CrashPoint("after_anchor");
  absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = store_.TakeSnapshot(partition_);
  if (!snapshot.ok()) return stop_for_good(snapshot.status());
  snapshot_.Store(*std::move(snapshot));
  return true;
}

// ---- answering
// -----------------------------------------------------------------------------------------------

void Sequencer::Answers(std::vector<Answer> answers) {
  MutexLock lock(&replies_mutex_);
  replies_.push_back(std::move(answers));
  replier_wakes_.NotifyOne();
}

void Sequencer::ReplyLoop() {
  while (true) {
    std::vector<Answer> answers;
    {
      MutexLock lock(&replies_mutex_);
      while (replies_.empty() && !is_committer_done_) replier_wakes_.Wait(&replies_mutex_);
      if (replies_.empty()) return;
      answers = std::move(replies_.front());
      replies_.pop_front();
    }
    const auto count = static_cast<std::int64_t>(answers.size());
    for (Answer& answer : answers) std::move(answer.done)(std::move(answer.reply));
    MutexLock lock(&mutex_);
    unanswered_ -= count;
    if (unanswered_ == 0) changed_.NotifyAll();
  }
}

}  // namespace laurel
