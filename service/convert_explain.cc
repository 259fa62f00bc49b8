#include "service/convert_explain.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "engine/base/status_macros.h"
#include "engine/domain/explain_entry.h"
#include "service/convert_entry.h"
#include "service/names.h"

namespace laurel {
namespace {

constexpr std::size_t kLanguageMax = 35;

bool IsLanguage(absl::string_view tag) {
  if (tag.size() > kLanguageMax || !absl::ascii_isalpha(static_cast<unsigned char>(tag[0]))) {
    return false;
  }
  for (const absl::string_view part : absl::StrSplit(tag, '-')) {
    if (part.empty() || part.size() > 8) return false;
    for (const char c : part) {
      if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) return false;
    }
  }
  return true;
}

v1::ExplainedLineKind ToApi(rules::model::LineKind kind) {
  switch (kind) {
    case rules::model::LineKind::kBase:
      return v1::EXPLAINED_LINE_KIND_BASE;
    case rules::model::LineKind::kTier:
      return v1::EXPLAINED_LINE_KIND_TIER;
    case rules::model::LineKind::kPromotion:
      return v1::EXPLAINED_LINE_KIND_PROMOTION;
  }
  return v1::EXPLAINED_LINE_KIND_UNSPECIFIED;
}

v1::RuleOutcome ToApi(rules::model::Outcome outcome) {
  switch (outcome) {
    case rules::model::Outcome::kNotEligible:
      return v1::RULE_OUTCOME_NOT_ELIGIBLE;
    case rules::model::Outcome::kPaused:
      return v1::RULE_OUTCOME_PAUSED;
    case rules::model::Outcome::kNotActive:
      return v1::RULE_OUTCOME_NOT_ACTIVE;
    case rules::model::Outcome::kConditionFalse:
      return v1::RULE_OUTCOME_CONDITION_FALSE;
    case rules::model::Outcome::kZeroAmount:
      return v1::RULE_OUTCOME_ZERO_AMOUNT;
    case rules::model::Outcome::kHeldOut:
      return v1::RULE_OUTCOME_HELD_OUT;
    case rules::model::Outcome::kNotInCanary:
      return v1::RULE_OUTCOME_NOT_IN_CANARY;
    case rules::model::Outcome::kLimitReached:
      return v1::RULE_OUTCOME_LIMIT_REACHED;
    case rules::model::Outcome::kBudgetExhausted:
      return v1::RULE_OUTCOME_BUDGET_EXHAUSTED;
    case rules::model::Outcome::kLostInGroup:
      return v1::RULE_OUTCOME_LOST_IN_GROUP;
    case rules::model::Outcome::kCapReached:
      return v1::RULE_OUTCOME_CAP_REACHED;
    case rules::model::Outcome::kAwarded:
      return v1::RULE_OUTCOME_UNSPECIFIED;  // never missed
    case rules::model::Outcome::kShadowOnly:
      return v1::RULE_OUTCOME_SHADOW_ONLY;
    case rules::model::Outcome::kError:
      return v1::RULE_OUTCOME_ERROR;
  }
  return v1::RULE_OUTCOME_UNSPECIFIED;
}

void RenderLine(const ExplainedLine& line, v1::ExplainedLine& out) {
  out.set_rule(line.rule);
  out.set_kind(ToApi(line.kind));
  out.set_point_type(line.type.str());
  out.set_requested(line.requested);
  out.set_granted(line.granted);
  out.set_arithmetic(line.arithmetic);
  for (const ExplainedCut& cut : line.cuts) {
    v1::ExplainedCut& message = *out.add_cuts();
    message.set_limit(cut.limit);
    message.set_amount(cut.points);
  }
}

void RenderMiss(const ExplainedMiss& miss, v1::ExplainedMiss& out) {
  out.set_rule(miss.rule);
  out.set_outcome(ToApi(miss.outcome));
  out.set_point_type(miss.type.str());
  out.set_worth(miss.worth);
  for (const rules::model::ConjunctTrace& failing : miss.failing) {
    v1::FailedCondition& message = *out.add_failed();
    message.set_text(failing.text);
    message.set_seen(failing.seen);
  }
}

void RenderTakenBack(const PointsTakenBack& taken, v1::ExplainedTakenBack& out) {
  out.set_rule(taken.rule);
  out.set_point_type(taken.type.str());
  out.set_amount(taken.amount);
  out.set_arrears(taken.arrears);
  out.set_shortfall(taken.shortfall);
  out.set_expired(taken.gone);
}

void RenderExplained(const EntryExplanation& explained, v1::ExplainEntryResponse& out) {
  out.set_decided_again(explained.is_decided_again);
  out.set_text(explained.text);
  RenderLines(explained.lines, *out.mutable_lines());
  RenderMisses(explained.missed, *out.mutable_not_applied());
  for (const PointsTakenBack& taken : explained.taken_back) {
    RenderTakenBack(taken, *out.add_taken_back());
  }
  for (const std::string& sentence : explained.sentences) out.add_sentences(sentence);
}

std::vector<MemberId> MembersOf(const Entry& entry, const std::shared_ptr<const Entry>& sale) {
  std::vector<MemberId> members{*entry.member};
  if (sale != nullptr && sale->member) members.push_back(*sale->member);
  return members;
}

// The sale of a return, and the returns of it that came between.
absl::Status FindSale(const Entry& entry, const PurchaseReturned& returned, ReadView& view,
                      EntryContext& context) {
  context.sale = view.state().FindEntry(returned.original_sequence);
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> returns,
                   GroupEntries(view, MembersOf(entry, context.sale), returned.original_sequence,
                                entry.sequence - 1, [](EntryKind kind) {
                                  return kind == EntryKind::kReturn ||
                                         kind == EntryKind::kExchange ||
                                         kind == EntryKind::kCorrect ||
                                         kind == EntryKind::kCancelPending;
                                }));
  for (const std::uint64_t sequence : returns) {
    std::shared_ptr<const Entry> earlier = view.state().FindEntry(sequence);
    if (earlier == nullptr || !TookBackOf(*earlier, returned.original_sequence)) continue;
    context.earlier_returns.push_back(std::move(earlier));
  }
  return view.status();
}

}  // namespace

