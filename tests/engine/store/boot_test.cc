#include "engine/store/boot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/store/big_endian.h"
#include "engine/store/files.h"
#include "engine/store/head.h"
#include "tests/engine/store/store_conformance.h"
#include "tests/testing/log_records.h"
#include "tests/testing/rocksdb_faults.h"
#include "tests/testing/temp_dir.h"

namespace laurel {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kCommits = 200;

// The root of RFC 6962 over the hashes of the leaves, straight from its definition.
Hash RootOf(const std::vector<Hash>& leaves, std::size_t begin, std::size_t end) {
  if (begin == end) return EmptyRoot();
  if (end - begin == 1) return leaves[begin];
  std::size_t split = 1;
  while (split * 2 < end - begin) split *= 2;
  return Sha256("\x01", AsBytes(RootOf(leaves, begin, begin + split)),
                AsBytes(RootOf(leaves, begin + split, end)));
}

Hash LeafOf(absl::string_view entry) { return Sha256(absl::string_view("\0", 1), entry); }

std::string JournalKey(std::uint64_t sequence) {
  std::string rest;
  AppendBigEndian(sequence, rest);
  return rest;
}

absl::StatusOr<Hash> RootAt(const Snapshot& snapshot, PartitionId partition, std::uint64_t size) {
  std::vector<Hash> leaves;
  const absl::Status status =
      snapshot.Scan(Space::kJournal, Key(partition, ""), KeyEnd(partition), {.limit = size},
                    [&leaves](absl::string_view, absl::string_view entry) {
                      leaves.push_back(LeafOf(entry));
                      return true;
                    });
  if (!status.ok()) return status;
  if (leaves.size() != size)
    return absl::DataLossError("journal: must have every entry, was shorter");
  return RootOf(leaves, 0, leaves.size());
}

RocksDbOptions SmallStore() {
  RocksDbOptions options;
  options.block_cache_bytes = 8 << 20;
  return options;
}

BootOptions OptionsFor(const std::string& path) {
  BootOptions options;
  options.data_dir = path;
  options.store = SmallStore();
  options.binary_version = "0.1.0";
  options.root_at = RootAt;
  return options;
}

// The only partition's head of a ledger that served; fails the test if it was refused.
Head MustServe(const BootOptions& options, std::vector<std::string>* warnings = nullptr,
               std::optional<std::string>* evidence = nullptr) {
  std::variant<Booted, Refusal> outcome = Boot(options);
  if (const Refusal* refusal = std::get_if<Refusal>(&outcome)) {
    ADD_FAILURE() << Render(*refusal);
    return {};
  }
  Booted& booted = std::get<Booted>(outcome);
  if (warnings != nullptr) *warnings = booted.warnings;
  if (evidence != nullptr) *evidence = booted.evidence;
  for (const auto& [partition, head] : booted.heads) {
    EXPECT_EQ(booted.anchors->Read(partition)->value().sequence, head.sequence);
    EXPECT_EQ(booted.anchors->Read(partition)->value().epoch, head.epoch);
    EXPECT_EQ(*booted.store->ReadHead(partition), head);
  }
  return booted.heads.at(0);
}

// Names and contents of everything that a refusal must leave alone.
std::map<std::string, std::string> DataFiles(const std::string& path) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name.rfind("LOG", 0) == 0 || name == "LOCK") continue;
    files[entry.path().string()] = *ReadFile(entry.path().string());
  }
  return files;
}

Refusal MustRefuse(const BootOptions& options, BootCode code) {
  const auto before = DataFiles(options.data_dir);
  const std::variant<Booted, Refusal> outcome = Boot(options);
  const Refusal* refusal = std::get_if<Refusal>(&outcome);
  if (refusal == nullptr) {
    ADD_FAILURE() << "served sequence " << std::get<Booted>(outcome).heads.at(0).sequence;
    return {};
  }
  EXPECT_EQ(ToString(refusal->code), ToString(code)) << Render(*refusal);
  EXPECT_TRUE(DataFiles(options.data_dir) == before) << "files changed";
  return *refusal;
}

