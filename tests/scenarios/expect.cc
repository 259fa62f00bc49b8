#include "tests/scenarios/expect.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/time.h"
#include "service/cli/amount.h"

namespace laurel::scenarios {
namespace {

constexpr char kMainType[] = "points";

// One expectation beside what was seen. Each check returns what was seen instead, or nothing.
class Checker {
 public:
  Checker(const Clause& clause, const Seen& seen, const Decimals& decimals)
      : clause_(clause), seen_(seen), decimals_(decimals) {}

  std::string Awarded() const {
    std::int64_t sum = 0;
    for (const SeenAward& award : seen_.awards) {
      if (award.type == Type(1)) sum += award.amount;
    }
    return Same(Word(0), Amount(sum, Type(1)));
  }

  std::string Units() const {
    std::int64_t sum = 0;
    for (const SeenAward& award : seen_.awards) sum += award.type == Type(1) ? award.amount : 0;
    return Same(Word(0), std::to_string(sum));
  }

  // All lines that awarded something, in any order.
  std::string Lines() const {
    std::vector<std::string> expected;
    for (const auto& [rule, amount] : clause_.words.named) {
      expected.push_back(absl::StrCat(rule, "=", amount));
    }
    std::vector<std::string> lines;
    for (const SeenAward& award : seen_.awards) {
      lines.push_back(absl::StrCat(award.rule, "=", Amount(award.amount, award.type)));
    }
    std::sort(expected.begin(), expected.end());
    std::sort(lines.begin(), lines.end());
    return expected == lines ? "" : absl::StrCat("lines ", absl::StrJoin(lines, " "));
  }

  std::string Outcome() const {
    for (const SeenMiss& miss : seen_.missed) {
      if (miss.rule != Word(0)) continue;
      const std::string worth = Amount(miss.worth, miss.type);
      const std::string* expected = clause_.words.Find("worth");
      if (miss.outcome == Word(1) && (expected == nullptr || *expected == worth)) return "";
      return absl::StrCat(miss.rule, " ", miss.outcome, " worth=", worth);
    }
    return absl::StrCat("nothing about ", Word(0));
  }

  std::string Trimmed() const {
    std::vector<std::string> cuts;
    for (const SeenCut& cut : seen_.cuts) {
      const std::string amount = Amount(cut.amount, kMainType);
      if (cut.rule == Word(0) && amount == Word(1) && cut.limit == clause_.words.Get("by")) {
        return "";
      }
      cuts.push_back(absl::StrCat(cut.rule, " ", amount, " by=", cut.limit));
    }
    return cuts.empty() ? "nothing trimmed" : absl::StrJoin(cuts, "; ");
  }

  std::string Explained() const {
    for (const std::string& text : clause_.words.plain) {
      if (!absl::StrContains(seen_.explanation, text)) {
        return absl::StrCat("no ", text, " in\n", seen_.explanation);
      }
    }
    return "";
  }

  std::string Balance() const {
    const SeenMember* member = Member();
    if (member == nullptr) return "no member";
    const auto found = member->balances.find(Type(1));
    const SeenBalance balance = found == member->balances.end() ? SeenBalance{} : found->second;
    const std::string available = Amount(balance.available, Type(1));
    const std::string all = absl::StrCat(available, "/", Amount(balance.pending, Type(1)), "/",
                                         Amount(balance.held, Type(1)));
    return Same(Word(0), absl::StrContains(Word(0), "/") ? all : available);
  }

  // lots 30@2026-09-01 50@none
  std::string Lots() const {
    const SeenMember* member = Member();
    if (member == nullptr) return "no member";
    const std::string type = clause_.words.Get("type", kMainType);
    std::vector<std::string> lots;
    for (const SeenLot& lot : member->lots) {
      if (lot.type == type)
        lots.push_back(absl::StrCat(Amount(lot.remaining, type), "@", lot.ends));
    }
    return lots == clause_.words.plain ? "" : absl::StrCat("lots ", absl::StrJoin(lots, " "));
  }

  // expiries 100@2026-03-31, by the day to which they belong
  std::string Expiries() const {
    const SeenMember* member = Member();
    if (member == nullptr) return "no member";
    if (member->expiries == clause_.words.plain) return "";
    return absl::StrCat("expiries ", absl::StrJoin(member->expiries, " "));
  }

  std::string Entries() const {
    const SeenMember* member = Member();
    return member == nullptr ? "no member" : Same(Word(0), std::to_string(member->entries));
  }

