#include "tests/scenarios/player.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "rules/program/currency.h"
#include "service/cli/amount.h"
#include "service/cli/moment.h"
#include "service/names.h"
#include "service/status.h"
#include "tests/scenarios/expect.h"
#include "tests/scenarios/program_text.h"
#include "tests/scenarios/seen.h"
#include "tests/service/test_server.h"
#include "tests/testing/explain_all.h"

namespace laurel::scenarios {
namespace {

constexpr char kProgram[] = "programs/harbour";
constexpr char kBegin[] = "2026-03-02 12:00";  // a Monday
constexpr char kMainType[] = "points";

ProgramText BaseProgram() {
  std::ostringstream text;
  text << std::ifstream(absl::StrCat(SCENARIOS_DIR, "/harbour.yaml")).rdbuf();
  return ProgramText(text.str());
}

// "2026-03-02 15:00" as clocks in `zone` show it, "2026-03-02" for its noon, or with T and an
// offset.
absl::StatusOr<Timestamp> InstantOf(const std::string& text, absl::TimeZone zone) {
  for (const char* format :
       {"%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d%ET%H:%M%Ez", "%Y-%m-%d%ET%H:%M:%E*S",
        "%Y-%m-%d%ET%H:%M", "%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d %H:%M"}) {
    absl::Time time;
    std::string error;
    if (absl::ParseTime(format, text, zone, &time, &error)) {
      return Timestamp::FromMicros(absl::ToUnixMicros(time));
    }
  }
  ASSIGN_OR_RETURN(const Date date, Date::Parse(text));
  return cli::InstantOf(date, 12 * kMicrosPerHour, zone);
}

// The day, or the instant where it is not the first of its day.
std::string EndText(const google::protobuf::Timestamp& ends, absl::TimeZone zone) {
  const absl::Time time = absl::FromUnixSeconds(ends.seconds()) + absl::Nanoseconds(ends.nanos());
  const absl::CivilSecond shown = absl::ToCivilSecond(time, zone);
  const bool is_first = absl::FromCivil(absl::CivilDay(shown), zone) == time;
  return absl::FormatTime(is_first ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%E*S", time, zone);
}

void SetInstant(Timestamp at, google::protobuf::Timestamp& field) {
  field.set_seconds(at.micros() / kMicrosPerSecond);
  field.set_nanos(static_cast<std::int32_t>(at.micros() % kMicrosPerSecond * 1'000));
}

absl::StatusOr<v1::Channel> ChannelOf(const Step& step, absl::string_view otherwise) {
  const std::string name = step.words.Get("channel", otherwise);
  v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
  if (v1::Channel_Parse(absl::StrCat("CHANNEL_", name), &channel)) return channel;
  return absl::InvalidArgumentError(absl::StrCat("channel: must be one such as POS, was ", name));
}

std::string DayText(const google::type::Date& day) {
  return ToString(Date::FromCivil(day.year(), day.month(), day.day()).value_or(Date()));
}

void SetDate(Date date, google::type::Date& field) {
  field.set_year(date.year());
  field.set_month(date.month());
  field.set_day(date.day());
}

template <class Points>
std::map<std::string, std::int64_t> ByType(const Points& points) {
  std::map<std::string, std::int64_t> result;
  for (const v1::Points& part : points) result[part.point_type()] += part.amount();
  return result;
}

std::string WithoutPrefix(std::string text, absl::string_view prefix) {
  return std::string(absl::StripPrefix(text, prefix));
}

// One run of a row.
class World {
 public:
  explicit World(Playing playing) : playing_(playing), program_(BaseProgram()) {
    LAUREL_CHECK(MoveTo(kBegin).ok(), "the first instant is well formed");
  }

  // What goes on in one step. An error means that the row cannot be played as it is written.
  absl::StatusOr<Seen> Do(const Step& step);
  // Lines about what must hold after any row and does not.
  std::vector<std::string> Broken();
  const Decimals& decimals() const { return decimals_; }

  // ---- verbs

  absl::Status At(const Step& step, Seen& seen);
  absl::Status Change(const Step& step, Seen& seen);
  absl::Status Configure(const Step& step, Seen& seen);
  absl::Status Enrol(const Step& step, Seen& seen);
  absl::Status MeetUnless(const Step& step, Seen& seen);
  absl::Status Purchase(const Step& step, Seen& seen);
  absl::Status Quote(const Step& step, Seen& seen);
  absl::Status Activity(const Step& step, Seen& seen);
  absl::Status Return(const Step& step, Seen& seen);
  absl::Status Correct(const Step& step, Seen& seen);
  absl::Status Waiting(const Step& step, Seen& seen);
  absl::Status Upload(const Step& step, Seen& seen);
  absl::Status Terminal(const Step& step, Seen& seen);
  absl::Status Reconcile(const Step& step, Seen& seen);
  absl::Status Redeem(const Step& step, Seen& seen);
  absl::Status Reverse(const Step& step, Seen& seen);
  absl::Status Settle(const Step& step, Seen& seen);
  absl::Status Cancel(const Step& step, Seen& seen);
  absl::Status Hold(const Step& step, Seen& seen);
  absl::Status Capture(const Step& step, Seen& seen);
  absl::Status Void(const Step& step, Seen& seen);
  absl::Status Adjust(const Step& step, Seen& seen);
  template <class Request>
  absl::Status FillAsked(const Step& step, Request& request);
  absl::Status ApproveAsked(const Step& step, Seen& seen);
  absl::Status DeclineAsked(const Step& step, Seen& seen);
  absl::Status Approvals(const Step& step, Seen& seen);
  absl::Status PutLot(const Step& step, Seen& seen);
  absl::Status Extend(const Step& step, Seen& seen);
  absl::Status Reinstate(const Step& step, Seen& seen);
  absl::Status Expiring(const Step& step, Seen& seen);
  absl::Status Floor(const Step& step, Seen& seen);
  absl::Status Match(const Step& step, Seen& seen);
  absl::Status Preview(const Step& step, Seen& seen);
  absl::Status Due(const Step& step, Seen& seen);
  absl::Status Restart(const Step& step, Seen& seen);
  absl::Status Again(const Step& step, Seen& seen);
  absl::Status Read(const Step& step, Seen& seen);
  absl::Status Transfer(const Step& step, Seen& seen);
  absl::Status Claim(const Step& step, Seen& seen);
  absl::Status Merge(const Step& step, Seen& seen);
  absl::Status Unmerge(const Step& step, Seen& seen);
  absl::Status MoveIdentity(const Step& step, Seen& seen);
  absl::Status Link(const Step& step, Seen& seen);
  absl::Status Lookup(const Step& step, Seen& seen);
  absl::Status Close(const Step& step, Seen& seen);

 private:
  struct Sold {
    v1::Receipt receipt;
    std::map<int, std::int64_t> quantities = {};  // by line, in millionths
    std::string member = {};
  };

  absl::Status MoveTo(const std::string& text) {
    const std::string zone_name = program_.Find("time_zone");
    ASSIGN_OR_RETURN(zone_, cli::ParseZone(zone_name));
    ASSIGN_OR_RETURN(now_, InstantOf(text, zone_));
    if (server_ != nullptr) server_->ledger().clock.Set(now_);
    return absl::OkStatus();
  }

  // The server, its program as the row has changed it, and the member.
  absl::Status Ready() {
    if (server_ == nullptr) {
      server_ = std::make_unique<TestServer>(options_, /*has_program=*/false);
      server_->ledger().clock.Set(now_);
    }
    if (!is_changed_) return absl::OkStatus();
    is_changed_ = false;
    return Publish();
  }
  absl::Status Publish();
  absl::Status Acknowledge(const google::protobuf::RepeatedPtrField<v1::Finding>& findings,
                           const std::string& revision, const std::string& id);
  absl::Status Meet(const std::string& member, Seen& seen);

  // ---- parts of requests

  int CurrencyDigits() const {
    return rules::CurrencyExponent(program_.Find("currency")).value_or(2);
  }
  absl::StatusOr<std::int64_t> Money(const std::string& text) const {
    return cli::ParseAmount(text, CurrencyDigits());
  }
  int DecimalsOf(const std::string& type) const {
    const auto found = decimals_.find(type);
    return found == decimals_.end() ? 0 : found->second;
  }
  absl::StatusOr<std::int64_t> Points(const std::string& text, const std::string& type) const {
    return cli::ParseAmount(text, DecimalsOf(type));
  }
  absl::StatusOr<Timestamp> OccurredAt(const Step& step) const {
    const std::string* on = step.words.Find("on");
    return on == nullptr ? now_ : InstantOf(*on, zone_);
  }
  std::string RequestId(const Step& step) {
    const std::string* id = step.words.Find("id");
    if (id == nullptr) return absl::StrCat("request-number-", ++requests_);
    return id->empty() ? "" : absl::StrCat("request-", *id);
  }
  v1::Receipt NewReceipt(const Step& step, Timestamp at) {
    v1::Receipt receipt;
    receipt.set_store(step.words.Get("store", "S1"));
    receipt.set_terminal(step.words.Get("terminal", "T1"));
    SetDate(cli::DateOf(at, zone_), *receipt.mutable_business_on());
    receipt.set_number(step.words.Get("receipt", absl::StrCat(++receipts_)));
    return receipt;
  }
  v1::MemberRef RefOf(const std::string& member) const {
    v1::MemberRef ref;
    ref.mutable_identity()->set_kind(v1::IDENTITY_KIND_CARD);
    ref.mutable_identity()->set_value(absl::StrCat("card-", member));
    return ref;
  }
  // By name where the row knows the member, so that what was merged is named by itself.
  v1::MemberRef NameOf(const std::string& member) const {
    const auto known = members_.find(member);
    if (known == members_.end()) return RefOf(member);
    v1::MemberRef ref;
    ref.set_name(known->second);
    return ref;
  }
  // "phone:+49 30 123": a kind of identity, a colon, the value.
  static absl::StatusOr<v1::IdentityKey> IdentityOf(const std::string& text) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
    v1::IdentityKey key;
    v1::IdentityKind kind = v1::IDENTITY_KIND_UNSPECIFIED;
    if (!v1::IdentityKind_Parse(absl::StrCat("IDENTITY_KIND_", absl::AsciiStrToUpper(parts.first)),
                                &kind)) {
      return absl::InvalidArgumentError("identity: must be a kind and a value such as card:1");
    }
    key.set_kind(kind);
    key.set_value(parts.second);
    return key;
  }
  // What the row calls the member of this name.
  std::string CalledBy(const std::string& name) const {
    for (const auto& [letter, known] : members_) {
      if (known == name) return letter;
    }
    return name;
  }
  // The member of a reply, by what the row calls it.
  void NoteMember(const std::string& name, Seen& seen) const {
    for (const auto& [member, known] : members_) {
      if (known == name) seen.member = member;
    }
  }
  absl::StatusOr<v1::Receipt> ReceiptOf(const std::string& label) const {
    const auto sold = sold_.find(label);
    if (sold != sold_.end()) return sold->second.receipt;
    return absl::InvalidArgumentError(
        absl::StrCat("a purchase: must be named by its label, was ", label));
  }
  // The receipt of the purchase that is paid, if the step says which.
  template <class Request>
  absl::Status FillPaid(const Step& step, Request& request) const {
    const std::string* paid = step.words.Find("pays");
    if (paid == nullptr) return absl::OkStatus();
    ASSIGN_OR_RETURN(*request.mutable_purchase(), ReceiptOf(*paid));
    return absl::OkStatus();
  }
  template <class Request>
  absl::Status FillAccrual(const Step& step, Request& request) {
    request.set_request_id(RequestId(step));
    request.set_program(kProgram);
    ASSIGN_OR_RETURN(*request.mutable_receipt(), ReceiptOf(step.words.plain[0]));
    if (const std::string* line = step.words.Find("line")) {
      ASSIGN_OR_RETURN(const std::int64_t number, cli::ParseAmount(*line, 0));
      request.add_lines(static_cast<std::int32_t>(number));
    }
    return absl::OkStatus();
  }
  absl::Status FillLine(const Step& line, v1::PurchaseLine& item) const;
  absl::Status FillPurchase(const Step& step, v1::Purchase& purchase);
  template <class Request>
  absl::Status FillPay(const Step& step, Request& request) const;

  // ---- calls

  template <class Stub, class Request, class Response>
  grpc::Status Call(std::unique_ptr<Stub>& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    if (!principal_.empty()) context.AddMetadata("laurel-principal", principal_);
    if (!role_.empty()) context.AddMetadata("laurel-role", role_);
    const grpc::Status status = ((*stub).*method)(&context, request, &response);
    is_replayed_ = context.GetServerInitialMetadata().count("laurel-replayed") > 0;
    return status;
  }

  // A write: sent once more where the run is played so, and remembered for `again`.
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> Write(std::unique_ptr<Stub>& stub,
                                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                              Response*),
                                 const Request& request, Seen& seen) {
    again_ = [this, &stub, method, request](Seen& other) {
      return WriteOnce(stub, method, request, other).status();
    };
    const std::uint64_t before = server_->sequence();
    ASSIGN_OR_RETURN(const Response response, WriteOnce(stub, method, request, seen));
    if (playing_ == Playing::kOnce) return response;
    Seen second;
    ASSIGN_OR_RETURN(Response replayed, WriteOnce(stub, method, request, second));
    const bool had_effect = server_->sequence() != before;
    if (seen.refusal.has_value() != second.refusal.has_value() ||
        (seen.refusal && seen.refusal->reason != second.refusal->reason)) {
      return absl::FailedPreconditionError("the same write sent twice was answered differently");
    }
    if (seen.refusal || !had_effect || seen.is_training) return response;
    if (!replayed.replayed()) {
      return absl::FailedPreconditionError("the same write sent twice was done twice");
    }
    replayed.set_replayed(seen.is_replayed);
    if (replayed.SerializeAsString() != response.SerializeAsString()) {
      return absl::FailedPreconditionError("the same write sent twice got another answer");
    }
    return response;
  }

  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> WriteOnce(std::unique_ptr<Stub>& stub,
                                     grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                                     const Request& request, Seen& seen) {
    Response response;
    const grpc::Status status = Call(stub, method, request, response);
    if (!status.ok()) {
      const Refused refused = laurel::Read(status);
      if (refused.reason.empty()) return absl::InternalError(status.error_message());
      seen.is_replayed = is_replayed_;
      seen.refusal = SeenRefusal{refused.reason, refused.message, refused.facts, refused.fields};
      return response;
    }
    RETURN_IF_ERROR(Note(response, seen));
    return response;
  }

  template <class Awards>
  void NoteAwards(const Awards& awards, Seen& seen) const {
    for (const v1::Award& award : awards) {
      seen.awards.push_back(
          SeenAward{award.rule(), award.point_type(), award.amount(),
                    award.has_activates_at() ? EndText(award.activates_at(), zone_) : "none",
                    award.has_expires_at() ? EndText(award.expires_at(), zone_) : "none"});
    }
  }

  void NotePayment(const v1::PointsPayment& payment, Seen& seen) const {
    if (payment.bound() == v1::PAYMENT_BOUND_UNSPECIFIED) return;
    seen.paid_points = payment.taken().amount();
    seen.paid_money = cli::RenderAmount(payment.worth().minor_units(), CurrencyDigits());
    seen.paid_bound = WithoutPrefix(v1::PaymentBound_Name(payment.bound()), "PAYMENT_BOUND_");
  }

  // What a reply tells.
  template <class Response>
  absl::Status Note(const Response& response, Seen& seen) {
    seen.is_replayed = response.replayed();
    if constexpr (requires { std::string(response.member()); }) {
      seen.names = CalledBy(response.member());
    }
    if constexpr (requires { response.entry(); }) seen.entry = response.entry();
    if constexpr (requires { response.awards(); }) NoteAwards(response.awards(), seen);
    if constexpr (requires { response.payment(); }) NotePayment(response.payment(), seen);
    if constexpr (requires { response.taken_back(); }) {
      seen.taken_back = ByType(response.taken_back());
      seen.shortfall = ByType(response.shortfall());
      seen.expired = ByType(response.expired());
      seen.given_back = ByType(response.given_back());
    }
    if constexpr (requires { response.training(); }) {
      seen.is_training = response.training();
      if (seen.is_training) return absl::OkStatus();  // what it tells has not happened
    }
    if constexpr (std::is_same_v<Response, v1::ReturnPurchaseResponse>) {
      seen.is_unmatched = response.unmatched();
      if (response.member().empty()) return absl::OkStatus();  // it is of nobody yet
    }
    if constexpr (requires { response.returns_following(); }) {
      if (response.returns_following() > 0)
        return absl::OkStatus();  // its balances are before them
    }
    if constexpr (requires { response.balances(); }) {
      if (response.member().empty()) return absl::OkStatus();  // a guest's
      // Those of a replayed reply are of then, and points of long ago may have ended on arrival.
      if (seen.is_replayed || HasEnded(seen)) return absl::OkStatus();
      ASSIGN_OR_RETURN(const SeenMember member, ReadMember(response.member()));
      for (const v1::Balance& balance : response.balances()) {
        const auto read = member.balances.find(balance.point_type());
        if (read == member.balances.end() || read->second != BalanceOf(balance)) {
          return absl::InternalError("the balances of a reply differ from those that are read");
        }
      }
      if (response.tier().tier() != member.tier) {
        return absl::InternalError("the tier of a reply differs from the one that is read");
      }
    }
    return absl::OkStatus();
  }

  bool HasEnded(const Seen& seen) const {
    const std::string today = ToString(cli::DateOf(now_, zone_));
    return std::any_of(seen.awards.begin(), seen.awards.end(), [&](const SeenAward& award) {
      return award.ends != "none" && award.ends <= today;
    });
  }
  static SeenBalance BalanceOf(const v1::Balance& balance) {
    return SeenBalance{balance.available(), balance.pending(), balance.held()};
  }
  absl::StatusOr<SeenMember> ReadMember(const std::string& name);
  absl::Status ReadTier(const std::string& name, SeenMember& member);
  absl::Status ReadEntry(Seen& seen);
  absl::Status ReadMembers(Seen& seen);

  std::string SumsOfPostings(std::uint64_t sequence);

  const Playing playing_;
  ProgramText program_;
  bool is_changed_ = true;  // since it was published
  Decimals decimals_;
  absl::TimeZone zone_;
  Timestamp now_;
  Engine::Options options_ = TestLedger::DefaultOptions();
  std::unique_ptr<TestServer> server_;
  std::string principal_;
  std::string role_;
  bool is_replayed_ = false;                    // the answer to the last call
  std::map<std::string, std::string> members_;  // resource names by what the row calls them
  std::map<std::string, Sold> sold_;            // by label
  std::map<std::string, std::string> asked_;    // names of approvals, by label
  std::map<std::string, std::string> entries_;  // likewise
  std::map<std::string, std::string> holds_;    // likewise
  std::function<absl::Status(Seen&)> again_;
  int revisions_ = 0;
  int requests_ = 0;
  int receipts_ = 0;
};

// ---- the table of verbs

struct Verb {
  Form form;
  absl::Status (World::*run)(const Step&, Seen&);
  bool is_action = true;  // else it only prepares
};

const std::vector<Verb>& Verbs() {
  static const auto* const verbs = new std::vector<Verb>{
      {{"at", "DATE [TIME]", 1, 2, {}}, &World::At, false},
      {{"program", "PATH: VALUE", 0, 0, {}, true}, &World::Change, false},
      {{"service",
        "[adjust_limits=LIMITS] [approval_limits=LIMITS] [transfers=POLICY] [reinstate_days=DAYS]",
        0,
        0,
        {"adjust_limits", "approval_limits", "transfers", "reinstate_days"}},
       &World::Configure,
       false},
      {{"enrol", "MEMBER [KIND:VALUE ...] [staff=NAME]", 1, 9, {"id", "on", "staff", "by", "role"}},
       &World::Enrol},
      {{"purchase",
        "MEMBER [AMOUNT] [basket=NAME] [on=INSTANT] [channel=] [store=] [currency=] [receipt=] "
        "[as=LABEL] [points=AMOUNT, put in to pay] [row=NUMBER, of the terminal] [offline=yes] "
        "[training=yes] [terminal=] [enrol=yes, whoever is none yet] [id=] [by=] [role=]",
        1,
        2,
        {"basket", "on", "channel", "store", "currency", "receipt", "as", "id", "by", "role",
         "points", "row", "offline", "training", "terminal", "enrol"}},
       &World::Purchase},
      {{"correct",
        "PURCHASE [AMOUNT] [basket=NAME] [on=INSTANT] [points=AMOUNT] [id=], as it should have "
        "been",
        1,
        2,
        {"basket", "on", "channel", "store", "currency", "points", "id", "by", "role"}},
       &World::Correct},
      {{"quote",
        "MEMBER [AMOUNT] [basket=NAME] [on=INSTANT] [channel=] [store=] [points=AMOUNT] "
        "[enrol=yes]",
        1,
        2,
        {"basket", "on", "channel", "store", "points", "enrol"}},
       &World::Quote},
      {{"waiting", ", the returns that wait for their purchase", 0, 0, {}}, &World::Waiting},
      {{"upload",
        "MEMBER, the rows below in one batch [enrol=yes]",
        1,
        1,
        {"terminal", "enrol", "by", "role"}},
       &World::Upload},
      {{"terminal", "TERMINAL, what it has numbered and never sent", 1, 1, {"store"}},
       &World::Terminal},
      {{"reconcile", "DATE, of the receipts below", 1, 1, {"store"}}, &World::Reconcile},
      {{"activity",
        "MEMBER TYPE [ATTRIBUTE=VALUE ...] [on=INSTANT] [channel=] [store=] [reference=] "
        "[as=LABEL]",
        2,
        2,
        {"*"}},
       &World::Activity},
      {{"return",
        "LABEL [early, before that receipt has come] [line=NUMBER] [quantity=COUNT] "
        "[refund=AMOUNT] [on=INSTANT] [receipt=] [member=MEMBER] [row=] [offline=yes] "
        "[training=yes] [id=]",
        1,
        2,
        {"line", "quantity", "refund", "on", "receipt", "store", "as", "id", "by", "role", "member",
         "row", "offline", "training", "terminal"}},
       &World::Return},
      {{"redeem",
        "MEMBER AMOUNT [TYPE] [pays=PURCHASE] [reference=] [as=LABEL] [id=]",
        2,
        3,
        {"pays", "reference", "as", "id", "by", "role"}},
       &World::Redeem},
      {{"settle", "PURCHASE [line=NUMBER] [id=] [by=NAME]", 1, 1, {"line", "id", "by", "role"}},
       &World::Settle},
      {{"cancel",
        "PURCHASE [line=NUMBER] [reason=CODE] [id=] [by=NAME]",
        1,
        1,
        {"line", "reason", "id", "by", "role"}},
       &World::Cancel},
      {{"hold",
        "MEMBER AMOUNT [TYPE] [minutes=COUNT] as=LABEL [id=]",
        2,
        3,
        {"minutes", "as", "id", "by", "role"}},
       &World::Hold},
      {{"capture",
        "HOLD [AMOUNT] [final] [pays=PURCHASE] [as=LABEL] [id=]",
        1,
        3,
        {"pays", "as", "id", "by", "role"}},
       &World::Capture},
      {{"void", "HOLD [id=]", 1, 1, {"id", "by", "role"}}, &World::Void},
      {{"reverse", "LABEL [AMOUNT] [id=]", 1, 2, {"id", "as", "by", "role"}}, &World::Reverse},
      {{"adjust",
        "MEMBER +AMOUNT|-AMOUNT [TYPE] [reason=CODE] [ask=yes] [as=LABEL] [by=NAME] [role=ROLE]",
        2,
        3,
        {"reason", "reference", "ask", "as", "id", "by", "role"}},
       &World::Adjust},
      {{"approve", "LABEL, what another person asked for", 1, 1, {"id", "by", "role"}},
       &World::ApproveAsked},
      {{"decline", "LABEL, likewise", 1, 1, {"id", "by", "role"}}, &World::DeclineAsked},
      {{"approvals", ", that are open, by label", 0, 0, {}}, &World::Approvals},
      {{"lot", "MEMBER AMOUNT ends=DATE|none, given by staff", 2, 2, {"ends"}}, &World::PutLot},
      {{"extend",
        "MEMBER AMOUNT@END ... ends=DATE [reason=CODE], lots as `lots` tells them",
        2,
        9,
        {"ends", "reason", "id", "by", "role"}},
       &World::Extend},
      {{"reinstate",
        "MEMBER [AMOUNT] ends=DATE [reason=CODE], of what ended last",
        1,
        2,
        {"ends", "reason", "id", "by", "role"}},
       &World::Reinstate},
      {{"expiring", "MEMBER until=DATE, what ends by then", 1, 1, {"until"}}, &World::Expiring},
      {{"floor",
        "MEMBER [TIER] [until=INSTANT], given by staff",
        1,
        2,
        {"until", "id", "by", "role"}},
       &World::Floor},
      {{"match", "MEMBER TIER, of another program", 2, 2, {"id", "by", "role"}}, &World::Match},
      {{"preview", ", of the program as it is changed", 0, 0, {}}, &World::Preview, false},
      {{"due", "MEMBER, what the scheduler would do now", 1, 1, {}}, &World::Due},
      {{"restart", ", the server", 0, 0, {}}, &World::Restart},
      {{"again", ", the last write once more", 0, 0, {}}, &World::Again},
      {{"read", "MEMBER", 1, 1, {}}, &World::Read},
      {{"claim", "PURCHASE MEMBER, a guest's receipt", 2, 2, {"id", "by", "role"}}, &World::Claim},
      {{"transfer",
        "FROM TO AMOUNT [TYPE] [id=] [by=] [role=]",
        3,
        4,
        {"reference", "id", "by", "role"}},
       &World::Transfer},
      {{"merge", "MEMBER SURVIVOR [id=] [by=] [role=]", 2, 2, {"id", "by", "role"}}, &World::Merge},
      {{"unmerge", "MEMBER [id=] [by=] [role=]", 1, 1, {"id", "by", "role"}}, &World::Unmerge},
      {{"move", "KIND:VALUE FROM TO, an identity", 3, 3, {"id", "by", "role"}},
       &World::MoveIdentity},
      {{"link", "MEMBER KIND:VALUE", 2, 2, {"id", "by", "role"}}, &World::Link},
      {{"lookup", "KIND:VALUE", 1, 1, {}}, &World::Lookup},
      {{"close", "MEMBER", 1, 1, {"id", "by", "role"}}, &World::Close},
  };
  return *verbs;
}

// What stands under a purchase or a quote.
const std::vector<Form>& InnerForms() {
  static const auto* const forms = new std::vector<Form>{
      {"line",
       "SKU AMOUNT [quantity=] [kind=] [tag=] [category=] [brand=] [list=] [tax=] "
       "[of=PURCHASE/LINE, that comes back]",
       2,
       2,
       {"quantity", "kind", "tag", "category", "brand", "list", "tax", "of"}},
      {"row",
       "NUMBER [TO-NUMBER] AMOUNT [on=INSTANT] [id=] [receipt=], of an upload",
       2,
       3,
       {"on", "id", "receipt"}},
      {"receipt", "NUMBER AMOUNT [terminal=] [kind=RETURN], of a day", 2, 2, {"terminal", "kind"}},
      {"pay", "KIND=AMOUNT ...", 0, 0, {"*"}},
  };
  return *forms;
}

// ---- steps

absl::StatusOr<Seen> World::Do(const Step& step) {
  Seen seen;
  for (const Verb& verb : Verbs()) {
    if (verb.form.word != step.verb) continue;
    if (!verb.is_action) {
      RETURN_IF_ERROR((this->*verb.run)(step, seen));
      return seen;
    }
    RETURN_IF_ERROR(Ready());
    Seen before;
    RETURN_IF_ERROR(ReadMembers(before));
    principal_ = step.words.Get("by");
    role_ = step.words.Get("role");
    RETURN_IF_ERROR((this->*verb.run)(step, seen));
    principal_ = role_ = "";
    if (playing_ == Playing::kTwiceAndRestarted) server_->Restart();
    if (!seen.entry.empty()) RETURN_IF_ERROR(ReadEntry(seen));
    RETURN_IF_ERROR(ReadMembers(seen));
    if (!seen.refusal) return seen;
    for (const auto& [name, member] : before.members) {
      const SeenMember& after = seen.members[name];
      if (after.balances != member.balances || after.tier != member.tier) {
        return absl::InternalError(absl::StrCat("a refusal changed what ", name, " has"));
      }
    }
    return seen;
  }
  return absl::InternalError(absl::StrCat(step.verb, ": is no verb"));
}

absl::Status World::At(const Step& step, Seen&) {
  return MoveTo(absl::StrJoin(step.words.plain, " "));
}

absl::Status World::Change(const Step& step, Seen&) {
  is_changed_ = true;
  RETURN_IF_ERROR(program_.Change(step.raw));
  return cli::ParseZone(program_.Find("time_zone")).status();
}

absl::Status World::Configure(const Step& step, Seen&) {
  if (server_ != nullptr) {
    return absl::InvalidArgumentError("service: must stand above what is done");
  }
  const std::optional<AdjustLimits> limits =
      ParseAdjustLimits(step.words.Get("adjust_limits", "none"));
  const std::optional<AdjustLimits> approvals =
      ParseAdjustLimits(step.words.Get("approval_limits", "none"));
  if (!limits || !approvals) {
    return absl::InvalidArgumentError("service: must have limits such as AGENT=200");
  }
  const std::optional<TransferPolicy> transfers =
      ParseTransferPolicy(step.words.Get("transfers", "PRESERVE"));
  if (!transfers) return absl::InvalidArgumentError("service: must say such as FRESH,fee=10");
  options_.adjust_limits = *limits;
  options_.approval_limits = *approvals;
  options_.transfers = *transfers;
  ASSIGN_OR_RETURN(const std::int64_t days,
                   cli::ParseAmount(step.words.Get("reinstate_days", "30"), 0));
  options_.reinstate_days = static_cast<int>(days);
  return absl::OkStatus();
}

// Whoever writes a row knows what is warned of.
absl::Status World::Acknowledge(const google::protobuf::RepeatedPtrField<v1::Finding>& findings,
                                const std::string& revision, const std::string& id) {
  std::set<std::string> names;
  for (const v1::Finding& finding : findings) {
    if (!finding.name().empty()) names.insert(finding.name());
  }
  if (names.empty()) return absl::OkStatus();
  v1::AcknowledgeWarningsRequest request;
  request.set_request_id(absl::StrCat(id, "-read"));
  request.set_name(revision);
  for (const std::string& name : names) request.add_warnings(name);
  v1::AcknowledgeWarningsResponse response;
  const grpc::Status status = Call(
      server_->stubs.program, &v1::ProgramService::Stub::AcknowledgeWarnings, request, response);
  return status.ok() ? absl::OkStatus() : absl::InternalError(status.error_message());
}

absl::Status World::Publish() {
  const std::string document = program_.Render();
  const std::string id = absl::StrCat("request-revision-", ++revisions_);
  const auto refuse = [&](const grpc::Status& status) {
    return absl::InvalidArgumentError(
        absl::StrCat("the program is refused: ", status.error_message(), "; ",
                     absl::StrJoin(laurel::Read(status).fields, ", "), "\n", document));
  };
  using ProgramCalls = v1::ProgramService::Stub;
  std::string revision;
  google::protobuf::RepeatedPtrField<v1::Finding> findings;
  if (revisions_ == 1) {
    v1::CreateProgramRequest request;
    request.set_request_id(id);
    request.set_document(document);
    v1::CreateProgramResponse response;
    const grpc::Status status =
        Call(server_->stubs.program, &ProgramCalls::CreateProgram, request, response);
    if (!status.ok()) return refuse(status);
    revision = response.revision().name();
    findings = response.findings();
    for (const v1::PointType& type : response.program().point_types()) {
      decimals_[type.id()] = type.decimals();
    }
  } else {
    v1::CreateRevisionRequest request;
    request.set_request_id(id);
    request.set_program(kProgram);
    request.set_document(document);
    v1::CreateRevisionResponse response;
    const grpc::Status status =
        Call(server_->stubs.program, &ProgramCalls::CreateRevision, request, response);
    if (!status.ok()) return refuse(status);
    revision = response.revision().name();
    findings = response.findings();
  }
  RETURN_IF_ERROR(Acknowledge(findings, revision, id));
  v1::ActivateRevisionRequest activate;
  activate.set_request_id(absl::StrCat(id, "-active"));
  activate.set_name(revision);
  v1::ActivateRevisionResponse activated;
  const grpc::Status status =
      Call(server_->stubs.program, &ProgramCalls::ActivateRevision, activate, activated);
  if (!status.ok()) return refuse(status);
  // What the row does next happens under it.
  const google::protobuf::Timestamp& since = activated.revision().activated_at();
  now_ = std::max(
      now_, Timestamp::FromMicros(since.seconds() * kMicrosPerSecond + since.nanos() / 1'000));
  server_->ledger().clock.Set(now_);
  return absl::OkStatus();
}

// Who is named first is enrolled then.
absl::Status World::Meet(const std::string& member, Seen& seen) {
  seen.member = member;
  if (members_.count(member) > 0) return absl::OkStatus();
  Step step;
  step.words.plain = {member};
  Seen enrolled;
  RETURN_IF_ERROR(Enrol(step, enrolled));
  return enrolled.refusal ? absl::InternalError(enrolled.refusal->message) : absl::OkStatus();
}

// Whom the step does not enrol by itself.
absl::Status World::MeetUnless(const Step& step, Seen& seen) {
  seen.member = step.words.plain[0];
  return step.words.Find("enrol") != nullptr ? absl::OkStatus() : Meet(seen.member, seen);
}

absl::Status World::Enrol(const Step& step, Seen& seen) {
  seen.member = step.words.plain[0];
  ASSIGN_OR_RETURN(const Timestamp at, OccurredAt(step));
  v1::EnrollMemberRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.add_identities() = RefOf(seen.member).identity();
  for (std::size_t i = 1; i < step.words.plain.size(); ++i) {
    ASSIGN_OR_RETURN(*request.add_identities(), IdentityOf(step.words.plain[i]));
  }
  if (const std::string* staff = step.words.Find("staff")) {
    v1::IdentityKey& identity = *request.add_identities();
    identity.set_kind(v1::IDENTITY_KIND_STAFF);
    identity.set_value(*staff);
  }
  SetInstant(at, *request.mutable_occurred_at());
  ASSIGN_OR_RETURN(
      const v1::EnrollMemberResponse response,
      Write(server_->stubs.member, &v1::MemberService::Stub::EnrollMember, request, seen));
  if (!seen.refusal) members_[seen.member] = response.member().name();
  return absl::OkStatus();
}

absl::Status World::FillLine(const Step& line, v1::PurchaseLine& item) const {
  const Words& words = line.words;
  item.set_sku(words.plain[0]);
  ASSIGN_OR_RETURN(const std::int64_t net, Money(words.plain[1]));
  item.set_extended_minor_units(net);
  v1::LineKind kind = v1::LINE_KIND_UNSPECIFIED;
  if (!v1::LineKind_Parse(absl::StrCat("LINE_KIND_", words.Get("kind", "SALE")), &kind)) {
    return absl::InvalidArgumentError("kind: must be a kind of line such as SALE");
  }
  item.set_kind(kind);
  ASSIGN_OR_RETURN(const std::int64_t quantity, cli::ParseAmount(words.Get("quantity", "1"), 0));
  item.set_quantity_micros(quantity * 1'000'000);
  for (const auto& [key, value] : words.named) {
    for (const absl::string_view one : absl::StrSplit(value, '/')) {
      if (key == "tag") item.add_tags(std::string(one));
      if (key == "category") item.add_categories(std::string(one));
    }
  }
  item.set_brand(words.Get("brand"));
  if (const std::string* list = words.Find("list")) {
    ASSIGN_OR_RETURN(const std::int64_t amount, Money(*list));
    item.set_list_minor_units(amount);
  }
  if (const std::string* of = words.Find("of")) {
    const std::vector<std::string> parts = absl::StrSplit(*of, '/');
    std::int64_t number = 0;
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &number)) {
      return absl::InvalidArgumentError("of: must be a purchase and its line, such as P/1");
    }
    ASSIGN_OR_RETURN(*item.mutable_original()->mutable_receipt(), ReceiptOf(parts[0]));
    item.mutable_original()->set_line(static_cast<std::int32_t>(number));
    item.set_kind(v1::LINE_KIND_RETURN);
  }
  if (const std::string* tax = words.Find("tax")) {
    ASSIGN_OR_RETURN(const std::int64_t amount, Money(*tax));
    item.set_tax_minor_units(amount);
  }
  return absl::OkStatus();
}

absl::Status World::FillPurchase(const Step& step, v1::Purchase& purchase) {
  ASSIGN_OR_RETURN(const Timestamp at, OccurredAt(step));
  SetInstant(at, *purchase.mutable_occurred_at());
  ASSIGN_OR_RETURN(const v1::Channel channel, ChannelOf(step, "POS"));
  purchase.set_channel(channel);
  purchase.mutable_total()->set_currency_code(
      step.words.Get("currency", program_.Find("currency")));
  std::int64_t total = 0;
  for (const Step& inner : step.inner) {
    if (inner.verb == "line") {
      v1::PurchaseLine& item = *purchase.add_lines();
      item.set_line(purchase.lines_size());
      RETURN_IF_ERROR(FillLine(inner, item));
      if (item.kind() == v1::LINE_KIND_VOID) continue;
      const int sign = item.kind() == v1::LINE_KIND_RETURN ? -1 : 1;
      total += sign * item.extended_minor_units();
    } else {
      for (const auto& [kind, amount] : inner.words.named) {
        v1::Tender& tender = *purchase.add_tenders();
        tender.set_kind(kind);
        ASSIGN_OR_RETURN(const std::int64_t paid, Money(amount));
        tender.set_minor_units(paid);
      }
    }
  }
  if (step.words.plain.size() > 1) {
    ASSIGN_OR_RETURN(total, Money(step.words.plain[1]));
  } else if (purchase.lines().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(step.verb, ": must have an amount, lines or a basket, had none"));
  }
  purchase.mutable_total()->set_minor_units(total);
  ASSIGN_OR_RETURN(const std::int64_t row, cli::ParseAmount(step.words.Get("row", "0"), 0));
  purchase.set_terminal_sequence(row);
  purchase.set_offline(step.words.Find("offline") != nullptr);
  purchase.set_training(step.words.Find("training") != nullptr);
  return absl::OkStatus();
}

// Points that are put in.
template <class Request>
absl::Status World::FillPay(const Step& step, Request& request) const {
  const std::string* points = step.words.Find("points");
  if (points == nullptr) return absl::OkStatus();
  request.mutable_pay_with_points()->set_point_type(kMainType);
  ASSIGN_OR_RETURN(const std::int64_t amount, Points(*points, kMainType));
  request.mutable_pay_with_points()->set_amount(amount);
  return absl::OkStatus();
}

absl::Status World::Claim(const Step& step, Seen& seen) {
  v1::ClaimReceiptRequest request;
  ASSIGN_OR_RETURN(*request.mutable_receipt(), ReceiptOf(step.words.plain[0]));
  RETURN_IF_ERROR(Meet(step.words.plain[1], seen));
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  return Write(server_->stubs.points, &v1::PointsService::Stub::ClaimReceipt, request, seen)
      .status();
}

absl::Status World::Purchase(const Step& step, Seen& seen) {
  const bool is_guest = step.words.plain[0] == "guest";
  if (!is_guest) RETURN_IF_ERROR(MeetUnless(step, seen));
  v1::AccruePurchaseRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  request.set_guest(is_guest);
  if (!is_guest) *request.mutable_member() = RefOf(seen.member);
  if (step.words.Find("enrol") != nullptr) request.mutable_enrol();
  RETURN_IF_ERROR(FillPurchase(step, *request.mutable_purchase()));
  RETURN_IF_ERROR(FillPay(step, request));
  ASSIGN_OR_RETURN(const Timestamp at, OccurredAt(step));
  Sold sold{NewReceipt(step, at), {}, seen.member};
  *request.mutable_purchase()->mutable_receipt() = sold.receipt;
  for (const v1::PurchaseLine& line : request.purchase().lines()) {
    sold.quantities[line.line()] = line.quantity_micros();
  }
  if (const std::string* label = step.words.Find("as")) sold_[*label] = std::move(sold);
  ASSIGN_OR_RETURN(
      const v1::AccruePurchaseResponse response,
      Write(server_->stubs.points, &v1::PointsService::Stub::AccruePurchase, request, seen));
  if (!response.enrolment().empty()) {
    members_[seen.member] = response.member();
    seen.names = seen.member;
  }
  return absl::OkStatus();
}

absl::Status World::Quote(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(MeetUnless(step, seen));
  v1::QuotePurchaseRequest request;
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  if (step.words.Find("enrol") != nullptr) request.mutable_enrol();
  RETURN_IF_ERROR(FillPurchase(step, *request.mutable_purchase()));
  RETURN_IF_ERROR(FillPay(step, request));
  v1::QuotePurchaseResponse response;
  const grpc::Status status =
      Call(server_->stubs.points, &v1::PointsService::Stub::QuotePurchase, request, response);
  if (!status.ok()) return absl::InternalError(status.error_message());
  NoteAwards(response.awards(), seen);
  NotePayment(response.payment(), seen);
  return absl::OkStatus();
}

absl::Status World::Correct(const Step& step, Seen& seen) {
  const auto sold = sold_.find(step.words.plain[0]);
  if (sold == sold_.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("correct: must name a purchase by its label, was ", step.words.plain[0]));
  }
  RETURN_IF_ERROR(Meet(sold->second.member, seen));
  v1::CorrectReceiptRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  RETURN_IF_ERROR(FillPurchase(step, *request.mutable_purchase()));
  RETURN_IF_ERROR(FillPay(step, request));
  *request.mutable_purchase()->mutable_receipt() = sold->second.receipt;
  sold->second.quantities.clear();
  for (const v1::PurchaseLine& line : request.purchase().lines()) {
    sold->second.quantities[line.line()] = line.quantity_micros();
  }
  return Write(server_->stubs.points, &v1::PointsService::Stub::CorrectReceipt, request, seen)
      .status();
}

absl::Status World::Waiting(const Step&, Seen& seen) {
  v1::ListUnmatchedReturnsRequest request;
  request.set_program(kProgram);
  v1::ListUnmatchedReturnsResponse response;
  const grpc::Status status = Call(
      server_->stubs.ledger, &v1::LedgerService::Stub::ListUnmatchedReturns, request, response);
  if (!status.ok()) return absl::InternalError(status.error_message());
  for (const v1::UnmatchedReturn& one : response.unmatched_returns()) {
    seen.listed.push_back(one.original().number());
  }
  return absl::OkStatus();
}

// One request for each row; they are numbered from the first to the last where there are several.
absl::Status World::Upload(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(MeetUnless(step, seen));
  v1::BatchAccrueRequest request;
  for (const Step& inner : step.inner) {
    const std::vector<std::string>& plain = inner.words.plain;
    ASSIGN_OR_RETURN(const std::int64_t first, cli::ParseAmount(plain[0], 0));
    ASSIGN_OR_RETURN(const std::int64_t last,
                     cli::ParseAmount(plain.size() > 2 ? plain[1] : plain[0], 0));
    ASSIGN_OR_RETURN(const std::int64_t amount, Money(plain.back()));
    ASSIGN_OR_RETURN(const Timestamp at, OccurredAt(inner));
    for (std::int64_t row = first; row <= last; ++row) {
      v1::AccruePurchaseRequest& item = *request.add_items()->mutable_accrue_purchase();
      item.set_request_id(absl::StrCat("request-", step.words.Get("terminal", "T1"), "-row-", row));
      item.set_program(kProgram);
      *item.mutable_member() = RefOf(seen.member);
      if (step.words.Find("enrol") != nullptr) item.mutable_enrol();
      v1::Purchase& purchase = *item.mutable_purchase();
      v1::Receipt& receipt = *purchase.mutable_receipt();
      receipt.set_store("S1");
      receipt.set_terminal(step.words.Get("terminal", "T1"));
      SetDate(cli::DateOf(at, zone_), *receipt.mutable_business_on());
      receipt.set_number(inner.words.Get("receipt", absl::StrCat("row-", row)));
      SetInstant(at, *purchase.mutable_occurred_at());
      purchase.set_channel(v1::CHANNEL_POS);
      purchase.mutable_total()->set_currency_code(program_.Find("currency"));
      purchase.mutable_total()->set_minor_units(amount);
      purchase.set_terminal_sequence(row);
      purchase.set_offline(true);
    }
  }
  v1::BatchAccrueResponse response;
  const grpc::Status status =
      Call(server_->stubs.points, &v1::PointsService::Stub::BatchAccrue, request, response);
  if (!status.ok()) return absl::InternalError(status.error_message());
  for (int i = 0; i < response.results_size(); ++i) {
    const v1::BatchAccrueResult& result = response.results(i);
    std::string outcome = "accepted";
    if (result.has_error()) {
      outcome = ReasonOf(result.error());
    } else if (result.accrue_purchase().replayed()) {
      outcome = "replayed";
    }
    if (!result.accrue_purchase().enrolment().empty()) {
      members_[seen.member] = result.accrue_purchase().member();
    }
    seen.results.push_back(std::move(outcome));
  }
  return absl::OkStatus();
}

absl::Status World::Terminal(const Step& step, Seen& seen) {
  v1::ListSequenceGapsRequest request;
  request.set_program(kProgram);
  request.set_store(step.words.Get("store", "S1"));
  request.set_terminal(step.words.plain[0]);
  v1::ListSequenceGapsResponse response;
  const grpc::Status status =
      Call(server_->stubs.points, &v1::PointsService::Stub::ListSequenceGaps, request, response);
  if (!status.ok()) return absl::InternalError(status.error_message());
  for (const v1::TerminalReport& terminal : response.terminals()) {
    for (const v1::SequenceRange& range : terminal.missing()) {
      seen.listed.push_back(range.first() == range.last()
                                ? absl::StrCat(range.first())
                                : absl::StrCat(range.first(), "-", range.last()));
    }
    seen.skew_minutes = terminal.clock().latest_micros() / kMicrosPerMinute;
    seen.skew_rows = terminal.clock().rows();
  }
  return absl::OkStatus();
}

absl::Status World::Reconcile(const Step& step, Seen& seen) {
  v1::ReconcileDayRequest request;
  request.set_program(kProgram);
  request.set_store(step.words.Get("store", "S1"));
  ASSIGN_OR_RETURN(const Date day, Date::Parse(step.words.plain[0]));
  SetDate(day, *request.mutable_business_on());
  for (const Step& inner : step.inner) {
    v1::ReportedReceipt& receipt = *request.add_receipts();
    receipt.set_terminal(inner.words.Get("terminal", "T1"));
    receipt.set_number(inner.words.plain[0]);
    ASSIGN_OR_RETURN(const std::int64_t amount, Money(inner.words.plain[1]));
    receipt.set_minor_units(amount);
    receipt.set_is_return(inner.words.Get("kind") == "RETURN");
  }
  v1::ReconcileDayResponse response;
  const grpc::Status status =
      Call(server_->stubs.ledger, &v1::LedgerService::Stub::ReconcileDay, request, response);
  if (!status.ok()) return absl::InternalError(status.error_message());
  for (const v1::ReceiptDifference& difference : response.differences()) {
    seen.listed.push_back(absl::StrCat(
        difference.receipt().number(), ":",
        WithoutPrefix(v1::DifferenceKind_Name(difference.kind()), "DIFFERENCE_KIND_")));
  }
  return absl::OkStatus();
}

absl::Status World::Activity(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  ASSIGN_OR_RETURN(const Timestamp at, OccurredAt(step));
  ASSIGN_OR_RETURN(const v1::Channel channel, ChannelOf(step, "APP"));
  v1::AccrueActivityRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  v1::Activity& activity = *request.mutable_activity();
  activity.set_type(step.words.plain[1]);
  SetInstant(at, *activity.mutable_occurred_at());
  activity.set_channel(channel);
  activity.set_store(step.words.Get("store"));
  activity.set_reference(step.words.Get("reference"));
  for (const auto& [key, value] : step.words.named) {
    if (key == "on" || key == "channel" || key == "store" || key == "reference" || key == "as" ||
        key == "id" || key == "by" || key == "role") {
      continue;
    }
    v1::ActivityAttribute& attribute = *activity.add_attributes();
    attribute.set_id(key);
    std::int64_t number = 0;
    if (absl::SimpleAtoi(value, &number)) {
      attribute.set_int_value(number);
    } else if (value == "true" || value == "false") {
      attribute.set_bool_value(value == "true");
    } else {
      attribute.set_string_value(value);
    }
  }
  return Write(server_->stubs.points, &v1::PointsService::Stub::AccrueActivity, request, seen)
      .status();
}

absl::Status World::Return(const Step& step, Seen& seen) {
  ASSIGN_OR_RETURN(const Timestamp at, OccurredAt(step));
  const std::string& label = step.words.plain[0];
  const bool is_early = step.words.plain.size() > 1 && step.words.plain[1] == "early";
  if (is_early && sold_.count(label) == 0) {
    // The receipt that a purchase with receipt=LABEL will have today.
    Step named;
    named.words.named.emplace_back("receipt", label);
    sold_[label] = Sold{NewReceipt(named, at)};
  }
  const auto sold = sold_.find(label);
  if (sold == sold_.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("return: must name a purchase by its label, was ", label));
  }
  v1::ReturnPurchaseRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_receipt() = NewReceipt(step, at);
  *request.mutable_original() = sold->second.receipt;
  SetInstant(at, *request.mutable_occurred_at());
  if (const std::string* member = step.words.Find("member")) {
    Seen other;
    RETURN_IF_ERROR(Meet(*member, other));
    *request.mutable_member() = RefOf(*member);
  }
  ASSIGN_OR_RETURN(const std::int64_t row, cli::ParseAmount(step.words.Get("row", "0"), 0));
  request.set_terminal_sequence(row);
  request.set_offline(step.words.Find("offline") != nullptr);
  request.set_training(step.words.Find("training") != nullptr);
  if (const std::string* number = step.words.Find("line")) {
    v1::ReturnLine& line = *request.add_lines();
    ASSIGN_OR_RETURN(const std::int64_t which, cli::ParseAmount(*number, 0));
    line.set_line(static_cast<std::int32_t>(which));
    const auto all = sold->second.quantities.find(line.line());
    line.set_quantity_micros(all == sold->second.quantities.end() ? 1'000'000 : all->second);
    if (const std::string* quantity = step.words.Find("quantity")) {
      ASSIGN_OR_RETURN(const std::int64_t count, cli::ParseAmount(*quantity, 0));
      line.set_quantity_micros(count * 1'000'000);
    }
    if (const std::string* refund = step.words.Find("refund")) {
      ASSIGN_OR_RETURN(const std::int64_t amount, Money(*refund));
      line.set_refund_minor_units(amount);
    }
  } else {
    request.set_whole(true);
  }
  if (const std::string* as = step.words.Find("as")) sold_[*as] = Sold{request.receipt()};
  ASSIGN_OR_RETURN(
      const v1::ReturnPurchaseResponse response,
      Write(server_->stubs.points, &v1::PointsService::Stub::ReturnPurchase, request, seen));
  NoteMember(response.member(), seen);
  return absl::OkStatus();
}

