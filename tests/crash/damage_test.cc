// The disk is damaged while the process is down: boot refuses, or verification finds it, or it did
// no harm. Never is another balance served.
#include <algorithm>
#include <filesystem>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/reason.h"
#include "engine/store/files.h"
#include "tests/crash/child.h"
#include "tests/crash/ledger_on_disk.h"
#include "tests/crash/must_serve.h"
#include "tests/testing/log_records.h"
#include "tests/testing/seed.h"
#include "tests/testing/temp_dir.h"

namespace laurel {
namespace {

namespace fs = std::filesystem;

constexpr int kCommands = 60;

void Flip(const std::string& path, std::size_t offset, int bit) {
  std::string bytes = *ReadFile(path);
  ASSERT_LT(offset, bytes.size());
  bytes[offset] = static_cast<char>(bytes[offset] ^ (1 << bit));
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
}

std::string LiveLog(const std::string& data_dir) {
  std::string newest;
  for (const auto& entry : fs::directory_iterator(data_dir + "/db")) {
    if (entry.path().extension() == ".log") newest = std::max(newest, entry.path().string());
  }
  return newest;
}

std::size_t LastRecord(const std::string& log) { return RecordsOf(log).starts.back(); }

std::string Accrual(int number) {
  return absl::StrCat("accrue ", 1 + number % 4, " ", number, " ", 1000 + 100 * number, " ",
                      SystemClock().Now().micros());
}

// A ledger after kCommands acknowledged purchases, as a kill -9 leaves it, and the same before the
// last one. Built once; tests damage copies.
class DamageTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_ = std::make_unique<TempDir>();
    const std::string path = shared_->Path("ledger");
    const absl::Status made = LedgerOnDisk::Init(path);
    ASSERT_TRUE(made.ok()) << made;
    fs::copy(path, shared_->Path("yesterday"), fs::copy_options::recursive);
    std::unique_ptr<LedgerOnDisk> ledger = MustServe(LedgerOnDisk::Start(path));
    ASSERT_NE(ledger, nullptr);
    for (int i = 1; i <= kCommands; ++i) {
      if (i == kCommands) {
        fs::copy(path, shared_->Path("before"), fs::copy_options::recursive);
        before_ = *ledger->Balances();
        last_ = Accrual(i);
      }
      const absl::StatusOr<Reply> reply =
          ledger->Run(absl::StrCat("sale-", 1000 + i), i == kCommands ? last_ : Accrual(i));
      ASSERT_TRUE(reply.ok() && !reply->entry->outcome.rejected) << reply.status();
    }
    fs::copy(path, shared_->Path("crashed"), fs::copy_options::recursive);
    sequence_ = ledger->engine().sequence();
    after_ = *ledger->Balances();
    ledger->engine().SignedCheckpoint();
    // Everything in data files, for bits that flip at rest.
    ASSERT_TRUE(ledger->store().CompactAll().ok());
    ledger = nullptr;
    fs::copy(path, shared_->Path("closed"), fs::copy_options::recursive);
  }
  static void TearDownTestSuite() { shared_.reset(); }

  std::string Copy(absl::string_view name) {
    const std::string path = dir_.Path(absl::StrCat("copy", ++copies_));
    fs::copy(Stored(name), path, fs::copy_options::recursive);
    return path;
  }
  static std::string Stored(absl::string_view name) { return shared_->Path(name); }

  // Case A: everything was acknowledged. Case B: the last command was not, so that its anchor is
  // missing.
  std::string CaseA() { return Copy("crashed"); }
  std::string CaseB() {
    const std::string path = Copy("crashed");
    fs::copy_file(Stored("before/anchor"), path + "/anchor", fs::copy_options::overwrite_existing);
    // A checkpoint is signed behind the anchor.
    fs::remove(CheckpointFile(path));
    if (fs::exists(CheckpointFile(Stored("before")))) {
      fs::copy_file(CheckpointFile(Stored("before")), CheckpointFile(path));
    }
    return path;
  }