  std::string Takes() const {
    std::vector<std::string> taken;
    for (const SeenMove& move : seen_.moves) {
      if (move.amount < 0) taken.push_back(Amount(-move.amount, move.type));
    }
    return taken == clause_.words.plain ? "" : absl::StrCat("takes ", absl::StrJoin(taken, " "));
  }

  std::string Captures() const {
    std::vector<std::string> captured;
    for (const SeenMove& move : seen_.captured) captured.push_back(Amount(move.amount, move.type));
    return captured == clause_.words.plain
               ? ""
               : absl::StrCat("captures ", absl::StrJoin(captured, " "));
  }

  // The day, or a day with the time.
  std::string Active() const {
    const std::string expected = absl::StrJoin(clause_.words.plain, "T");
    for (const SeenAward& award : seen_.awards) {
      if (award.type == kMainType) return Same(expected, award.active);
    }
    return "nothing awarded";
  }

  std::string Ends() const {
    return EveryAward([](const std::string& ends) { return ends; });
  }
  std::string LastGood() const {
    return EveryAward([](const std::string& ends) {
      const absl::StatusOr<Date> day = Date::Parse(ends);
      return day.ok() ? ToString(day->PlusDays(-1)) : ends;
    });
  }

  std::string TakenBack() const { return Same(Word(0), SumOf(seen_.taken_back)); }
  std::string ClawedBack() const {
    const auto of = [&](const std::map<std::string, std::int64_t>& by_type) {
      const auto found = by_type.find(Type(1));
      return found == by_type.end() ? std::int64_t{0} : found->second;
    };
    return Same(Word(0),
                Amount(of(seen_.taken_back) - of(seen_.shortfall) - of(seen_.expired), Type(1)));
  }
  std::string GivenBack() const { return Same(Word(0), SumOf(seen_.given_back)); }
  std::string Shortfall() const { return Same(Word(0), SumOf(seen_.shortfall)); }
  std::string Expired() const { return Same(Word(0), SumOf(seen_.expired)); }

  std::string Tier() const {
    const SeenMember* member = Member();
    return member == nullptr ? "no member" : Same(Word(0), member->tier);
  }

  std::string Through() const {
    const SeenMember* member = Member();
    return member == nullptr ? "no member" : Same(Word(0), member->tier_through);
  }
  std::string Missing() const {
    const SeenMember* member = Member();
    return member == nullptr ? "no member" : Same(Word(0), absl::StrCat(member->tier_missing));
  }
  std::string KeptMissing() const {
    const SeenMember* member = Member();
    return member == nullptr ? "no member" : Same(Word(0), absl::StrCat(member->tier_kept_missing));
  }
  // change DOWNGRADED GOLD SILVER worn=2027-03-12: the latest one
  std::string Change() const {
    const SeenMember* member = Member();
    if (member == nullptr) return "no member";
    if (member->tier_changes.empty()) return "no tier change";
    std::string expected = absl::StrJoin(clause_.words.plain, " ");
    for (const auto& [key, value] : clause_.words.named) {
      absl::StrAppend(&expected, " ", key, "=", value);
    }
    return Same(expected, member->tier_changes.front());
  }
  std::string Changes() const {
    const SeenMember* member = Member();
    return member == nullptr ? "no member"
                             : Same(Word(0), std::to_string(member->tier_changes.size()));
  }
  std::string Moves() const {
    return Same(absl::StrJoin(clause_.words.plain, " "),
                absl::StrCat(seen_.tiers_moved, " of ", seen_.tiers_judged));
  }

  std::string Names() const { return Same(Word(0), seen_.names); }
  std::string LeadsTo() const {
    const SeenMember* member = Member();
    return member == nullptr ? "no member" : Same(Word(0), member->leads_to);
  }
  std::string Unmatched() const { return seen_.is_unmatched ? "" : "matched"; }
  std::string Training() const { return seen_.is_training ? "" : "recorded"; }
  // pays 1000 10.00 [BOUND]
  std::string Pays() const {
    std::string seen = seen_.paid_bound.empty() ? "nothing put in"
                                                : absl::StrCat(Amount(seen_.paid_points, kMainType),
                                                               " ", seen_.paid_money);
    if (clause_.words.plain.size() > 2) absl::StrAppend(&seen, " ", seen_.paid_bound);
    return Same(absl::StrJoin(clause_.words.plain, " "), seen);
  }
  std::string Listed() const {
    return seen_.listed == clause_.words.plain
               ? ""
               : absl::StrCat("listed ", absl::StrJoin(seen_.listed, " "));
  }
  // results accepted=39 INVALID_FIELD=1 accepted=60, in their order
  std::string Results() const {
    std::vector<std::string> runs;
    for (std::size_t i = 0; i < seen_.results.size();) {
      std::size_t end = i;
      while (end < seen_.results.size() && seen_.results[end] == seen_.results[i]) ++end;
      runs.push_back(absl::StrCat(end - i, "x", seen_.results[i]));
      i = end;
    }
    return runs == clause_.words.plain ? "" : absl::StrCat("results ", absl::StrJoin(runs, " "));
  }
  std::string Skew() const {
    return Same(absl::StrJoin(clause_.words.plain, " "),
                absl::StrCat(seen_.skew_minutes, " minutes"));
  }

