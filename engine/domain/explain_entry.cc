#include "engine/domain/explain_entry.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status_macros.h"
#include "engine/domain/rating.h"
#include "engine/domain/replay.h"
#include "engine/domain/tiers.h"
#include "rules/program/evaluate_return.h"
#include "rules/program/rule_amounts.h"
#include "rules/program/sentences.h"
#include "rules/program/units.h"

namespace laurel {
namespace {

namespace model = rules::model;

absl::Status Differs(absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("entry: ", what, " must be what deciding it again gives, was another"));
}

std::vector<PointsTakenBack> TakenBackIn(const Entry& entry) {
  std::vector<PointsTakenBack> taken;
  for (const Event& event : entry.events) {
    if (const auto* one = std::get_if<PointsTakenBack>(&event)) taken.push_back(*one);
  }
  return taken;
}

// What an entry says of one accrual that it takes back or cancels: a receipt may take back several.
struct OfAccrual {
  const PurchaseReturned* returned = nullptr;
  std::vector<PointsTakenBack> taken;
};
OfAccrual PartOf(const Entry& entry, std::uint64_t accrual) {
  OfAccrual part;
  bool is_its = false;
  for (const Event& event : entry.events) {
    if (const auto* returned = std::get_if<PurchaseReturned>(&event)) {
      is_its = returned->original_sequence == accrual;
      if (is_its) part.returned = returned;
    } else if (const auto* cancelled = std::get_if<AccrualCancelled>(&event)) {
      is_its = cancelled->accrual == accrual;
    } else if (const auto* taken = std::get_if<PointsTakenBack>(&event); taken && is_its) {
      part.taken.push_back(*taken);
    }
  }
  return part;
}

// What went to arrears is the state's business, not the rules'.
bool IsSame(const PointsAwarded& a, const PointsAwarded& b) {
  return a.lot == b.lot && a.type == b.type && a.type_index == b.type_index &&
         a.amount == b.amount && a.rule == b.rule && a.funding == b.funding &&
         a.activates_at == b.activates_at && a.expires_at == b.expires_at && a.awaits == b.awaits;
}

// Whether deciding once more gives what the ledger has, lot by lot.
absl::Status Compare(const rules::Rulebook& rulebook, const Entry& entry, const Replay& replay) {
  const auto* accrued = entry.FindEvent<PurchaseAccrued>();
  if (accrued != nullptr && replay.evaluated().eligible_net != accrued->eligible_net) {
    return Differs("what counted");
  }
  const std::vector<PointsAwarded> again =
      AwardsOf(rulebook, replay.evaluated(), entry.occurred_at, LotId{entry.sequence, 1});
  const bool is_same =
      std::equal(again.begin(), again.end(), replay.awards().begin(), replay.awards().end(),
                 [](const PointsAwarded& a, const PointsAwarded* b) { return IsSame(a, *b); });
  return is_same ? absl::OkStatus() : Differs("awards");
}

// Rules that read nothing of the member kept nothing; people still want to read the tier.
model::Facts FactsToRead(const rules::Rulebook& rulebook, const Entry& entry,
                         const Replay& replay) {
  model::Facts facts = replay.facts();
  if (entry.FindEvent<EvidenceKept>() == nullptr && entry.outcome.tier) {
    const auto* verdict = entry.FindEvent<TierDecided>();
    facts.member.tier =
        TierIndex(rulebook, verdict == nullptr ? entry.outcome.tier->tier : verdict->from);
  }
  return facts;
}

// What a return and those before it did to each line of the sale.
struct Returned {
  std::vector<model::ReturnedItem> before;
  std::vector<model::ReturnedItem> now;
  std::vector<std::int64_t> left;   // by line, before this return
  std::vector<std::int64_t> taken;  // by line, by this return
};

void AddItems(const PurchaseReturned& returned, std::vector<model::ReturnedItem>& items) {
  for (const ReturnedLine& line : returned.lines) {
    const auto known = std::find_if(items.begin(), items.end(),
                                    [&](const auto& item) { return item.line == line.line; });
    if (known == items.end()) {
      items.push_back({line.line, line.quantity_micros, line.net});
    } else {
      known->quantity_micros += line.quantity_micros;
      known->refunded = known->refunded.value_or(0) + line.net;
    }
  }
}

bool IsCarried(const model::Model& model, const model::AwardedLine& line) {
  return line.kind == model::LineKind::kBase && model::IsCarryRule(model.rules[line.rule]);
}

void AddLines(const model::Model& model, const model::Evaluated& evaluated,
              model::Explanation& parts, std::vector<ExplainedLine>& lines,
              std::vector<ExplainedMiss>& misses) {
  for (std::size_t i = 0; i < evaluated.lines.size(); ++i) {
    const model::AwardedLine& line = evaluated.lines[i];
    ExplainedLine& out = lines.emplace_back();
    out.rule = std::string(line.id);
    out.kind = line.kind;
    out.type = PointTypeId::Of(model.point_types[line.point_type].id);
    out.requested = line.requested;
    out.granted = line.granted;
    out.arithmetic = std::move(parts.arithmetic[i]);
    for (const model::Cut& cut : line.cuts) {
      out.cuts.push_back(ExplainedCut{model.counters[cut.counter].name, cut.points});
    }
  }
  for (model::MissedRule& missed : parts.missed) {
    const model::Rule& rule = model.rules[missed.rule];
    const std::size_t type = model::PointTypeOf(model, rule);
    misses.push_back(ExplainedMiss{.rule = rule.id,
                                   .outcome = missed.outcome,
                                   .type = PointTypeId::Of(model.point_types[type].id),
                                   .worth = missed.worth,
                                   .failing = std::move(missed.failing)});
  }
}

class Explainer {
 public:
  Explainer(const Entry& entry, const EntryContext& context, absl::string_view language)
      : entry_(entry),
        context_(context),
        rulebook_(context.rulebook),
        model_(context.rulebook.model()),
        language_(language) {}