absl::Status World::Redeem(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  const std::string type = step.words.plain.size() > 2 ? step.words.plain[2] : kMainType;
  v1::RedeemRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  request.mutable_points()->set_point_type(type);
  ASSIGN_OR_RETURN(const std::int64_t amount, Points(step.words.plain[1], type));
  request.mutable_points()->set_amount(amount);
  request.set_reference(step.words.Get("reference"));
  RETURN_IF_ERROR(FillPaid(step, request));
  RETURN_IF_ERROR(
      Write(server_->stubs.redemption, &v1::RedemptionService::Stub::Redeem, request, seen)
          .status());
  if (const std::string* label = step.words.Find("as")) entries_[*label] = seen.entry;
  return absl::OkStatus();
}

absl::Status World::Reverse(const Step& step, Seen& seen) {
  const auto redeemed = entries_.find(step.words.plain[0]);
  if (redeemed == entries_.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("reverse: must name a redemption by its label, was ", step.words.plain[0]));
  }
  v1::ReverseRedemptionRequest request;
  request.set_request_id(RequestId(step));
  request.set_redemption(redeemed->second);
  if (step.words.plain.size() > 1) {
    ASSIGN_OR_RETURN(const std::int64_t amount, Points(step.words.plain[1], kMainType));
    request.set_amount(amount);
  }
  ASSIGN_OR_RETURN(const v1::ReverseRedemptionResponse response,
                   Write(server_->stubs.redemption, &v1::RedemptionService::Stub::ReverseRedemption,
                         request, seen));
  NoteMember(response.member(), seen);
  return absl::OkStatus();
}