  std::string Replayed() const { return seen_.is_replayed ? "" : "not replayed"; }
  std::string NewEntry() const { return seen_.is_replayed ? "replayed" : ""; }

  std::string Refused() const {
    if (!seen_.refusal) return "accepted";
    const SeenRefusal& refusal = *seen_.refusal;
    std::string text = refusal.reason;
    bool is_same = refusal.reason == Word(0);
    for (const auto& [key, value] : clause_.words.named) {
      if (key == "field") {
        const auto& fields = refusal.fields;
        is_same = is_same && std::find(fields.begin(), fields.end(), value) != fields.end();
        absl::StrAppend(&text, " field=", absl::StrJoin(fields, ";"));
        continue;
      }
      const auto fact = refusal.facts.find(key);
      is_same = is_same && fact != refusal.facts.end() && fact->second == value;
      absl::StrAppend(&text, " ", key, "=", fact == refusal.facts.end() ? "" : fact->second);
    }
    return is_same ? "" : absl::StrCat(text, ": ", refusal.message);
  }

 private:
  std::string Word(std::size_t i) const {
    const auto& plain = clause_.words.plain;
    return i < plain.size() ? plain[i] : "";
  }
  // Of the clause: the word at this place, if it is there.
  std::string Type(std::size_t place) const {
    const std::string word = Word(place);
    return word.empty() ? kMainType : word;
  }
  std::string Amount(std::int64_t amount, const std::string& type) const {
    const auto found = decimals_.find(type);
    return cli::RenderAmount(amount, found == decimals_.end() ? 0 : found->second);
  }
  static std::string Same(const std::string& expected, const std::string& actual) {
    return expected == actual ? "" : actual.empty() ? "nothing" : actual;
  }
  std::string SumOf(const std::map<std::string, std::int64_t>& by_type) const {
    const auto found = by_type.find(Type(1));
    return Amount(found == by_type.end() ? 0 : found->second, Type(1));
  }
  const SeenMember* Member() const {
    const auto found = seen_.members.find(clause_.words.Get("of", seen_.member));
    return found == seen_.members.end() ? nullptr : &found->second;
  }
  template <class Read>
  std::string EveryAward(Read read) const {
    if (seen_.awards.empty()) return "nothing awarded";
    for (const SeenAward& award : seen_.awards) {
      if (award.type == kMainType && read(award.ends) != Word(0)) return read(award.ends);
    }
    return "";
  }

