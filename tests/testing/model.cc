#include "tests/testing/model.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace laurel::model {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;
constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::size_t kWaitingMax = 32;  // returns for a purchase that has not come

// ---- text
// ----------------------------------------------------------------------------------------------------

std::string Text(const MemberRef& ref) {
  if (const auto* id = std::get_if<MemberId>(&ref)) return absl::StrCat("m", id->raw());
  std::string text = "i";
  for (const std::uint8_t byte : std::get<IdentityHash>(ref))
    absl::StrAppend(&text, absl::Hex(byte, absl::kZeroPad2));
  return text;
}
std::string Text(const IdentityLink& link) {
  return absl::StrCat(static_cast<int>(link.kind), ":", Text(link.hash));
}

std::string Text(const std::vector<PurchaseLine>& lines) {
  std::string text;
  for (const PurchaseLine& line : lines) {
    absl::StrAppend(&text, " [", line.line, " kind=", static_cast<int>(line.kind),
                    " net=", line.net, " q=", line.quantity_micros, " ", line.sku);
    if (line.original) {
      absl::StrAppend(&text, " of ", ToString(line.original->receipt), "#", line.original->line);
    }
    for (const std::string& category : line.categories) absl::StrAppend(&text, " #", category);
    absl::StrAppend(&text, "]");
  }
  return text;
}

struct Describer {
  std::string operator()(const EnrollMember& o) const {
    std::string text =
        absl::StrCat("enroll channel=", static_cast<int>(o.channel), " store=", o.store.str());
    if (o.occurred_at) absl::StrAppend(&text, " at=", ToString(*o.occurred_at));
    for (const IdentityLink& link : o.identities) absl::StrAppend(&text, " ", Text(link));
    return text;
  }
  std::string operator()(const LinkIdentity& o) const {
    return absl::StrCat("link ", Text(o.member), " ", Text(o.identity));
  }
  std::string operator()(const UnlinkIdentity& o) const {
    return absl::StrCat("unlink ", Text(o.member), " ", Text(o.identity));
  }
  std::string operator()(const SuspendMember& o) const {
    return absl::StrCat("suspend ", Text(o.member));
  }
  std::string operator()(const ReactivateMember& o) const {
    return absl::StrCat("reactivate ", Text(o.member));
  }
  std::string operator()(const CloseMember& o) const {
    return absl::StrCat("close ", Text(o.member));
  }
  std::string operator()(const AccruePurchase& o) const {
    return absl::StrCat("accrue ", Text(o.member), " ", ToString(o.receipt),
                        " at=", ToString(o.occurred_at), " channel=", static_cast<int>(o.channel),
                        " ", o.currency, " ", o.total, Text(o.lines),
                        o.pay ? absl::StrCat(" pays ", o.pay->amount, " ", o.pay->type.str()) : "",
                        Row(o.row), o.enrol ? absl::StrCat(" or ", (*this)(*o.enrol)) : "");
  }
  static std::string Row(const TerminalRow& row) {
    return row == TerminalRow{} ? "" : absl::StrCat(" row ", row.number, row.is_offline ? "!" : "");
  }
  std::string operator()(const CorrectReceipt& o) const {
    return absl::StrCat("correct: ", (*this)(o.right));
  }
  std::string operator()(const ReturnPurchase& o) const {
    std::string text = absl::StrCat("return ", ToString(o.receipt), " of ", ToString(o.original),
                                    " at=", ToString(o.occurred_at));
    for (const ReturnLine& line : o.lines) {
      absl::StrAppend(&text, " [", line.line, " q=", line.quantity_micros);
      if (line.refund) absl::StrAppend(&text, " refund=", *line.refund);
      absl::StrAppend(&text, "]");
    }
    if (o.member) absl::StrAppend(&text, " for ", Text(*o.member));
    return absl::StrCat(text, Row(o.row));
  }
  static std::string Pays(const std::optional<ReceiptKey>& purchase) {
    return purchase ? absl::StrCat(" pays ", ToString(*purchase)) : "";
  }
  std::string operator()(const Redeem& o) const {
    return absl::StrCat("redeem ", Text(o.member), " ", o.amount, " ", o.type.str(), " ",
                        o.reference, Pays(o.purchase));
  }
  static std::string Accrual(const AccrualRef& accrual, const std::vector<std::int32_t>& lines) {
    std::string text;
    if (const auto* sequence = std::get_if<std::uint64_t>(&accrual)) {
      text = absl::StrCat(" entry ", *sequence);
    } else {
      text = absl::StrCat(" ", ToString(std::get<ReceiptKey>(accrual)));
    }
    for (const std::int32_t line : lines) absl::StrAppend(&text, " #", line);
    return text;
  }
  std::string operator()(const SettleAccrual& o) const {
    return absl::StrCat("settle", Accrual(o.accrual, o.lines));
  }
  std::string operator()(const CancelAccrual& o) const {
    return absl::StrCat("cancel", Accrual(o.accrual, o.lines), " ", o.reason.str());
  }
  static std::string Of(const HoldKey& hold) {
    return absl::StrCat(" ", hold.sequence, " of m", hold.member.raw());
  }
  std::string operator()(const HoldPoints& o) const {
    return absl::StrCat("hold ", Text(o.member), " ", o.amount, " ", o.type.str(), " for ",
                        o.lasts_micros, " ", o.reference);
  }
  std::string operator()(const CaptureHold& o) const {
    return absl::StrCat("capture", Of(o.hold), " ", o.amount ? std::to_string(*o.amount) : "all",
                        o.is_final ? " final " : " ", o.reference, Pays(o.purchase));
  }
  std::string operator()(const VoidHold& o) const { return absl::StrCat("void", Of(o.hold)); }
  std::string operator()(const AdjustPoints& o) const {
    return absl::StrCat("adjust ", Text(o.member), " ", o.amount, " ", o.type.str(), " ",
                        o.reason.str(), " ", o.reference, o.asks ? " or ask" : "");
  }
  std::string operator()(const Approve& o) const { return absl::StrCat("approve of ", o.asked); }
  std::string operator()(const Decline& o) const { return absl::StrCat("decline ", o.asked); }
  std::string operator()(const ExtendLots& o) const {
    std::string text = absl::StrCat("extend ", Text(o.member), " until ", ToString(o.expires_at));
    for (const LotId& lot : o.lots) absl::StrAppend(&text, " ", ToString(lot));
    return text;
  }
  std::string operator()(const ReinstatePoints& o) const {
    return absl::StrCat("reinstate ", Text(o.member), " of ", o.expiry, " ",
                        o.amount ? std::to_string(*o.amount) : "all", " ", o.type.str(), " until ",
                        ToString(o.expires_at));
  }
  std::string operator()(const ReverseRedemption& o) const {
    return absl::StrCat("reverse ", o.redemption, " ",
                        o.amount ? std::to_string(*o.amount) : "all");
  }
  std::string operator()(const CreateProgram& o) const {
    return absl::StrCat("create program ", ToHex(o.digest));
  }
  std::string operator()(const CreateRevision& o) const {
    return absl::StrCat("create revision ", ToHex(o.digest));
  }
  std::string operator()(const ActivateRevision& o) const {
    return absl::StrCat("activate ", o.number);
  }
  std::string operator()(const AdvanceMember& o) const {
    return absl::StrCat("advance m", o.member.raw());
  }
  std::string operator()(const ApproveRevision& o) const {
    return absl::StrCat("approve ", o.number);
  }
  std::string operator()(const ScheduleRevision& o) const {
    return absl::StrCat("schedule ", o.number, " from=", ToString(o.from));
  }
  std::string operator()(const CancelSchedule& o) const {
    return absl::StrCat("cancel the schedule of ", o.number);
  }
  std::string operator()(const PauseRule& o) const { return absl::StrCat("pause ", o.rule); }
  std::string operator()(const ResumeRule& o) const { return absl::StrCat("resume ", o.rule); }
  std::string operator()(const AdvanceProgram&) const { return "advance program"; }
  std::string operator()(const AcknowledgeWarnings& o) const {
    return absl::StrCat("acknowledge ", o.warnings.size(), " warnings of ", o.number);
  }
  std::string operator()(const ImportMember& o) const {
    std::string text =
        absl::StrCat("import enrolled=", o.enrolled_at ? ToString(*o.enrolled_at) : "now");
    for (const ImportMember::OpeningLot& lot : o.lots) {
      absl::StrAppend(&text, " [", lot.amount, " ", lot.type.str(), " of ",
                      ToString(lot.awarded_at),
                      lot.activates_at ? absl::StrCat(" from ", ToString(*lot.activates_at)) : "",
                      " until ", ToString(lot.expires_at), "]");
    }
    for (const ImportMember::HistoryDay& day : o.history) {
      absl::StrAppend(&text, " ", ToString(day.on), "=", day.purchases);
    }
    if (!o.tier) return text;
    return absl::StrCat(text, " ", o.tier->tier, " since ", ToString(o.tier->since), " review ",
                        o.tier->review_at ? ToString(*o.tier->review_at) : "by its age");
  }
  std::string operator()(const SetTierFloor& o) const {
    return absl::StrCat("tier floor ", Text(o.member), " ", o.tier);
  }
  std::string operator()(const MatchTier& o) const {
    return absl::StrCat("match tier ", Text(o.member), " ", o.tier);
  }
  std::string operator()(const SetMemberAttributes& o) const {
    std::string text = absl::StrCat("tell ", Text(o.member));
    for (const MemberAttribute& told : o.set) {
      absl::StrAppend(&text, " ", told.attribute.id, "=",
                      std::get<std::int64_t>(told.attribute.value), " until ",
                      ToString(told.ends_at));
    }
    for (const std::string& id : o.cleared) absl::StrAppend(&text, " -", id);
    return text;
  }
  std::string operator()(const MergeMembers& o) const {
    return absl::StrCat("merge ", Text(o.merged), " into ", Text(o.survivor), " ", o.reason.str());
  }
  std::string operator()(const UnmergeMembers& o) const {
    return absl::StrCat("unmerge m", o.merged.raw(), " ", o.reason.str());
  }
  std::string operator()(const KeepReceipt& o) const {
    return absl::StrCat("keep ", (*this)(o.sale));
  }
  std::string operator()(const ClaimReceipt& o) const {
    return absl::StrCat("claim ", ToString(o.receipt), " ", Text(o.member));
  }
  std::string operator()(const TransferPoints& o) const {
    return absl::StrCat("transfer ", o.amount, " ", o.type.str(), " from ", Text(o.from), " to ",
                        Text(o.to), " ", o.reference);
  }
  std::string operator()(const MoveIdentity& o) const {
    return absl::StrCat("move ", Text(o.identity), " from ", Text(o.from), " to ", Text(o.to), " ",
                        o.reason.str());
  }
  std::string operator()(const AccrueActivity& o) const {
    return absl::StrCat("activity ", o.type);
  }
};

// ---- civil time
// ----------------------------------------------------------------------------------------------

// 01:00 UTC of the last Sunday of a month of 31 days.
std::int64_t LastSunday(int year, int month) {
  Date day = *Date::FromCivil(year, month, 31);
  while ((day.days() % 7 + 7) % 7 != 3) day = day.PlusDays(-1);  // 1970-01-04 was a Sunday
  return day.days() * kDay + kHour;
}
bool IsSummer(std::int64_t micros) {
  const int year = Date::FromDays(static_cast<std::int32_t>(micros / kDay)).year();
  return micros >= LastSunday(year, 3) && micros < LastSunday(year, 10);
}

// ---- amounts
// -------------------------------------------------------------------------------------------------

bool Counts(const PurchaseLine& line, const std::string& left_out) {
  if (line.kind != PurchaseLineKind::kSale) return false;
  for (const std::string& category : line.categories) {
    if (category == "gift_card" || category == left_out) return false;
  }
  return true;
}

