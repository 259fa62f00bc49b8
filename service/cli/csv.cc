#include "service/cli/csv.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/status_macros.h"

namespace laurel::cli {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

}  // namespace

absl::Status CsvReader::Error(absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat("line ", line_, ": ", what));
}

absl::StatusOr<int> CsvReader::Peek() {
  if (at_ == buffer_.size()) {
    buffer_.resize(kBufferBytes);
    at_ = 0;
    absl::StatusOr<std::size_t> count = source_->Read(buffer_.data(), buffer_.size());
    buffer_.resize(count.ok() ? *count : 0);
    if (!count.ok()) return count.status();
    if (*count == 0) return -1;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

absl::Status CsvReader::SkipMark() {
  ASSIGN_OR_RETURN(const int first, Peek());
  if (first == 0xFF || first == 0xFE) return Error("text must be UTF-8, was UTF-16");
  if (first != 0xEF) return absl::OkStatus();
  for (const int wanted : {0xEF, 0xBB, 0xBF}) {
    ASSIGN_OR_RETURN(const int byte, Peek());
    if (byte != wanted) return Error("text must be UTF-8, was something else");
    ++at_;
  }
  return absl::OkStatus();
}

absl::Status CsvReader::CheckLimit(const std::string& field) const {
  if (field.size() < kCsvFieldBytesMax) return absl::OkStatus();
  return Error(absl::StrCat("field: must be at most ", kCsvFieldBytesMax, " bytes, was longer"));
}

absl::Status CsvReader::ReadQuoted(std::string& field) {
  const std::uint64_t opened = line_;
  ++at_;
  while (true) {
    ASSIGN_OR_RETURN(const int byte, Peek());
    if (byte < 0) return Error(absl::StrCat("quote: must be closed, was opened in line ", opened));
    ++at_;
    if (byte == '\n') ++line_;
    if (byte == '"') {
      ASSIGN_OR_RETURN(const int next, Peek());
      if (next != '"') return absl::OkStatus();
      ++at_;
    }
    field.push_back(static_cast<char>(byte));
    RETURN_IF_ERROR(CheckLimit(field));
  }
}

absl::Status CsvReader::ReadPlain(std::string& field) {
  while (true) {
    ASSIGN_OR_RETURN(const int byte, Peek());
    if (byte < 0 || byte == '\n' || byte == separator_) return absl::OkStatus();
    field.push_back(static_cast<char>(byte));
    ++at_;
    RETURN_IF_ERROR(CheckLimit(field));
  }
}

absl::StatusOr<bool> CsvReader::Next(CsvRecord& record) {
  if (!is_started_) RETURN_IF_ERROR(SkipMark());
  is_started_ = true;
  std::size_t count = 0;
  const auto next_field = [&]() -> std::string& {
    if (count == record.fields.size()) record.fields.emplace_back();
    record.fields[count].clear();
    return record.fields[count++];
  };
  record.line = line_;
  while (true) {
    if (count == kCsvFieldsMax)
      return Error(absl::StrCat("record: must have at most ", kCsvFieldsMax, " fields"));
    std::string& field = next_field();
    ASSIGN_OR_RETURN(const int first, Peek());
    const bool is_quoted = first == '"';
    RETURN_IF_ERROR(is_quoted ? ReadQuoted(field) : ReadPlain(field));
    ASSIGN_OR_RETURN(int end, Peek());
    if (is_quoted && end == '\r') {
      ++at_;
      ASSIGN_OR_RETURN(end, Peek());
      if (end != '\n' && end >= 0)
        return Error("closing quote: must end the field, was followed by a carriage return");
    }
    if (end == separator_) {
      ++at_;
      continue;
    }
    if (end >= 0 && end != '\n')
      return Error("closing quote: must end the field, was followed by text");
    if (end == '\n') {
      ++at_;
      ++line_;
    }
    if (!is_quoted && !field.empty() && field.back() == '\r') field.pop_back();
    if (count == 1 && !is_quoted && field.empty()) {  // an empty line, or the end
      if (end < 0) return false;
      count = 0;
      record.line = line_;
      continue;
    }
    record.fields.resize(count);
    return true;
  }
}

std::string RenderCsvRecord(const std::vector<std::string>& fields) {
  std::string record;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) record.push_back(',');
    const bool has_edge_space =
        !fields[i].empty() && (fields[i].front() == ' ' || fields[i].back() == ' ');
    const bool is_empty_line = fields.size() == 1 && fields[i].empty();
    if (fields[i].find_first_of(",\"\r\n") == std::string::npos && !has_edge_space &&
        !is_empty_line) {
      record.append(fields[i]);
    } else {
      absl::StrAppend(&record, "\"", absl::StrReplaceAll(fields[i], {{"\"", "\"\""}}), "\"");
    }
  }
  record.push_back('\n');
  return record;
}

}  // namespace laurel::cli
