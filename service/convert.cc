#include "service/convert.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "service/status.h"
#include "service/text.h"

namespace laurel {
namespace {

// Describes what may be personal by mistake.
std::string OfLength(absl::string_view text) {
  return absl::StrCat("text of ", CodePoints(text), " characters");
}

const rules::Tier* FindTier(const rules::Rulebook& rulebook, absl::string_view id) {
  for (const rules::Tier& tier : rulebook.tiers()) {
    if (tier.id == id) return &tier;
  }
  return nullptr;
}

const rules::Metric* FindMetric(const rules::Rulebook& rulebook, absl::string_view id) {
  for (const rules::Metric& metric : rulebook.metrics()) {
    if (metric.id == id) return &metric;
  }
  return nullptr;
}

v1::MetricMeasure ToApi(rules::Measure measure) {
  switch (measure) {
    case rules::Measure::kSpend:
      return v1::METRIC_MEASURE_SPEND;
    case rules::Measure::kPoints:
      return v1::METRIC_MEASURE_POINTS;
    case rules::Measure::kVisitDays:
      return v1::METRIC_MEASURE_VISIT_DAYS;
    case rules::Measure::kPurchases:
      return v1::METRIC_MEASURE_PURCHASES;
  }
  return v1::METRIC_MEASURE_UNSPECIFIED;
}

// Enums of ours have the numbers of the API's, which is checked where they are parsed.
static_assert(static_cast<int>(kIdentityKindLast) == v1::IDENTITY_KIND_STAFF);
static_assert(static_cast<int>(Channel::kCommunity) == v1::CHANNEL_COMMUNITY);
static_assert(static_cast<int>(MemberState::kMerged) == v1::MEMBER_STATE_MERGED);
static_assert(static_cast<int>(EntryKind::kRevisionActivated) == v1::ENTRY_KIND_REVISION_ACTIVATED);
static_assert(static_cast<int>(kEntryKindLast) == v1::ENTRY_KIND_MEMBER_IMPORTED);
static_assert(static_cast<int>(Awaiting::kPerson) == v1::AWAITING_PERSON);
static_assert(static_cast<int>(Bucket::kHeld) == v1::LOT_BUCKET_HELD);
static_assert(static_cast<int>(HoldState::kLapsed) == v1::HOLD_STATE_LAPSED);
static_assert(static_cast<int>(Role::kAdmin) == v1::ROLE_ADMIN);
static_assert(static_cast<int>(TierCause::kUnmerged) == v1::TIER_CHANGE_CAUSE_UNMERGED);

}  // namespace

std::string Path::Render() const {
  std::string text = parent == nullptr ? "" : absl::StrCat(parent->Render(), ".");
  absl::StrAppend(&text, name);
  if (index >= 0) absl::StrAppend(&text, "[", index, "]");
  return text;
}

// ---- requests

std::optional<IdentityHash> ParseContext::OwnIdentity(const ProgramId& program) const {
  if (principal.empty()) return std::nullopt;
  return hasher.Hash(program, IdentityKind::kStaff, principal);
}

RequestId ParseRequestId(absl::string_view text, Violations& violations) {
  if (text.empty()) {
    violations.Required("request_id");
    violations.SetReason(ToString(v1::ERROR_REASON_REQUEST_ID_REQUIRED));
    return {};
  }
  if (text.size() < kRequestIdMin || !RequestId::IsValid(text)) {
    violations.Malformed("request_id",
                         absl::StrCat("must be ", RequestTag::kForm, ", was ", OfLength(text)));
    return {};
  }
  return RequestId::Of(text);
}

ProgramId ParseProgram(absl::string_view name, Violations& violations, absl::string_view field) {
  if (name.empty()) {
    violations.Required(std::string(field));
    return {};
  }
  std::optional<ProgramId> program = ParseProgramName(name);
  if (!program) {
    violations.Malformed(std::string(field),
                         absl::StrCat("must be programs/{program}, was ", OfLength(name)));
    return {};
  }
  return *std::move(program);
}

IdentityLink ParseIdentity(const v1::IdentityKey& key, const ProgramId& program, const Path& path,
                           const ParseContext& context) {
  IdentityLink link;
  const Path kind{"kind", &path};
  if (key.kind() == v1::IDENTITY_KIND_UNSPECIFIED) {
    context.violations.Required(kind.Render());
    return link;
  }
  if (!v1::IdentityKind_IsValid(key.kind())) {
    context.violations.Malformed(
        kind.Render(), absl::StrCat("must be a known kind, was ", static_cast<int>(key.kind())));
    return link;
  }
  link.kind = static_cast<IdentityKind>(key.kind());
  const Path value{"value", &path};
  if (key.value().empty()) {
    context.violations.Required(value.Render());
    return link;
  }
  const bool is_region = key.region().size() == 2 && text_form::IsUpper(key.region()[0]) &&
                         text_form::IsUpper(key.region()[1]);
  if (!key.region().empty() && !is_region) {
    context.violations.Malformed(Path{"region", &path}.Render(),
                                 "must be two capital letters such as DE, was another");
    return link;
  }
  const absl::StatusOr<std::string> normalised =
      NormaliseIdentity(link.kind, key.value(), key.region());
  if (!normalised.ok()) {
    context.violations.Malformed(value.Render(), std::string(normalised.status().message()));
    return link;
  }
  link.hash = context.hasher.Hash(program, link.kind, *normalised);
  return link;
}

MemberRef ParseMemberRef(const v1::MemberRef& ref, const ProgramId& program, const Path& path,
                         const ParseContext& context) {
  switch (ref.who_case()) {
    case v1::MemberRef::kIdentity:
      return ParseIdentity(ref.identity(), program, Path{"identity", &path}, context).hash;
    case v1::MemberRef::kName: {
      const std::optional<NamedMember> named = ParseMemberName(ref.name());
      const Path name{"name", &path};
      if (!named) {
        context.violations.Malformed(
            name.Render(), absl::StrCat("must be programs/{program}/members/{member}, was ",
                                        OfLength(ref.name())));
        return MemberId();
      }
      if (named->program != program && !program.empty()) {
        context.violations.Add(name.Render(),
                               absl::StrCat("must be of ", ProgramName(program), ", was of ",
                                            ProgramName(named->program)),
                               "OTHER_PROGRAM");
      }
      return named->member;
    }
    default:
      context.violations.Required(path.Render());
      return MemberId();
  }
}

void CheckRange(std::int64_t value, std::int64_t min, std::int64_t max, const Path& path,
                Violations& violations) {
  if (value >= min && value <= max) return;
  violations.OutOfRange(path.Render(), absl::StrCat("must be ", min, " to ", max, ", was ", value));
}

Timestamp ParseInstant(const google::protobuf::Timestamp& instant, const Path& path,
                       Violations& violations) {
  constexpr std::int64_t kSecondsMin = -62'135'596'800;  // 0001-01-01
  constexpr std::int64_t kSecondsMax = 253'402'300'799;  // 9999-12-31T23:59:59
  if (instant.seconds() < kSecondsMin || instant.seconds() > kSecondsMax) {
    violations.OutOfRange(
        Path{"seconds", &path}.Render(),
        absl::StrCat("must be ", kSecondsMin, " to ", kSecondsMax, ", was ", instant.seconds()));
    return {};
  }
  if (instant.nanos() < 0 || instant.nanos() > 999'999'999) {
    violations.OutOfRange(Path{"nanos", &path}.Render(),
                          absl::StrCat("must be 0 to 999999999, was ", instant.nanos()));
    return {};
  }
  return Timestamp::FromMicros(instant.seconds() * kMicrosPerSecond + instant.nanos() / 1'000);
}

Date ParseDate(const google::type::Date& date, const Path& path, Violations& violations) {
  const std::optional<Date> parsed = Date::FromCivil(date.year(), date.month(), date.day());
  if (!parsed) {
    violations.Malformed(path.Render(),
                         absl::StrCat("must be a real date with year, month and day, was ",
                                      date.year(), "-", date.month(), "-", date.day()));
    return {};
  }
  return *parsed;
}

PlaceId ParsePlace(absl::string_view text, const Path& path, Violations& violations) {
  if (text.empty()) {
    violations.Required(path.Render());
    return {};
  }
  absl::StatusOr<PlaceId> place = PlaceId::Parse(text);
  if (!place.ok()) {
    violations.Malformed(path.Render(), std::string(place.status().message()));
    return {};
  }
  return *std::move(place);
}

ReceiptKey ParseReceipt(const v1::Receipt& receipt, const Path& path, Violations& violations) {
  ReceiptKey key;
  key.store = ParsePlace(receipt.store(), Path{"store", &path}, violations);
  key.terminal = ParsePlace(receipt.terminal(), Path{"terminal", &path}, violations);
  const Path business_on{"business_on", &path};
  if (receipt.has_business_on()) {
    key.business_on = ParseDate(receipt.business_on(), business_on, violations);
  } else {
    violations.Required(business_on.Render());
  }
  key.number = ParsePlace(receipt.number(), Path{"number", &path}, violations);
  return key;
}

Channel ParseChannel(v1::Channel channel, bool is_required, const Path& path,
                     Violations& violations) {
  if (channel == v1::CHANNEL_UNSPECIFIED) {
    if (is_required) violations.Required(path.Render());
    return Channel::kNone;
  }
  if (!v1::Channel_IsValid(channel)) {
    violations.Malformed(path.Render(),
                         absl::StrCat("must be a known channel, was ", static_cast<int>(channel)));
    return Channel::kNone;
  }
  return static_cast<Channel>(channel);
}

// ---- replies

void RenderInstant(Timestamp instant, google::protobuf::Timestamp& out) {
  std::int64_t seconds = instant.micros() / kMicrosPerSecond;
  std::int64_t micros = instant.micros() % kMicrosPerSecond;
  if (micros < 0) {
    micros += kMicrosPerSecond;
    --seconds;
  }
  out.set_seconds(seconds);
  out.set_nanos(static_cast<std::int32_t>(micros * 1'000));
}

void RenderDate(Date date, google::type::Date& out) {
  out.set_year(date.year());
  out.set_month(date.month());
  out.set_day(date.day());
}

void RenderReceipt(const ReceiptKey& receipt, v1::Receipt& out) {
  out.set_store(receipt.store.str());
  out.set_terminal(receipt.terminal.str());
  RenderDate(receipt.business_on, *out.mutable_business_on());
  out.set_number(receipt.number.str());
}

void RenderBalances(const std::vector<Balance>& balances,
                    google::protobuf::RepeatedPtrField<v1::Balance>& out) {
  for (const Balance& balance : balances) {
    v1::Balance& message = *out.Add();
    message.set_point_type(balance.type.str());
    message.set_available(balance.available);
    message.set_pending(balance.pending);
    message.set_held(balance.held);
  }
}

void RenderTier(const TierView& tier, const rules::Rulebook& rulebook, v1::TierStatus& out) {
  out.set_tier(tier.tier);
  if (const rules::Tier* found = FindTier(rulebook, tier.tier)) {
    out.set_display_name(found->name);
    out.set_rank(found->rank);
  }
  RenderInstant(tier.since, *out.mutable_since_at());
  if (!tier.review_at.is_never()) {
    RenderDate(rulebook.LocalDate(tier.review_at.PlusMicros(-1)), *out.mutable_last_valid_on());
  }
}

void RenderProgress(absl::string_view tier, const std::vector<ProgressLine>& lines,
                    const rules::Rulebook& rulebook, v1::TierProgress& out) {
  out.set_tier(std::string(tier));
  if (const rules::Tier* found = FindTier(rulebook, tier)) out.set_display_name(found->name);
  for (const ProgressLine& line : lines) {
    v1::TierCondition& condition = *out.add_conditions();
    condition.set_metric(line.metric);
    if (const rules::Metric* metric = FindMetric(rulebook, line.metric)) {
      condition.set_display_name(metric->name);
      condition.set_measure(ToApi(metric->measure));
      if (metric->measure == rules::Measure::kPoints) {
        condition.set_point_type(rulebook.point_types()[metric->point_type].id);
      }
    }
    condition.set_current(line.have);
    condition.set_required(line.need);
    condition.set_missing(std::max<std::int64_t>(0, line.need - line.have));
  }
}

void RenderAward(const PointsAwarded& award, v1::Award& out) {
  out.set_point_type(award.type.str());
  out.set_amount(award.amount);
  out.set_rule(award.rule);
  if (!award.activates_at.is_never()) {
    RenderInstant(award.activates_at, *out.mutable_activates_at());
  }
  out.set_awaits(static_cast<v1::Awaiting>(award.awaits));
  const Timestamp ends_at = std::min(award.expires_at, award.idle_ends_at);
  if (!ends_at.is_never()) RenderInstant(ends_at, *out.mutable_expires_at());
  out.set_funding_source(award.funding);
  out.set_covered_arrears(award.covered_arrears);
}

void RenderLotMove(const ProgramId& program, const LotMove& move, v1::LotMove& out) {
  out.set_lot(LotName(program, move.lot.member, move.lot.id));
  out.set_point_type(move.lot.type.str());
  out.set_amount(move.delta);
  out.set_bucket(static_cast<v1::LotBucket>(move.bucket));
}

void RenderPoints(absl::string_view point_type, std::int64_t amount, v1::Points& out) {
  out.set_point_type(std::string(point_type));
  out.set_amount(amount);
}

v1::IdentityKind ToApi(IdentityKind kind) { return static_cast<v1::IdentityKind>(kind); }
v1::MemberState ToApi(MemberState state) { return static_cast<v1::MemberState>(state); }
v1::Channel ToApi(Channel channel) { return static_cast<v1::Channel>(channel); }
v1::EntryKind ToApi(EntryKind kind) { return static_cast<v1::EntryKind>(kind); }
v1::Role ToApi(Role role) { return static_cast<v1::Role>(role); }
v1::TierChangeCause ToApi(TierCause cause) { return static_cast<v1::TierChangeCause>(cause); }

}  // namespace laurel