void RenderLines(const std::vector<ExplainedLine>& lines,
                 google::protobuf::RepeatedPtrField<v1::ExplainedLine>& out) {
  for (const ExplainedLine& line : lines) RenderLine(line, *out.Add());
}

void RenderMisses(const std::vector<ExplainedMiss>& missed,
                  google::protobuf::RepeatedPtrField<v1::ExplainedMiss>& out) {
  for (const ExplainedMiss& miss : missed) RenderMiss(miss, *out.Add());
}

std::string ParseLanguage(const std::string& tag, const Path& path, Violations& violations) {
  if (tag.empty()) return "en";
  if (!IsLanguage(tag)) {
    violations.Malformed(path.Render(), "must be a tag of BCP 47 such as zh-CN, was another");
  }
  return tag;
}

absl::Status RenderExplanation(const Entry& entry, absl::string_view language, ReadView& view,
                               Revisions& revisions, v1::ExplainEntryResponse& out) {
  out.set_entry(EntryName(entry.program, entry.partition, entry.sequence));
  out.set_kind(laurel::ToApi(entry.kind));
  std::optional<std::uint32_t> number;
  if (entry.revision) {
    number = Revisions::NumberOf(view.state(), entry.program, *entry.revision, entry.recorded_at);
    if (number) out.set_revision(RevisionName(entry.program, *number));
  }
  const std::shared_ptr<const rules::Rulebook> rulebook =
      entry.revision ? revisions.Find(entry.program, *entry.revision)
                     : view.ActiveRulebook(entry.program);
  if (rulebook == nullptr) {
    // A program that has no revision in force yet: nothing was awarded by any.
    if (!entry.revision) return view.status();
    return absl::DataLossError("entry: its revision must be in the ledger, was not");
  }
  EntryContext context{.rulebook = *rulebook, .revision = number};
  if (const auto* returned = entry.FindEvent<PurchaseReturned>()) {
    RETURN_IF_ERROR(FindSale(entry, *returned, view, context));
  }
  ASSIGN_OR_RETURN(const EntryExplanation explained, ExplainEntry(entry, context, language));
  RenderExplained(explained, out);
  return view.status();
}

}  // namespace laurel