absl::Status World::Settle(const Step& step, Seen& seen) {
  v1::SettleAccrualRequest request;
  RETURN_IF_ERROR(FillAccrual(step, request));
  ASSIGN_OR_RETURN(
      const v1::SettleAccrualResponse response,
      Write(server_->stubs.points, &v1::PointsService::Stub::SettleAccrual, request, seen));
  NoteMember(response.member(), seen);
  return absl::OkStatus();
}

absl::Status World::Cancel(const Step& step, Seen& seen) {
  v1::CancelAccrualRequest request;
  RETURN_IF_ERROR(FillAccrual(step, request));
  request.set_reason(step.words.Get("reason", "typed_wrong"));
  ASSIGN_OR_RETURN(
      const v1::CancelAccrualResponse response,
      Write(server_->stubs.points, &v1::PointsService::Stub::CancelAccrual, request, seen));
  NoteMember(response.member(), seen);
  return absl::OkStatus();
}

absl::Status World::Hold(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  const std::string type = step.words.plain.size() > 2 ? step.words.plain[2] : kMainType;
  v1::HoldPointsRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  request.mutable_points()->set_point_type(type);
  ASSIGN_OR_RETURN(const std::int64_t amount, Points(step.words.plain[1], type));
  request.mutable_points()->set_amount(amount);
  if (const std::string* minutes = step.words.Find("minutes")) {
    ASSIGN_OR_RETURN(const std::int64_t count, cli::ParseAmount(*minutes, 0));
    request.mutable_duration()->set_seconds(60 * count);
  }
  ASSIGN_OR_RETURN(
      const v1::HoldPointsResponse response,
      Write(server_->stubs.redemption, &v1::RedemptionService::Stub::HoldPoints, request, seen));
  if (seen.refusal) return absl::OkStatus();
  if (const std::string* label = step.words.Find("as")) holds_[*label] = response.hold().name();
  return absl::OkStatus();
}