  absl::StatusOr<EntryExplanation> Explain() {
    if (const auto* accrued = entry_.FindEvent<PurchaseAccrued>()) {
      RETURN_IF_ERROR(ExplainActivity(ReportedIn(entry_, *accrued)));
    } else if (const auto* activity = entry_.FindEvent<ActivityAccrued>()) {
      RETURN_IF_ERROR(ExplainActivity(ReportedIn(entry_, *activity)));
    } else if (const auto* returned = entry_.FindEvent<PurchaseReturned>()) {
      RETURN_IF_ERROR(ExplainReturn(*returned));
    } else {
      ExplainPlainly();
    }
    return std::move(result_);
  }

 private:
  template <class... Parts>
  void Add(const Parts&... parts) {
    absl::StrAppend(&result_.text, parts...);
  }
  std::string Points(std::size_t type, std::int64_t points) const {
    return absl::StrCat(rules::RenderScaled(points, model_.point_types[type].decimals), " ",
                        model_.point_types[type].id);
  }
  std::optional<std::size_t> IndexOf(const PointTypeId& type) const {
    for (std::size_t i = 0; i < model_.point_types.size(); ++i) {
      if (model_.point_types[i].id == type.str()) return i;
    }
    return std::nullopt;
  }
  std::string Points(const PointTypeId& type, std::int64_t points) const {
    const std::optional<std::size_t> index = IndexOf(type);
    return index ? Points(*index, points) : absl::StrCat(points, " ", type.str());
  }
  Date LastDayBefore(Timestamp end) const { return rulebook_.LocalDate(end).PlusDays(-1); }

  // "73 beans, 7 stars · Bean Club, revision 7 (sha256:3f2a0b1c) · "
  void Head(const std::vector<std::int64_t>& points, absl::string_view sign) {
    std::string sums;
    for (std::size_t type = 0; type < points.size(); ++type) {
      if (points[type] == 0) continue;
      absl::StrAppend(&sums, sums.empty() ? "" : ", ", sign, Points(type, points[type]));
    }
    Add(sums.empty() ? "no points" : sums, " · ");
    Source();
  }
  void Source() {
    Add(rulebook_.name());
    if (context_.revision) Add(", revision ", *context_.revision);
    if (entry_.revision) Add(" (sha256:", ToHex(*entry_.revision).substr(0, 8), "…)");
    Add(" · ");
  }