std::int64_t PointsOf(const Earn& rule, const std::vector<PurchaseLine>& lines) {
  std::int64_t net = 0;
  for (const PurchaseLine& line : lines) net += Counts(line, rule.left_out) ? line.net : 0;
  const std::int64_t product = net * rule.points;
  return (product + (rule.is_half_up ? rule.per / 2 : 0)) / rule.per;
}

// n * kept / q, half up.
std::int64_t Share(std::int64_t n, std::int64_t kept, std::int64_t q) {
  // Bit by bit with the remainder carried, so that nothing overflows.
  std::int64_t whole = 0;
  std::int64_t rest = 0;
  for (int bit = 62; bit >= 0; --bit) {
    whole *= 2;
    rest *= 2;
    if (n >> bit & 1) rest += kept;
    whole += rest / q;
    rest %= q;
  }
  return whole + (2 * rest >= q ? 1 : 0);
}

// What counts of the lines that are left of a purchase, or of all of them: points have paid for
// `cents` of it, spread by value over what was sold.
std::vector<PurchaseLine> Counted(const std::vector<PurchaseLine>& bought, std::int64_t cents,
                                  std::vector<PurchaseLine> lines) {
  const auto worth = [](const PurchaseLine& line) {
    const bool is_paid =
        line.kind != PurchaseLineKind::kReturn && line.kind != PurchaseLineKind::kVoid;
    return is_paid ? line.net : 0;
  };
  std::int64_t whole = 0;
  for (const PurchaseLine& line : bought) whole += worth(line);
  if (cents == 0 || whole == 0) return lines;
  std::vector<std::int64_t> shares;
  std::vector<std::int64_t> rests;
  std::int64_t left = cents;
  for (const PurchaseLine& line : bought) {
    shares.push_back(cents * worth(line) / whole);
    rests.push_back(cents * worth(line) % whole);
    left -= shares.back();
  }
  for (; left > 0; --left) {
    const auto most = std::max_element(rests.begin(), rests.end());
    ++shares[static_cast<std::size_t>(most - rests.begin())];
    *most = -1;
  }
  for (PurchaseLine& line : lines) {
    for (std::size_t i = 0; i < bought.size(); ++i) {
      if (bought[i].line != line.line || bought[i].net == 0) continue;
      line.net = Share(bought[i].net - shares[i], line.net, bought[i].net);
    }
  }
  return lines;
}

// Whether a return that took these lines is what is asked for again.
bool SameLines(const std::vector<PurchaseLine>& taken, const std::vector<ReturnLine>& asked) {
  if (taken.size() != asked.size()) return false;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (taken[i].line != asked[i].line || taken[i].quantity_micros != asked[i].quantity_micros)
      return false;
    if (asked[i].refund && *asked[i].refund != taken[i].net) return false;
  }
  return true;
}

bool IsRecordedRefusal(Rejection reason) {
  return reason != Rejection::kOccurredAtOutOfWindow && reason != Rejection::kInvalidField &&
         reason != Rejection::kRequestIdReused;
}

std::vector<PurchaseLine> ReportedLines(const AccruePurchase& o) {
  if (!o.lines.empty()) return o.lines;
  PurchaseLine line;
  line.line = 1;
  line.net = o.total;
  line.quantity_micros = 1'000'000;
  return {line};
}

}  // namespace

std::string Describe(const Order& order) { return std::visit(Describer{}, order); }

Date LocalDay(Timestamp instant) {
  const std::int64_t local = instant.micros() + (IsSummer(instant.micros()) ? 2 : 1) * kHour;
  return Date::FromDays(static_cast<std::int32_t>(local / kDay));
}

Timestamp StartOf(Date day) {
  const std::int64_t midnight = day.days() * kDay;
  return Timestamp::FromMicros(midnight - (IsSummer(midnight - 2 * kHour) ? 2 : 1) * kHour);
}

// ---- reading
// -------------------------------------------------------------------------------------------------

std::int64_t Model::Available(const Member& member, const std::string& type) {
  std::int64_t sum = type == "points" ? -member.arrears : 0;
  for (const Lot& lot : member.lots) sum += lot.type == type ? lot.left : 0;
  return sum;
}

std::int64_t Model::Pending(const Member& member, const std::string& type) {
  std::int64_t sum = 0;
  for (const Lot& lot : member.lots) sum += lot.type == type ? lot.pending : 0;
  return sum;
}

std::int64_t Model::Held(const Member& member, const std::string& type) {
  std::int64_t sum = 0;
  for (const Lot& lot : member.lots) sum += lot.type == type ? lot.held : 0;
  return sum;
}

std::vector<Lot> Model::SpendOrder(const Member& member, const std::string& type) {
  std::vector<Lot> lots;
  for (const Lot& lot : member.lots) {
    if (lot.type == type && lot.left + lot.pending + lot.held > 0) lots.push_back(lot);
  }
  std::sort(lots.begin(), lots.end(), [&](const Lot& a, const Lot& b) {
    const Timestamp a_ends = EndOf(member, a);
    const Timestamp b_ends = EndOf(member, b);
    return std::tie(a_ends, a.ends, a.id) < std::tie(b_ends, b.ends, b.id);
  });
  return lots;
}

std::int64_t Model::Credit(MemberId id, Date last) const {
  const Date first = last.PlusMonths(-12).PlusDays(1);
  std::int64_t sum = 0;
  for (const MemberId one : Group(id)) {
    for (const auto& [day, credit] : members_.at(one).credit_before) {
      if (day >= first && day <= last) sum += credit;
    }
  }
  for (const auto& [receipt, purchase] : purchases_) {
    if (Root(purchase.member) != id || purchase.day < first || purchase.day > last) continue;
    for (const Award& award : purchase.awards) sum += award.rule->type == "credit" ? award.left : 0;
  }
  return sum;
}

std::int64_t Model::Visits(MemberId id, Date last) const {
  const Date first = last.PlusMonths(-12).PlusDays(1);
  std::set<Date> days;
  for (const MemberId one : Group(id)) {
    for (const Date day : members_.at(one).visits_before) {
      if (day >= first && day <= last) days.insert(day);
    }
  }
  for (const auto& [receipt, purchase] : purchases_) {
    if (Root(purchase.member) != id || purchase.is_return || purchase.is_gone) continue;
    if (purchase.day >= first && purchase.day <= last) days.insert(purchase.day);
  }
  return static_cast<std::int64_t>(days.size());
}

std::int64_t Model::BestPurchase(MemberId id, Date first, Date last) const {
  std::int64_t best = 0;
  for (const auto& [receipt, purchase] : purchases_) {
    if (Root(purchase.member) != id || purchase.is_return || purchase.is_gone) continue;
    if (purchase.day < first || purchase.day > last) continue;
    std::int64_t net = 0;
    for (const PurchaseLine& line : Counted(purchase.bought, purchase.paid_cents, purchase.left)) {
      net += Counts(line, "") ? line.net : 0;
    }
    best = std::max(best, net);
  }
  return best;
}

std::int64_t Model::MostPoints(MemberId id, Date last) const {
  std::int64_t most = 0;
  for (const auto& [receipt, purchase] : purchases_) {
    if (Root(purchase.member) != id || purchase.is_return || purchase.day > last) continue;
    std::int64_t points = 0;
    for (const Award& award : purchase.awards) {
      points += award.rule->type == "points" ? award.left : 0;
    }
    most = std::max(most, points);
  }
  return most;
}

std::int64_t Model::Categories(MemberId id, Date first, Date last) const {
  std::set<std::string> categories;
  for (const auto& [receipt, purchase] : purchases_) {
    if (Root(purchase.member) != id || purchase.is_return || purchase.is_gone) continue;
    if (purchase.day < first || purchase.day > last) continue;
    for (const PurchaseLine& line : purchase.left) {
      if (Counts(line, "") && !line.categories.empty()) categories.insert(line.categories[0]);
    }
  }
  return static_cast<std::int64_t>(categories.size());
}

bool Model::Reaches(const Tier& tier, const Revision& revision, std::int64_t credit,
                    std::int64_t visits) const {
  return (tier.credit > 0 && credit >= tier.credit * revision.credit_percent / 100) ||
         (tier.visits > 0 && visits >= tier.visits);
}

std::size_t Model::Earned(MemberId id, Date last, const Revision& revision) const {
  const std::int64_t credit = Credit(id, last);
  const std::int64_t visits = Visits(id, last);
  std::size_t earned = 0;
  for (std::size_t i = 1; i < program_.tiers.size(); ++i) {
    if (Reaches(program_.tiers[i], revision, credit, visits)) earned = i;
  }
  return earned;
}

Timestamp Model::ReviewAt(std::size_t tier, Timestamp since, int term) const {
  const bool is_reviewed = tier > 0 && program_.downgrade != Downgrade::kNever;
  if (!is_reviewed && !program_.upgrades_at_review) return Timestamp::Never();
  return StartOf(LocalDay(since).PlusMonths(12 * term).PlusDays(1));
}

std::optional<MemberId> Model::Find(const MemberRef& ref) const {
  if (const auto* id = std::get_if<MemberId>(&ref)) {
    return members_.count(*id) > 0 ? std::optional(Root(*id)) : std::nullopt;
  }
  const auto found = identities_.find(std::get<IdentityHash>(ref));
  return found == identities_.end() ? std::nullopt : std::optional(Root(found->second));
}

MemberId Model::Root(MemberId id) const {
  if (members_.count(id) == 0) return id;  // a return that waits may be of nobody
  while (members_.at(id).merged_into) id = *members_.at(id).merged_into;
  return id;
}

const Hold* Model::FindHold(const HoldKey& key) const {
  if (members_.count(key.member) == 0) return nullptr;
  const Member& member = members_.at(Root(key.member));
  const auto found = member.holds.find(key.sequence);
  return found == member.holds.end() ? nullptr : &found->second;
}

const Revision& Model::InForce(Timestamp occurred_at) const {
  const Revision* found = in_force_.front().second;
  for (const auto& [from, revision] : in_force_) {
    if (from <= occurred_at) found = revision;
  }
  return *found;
}

Timestamp Model::Next() const { return std::max(clock_, last_recorded_.PlusMicros(1)); }

std::optional<Rejection> Model::Late(Timestamp occurred_at) const {
  const std::int64_t late = Next().micros() - occurred_at.micros();
  if (late > 30 * kDay || late < -kHour / 6) return Rejection::kOccurredAtOutOfWindow;
  return std::nullopt;
}

// ---- due work
// ------------------------------------------------------------------------------------------------

bool Model::Rise(Standing& standing, Timestamp at, std::size_t earned) const {
  if (earned <= standing.tier) return false;
  standing.before = standing.tier;
  standing.tier = earned;
  standing.since = at;
  standing.term = 1;
  standing.review_at = ReviewAt(earned, at, 1);
  return true;
}

bool Model::Judge(MemberId id, Standing& standing, Timestamp from, const Revision& revision) const {
  if (revision.on_activation == OnActivation::kNothing) return false;
  const Date day = LocalDay(from);
  if (Rise(standing, from, Earned(id, day, revision))) {
    standing.judged = from;
    return true;
  }
  if (revision.on_activation != OnActivation::kRecompute || standing.tier == 0) return false;
  if (program_.downgrade == Downgrade::kNever) return false;
  if (Reaches(program_.tiers[standing.tier], revision, Credit(id, day), Visits(id, day)))
    return false;
  Fall(id, standing, from, day, revision);
  standing.judged = from;
  return true;
}

void Model::Fall(MemberId id, Standing& standing, Timestamp at, Date last,
                 const Revision& revision) const {
  std::size_t lower = standing.tier - 1;
  if (program_.downgrade == Downgrade::kRecompute) {
    const std::int64_t credit = Credit(id, last);
    const std::int64_t visits = Visits(id, last);
    while (lower > 0 && !Reaches(program_.tiers[lower], revision, credit, visits)) --lower;
  }
  standing.tier = lower;
  standing.since = at;
  standing.before = std::nullopt;  // a soft landing rests on no upgrade
  standing.term = 1;
  standing.review_at = ReviewAt(lower, at, 1);
}