absl::Status World::Capture(const Step& step, Seen& seen) {
  v1::CaptureHoldRequest request;
  request.set_request_id(RequestId(step));
  request.set_name(holds_[step.words.plain[0]]);
  for (std::size_t i = 1; i < step.words.plain.size(); ++i) {
    if (step.words.plain[i] == "final") {
      request.set_is_final(true);
      continue;
    }
    ASSIGN_OR_RETURN(const std::int64_t amount, Points(step.words.plain[i], kMainType));
    request.set_amount(amount);
  }
  RETURN_IF_ERROR(FillPaid(step, request));
  ASSIGN_OR_RETURN(
      const v1::CaptureHoldResponse response,
      Write(server_->stubs.redemption, &v1::RedemptionService::Stub::CaptureHold, request, seen));
  if (seen.refusal) return absl::OkStatus();
  NoteMember(response.member(), seen);
  for (const v1::LotMove& move : response.lot_moves()) {
    seen.captured.push_back(SeenMove{move.point_type(), -move.amount()});
  }
  if (const std::string* label = step.words.Find("as")) entries_[*label] = seen.entry;
  return absl::OkStatus();
}

absl::Status World::Void(const Step& step, Seen& seen) {
  v1::VoidHoldRequest request;
  request.set_request_id(RequestId(step));
  request.set_name(holds_[step.words.plain[0]]);
  ASSIGN_OR_RETURN(
      const v1::VoidHoldResponse response,
      Write(server_->stubs.redemption, &v1::RedemptionService::Stub::VoidHold, request, seen));
  NoteMember(response.member(), seen);
  return absl::OkStatus();
}

