#include "engine/domain/adjust_limits.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace laurel {
namespace {

constexpr std::int64_t kPointsMax = 100'000'000'000;  // with 4 decimals kAmountMax

std::optional<std::int64_t> ParsePoints(absl::string_view text) {
  std::int64_t points = 0;
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), text_form::IsDigit);
  if (!is_plain || !absl::SimpleAtoi(text, &points)) return std::nullopt;
  if (points < 1 || points > kPointsMax) return std::nullopt;
  return points;
}

// "200" or "200/2000".
std::optional<AdjustLimit> ParseLimit(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if (parts.size() > 2) return std::nullopt;
  AdjustLimit limit{.a_day = ParsePoints(parts[0]), .a_month = std::nullopt};
  if (!limit.a_day) return std::nullopt;
  if (parts.size() == 1) return limit;
  limit.a_month = ParsePoints(parts[1]);
  if (!limit.a_month) return std::nullopt;
  return limit;
}

std::string LimitText(const AdjustLimit& limit) {
  std::string text = absl::StrCat(limit.a_day.value_or(0));
  if (limit.a_month) absl::StrAppend(&text, "/", *limit.a_month);
  return text;
}

void Lower(const std::optional<std::int64_t>& other, std::optional<std::int64_t>& limit) {
  if (other) limit = std::min(*other, limit.value_or(*other));
}

}  // namespace

AdjustLimit AdjustLimits::Of(Role role) const {
  AdjustLimit least = others;
  for (const Part& part : by_role) {
    if (part.role == role) return part.limit;
    Lower(part.limit.a_day, least.a_day);
    Lower(part.limit.a_month, least.a_month);
  }
  return role == Role::kNone ? least : others;
}

std::optional<std::int64_t> AdjustLimits::Largest() const {
  const auto at_once = [](const AdjustLimit& limit) {
    return limit.a_month && limit.a_day ? std::min(limit.a_day, limit.a_month) : limit.a_day;
  };
  std::optional<std::int64_t> largest = at_once(others);
  for (const Part& part : by_role) {
    const std::optional<std::int64_t> of_role = at_once(part.limit);
    if (!largest || !of_role) return std::nullopt;
    largest = std::max(*largest, *of_role);
  }
  return largest;
}

std::optional<AdjustLimits> ParseAdjustLimits(absl::string_view text) {
  AdjustLimits limits;
  if (text == "none") return limits;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == absl::string_view::npos) {
      const std::optional<AdjustLimit> limit = ParseLimit(part);
      if (!limit || limits.others != AdjustLimit{}) return std::nullopt;
      limits.others = *limit;
      continue;
    }
    const std::optional<Role> role = ParseRole(part.substr(0, equals));
    const std::optional<AdjustLimit> limit = ParseLimit(part.substr(equals + 1));
    if (!role || !limit) return std::nullopt;
    for (const AdjustLimits::Part& other : limits.by_role) {
      if (other.role == *role) return std::nullopt;
    }
    limits.by_role.push_back(AdjustLimits::Part{*role, *limit});
  }
  return limits;
}

std::string ToString(const AdjustLimits& limits) {
  std::vector<std::string> parts;
  for (const AdjustLimits::Part& part : limits.by_role) {
    parts.push_back(absl::StrCat(ToString(part.role), "=", LimitText(part.limit)));
  }
  if (limits.others.a_day) parts.push_back(LimitText(limits.others));
  return parts.empty() ? "none" : absl::StrJoin(parts, ",");
}

}  // namespace laurel
