#include "service/cli/csv.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <random>

#include "tests/testing/seed.h"

namespace laurel::cli {
namespace {

using Records = std::vector<std::vector<std::string>>;

// What a source gives when it is read in pieces of `step` bytes.
class Stutter final : public ByteSource {
 public:
  Stutter(std::string bytes, std::size_t step) : bytes_(std::move(bytes)), step_(step) {}
  absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) override {
    const std::size_t count = std::min({size, step_, bytes_.size() - at_});
    bytes_.copy(buffer, count, at_);
    at_ += count;
    return count;
  }
  std::uint64_t consumed_bytes() const override { return at_; }
  std::uint64_t size_bytes() const override { return bytes_.size(); }

 private:
  const std::string bytes_;
  const std::size_t step_;
  std::size_t at_ = 0;
};

absl::StatusOr<Records> ReadRecords(absl::string_view text, std::size_t step = 7,
                                    char separator = ',') {
  Stutter source(std::string(text), step);
  CsvReader reader(&source, separator);
  CsvRecord record;
  Records records;
  while (true) {
    const absl::StatusOr<bool> has_record = reader.Next(record);
    if (!has_record.ok()) return has_record.status();
    if (!*has_record) return records;
    records.push_back(record.fields);
  }
}

TEST(Csv, ReadsWhatTheStandardAndTheWorldWrite) {
  struct Row {
    const char* name;
    absl::string_view text;
    Records expected;
  };
  const Row kRows[] = {
      {"empty file", "", {}},
      {"one record", "a,b\n", {{"a", "b"}}},
      {"no last line end", "a,b", {{"a", "b"}}},
      {"carriage returns", "a,b\r\nc,d\r\n", {{"a", "b"}, {"c", "d"}}},
      {"carriage return at the end", "a,b\r", {{"a", "b"}}},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "a,b\n",
       {{"a", "b"}}},
      {"byte order mark alone", "\xEF\xBB\xBF", {}},
      {"quotes", "\"a\",\"b,c\"\n", {{"a", "b,c"}}},
      {"quotes before a carriage return", "\"a\",\"b\"\r\n", {{"a", "b"}}},
      {"doubled quotes", "\"say \"\"hi\"\"\"\n", {{"say \"hi\""}}},
      {"line end inside quotes", "\"a\nb\",c\n", {{"a\nb", "c"}}},
      {"quote inside a field", "6\" PLATE,x\n", {{"6\" PLATE", "x"}}},
      {"empty fields", ",,\n", {{"", "", ""}}},
      {"empty quoted field", "\"\"\n", {{""}}},
      {"empty lines", "a\n\n\r\nb\n", {{"a"}, {"b"}}},
      {"text of other scripts", "会员,π\n", {{"会员", "π"}}},
      {"spaces are kept", " a , b \n", {{" a ", " b "}}},
      {"separator at the end", "a,", {{"a", ""}}},
      {"carriage return inside a field", "a\rb,c\n", {{"a\rb", "c"}}},
  };
  for (const Row& row : kRows) {
    for (const std::size_t step : {1u, 2u, 3u, 4'096u}) {
      SCOPED_TRACE(absl::StrCat(row.name, ", in steps of ", step));
      const absl::StatusOr<Records> records = ReadRecords(row.text, step);
      ASSERT_TRUE(records.ok()) << records.status();
      EXPECT_EQ(*records, row.expected);
    }
  }
}

TEST(Csv, RefusesWhatHasNoMeaning) {
  struct Row {
    const char* name;
    absl::string_view text;
    const char* message;
  };
  const Row kRows[] = {
      {"open quote", "a\n\"b\n", "line 3: quote: must be closed, was opened in line 2"},
      {"text behind a quote", "a\n\"b\"c\n",
       "line 2: closing quote: must end the field, was followed by text"},
      {"UTF-16",
       absl::string_view("\xFF\xFE"
                         "a\0",
                         4),
       "line 1: text must be UTF-8, was UTF-16"},
      {"half a mark", "\xEF\xBBx", "line 1: text must be UTF-8, was something else"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    const absl::StatusOr<Records> records = ReadRecords(row.text);
    ASSERT_FALSE(records.ok());
    EXPECT_EQ(records.status().message(), row.message);
  }
}

TEST(Csv, BoundsFieldsAndRecords) {
  EXPECT_FALSE(ReadRecords(std::string(kCsvFieldBytesMax + 1, 'x'), 4'096).ok());
  EXPECT_FALSE(ReadRecords(std::string(kCsvFieldsMax + 1, ','), 4'096).ok());
  EXPECT_TRUE(ReadRecords(std::string(kCsvFieldsMax - 1, ','), 4'096).ok());
}

TEST(Csv, TellsTheLineOfARecord) {
  Stutter source("a\n\"b\nb\"\n\nc\n", 3);
  CsvReader reader(&source);
  CsvRecord record;
  std::vector<std::uint64_t> lines;
  while (*reader.Next(record)) lines.push_back(record.line);
  EXPECT_EQ(lines, (std::vector<std::uint64_t>{1, 2, 5}));
}

TEST(Csv, OtherSeparators) { EXPECT_EQ(*ReadRecords("a;b,c\n", 5, ';'), (Records{{"a", "b,c"}})); }

TEST(Csv, WhatWasRenderedReadsBack) {
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  constexpr absl::string_view kLetters = "ab,\"\n\r ;x\xC3\xA9";
  for (int round = 0; round < 2'000; ++round) {
    Records records(1 + random() % 4);
    std::string text;
    for (std::vector<std::string>& fields : records) {
      fields.resize(1 + random() % 4);
      for (std::string& field : fields) {
        for (std::uint64_t i = random() % 8; i > 0; --i)
          field.push_back(kLetters[random() % kLetters.size()]);
      }
      text.append(RenderCsvRecord(fields));
    }
    const absl::StatusOr<Records> read = ReadRecords(text, 1 + random() % 9);
    ASSERT_TRUE(read.ok()) << read.status() << text;
    ASSERT_EQ(*read, records) << text;
  }
}

TEST(Csv, NoInputBreaksTheReader) {
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    for (std::uint64_t i = random() % 40; i > 0; --i)
      text.push_back("\",\n\ra\xEF\xFF"[random() % 7]);
    const absl::StatusOr<Records> read = ReadRecords(text, 1 + random() % 5);
    EXPECT_TRUE(read.ok() || absl::IsInvalidArgument(read.status())) << read.status();
  }
}

std::string Gzip(absl::string_view text) {
  z_stream stream = {};
  ::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1'000, '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::string Zstd(absl::string_view text) {
  std::string out(::ZSTD_compressBound(text.size()), '\0');
  out.resize(::ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
  return out;
}

absl::StatusOr<std::string> Drain(absl::string_view bytes, std::size_t piece) {
  const std::unique_ptr<ByteSource> source = InputFromMemory(bytes);
  std::string all;
  std::string buffer(piece, '\0');
  while (true) {
    const absl::StatusOr<std::size_t> count = source->Read(buffer.data(), buffer.size());
    if (!count.ok()) return count.status();
    if (*count == 0) return all;
    all.append(buffer, 0, *count);
  }
}

TEST(Input, UnpacksWhatItsFirstBytesSay) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&text, i, ",");
  for (const std::size_t piece : {1'000u, 65'536u, 2'000'000u}) {
    EXPECT_EQ(*Drain(text, piece), text);
    EXPECT_EQ(*Drain(Gzip(text), piece), text);
    EXPECT_EQ(*Drain(Zstd(text), piece), text);
    EXPECT_EQ(*Drain(Gzip(text) + Gzip("more"), piece), text + "more");
    EXPECT_EQ(*Drain(Zstd(text) + Zstd("more"), piece), text + "more");
  }
  EXPECT_EQ(*Drain("", 10), "");
  EXPECT_EQ(*Drain("x", 10), "x");
  EXPECT_EQ(*Drain(Gzip(""), 10), "");
  EXPECT_EQ(*Drain(Zstd(""), 10), "");
}

TEST(Input, RefusesDamagedAndCutStreams) {
  const std::string text(100'000, 'x');
  for (const std::string& packed : {Gzip(text), Zstd(text)}) {
    const std::string cut = packed.substr(0, packed.size() - 5);
    EXPECT_EQ(Drain(cut, 1'000).status().code(), absl::StatusCode::kDataLoss);
  }
  std::string damaged = Gzip(text);  // always has a checksum
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 0x55);
  EXPECT_EQ(Drain(damaged, 1'000).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace laurel::cli