bool Model::DoOneDue(MemberId id, Member& member, Timestamp now,
                     std::optional<Timestamp> activity_at) const {
  if (member.merged_into) return false;
  Timestamp end = Timestamp::Never();
  Timestamp active = Timestamp::Never();
  for (const Lot& lot : member.lots) {
    if (lot.left > 0 && EndOf(member, lot) <= now) end = std::min(end, EndOf(member, lot));
    if (lot.pending > 0 && lot.active <= now) active = std::min(active, lot.active);
  }
  Hold* lapsing = nullptr;
  for (auto& [sequence, hold] : member.holds) {
    if (hold.state != HoldState::kOpen || hold.lapses > now) continue;
    if (lapsing == nullptr || hold.lapses < lapsing->lapses) lapsing = &hold;
  }
  const Timestamp lapse = lapsing == nullptr ? Timestamp::Never() : lapsing->lapses;
  const Timestamp first = std::min({active, lapse, end});
  Standing& standing = member.standing;
  const bool is_over = (standing.review_at <= now && standing.no_review_before <= now) ||
                       (activity_at && standing.review_at <= *activity_at);
  const Timestamp over =
      !standing.review_at.is_never() && is_over ? standing.review_at : Timestamp::Never();
  for (std::size_t i = 1; i < in_force_.size(); ++i) {  // the first one found nobody
    const auto& [from, revision] = in_force_[i];
    if (from > now || from <= standing.judged || from > over || from > first) continue;
    if (Judge(id, standing, from, *revision)) return true;
  }
  if (!over.is_never() && over <= first) {
    const Date last = LocalDay(over).PlusDays(-1);
    const Revision& revision = InForce(over);
    if (Rise(standing, over, Earned(id, last, revision))) {
      // Under a revision that asks for less than the one before.
    } else if (standing.tier == 0 || program_.downgrade == Downgrade::kNever ||
               Reaches(program_.tiers[standing.tier], revision, Credit(id, last),
                       Visits(id, last))) {
      // A tier that came from elsewhere may be terms old.
      do {
        ++standing.term;
        standing.review_at = ReviewAt(standing.tier, standing.since, standing.term);
      } while (standing.review_at <= over);
    } else {
      Fall(id, standing, over, last, revision);
    }
    return true;
  }
  if (first.is_never()) return false;
  if (active == first) {
    std::vector<Lot*> lots;
    for (Lot& lot : member.lots) {
      if (lot.pending > 0 && lot.active == active) lots.push_back(&lot);
    }
    std::sort(lots.begin(), lots.end(), [](const Lot* a, const Lot* b) {
      return std::tie(a->ends, a->id) < std::tie(b->ends, b->id);
    });
    for (Lot* lot : lots) {
      const std::int64_t owed = std::min(lot->pending, member.arrears);
      member.arrears -= owed;
      lot->left += lot->pending - owed;
      lot->pending = 0;
    }
  } else if (lapse == first) {
    End(member, *lapsing, HoldState::kLapsed, lapse);
  } else {
    for (Lot& lot : member.lots) {
      if (EndOf(member, lot) != end) continue;
      lot.ended += lot.left;
      lot.left = 0;
    }
  }
  return true;
}