absl::Status World::Adjust(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  const std::string type = step.words.plain.size() > 2 ? step.words.plain[2] : kMainType;
  absl::string_view amount = step.words.plain[1];
  absl::ConsumePrefix(&amount, "+");
  v1::AdjustPointsRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  request.set_point_type(type);
  ASSIGN_OR_RETURN(const std::int64_t points, Points(std::string(amount), type));
  request.set_amount(points);
  request.set_reason(step.words.Get("reason", "correction"));
  if (principal_.empty()) principal_ = "staff";
  request.set_reference(step.words.Get("reference"));
  request.set_ask(step.words.Find("ask") != nullptr);
  ASSIGN_OR_RETURN(
      const v1::AdjustPointsResponse response,
      Write(server_->stubs.points, &v1::PointsService::Stub::AdjustPoints, request, seen));
  const std::string* label = step.words.Find("as");
  if (label != nullptr && !response.approval().empty()) asked_[*label] = response.approval();
  return absl::OkStatus();
}

template <class Request>
absl::Status World::FillAsked(const Step& step, Request& request) {
  const auto asked = asked_.find(step.words.plain[0]);
  if (asked == asked_.end()) {
    return absl::InvalidArgumentError("an approval: must be named by its label");
  }
  request.set_name(asked->second);
  request.set_request_id(RequestId(step));
  return absl::OkStatus();
}