  absl::Status ExplainActivity(const ReportedActivity& activity) {
    const Replay replay(rulebook_, entry_, activity);
    RETURN_IF_ERROR(Compare(rulebook_, entry_, replay));
    result_.is_decided_again = true;
    const model::Facts facts = FactsToRead(rulebook_, entry_, replay);
    std::vector<std::int64_t> points(model_.point_types.size());
    for (const PointsAwarded* award : replay.awards()) points[award->type_index] += award->amount;
    model::Explanation parts = model::ExplainParts(model_, facts, replay.evaluated());
    Head(points, "");
    Add(parts.text);
    Tier();
    if (KnowsMetrics(replay.evaluated())) Add(parts.kept_text);
    AddLines(model_, replay.evaluated(), parts, result_.lines, result_.missed);
    result_.sentences = model::PointSentences(model_, facts, replay.evaluated(), language_);
    TierSentences();
    TellBesides();
    return absl::OkStatus();
  }

  // What the same receipt took back, and the points that paid for a part of it: as the ledger has
  // it.
  void TellBesides() {
    result_.taken_back = TakenBackIn(entry_);
    for (const Event& event : entry_.events) {
      if (const auto* returned = std::get_if<PurchaseReturned>(&event)) {
        Add("takes back of entry ", entry_.partition, "-", returned->original_sequence, "\n");
      } else if (const auto* kept = std::get_if<ReturnUnmatched>(&event)) {
        Add("takes back of ", ToString(kept->original), ", kept until that arrives\n");
      } else if (const auto* taken = std::get_if<PointsTakenBack>(&event)) {
        Add("  -", Points(taken->type, taken->amount), "  ", taken->rule, "\n");
      } else if (const auto* spent = std::get_if<PointsRedeemed>(&event)) {
        Move("-", "redeemed", model::Movement::kRedeemed, spent->type, spent->amount);
      } else if (const auto* back = std::get_if<RedemptionReversed>(&event)) {
        Move("+", "given back", model::Movement::kGivenBack, back->type, back->amount);
      }
    }
  }

  // Whether the evaluation has the metrics after the activity: what rules read of the past is kept
  // only where they read it, sums and counts alone go on from there, and a late activity changes
  // nothing that is judged.
  bool KnowsMetrics(const model::Evaluated& evaluated) const {
    const auto adds_up = [](const model::Metric& metric) {
      return metric.measure == model::Measure::kSum || metric.measure == model::Measure::kCount;
    };
    return !EvidenceOf(entry_).metrics.empty() && entry_.outcome.tier &&
           entry_.outcome.tier->tier == model_.tiers[evaluated.tier.earned].id &&
           std::all_of(model_.metrics.begin(), model_.metrics.end(), adds_up);
  }

  // As the ledger has it: what the member's past was worth then is not decided again.
  void Tier() {
    if (!entry_.outcome.tier) return;
    const TierView& tier = *entry_.outcome.tier;
    Add("tier ", tier.tier, " since ", ToString(rulebook_.LocalDate(tier.since)));
    if (!tier.review_at.is_never()) Add(" through ", ToString(LastDayBefore(tier.review_at)));
    Add("\n");
    const std::optional<model::TierProgress> way = Way();
    if (!way) return;
    Add("  ", tier.next);
    for (const model::ProgressPart& part : way->paths.front().parts) {
      const model::Metric& metric = model_.metrics[*part.metric];
      Add(&part == &way->paths.front().parts.front() ? "  " : "; ", metric.id, " ",
          rules::RenderScaled(part.have, metric.digits), " of ",
          rules::RenderScaled(part.need, metric.digits), ": ");
      if (part.holds) {
        Add("reached");
      } else {
        Add(rules::RenderScaled(part.missing(), metric.digits), " short");
      }
    }
    Add("\n");
  }

  // A late activity may have been followed by a tier that its own revision does not know.
  bool IsOurs(const std::string& tier) const {
    return model_.tiers[TierIndex(rulebook_, tier)].id == tier;
  }

  // The way to the next tier, as the ledger has it. Empty where it cannot be shown.
  std::optional<model::TierProgress> Way() const {
    if (!entry_.outcome.tier || entry_.outcome.tier->progress.empty()) return std::nullopt;
    if (!IsOurs(entry_.outcome.tier->next)) return std::nullopt;
    model::ProgressPath path{.holds = true, .parts = {}};
    for (const ProgressLine& line : entry_.outcome.tier->progress) {
      const auto metric = std::find_if(model_.metrics.begin(), model_.metrics.end(),
                                       [&](const model::Metric& m) { return m.id == line.metric; });
      if (metric == model_.metrics.end()) return std::nullopt;
      path.parts.push_back({.text = "",
                            .holds = line.have >= line.need,
                            .metric = static_cast<std::size_t>(metric - model_.metrics.begin()),
                            .have = line.have,
                            .need = line.need});
      path.holds = path.holds && path.parts.back().holds;
    }
    return model::TierProgress{.tier = TierIndex(rulebook_, entry_.outcome.tier->next),
                               .holds = path.holds,
                               .paths = {std::move(path)}};
  }

