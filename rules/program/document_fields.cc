#include "rules/program/document_fields.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

bool IsId(absl::string_view id, IdForm form) {
  if (id.empty() || id.size() > 40) return false;
  const auto is_letter = form == IdForm::kAny ? IsLetter : IsLower;
  const char joint = form == IdForm::kProgram ? '-' : '_';
  if (!is_letter(id.front())) return false;
  if (form == IdForm::kProgram && id.size() < 2) return false;
  return std::all_of(id.begin(), id.end(),
                     [&](char c) { return is_letter(c) || IsDigit(c) || c == joint; });
}

absl::string_view Describe(IdForm form) {
  switch (form) {
    case IdForm::kProgram:
      return "2 to 40 of a-z, 0-9 and -, from a letter";
    case IdForm::kLower:
      return "1 to 40 of a-z, 0-9 and _, from a letter";
    case IdForm::kAny:
      return "1 to 40 of A-Z, a-z, 0-9 and _, from a letter";
  }
  return "";
}

// Limits are whole numbers of the greater unit.
std::string RenderLimit(std::int64_t max, int digits) {
  const std::string text = RenderScaled(max, digits);
  return text.substr(0, text.find('.'));
}

bool IsLongerThan(const CivilDuration& duration, int years) {
  const CivilDuration limit{years, CivilDuration::Unit::kYears};
  if (duration.months() > 0) return duration.months() > limit.months();
  return duration.micros_max() > limit.micros_max();
}

}  // namespace

void Fields::Missing(const std::string& path) {
  if (!findings_.IsWrong(path)) findings_.Error("R-SCHEMA-009", path, "must be given");
}

bool Fields::Required(const std::string& path, absl::string_view value) {
  if (value.empty()) Missing(path);
  return !value.empty();
}

void Fields::Text(const std::string& path, absl::string_view value, std::size_t characters_max) {
  const std::size_t characters = CodePoints(value);
  if (characters <= characters_max) return;
  findings_.Error(
      "R-SCHEMA-016", path,
      absl::StrCat("must have at most ", characters_max, " characters, had ", characters));
}

void Fields::Id(const std::string& path, absl::string_view id, IdForm form) {
  if (!Required(path, id) || IsId(id, form)) return;
  findings_.Error("R-SCHEMA-015", path,
                  absl::StrCat("must be ", Describe(form), ", was ", Quoted(id)));
}

int Fields::Limited(const std::string& path, int count, int max) {
  if (count > max && !findings_.IsWrong(path)) {
    findings_.Error("R-SCHEMA-016", path, absl::StrCat("must have at most ", max, ", had ", count));
  }
  return std::min(count, max);
}

std::optional<std::int64_t> Fields::Positive(const std::string& path, const std::string& text,
                                             int digits, std::int64_t max) {
  return Number(path, text, digits, 1, max);
}

std::optional<std::int64_t> Fields::NotNegative(const std::string& path, const std::string& text,
                                                int digits, std::int64_t max) {
  return Number(path, text, digits, 0, max);
}

std::optional<std::int64_t> Fields::Number(const std::string& path, const std::string& text,
                                           int digits, std::int64_t min, std::int64_t max) {
  if (!Required(path, text)) return std::nullopt;
  const auto refuse = [&](std::string expectation) {
    findings_.Error("R-SCHEMA-012", path, absl::StrCat(expectation, ", was ", Quoted(text)));
    return std::nullopt;
  };
  const Scaled number = ParseScaled(text, digits);
  switch (number.fit) {
    case Scaled::Fit::kMalformed:
      return refuse(digits == 0 ? "must be a whole number" : "must be a decimal such as 12.50");
    case Scaled::Fit::kTooFine:
      return refuse(digits == 0
                        ? "must be a whole number"
                        : absl::StrCat("must have at most ", digits,
                                       digits == 1 ? " digit" : " digits", " after the point"));
    case Scaled::Fit::kTooLarge:
      return refuse(absl::StrCat("must be at most ", RenderLimit(max, digits)));
    case Scaled::Fit::kExact:
      break;
  }
  if (number.value < min) return refuse(min == 0 ? "must be >= 0" : "must be > 0");
  if (number.value > max) return refuse(absl::StrCat("must be at most ", RenderLimit(max, digits)));
  return number.value;
}

void Fields::Between(const std::string& path, std::int64_t value, std::int64_t min,
                     std::int64_t max) {
  if (findings_.IsWrong(path) || (value >= min && value <= max)) return;
  findings_.Error("R-SCHEMA-012", path,
                  absl::StrCat("must be ", min, " to ", max, ", was ", value));
}

std::optional<CivilDuration> Fields::Duration(const std::string& path, const std::string& text,
                                              int years_max) {
  const std::optional<CivilDuration> duration = ParseDuration(text);
  if (!duration) {
    findings_.Error(
        "R-SCHEMA-013", path,
        absl::StrCat("must be a duration such as 30 days or 12 months, was ", Quoted(text)));
    return std::nullopt;
  }
  if (IsLongerThan(*duration, years_max)) {
    findings_.Error("R-SCHEMA-013", path,
                    absl::StrCat("must be at most ", years_max, " years, was ", Quoted(text)));
    return std::nullopt;
  }
  return duration;
}

std::optional<CivilDuration> Fields::Days(const std::string& path, const std::string& text,
                                          int years_max) {
  const std::optional<CivilDuration> duration = Duration(path, text, years_max);
  if (!duration || duration->is_whole_days()) return duration;
  findings_.Error("R-SCHEMA-013", path,
                  absl::StrCat("must be in days, weeks, months or years, was ", Quoted(text)));
  return std::nullopt;
}

void Names::Add(const std::string& path, const std::string& id, Findings& findings) {
  const std::size_t index = ids_.size();
  ids_.push_back(id);
  if (id.empty()) return;
  const auto [taken, is_new] = by_lower_case_.emplace(absl::AsciiStrToLower(id), index);
  if (is_new || findings.IsWrong(path)) return;
  const std::string& other = ids_[taken->second];
  const std::string first = At(list_, static_cast<int>(taken->second));
  findings.Error("R-SCHEMA-014", path,
                 other == id
                     ? absl::StrCat("must be another than that of ", first, ", was ", Quoted(id))
                     : absl::StrCat("must differ from ", Quoted(other), " of ", first,
                                    " in more than case, was ", Quoted(id)));
}

void Names::AddQuietly(const std::string& id) {
  by_lower_case_.emplace(absl::AsciiStrToLower(id), ids_.size());
  ids_.push_back(id);
}

bool Names::Contains(const std::string& id) const {
  const auto found = by_lower_case_.find(absl::AsciiStrToLower(id));
  return found != by_lower_case_.end() && ids_[found->second] == id;
}

std::optional<std::size_t> Names::Find(const std::string& path, const std::string& id,
                                       Findings& findings) const {
  const auto found = by_lower_case_.find(absl::AsciiStrToLower(id));
  if (found != by_lower_case_.end() && ids_[found->second] == id) return found->second;
  // Without the list nobody can tell.
  if (findings.IsWrong(list_)) return std::nullopt;
  findings.Error("R-NAME-103", path,
                 absl::StrCat("must be ", kind_.front() == 'a' ? "an " : "a ", kind_,
                              " of the program, was ", Quoted(id)),
                 DidYouMean(id, ids_));
  return std::nullopt;
}

}  // namespace laurel::rules