void WriteOver(const std::string& path, absl::string_view bytes) {
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
}

void Flip(const std::string& path, std::size_t offset) {
  std::string bytes = *ReadFile(path);
  ASSERT_LT(offset, bytes.size());
  bytes[offset] ^= 0x10;
  WriteOver(path, bytes);
}

std::string NewestOf(const std::string& folder,
                     const std::function<bool(const fs::path&)>& is_wanted) {
  std::string newest;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_wanted(entry.path())) newest = std::max(newest, entry.path().string());
  }
  return newest;
}
std::string LiveLog(const std::string& data_dir) {
  return NewestOf(absl::StrCat(data_dir, "/db"),
                  [](const fs::path& path) { return path.extension() == ".log"; });
}
std::string Manifest(const std::string& data_dir) {
  return NewestOf(absl::StrCat(data_dir, "/db"), [](const fs::path& path) {
    return path.filename().string().rfind("MANIFEST-", 0) == 0;
  });
}

// A ledger of 200 synced commits of one entry each, copied as a kill -9 would leave it, and what it
// looked like on the way. Built once; each test damages copies.
class BootTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_ = std::make_unique<TempDir>();
    const std::string path = shared_->Path("ledger");
    const auto made = DataDir::Init(
        path, {.origin = "ledger.example.com/laurel", .ledger_id = {}, .store = SmallStore()});
    ASSERT_TRUE(made.ok()) << made.status();
    std::variant<Booted, Refusal> outcome = Boot(OptionsFor(path));
    ASSERT_TRUE(std::holds_alternative<Booted>(outcome)) << Render(std::get<Refusal>(outcome));
    Booted& booted = std::get<Booted>(outcome);
    std::vector<Hash> leaves;
    Head head = booted.heads.at(0);
    roots_ = {head.root};
    for (std::uint64_t i = 1; i <= kCommits; ++i) {
      if (i == kCommits) fs::copy(path, shared_->Path("at199"), fs::copy_options::recursive);
      const std::string entry = absl::StrCat("entry ", i, std::string(40, 'x'));
      leaves.push_back(LeafOf(entry));
      Batch batch;
      batch.expected = IdOf(head);
      head.sequence = i;
      head.batch = i;
      head.root = RootOf(leaves, 0, leaves.size());
      head.last_leaf = leaves.back();
      batch.next = head;
      batch.writes = {Put(Space::kJournal, JournalKey(i), entry),
                      Put(Space::kMembers, "last", absl::StrCat(i))};
      const CommitResult result = booted.store->Commit(batch);
      ASSERT_EQ(result.outcome, CommitOutcome::kCommitted) << result.status;
      roots_.push_back(head.root);
      Anchor anchor = booted.anchors->Read(0)->value();
      anchor.sequence = i;
      anchor.root = head.root;
      anchor.last_leaf = head.last_leaf;
      ASSERT_TRUE(booted.anchors->Write(anchor).ok());
      if (i == kCommits / 2) fs::copy(path, shared_->Path("at100"), fs::copy_options::recursive);
    }
    fs::copy(path, shared_->Path("at200"), fs::copy_options::recursive);
  }
  static void TearDownTestSuite() { shared_.reset(); }

  // A fresh copy. Case A: the anchor says 200. Case B: it says 199, the last commit was never
  // acknowledged.
  std::string CaseA() { return Copy("at200"); }
  std::string CaseB() {
    const std::string path = Copy("at200");
    fs::copy_file(Stored("at199/anchor"), path + "/anchor", fs::copy_options::overwrite_existing);
    return path;
  }
  std::string Copy(absl::string_view name) {
    const std::string path = dir_.Path(absl::StrCat("copy", ++copies_));
    fs::copy(Stored(name), path, fs::copy_options::recursive);
    return path;
  }
  static std::string Stored(absl::string_view name) { return shared_->Path(name); }
  static const Hash& RootAfter(std::uint64_t sequence) { return roots_[sequence]; }

  Refusal RefuseBehind(const std::string& path) {
    const Refusal refusal = MustRefuse(OptionsFor(path), BootCode::kBehindAnchor);
    EXPECT_GT(refusal.missing_entries, 0u);
    return refusal;
  }

  const TempDir dir_;
  int copies_ = 0;

 private:
  static std::unique_ptr<TempDir> shared_;
  static std::vector<Hash> roots_;  // by sequence
};
std::unique_ptr<TempDir> BootTest::shared_;
std::vector<Hash> BootTest::roots_;