void Model::PutBack(Member& member, std::size_t lot, std::int64_t points, Timestamp now) const {
  const std::int64_t owed = std::min(points, member.arrears);
  member.arrears -= owed;
  const auto again = std::find_if(member.lots.begin(), member.lots.end(), [&](const Lot& other) {
    return other.id == member.lots[lot].id && !other.is_gone;
  });
  if (member.lots[lot].is_gone && again != member.lots.end()) {  // it came back, too
    lot = static_cast<std::size_t>(again - member.lots.begin());
  } else if (member.lots[lot].is_gone && points > owed) {
    member.lots.push_back(Lot{.id = LotId{sequence_ + 1, 10'001 + restored_++},
                              .type = "points",
                              .ends = member.lots[lot].ends,
                              .home = *touched_,
                              .is_idle = member.lots[lot].is_idle});
    lot = member.lots.size() - 1;
  }
  Lot& back = member.lots[lot];
  (EndOf(member, back) <= now ? back.ended : back.left) += points - owed;
}

void Model::End(Member& member, Hold& hold, HoldState state, Timestamp now) const {
  for (const auto& [lot, points] : hold.parts) {
    member.lots[lot].held -= points;
    PutBack(member, lot, points, now);
  }
  hold.parts.clear();
  hold.state = state;
}

Member Model::AsOf(MemberId id, Timestamp now) const {
  Member member = members_.at(id);
  while (DoOneDue(id, member, now, std::nullopt)) {
  }
  return member;
}

// Before a command its member is brought up to now: one entry per instant at which something fell
// due.
void Model::CatchUp(const Order& order) {
  std::optional<MemberId> id;
  std::optional<MemberId> other;
  std::optional<Timestamp> activity_at;
  if (const auto* o = std::get_if<MergeMembers>(&order)) {
    id = Find(o->merged);
    other = Find(o->survivor);
  }
  if (const auto* o = std::get_if<UnmergeMembers>(&order)) id = Find(o->merged);
  if (const auto* o = std::get_if<ClaimReceipt>(&order)) id = Find(o->member);
  if (const auto* o = std::get_if<TransferPoints>(&order)) {
    id = Find(o->from);
    other = Find(o->to);
  }
  if (const auto* o = std::get_if<MoveIdentity>(&order)) {
    id = Find(o->from);
    other = Find(o->to);
  }
  if (const auto* o = std::get_if<LinkIdentity>(&order)) id = Find(o->member);
  if (const auto* o = std::get_if<UnlinkIdentity>(&order)) id = Find(o->member);
  if (const auto* o = std::get_if<SuspendMember>(&order)) id = Find(o->member);
  if (const auto* o = std::get_if<ReactivateMember>(&order)) id = Find(o->member);
  if (const auto* o = std::get_if<CloseMember>(&order)) id = Find(o->member);
  if (const auto* o = std::get_if<Redeem>(&order)) id = Find(o->member);
  if (const auto* o = std::get_if<AdjustPoints>(&order)) id = Find(o->member);
  if (const auto* o = std::get_if<ExtendLots>(&order)) id = Find(o->member);
  if (const auto* o = std::get_if<ReinstatePoints>(&order)) id = Find(o->member);
  // What was merged is not advanced by its own id.
  if (const auto* o = std::get_if<AdvanceMember>(&order)) id = o->member;
  if (const auto* o = std::get_if<SetMemberAttributes>(&order)) id = Find(o->member);
  if (const auto* o = std::get_if<HoldPoints>(&order)) id = Find(o->member);
  if (const auto* o = std::get_if<CaptureHold>(&order)) id = Find(o->hold.member);
  if (const auto* o = std::get_if<VoidHold>(&order)) id = Find(o->hold.member);
  const auto of_accrual = [&](const AccrualRef& accrual) {
    if (const auto* receipt = std::get_if<ReceiptKey>(&accrual)) {
      const auto found = purchases_.find(*receipt);
      if (found != purchases_.end()) id = found->second.member;
      return;
    }
    // Whatever an entry is of: its member is brought up to now.
    const auto found = member_of_.find(std::get<std::uint64_t>(accrual));
    if (found != member_of_.end()) id = found->second;
  };
  if (const auto* o = std::get_if<SettleAccrual>(&order)) of_accrual(o->accrual);
  if (const auto* o = std::get_if<CancelAccrual>(&order)) of_accrual(o->accrual);
  if (const auto* o = std::get_if<Approve>(&order)) of_accrual(o->asked);
  if (const auto* o = std::get_if<AccruePurchase>(&order)) {
    id = Find(o->member);
    activity_at = o->occurred_at;
  }
  if (const auto* o = std::get_if<CorrectReceipt>(&order)) {
    id = Find(o->right.member);
    activity_at = o->right.occurred_at;
  }
  if (const auto* o = std::get_if<ReturnPurchase>(&order)) {
    const auto found = purchases_.find(o->original);
    if (found != purchases_.end()) {
      id = found->second.member;
    } else if (o->member) {
      id = Find(*o->member);
    }
  }
  if (const auto* o = std::get_if<ReverseRedemption>(&order)) {
    const auto found = redemptions_.find(o->redemption);
    if (found != redemptions_.end()) id = found->second.member;
  }
  if (id && members_.count(*id) == 0) id.reset();  // a return that waits may be of nobody
  if (id && !std::holds_alternative<AdvanceMember>(order)) id = Root(*id);
  // What cannot have happened yet brings nothing forward.
  const auto is_possible = [&] {
    return activity_at && activity_at->micros() - Next().micros() <= kHour / 6;
  };
  for (const std::optional<MemberId>& one : {id, other}) {
    while (one &&
           DoOneDue(*one, members_.at(*one), Next(), is_possible() ? activity_at : std::nullopt)) {
      Recorded(sequence_ + 1, Next());
      member_of_[sequence_] = *one;
    }
  }
}

// ---- commands
// ------------------------------------------------------------------------------------------------

Answer Model::Do(const Command& command, Timestamp clock) {
  clock_ = clock;
  touched_ = std::nullopt;
  other_ = std::nullopt;
  principal_ = command.principal;
  restored_ = 0;
  came_back_.clear();
  const std::string content = Describe(command.order);
  const auto known = requests_.find(command.request);
  if (known != requests_.end()) {
    if (known->second.content != content) return Answer{.refused = Rejection::kRequestIdReused};
    Answer again = known->second.answer;
    again.is_replayed = true;
    return again;
  }
  CatchUp(command.order);
  if (std::holds_alternative<AdvanceMember>(command.order)) return Answer{};
  const std::optional<Rejection> refused = DoEnrolling(command.order);
  Answer answer{.refused = refused};
  if (refused && !IsRecordedRefusal(*refused)) {
    if (refused == Rejection::kOccurredAtOutOfWindow && ReadClock(command.order, false)) {
      Recorded(sequence_ + 1, Next());
    }
    return answer;
  }
  ReadClock(command.order, true);
  answer.recorded_at = Next();
  answer.sequence = sequence_ + 1;
  if (!refused) answer.member = touched_;
  if (answer.member) {
    members_.at(*touched_).standing.judged = in_force_.back().first;
    member_of_[answer.sequence] = *touched_;
    if (other_) members_.at(*other_).standing.judged = in_force_.back().first;
  }
  Recorded(answer.sequence, answer.recorded_at);
  requests_[command.request] = Answered{content, answer};
  if (!refused) {
    if (const auto* o = std::get_if<AccruePurchase>(&command.order)) MatchEarly(o->receipt);
    if (const auto* o = std::get_if<ClaimReceipt>(&command.order)) MatchEarly(o->receipt);
    if (const auto* o = std::get_if<CorrectReceipt>(&command.order)) MatchEarly(o->right.receipt);
    // In the order of their entries: what others paid for it goes back to them.
    const std::vector<ReceiptKey> came_back = came_back_;
    for (const ReceiptKey& receipt : came_back) PayOthersBack(receipt);
  }
  return answer;
}

// Whether the ledger takes down what an order says of its terminal's clock: where it is recorded
// anyway, or once an hour, or sooner if the clock stands otherwise.
bool Model::ReadClock(const Order& order, bool is_recorded) {
  const AccruePurchase* sale = std::get_if<AccruePurchase>(&order);
  if (const auto* kept = std::get_if<KeepReceipt>(&order)) sale = &kept->sale;
  const auto* back = std::get_if<ReturnPurchase>(&order);
  if (sale == nullptr && back == nullptr) return false;
  const TerminalRow& row = sale != nullptr ? sale->row : back->row;
  if (row.number == 0 || row.is_offline) return false;
  const ReceiptKey& receipt = sale != nullptr ? sale->receipt : back->receipt;
  const Timestamp told_at = sale != nullptr ? sale->occurred_at : back->occurred_at;
  const std::int64_t skew = Next().micros() - told_at.micros();
  const auto known = clocks_.find({receipt.store, receipt.terminal});
  const bool is_news = known == clocks_.end() ||
                       Next().micros() - known->second.second.micros() >= kHour ||
                       std::abs(skew - known->second.first) > kHour / 6;
  if (!is_recorded && !is_news) return false;
  clocks_[{receipt.store, receipt.terminal}] = {skew, Next()};
  return true;
}

void Model::PayOthersBack(const ReceiptKey& receipt) {
  const Purchase& purchase = purchases_.at(receipt);
  for (auto& [sequence, redemption] : redemptions_) {
    const MemberId payer = Root(redemption.member);
    if (redemption.paid != receipt || payer == Root(purchase.member)) continue;
    const std::int64_t back = DueBack(redemption, purchase, purchase.left) - redemption.back;
    if (back <= 0) continue;
    while (DoOneDue(payer, members_.at(payer), Next(), std::nullopt)) {
      Recorded(sequence_ + 1, Next());
      member_of_[sequence_] = payer;
    }
    touched_ = payer;
    restored_ = 0;
    GiveBack(redemption, back);
    members_.at(payer).standing.judged = in_force_.back().first;
    Recorded(sequence_ + 1, Next());
    member_of_[sequence_] = payer;
  }
}

// Points that are due back of all that paid for a purchase of which `rest` is left.
std::int64_t Model::DueBack(const Redemption& redemption, const Purchase& purchase,
                            const std::vector<PurchaseLine>& rest) {
  const auto worth = [](const std::vector<PurchaseLine>& list) {
    std::int64_t sum = 0;
    for (const PurchaseLine& line : list) {
      const bool is_sold =
          line.kind != PurchaseLineKind::kReturn && line.kind != PurchaseLineKind::kVoid;
      sum += is_sold ? line.net : 0;
    }
    return sum;
  };
  const std::int64_t value = worth(purchase.bought);
  const std::int64_t kept = worth(rest);
  const bool is_all = rest.empty() || kept == 0 || value <= 0;
  return is_all ? redemption.amount : redemption.amount * (value - kept) / value;
}

// A sale whose member nobody knows yet enrols one first; both happen or nothing does.
std::optional<Rejection> Model::DoEnrolling(const Order& order) {
  const auto act = [&] { return std::visit([&](const auto& o) { return Do(o); }, order); };
  const auto* sale = std::get_if<AccruePurchase>(&order);
  if (sale == nullptr || !sale->enrol || Find(sale->member)) return act();
  const std::uint64_t sequence = sequence_;
  const Timestamp last_recorded = last_recorded_;
  EnrollMember enrolment = *sale->enrol;
  enrolment.occurred_at = sale->occurred_at;
  if (const auto refused = Do(enrolment)) return refused;
  const MemberId enrolled = *touched_;
  members_.at(enrolled).standing.judged = in_force_.back().first;
  Recorded(sequence_ + 1, Next());
  member_of_[sequence_] = enrolled;
  touched_ = std::nullopt;
  CatchUp(order);
  const std::optional<Rejection> refused = act();
  if (!refused) return std::nullopt;
  members_.erase(enrolled);
  for (const IdentityLink& link : enrolment.identities) identities_.erase(link.hash);
  member_of_.erase(member_of_.upper_bound(sequence), member_of_.end());
  sequence_ = sequence;
  last_recorded_ = last_recorded;
  return refused;
}

void Model::MatchEarly(const ReceiptKey& original) {
  std::vector<Early> waiting = early_[original];
  early_[original].clear();
  for (const Early& early : waiting) {
    const MemberId id = Root(purchases_.at(original).member);
    std::vector<PurchaseLine> taken;
    if ((early.member && Root(*early.member) != id) ||
        TakeBack(original, early.lines, std::nullopt, taken)) {
      early_[original].push_back(early);
      continue;
    }
    FallAfter(purchases_.at(original), early.occurred_at);
    members_.at(id).standing.judged = in_force_.back().first;
    Recorded(sequence_ + 1, Next());
    member_of_[sequence_] = id;
  }
  if (early_[original].empty()) early_.erase(original);
}

std::optional<Rejection> Model::Do(const EnrollMember& o) {
  if (const auto late = Late(o.occurred_at.value_or(Next()))) return late;
  for (const IdentityLink& link : o.identities) {
    if (identities_.count(link.hash) > 0) return Rejection::kIdentityTaken;
  }
  touched_ = MemberIdFor(0, sequence_ + 1);
  Standing& standing = members_[*touched_].standing;
  standing.since = o.occurred_at.value_or(Next());
  if (program_.upgrades_at_review) {
    standing.term = 1;
    standing.review_at = ReviewAt(0, standing.since, 1);
  }
  for (const IdentityLink& link : o.identities) identities_[link.hash] = *touched_;
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const ImportMember& o) {
  const Timestamp now = Next();
  for (const IdentityLink& link : o.identities) {
    if (identities_.count(link.hash) > 0) return Rejection::kIdentityTaken;
  }
  const Timestamp enrolled = o.enrolled_at.value_or(now);
  if (enrolled > now) return Rejection::kInvalidField;
  for (const ImportMember::OpeningLot& lot : o.lots) {
    if (lot.type.str() != "points" && lot.type.str() != "credit")
      return Rejection::kResourceNotFound;
    const bool is_wrong = lot.awarded_at > now || (lot.activates_at && *lot.activates_at <= now) ||
                          lot.expires_at <= lot.activates_at.value_or(now);
    if (is_wrong) return Rejection::kInvalidField;
  }
  for (const ImportMember::HistoryDay& day : o.history) {
    if (day.on > LocalDay(now)) return Rejection::kInvalidField;
  }
  std::size_t tier = 0;
  if (o.tier) {
    while (tier < program_.tiers.size() && program_.tiers[tier].id != o.tier->tier) ++tier;
    if (tier == program_.tiers.size()) return Rejection::kResourceNotFound;
    if (o.tier->since > now) return Rejection::kInvalidField;
    const auto& review = o.tier->review_at;
    const bool is_reviewed =
        program_.upgrades_at_review || (tier > 0 && program_.downgrade != Downgrade::kNever);
    if (review && (*review <= now || !is_reviewed || StartOf(LocalDay(*review)) != *review))
      return Rejection::kInvalidField;
  }

  touched_ = MemberIdFor(0, sequence_ + 1);
  Member& member = members_[*touched_];
  member.standing.since = enrolled;
  for (const IdentityLink& link : o.identities) identities_[link.hash] = *touched_;
  std::uint32_t number = 0;
  for (const ImportMember::OpeningLot& lot : o.lots) {
    Lot opened{.id = LotId{sequence_ + 1, ++number},
               .type = lot.type.str(),
               .ends = lot.expires_at,
               .home = *touched_};
    if (lot.activates_at) {
      opened.pending = lot.amount;
      opened.active = *lot.activates_at;
    } else {
      opened.left = lot.amount;
    }
    // Where the other system gives no end, idleness ends them as it does ours.
    if (lot.type.str() == "points" && lot.expires_at.is_never()) {
      OpenIdle(member, InForce(now), now, opened);
    }
    member.lots.push_back(opened);
    if (lot.type.str() == "credit") member.credit_before[LocalDay(lot.awarded_at)] += lot.amount;
  }
  for (const ImportMember::HistoryDay& day : o.history) {
    if (day.purchases > 0) member.visits_before.insert(day.on);
  }
  if (o.tier) {
    member.standing.tier = tier;
    member.standing.since = o.tier->since;
  }
  if (tier == 0 && !program_.upgrades_at_review) return std::nullopt;
  member.standing.term = 1;
  if (o.tier && o.tier->review_at) {
    member.standing.review_at = *o.tier->review_at;
  } else {
    for (int term = 1; member.standing.review_at.is_never() || member.standing.review_at <= now;
         ++term) {
      member.standing.review_at = ReviewAt(tier, member.standing.since, term);
      if (member.standing.review_at.is_never()) break;
    }
  }
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const LinkIdentity& o) {
  touched_ = Find(o.member);
  if (!touched_) return Rejection::kMemberNotFound;
  if (members_.at(*touched_).state == MemberState::kClosed) return Rejection::kMemberNotActive;
  const auto taken = identities_.find(o.identity.hash);
  if (taken != identities_.end()) {
    return Root(taken->second) == *touched_ ? Rejection::kInvalidState : Rejection::kIdentityTaken;
  }
  identities_[o.identity.hash] = *touched_;
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const UnlinkIdentity& o) {
  touched_ = Find(o.member);
  if (!touched_) return Rejection::kMemberNotFound;
  const auto linked = identities_.find(o.identity.hash);
  if (linked == identities_.end() || Root(linked->second) != *touched_)
    return Rejection::kResourceNotFound;
  identities_.erase(linked);
  return std::nullopt;
}

// The program declares `score`, 0 to 100.
std::optional<Rejection> Model::Do(const SetMemberAttributes& o) {
  for (const MemberAttribute& told : o.set) {
    const std::int64_t score = std::get<std::int64_t>(told.attribute.value);
    const bool is_declared = told.attribute.id == "score" && score >= 0 && score <= 100;
    if (!is_declared || told.ends_at <= Next()) return Rejection::kInvalidField;
  }
  touched_ = Find(o.member);
  if (!touched_) return Rejection::kMemberNotFound;
  Member& member = members_.at(*touched_);
  if (member.state == MemberState::kClosed) return Rejection::kMemberNotActive;
  for (const std::string& id : o.cleared) {
    const std::set<MemberId> group = Group(*touched_);
    const bool is_told = std::any_of(group.begin(), group.end(), [&](MemberId one) {
      return members_.at(one).told.count(id) > 0;
    });
    if (!is_told) return Rejection::kResourceNotFound;
  }
  for (const std::string& id : o.cleared) {
    for (const MemberId one : Group(*touched_)) members_.at(one).told.erase(id);
  }
  for (const MemberAttribute& told : o.set) {
    member.told[told.attribute.id] = {std::get<std::int64_t>(told.attribute.value), told.ends_at};
  }
  return std::nullopt;
}

std::optional<Rejection> Model::Move(const MemberRef& ref, MemberState to) {
  touched_ = Find(ref);
  if (!touched_) return Rejection::kMemberNotFound;
  MemberState& state = members_.at(*touched_).state;
  if (state == MemberState::kClosed) return Rejection::kMemberNotActive;
  if (state == to) return Rejection::kInvalidState;
  state = to;
  return std::nullopt;
}

namespace {

std::string ContentOf(const AccruePurchase& o) {
  return absl::StrCat("sale ", o.total, " ", ToString(o.occurred_at), " ", Text(ReportedLines(o)));
}

// How it was sold and paid.
std::string TermsOf(const AccruePurchase& o) {
  std::string terms = absl::StrCat(static_cast<int>(o.channel), " ", o.pay ? o.pay->amount : 0);
  for (const Tender& tender : o.tenders) {
    if (tender.kind != "POINTS") absl::StrAppend(&terms, " ", tender.kind, " ", tender.amount);
  }
  return terms;
}

}  // namespace

std::optional<Rejection> Model::Known(const AccruePurchase& o,
                                      const std::optional<MemberId>& member) {
  const std::string content = ContentOf(o);
  const auto known = purchases_.find(o.receipt);
  if (known != purchases_.end()) {
    const bool is_same =
        known->second.content == content && (!member || Root(known->second.member) == *member);
    return is_same ? Rejection::kReceiptAlreadyPosted : Rejection::kReceiptContentDiffers;
  }
  const auto kept = unclaimed_.find(o.receipt);
  if (kept == unclaimed_.end()) return std::nullopt;
  return ContentOf(kept->second) == content ? Rejection::kReceiptAlreadyPosted
                                            : Rejection::kReceiptContentDiffers;
}

std::optional<Rejection> Model::Do(const KeepReceipt& o) {
  if (o.sale.currency != "EUR") return Rejection::kInvalidField;
  if (const auto late = Late(o.sale.occurred_at)) return late;
  if (const auto known = Known(o.sale, std::nullopt)) return known;
  unclaimed_[o.sale.receipt] = o.sale;
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const ClaimReceipt& o) {
  const auto kept = unclaimed_.find(o.receipt);
  if (kept == unclaimed_.end()) {
    const auto posted = purchases_.find(o.receipt);
    const bool is_sale = posted != purchases_.end() && !posted->second.is_return;
    return is_sale ? Rejection::kReceiptAlreadyPosted : Rejection::kPurchaseNotFound;
  }
  touched_ = Find(o.member);
  if (!touched_) return Rejection::kMemberNotFound;
  if (const auto waiting = early_.find(o.receipt); waiting != early_.end()) {
    for (const Early& early : waiting->second) {
      if (early.member && Root(*early.member) != *touched_) return Rejection::kInvalidField;
    }
  }
  if (IsOwn(o.own, {*touched_})) return Rejection::kSelfDealingForbidden;
  if (members_.at(*touched_).state == MemberState::kClosed) return Rejection::kMemberNotActive;
  const Date last = LocalDay(kept->second.occurred_at).PlusDays(30);
  if (LocalDay(Next()) > last) return Rejection::kInvalidState;
  const AccruePurchase sale = kept->second;
  unclaimed_.erase(kept);
  return Sell(sale, InForce(sale.occurred_at), {});
}

Model::Paid Model::PaidBy(const Revision& revision, const AccruePurchase& o) {
  if (!o.pay || o.total <= 0) return {};
  const std::int64_t payable = o.total * revision.pays_percent / 100;
  Paid paid;
  paid.points = std::min(o.pay->amount, payable / revision.pays_cents * revision.pays_points);
  paid.points -= paid.points % revision.pays_points;
  if (paid.points < revision.pays_minimum) paid.points = 0;
  paid.cents = paid.points / revision.pays_points * revision.pays_cents;
  return paid;
}

std::optional<Rejection> Model::Sell(const AccruePurchase& o, const Revision& revision,
                                     const std::vector<std::pair<Purchase, Timestamp>>& fallen) {
  Member& member = members_.at(*touched_);
  const std::vector<PurchaseLine> lines = ReportedLines(o);
  const Paid paid = PaidBy(revision, o);
  if (o.pay && o.pay->type.str() != "points") return Rejection::kAmountNotAllowed;
  if (paid.points > 0 && member.state != MemberState::kActive) return Rejection::kMemberNotActive;
  std::int64_t stated = 0;
  for (const Tender& tender : o.tenders) stated += tender.kind == "POINTS" ? tender.amount : 0;
  if (o.pay && !o.tenders.empty() && stated != paid.cents) return Rejection::kCostMismatch;
  if (paid.points > 0) {
    const auto owed = owed_until_right_.find("points");
    const std::int64_t there =
        Available(member, "points") - (owed == owed_until_right_.end() ? 0 : owed->second);
    std::int64_t rest = paid.points;
    for (const auto& [lot, points] : paid_again_) rest -= points;
    if (rest > 0 && there < rest) return Rejection::kInsufficientPoints;
    Parts parts = paid_again_;
    for (const auto& part : Spend(member, rest)) parts.push_back(part);
    redemptions_[sequence_ + 1] = Redemption{
        .member = *touched_, .amount = paid.points, .parts = std::move(parts), .paid = o.receipt};
  }
  Purchase purchase{.member = *touched_, .sequence = sequence_ + 1, .content = ContentOf(o)};
  purchase.terms = TermsOf(o);
  purchase.occurred_at = o.occurred_at;
  purchase.day = LocalDay(o.occurred_at);
  purchase.revision = &revision;
  // What came back with the receipt, and cancelled lines, nobody has to bring back.
  for (const PurchaseLine& line : lines) {
    if (line.kind != PurchaseLineKind::kReturn && line.kind != PurchaseLineKind::kVoid) {
      purchase.left.push_back(line);
    }
  }
  purchase.bought = lines;
  purchase.paid_cents = paid.cents;
  const std::vector<PurchaseLine> counted = Counted(lines, paid.cents, lines);
  std::int64_t total = 0;
  for (const Earn& rule : revision.rules) {
    total += rule.type == "points" ? PointsOf(rule, counted) : 0;
  }
  const bool waits_for_person = revision.person_above > 0 && total > revision.person_above;
  const bool is_late_settled = revision.settling != Settling::kAtOnce;
  const Timestamp active = waits_for_person ? Timestamp::Never()
                           : is_late_settled
                               ? StartOf(purchase.day.PlusDays(revision.settling_days))
                               : o.occurred_at;
  if (revision.idle_months > 0 && (!member.acted_on || *member.acted_on <= purchase.day)) {
    member.acted_on = purchase.day;
    member.idle_ends = StartOf(purchase.day.PlusMonths(revision.idle_months).PlusDays(1));
  }
  std::uint32_t number = 0;
  for (const Earn& rule : revision.rules) {
    const std::int64_t points = PointsOf(rule, counted);
    if (points == 0) continue;
    Lot lot{.id = LotId{sequence_ + 1, ++number},
            .type = rule.type,
            .ends = Timestamp::Never(),
            .home = *touched_};
    const auto after_owed = [&](std::int64_t there) {
      const auto owed = owed_until_right_.find(rule.type);
      if (owed == owed_until_right_.end()) return there;
      const std::int64_t part = std::min(there, owed->second);
      owed->second -= part;
      return there - part;
    };
    if (rule.type != "points") {
      lot.left = after_owed(points);
    } else {
      const Date first = active.is_never() ? purchase.day : LocalDay(active);
      if (!waits_for_person)
        lot.ends = StartOf(first.PlusMonths(revision.expiry_months).PlusDays(1));
      lot.is_idle = revision.idle_months > 0;
      if (active != o.occurred_at && active > Next()) {
        lot.pending = points;
        lot.active = active;
        lot.waits_for_person = waits_for_person;
      } else {
        const std::int64_t owed = std::min(points, member.arrears);
        member.arrears -= owed;
        lot.left = after_owed(points - owed);
      }
    }
    purchase.awards.push_back(Award{.rule = &rule,
                                    .lot = member.lots.size(),
                                    .left = points,
                                    .granted = points,
                                    .own = {member.lots.size()}});
    member.lots.push_back(lot);
  }
  purchases_[o.receipt] = std::move(purchase);

  member.latest = std::max(member.latest.value_or(o.occurred_at), o.occurred_at);
  Standing& standing = member.standing;
  // A tier that a newer revision gave is judged by that one.
  const Timestamp since = std::max(*member.latest, standing.since);
  const Revision& judging = InForce(since);
  const Timestamp at = &judging == &revision ? *member.latest : since;
  for (const auto& [gone, gone_at] : fallen) {
    const std::size_t before = standing.tier;
    FallAfter(gone, gone_at);
    if (standing.tier != before) break;
  }
  if (!program_.upgrades_at_review) Rise(standing, at, Earned(*touched_, LocalDay(at), judging));
  const Timestamp tomorrow = Next().PlusMicros(kDay);
  if (o.occurred_at < Next().PlusMicros(-kDay) && standing.review_at < tomorrow)
    standing.no_review_before = tomorrow;
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const AccruePurchase& o) {
  const Revision& revision = InForce(o.occurred_at);
  if (o.currency != "EUR") return Rejection::kInvalidField;
  if (const auto late = Late(o.occurred_at)) return late;
  touched_ = Find(o.member);
  if (!touched_) return Rejection::kMemberNotFound;
  if (members_.at(*touched_).state == MemberState::kClosed) return Rejection::kMemberNotActive;
  if (const auto known = Known(o, touched_)) return known;
  // What comes back, by receipt; the same line twice is as much of it.
  std::vector<std::pair<ReceiptKey, std::vector<ReturnLine>>> back;
  for (const PurchaseLine& line : o.lines) {
    if (!line.original) continue;
    auto of = std::find_if(back.begin(), back.end(),
                           [&](const auto& one) { return one.first == line.original->receipt; });
    if (of == back.end()) of = back.insert(of, {line.original->receipt, {}});
    of->second.push_back(ReturnLine{line.original->line, line.quantity_micros, line.net});
  }
  if (back.empty()) return Sell(o, revision, {});
  // Nothing stays of a receipt that is refused.
  const auto members = members_;
  const auto purchases = purchases_;
  const auto redemptions = redemptions_;
  const auto early = early_;
  const auto refuse = [&](Rejection why) {
    members_ = members;
    purchases_ = purchases;
    redemptions_ = redemptions;
    early_ = early;
    return why;
  };
  std::vector<std::pair<Purchase, Timestamp>> fallen;
  for (const auto& [original, lines] : back) {
    const auto found = purchases_.find(original);
    if (found == purchases_.end()) {
      if (early_[original].size() >= kWaitingMax) return refuse(Rejection::kLimitReached);
      early_[original].push_back(Early{sequence_ + 1, o.receipt, touched_, o.occurred_at, lines});
      continue;
    }
    if (found->second.is_return || Root(found->second.member) != *touched_)
      return refuse(Rejection::kInvalidField);
    std::vector<PurchaseLine> taken;
    if (const auto why = TakeBack(original, lines, std::nullopt, taken)) return refuse(*why);
    fallen.emplace_back(purchases_.at(original), o.occurred_at);
  }
  if (const auto why = Sell(o, revision, fallen)) return refuse(*why);
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const CorrectReceipt& o) {
  const AccruePurchase& right = o.right;
  const Revision& revision = InForce(right.occurred_at);
  if (right.currency != "EUR") return Rejection::kInvalidField;
  if (const auto late = Late(right.occurred_at)) return late;
  touched_ = Find(right.member);
  if (!touched_) return Rejection::kMemberNotFound;
  if (members_.at(*touched_).state == MemberState::kClosed) return Rejection::kMemberNotActive;
  const auto known = purchases_.find(right.receipt);
  if (known == purchases_.end() || known->second.is_return) return Rejection::kPurchaseNotFound;
  Purchase& wrong = known->second;
  if (Root(wrong.member) != *touched_) return Rejection::kInvalidField;
  if (wrong.content == ContentOf(right) && wrong.terms == TermsOf(right)) {
    return Rejection::kReceiptAlreadyPosted;
  }
  if (wrong.was_touched) return Rejection::kInvalidState;
  const auto members = members_;
  const auto purchases = purchases_;
  const auto redemptions = redemptions_;
  std::vector<PurchaseLine> taken;
  const std::uint64_t spent_by = wrong.sequence;
  owed_until_right_.clear();
  paid_again_.clear();
  const bool pays = right.pay && right.pay->type.str() == "points";
  pays_again_ = pays ? PaidBy(revision, right).points : 0;
  TakeBack(right.receipt, {}, spent_by, taken);
  const auto refused = Sell(right, revision, {{purchases_.at(right.receipt), Next()}});
  owed_until_right_.clear();  // the program lets go of the rest
  paid_again_.clear();
  if (const auto why = refused) {
    members_ = members;
    purchases_ = purchases;
    redemptions_ = redemptions;
    return why;
  }
  corrected_.insert(spent_by);
  return std::nullopt;
}

std::optional<Rejection> Model::TakeBack(const ReceiptKey& original,
                                         const std::vector<ReturnLine>& lines,
                                         std::optional<std::uint64_t> only_spent_by,
                                         std::vector<PurchaseLine>& taken) {
  Purchase& purchase = purchases_.at(original);
  std::vector<PurchaseLine> rest = purchase.left;
  std::vector<ReturnLine> asked = lines;
  if (asked.empty()) {
    for (const PurchaseLine& line : rest)
      asked.push_back(ReturnLine{line.line, line.quantity_micros, std::nullopt});
  }
  if (rest.empty() && !only_spent_by) return Rejection::kReturnExceedsPurchase;
  for (const ReturnLine& ask : asked) {
    const auto line =
        std::find_if(rest.begin(), rest.end(), [&](const auto& l) { return l.line == ask.line; });
    if (line == rest.end() || ask.quantity_micros > line->quantity_micros)
      return Rejection::kReturnExceedsPurchase;
    if (ask.refund.value_or(0) > line->net) return Rejection::kReturnExceedsPurchase;
    const std::int64_t kept = line->quantity_micros - ask.quantity_micros;
    taken.push_back(*line);
    taken.back().quantity_micros = ask.quantity_micros;
    line->net = kept == 0    ? 0
                : ask.refund ? line->net - *ask.refund
                             : Share(line->net, kept, line->quantity_micros);
    line->quantity_micros = kept;
    taken.back().net -= line->net;
  }
  rest.erase(std::remove_if(rest.begin(), rest.end(),
                            [](const auto& l) { return l.quantity_micros == 0; }),
             rest.end());

  const MemberId owner = Root(purchase.member);
  Member& member = members_.at(owner);
  // What it was paid with comes back first, by value.
  for (auto& [sequence, redemption] : redemptions_) {
    if (redemption.paid != original || Root(redemption.member) != owner) continue;
    if (only_spent_by && *only_spent_by != sequence) continue;
    const std::int64_t share = DueBack(redemption, purchase, rest);
    if (share <= redemption.back) continue;
    const std::int64_t again =
        only_spent_by ? std::min(share - redemption.back, pays_again_) : std::int64_t{0};
    GiveBack(redemption, share - redemption.back - again);
    // The first that were spent stay so.
    std::int64_t stays = again;
    for (const auto& [lot, points] : redemption.parts) {
      const std::int64_t part = std::min(stays, points);
      if (part > 0) paid_again_.emplace_back(lot, part);
      stays -= part;
    }
    redemption.back += again;
  }
  const std::vector<PurchaseLine> counted = Counted(purchase.bought, purchase.paid_cents, rest);
  for (Award& award : purchase.awards) {
    const std::int64_t due = std::max<std::int64_t>(0, award.left - PointsOf(*award.rule, counted));
    award.left -= due;
    const std::string& type = award.rule->type;
    Clawback clawback = type == "points" ? purchase.revision->clawback : Clawback::kWithinBalance;
    // A wrong award goes whole; what is not there of it, the right one makes good.
    const bool is_owed_until_right = only_spent_by && clawback != Clawback::kArrears;
    if (is_owed_until_right) clawback = Clawback::kWithinBalance;
    std::int64_t missing = due;
    const auto take = [&](const std::vector<std::size_t>& lots) {
      for (const std::size_t lot : lots) missing -= GivePending(member, lot, missing);
      if (clawback == Clawback::kPendingOnly) return;
      for (const std::size_t lot : lots) missing -= Give(member, lot, missing);
    };
    take(award.own);
    std::int64_t ended = 0;
    for (const std::size_t lot : award.own) ended += member.lots[lot].ended;
    const std::int64_t gone = std::min(missing, ended - award.gone);
    award.gone += gone;
    missing -= gone;
    for (const Award& sister : purchase.awards) {
      if (sister.rule->type == type) take(sister.own);
    }
    if (clawback == Clawback::kPendingOnly) continue;
    for (const Lot& other : SpendOrder(member, type)) {
      for (std::size_t i = 0; i < member.lots.size(); ++i) {
        if (member.lots[i].id == other.id) missing -= Give(member, i, missing);
      }
    }
    if (clawback == Clawback::kArrears) member.arrears += missing;
    if (is_owed_until_right) owed_until_right_[type] += missing;
  }
  purchase.left = rest;
  purchase.is_gone = rest.empty();
  purchase.was_touched = true;
  if (!only_spent_by) came_back_.push_back(original);
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const ReturnPurchase& o) {
  const auto found = purchases_.find(o.original);
  if (found != purchases_.end() && found->second.is_return) return Rejection::kInvalidField;
  std::optional<MemberId> named;
  if (o.member) {
    named = Find(*o.member);
    if (!named) return Rejection::kMemberNotFound;
    if (found != purchases_.end() && Root(found->second.member) != *named)
      return Rejection::kInvalidField;
  }
  const std::string content = absl::StrCat(ToString(o.original), " ", ToString(o.occurred_at));
  const auto known = purchases_.find(o.receipt);
  if (known != purchases_.end()) {
    const Purchase& earlier = known->second;
    const bool has_lines = earlier.was_early ? earlier.asked == o.lines
                           : o.lines.empty() ? earlier.is_gone
                                             : SameLines(earlier.left, o.lines);
    return earlier.content == content && has_lines ? Rejection::kReceiptAlreadyPosted
                                                   : Rejection::kReceiptContentDiffers;
  }
  if (unclaimed_.count(o.receipt) > 0) return Rejection::kReceiptContentDiffers;
  if (const auto late = Late(o.occurred_at)) return late;
  if (found == purchases_.end()) {
    touched_ = named;
    std::vector<Early>& waiting = early_[o.original];
    if (waiting.size() >= kWaitingMax) return Rejection::kLimitReached;
    waiting.push_back(Early{sequence_ + 1, o.receipt, named, o.occurred_at, o.lines});
    purchases_[o.receipt] = Purchase{.member = named.value_or(MemberId()),
                                     .is_return = true,
                                     .sequence = sequence_ + 1,
                                     .content = content,
                                     .asked = o.lines,
                                     .was_early = true};
    return std::nullopt;
  }
  std::vector<PurchaseLine> taken;
  if (const auto why = TakeBack(o.original, o.lines, std::nullopt, taken)) return why;
  const Purchase& purchase = purchases_.at(o.original);
  touched_ = Root(purchase.member);
  const bool is_gone = purchase.is_gone;
  FallAfter(purchase, o.occurred_at);
  purchases_[o.receipt] = Purchase{.member = *touched_,
                                   .is_return = true,
                                   .sequence = sequence_ + 1,
                                   .content = content,
                                   .left = taken,
                                   .is_gone = is_gone};
  return std::nullopt;
}

void Model::FallAfter(const Purchase& purchase, Timestamp at) {
  const MemberId id = Root(purchase.member);
  Member& member = members_.at(id);
  Standing& standing = member.standing;
  if (standing.tier == 0 || standing.term != 1 || !standing.before) return;
  if (purchase.occurred_at > standing.since) return;
  const Revision& active = *in_force_.back().second;
  Date risen_on = LocalDay(standing.since);
  // A review looked at the day before it.
  if (program_.upgrades_at_review && standing.since == StartOf(risen_on)) {
    risen_on = risen_on.PlusDays(-1);
  }
  const std::size_t then = Earned(id, risen_on, active);
  const std::size_t now = Earned(id, LocalDay(*member.latest), active);
  if (then >= standing.tier || now >= standing.tier) return;
  standing.tier = std::max(now, *standing.before);
  standing.since = at;
  standing.before = std::nullopt;
  standing.review_at = ReviewAt(standing.tier, standing.since, 1);
}

std::int64_t Model::GivePending(Member& member, std::size_t lot, std::int64_t amount) {
  const std::int64_t given = std::min(amount, member.lots[lot].pending);
  member.lots[lot].pending -= given;
  return given;
}

// Takes up to `amount` out of a lot.
std::int64_t Model::Give(Member& member, std::size_t lot, std::int64_t amount) {
  const std::int64_t given = std::min(amount, member.lots[lot].left);
  member.lots[lot].left -= given;
  return given;
}

bool Model::IsPaidByMany(const std::optional<ReceiptKey>& receipt) const {
  return receipt && std::count_if(redemptions_.begin(), redemptions_.end(), [&](const auto& one) {
                      return one.second.paid == receipt;
                    }) >= 32;
}

std::optional<Rejection> Model::Do(const Redeem& o) {
  touched_ = Find(o.member);
  if (!touched_) return Rejection::kMemberNotFound;
  Member& member = members_.at(*touched_);
  if (member.state != MemberState::kActive) return Rejection::kMemberNotActive;
  if (o.type.str() != "points") return Rejection::kAmountNotAllowed;
  if (Available(member, "points") < o.amount) return Rejection::kInsufficientPoints;
  if (IsPaidByMany(o.purchase)) return Rejection::kLimitReached;
  redemptions_[sequence_ + 1] = Redemption{.member = *touched_,
                                           .amount = o.amount,
                                           .parts = Spend(member, o.amount),
                                           .paid = o.purchase};
  return std::nullopt;
}

void Model::OpenIdle(Member& member, const Revision& revision, Timestamp opened, Lot& lot) {
  if (revision.idle_months == 0) return;
  lot.is_idle = true;
  if (!member.idle_ends.is_never() && member.idle_ends > opened) return;
  member.idle_ends = StartOf(LocalDay(opened).PlusMonths(revision.idle_months).PlusDays(1));
}

Parts Model::Spend(Member& member, std::int64_t amount) {
  Parts parts;
  for (const Lot& next : SpendOrder(member, "points")) {
    for (std::size_t i = 0; i < member.lots.size(); ++i) {
      if (member.lots[i].id != next.id || amount == 0) continue;
      const std::int64_t given = Give(member, i, amount);
      if (given == 0) continue;
      parts.emplace_back(i, given);
      amount -= given;
    }
  }
  return parts;
}

// Staff may touch whoever is not gone, within what a day and a month leave them.
std::optional<Rejection> Model::Do(const AdjustPoints& o) {
  if (o.reason.str() == "transfer_fee") return Rejection::kInvalidField;
  touched_ = Find(o.member);
  if (!touched_) return Rejection::kMemberNotFound;
  if (o.own && Find(*o.own) == touched_) return Rejection::kSelfDealingForbidden;
  Member& member = members_.at(*touched_);
  if (member.state == MemberState::kClosed) return Rejection::kMemberNotActive;
  if (o.type.str() != "points") return Rejection::kAmountNotAllowed;
  const std::int64_t moved = std::abs(o.amount);
  const Date today = LocalDay(Next());
  const bool is_over = IsOverByHand(moved);
  if (is_over && !o.asks) return Rejection::kLimitReached;
  if (o.amount < 0 && Available(member, "points") < moved) return Rejection::kInsufficientPoints;
  if (is_over) {
    asked_[sequence_ + 1] = Asked{.order = o,
                                  .member = *touched_,
                                  .by = principal_,
                                  .expires = Next().PlusMicros(72 * kHour)};
    return std::nullopt;
  }
  MoveByHand(member, o.amount);
  by_hand_[today] += moved;
  return std::nullopt;
}

void Model::MoveByHand(Member& member, std::int64_t amount) {
  if (amount < 0) {
    Spend(member, -amount);
    return;
  }
  const std::int64_t owed = std::min(amount, member.arrears);
  member.arrears -= owed;
  const Date last = LocalDay(Next()).PlusMonths(InForce(Next()).expiry_months);
  member.lots.push_back(Lot{.id = LotId{sequence_ + 1, 1},
                            .type = "points",
                            .ends = StartOf(last.PlusDays(1)),
                            .left = amount - owed,
                            .home = *touched_});
  OpenIdle(member, InForce(Next()), Next(), member.lots.back());
}

std::optional<Rejection> Model::FindAsked(std::uint64_t sequence, Asked*& asked) {
  const auto found = asked_.find(sequence);
  if (found == asked_.end()) return Rejection::kResourceNotFound;
  asked = &found->second;
  if (asked->by == principal_) return Rejection::kSelfApprovalForbidden;
  if (asked->is_decided || Next() >= asked->expires) return Rejection::kInvalidState;
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const Approve& o) {
  Asked* asked = nullptr;
  if (const auto refused = FindAsked(o.asked, asked)) return refused;
  touched_ = Root(asked->member);
  if (o.own && Find(*o.own) == touched_) return Rejection::kSelfDealingForbidden;
  Member& member = members_.at(*touched_);
  if (member.state == MemberState::kClosed) return Rejection::kMemberNotActive;
  const std::int64_t amount = asked->order.amount;
  if (amount < 0 && Available(member, "points") < -amount) return Rejection::kInsufficientPoints;
  MoveByHand(member, amount);
  asked->is_decided = true;
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const Decline& o) {
  Asked* asked = nullptr;
  if (const auto refused = FindAsked(o.asked, asked)) return refused;
  touched_ = Root(asked->member);
  asked->is_decided = true;
  return std::nullopt;
}

bool Model::IsOverByHand(std::int64_t points) const {
  const Date today = LocalDay(Next());
  std::int64_t this_day = 0;
  std::int64_t this_month = 0;
  for (const auto& [day, moved] : by_hand_) {
    if (day == today) this_day += moved;
    if (day.month_number() == today.month_number()) this_month += moved;
  }
  return this_day + points > program_.by_hand_a_day ||
         this_month + points > program_.by_hand_a_month;
}

// Of one lot: which of several is looked at first is no matter of ours.
std::optional<Rejection> Model::Do(const ExtendLots& o) {
  if (o.expires_at <= Next()) return Rejection::kInvalidField;
  touched_ = Find(o.member);
  if (!touched_) return Rejection::kMemberNotFound;
  if (IsOwn(o.own, {*touched_})) return Rejection::kSelfDealingForbidden;
  Member& member = members_.at(*touched_);
  if (member.state == MemberState::kClosed) return Rejection::kMemberNotActive;
  for (std::size_t i = 0; i < member.lots.size(); ++i) {
    const Lot lot = member.lots[i];
    if (lot.is_gone || lot.id != o.lots.front() || lot.left + lot.pending + lot.held == 0) continue;
    if (lot.pending + lot.held > 0) return Rejection::kInvalidState;
    if (o.expires_at <= EndOf(member, lot)) return Rejection::kInvalidField;
    if (IsOverByHand(lot.left)) return Rejection::kLimitReached;
    // A return of what brought them takes them from there, too.
    for (auto& [receipt, purchase] : purchases_) {
      if (purchase.is_return || Root(purchase.member) != *touched_) continue;
      for (Award& award : purchase.awards) {
        const auto& own = award.own;
        if (std::find(own.begin(), own.end(), i) == own.end()) continue;
        award.own.push_back(member.lots.size());
      }
    }
    by_hand_[LocalDay(Next())] += lot.left;
    member.lots.push_back(Lot{.id = LotId{sequence_ + 1, 1},
                              .type = lot.type,
                              .ends = o.expires_at,
                              .left = lot.left,
                              .home = lot.home});
    member.lots[i].left = 0;
    return std::nullopt;
  }
  return Rejection::kResourceNotFound;
}

std::optional<Rejection> Model::Do(const ReverseRedemption& o) {
  const auto found = redemptions_.find(o.redemption);
  if (found == redemptions_.end()) return Rejection::kEntryNotFound;
  Redemption& redemption = found->second;
  const std::int64_t left = redemption.amount - redemption.back;
  const std::int64_t amount = o.amount.value_or(left);
  if (left == 0 || amount > left) return Rejection::kReversalExceedsRedemption;
  touched_ = Root(redemption.member);
  GiveBack(redemption, amount);
  return std::nullopt;
}

// One point at a time would do; by parts it is faster.
void Model::GiveBack(Redemption& redemption, std::int64_t amount) {
  for (std::int64_t back = amount; back > 0;) {
    std::int64_t before = redemption.back;
    auto part = redemption.parts.rbegin();
    while (before >= part->second) before -= (part++)->second;
    const std::int64_t step = std::min(back, part->second - before);
    PutBack(members_.at(Root(redemption.member)), part->first, step, Next());
    redemption.back += step;
    back -= step;
  }
}

// ---- pending points
// --------------------------------------------------------------------------------------------

namespace {

// What one line brought of an award: the largest remainders get the points that are left over.
std::int64_t ShareOf(const Award& award, const std::vector<PurchaseLine>& lines,
                     std::int32_t number) {
  std::vector<std::int64_t> nets;
  std::int64_t whole = 0;
  for (const PurchaseLine& line : lines) {
    nets.push_back(Counts(line, award.rule->left_out) ? line.net : 0);
    whole += nets.back();
  }
  std::int64_t left = award.granted;
  std::vector<std::int64_t> shares;
  std::vector<std::int64_t> rests;
  for (const std::int64_t net : nets) {
    shares.push_back(award.granted * net / whole);
    rests.push_back(award.granted * net % whole);
    left -= shares.back();
  }
  for (; left > 0; --left) {
    const auto most = std::max_element(rests.begin(), rests.end());
    ++shares[static_cast<std::size_t>(most - rests.begin())];
    *most = -1;
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].line == number) return shares[i];
  }
  return 0;
}

}  // namespace