  void MustRefuse(const std::string& path, BootCode code, LedgerOnDisk::Options options = {}) {
    const auto outcome = LedgerOnDisk::Start(path, std::move(options));
    const Refusal* refusal = std::get_if<Refusal>(&outcome);
    ASSERT_NE(refusal, nullptr) << "served";
    EXPECT_EQ(ToString(refusal->code), ToString(code)) << Render(*refusal);
  }
  // Serves with everything or without the last command, and answers its retry accordingly.
  void MustServeWith(const std::string& path, bool has_last) {
    const std::unique_ptr<LedgerOnDisk> ledger = MustServe(LedgerOnDisk::Start(path));
    ASSERT_NE(ledger, nullptr);
    EXPECT_EQ(ledger->engine().sequence(), has_last ? sequence_ : sequence_ - 1);
    EXPECT_EQ(*ledger->Balances(), has_last ? after_ : before_);
    const absl::StatusOr<Reply> again = ledger->Run(absl::StrCat("sale-", 1000 + kCommands), last_);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->is_replayed, has_last);
    EXPECT_EQ(again->entry->sequence, sequence_);
    EXPECT_EQ(*ledger->Balances(), after_);
    EXPECT_EQ(ledger->Verify(), "");
  }

  const TempDir dir_;
  int copies_ = 0;
  static std::unique_ptr<TempDir> shared_;
  static std::vector<std::int64_t> before_, after_;  // balances before and after the last command
  static std::uint64_t sequence_;
  static std::string last_;
};
std::unique_ptr<TempDir> DamageTest::shared_;
std::vector<std::int64_t> DamageTest::before_, DamageTest::after_;
std::uint64_t DamageTest::sequence_ = 0;
std::string DamageTest::last_;

TEST_F(DamageTest, D1UndamagedServes) {
  MustServeWith(CaseA(), true);
  MustServeWith(CaseB(), true);
}

TEST_F(DamageTest, D3LogCutInsideTheLastRecord) {
  for (const bool is_acknowledged : {true, false}) {
    const std::string path = is_acknowledged ? CaseA() : CaseB();
    fs::resize_file(LiveLog(path), LastRecord(LiveLog(path)) + 20);
    if (is_acknowledged) {
      MustRefuse(path, BootCode::kBehindAnchor);
    } else {
      MustServeWith(path, false);
    }
  }
}

TEST_F(DamageTest, D8FlippedBitInTheLastRecord) {
  const std::string a = CaseA();
  Flip(LiveLog(a), LastRecord(LiveLog(a)) + 40, 4);
  MustRefuse(a, BootCode::kBehindAnchor);
  const std::string b = CaseB();
  Flip(LiveLog(b), LastRecord(LiveLog(b)) + 40, 4);
  MustServeWith(b, false);
  EXPECT_FALSE(fs::is_empty(b + "/evidence"));
}

// The boot that repairs dies between the copy and the repair: the next one starts from the same
// damage.
TEST_F(DamageTest, D8DeathAfterTheEvidenceWasCopied) {
#ifndef LAUREL_CRASH_POINTS
  GTEST_SKIP() << "built without crash points";
#endif
  const std::string path = CaseB();
  Flip(LiveLog(path), LastRecord(LiveLog(path)) + 40, 4);
  const std::string diaries = dir_.Path("diaries");
  fs::create_directory(diaries);
  Child child({path, diaries, "1", "1", "0", "exit"}, {"LAUREL_CRASH_AT=evidence_copied"});
  ASSERT_EQ(child.Wait(), kCrashed);
  EXPECT_FALSE(fs::is_empty(path + "/evidence"));
  MustServeWith(path, false);
}

TEST_F(DamageTest, D12YesterdaysDirectoryUnderTodaysCheckpoint) {
  const std::string path = Copy("yesterday");
  LedgerOnDisk::Options options;
  options.checkpoint_file = CheckpointFile(Stored("closed"));  // kept elsewhere
  MustRefuse(path, BootCode::kBehindCheckpoint, options);
}