absl::Status World::ApproveAsked(const Step& step, Seen& seen) {
  v1::ApproveRequest request;
  RETURN_IF_ERROR(FillAsked(step, request));
  ASSIGN_OR_RETURN(const v1::ApproveResponse response,
                   Write(server_->stubs.admin, &v1::AdminService::Stub::Approve, request, seen));
  NoteMember(response.member(), seen);
  return absl::OkStatus();
}

absl::Status World::DeclineAsked(const Step& step, Seen& seen) {
  v1::DeclineRequest request;
  RETURN_IF_ERROR(FillAsked(step, request));
  ASSIGN_OR_RETURN(const v1::DeclineResponse response,
                   Write(server_->stubs.admin, &v1::AdminService::Stub::Decline, request, seen));
  NoteMember(response.approval().member(), seen);
  return absl::OkStatus();
}

absl::Status World::Approvals(const Step&, Seen& seen) {
  v1::ListApprovalsRequest request;
  request.set_program(kProgram);
  v1::ListApprovalsResponse response;
  const grpc::Status status =
      Call(server_->stubs.admin, &v1::AdminService::Stub::ListApprovals, request, response);
  if (!status.ok()) return absl::InternalError(status.error_message());
  for (const v1::Approval& approval : response.approvals()) {
    for (const auto& [label, name] : asked_) {
      if (name == approval.name()) seen.listed.push_back(label);
    }
  }
  return absl::OkStatus();
}

