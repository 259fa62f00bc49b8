#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/journal/checkpoint.h"
#include "engine/journal/merkle.h"
#include "engine/journal/tiles.h"
#include "engine/store/anchor.h"
#include "engine/store/data_dir.h"
#include "service/cli/app.h"
#include "service/cli/input.h"
#include "service/cli/ledger_export.h"
#include "tests/testing/temp_dir.h"

namespace laurel::cli {
namespace {

std::string Do(const std::vector<std::string>& arguments, ExitCode expected) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(Run(arguments, {&out, &err, false, nullptr}), expected) << err.str();
  return out.str() + err.str();
}

std::string Entry(std::uint64_t i) { return absl::StrCat("entry ", i, std::string(i % 40, 'x')); }

TEST(EntryExport, TilesRebuildTheTree) {
  const TempDir folder;
  EntryExport written(folder.Path("log"), true);
  TileAccumulator expected;
  for (std::uint64_t i = 1; i <= 600; ++i) {
    expected.Append(LeafHash(Entry(i)));
    ASSERT_TRUE(written.Add(Entry(i)).ok());
  }
  ASSERT_TRUE(written.Finish("the checkpoint\n").ok());
  EXPECT_EQ(written.root(), expected.frontier().root());
  EXPECT_EQ(*ReadAll(folder.Path("log/checkpoint"), 100), "the checkpoint\n");
  EXPECT_EQ(DecodeEntryBundle(*ReadAll(folder.Path("log/tile/entries/001"), 1 << 20))->at(0),
            Entry(257));
  EXPECT_EQ(DecodeEntryBundle(*ReadAll(folder.Path("log/tile/entries/002.p/88"), 1 << 20))->size(),
            88u);
  EXPECT_EQ(*DecodeTile(*ReadAll(folder.Path("log/tile/0/002.p/88"), 1 << 20), 88),
            expected.partial(0));
  EXPECT_EQ(*DecodeTile(*ReadAll(folder.Path("log/tile/1/000.p/2"), 1 << 20), 2),
            expected.partial(1));
  EXPECT_TRUE(std::filesystem::exists(folder.Path("log/tile/0/001")));
}

TEST(EntryExport, OneFileHoldsEveryEntry) {
  const TempDir folder;
  EntryExport written(folder.Path("entries.bin"), false);
  std::string expected;
  for (std::uint64_t i = 1; i <= 300; ++i) {
    const std::string entry = Entry(i);
    ASSERT_TRUE(written.Add(entry).ok());
    expected.push_back(static_cast<char>(entry.size() >> 8));
    expected.push_back(static_cast<char>(entry.size() & 0xFF));
    expected.append(entry);
  }
  ASSERT_TRUE(written.Finish("").ok());
  EXPECT_EQ(*ReadAll(folder.Path("entries.bin"), 1 << 20), expected);
}

TEST(EntryExport, NothingGivesAnEmptyFile) {
  const TempDir folder;
  EntryExport written(folder.Path("entries.bin"), false);
  ASSERT_TRUE(written.Finish("").ok());
  EXPECT_EQ(*ReadAll(folder.Path("entries.bin"), 10), "");
}

TEST(OutputFile, AppearsWholeOrNotAtAll) {
  const TempDir folder;
  const std::string path = folder.Path("out");
  ASSERT_TRUE(WriteWhole(path, "old").ok());
  {
    const std::unique_ptr<OutputFile> file = *OutputFile::Create(path);
    ASSERT_TRUE(file->Write("new").ok());
  }
  EXPECT_EQ(*ReadAll(path, 10), "old");
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
  EXPECT_FALSE(OutputFile::Create(folder.Path("no/such/folder")).ok());
  EXPECT_FALSE(ReadAll(path, 2).ok());
}

TEST(LedgerVerify, ChecksTheSignatureOfACheckpoint) {
  const TempDir folder;
  const Signer signer = *Signer::FromSeed("test/ledger/0", KeyType::kNote, std::string(32, 'k'));
  const Signer other = *Signer::FromSeed("test/ledger/0", KeyType::kNote, std::string(32, 'o'));
  const Note note = *SignCheckpoint({"test/ledger/0", 0, EmptyRoot()}, std::vector<Signer>{signer});
  const std::string file = folder.Path("checkpoint");
  ASSERT_TRUE(WriteWhole(file, RenderNote(note)).ok());
  const std::string vkey = signer.key().Render();
  const std::string text =
      Do({"ledger", "verify", "--checkpoint", file, "--vkey", vkey}, ExitCode::kDone);
  EXPECT_TRUE(absl::StrContains(text, "origin     test/ledger/0\nsize       0\n")) << text;
  EXPECT_TRUE(absl::StrContains(
      Do({"ledger", "verify", "--checkpoint", file, "--vkey", vkey, "--json"}, ExitCode::kDone),
      "\"size\": \"0\""));
  Do({"ledger", "verify", "--checkpoint", file, "--vkey", other.key().Render()},
     ExitCode::kVerifyFailed);
  // A checkpoint of another ledger proves nothing about this one.
  DataDir::InitOptions options;
  options.origin = "test/other";
  ASSERT_TRUE(DataDir::Init(folder.Path("data"), options).ok());
  Do({"ledger", "verify", "--data-dir", folder.Path("data"), "--checkpoint", file, "--vkey", vkey},
     ExitCode::kVerifyFailed);
}

TEST(LedgerVerify, AnEmptyLedgerIsSound) {
  const TempDir folder;
  const std::string path = folder.Path("data");
  DataDir::InitOptions options;
  options.origin = "test/ledger";
  ASSERT_TRUE(DataDir::Init(path, options).ok());
  const std::string text = Do({"ledger", "verify", "--data-dir", path}, ExitCode::kDone);
  EXPECT_TRUE(absl::StrContains(text, "sound")) << text;
  EXPECT_TRUE(
      absl::StrContains(Do({"ledger", "verify", "--data-dir", path, "--json"}, ExitCode::kDone),
                        "\"isSound\": true"));
  const absl::StatusOr<DataDir> held = DataDir::Open(path);
  ASSERT_TRUE(held.ok());
  Do({"ledger", "verify", "--data-dir", path}, ExitCode::kLocked);
}

TEST(LedgerVerify, AStoreBehindItsAnchorIsFound) {
  const TempDir folder;
  const std::string path = folder.Path("data");
  DataDir::InitOptions options;
  options.origin = "test/ledger";
  const LedgerIdentity identity = *DataDir::Init(path, options);
  {
    const std::unique_ptr<AnchorFile> anchors =
        *AnchorFile::Open(path + "/anchor", PartitionsOf(identity));
    Anchor anchor = **anchors->Read(0);
    anchor.sequence = 5;
    ASSERT_TRUE(anchors->Write(anchor).ok());
  }
  const std::string text = Do({"ledger", "verify", "--data-dir", path}, ExitCode::kVerifyFailed);
  EXPECT_TRUE(absl::StrContains(text, "BEHIND_ANCHOR")) << text;
}

}  // namespace
}  // namespace laurel::cli