std::optional<Rejection> Model::Decide(const AccrualRef& accrual,
                                       const std::vector<std::int32_t>& lines,
                                       const std::optional<IdentityHash>& own, Decided& decided) {
  if (const auto* receipt = std::get_if<ReceiptKey>(&accrual)) {
    const auto found = purchases_.find(*receipt);
    if (found == purchases_.end() || found->second.is_return) return Rejection::kPurchaseNotFound;
    decided.purchase = &found->second;
  } else {
    for (auto& [receipt_key, purchase] : purchases_) {
      const bool is_it = purchase.sequence == std::get<std::uint64_t>(accrual);
      if (is_it && !purchase.is_return) decided.purchase = &purchase;
    }
    if (corrected_.count(std::get<std::uint64_t>(accrual)) > 0) return Rejection::kInvalidState;
    if (decided.purchase == nullptr) return Rejection::kEntryNotFound;
  }
  Purchase& purchase = *decided.purchase;
  touched_ = Root(purchase.member);
  Member& member = members_.at(*touched_);
  if (member.state == MemberState::kClosed) return Rejection::kMemberNotActive;
  std::vector<std::int32_t> open;
  for (const PurchaseLine& line : purchase.left) {
    if (purchase.decided.count(line.line) == 0) open.push_back(line.line);
  }
  for (const std::int32_t line : lines) {
    const bool is_there = std::any_of(purchase.bought.begin(), purchase.bought.end(),
                                      [&](const auto& other) { return other.line == line; });
    if (!is_there) return Rejection::kInvalidField;
    if (std::find(open.begin(), open.end(), line) == open.end()) return Rejection::kInvalidState;
  }
  const std::vector<std::int32_t> chosen = lines.empty() ? open : lines;
  bool is_personal = false;
  bool has_pending = false;
  for (std::size_t i = 0; i < purchase.awards.size(); ++i) {
    const Award& award = purchase.awards[i];
    const Lot& lot = member.lots[award.lot];
    if (lot.pending == 0) continue;
    has_pending = true;
    is_personal = is_personal || lot.waits_for_person;
    std::int64_t points = 0;
    for (const std::int32_t number : chosen) {
      const auto at = [&](const std::vector<PurchaseLine>& list) {
        return std::find_if(list.begin(), list.end(),
                            [&](const auto& line) { return line.line == number; });
      };
      points +=
          ShareOf(award, Counted(purchase.bought, purchase.paid_cents, purchase.bought), number) *
          at(purchase.left)->quantity_micros / at(purchase.bought)->quantity_micros;
    }
    if (chosen.size() == open.size()) points = lot.pending;
    decided.parts.emplace_back(i, std::min(points, lot.pending));
  }
  if (!has_pending) return Rejection::kInvalidState;
  if (is_personal && own && Find(*own) == touched_) return Rejection::kSelfDealingForbidden;
  purchase.decided.insert(chosen.begin(), chosen.end());
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const SettleAccrual& o) {
  Decided decided;
  if (const auto refused = Decide(o.accrual, o.lines, o.own, decided)) return refused;
  Member& member = members_.at(*touched_);
  std::uint32_t number = 0;
  for (const auto& [award, points] : decided.parts) {
    if (points == 0) continue;
    Award& of = decided.purchase->awards[award];
    GivePending(member, of.lot, points);
    const std::int64_t owed = std::min(points, member.arrears);
    member.arrears -= owed;
    const Date last = LocalDay(Next()).PlusMonths(decided.purchase->revision->expiry_months);
    of.own.push_back(member.lots.size());
    member.lots.push_back(Lot{.id = LotId{sequence_ + 1, ++number},
                              .type = "points",
                              .ends = StartOf(last.PlusDays(1)),
                              .left = points - owed,
                              .home = decided.purchase->member});
    OpenIdle(member, *decided.purchase->revision, Next(), member.lots.back());
  }
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const CancelAccrual& o) {
  Decided decided;
  if (const auto refused = Decide(o.accrual, o.lines, o.own, decided)) return refused;
  Member& member = members_.at(*touched_);
  for (const auto& [award, points] : decided.parts) {
    Award& of = decided.purchase->awards[award];
    GivePending(member, of.lot, points);
    of.left -= points;
    // What a cancellation takes, it takes of the purchase.
    decided.purchase->was_touched = decided.purchase->was_touched || points > 0;
  }
  FallAfter(*decided.purchase, Next());
  return std::nullopt;
}