  void TierSentences() {
    const auto* verdict = entry_.FindEvent<TierDecided>();
    if (verdict != nullptr && verdict->cause == TierCause::kUpgraded && IsOurs(verdict->to)) {
      std::optional<Date> through;
      if (!verdict->review_at.is_never()) through = LastDayBefore(verdict->review_at);
      result_.sentences.push_back(
          model::UpgradeSentence(model_, TierIndex(rulebook_, verdict->to), through, language_));
    }
    if (const std::optional<model::TierProgress> way = Way()) {
      result_.sentences.push_back(model::ProgressSentence(model_, *way, language_));
    }
  }

  absl::StatusOr<Returned> Gather(const Replay& sale, const PurchaseReturned& returned) const {
    Returned gone;
    gone.left.resize(sale.evaluated().lines.size());
    gone.taken.resize(sale.evaluated().lines.size());
    for (std::size_t i = 0; i < gone.left.size(); ++i) {
      gone.left[i] = sale.evaluated().lines[i].granted;
    }
    for (const std::shared_ptr<const Entry>& earlier : context_.earlier_returns) {
      const OfAccrual part = PartOf(*earlier, returned.original_sequence);
      if (part.returned != nullptr) AddItems(*part.returned, gone.before);
      for (const PointsTakenBack& taken : part.taken) {
        const std::optional<std::size_t> line = sale.LineOf(taken.lot);
        if (!line) return Differs("a lot of a return");
        gone.left[*line] -= taken.amount;
      }
    }
    AddItems(returned, gone.now);
    for (const PointsTakenBack& taken : TakenBackIn(entry_)) {
      const std::optional<std::size_t> line = sale.LineOf(taken.lot);
      if (!line) return Differs("a lot of a return");
      gone.taken[*line] += taken.amount;
    }
    return gone;
  }

  absl::Status ExplainReturn(const PurchaseReturned& returned) {
    const auto* accrued =
        context_.sale == nullptr ? nullptr : context_.sale->FindEvent<PurchaseAccrued>();
    if (accrued == nullptr) return Differs("the sale of a return");
    const Replay sale(rulebook_, *context_.sale, ReportedIn(*context_.sale, *accrued));
    RETURN_IF_ERROR(Compare(rulebook_, *context_.sale, sale));
    ASSIGN_OR_RETURN(const Returned gone, Gather(sale, returned));
    model::ReturnEvaluated again = model::EvaluateReturn(
        model_, FactsToRead(rulebook_, *context_.sale, sale), sale.evaluated(),
        model::ReturnFacts{
            .before = gone.before, .now = gone.now, .left = gone.left, .carries = {}});
    for (model::ReversedLine& line : again.lines) {
      const bool is_carried = IsCarried(model_, sale.evaluated().lines[line.line]);
      if (!is_carried && line.reversed != gone.taken[line.line]) return Differs("a return");
      line.reversed = gone.taken[line.line];
      line.left = gone.left[line.line] - line.reversed;
    }
    result_.is_decided_again = true;
    result_.taken_back = TakenBackIn(entry_);
    std::vector<std::int64_t> points(model_.point_types.size());
    for (const PointsTakenBack& taken : result_.taken_back) {
      points[taken.type_index] += taken.amount;
    }
    Head(points, "-");
    Add(ToString(rulebook_.LocalDate(entry_.occurred_at)), ", return of entry ", entry_.partition,
        "-", returned.original_sequence, returned.is_whole ? ", nothing is left\n" : "\n");
    TakenBack(sale, again);
    Tier();
    result_.sentences = model::ReturnSentences(model_, sale.evaluated(), again, language_);
    for (const Event& event : entry_.events) {
      const auto* back = std::get_if<RedemptionReversed>(&event);
      if (back == nullptr) continue;
      Move("+", "given back", model::Movement::kGivenBack, back->type, back->amount);
    }
    return absl::OkStatus();
  }

