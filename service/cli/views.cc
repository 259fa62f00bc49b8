#include "service/cli/views.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"

namespace laurel::cli {
namespace {

std::string RenderInstantOr(bool has_instant, const google::protobuf::Timestamp& instant,
                            absl::string_view otherwise) {
  return has_instant ? RenderInstant(FromProto(instant)) : std::string(otherwise);
}

std::string Signed(const AmountStyle& style, const std::string& type, std::int64_t amount) {
  return absl::StrCat(amount > 0 ? "+" : "", style.Points(type, amount));
}

// What an entry did to the member's points, such as "+100 points -50 miles".
std::string RenderEffect(const v1::Entry& entry, const AmountStyle& style) {
  std::vector<std::string> effects;
  if (!entry.awards().empty()) {
    for (const v1::Award& award : entry.awards()) {
      effects.push_back(
          absl::StrCat(Signed(style, award.point_type(), award.amount()), " ", award.point_type()));
    }
  } else {
    for (const v1::LotMove& move : entry.lot_moves()) {
      const bool is_plain = move.bucket() == v1::LOT_BUCKET_AVAILABLE;
      effects.push_back(
          absl::StrCat(Signed(style, move.point_type(), move.amount()), " ", move.point_type(),
                       is_plain ? "" : " ",
                       is_plain ? "" : LabelOf(v1::LotBucket_Name(move.bucket()), "LOT_BUCKET_")));
    }
  }
  if (entry.has_tier_change()) {
    effects.push_back(
        absl::StrCat(entry.tier_change().from_tier(), " to ", entry.tier_change().to_tier()));
  }
  if (entry.has_refusal()) {
    effects.push_back(LabelOf(v1::ErrorReason_Name(entry.refusal().reason()), "ERROR_REASON_"));
  }
  return absl::StrJoin(effects, " ");
}

std::string RenderMeasure(const v1::TierCondition& condition, std::int64_t amount,
                          const AmountStyle& style) {
  switch (condition.measure()) {
    case v1::METRIC_MEASURE_SPEND:
      return AmountStyle::Money(style.currency, amount);
    case v1::METRIC_MEASURE_POINTS:
      return style.Points(condition.point_type(), amount);
    default:
      return absl::StrCat(amount);
  }
}

}  // namespace

std::string RenderPoints(const v1::Points& points, const AmountStyle& style) {
  return absl::StrCat(style.Points(points.point_type(), points.amount()), " ", points.point_type());
}

std::string RenderPoints(const Repeated<v1::Points>& points, const AmountStyle& style) {
  std::vector<std::string> parts;
  for (const v1::Points& part : points) parts.push_back(RenderPoints(part, style));
  return absl::StrJoin(parts, ", ");
}

std::string RenderTier(const v1::TierStatus& tier) {
  if (tier.tier().empty()) return "";
  const std::string until = RenderDate(tier.last_valid_on());
  return absl::StrCat(tier.display_name().empty() ? tier.tier() : tier.display_name(),
                      tier.has_since_at()
                          ? absl::StrCat(", since ", RenderInstant(FromProto(tier.since_at())))
                          : "",
                      until.empty() ? "" : absl::StrCat(", through ", until));
}

std::string RenderHex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

Table BalanceTable(const Repeated<v1::Balance>& balances, const AmountStyle& style) {
  Table table{"",
              {{"point type"},
               {"available", Align::kRight},
               {"pending", Align::kRight},
               {"held", Align::kRight}},
              {}};
  for (const v1::Balance& balance : balances) {
    const std::string& type = balance.point_type();
    table.rows.push_back({type, style.Points(type, balance.available()),
                          style.Points(type, balance.pending()),
                          style.Points(type, balance.held())});
  }
  return table;
}

Table AwardTable(const Repeated<v1::Award>& awards, const AmountStyle& style) {
  Table table{
      "",
      {{"rule"}, {"amount", Align::kRight}, {"point type"}, {"from"}, {"until"}, {"funding"}},
      {}};
  for (const v1::Award& award : awards) {
    table.rows.push_back(
        {award.rule(), Signed(style, award.point_type(), award.amount()), award.point_type(),
         RenderInstantOr(award.has_activates_at(), award.activates_at(),
                         award.awaits() == v1::AWAITING_UNSPECIFIED ? "now" : "settled"),
         RenderInstantOr(award.has_expires_at(), award.expires_at(), "never"),
         award.funding_source()});
  }
  return table;
}

Table ExplainedTable(const Repeated<v1::ExplainedLine>& lines, const AmountStyle& style) {
  Table table{"",
              {{"rule"},
               {"kind"},
               {"granted", Align::kRight},
               {"requested", Align::kRight},
               {"point type"},
               {"arithmetic"}},
              {}};
  for (const v1::ExplainedLine& line : lines) {
    table.rows.push_back(
        {line.rule(), LabelOf(v1::ExplainedLineKind_Name(line.kind()), "EXPLAINED_LINE_KIND_"),
         style.Points(line.point_type(), line.granted()),
         style.Points(line.point_type(), line.requested()), line.point_type(), line.arithmetic()});
  }
  return table;
}

Table LotTable(const Repeated<v1::Lot>& lots, const AmountStyle& style) {
  Table table{"",
              {{"lot"},
               {"point type"},
               {"remaining", Align::kRight},
               {"pending", Align::kRight},
               {"held", Align::kRight},
               {"granted", Align::kRight},
               {"from"},
               {"until"}},
              {}};
  for (const v1::Lot& lot : lots) {
    table.rows.push_back(
        {LastPart(lot.name()), lot.point_type(), style.Points(lot.point_type(), lot.remaining()),
         style.Points(lot.point_type(), lot.pending()), style.Points(lot.point_type(), lot.held()),
         style.Points(lot.point_type(), lot.granted()),
         RenderInstantOr(lot.has_activates_at(), lot.activates_at(), "settled"),
         RenderInstantOr(lot.has_expires_at(), lot.expires_at(), "never")});
  }
  return table;
}

Table LotMoveTable(const Repeated<v1::LotMove>& moves, const AmountStyle& style) {
  Table table{"", {{"lot"}, {"change", Align::kRight}, {"point type"}, {"bucket"}}, {}};
  for (const v1::LotMove& move : moves) {
    table.rows.push_back({LastPart(move.lot()), Signed(style, move.point_type(), move.amount()),
                          move.point_type(),
                          LabelOf(v1::LotBucket_Name(move.bucket()), "LOT_BUCKET_")});
  }
  return table;
}

Table PostingTable(const Repeated<v1::Posting>& postings, const AmountStyle& style) {
  Table table{"",
              {{"account"},
               {"member"},
               {"point type"},
               {"debit", Align::kRight},
               {"credit", Align::kRight}},
              {}};
  for (const v1::Posting& posting : postings) {
    const std::string& type = posting.point_type();
    table.rows.push_back({posting.account(), LastPart(posting.member()), type,
                          posting.debit() == 0 ? "" : style.Points(type, posting.debit()),
                          posting.credit() == 0 ? "" : style.Points(type, posting.credit())});
  }
  return table;
}

Table EntryTable(const Repeated<v1::Entry>& entries, const AmountStyle& style) {
  Table table{"", {{"entry"}, {"occurred at"}, {"kind"}, {"effect"}, {"receipt"}}, {}};
  for (const v1::Entry& entry : entries) {
    table.rows.push_back(
        {LastPart(entry.name()), RenderInstantOr(entry.has_occurred_at(), entry.occurred_at(), ""),
         Label(entry.kind()), RenderEffect(entry, style), RenderReceipt(entry.receipt())});
  }
  return table;
}

Table ProgressTable(absl::string_view title, const v1::TierProgress& progress,
                    const AmountStyle& style) {
  Table table{absl::StrCat(title, progress.display_name().empty() ? progress.tier()
                                                                  : progress.display_name()),
              {{"condition"},
               {"today", Align::kRight},
               {"needed", Align::kRight},
               {"missing", Align::kRight}},
              {}};
  for (const v1::TierCondition& condition : progress.conditions()) {
    table.rows.push_back(
        {condition.display_name().empty() ? condition.metric() : condition.display_name(),
         RenderMeasure(condition, condition.current(), style),
         RenderMeasure(condition, condition.required(), style),
         RenderMeasure(condition, condition.missing(), style)});
  }
  return table;
}

Table FindingTable(const Repeated<v1::Finding>& findings) {
  Table table{"", {{"where"}, {"severity"}, {"code"}, {"path"}, {"message"}, {"hint"}}, {}};
  for (const v1::Finding& finding : findings) {
    const std::string where =
        finding.line() == 0 ? "" : absl::StrCat(finding.line(), ":", finding.column());
    const std::string severity =
        LabelOf(v1::FindingSeverity_Name(finding.severity()), "FINDING_SEVERITY_");
    table.rows.push_back(
        {where, severity, finding.code(), finding.path(), finding.message(), finding.hint()});
  }
  return table;
}

void AddMemberFacts(Document& document, const v1::Member& member) {
  std::vector<std::string> kinds;
  for (const v1::Identity& identity : member.identities()) kinds.push_back(Label(identity.kind()));
  document.facts.emplace_back("member", member.name());
  document.facts.emplace_back("state", Label(member.state()));
  document.facts.emplace_back("identities", absl::StrJoin(kinds, ", "));
  if (member.merged_size() > 0) {
    document.facts.emplace_back("merged", absl::StrJoin(member.merged(), ", "));
  }
  document.facts.emplace_back("enrolled at",
                              RenderInstantOr(member.has_enrolled_at(), member.enrolled_at(), ""));
  document.facts.emplace_back("closed at",
                              RenderInstantOr(member.has_closed_at(), member.closed_at(), ""));
  for (const v1::MemberAttribute& attribute : member.attributes()) {
    std::string value =
        attribute.has_int_value()    ? std::to_string(attribute.int_value())
        : attribute.has_bool_value() ? (attribute.bool_value() ? "true" : "false")
        : attribute.has_string_value()
            ? attribute.string_value()
            : RenderInstantOr(attribute.has_timestamp_value(), attribute.timestamp_value(), "");
    if (attribute.has_expires_at()) {
      absl::StrAppend(&value, " until ", RenderInstantOr(true, attribute.expires_at(), ""));
    }
    document.facts.emplace_back(attribute.id(), std::move(value));
  }
}

}  // namespace laurel::cli