// ---- holds
// --------------------------------------------------------------------------------------------------

std::optional<Rejection> Model::Do(const HoldPoints& o) {
  touched_ = Find(o.member);
  if (!touched_) return Rejection::kMemberNotFound;
  Member& member = members_.at(*touched_);
  if (member.state != MemberState::kActive) return Rejection::kMemberNotActive;
  if (o.type.str() != "points") return Rejection::kAmountNotAllowed;
  if (Available(member, "points") < o.amount) return Rejection::kInsufficientPoints;
  Hold hold{.amount = o.amount,
            .lapses = Next().PlusMicros(o.lasts_micros == 0 ? kHour / 2 : o.lasts_micros),
            .parts = Spend(member, o.amount),
            .home = *touched_};
  for (const auto& [lot, points] : hold.parts) member.lots[lot].held += points;
  member.holds[sequence_ + 1] = std::move(hold);
  return std::nullopt;
}

std::optional<Rejection> Model::FindHold(const HoldKey& key, Hold*& hold) {
  const Hold* found = FindHold(key);
  if (found == nullptr) return Rejection::kHoldNotFound;
  touched_ = Root(key.member);
  hold = &members_.at(*touched_).holds.at(key.sequence);
  if (hold->state == HoldState::kLapsed) return Rejection::kHoldLapsed;
  if (hold->state != HoldState::kOpen) return Rejection::kHoldFinished;
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const CaptureHold& o) {
  Hold* hold = nullptr;
  if (const auto refused = FindHold(o.hold, hold)) return refused;
  Member& member = members_.at(*touched_);
  if (member.state != MemberState::kActive) return Rejection::kMemberNotActive;
  const std::int64_t held = hold->amount - hold->captured;
  const std::int64_t amount = o.amount.value_or(held);
  if (amount > held) return Rejection::kCaptureExceedsHold;
  if (IsPaidByMany(o.purchase)) return Rejection::kLimitReached;
  Redemption redemption{.member = *touched_, .amount = amount, .paid = o.purchase};
  std::int64_t left = amount;
  for (auto& [lot, points] : hold->parts) {
    const std::int64_t taken = std::min(left, points);
    if (taken == 0) continue;
    member.lots[lot].held -= taken;
    points -= taken;
    left -= taken;
    redemption.parts.emplace_back(lot, taken);
  }
  hold->captured += amount;
  redemptions_[sequence_ + 1] = std::move(redemption);
  if (o.is_final || amount == held) End(member, *hold, HoldState::kCaptured, Next());
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const VoidHold& o) {
  Hold* hold = nullptr;
  if (const auto refused = FindHold(o.hold, hold)) return refused;
  End(members_.at(*touched_), *hold, HoldState::kVoided, Next());
  return std::nullopt;
}