  // "  -10 beans  base_beans  of 21; 3 arrears"
  void TakenBack(const Replay& sale, const model::ReturnEvaluated& returned) {
    for (const PointsTakenBack& taken : result_.taken_back) {
      const model::ReversedLine& line = returned.lines[*sale.LineOf(taken.lot)];
      const std::size_t type = taken.type_index;
      Add("  -", Points(type, taken.amount), "  ", taken.rule, "  of ",
          Points(type, line.left + line.reversed));
      if (taken.arrears > 0) Add("; ", Points(type, taken.arrears), " arrears");
      if (taken.shortfall > 0) Add("; ", Points(type, taken.shortfall), " not recovered");
      if (taken.gone > 0) Add("; ", Points(type, taken.gone), " had expired");
      Add("\n");
    }
  }

  // What follows from no rule about activities.
  void ExplainPlainly() {
    Source();
    Add(ToString(rulebook_.LocalDate(entry_.occurred_at)), ", ", ToString(entry_.kind), "\n");
    if (entry_.outcome.rejected) Add("refused  ", ToString(entry_.outcome.rejected->reason), "\n");
    for (const Event& event : entry_.events) {
      if (const auto* spent = std::get_if<PointsRedeemed>(&event)) {
        Move("-", "redeemed", model::Movement::kRedeemed, spent->type, spent->amount);
      } else if (const auto* back = std::get_if<RedemptionReversed>(&event)) {
        Move("+", "given back", model::Movement::kGivenBack, back->type, back->amount);
      } else if (const auto* adjusted = std::get_if<PointsAdjusted>(&event)) {
        const bool is_given = adjusted->amount > 0;
        Move(is_given ? "+" : "-",
             absl::StrCat(is_given ? "given by hand, " : "taken by hand, ", adjusted->reason.str()),
             is_given ? model::Movement::kGivenByHand : model::Movement::kTakenByHand,
             adjusted->type, is_given ? adjusted->amount : -adjusted->amount);
      } else if (const auto* asked = std::get_if<AdjustmentAsked>(&event)) {
        Add("  ", asked->amount > 0 ? "+" : "-",
            Points(asked->type, asked->amount > 0 ? asked->amount : -asked->amount),
            "  asked for by hand, ", asked->reason.str(), ", until another person approves\n");
      } else if (const auto* approved = std::get_if<AskedApproved>(&event)) {
        Add("asked for by ", approved->asked_by, ", approved by ", entry_.principal, "\n");
      } else if (const auto* declined = std::get_if<AskedDeclined>(&event)) {
        Add("asked for by ", declined->asked_by, ", declined by ", entry_.principal, "\n");
      } else if (const auto* later = std::get_if<LotsExtended>(&event)) {
        Add("  ", Points(later->type, later->amount), "  can be spent through ",
            ToString(LastDayBefore(later->expires_at)), ", ", later->reason.str(), "\n");
      } else if (const auto* again = std::get_if<PointsReinstated>(&event)) {
        Move("+",
             absl::StrCat("had expired in entry ", entry_.partition, "-", again->expiry, ", ",
                          again->reason.str()),
             model::Movement::kGivenBack, again->type, again->amount);
      } else if (const auto* imported = std::get_if<PointsImported>(&event)) {
        Move("+",
             absl::StrCat("taken over, ", ToString(rulebook_.LocalDate(imported->activates_at))),
             model::Movement::kTakenOver, imported->type, imported->amount);
      } else if (const auto* day = std::get_if<HistoryCounted>(&event)) {
        Add("taken over, ", ToString(day->on), ": ", day->purchases, " purchases\n");
      } else if (const auto* ended = std::get_if<LotExpired>(&event)) {
        Move("-", "expired", model::Movement::kExpired, ended->lot.type, ended->amount);
      } else if (const auto* active = std::get_if<LotActivated>(&event)) {
        Move("", "available, was pending", model::Movement::kAvailable, active->lot.type,
             active->amount);
      } else if (const auto* settled = std::get_if<PointsSettled>(&event)) {
        Move("", "settled, was pending", model::Movement::kAvailable, settled->type,
             settled->amount);
      } else if (const auto* taken = std::get_if<PointsTakenBack>(&event)) {
        Move("-", absl::StrCat("cancelled, was pending, ", taken->rule),
             model::Movement::kCancelled, taken->type, taken->amount);
      } else if (const auto* accrual = std::get_if<AccrualSettled>(&event)) {
        Add("settles entry ", entry_.partition, "-", accrual->accrual, Lines(accrual->lines), "\n");
      } else if (const auto* cancelled = std::get_if<AccrualCancelled>(&event)) {
        Add("cancels entry ", entry_.partition, "-", cancelled->accrual, Lines(cancelled->lines),
            ", ", cancelled->reason.str(), "\n");
      } else if (const auto* kept = std::get_if<ReturnUnmatched>(&event)) {
        Add("return of ", ToString(kept->original), ", kept until that arrives\n");
      } else if (const auto* placed = std::get_if<HoldPlaced>(&event)) {
        Move("", absl::StrCat("held until ", ToString(placed->lapses_at)), model::Movement::kHeld,
             placed->type, placed->amount);
      } else if (const auto* given = std::get_if<PointsTransferred>(&event)) {
        Move("-", absl::StrCat("given to another member, fee ", Points(given->type, given->fee)),
             model::Movement::kGivenAway, given->type, given->amount);
      } else if (const auto* merged = std::get_if<MembersMerged>(&event)) {
        Add("another member is this one from now on, ", merged->reason.str(), "\n");
      } else if (const auto* parted = std::get_if<MembersUnmerged>(&event)) {
        Add("undoes entry ", entry_.partition, "-", parted->merge, ", ", parted->reason.str(),
            "\n");
      } else if (const auto* moved = std::get_if<IdentityMoved>(&event)) {
        Add("an identity of another member is this one's, ", moved->reason.str(), "\n");
      } else if (std::holds_alternative<ReceiptKept>(event)) {
        Add("a guest's receipt, which awards nothing until it is claimed\n");
      } else if (const auto* over = std::get_if<HoldEnded>(&event)) {
        if (over->freed > 0) {
          Move("", "no longer held", model::Movement::kFreed, over->type, over->freed);
        }
        Add("hold of entry ", entry_.partition, "-", over->hold, " ", ToString(over->state), "\n");
      } else if (const auto* verdict = std::get_if<TierDecided>(&event)) {
        Add("tier ", verdict->from, " -> ", verdict->to);
        if (verdict->revision != 0) Add(", revision ", verdict->revision, " came into force");
        if (verdict->cause == TierCause::kWaiting) Add(", what comes late still counts");
        if (verdict->cause == TierCause::kUnmatched) Add(", the matched tier is not kept");
        if (!verdict->review_at.is_never()) {
          Add(" through ", ToString(LastDayBefore(verdict->review_at)));
        }
        if (!verdict->worn_until.is_never()) {
          Add(", ", verdict->from, " is shown through ",
              ToString(LastDayBefore(verdict->worn_until)));
        }
        Add("\n");
      }
    }
    if (result_.sentences.empty()) {
      result_.sentences.push_back(model::NothingMovedSentence(language_));
    }
  }