// By hand, while the program says that such points end then.
absl::Status World::PutLot(const Step& step, Seen& seen) {
  const std::string ends = step.words.Get("ends");
  const ProgramText before = program_;
  std::string expiry;
  if (ends != "none") {
    ASSIGN_OR_RETURN(const Date first, Date::Parse(ends));
    const Date last = first.PlusDays(-1);
    const Date today = cli::DateOf(now_, zone_);
    int years = last.year() - today.year();
    if (today.PlusMonths(12 * years) > last) --years;
    if (years < 0) return absl::InvalidArgumentError("lot: must end in the future");
    expiry = absl::StrCat("[{policy: FIXED_DATE, on: \"", ToString(last).substr(5),
                          "\", after: ", years, " years}]");
  }
  RETURN_IF_ERROR(program_.Change(absl::StrCat("point_types.points.expiry: ", expiry)));
  RETURN_IF_ERROR(Publish());
  Step adjust;
  adjust.words.plain = step.words.plain;
  RETURN_IF_ERROR(Adjust(adjust, seen));
  program_ = before;
  return Publish();
}

absl::Status World::Extend(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  v1::GetBalanceRequest whose;
  whose.set_program(kProgram);
  *whose.mutable_member() = RefOf(seen.member);
  whose.set_show_lots(true);
  v1::GetBalanceResponse found;
  const grpc::Status status =
      Call(server_->stubs.points, &v1::PointsService::Stub::GetBalance, whose, found);
  if (!status.ok()) return absl::InternalError(status.error_message());
  v1::ExtendLotsRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  for (std::size_t i = 1; i < step.words.plain.size(); ++i) {
    for (const v1::Lot& lot : found.lots()) {
      const std::string ends = lot.has_expires_at() ? EndText(lot.expires_at(), zone_) : "none";
      const std::string amount = cli::RenderAmount(lot.remaining(), DecimalsOf(lot.point_type()));
      if (absl::StrCat(amount, "@", ends) == step.words.plain[i]) request.add_lots(lot.name());
    }
  }
  ASSIGN_OR_RETURN(const Date ends, Date::Parse(step.words.Get("ends")));
  SetInstant(cli::InstantOf(ends, 0, zone_), *request.mutable_expires_at());
  request.set_reason(step.words.Get("reason", "shop_closed"));
  if (principal_.empty()) principal_ = "staff";
  return Write(server_->stubs.points, &v1::PointsService::Stub::ExtendLots, request, seen).status();
}

absl::Status World::Expiring(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  ASSIGN_OR_RETURN(const Date until, Date::Parse(step.words.Get("until")));
  v1::ListExpiringRequest request;
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  request.set_horizon_days(
      static_cast<std::int32_t>(until.days() - cli::DateOf(now_, zone_).days()));
  v1::ListExpiringResponse response;
  const grpc::Status status =
      Call(server_->stubs.points, &v1::PointsService::Stub::ListExpiring, request, response);
  if (!status.ok()) return absl::InternalError(status.error_message());
  for (const v1::EndingPoints& ending : response.endings()) {
    seen.listed.push_back(
        absl::StrCat(cli::RenderAmount(ending.available(), DecimalsOf(ending.point_type())), "@",
                     EndText(ending.expires_at(), zone_)));
  }
  return absl::OkStatus();
}