// ---- two members
// --------------------------------------------------------------------------------------------

bool Model::IsOwn(const std::optional<IdentityHash>& own,
                  std::initializer_list<MemberId> members) const {
  const std::optional<MemberId> id = own ? Find(*own) : std::nullopt;
  return id && std::find(members.begin(), members.end(), *id) != members.end();
}

std::set<MemberId> Model::Group(MemberId id) const {
  std::set<MemberId> group{id};
  for (const Joined& joined : members_.at(id).joined) group.merge(Group(joined.member));
  return group;
}

std::optional<Rejection> Model::Do(const MoveIdentity& o) {
  const std::optional<MemberId> from = Find(o.from);
  const std::optional<MemberId> to = Find(o.to);
  if (!from || !to) return Rejection::kMemberNotFound;
  if (*from == *to) return Rejection::kInvalidField;
  if (IsOwn(o.own, {*from, *to})) return Rejection::kSelfDealingForbidden;
  if (members_.at(*to).state == MemberState::kClosed) return Rejection::kMemberNotActive;
  const auto linked = identities_.find(o.identity.hash);
  if (linked == identities_.end()) return Rejection::kResourceNotFound;
  if (Root(linked->second) != *from) return Rejection::kIdentityTaken;
  linked->second = *to;
  touched_ = to;
  other_ = from;
  return std::nullopt;
}