// D1 to D8: damage of the live log, in both cases.
using Damage = std::function<void(const std::string& log)>;

void CutTo(const std::string& log, std::size_t size) {
  WriteOver(log, ReadFile(log)->substr(0, size));
}

std::vector<std::size_t> RecordStarts(const std::string& log) { return RecordsOf(log).starts; }

TEST_F(BootTest, D1UndamagedServes) {
  EXPECT_EQ(MustServe(OptionsFor(CaseA())).sequence, 200u);
  std::vector<std::string> warnings;
  const Head head =
      MustServe(OptionsFor(CaseB()), &warnings);  // checks that the anchor has advanced
  EXPECT_EQ(head.sequence, 200u);
  EXPECT_EQ(head.epoch, 2u);
  EXPECT_EQ(head.root, RootAfter(200));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(BootTest, D2FlippedBitInTheMiddleOfTheLog) {
  for (const std::string& path : {CaseA(), CaseB()}) {
    const std::vector<std::size_t> starts = RecordStarts(LiveLog(path));
    Flip(LiveLog(path), starts[starts.size() / 2] + 30);
    const Refusal refusal = RefuseBehind(path);
    EXPECT_GT(refusal.missing_entries, 50u);
    EXPECT_LT(refusal.missing_entries, 150u);
  }
}

TEST_F(BootTest, D3LogCutInsideTheLastRecord) {
  const Damage damage = [](const std::string& log) { CutTo(log, RecordsOf(log).end - 20); };
  const std::string a = CaseA();
  damage(LiveLog(a));
  EXPECT_EQ(RefuseBehind(a).missing_entries, 1u);
  const std::string b = CaseB();
  damage(LiveLog(b));
  const Head head = MustServe(OptionsFor(b));
  EXPECT_EQ(head.sequence, 199u);
  EXPECT_EQ(head.root, RootAfter(199));
}

TEST_F(BootTest, D4LogCutBetweenRecords) {
  std::uint64_t missing = 10;
  for (const std::string& path : {CaseA(), CaseB()}) {
    const std::vector<std::size_t> starts = RecordStarts(LiveLog(path));
    CutTo(LiveLog(path), starts[starts.size() - 10]);
    EXPECT_EQ(RefuseBehind(path).missing_entries, missing--);
  }
}

TEST_F(BootTest, D5GarbageBehindTheLog) {
  for (const std::string& path : {CaseA(), CaseB()}) {
    std::string garbage;
    for (int i = 0; i < 300; ++i) garbage.push_back(static_cast<char>((i * 37 + 11) & 0xFF));
    WriteOver(LiveLog(path), absl::StrCat(*ReadFile(LiveLog(path)), garbage));
    EXPECT_EQ(MustServe(OptionsFor(path)).sequence, 200u);
  }
}

// As a write that was torn by a power cut leaves it: zeros where the rest of it should have come.
TEST_F(BootTest, D5GarbageBehindTheLastRecord) {
  for (const std::string& path : {CaseA(), CaseB()}) {
    std::string bytes = *ReadFile(LiveLog(path));
    const std::size_t end = RecordsOf(LiveLog(path)).end;
    for (std::size_t i = 0; i < 300; ++i) bytes[end + i] = static_cast<char>((i * 37 + 11) & 0xFF);
    WriteOver(LiveLog(path), bytes);
    EXPECT_EQ(MustServe(OptionsFor(path)).sequence, 200u);
  }
}

TEST_F(BootTest, D3RestOfTheLastRecordZeroed) {
  const Damage damage = [](const std::string& log) {
    std::string bytes = *ReadFile(log);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(RecordsOf(log).end - 20), 20, '\0');
    WriteOver(log, bytes);
  };
  const std::string a = CaseA();
  damage(LiveLog(a));
  EXPECT_EQ(RefuseBehind(a).missing_entries, 1u);
  const std::string b = CaseB();
  damage(LiveLog(b));
  EXPECT_EQ(MustServe(OptionsFor(b)).sequence, 199u);
}

