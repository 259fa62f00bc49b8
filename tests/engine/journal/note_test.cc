#include "engine/journal/note.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/engine/journal/vectors.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr absl::string_view kNeumannKey =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr absl::string_view kNeumannSeed =
    "810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173";
constexpr absl::string_view kNeumannText =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr absl::string_view kNeumannLine =
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6K"
    "E6RyyBwJnAM=\n";
constexpr absl::string_view kFooKey =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr absl::string_view kFooText = "This is an example message.\n";
constexpr absl::string_view kFooLine =
    "— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwH"
    "jG1Yu72IneyaQM=\n";
// RFC 8032, test 1.
constexpr absl::string_view kLogSeed =
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

VerifierKey Key(absl::string_view vkey) {
  absl::StatusOr<VerifierKey> key = VerifierKey::Parse(vkey);
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

Signer MakeSigner(absl::string_view name, KeyType type, absl::string_view seed_hex) {
  absl::StatusOr<Signer> signer = Signer::FromSeed(name, type, absl::HexStringToBytes(seed_hex));
  EXPECT_TRUE(signer.ok()) << signer.status();
  return *std::move(signer);
}

std::string NeumannNote() { return absl::StrCat(kNeumannText, "\n", kNeumannLine); }

// OK or the reason why the note does not stand under `keys`.
absl::Status Open(absl::string_view bytes, const std::vector<VerifierKey>& keys) {
  const absl::StatusOr<Note> note = ParseNote(bytes);
  if (!note.ok()) return note.status();
  return VerifyNote(*note, keys).status();
}

TEST(Base64, DecodesOnlyWhatEncodingWrites) {
  EXPECT_EQ(EncodeBase64("\xfb\xff"), "+/8=");
  EXPECT_EQ(DecodeBase64("+/8="), "\xfb\xff");
  EXPECT_EQ(DecodeBase64(""), "");
  for (absl::string_view text : {"+/8", "+/9=", "-_8=", "+/8= ", " +/8=", "+/8=\n", "+/8==", "+/8.",
                                 "=", "A", "AA==A", "A\0A="}) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
}

TEST(ParseDecimal, AcceptsOneFormOnly) {
  EXPECT_EQ(ParseDecimal("0"), 0u);
  EXPECT_EQ(ParseDecimal("70000"), 70000u);
  EXPECT_EQ(ParseDecimal("18446744073709551615"), ~std::uint64_t{0});
  for (absl::string_view text :
       {"", "00", "01", "+1", "-1", " 1", "1 ", "1\n", "0x1", "1e3", "18446744073709551616"}) {
    EXPECT_EQ(ParseDecimal(text), std::nullopt) << text;
  }
}

TEST(VerifierKey, MatchesPublishedVectors) {
  const VerifierKey neumann = Key(kNeumannKey);
  EXPECT_EQ(neumann.name(), "PeterNeumann");
  EXPECT_EQ(neumann.id(), 0xc74f20a3u);
  EXPECT_EQ(neumann.type(), KeyType::kNote);
  EXPECT_EQ(neumann.public_key(), testing::HashFromHex("1a5cd907143c384c41e830c5bce12aa8817ec5649aa"
                                                       "abf2c31388b35b2d744d6"));
  EXPECT_EQ(neumann.Render(), kNeumannKey);
  EXPECT_EQ(Key(kFooKey).Render(), kFooKey);

  EXPECT_EQ(MakeSigner("PeterNeumann", KeyType::kNote, kNeumannSeed).key(), neumann);
  const VerifierKey log = MakeSigner("ledger.example.com/laurel/0", KeyType::kNote, kLogSeed).key();
  EXPECT_EQ(log.public_key(), testing::HashFromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa6232"
                                                   "5af021a68f707511a"));
  // Its base64 holds a '+', which must not part it.
  EXPECT_EQ(log.Render(),
            "ledger.example.com/laurel/0+3ebf25c6+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea");
  EXPECT_EQ(Key(log.Render()), log);
}

