#include "tests/crash/ledger_on_disk.h"

#include <map>
#include <span>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/domain/facts.h"
#include "engine/store/files.h"
#include "tests/testing/test_ledger.h"

namespace laurel {
namespace {

constexpr absl::string_view kOrigin = "ledger.example.com/laurel";

Signer LogSigner() {
  absl::StatusOr<Signer> signer =
      Signer::FromSeed(absl::StrCat(kOrigin, "/0"), KeyType::kNote, std::string(32, 'k'));
  LAUREL_CHECK(signer.ok(), "the test's key is a key");
  return *std::move(signer);
}

RocksDbOptions StoreOptions(const LedgerOnDisk::Options& options) {
  RocksDbOptions store;
  store.block_cache_bytes = 8 << 20;
  store.write_buffer_bytes = 1 << 20;  // flushes happen while the tests run
  store.env = options.env;
  store.on_fatal = options.on_fatal;
  return store;
}

std::int64_t Number(absl::string_view text) {
  std::int64_t number = 0;
  LAUREL_CHECK(absl::SimpleAtoi(text, &number), "an order's field is a number");
  return number;
}

}  // namespace

Order ParseOrder(absl::string_view text) {
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  const auto at = [&](std::size_t i) { return i < words.size() ? Number(words[i]) : 0; };
  const auto identity = [&] { return IdentityNo(static_cast<std::uint64_t>(at(1))); };
  if (words[0] == "accrue") {
    AccruePurchase sale;
    sale.member = identity();
    sale.receipt = ReceiptNo(static_cast<int>(at(2)));
    sale.occurred_at = Timestamp::FromMicros(at(4));
    sale.channel = Channel::kPos;
    sale.currency = "EUR";
    sale.total = at(3);
    return sale;
  }
  if (words[0] == "redeem") return Redeem{identity(), PointsType(), at(2), "till"};
  if (words[0] == "return") {
    return ReturnPurchase{ReceiptNo(static_cast<int>(at(1))),
                          ReceiptNo(static_cast<int>(at(2))),
                          Timestamp::FromMicros(at(3)),
                          {}};
  }
  LAUREL_CHECK(words[0] == "reverse", "an order is one of the four");
  return ReverseRedemption{static_cast<std::uint64_t>(at(1)), at(2)};
}

Command CommandOf(absl::string_view request, absl::string_view content) {
  return Command{TheProgram(), RequestId::Of(request), "crash", ParseOrder(content)};
}

std::string CheckpointFile(absl::string_view data_dir) {
  return absl::StrCat(data_dir, "/checkpoint/0");
}

absl::StatusOr<std::optional<Checkpoint>> ReadSignedCheckpoint(const std::string& file) {
  const absl::StatusOr<std::string> bytes = ReadFile(file);
  if (absl::IsNotFound(bytes.status())) return std::optional<Checkpoint>();
  if (!bytes.ok()) return bytes.status();
  const VerifierKey key = LogSigner().key();
  ASSIGN_OR_RETURN(VerifiedCheckpoint opened, OpenCheckpoint(*bytes, std::span(&key, 1)));
  return std::optional<Checkpoint>(std::move(opened.checkpoint));
}

absl::Status LedgerOnDisk::Init(const std::string& path) {
  const absl::StatusOr<LedgerIdentity> made = DataDir::Init(
      path, {.origin = std::string(kOrigin), .ledger_id = {}, .store = StoreOptions({})});
  if (!made.ok()) return made.status();
  std::variant<std::unique_ptr<LedgerOnDisk>, Refusal> started = Start(path);
  if (const Refusal* refusal = std::get_if<Refusal>(&started))
    return absl::InternalError(Render(*refusal));
  Engine& engine = std::get<std::unique_ptr<LedgerOnDisk>>(started)->engine();
  const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(HarbourDocument());
  const std::string canonical(compiled.rulebook->canonical());
  std::vector<Order> orders = {CreateProgram{canonical, compiled.rulebook->digest()},
                               ActivateRevision{1}};
  for (std::uint64_t i = 1; i <= kCrashMembers; ++i) {
    orders.push_back(
        EnrollMember{{IdentityLink{IdentityKind::kCard, IdentityNo(i)}}, Channel::kPos, {}, {}});
  }
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const absl::StatusOr<Reply> reply = engine.Execute(Command{
        TheProgram(), RequestId::Of(absl::StrCat("setup-00", i)), "crash", std::move(orders[i])});
    if (!reply.ok()) return reply.status();
    if (reply->unrecorded || reply->entry->outcome.rejected)
      return absl::InternalError("the set-up was refused");
  }
  return absl::OkStatus();
}