TEST_F(BootTest, D6EndOfTheLogZeroed) {
  for (const std::string& path : {CaseA(), CaseB()}) {
    std::string bytes = *ReadFile(LiveLog(path));
    const auto end = bytes.begin() + static_cast<std::ptrdiff_t>(RecordsOf(LiveLog(path)).end);
    std::fill(end - 4'096, end, '\0');
    WriteOver(LiveLog(path), bytes);
    RefuseBehind(path);
  }
}

TEST_F(BootTest, D7LogDeleted) {
  std::uint64_t missing = 200;
  for (const std::string& path : {CaseA(), CaseB()}) {
    fs::remove(LiveLog(path));
    EXPECT_EQ(RefuseBehind(path).missing_entries, missing--);
  }
}

TEST_F(BootTest, D8FlippedBitInTheLastRecord) {
  const Damage damage = [](const std::string& log) { Flip(log, RecordStarts(log).back() + 40); };
  const std::string a = CaseA();
  damage(LiveLog(a));
  EXPECT_EQ(RefuseBehind(a).missing_entries, 1u);

  const std::string b = CaseB();
  damage(LiveLog(b));
  const std::string log = LiveLog(b);
  const std::string damaged = *ReadFile(log);
  std::optional<std::string> evidence;
  const Head head = MustServe(OptionsFor(b), nullptr, &evidence);
  EXPECT_EQ(head.sequence, 199u);
  ASSERT_TRUE(evidence.has_value());
  EXPECT_EQ(fs::path(*evidence).parent_path(), fs::path(b) / "evidence");
  EXPECT_EQ(*ReadFile(absl::StrCat(*evidence, "/", fs::path(log).filename().string())), damaged);
  EXPECT_TRUE(fs::exists(*evidence + "/CURRENT"));
  EXPECT_EQ(MustServe(OptionsFor(b), nullptr, &evidence).sequence,
            199u);  // and from now on as usual
  EXPECT_FALSE(evidence.has_value());
}

TEST_F(BootTest, D9TornNewestAnchorSlotLeavesTheOlder) {
  const std::string path = CaseA();
  const std::vector<PartitionId> partitions = {0, kAuditPartition};
  const std::uint64_t generation =
      (*AnchorFile::Open(path + "/anchor", partitions))->Read(0)->value().generation;
  Flip(path + "/anchor", (generation % 2) * kAnchorSlotStride + 60);
  std::vector<std::string> warnings;
  EXPECT_EQ(MustServe(OptionsFor(path), &warnings).sequence, 200u);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(BootTest, D10NoValidAnchorSlot) {
  const std::string flipped = CaseA();
  Flip(flipped + "/anchor", 60);
  Flip(flipped + "/anchor", kAnchorSlotStride + 60);
  EXPECT_EQ(MustRefuse(OptionsFor(flipped), BootCode::kAnchorMissing).partition, PartitionId{0});
  const std::string gone = CaseA();
  fs::remove(gone + "/anchor");
  MustRefuse(OptionsFor(gone), BootCode::kAnchorMissing);
  const std::string short_of_audit = CaseA();
  CutTo(short_of_audit + "/anchor", 2 * kAnchorSlotStride);
  EXPECT_EQ(MustRefuse(OptionsFor(short_of_audit), BootCode::kAnchorMissing).partition,
            kAuditPartition);
}

TEST_F(BootTest, D11PartsOfAnotherLedger) {
  const std::string other = dir_.Path("other");
  ASSERT_TRUE(
      DataDir::Init(other,
                    {.origin = "elsewhere.example.com/x", .ledger_id = {}, .store = SmallStore()})
          .ok());
  for (absl::string_view part : {"anchor", "IDENTITY.laurel", "db"}) {
    SCOPED_TRACE(part);
    const std::string path = CaseA();
    fs::remove_all(absl::StrCat(path, "/", part));
    fs::copy(absl::StrCat(other, "/", part), absl::StrCat(path, "/", part),
             fs::copy_options::recursive);
    MustRefuse(OptionsFor(path), BootCode::kWrongLedger);
  }
}

BootOptions WithCheckpoint(const std::string& path, std::uint64_t size, const Hash& root) {
  BootOptions options = OptionsFor(path);
  options.checkpoints = [size, root](const DataDir& dir) {
    EXPECT_EQ(dir.identity().origin, "ledger.example.com/laurel");
    return std::map<PartitionId, SignedCheckpoint>{{0, SignedCheckpoint{size, root}}};
  };
  return options;
}

TEST_F(BootTest, D12WholeDirectoryBehindASignedCheckpoint) {
  const Refusal refusal =
      MustRefuse(WithCheckpoint(Copy("at100"), 150, RootAfter(150)), BootCode::kBehindCheckpoint);
  EXPECT_EQ(refusal.missing_entries, 50u);
  EXPECT_EQ(MustServe(OptionsFor(Copy("at100"))).sequence, 100u);  // nobody else can tell
  EXPECT_EQ(MustServe(WithCheckpoint(CaseA(), 150, RootAfter(150))).sequence, 200u);
  EXPECT_EQ(MustServe(WithCheckpoint(CaseA(), 200, RootAfter(200))).sequence, 200u);
  MustRefuse(WithCheckpoint(CaseA(), 150, RootAfter(149)), BootCode::kForked);
  MustRefuse(WithCheckpoint(CaseA(), 200, RootAfter(199)), BootCode::kForked);
}

TEST_F(BootTest, D13OldDatabaseUnderANewAnchor) {
  const std::string path = Copy("at100");
  fs::copy_file(Stored("at200/anchor"), path + "/anchor", fs::copy_options::overwrite_existing);
  EXPECT_EQ(RefuseBehind(path).missing_entries, 100u);
}

TEST_F(BootTest, D14NewDatabaseUnderAnOldAnchorServesWithAWarning) {
  const std::string path = CaseA();
  fs::copy_file(Stored("at100/anchor"), path + "/anchor", fs::copy_options::overwrite_existing);
  std::vector<std::string> warnings;
  EXPECT_EQ(MustServe(OptionsFor(path), &warnings).sequence, 200u);
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_THAT(warnings[0], HasSubstr("ANCHOR_STALE"));
}

TEST_F(BootTest, D15RewrittenHeadRecord) {
  const auto rewrite = [](const std::string& path, auto change) {
    HeadRecord record;
    {
      const auto store = RocksDbStore::Open(path + "/db", SmallStore());
      ASSERT_TRUE(store.ok()) << store.status();
      record = *DecodeHead(
          (*(*store->get()->TakeSnapshot(0))->Get(Space::kDefault, HeadKey(0))).value());
    }
    change(record.head);
    ASSERT_TRUE(PutRaw(path + "/db", Space::kDefault, HeadKey(0), EncodeHead(record)).ok());
  };
  const std::string other_root = CaseA();
  rewrite(other_root, [](Head& head) { head.root[0] ^= 1; });
  MustRefuse(OptionsFor(other_root), BootCode::kForked);

  // Entries under the anchor changed, and the head moved on to hide it.
  const std::string other_entry = Copy("at199");
  fs::remove_all(other_entry + "/db");
  fs::copy(Stored("at200/db"), other_entry + "/db", fs::copy_options::recursive);
  ASSERT_TRUE(PutRaw(other_entry + "/db", Space::kJournal, Key(0, JournalKey(7)),
                     "entry 7 as somebody likes it")
                  .ok());
  EXPECT_THAT(MustRefuse(OptionsFor(other_entry), BootCode::kForked).found,
              HasSubstr("root at sequence 199"));

  const std::string older_epoch = CaseA();
  rewrite(older_epoch, [](Head& head) { head.epoch = 0; });
  MustRefuse(OptionsFor(older_epoch), BootCode::kEpochBehind);
}

TEST_F(BootTest, D16MetadataOfTheDatabaseMissingOrFlipped) {
  const std::pair<absl::string_view, Damage> rows[] = {
      {"CURRENT missing", [](const std::string& path) { fs::remove(path + "/db/CURRENT"); }},
      {"CURRENT flipped", [](const std::string& path) { Flip(path + "/db/CURRENT", 3); }},
      {"CURRENT names another",
       [](const std::string& path) { WriteOver(path + "/db/CURRENT", "MANIFEST-000077\n"); }},
      {"MANIFEST missing", [](const std::string& path) { fs::remove(Manifest(path)); }},
      {"MANIFEST flipped",
       [](const std::string& path) { Flip(Manifest(path), ReadFile(Manifest(path))->size() / 2); }},
      {"MANIFEST cut", [](const std::string& path) { CutTo(Manifest(path), 40); }},
  };
  for (const auto& [name, damage] : rows) {
    SCOPED_TRACE(name);
    const std::string path = CaseA();
    damage(path);
    const Refusal refusal = MustRefuse(OptionsFor(path), BootCode::kStoreDamaged);
    EXPECT_TRUE(refusal.found.find("Corruption: ") != std::string::npos ||
                refusal.found.find("IO error: ") != std::string::npos ||
                refusal.found.find("Invalid argument: ") != std::string::npos)
        << refusal.found;
  }
}

TEST_F(BootTest, MissingPartsHaveTheirOwnCodes) {
  const std::string no_store = CaseA();
  fs::remove_all(no_store + "/db");
  MustRefuse(OptionsFor(no_store), BootCode::kStoreMissing);
  fs::create_directory(no_store + "/db");
  MustRefuse(OptionsFor(no_store), BootCode::kStoreMissing);
  fs::remove(no_store + "/anchor");
  MustRefuse(OptionsFor(no_store), BootCode::kNotInitialised);
  fs::remove(no_store + "/IDENTITY.laurel");
  MustRefuse(OptionsFor(no_store), BootCode::kIdentityDamaged);
  fs::create_directory(dir_.Path("empty"));
  const Refusal none = MustRefuse(OptionsFor(dir_.Path("empty")), BootCode::kNotInitialised);
  EXPECT_EQ(ExitCode(none), 78);
  EXPECT_THAT(Render(none), HasSubstr("laureld init"));
}

TEST_F(BootTest, NewerFormatIsRefusedWithBothNames) {
  const std::string path = CaseA();
  LedgerIdentity identity = *ParseIdentity(*ReadFile(path + "/IDENTITY.laurel"));
  identity.format = 2;
  WriteOver(path + "/IDENTITY.laurel", RenderIdentity(identity));
  const Refusal refusal = MustRefuse(OptionsFor(path), BootCode::kFormatMismatch);
  EXPECT_THAT(refusal.found, HasSubstr("reads format 1, was format 2"));
}

TEST_F(BootTest, SecondProcessIsRefusedWithThePidOfTheFirst) {
  const std::string path = CaseA();
  const std::variant<Booted, Refusal> first = Boot(OptionsFor(path));
  ASSERT_TRUE(std::holds_alternative<Booted>(first));
  const pid_t child = ::fork();
  if (child == 0) {
    const std::variant<Booted, Refusal> second = Boot(OptionsFor(path));
    const Refusal* refusal = std::get_if<Refusal>(&second);
    const bool names_us =
        refusal != nullptr && refusal->code == BootCode::kLocked &&
        refusal->found.find(absl::StrCat("process ", ::getppid())) != std::string::npos;
    ::_exit(names_us ? ExitCode(*refusal) : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 75);
}

TEST_F(BootTest, EveryBootIsANewEpochOfEveryPartition) {
  const std::string path = CaseA();
  for (std::uint64_t epoch = 2; epoch <= 4; ++epoch) {
    const std::variant<Booted, Refusal> outcome = Boot(OptionsFor(path));
    const Booted& booted = std::get<Booted>(outcome);
    ASSERT_EQ(booted.heads.size(), 2u);
    EXPECT_EQ(booted.heads.at(0).epoch, epoch);
    EXPECT_EQ(booted.heads.at(kAuditPartition).epoch, epoch);
    EXPECT_EQ(booted.heads.at(kAuditPartition).sequence, 0u);
    EXPECT_EQ(booted.heads.at(0).binary_version, "0.1.0");
  }
}

TEST_F(BootTest, EntriesThatDoNotVerifyRefuse) {
  BootOptions options = OptionsFor(CaseA());
  options.check_tail = [](const Snapshot& snapshot, PartitionId partition) {
    EXPECT_TRUE(partition == kAuditPartition || snapshot.head()->sequence == 200);
    return partition == 0 ? absl::DataLossError("entry 200: must follow entry 199, was changed")
                          : absl::OkStatus();
  };
  EXPECT_THAT(MustRefuse(options, BootCode::kStoreDamaged).found, HasSubstr("entry 200"));
}

TEST_F(BootTest, RefusalSaysWhatWhereAndHowToGoOn) {
  const std::string path = CaseA();
  fs::remove(LiveLog(path));
  const Refusal refusal = RefuseBehind(path);
  EXPECT_EQ(ExitCode(refusal), 78);
  EXPECT_EQ(
      Render(refusal),
      absl::StrCat(
          "refused to start: BEHIND_ANCHOR\n"
          "  partition  0\n"
          "  found      sequence 0, epoch 0, root ",
          ToHex(EmptyRoot()),
          "\n"
          "  expected   sequence 200, epoch 1, root ",
          ToHex(RootAfter(200)),
          " (head anchor)\n"
          "  missing    200 entries\n"
          "  evidence   ",
          path,
          " (left as it was found)\n"
          "ways on:\n"
          "  1. restore a backup into an empty directory: laurelctl backup restore\n"
          "  2. fetch the missing entries from a standby or from the journal archive\n"
          "  3. accept the loss, on record: laurelctl ledger accept-head --sequence 0 --root ",
          ToHex(EmptyRoot()), " --reason TEXT --approver ID\n"));
}

TEST(Boot, FreshLedgerOfManyPartitionsServes) {
  const TempDir dir;
  const std::string path = dir.Path("data");
  ASSERT_TRUE(
      DataDir::Init(
          path,
          {.origin = "a.example/b", .partition_count = 5, .ledger_id = {}, .store = SmallStore()})
          .ok());
  const std::variant<Booted, Refusal> outcome = Boot(OptionsFor(path));
  ASSERT_TRUE(std::holds_alternative<Booted>(outcome)) << Render(std::get<Refusal>(outcome));
  EXPECT_EQ(std::get<Booted>(outcome).heads.size(), 6u);
}

}  // namespace
}  // namespace laurel
