#include "rules/program/functions.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/time.h"
#include "rules/program/fact_frame.h"
#include "rules/program/text.h"
#include "rules/program/units.h"

namespace laurel::rules::model {
namespace {

using cel::Args;
using cel::CallStyle;
using cel::Context;
using cel::ErrorCode;
using cel::Value;

constexpr cel::KindSet kString = cel::Only(cel::Kind::kString);

const FunctionHost& HostOf(const Context& context) {
  return *static_cast<const FunctionHost*>(context.host);
}

constexpr absl::string_view kZero("\0", 1);

// Of the concatenation. Ids and salts are short: it mostly fits into a fixed buffer.
Hash DigestOf(std::span<const absl::string_view> parts) {
  std::array<char, 256> buffer;
  std::size_t size = 0;
  for (const absl::string_view part : parts) size += part.size();
  if (size > buffer.size()) return Sha256(absl::StrJoin(parts, ""));
  char* end = buffer.data();
  for (const absl::string_view part : parts) end = std::copy(part.begin(), part.end(), end);
  return Sha256(absl::string_view(buffer.data(), size));
}

Value TierAtLeast(Context& context, Args args) {
  const FunctionHost& host = HostOf(context);
  const std::vector<Tier>& tiers = host.model->tiers;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    if (tiers[i].id == args[0].text()) return Value::Bool(host.facts->member.tier >= i);
  }
  return Value::Error(ErrorCode::kBadArgument);
}

Value HashBucketOf(Context& context, Args args) {
  const FunctionHost& host = HostOf(context);
  return Value::Int(BucketOf(*host.model, *host.facts, args[0].text()));
}

}  // namespace

void AddConstantFunctions(int exponent, cel::FunctionRegistry& registry) {
  registry.Add("money", CallStyle::kGlobal, {kString}, [exponent](Context&, Args args) {
    const Scaled scaled = ParseScaled(args[0].text(), exponent);
    return scaled.fit == Scaled::Fit::kExact ? Value::Int(scaled.value)
                                             : Value::Error(ErrorCode::kBadArgument);
  });
  registry.Add("time_of_day", CallStyle::kGlobal, {kString}, [](Context&, Args args) {
    const std::optional<int> minute = ParseTimeOfDay(args[0].text());
    return minute ? Value::Int(*minute) : Value::Error(ErrorCode::kBadArgument);
  });
  registry.Add("date", CallStyle::kGlobal, {kString}, [](Context&, Args args) {
    return Date::Parse(args[0].text()).ok() ? args[0] : Value::Error(ErrorCode::kBadArgument);
  });
}

void AddMemberFunctions(cel::FunctionRegistry& registry) {
  registry.Add("tier_at_least", CallStyle::kGlobal, {kString}, TierAtLeast);
  registry.Add("hash_bucket", CallStyle::kGlobal, {kString}, HashBucketOf);
}

std::int32_t HashBucket(absl::string_view program, absl::string_view salt,
                        absl::string_view member) {
  const std::array<absl::string_view, 5> parts = {program, kZero, salt, kZero, member};
  const Hash hash = DigestOf(parts);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | hash[i];
  return static_cast<std::int32_t>(number % 10'000);
}

std::int32_t BucketOf(const Model& model, const Facts& facts, absl::string_view salt) {
  if (facts.buckets == nullptr) return HashBucket(model.id, salt, facts.member.id);
  for (const BucketFact& fact : *facts.buckets) {
    if (fact.salt == salt) return fact.bucket;
  }
  return 9'999;
}

}  // namespace laurel::rules::model