// ---- bits at rest
// ----------------------------------------------------------------------------------------------

enum class Harm { kRefused, kDataLoss, kFound, kNone };

// Boots and asks every balance. Fails the test if one is wrong.
Harm HarmOf(const std::string& path, const std::vector<std::int64_t>& expected) {
  auto started = LedgerOnDisk::Start(path);
  if (std::holds_alternative<Refusal>(started)) return Harm::kRefused;
  LedgerOnDisk& ledger = *std::get<std::unique_ptr<LedgerOnDisk>>(started);
  const auto balances = ledger.Balances();
  if (!balances.ok()) {
    EXPECT_EQ(balances.status().code(), absl::StatusCode::kDataLoss) << balances.status();
    return Harm::kDataLoss;
  }
  EXPECT_EQ(*balances, expected) << "a wrong balance was served";
  const bool is_intact = ledger.Verify().empty();
  // Commands read what balances do not. Each is decided on what was written, or refused as damaged;
  // never guessed.
  for (const auto& [content, available] :
       {std::pair<std::string, std::int64_t>{"redeem 1 5", expected[0] - 5},
        {absl::StrCat("return 999 1 ", SystemClock().Now().micros()), expected[1] - 11}}) {
    const absl::StatusOr<Reply> reply =
        ledger.Run(absl::StrCat("after-", content.substr(0, 6)), content);
    if (!reply.ok()) {
      EXPECT_EQ(reply.status().code(), absl::StatusCode::kDataLoss) << reply.status();
      EXPECT_FALSE(is_intact) << "verify found nothing";
      return Harm::kDataLoss;
    }
    EXPECT_EQ(reply->entry->outcome.balances[0].available, available);
  }
  return is_intact ? Harm::kNone : Harm::kFound;
}

TEST_F(DamageTest, D17OneBitInADataFile) {
  std::mt19937_64 random(TestSeed(17));
  int harmed = 0;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(Stored("closed") + "/db")) {
    if (entry.path().extension() == ".sst") names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  ASSERT_GE(names.size(), 4u);
  for (const std::string& name : names) {
    const std::string path = Copy("closed");
    const std::string file = absl::StrCat(path, "/db/", name);
    // Data blocks come first; their bytes are under their block's checksum.
    const std::size_t offset = random() % std::max<std::size_t>(1, fs::file_size(file) / 4);
    SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", TestSeed(17), " ", name, " offset ", offset));
    Flip(file, offset, static_cast<int>(random() % 8));
    if (HarmOf(path, after_) != Harm::kNone) ++harmed;
    fs::remove_all(path);
  }
  EXPECT_GT(harmed, 0);
}

TEST_F(DamageTest, ARandomBitAnywhereIsFoundOrHarmless) {
  constexpr int kFlips = 60;
  std::mt19937_64 random(TestSeed(1));
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(Stored("closed"))) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || entry.file_size() == 0) continue;
    if (name.rfind("LOG", 0) == 0 || name == "LOCK") continue;  // for people
    files.push_back(fs::relative(entry.path(), Stored("closed")).string());
  }
  std::sort(files.begin(), files.end());
  std::map<Harm, int> seen;
  for (int i = 0; i < kFlips; ++i) {
    const std::string path = Copy("closed");
    const std::string file = absl::StrCat(path, "/", files[random() % files.size()]);
    const std::size_t offset = random() % fs::file_size(file);
    SCOPED_TRACE(
        absl::StrCat("LAUREL_SEED=", TestSeed(1), " flip ", i, ": ", file, " offset ", offset));
    Flip(file, offset, static_cast<int>(random() % 8));
    ++seen[HarmOf(path, after_)];
    fs::remove_all(path);
  }
  std::printf("%d flips: %d refused, %d data loss, %d found by verify, %d harmless\n", kFlips,
              seen[Harm::kRefused], seen[Harm::kDataLoss], seen[Harm::kFound], seen[Harm::kNone]);
  EXPECT_GT(seen[Harm::kRefused], 0);
}

}  // namespace
}  // namespace laurel