  // ", lines 1 2 5"
  static std::string Lines(const std::vector<std::int32_t>& lines) {
    if (lines.empty()) return "";
    return absl::StrCat(", lines ", absl::StrJoin(lines, " "));
  }

  void Move(absl::string_view sign, absl::string_view what, model::Movement movement,
            const PointTypeId& type, std::int64_t points) {
    Add("  ", sign, Points(type, points), "  ", what, "\n");
    if (const std::optional<std::size_t> index = IndexOf(type)) {
      result_.sentences.push_back(
          model::MovementSentence(model_, movement, *index, points, language_));
    }
  }

  const Entry& entry_;
  const EntryContext& context_;
  const rules::Rulebook& rulebook_;
  const model::Model& model_;
  const absl::string_view language_;
  EntryExplanation result_;
};

}  // namespace

bool TookBackOf(const Entry& entry, std::uint64_t accrual) {
  return std::any_of(entry.events.begin(), entry.events.end(), [&](const Event& event) {
    const auto* returned = std::get_if<PurchaseReturned>(&event);
    const auto* cancelled = std::get_if<AccrualCancelled>(&event);
    return (returned != nullptr && returned->original_sequence == accrual) ||
           (cancelled != nullptr && cancelled->accrual == accrual);
  });
}

void ExplainLines(const model::Model& model, const model::Facts& facts,
                  const model::Evaluated& evaluated, std::vector<ExplainedLine>& lines,
                  std::vector<ExplainedMiss>& missed) {
  model::Explanation parts = model::ExplainParts(model, facts, evaluated);
  AddLines(model, evaluated, parts, lines, missed);
}

absl::StatusOr<EntryExplanation> ExplainEntry(const Entry& entry, const EntryContext& context,
                                              absl::string_view language) {
  return Explainer(entry, context, language).Explain();
}

}  // namespace laurel