TEST(VerifierKey, RefusesMalformedKeys) {
  const std::string key(kNeumannKey);
  for (const std::string& vkey : {
           std::string(),
           std::string("PeterNeumann"),
           std::string("PeterNeumann+c74f20a3"),
           std::string("PeterNeumann+c74f20a3+"),
           key.substr(1),
           key + " ",
           key + "\n",
           key.substr(0, key.size() - 1),
           absl::StrReplaceAll(key, {{"c74f20a3", "c74f20a4"}}),
           absl::StrReplaceAll(key, {{"c74f20a3", "C74F20A3"}}),
           absl::StrReplaceAll(key, {{"c74f20a3", "0c74f20a3"}}),
           absl::StrReplaceAll(key, {{"+ARpc", "+ARpd"}}),
           absl::StrReplaceAll(key, {{"+ARpc", "+AhpC"}}),  // type 2
           absl::StrReplaceAll(key, {{"Peter", "Peter "}}),
       }) {
    EXPECT_EQ(VerifierKey::Parse(vkey).status().code(), absl::StatusCode::kInvalidArgument) << vkey;
  }
}

TEST(VerifierKey, RefusesNamesWithSpaceControlOrPlus) {
  constexpr absl::string_view kNames[] = {"",
                                          "a b",
                                          "a\tb",
                                          "a\nb",
                                          "a+b",
                                          "a\x01",
                                          "a\u00a0b",
                                          "a\u0085b",
                                          "a\u1680b",
                                          "a\u2003b",
                                          "a\u2028b",
                                          "a\u202fb",
                                          "a\u205fb",
                                          "a\u3000b",
                                          "a\xff",
                                          "\xc3",
                                          "a\xc0\x80",
                                          "\xed\xa0\x80",
                                          "\xe0\x80\x80",
                                          "\xf4\x90\x80\x80",
                                          "\xf0\x80\x80\x80",
                                          "\x80"};
  for (absl::string_view name : kNames) {
    EXPECT_EQ(VerifierKey::Make(name, KeyType::kNote, {}).status().code(),
              absl::StatusCode::kInvalidArgument)
        << absl::CEscape(name);
  }
  for (absl::string_view name :
       {"a", "ledger.example.com/laurel/0", "Ünïcode", "\U0001f3c5", "—"}) {
    EXPECT_TRUE(VerifierKey::Make(name, KeyType::kNote, {}).ok()) << name;
  }
}

TEST(Signer, MatchesPublishedNote) {
  const Signer signer = MakeSigner("PeterNeumann", KeyType::kNote, kNeumannSeed);
  const absl::StatusOr<NoteSignature> signature = signer.Sign(kNeumannText);
  ASSERT_TRUE(signature.ok()) << signature.status();
  EXPECT_EQ(RenderSignatureLine(*signature), kNeumannLine);
  EXPECT_EQ(RenderNote(Note{std::string(kNeumannText), {*signature}}), NeumannNote());
}