std::variant<std::unique_ptr<LedgerOnDisk>, Refusal> LedgerOnDisk::Start(const std::string& path,
                                                                         Options options) {
  const std::string checkpoint_file =
      options.checkpoint_file.empty() ? CheckpointFile(path) : options.checkpoint_file;
  BootOptions boot;
  boot.data_dir = path;
  boot.store = StoreOptions(options);
  boot.binary_version = "crash";
  boot.root_at = [](const Snapshot& snapshot, PartitionId partition, std::uint64_t size) {
    return RootAt(snapshot, partition, size);
  };
  boot.check_tail = CheckTail;
  boot.checkpoints =
      [&](const DataDir&) -> absl::StatusOr<std::map<PartitionId, SignedCheckpoint>> {
    ASSIGN_OR_RETURN(const std::optional<Checkpoint> checkpoint,
                     ReadSignedCheckpoint(checkpoint_file));
    std::map<PartitionId, SignedCheckpoint> checkpoints;
    if (checkpoint) checkpoints[0] = SignedCheckpoint{checkpoint->size, checkpoint->root};
    return checkpoints;
  };
  std::variant<Booted, Refusal> outcome = Boot(boot);
  if (Refusal* refusal = std::get_if<Refusal>(&outcome)) return std::move(*refusal);
  auto ledger = std::unique_ptr<LedgerOnDisk>(
      new LedgerOnDisk(std::get<Booted>(std::move(outcome)), checkpoint_file));
  Engine::Options engine;
  engine.scheduler_interval_micros = 0;
  engine.checkpoint_file = checkpoint_file;
  engine.origin = absl::StrCat(kOrigin, "/0");
  engine.signer = LogSigner();
  engine.checkpoint_interval_micros = options.checkpoint_interval_micros;
  engine.on_fatal = options.on_fatal;
  Booted& booted = ledger->booted_;
  absl::StatusOr<std::unique_ptr<Engine>> running =
      Engine::Start(*booted.store, booted.anchors.get(), booted.dir.identity().ledger_id,
                    booted.heads.at(0), SystemClock(), std::move(engine));
  if (!running.ok())
    return Refusal{.code = BootCode::kStoreDamaged,
                   .found = std::string(running.status().message())};
  ledger->engine_ = *std::move(running);
  return ledger;
}

absl::StatusOr<std::vector<std::int64_t>> LedgerOnDisk::Balances() {
  ReadView view = engine_->Read();
  std::vector<std::int64_t> balances;
  for (std::uint64_t i = 1; i <= kCrashMembers; ++i) {
    const std::optional<MemberId> member = view.state().Resolve(TheProgram(), IdentityNo(i));
    RETURN_IF_ERROR(view.status());
    LAUREL_CHECK(member.has_value(), "a member of the set-up is there");
    for (const Balance& balance : BalancesAt(view.state(), *member, engine_->Now())) {
      if (balance.type == PointsType()) balances.push_back(balance.available);
    }
    RETURN_IF_ERROR(view.status());
  }
  return balances;
}

std::string LedgerOnDisk::Verify() {
  const absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = store().TakeSnapshot(0);
  if (!snapshot.ok()) return snapshot.status().ToString();
  VerifyOptions options;
  const absl::StatusOr<std::optional<Checkpoint>> checkpoint =
      ReadSignedCheckpoint(checkpoint_file_);
  if (!checkpoint.ok()) return checkpoint.status().ToString();
  options.checkpoint = *checkpoint;
  // A checkpoint that was signed after the snapshot says nothing about it.
  if (options.checkpoint && options.checkpoint->size > (*snapshot)->head()->sequence)
    options.checkpoint.reset();
  const absl::StatusOr<VerifyReport> report = laurel::Verify(**snapshot, 0, options);
  if (!report.ok()) return report.status().ToString();
  std::string text;
  for (const VerifyFinding& finding : report->findings) {
    absl::StrAppend(&text, ToString(finding.kind), " ", finding.sequence, " ", finding.detail,
                    "\n");
  }
  return text;
}

}  // namespace laurel