absl::Status World::Reinstate(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  v1::ListEntriesRequest list;
  list.set_program(kProgram);
  *list.mutable_member() = RefOf(seen.member);
  list.set_page_size(1'000);
  v1::ListEntriesResponse listed;
  const grpc::Status status =
      Call(server_->stubs.points, &v1::PointsService::Stub::ListEntries, list, listed);
  if (!status.ok()) return absl::InternalError(status.error_message());
  v1::ReinstatePointsRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  for (const v1::Entry& entry : listed.entries()) {
    if (entry.kind() != v1::ENTRY_KIND_EXPIRE) continue;
    request.set_expiry(entry.name());
    break;
  }
  request.set_point_type(kMainType);
  if (step.words.plain.size() > 1) {
    ASSIGN_OR_RETURN(const std::int64_t points, Points(step.words.plain[1], kMainType));
    request.set_amount(points);
  }
  ASSIGN_OR_RETURN(const Date ends, Date::Parse(step.words.Get("ends")));
  SetInstant(cli::InstantOf(ends, 0, zone_), *request.mutable_expires_at());
  request.set_reason(step.words.Get("reason", "was_ill"));
  if (principal_.empty()) principal_ = "staff";
  return Write(server_->stubs.points, &v1::PointsService::Stub::ReinstatePoints, request, seen)
      .status();
}

absl::Status World::Floor(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  v1::SetTierFloorRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  if (step.words.plain.size() > 1) request.set_tier(step.words.plain[1]);
  if (const std::string* until = step.words.Find("until")) {
    ASSIGN_OR_RETURN(const Timestamp at, InstantOf(*until, zone_));
    SetInstant(at, *request.mutable_until());
  }
  if (principal_.empty()) principal_ = "staff";
  return Write(server_->stubs.tier, &v1::TierService::Stub::SetTierFloor, request, seen).status();
}

absl::Status World::Match(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  v1::MatchTierRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  request.set_tier(step.words.plain[1]);
  if (principal_.empty()) principal_ = "staff";
  return Write(server_->stubs.tier, &v1::TierService::Stub::MatchTier, request, seen).status();
}

absl::Status World::Transfer(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  const std::string type = step.words.plain.size() > 3 ? step.words.plain[3] : kMainType;
  v1::TransferPointsRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_from() = RefOf(seen.member);
  *request.mutable_to() = RefOf(step.words.plain[1]);
  request.mutable_points()->set_point_type(type);
  ASSIGN_OR_RETURN(const std::int64_t amount, Points(step.words.plain[2], type));
  request.mutable_points()->set_amount(amount);
  request.set_reference(step.words.Get("reference"));
  return Write(server_->stubs.points, &v1::PointsService::Stub::TransferPoints, request, seen)
      .status();
}

absl::Status World::Merge(const Step& step, Seen& seen) {
  v1::MergeMembersRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_merged() = NameOf(step.words.plain[0]);
  *request.mutable_survivor() = NameOf(step.words.plain[1]);
  request.set_reason("same_person");
  if (principal_.empty()) principal_ = "staff";
  seen.member = step.words.plain[1];
  return Write(server_->stubs.member, &v1::MemberService::Stub::MergeMembers, request, seen)
      .status();
}

absl::Status World::Unmerge(const Step& step, Seen& seen) {
  v1::UnmergeMembersRequest request;
  request.set_request_id(RequestId(step));
  request.set_merged(members_[step.words.plain[0]]);
  request.set_reason("not_the_same");
  if (principal_.empty()) principal_ = "staff";
  seen.member = step.words.plain[0];
  return Write(server_->stubs.member, &v1::MemberService::Stub::UnmergeMembers, request, seen)
      .status();
}

absl::Status World::MoveIdentity(const Step& step, Seen& seen) {
  v1::MoveIdentityRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  ASSIGN_OR_RETURN(*request.mutable_identity(), IdentityOf(step.words.plain[0]));
  *request.mutable_from() = NameOf(step.words.plain[1]);
  *request.mutable_to() = NameOf(step.words.plain[2]);
  request.set_reason("typed_wrong");
  if (principal_.empty()) principal_ = "staff";
  seen.member = step.words.plain[2];
  return Write(server_->stubs.member, &v1::MemberService::Stub::MoveIdentity, request, seen)
      .status();
}

absl::Status World::Link(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  v1::LinkIdentityRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  ASSIGN_OR_RETURN(*request.mutable_identity(), IdentityOf(step.words.plain[1]));
  return Write(server_->stubs.member, &v1::MemberService::Stub::LinkIdentity, request, seen)
      .status();
}

absl::Status World::Lookup(const Step& step, Seen& seen) {
  v1::LookupMemberRequest request;
  request.set_program(kProgram);
  ASSIGN_OR_RETURN(*request.mutable_identity(), IdentityOf(step.words.plain[0]));
  v1::LookupMemberResponse response;
  const grpc::Status status =
      Call(server_->stubs.member, &v1::MemberService::Stub::LookupMember, request, response);
  if (status.ok()) {
    seen.member = seen.names = CalledBy(response.member().name());
    return absl::OkStatus();
  }
  const Refused refused = laurel::Read(status);
  if (refused.reason.empty()) return absl::InternalError(status.error_message());
  seen.refusal = SeenRefusal{refused.reason, refused.message, refused.facts, refused.fields};
  return absl::OkStatus();
}

absl::Status World::Close(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  v1::CloseMemberRequest request;
  request.set_request_id(RequestId(step));
  request.set_program(kProgram);
  *request.mutable_member() = RefOf(seen.member);
  return Write(server_->stubs.member, &v1::MemberService::Stub::CloseMember, request, seen)
      .status();
}

// What the program would do to the members' tiers; it is not published yet.
absl::Status World::Preview(const Step&, Seen& seen) {
  if (server_ == nullptr) {
    return absl::InvalidArgumentError("preview: must follow what members have done");
  }
  v1::CreateSimulationRequest request;
  request.set_program(kProgram);
  request.mutable_candidate()->set_document(program_.Render());
  v1::CreateSimulationResponse created;
  grpc::Status status = Call(server_->stubs.simulation,
                             &v1::SimulationService::Stub::CreateSimulation, request, created);
  v1::Simulation simulation = created.simulation();
  while (status.ok() && simulation.state() == v1::JOB_STATE_RUNNING) {
    std::this_thread::yield();
    v1::GetSimulationRequest get;
    get.set_name(simulation.name());
    v1::GetSimulationResponse got;
    status = Call(server_->stubs.simulation, &v1::SimulationService::Stub::GetSimulation, get, got);
    simulation = got.simulation();
  }
  if (!status.ok()) return absl::InternalError(status.error_message());
  if (simulation.state() != v1::JOB_STATE_SUCCEEDED) {
    return absl::InternalError(simulation.error().message());
  }
  seen.tiers_moved = simulation.activation().moved();
  seen.tiers_judged = simulation.activation().members();
  return absl::OkStatus();
}

absl::Status World::Due(const Step& step, Seen& seen) {
  RETURN_IF_ERROR(Meet(step.words.plain[0], seen));
  const std::optional<NamedMember> named = ParseMemberName(members_[seen.member]);
  const ProgramId program = named->program;
  Engine& engine = server_->ledger().engine();
  while (IsDue(engine.Read().state(), named->member, engine.Now(), std::nullopt,
               *engine.rulebooks())) {
    const absl::StatusOr<Reply> reply = engine.Execute(
        Command{program, laurel::RequestId(), "", AdvanceMember{named->member, std::nullopt}});
    if (!reply.ok()) return reply.status();
  }
  return absl::OkStatus();
}

absl::Status World::Restart(const Step&, Seen&) {
  server_->Restart();
  return absl::OkStatus();
}

absl::Status World::Again(const Step&, Seen& seen) {
  if (again_ == nullptr) return absl::InvalidArgumentError("again: must follow a write");
  return again_(seen);
}

absl::Status World::Read(const Step& step, Seen& seen) { return Meet(step.words.plain[0], seen); }

// ---- reads

absl::StatusOr<SeenMember> World::ReadMember(const std::string& name) {
  v1::GetBalanceRequest request;
  request.set_program(kProgram);
  request.mutable_member()->set_name(name);
  request.set_show_lots(true);
  v1::GetBalanceResponse response;
  grpc::Status status =
      Call(server_->stubs.points, &v1::PointsService::Stub::GetBalance, request, response);
  if (!status.ok()) return absl::InternalError(status.error_message());
  SeenMember member;
  for (const v1::Balance& balance : response.balances()) {
    member.balances[balance.point_type()] = BalanceOf(balance);
  }
  for (const v1::Lot& lot : response.lots()) {
    member.lots.push_back(
        SeenLot{lot.point_type(), lot.remaining(),
                lot.has_expires_at() ? EndText(lot.expires_at(), zone_) : "none"});
  }
  v1::ListEntriesRequest list;
  list.set_program(kProgram);
  list.mutable_member()->set_name(name);
  list.set_page_size(1'000);
  v1::ListEntriesResponse listed;
  status = Call(server_->stubs.points, &v1::PointsService::Stub::ListEntries, list, listed);
  if (!status.ok()) return absl::InternalError(status.error_message());
  for (const v1::Entry& entry : listed.entries()) {
    member.entries += entry.postings_size() > 0 ? 1 : 0;
    if (entry.kind() != v1::ENTRY_KIND_EXPIRE) continue;
    std::int64_t ended = 0;
    for (const v1::LotMove& move : entry.lot_moves()) ended -= move.amount();
    const google::type::Date& on = entry.effective_on();
    member.expiries.insert(
        member.expiries.begin(),
        absl::StrCat(cli::RenderAmount(ended, DecimalsOf(kMainType)), "@",
                     ToString(Date::FromCivil(on.year(), on.month(), on.day()).value_or(Date()))));
  }
  v1::GetMemberRequest named;
  named.set_name(name);
  v1::GetMemberResponse found;
  status = Call(server_->stubs.member, &v1::MemberService::Stub::GetMember, named, found);
  if (!status.ok()) return absl::InternalError(status.error_message());
  member.tier = found.tier().tier();
  member.leads_to = CalledBy(found.member().name());
  RETURN_IF_ERROR(ReadTier(name, member));
  return member;
}

absl::Status World::ReadTier(const std::string& name, SeenMember& member) {
  v1::GetTierRequest get;
  get.set_program(kProgram);
  get.mutable_member()->set_name(name);
  v1::GetTierResponse got;
  grpc::Status status = Call(server_->stubs.tier, &v1::TierService::Stub::GetTier, get, got);
  if (!status.ok()) return absl::InternalError(status.error_message());
  if (got.tier().has_last_valid_on()) member.tier_through = DayText(got.tier().last_valid_on());
  for (const v1::TierCondition& condition : got.progress().conditions()) {
    member.tier_missing = std::max(member.tier_missing, condition.missing());
  }
  for (const v1::TierCondition& condition : got.retention().conditions()) {
    member.tier_kept_missing = std::max(member.tier_kept_missing, condition.missing());
  }
  v1::ListTierChangesRequest list;
  list.set_program(kProgram);
  list.mutable_member()->set_name(name);
  v1::ListTierChangesResponse listed;
  status = Call(server_->stubs.tier, &v1::TierService::Stub::ListTierChanges, list, listed);
  if (!status.ok()) return absl::InternalError(status.error_message());
  for (const v1::TierChange& change : listed.tier_changes()) {
    std::string text =
        absl::StrCat(WithoutPrefix(v1::TierChangeCause_Name(change.cause()), "TIER_CHANGE_CAUSE_"),
                     " ", change.from_tier(), " ", change.to_tier());
    if (change.has_worn_through_on()) {
      absl::StrAppend(&text, " worn=", DayText(change.worn_through_on()));
    }
    if (!change.revision().empty()) {
      absl::StrAppend(&text,
                      " revision=", change.revision().substr(change.revision().rfind('/') + 1));
    }
    member.tier_changes.push_back(std::move(text));
  }
  return absl::OkStatus();
}

absl::Status World::ReadMembers(Seen& seen) {
  for (const auto& [letter, name] : members_) {
    ASSIGN_OR_RETURN(seen.members[letter], ReadMember(name));
  }
  return absl::OkStatus();
}

absl::Status World::ReadEntry(Seen& seen) {
  v1::GetEntryRequest get;
  get.set_name(seen.entry);
  v1::GetEntryResponse got;
  grpc::Status status = Call(server_->stubs.points, &v1::PointsService::Stub::GetEntry, get, got);
  if (!status.ok()) return absl::InternalError(status.error_message());
  for (const v1::LotMove& move : got.entry().lot_moves()) {
    seen.moves.push_back(SeenMove{move.point_type(), move.amount()});
  }
  v1::ExplainEntryRequest request;
  request.set_name(seen.entry);
  v1::ExplainEntryResponse explained;
  status = Call(server_->stubs.points, &v1::PointsService::Stub::ExplainEntry, request, explained);
  if (!status.ok()) return absl::InternalError(status.error_message());
  seen.explanation = explained.text();
  for (const v1::ExplainedLine& line : explained.lines()) {
    for (const v1::ExplainedCut& cut : line.cuts()) {
      seen.cuts.push_back(SeenCut{line.rule(), cut.limit(), cut.amount()});
    }
  }
  for (const v1::ExplainedMiss& miss : explained.not_applied()) {
    seen.missed.push_back(SeenMiss{
        miss.rule(), miss.point_type(),
        WithoutPrefix(v1::RuleOutcome_Name(miss.outcome()), "RULE_OUTCOME_"), miss.worth()});
  }
  return absl::OkStatus();
}

// ---- what must hold after every row

std::string World::SumsOfPostings(std::uint64_t sequence) {
  v1::GetEntryRequest request;
  request.set_name(absl::StrCat(kProgram, "/entries/0-", sequence));
  v1::GetEntryResponse response;
  const grpc::Status status =
      Call(server_->stubs.points, &v1::PointsService::Stub::GetEntry, request, response);
  if (!status.ok()) return status.error_message();
  std::map<std::string, std::int64_t> sums;
  for (const v1::Posting& posting : response.entry().postings()) {
    sums[posting.point_type()] += posting.credit() - posting.debit();
  }
  for (const auto& [type, sum] : sums) {
    if (sum != 0) return absl::StrCat("postings of ", type, " sum to ", sum);
  }
  return "";
}

std::vector<std::string> World::Broken() {
  std::vector<std::string> broken;
  if (server_ == nullptr) return {"nothing is done"};
  for (std::uint64_t sequence = 1; sequence <= server_->sequence(); ++sequence) {
    const std::string wrong = SumsOfPostings(sequence);
    if (!wrong.empty()) broken.push_back(absl::StrCat("entry ", sequence, ": ", wrong));
  }
  for (const auto& [letter, name] : members_) {
    const absl::StatusOr<SeenMember> member = ReadMember(name);
    if (!member.ok()) {
      broken.push_back(std::string(member.status().message()));
      continue;
    }
    std::map<std::string, std::int64_t> open;
    for (const SeenLot& lot : member->lots) open[lot.type] += lot.remaining;
    for (const auto& [type, balance] : member->balances) {
      const std::int64_t arrears = balance.available < 0 ? -balance.available : 0;
      if (balance.available + balance.pending + balance.held == open[type] - arrears) continue;
      broken.push_back(absl::StrCat(letter, ": the balance of ", type, " is not its open lots"));
    }
  }
  const std::string verified = server_->ledger().Verify();
  if (!verified.empty()) broken.push_back(absl::StrCat("verification: ", verified));
  const std::string different = ExplainAll(server_->ledger().engine()).difference;
  if (!different.empty()) broken.push_back(absl::StrCat("decided once more: ", different));
  return broken;
}

}  // namespace

const Grammar& TheGrammar() {
  static const auto* const grammar = [] {
    auto* const made = new Grammar;
    for (const Verb& verb : Verbs()) made->verbs.push_back(verb.form);
    made->inner = InnerForms();
    made->clauses = ClauseForms();
    return made;
  }();
  return *grammar;
}

std::string Play(const Row& row, const Run& run, Playing playing) {
  std::string text;
  const auto say = [&](int line, absl::string_view step, absl::string_view message) {
    absl::StrAppend(&text, row.file, ":", line, ": ", row.id, " ",
                    run.name.empty() ? "" : absl::StrCat("(", run.name, ") "), step, "\n  ",
                    message, "\n");
  };
  World world(playing);
  for (const Step& step : run.steps) {
    const absl::StatusOr<Seen> seen = world.Do(step);
    if (!seen.ok()) {
      say(step.line, step.text, seen.status().message());
      return text;
    }
    const std::vector<std::string> differences = Differences(step, *seen, world.decimals());
    for (const std::string& difference : differences) say(step.line, step.text, difference);
    if (!differences.empty() && !seen->explanation.empty()) {
      absl::StrAppend(&text, seen->explanation);
    }
  }
  for (const std::string& broken : world.Broken()) say(row.line, "afterwards", broken);
  return text;
}

}  // namespace laurel::scenarios