TEST(Signer, RefusesBadSeedNameAndText) {
  EXPECT_FALSE(Signer::FromSeed("a", KeyType::kNote, std::string(31, 'x')).ok());
  EXPECT_FALSE(Signer::FromSeed("a", KeyType::kNote, "").ok());
  EXPECT_FALSE(Signer::FromSeed("a b", KeyType::kNote, std::string(32, 'x')).ok());
  const Signer signer = MakeSigner("a", KeyType::kNote, kLogSeed);
  for (absl::string_view text : {"", "no newline", "tab\t\n", "\xff\n", "return\r\n"}) {
    EXPECT_EQ(signer.Sign(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(VerifyNote, AcceptsPublishedNotes) {
  EXPECT_EQ(Open(NeumannNote(), {Key(kNeumannKey)}), absl::OkStatus());
  EXPECT_EQ(Open(absl::StrCat(kFooText, "\n", kFooLine), {Key(kNeumannKey), Key(kFooKey)}),
            absl::OkStatus());
}

TEST(VerifyNote, IgnoresUnknownKeysOfSameNameOrSameId) {
  const Signer known = MakeSigner("a", KeyType::kNote, kLogSeed);
  const NoteSignature right = *known.Sign("text\n");
  NoteSignature same_name = right;
  same_name.key_id ^= 1;
  same_name.signature[0] = static_cast<char>(same_name.signature[0] ^ 1);
  NoteSignature same_id = same_name;
  same_id.name = "b";
  same_id.key_id = right.key_id;
  const std::vector<VerifierKey> keys = {known.key()};
  const auto verified = VerifyNote(Note{"text\n", {same_name, right, same_id}}, keys);
  ASSERT_TRUE(verified.ok()) << verified.status();
  ASSERT_THAT(*verified, SizeIs(1));
  EXPECT_EQ(verified->front().key, known.key());
  EXPECT_EQ(verified->front().cosigned_at, std::nullopt);

  EXPECT_THAT(
      std::string(VerifyNote(Note{"text\n", {same_name, same_id}}, keys).status().message()),
      HasSubstr("must be signed by a known key"));
}

TEST(VerifyNote, RefusesNoteIfAnyKnownKeyFails) {
  const Signer a = MakeSigner("a", KeyType::kNote, kLogSeed);
  const Signer b = MakeSigner("b", KeyType::kNote, kNeumannSeed);
  const NoteSignature right = *a.Sign("text\n");
  NoteSignature wrong = *b.Sign("other\n");
  const std::vector<VerifierKey> keys = {a.key(), b.key()};
  EXPECT_FALSE(VerifyNote(Note{"text\n", {right, wrong}}, keys).ok());
  EXPECT_TRUE(VerifyNote(Note{"text\n", {right, wrong}}, std::vector{a.key()}).ok());
  // A second signature of one key is no excuse for a wrong first one, nor the other way round.
  NoteSignature bad = right;
  bad.signature[5] = static_cast<char>(bad.signature[5] ^ 1);
  EXPECT_FALSE(VerifyNote(Note{"text\n", {right, bad}}, keys).ok());
  EXPECT_FALSE(VerifyNote(Note{"text\n", {bad, right}}, keys).ok());
  EXPECT_THAT(*VerifyNote(Note{"text\n", {right, right}}, keys), SizeIs(1));
}

TEST(VerifyNote, RefusesSignaturesOfAnotherLength) {
  const Signer signer = MakeSigner("a", KeyType::kNote, kLogSeed);
  const NoteSignature right = *signer.Sign("text\n");
  for (std::size_t length : {1u, 63u, 65u, 72u}) {
    NoteSignature wrong = right;
    wrong.signature.resize(length);
    EXPECT_FALSE(VerifyNote(Note{"text\n", {wrong}}, std::vector{signer.key()}).ok()) << length;
  }
}

TEST(VerifyNote, KeepsTypesOfOneKeyApart) {
  const Signer note = MakeSigner("a", KeyType::kNote, kLogSeed);
  const Signer cosigner = MakeSigner("a", KeyType::kCosignature, kLogSeed);
  EXPECT_NE(note.key().id(), cosigner.key().id());
  const std::vector<NoteSignature> both = {*note.Sign("text\n"), *cosigner.Cosign("text\n", 17)};
  const auto verified = VerifyNote(Note{"text\n", both}, std::vector{cosigner.key(), note.key()});
  ASSERT_TRUE(verified.ok()) << verified.status();
  ASSERT_THAT(*verified, SizeIs(2));
  EXPECT_EQ((*verified)[0].cosigned_at, std::nullopt);
  EXPECT_EQ((*verified)[1].cosigned_at, 17u);
}

TEST(VerifyNote, BindsCosignatureToItsInstant) {
  const Signer cosigner = MakeSigner("w", KeyType::kCosignature, kLogSeed);
  NoteSignature signature = *cosigner.Cosign("text\n", 1700000000);
  ASSERT_THAT(signature.signature, SizeIs(72));
  EXPECT_TRUE(VerifyNote(Note{"text\n", {signature}}, std::vector{cosigner.key()}).ok());
  for (std::size_t at : {0u, 7u}) {
    NoteSignature wrong = signature;
    wrong.signature[at] = static_cast<char>(wrong.signature[at] ^ 0x80);
    EXPECT_FALSE(VerifyNote(Note{"text\n", {wrong}}, std::vector{cosigner.key()}).ok()) << at;
  }
}

TEST(ParseNote, SplitsAtLastEmptyLine) {
  const Signer signer = MakeSigner("a", KeyType::kNote, kLogSeed);
  const std::string text = "first\n\n— a AAAAAAA=\n\nlast\n";
  const Note note{text, {*signer.Sign(text)}};
  const absl::StatusOr<Note> parsed = ParseNote(RenderNote(note));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, note);
  EXPECT_TRUE(VerifyNote(*parsed, std::vector{signer.key()}).ok());
}

TEST(ParseNote, RefusesMalformedNotes) {
  const std::string text = "text\n";
  const std::string line(kFooLine);
  const std::string note = text + "\n" + line;
  ASSERT_TRUE(ParseNote(note).ok());
  for (const std::string& bytes : {
           std::string(),
           text,
           text + "\n",
           text + line,
           std::string("text\n\n\n"),
           "\n" + line,
           note.substr(0, note.size() - 1),
           note + "\n",
           note + "x",
           note + "\n" + text,
           "te\x01xt\n\n" + line,
           "te\rxt\n\n" + line,
           "te\xffxt\n\n" + line,
           std::string("te\0xt\n\n", 7) + line,
           text + "\n-" + line.substr(3),
           text + "\n " + line,
           text + "\n" + absl::StrReplaceAll(line, {{"foo ", "foo  "}}),
           text + "\n" + absl::StrReplaceAll(line, {{"foo ", "foo"}}),
           text + "\n" + absl::StrReplaceAll(line, {{"foo ", "f+o "}}),
           text + "\n" + absl::StrReplaceAll(line, {{"=\n", "\n"}}),
           text + "\n" + absl::StrReplaceAll(line, {{"=\n", "= \n"}}),
           text + "\n" + absl::StrReplaceAll(line, {{"=\n", "=\r\n"}}),
           text + "\n— a AAAAAA==\n",  // a key id without a signature
           text + "\n— a \n",
           text + "\n—  AAAAAAA=\n",
       }) {
    EXPECT_EQ(ParseNote(bytes).status().code(), absl::StatusCode::kInvalidArgument)
        << absl::CEscape(bytes);
  }
}

TEST(ParseNote, BoundsSignaturesAndBytes) {
  Note note{"text\n", {}};
  for (std::size_t i = 0; i < kNoteSignaturesMax; ++i) {
    note.signatures.push_back(NoteSignature{absl::StrCat("key", i), 1, "s"});
  }
  EXPECT_TRUE(ParseNote(RenderNote(note)).ok());
  note.signatures.push_back(NoteSignature{"more", 1, "s"});
  EXPECT_FALSE(ParseNote(RenderNote(note)).ok());
  Note large{"text\n", {NoteSignature{"key", 1, "s"}}};
  large.text.insert(0, kNoteBytesMax, 'x');
  EXPECT_FALSE(ParseNote(RenderNote(large)).ok());
}

TEST(ParseNote, SurvivesRandomMutations) {
  const std::uint64_t seed = TestSeed(20240301);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  const std::string original = NeumannNote();
  const std::vector<VerifierKey> keys = {Key(kNeumannKey)};
  constexpr absl::string_view kPieces[] = {"\n", "\n\n", "— ", " ",    "=",
                                           "+",  "\xe2", "A",  "\xff", "\t"};
  int parsed_count = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = original;
    for (std::uint64_t changes = 1 + random() % 3; changes > 0 && !bytes.empty(); --changes) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 5) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 8);
          break;
        case 2:
          bytes.insert(at, std::string(kPieces[random() % std::size(kPieces)]));
          break;
        case 3:
          bytes.resize(at);
          break;
        case 4:
          bytes += bytes.substr(at);
          break;
      }
    }
    const absl::StatusOr<Note> note = ParseNote(bytes);
    if (!note.ok()) continue;
    ++parsed_count;
    ASSERT_EQ(RenderNote(*note), bytes);
    if (VerifyNote(*note, keys).ok()) {
      ASSERT_EQ(note->text, kNeumannText) << absl::CEscape(bytes);
    }
  }
  EXPECT_GT(parsed_count, 0);
}

TEST(VerifierKey, SurvivesRandomMutations) {
  const std::uint64_t seed = TestSeed(20240301);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20000; ++round) {
    std::string vkey(kNeumannKey);
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      vkey[random() % vkey.size()] = static_cast<char>(random());
    }
    const absl::StatusOr<VerifierKey> key = VerifierKey::Parse(vkey);
    if (key.ok()) {
      ASSERT_EQ(key->Render(), vkey);
    }
  }
}

}  // namespace
}  // namespace laurel