std::optional<Rejection> Model::Do(const TransferPoints& o) {
  const std::optional<MemberId> from = Find(o.from);
  const std::optional<MemberId> to = Find(o.to);
  if (!from || !to) return Rejection::kMemberNotFound;
  if (*from == *to) return Rejection::kInvalidField;
  if (IsOwn(o.own, {*from, *to})) return Rejection::kSelfDealingForbidden;
  Member& giver = members_.at(*from);
  Member& taker = members_.at(*to);
  if (giver.state != MemberState::kActive) return Rejection::kMemberNotActive;
  if (taker.state == MemberState::kClosed) return Rejection::kMemberNotActive;
  if (o.type.str() != "points") return Rejection::kAmountNotAllowed;
  const Date today = LocalDay(Next());
  std::int64_t given = 0;
  for (const MemberId one : Group(*from)) given += given_[{one, today.month_number()}];
  if (given + o.amount > program_.given_a_month) return Rejection::kLimitReached;
  if (Available(giver, "points") < o.amount) return Rejection::kInsufficientPoints;
  std::int64_t arriving = o.amount - o.amount * program_.fee_percent / 100;
  std::vector<Lot> pieces;
  for (const auto& [lot, points] : Spend(giver, o.amount)) {
    const std::int64_t part = std::min(points, arriving);
    arriving -= part;
    if (part == 0) continue;
    const Timestamp renewed = StartOf(today.PlusMonths(InForce(Next()).expiry_months).PlusDays(1));
    const Revision& revision = InForce(Next());
    const bool ends_idle =
        revision.idle_months > 0 && (program_.is_fresh || giver.lots[lot].is_idle);
    const Timestamp ends = program_.is_fresh ? renewed
                           : ends_idle       ? giver.lots[lot].ends
                                             : EndOf(giver, giver.lots[lot]);
    if (program_.is_fresh && !pieces.empty()) {
      pieces[0].left += part;
      continue;
    }
    pieces.push_back(Lot{.id = {sequence_ + 1, static_cast<std::uint32_t>(pieces.size() + 1)},
                         .type = "points",
                         .ends = ends,
                         .left = part,
                         .home = *to});
    // What ended with the giver's idleness ends with the taker's.
    if (ends_idle) OpenIdle(taker, revision, Next(), pieces.back());
  }
  for (Lot& piece : pieces) {
    const std::int64_t owed = std::min(piece.left, taker.arrears);
    taker.arrears -= owed;
    piece.left -= owed;
    taker.lots.push_back(piece);
  }
  given_[{*from, today.month_number()}] += o.amount;
  touched_ = from;
  other_ = to;
  return std::nullopt;
}

void Model::Rename(MemberId root, const std::set<MemberId>& of,
                   const std::function<std::size_t(std::size_t)>& name) {
  for (auto& [receipt, purchase] : purchases_) {
    if (of.count(purchase.member) == 0) continue;
    for (Award& award : purchase.awards) {
      award.lot = name(award.lot);
      for (std::size_t& own : award.own) own = name(own);
    }
  }
  for (auto& [sequence, redemption] : redemptions_) {
    if (of.count(redemption.member) == 0) continue;
    for (auto& [lot, points] : redemption.parts) lot = name(lot);
  }
  for (auto& [sequence, hold] : members_.at(root).holds) {
    if (of.count(hold.home) == 0) continue;
    for (auto& [lot, points] : hold.parts) lot = name(lot);
  }
}

std::optional<Rejection> Model::Do(const MergeMembers& o) {
  const auto party = [&](const MemberRef& ref, MemberId& id) -> std::optional<Rejection> {
    const std::optional<MemberId> found = Find(ref);
    if (!found) return Rejection::kMemberNotFound;
    id = *found;
    const auto* named = std::get_if<MemberId>(&ref);
    if (named != nullptr && *named != id) return Rejection::kMemberMerged;
    return std::nullopt;
  };
  MemberId merged;
  MemberId id;
  if (const auto refused = party(o.merged, merged)) return refused;
  if (const auto refused = party(o.survivor, id)) return refused;
  if (merged == id) return Rejection::kInvalidField;
  if (IsOwn(o.own, {merged, id})) return Rejection::kSelfDealingForbidden;
  Member& from = members_.at(merged);
  Member& to = members_.at(id);
  if (from.state != MemberState::kActive || to.state != MemberState::kActive) {
    return Rejection::kMemberNotActive;
  }
  if (Group(merged).size() + Group(id).size() > 16) return Rejection::kLimitReached;

  Joined joined{.member = merged, .before = to.standing, .owed = from.arrears};
  const auto cover = [&](Member& debtor, Member& payer, bool is_theirs) {
    std::int64_t there = 0;
    for (const Lot& lot : payer.lots) there += lot.type == "points" ? lot.left : 0;
    const std::int64_t points = std::min(debtor.arrears, there);
    for (const auto& [lot, part] : Spend(payer, points)) {
      joined.covers.push_back({payer.lots[lot].id, part, is_theirs});
    }
    debtor.arrears -= points;
  };
  if (from.arrears > 0) cover(from, to, false);
  if (to.arrears > 0) cover(to, from, true);
  const std::size_t offset = to.lots.size();
  Rename(merged, Group(merged), [&](std::size_t lot) { return lot + offset; });
  to.lots.insert(to.lots.end(), from.lots.begin(), from.lots.end());
  from.lots.clear();
  to.holds.insert(from.holds.begin(), from.holds.end());
  from.holds.clear();
  to.arrears += from.arrears;
  from.arrears = 0;
  if (from.latest) to.latest = std::max(to.latest.value_or(*from.latest), *from.latest);
  const Standing& other = from.standing;
  const bool is_higher = other.tier != to.standing.tier
                             ? other.tier > to.standing.tier
                             : other.tier > 0 && other.review_at > to.standing.review_at;
  if (is_higher) to.standing = other;
  // What one of the two has done keeps the points of both.
  to.acted_on = std::max(to.acted_on, from.acted_on);
  if (to.idle_ends.is_never()) {
    to.idle_ends = from.idle_ends;
  } else if (!from.idle_ends.is_never()) {
    to.idle_ends = std::max(to.idle_ends, from.idle_ends);
  }
  to.joined.push_back(std::move(joined));
  from.merged_into = id;
  from.state = MemberState::kMerged;
  touched_ = id;
  Rise(id, to);
  return std::nullopt;
}

void Model::Rise(MemberId id, Member& member) {
  if (program_.upgrades_at_review) return;
  const Date today = LocalDay(Next());
  Rise(member.standing, Next(), Earned(id, today, *in_force_.back().second));
}

std::optional<Rejection> Model::Do(const UnmergeMembers& o) {
  const auto found = members_.find(o.merged);
  if (found == members_.end()) return Rejection::kMemberNotFound;
  Member& back = found->second;
  if (!back.merged_into) return Rejection::kInvalidState;
  const MemberId id = *back.merged_into;
  Member& member = members_.at(id);
  if (member.merged_into) return Rejection::kMemberMerged;
  if (IsOwn(o.own, {id})) return Rejection::kSelfDealingForbidden;
  if (member.state != MemberState::kActive) return Rejection::kMemberNotActive;
  const Joined joined = member.joined.back();
  if (joined.member != o.merged) return Rejection::kInvalidState;
  const std::set<MemberId> leaving = Group(o.merged);
  const auto leaves = [&](MemberId one) { return leaving.count(one) > 0; };
  for (const auto& [sequence, hold] : member.holds) {
    for (const auto& [lot, points] : hold.parts) {
      if (points > 0 && leaves(member.lots[lot].home) != leaves(hold.home)) {
        return Rejection::kInvalidState;
      }
    }
  }

  // What was done while they were one was done by both.
  back.acted_on = member.acted_on;
  back.idle_ends = member.idle_ends;

  std::int64_t owed = 0;
  std::int64_t uncovered = joined.owed;
  std::int64_t owed_kept = 0;
  for (const Joined::Cover& cover : joined.covers) {
    if (!cover.is_theirs) uncovered -= cover.points;
    for (Lot& lot : member.lots) {
      if (lot.id != cover.lot || lot.is_gone || EndOf(member, lot) <= Next()) continue;
      lot.left += cover.points;
      (cover.is_theirs ? owed_kept : owed) += cover.points;
    }
  }
  const std::int64_t with = std::min(member.arrears, std::max<std::int64_t>(0, uncovered));
  owed += with;
  owed_kept += member.arrears - with;

  // Lots go back to where they came from; what stays remembers those that it had spent from.
  const std::vector<Lot> all = std::move(member.lots);
  member.lots.clear();
  std::vector<std::size_t> new_place(all.size());
  std::vector<std::size_t> remembered(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<Lot>& lots = leaves(all[i].home) ? back.lots : member.lots;
    new_place[i] = lots.size();
    lots.push_back(all[i]);
    if (!leaves(all[i].home)) continue;
    Lot gone{.id = all[i].id, .type = all[i].type, .ends = all[i].ends};
    gone.is_idle = all[i].is_idle;
    gone.is_gone = true;
    gone.home = id;
    remembered[i] = member.lots.size();
    member.lots.push_back(gone);
  }
  std::set<MemberId> staying = Group(id);
  for (const MemberId one : leaving) staying.erase(one);
  Rename(id, leaving, [&](std::size_t lot) { return new_place[lot]; });
  Rename(id, staying,
         [&](std::size_t lot) { return leaves(all[lot].home) ? remembered[lot] : new_place[lot]; });
  for (auto hold = member.holds.begin(); hold != member.holds.end();) {
    if (!leaves(hold->second.home)) {
      ++hold;
      continue;
    }
    back.holds.insert(*hold);
    hold = member.holds.erase(hold);
  }
  const auto owe = [&](Member& debtor, std::int64_t points) {
    std::int64_t there = 0;
    for (const Lot& lot : debtor.lots) there += lot.type == "points" ? lot.left : 0;
    Spend(debtor, std::min(there, points));
    debtor.arrears = points - std::min(there, points);
  };
  owe(back, owed);
  owe(member, owed_kept);
  back.merged_into.reset();
  back.state = MemberState::kActive;
  member.standing = joined.before;
  member.joined.pop_back();
  touched_ = id;
  Rise(id, member);
  return std::nullopt;
}

}  // namespace laurel::model