  const Clause& clause_;
  const Seen& seen_;
  const Decimals& decimals_;
};

struct ClauseRow {
  Form form;
  std::string (Checker::*check)() const;
};

const std::vector<ClauseRow>& ClauseTable() {
  static const auto* const table = new std::vector<ClauseRow>{
      {{"awarded", "AMOUNT [TYPE]", 1, 2, {}}, &Checker::Awarded},
      {{"units", "COUNT [TYPE], awarded", 1, 2, {}}, &Checker::Units},
      {{"lines", "RULE=AMOUNT ..., all that awarded", 0, 0, {"*"}}, &Checker::Lines},
      {{"outcome", "RULE OUTCOME [worth=AMOUNT]", 2, 2, {"worth"}}, &Checker::Outcome},
      {{"trimmed", "RULE AMOUNT by=LIMIT", 2, 2, {"by"}}, &Checker::Trimmed},
      {{"explained", "TEXT ...", 1, 9, {}}, &Checker::Explained},
      {{"balance", "AVAILABLE[/PENDING/HELD] [TYPE] [of=MEMBER]", 1, 2, {"of"}}, &Checker::Balance},
      {{"lots", "AMOUNT@END ... [type=TYPE] [of=MEMBER]", 0, 99, {"type", "of"}}, &Checker::Lots},
      {{"takes", "AMOUNT ..., from each lot in order", 0, 99, {}}, &Checker::Takes},
      {{"captures", "AMOUNT ..., from each lot in order", 0, 99, {}}, &Checker::Captures},
      {{"active", "DATE [TIME], of what is awarded; none: not before it is settled", 1, 2, {}},
       &Checker::Active},
      {{"given_back", "AMOUNT [TYPE], that had been spent on what is returned", 1, 2, {}},
       &Checker::GivenBack},
      {{"ends", "DATE, of what is awarded", 1, 1, {}}, &Checker::Ends},
      {{"last_good", "DATE, the day before", 1, 1, {}}, &Checker::LastGood},
      {{"taken_back", "AMOUNT [TYPE]", 1, 2, {}}, &Checker::TakenBack},
      {{"clawed_back", "AMOUNT [TYPE], of it what was recovered", 1, 2, {}}, &Checker::ClawedBack},
      {{"expiries", "AMOUNT@DATE ..., of all time [of=MEMBER]", 0, 99, {"of"}}, &Checker::Expiries},
      {{"entries", "COUNT, that moved points [of=MEMBER]", 1, 1, {"of"}}, &Checker::Entries},
      {{"shortfall", "AMOUNT [TYPE]", 1, 2, {}}, &Checker::Shortfall},
      {{"expired", "AMOUNT [TYPE]", 1, 2, {}}, &Checker::Expired},
      {{"tier", "TIER [of=MEMBER]", 1, 1, {"of"}}, &Checker::Tier},
      {{"through", "DATE, the last day of the tier that is shown [of=MEMBER]", 1, 1, {"of"}},
       &Checker::Through},
      {{"missing", "COUNT, to the next tier [of=MEMBER]", 1, 1, {"of"}}, &Checker::Missing},
      {{"kept_missing", "COUNT, to keep the tier [of=MEMBER]", 1, 1, {"of"}},
       &Checker::KeptMissing},
      {{"change",
        "CAUSE FROM TO [worn=DATE] [revision=NUMBER], the latest",
        3,
        3,
        {"worn", "revision"}},
       &Checker::Change},
      {{"changes", "COUNT, of the tier [of=MEMBER]", 1, 1, {"of"}}, &Checker::Changes},
      {{"moves", "COUNT of COUNT, members by a preview", 3, 3, {}}, &Checker::Moves},
      {{"names", "MEMBER, the reply", 1, 1, {}}, &Checker::Names},
      {{"leads_to", "MEMBER, the name [of=MEMBER]", 1, 1, {"of"}}, &Checker::LeadsTo},
      {{"unmatched", ", a return that waits for its purchase", 0, 0, {}}, &Checker::Unmatched},
      {{"training", ", nothing was recorded", 0, 0, {}}, &Checker::Training},
      {{"pays", "POINTS MONEY [BOUND], of what was put in", 2, 3, {}}, &Checker::Pays},
      {{"listed", "ITEM ..., by a report", 0, 99, {}}, &Checker::Listed},
      {{"results", "COUNTxOUTCOME ..., of a batch, in order", 1, 99, {}}, &Checker::Results},
      {{"skew", "COUNT minutes, by which a clock is slow", 2, 2, {}}, &Checker::Skew},
      {{"replayed", "", 0, 0, {}}, &Checker::Replayed},
      {{"new", "", 0, 0, {}}, &Checker::NewEntry},
      {{"refused", "REASON [field=PATH] [FACT=VALUE ...]", 1, 1, {"*"}}, &Checker::Refused},
  };
  return *table;
}

}  // namespace

std::vector<Form> ClauseForms() {
  std::vector<Form> forms;
  for (const ClauseRow& row : ClauseTable()) forms.push_back(row.form);
  return forms;
}

std::vector<std::string> Differences(const Step& step, const Seen& seen, const Decimals& decimals) {
  std::vector<std::string> differences;
  bool expects_refusal = false;
  for (const Clause& clause : step.expected) {
    if (clause.word == "refused") expects_refusal = true;
    const Checker checker(clause, seen, decimals);
    for (const ClauseRow& row : ClauseTable()) {
      if (row.form.word != clause.word) continue;
      const std::string instead = (checker.*row.check)();
      if (instead.empty()) continue;
      differences.push_back(absl::StrCat("expected ", clause.text, "\n  saw      ", instead));
    }
  }
  if (seen.refusal && !expects_refusal) {
    differences.push_back(absl::StrCat("expected no refusal\n  saw      ", seen.refusal->reason,
                                       ": ", seen.refusal->message));
  }
  return differences;
}

}  // namespace laurel::scenarios
