#include <algorithm>
#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/engine/domain/scene.h"

// The guards of every command, in their order of precedence: a command with one wrong and all the
// later ones is refused for the earlier one. The tables are the specification.
namespace laurel {
namespace {

constexpr std::int64_t kAdjustLimit = 1'000;  // a person and day
constexpr std::int64_t kApprovalLimit = 5'000;
constexpr std::int64_t kTransferLimit = 500;  // a member and month

Engine::Options WithAdjustLimit() {
  Engine::Options options = TestLedger::DefaultOptions();
  options.transfers.a_month = kTransferLimit;
  options.adjust_limits.others.a_day = kAdjustLimit;
  options.approval_limits.others.a_day = kApprovalLimit;
  return options;
}

// What every table finds in the ledger.
struct Stage {
  Scene scene{WithAdjustLimit()};
  MemberId ana;                  // active, 100 points
  MemberId bob;                  // closed
  MemberId cleo;                 // suspended, 100 points
  ReceiptKey sale;               // ana's, of 100.00
  ReceiptKey gone;               // ana's, returned whole
  ReceiptKey returned;           // the return's receipt
  std::uint64_t redemption = 0;  // ana's, of 10
  std::uint64_t reversed = 0;    // ana's, reversed whole
  ReceiptKey waiting;            // ana's, with 2,000 pending points that wait for a person
  HoldKey held;                  // ana's, of 5
  HoldKey captured;              // ana's, of 5, all of it
  HoldKey lapsed;                // ana's
  MemberId dora;                 // active, has the phone of number 40; finn was merged into her
  MemberId finn;                 // merged, and gwen later
  MemberId gwen;
  ReceiptKey kept;             // a guest's
  ReceiptKey late;             // likewise, of long ago
  std::uint64_t asked = 0;     // for cleo, by eve
  std::uint64_t declined = 0;  // likewise, and it was declined
  std::uint64_t for_bob = 0;   // by eve: to give him points, before he was closed
  LotId open;                  // ana's, of the sale
  LotId big;                   // dora's, of 1,200
  MemberId hugo;               // active; 50 points have ended
  std::uint64_t expiry = 0;    // of these

  Stage() {
    scene.Activate(
        With(HarbourDocument(),
             {{"symbol: PTS", "symbol: PTS, settlement: {policy: IMMEDIATE, hold_above: 1500}"}}));
    late = ReceiptNo(701);
    KeepReceipt old = Keeping(late);
    old.sale.occurred_at = scene.clock.Now().PlusMicros(-29 * kMicrosPerDay);
    scene.Do(old);
    scene.clock.Advance(2 * kMicrosPerDay);
    Expire();
    ana = scene.Enroll(1);
    bob = scene.Enroll(2);
    cleo = scene.Enroll(3);
    Reserve();
    open = scene.Buy(ana, 12'000)->FindEvent<PointsAwarded>()->lot;
    sale = scene.receipt();
    scene.Buy(ana, 5'000);
    gone = scene.receipt();
    scene.Buy(cleo, 10'000);
    const ReturnPurchase back = scene.Returning(gone);
    returned = back.receipt;
    scene.Do(back);
    redemption = scene.Spend(ana, 10)->sequence;
    reversed = scene.Spend(ana, 10)->sequence;
    scene.Do(ReverseRedemption{reversed, std::nullopt});
    scene.Buy(ana, 200'000);
    waiting = scene.receipt();
    Ask();
    scene.Do(CloseMember{bob});
    scene.Do(SuspendMember{cleo});
    dora = scene.Enroll(4);
    finn = scene.Enroll(5);
    gwen = scene.Enroll(6);
    scene.Do(LinkIdentity{dora, {IdentityKind::kPhone, IdentityNo(40)}});
    scene.Do(LinkIdentity{dora, {IdentityKind::kStaff, IdentityNo(41)}});
    scene.Do(MergeMembers{finn, dora, ReasonCode::Of("same_person")});
    scene.Do(MergeMembers{gwen, dora, ReasonCode::Of("same_person")});
    kept = ReceiptNo(700);
    scene.Do(Keeping(kept));
    big = scene.Buy(dora, 120'000)->FindEvent<PointsAwarded>()->lot;
  }
  void Expire() {
    const Timestamp now = scene.clock.Now();
    ImportMember import;
    import.lots = {
        { PointsType(),
          50,
          now.PlusMicros(-1),
          std::nullopt,
          now.PlusMicros(kMicrosPerSecond) }};
    hugo = *scene.Do(import)->member;
    scene.clock.Advance(2 * kMicrosPerSecond);
    const absl::StatusOr<Reply> reply = scene.engine().Execute(
        Command{TheProgram(), RequestId(), "", AdvanceMember{hugo, std::nullopt}});
    EXPECT_TRUE(reply.ok());
    expiry = scene.Entries(hugo, EntryKind::kExpire).front()->sequence;
  }
  // Holds of 10 points that ana gets for it: what follows finds as many as before.
  void Reserve() {
    scene.Do(AdjustPoints{ana, PointsType(), 10, ReasonCode::Of("goodwill"), ""});
    const auto hold = [&](std::int64_t lasts_micros) {
      return HoldKey{ana, scene.Do(HoldPoints{ana, PointsType(), 5, lasts_micros})->sequence};
    };
    lapsed = hold(kHoldMicrosMin);
    scene.clock.Advance(2 * kHoldMicrosMin);
    captured = hold(kMicrosPerDay);
    scene.Do(CaptureHold{captured, std::nullopt});
    held = hold(kMicrosPerDay);
  }
  // More than eve may give.
  void Ask() {
    scene.principal = "eve";
    const auto ask = [&](MemberId member) {
      AdjustPoints order{member, PointsType(), kAdjustLimit + 1, ReasonCode::Of("goodwill"), ""};
      order.asks = true;
      return scene.Do(order)->sequence;
    };
    asked = ask(cleo);
    declined = ask(cleo);
    for_bob = ask(bob);
    scene.principal = "fay";
    scene.Do(Decline{declined});
    scene.principal = "test";
  }
  ReceiptKey fresh() const { return ReceiptNo(500); }
  KeepReceipt Keeping(const ReceiptKey& receipt) const {
    KeepReceipt order{scene.Sale(MemberId(), 1, 6'000)};
    order.sale.receipt = receipt;
    return order;
  }
};

struct Guard {
  const char* wrong;
  Rejection reason;
  std::function<void(const Stage&, Command&)> make_wrong;
};
struct Table {
  const char* command;
  std::function<Order(const Stage&)> right;
  std::vector<Guard> guards;
  const char* principal = "test";
};

template <class O>
std::function<void(const Stage&, Command&)> Set(std::function<void(const Stage&, O&)> change) {
  return [change = std::move(change)](const Stage& stage, Command& command) {
    change(stage, std::get<O>(command.order));
  };
}

const Guard kNoProgram{"no such program", Rejection::kResourceNotFound,
                       [](const Stage&, Command& c) { c.program = ProgramId::Of("elsewhere"); }};
const Guard kNobodyAsks{"nobody asks", Rejection::kInvalidField,
                        [](const Stage&, Command& c) { c.principal.clear(); }};
Timestamp Ahead(const Stage& stage) {
  return stage.scene.clock.Now().PlusMicros(1'000 * kMicrosPerDay);
}
template <class O>
Guard NoMember() {
  return {"no such member", Rejection::kMemberNotFound,
          Set<O>([](const Stage&, O& o) { o.member = IdentityNo(99); })};
}
template <class O>
Guard OfBob(Rejection reason = Rejection::kMemberNotActive) {
  return {"the member is closed", reason, Set<O>([](const Stage& s, O& o) { o.member = s.bob; })};
}
template <class O>
Guard OfCleo(Rejection reason) {
  return {"the member is suspended", reason,
          Set<O>([](const Stage& s, O& o) { o.member = s.cleo; })};
}
template <class O>
Guard OfAna(const char* wrong, Rejection reason) {
  return {wrong, reason, Set<O>([](const Stage& s, O& o) { o.member = s.ana; })};
}

CreateRevision RevisionOf(const std::string& document) {
  const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(document);
  return CreateRevision{std::string(compiled.rulebook->canonical()), compiled.rulebook->digest()};
}
CreateRevision OtherRevision() {
  return RevisionOf(With(
      HarbourDocument(),
      {{"name: Harbour",
        "name: Other\nplan: {goal: More visits, target: \"0.40\", check_on: \"2027-06-30\"}"}}));
}
// Revisions 2 to 5 and a paused rule, for what is done to revisions.
void AddRevisions(Stage& stage) {
  stage.scene.Do(OtherRevision());
  stage.scene.Do(RevisionOf(With(HarbourDocument(), {{"name: Harbour", "name: Without a plan"}})));
  stage.scene.Do(RevisionOf(With(HarbourDocument(), {{"name: Harbour", "name: Scheduled"}})));
  stage.scene.Do(RevisionOf(With(HarbourDocument(), {{"symbol: PTS", "symbol: PTX"}})));
  stage.scene.Do(ScheduleRevision{4, stage.scene.clock.Now().PlusMicros(kMicrosPerDay)});
  stage.scene.Do(PauseRule{"base_credit"});
}
template <class O>
Guard NoRevision() {
  return {"no such revision", Rejection::kRevisionNotFound,
          Set<O>([](const Stage&, O& o) { o.number = 9; })};
}

const std::vector<Table>& Tables() {
  static const auto* const tables = new std::vector<Table>{
      {"EnrollMember",
       [](const Stage&) {
         return EnrollMember{{{IdentityKind::kApp, IdentityNo(50)}}, Channel::kApp, {}, {}};
       },
       {kNoProgram,
        {"an identity names another member", Rejection::kIdentityTaken,
         Set<EnrollMember>([](const Stage&, auto& o) {
           o.identities.push_back({IdentityKind::kCard, IdentityNo(1)});
         })}}},
      {"LinkIdentity",
       [](const Stage& s) {
         return LinkIdentity{s.ana, {IdentityKind::kApp, IdentityNo(50)}};
       },
       {kNoProgram,
        NoMember<LinkIdentity>(),
        OfBob<LinkIdentity>(),
        {"it names another member", Rejection::kIdentityTaken,
         Set<LinkIdentity>([](const Stage&, auto& o) {
           o.identity = {IdentityKind::kCard, IdentityNo(2)};
         })},
        {"it is linked already", Rejection::kInvalidState,
         Set<LinkIdentity>([](const Stage&, auto& o) {
           o.identity = {IdentityKind::kCard, IdentityNo(1)};
         })}}},
      {"UnlinkIdentity",
       [](const Stage& s) {
         return UnlinkIdentity{s.ana, {IdentityKind::kCard, IdentityNo(1)}};
       },
       {kNoProgram,
        NoMember<UnlinkIdentity>(),
        {"it names another member", Rejection::kResourceNotFound,
         Set<UnlinkIdentity>([](const Stage&, auto& o) {
           o.identity = {IdentityKind::kCard, IdentityNo(2)};
         })}}},
      {"SuspendMember",
       [](const Stage& s) { return SuspendMember{s.ana}; },
       {kNoProgram, NoMember<SuspendMember>(), OfBob<SuspendMember>(),
        OfCleo<SuspendMember>(Rejection::kInvalidState)}},
      {"ReactivateMember",
       [](const Stage& s) { return ReactivateMember{s.cleo}; },
       {kNoProgram, NoMember<ReactivateMember>(), OfBob<ReactivateMember>(),
        OfAna<ReactivateMember>("the member is active", Rejection::kInvalidState)}},
      {"CloseMember",
       [](const Stage& s) { return CloseMember{s.cleo}; },
       {kNoProgram, NoMember<CloseMember>(), OfBob<CloseMember>()}},
      {"AccruePurchase",
       [](const Stage& s) { return s.scene.Sale(s.cleo, 500, 1'000); },
       {kNoProgram,
        {"another currency", Rejection::kInvalidField,
         Set<AccruePurchase>([](const Stage&, auto& o) { o.currency = "USD"; })},
        {"too long ago", Rejection::kOccurredAtOutOfWindow,
         Set<AccruePurchase>([](const Stage&, auto& o) {
           o.occurred_at = o.occurred_at.PlusMicros(-31 * kMicrosPerDay);
         })},
        NoMember<AccruePurchase>(),
        OfBob<AccruePurchase>(),
        {"the receipt is a return's", Rejection::kReceiptContentDiffers,
         Set<AccruePurchase>([](const Stage& s, auto& o) { o.receipt = s.returned; })},
        {"the receipt is another sale's", Rejection::kReceiptContentDiffers,
         Set<AccruePurchase>([](const Stage& s, auto& o) { o.receipt = s.sale; })},
        {"the amount is beyond every bound", Rejection::kAmountNotAllowed,
         Set<AccruePurchase>([](const Stage&, auto& o) {
           o.lines = {SaleLine(1, kPurchaseTotalMax), SaleLine(2, kPurchaseTotalMax)};
         })}}},
      {"AccruePurchase, once more",  // the whole of the first, under another request id
       [](const Stage& s) { return s.scene.Sale(s.ana, 500, 1'000); },
       {{"the receipt is this sale's", Rejection::kReceiptAlreadyPosted,
         Set<AccruePurchase>([](const Stage& s, auto& o) {
           o.receipt = s.sale;
           o.total = 12'000;
         })}}},
      {"ReturnPurchase",
       [](const Stage& s) {
         return ReturnPurchase{s.fresh(), s.sale, s.scene.clock.Now(), {}};
       },
       {kNoProgram,
        {"it names the receipt of a return", Rejection::kInvalidField,
         Set<ReturnPurchase>([](const Stage& s, auto& o) { o.original = s.returned; })},
        {"it names nobody", Rejection::kMemberNotFound,
         Set<ReturnPurchase>([](const Stage&, auto& o) { o.member = IdentityNo(99); })},
        {"it names another member", Rejection::kInvalidField,
         Set<ReturnPurchase>([](const Stage& s, auto& o) { o.member = s.cleo; })},
        {"its receipt is a sale's", Rejection::kReceiptContentDiffers,
         Set<ReturnPurchase>([](const Stage& s, auto& o) { o.receipt = s.gone; })},
        {"too far ahead", Rejection::kOccurredAtOutOfWindow,
         Set<ReturnPurchase>([](const Stage&, auto& o) {
           o.occurred_at = o.occurred_at.PlusMicros(11 * kMicrosPerMinute);
         })},
        {"more pieces than bought", Rejection::kReturnExceedsPurchase,
         Set<ReturnPurchase>([](const Stage&, auto& o) { o.lines = {Pieces(1, 2)}; })},
        {"more money than paid", Rejection::kReturnExceedsPurchase,
         Set<ReturnPurchase>([](const Stage&, auto& o) { o.lines = {Pieces(1, 1, 12'001)}; })}}},
      {"ReturnPurchase, of nothing left",
       [](const Stage& s) {
         return ReturnPurchase{s.fresh(), s.sale, s.scene.clock.Now(), {}};
       },
       {{"all of it came back before", Rejection::kReturnExceedsPurchase,
         Set<ReturnPurchase>([](const Stage& s, auto& o) { o.original = s.gone; })}}},
      {"ReturnPurchase, before its sale",
       [](const Stage& s) {
         return ReturnPurchase{s.fresh(), ReceiptNo(501), s.scene.clock.Now(), {}};
       },
       {kNoProgram,
        {"it names nobody", Rejection::kMemberNotFound,
         Set<ReturnPurchase>([](const Stage&, auto& o) { o.member = IdentityNo(99); })},
        {"its receipt is a sale's", Rejection::kReceiptContentDiffers,
         Set<ReturnPurchase>([](const Stage& s, auto& o) { o.receipt = s.gone; })},
        {"too far ahead", Rejection::kOccurredAtOutOfWindow,
         Set<ReturnPurchase>([](const Stage&, auto& o) {
           o.occurred_at = o.occurred_at.PlusMicros(11 * kMicrosPerMinute);
         })}}},
      {"ReturnPurchase, once more",
       [](const Stage& s) {
         return ReturnPurchase{s.fresh(), s.sale, s.scene.clock.Now(), {}};
       },
       {{"the receipt is this return's", Rejection::kReceiptAlreadyPosted,
         Set<ReturnPurchase>([](const Stage& s, auto& o) {
           o.receipt = s.returned;
           o.original = s.gone;
         })}}},
      {"AccruePurchase, taking back",
       [](const Stage& s) {
         AccruePurchase order = s.scene.Sale(s.ana, 500, 0);
         order.total = -2'000;
         order.lines = {SaleLine(1, 10'000), SaleLine(2, 12'000)};
         order.lines[1].kind = PurchaseLineKind::kReturn;
         order.lines[1].original = LineOriginal{s.sale, 1};
         return order;
       },
       {kNoProgram,
        NoMember<AccruePurchase>(),
        {"the receipt is another sale's", Rejection::kReceiptContentDiffers,
         Set<AccruePurchase>([](const Stage& s, auto& o) { o.receipt = s.gone; })},
        {"the original is a return", Rejection::kInvalidField,
         Set<AccruePurchase>([](const Stage& s, auto& o) {
           o.lines[1].original->receipt = s.returned;
         })},
        {"the original is of another member", Rejection::kInvalidField,
         Set<AccruePurchase>([](const Stage& s, auto& o) { o.member = s.cleo; })},
        {"more pieces than bought", Rejection::kReturnExceedsPurchase,
         Set<AccruePurchase>([](const Stage&, auto& o) {
           o.lines[1].quantity_micros = 2'000'000;
         })},
        {"no such line", Rejection::kReturnExceedsPurchase,
         Set<AccruePurchase>([](const Stage&, auto& o) { o.lines[1].original->line = 9; })},
        {"points are put in where none are taken", Rejection::kAmountNotAllowed,
         Set<AccruePurchase>([](const Stage&, auto& o) {
           o.pay = PointsOffered{PointsType(), 100};
         })}}},
      {"CorrectReceipt",
       [](const Stage& s) {
         AccruePurchase right = s.scene.Sale(s.ana, 500, 9'000);
         right.receipt = s.sale;
         return CorrectReceipt{right};
       },
       {kNoProgram,
        {"another currency", Rejection::kInvalidField,
         Set<CorrectReceipt>([](const Stage&, auto& o) { o.right.currency = "USD"; })},
        {"too far back", Rejection::kOccurredAtOutOfWindow,
         Set<CorrectReceipt>([](const Stage&, auto& o) {
           o.right.occurred_at = o.right.occurred_at.PlusMicros(-31 * kMicrosPerDay);
         })},
        {"no such member", Rejection::kMemberNotFound,
         Set<CorrectReceipt>([](const Stage&, auto& o) { o.right.member = IdentityNo(99); })},
        {"the member is closed", Rejection::kMemberNotActive,
         Set<CorrectReceipt>([](const Stage& s, auto& o) { o.right.member = s.bob; })},
        {"the receipt is a return's", Rejection::kPurchaseNotFound,
         Set<CorrectReceipt>([](const Stage& s, auto& o) { o.right.receipt = s.returned; })},
        {"no such sale", Rejection::kPurchaseNotFound,
         Set<CorrectReceipt>([](const Stage& s, auto& o) { o.right.receipt = s.fresh(); })},
        {"it is of another member", Rejection::kInvalidField,
         Set<CorrectReceipt>([](const Stage& s, auto& o) { o.right.member = s.cleo; })},
        {"some of it came back", Rejection::kInvalidState,
         Set<CorrectReceipt>([](const Stage& s, auto& o) { o.right.receipt = s.gone; })},
        {"the amount is beyond every bound", Rejection::kAmountNotAllowed,
         Set<CorrectReceipt>([](const Stage&, auto& o) {
           o.right.lines = {SaleLine(1, kPurchaseTotalMax), SaleLine(2, kPurchaseTotalMax)};
         })}}},
      {"Redeem",
       [](const Stage& s) {
         return Redeem{s.ana, PointsType(), 110, ""};
       },
       {kNoProgram,
        NoMember<Redeem>(),
        OfBob<Redeem>(),
        {"a qualifying point type", Rejection::kAmountNotAllowed,
         Set<Redeem>([](const Stage&, auto& o) { o.type = PointTypeId::Of("credit"); })},
        {"more than there is", Rejection::kInsufficientPoints,
         Set<Redeem>([](const Stage&, auto& o) { o.amount = 111; })}}},
      {"Redeem, suspended",
       [](const Stage& s) {
         return Redeem{s.ana, PointsType(), 1, ""};
       },
       {OfCleo<Redeem>(Rejection::kMemberNotActive)}},
      {"ImportMember",
       [](const Stage& s) {
         const Timestamp now = s.scene.clock.Now();
         const auto before = [&](int days) { return now.PlusMicros(-days * kMicrosPerDay); };
         const auto after = [&](int days) { return now.PlusMicros(days * kMicrosPerDay); };
         return ImportMember{
             .identities = {IdentityLink{IdentityKind::kCard, IdentityNo(90)}},
             .enrolled_at = before(400),
             .lots = {{PointsType(), 10, before(30), after(1), after(2)}},
             .history = {{Date::FromDays(20'000), 5'000, 2}},
             .tier = ImportMember::OpeningTier{"SILVER", before(20),
                                               *ParseTimestamp("2040-01-01T00:00:00+01:00")}};
       },
       {kNoProgram,
        {"nobody is named", Rejection::kInvalidField,
         [](const Stage&, Command& c) { c.principal = ""; }},
        {"an identity of another member", Rejection::kIdentityTaken,
         Set<ImportMember>([](const Stage&, auto& o) { o.identities[0].hash = IdentityNo(1); })},
        {"enrolled in the future", Rejection::kInvalidField,
         Set<ImportMember>([](const Stage& s, auto& o) {
           o.enrolled_at = s.scene.clock.Now().PlusMicros(kMicrosPerDay);
         })},
        {"no such point type", Rejection::kResourceNotFound,
         Set<ImportMember>([](const Stage&, auto& o) {
           o.lots[0].type = PointTypeId::Of("pebbles");
         })},
        {"awarded in the future", Rejection::kInvalidField,
         Set<ImportMember>([](const Stage& s, auto& o) {
           o.lots[0].awarded_at = s.scene.clock.Now().PlusMicros(kMicrosPerDay);
         })},
        {"pending until a time that is past", Rejection::kInvalidField,
         Set<ImportMember>([](const Stage&, auto& o) {
           o.lots[0].activates_at = o.lots[0].awarded_at;
         })},
        {"ends before it begins", Rejection::kInvalidField,
         Set<ImportMember>([](const Stage& s, auto& o) {
           o.lots[0].activates_at = s.scene.clock.Now().PlusMicros(kMicrosPerDay);
           o.lots[0].expires_at = *o.lots[0].activates_at;
         })},
        {"more than a balance can be", Rejection::kAmountNotAllowed,
         Set<ImportMember>([](const Stage&, auto& o) {
           o.lots.push_back(o.lots[0]);
           o.lots[1].amount = kAmountMax;
         })},
        {"a day that has not come", Rejection::kInvalidField,
         Set<ImportMember>([](const Stage&, auto& o) { o.history[0].on = Date::FromDays(40'000); })},
        {"no such tier", Rejection::kResourceNotFound,
         Set<ImportMember>([](const Stage&, auto& o) { o.tier->tier = "TIN"; })},
        {"a tier since the future", Rejection::kInvalidField,
         Set<ImportMember>([](const Stage& s, auto& o) {
           o.tier->since = s.scene.clock.Now().PlusMicros(kMicrosPerDay);
         })},
        {"a review that is past", Rejection::kInvalidField,
         Set<ImportMember>([](const Stage& s, auto& o) {
           o.tier->review_at = s.scene.clock.Now().PlusMicros(-kMicrosPerDay);
         })},
        {"a term that ends within a day", Rejection::kInvalidField,
         Set<ImportMember>([](const Stage&, auto& o) {
           o.tier->review_at = *ParseTimestamp("2040-01-01T00:00:00Z");
         })}}},
      {"ImportMember, of the base tier",
       [](const Stage& s) {
         return ImportMember{
             .tier = ImportMember::OpeningTier{"MEMBER", s.scene.clock.Now(), std::nullopt}};
       },
       {{"with a review", Rejection::kInvalidField,
         Set<ImportMember>([](const Stage& s, auto& o) {
           o.tier->review_at = s.scene.clock.Now().PlusMicros(kMicrosPerDay);
         })}}},
      {"AdjustPoints, giving",
       [](const Stage& s) {
         return AdjustPoints{s.ana, PointsType(), 10, ReasonCode::Of("goodwill"), "case 7",
                             IdentityNo(3)};
       },
       {kNoProgram,
        {"nobody is named", Rejection::kInvalidField,
         [](const Stage&, Command& c) { c.principal = ""; }},
        {"a reason of the ledger's own", Rejection::kInvalidField,
         Set<AdjustPoints>([](const Stage&, auto& o) {
           o.reason = ReasonCode::Of("clawback_shortfall");
         })},
        NoMember<AdjustPoints>(),
        {"the own membership", Rejection::kSelfDealingForbidden,
         Set<AdjustPoints>([](const Stage& s, auto& o) {
           o.member = s.bob;
           o.own = IdentityNo(2);
         })},
        {"the member is closed", Rejection::kMemberNotActive,
         Set<AdjustPoints>([](const Stage& s, auto& o) { o.member = s.bob; })},
        {"a qualifying point type", Rejection::kAmountNotAllowed,
         Set<AdjustPoints>([](const Stage&, auto& o) { o.type = PointTypeId::Of("credit"); })},
        {"more than a person's limit", Rejection::kLimitReached,
         Set<AdjustPoints>([](const Stage&, auto& o) { o.amount = kAdjustLimit + 1; })}}},
      {"ExtendLots",
       [](const Stage& s) {
         return ExtendLots{s.ana, {s.open}, Ahead(s), ReasonCode::Of("shop_closed"), "",
                           IdentityNo(3)};
       },
       {kNoProgram,
        kNobodyAsks,
        {"an end that is past", Rejection::kInvalidField,
         Set<ExtendLots>([](const Stage& s, auto& o) { o.expires_at = s.scene.clock.Now(); })},
        NoMember<ExtendLots>(),
        {"the own membership", Rejection::kSelfDealingForbidden,
         Set<ExtendLots>([](const Stage& s, auto& o) {
           o.member = s.bob;
           o.own = IdentityNo(2);
         })},
        OfBob<ExtendLots>(),
        {"no such lot", Rejection::kResourceNotFound,
         Set<ExtendLots>([](const Stage&, auto& o) { o.lots = {LotId{1, 1}}; })},
        {"not later", Rejection::kInvalidField,
         Set<ExtendLots>([](const Stage& s, auto& o) {
           o.expires_at = s.scene.clock.Now().PlusMicros(kMicrosPerDay);
         })},
        {"more than a person's limit", Rejection::kLimitReached,
         Set<ExtendLots>([](const Stage& s, auto& o) {
           o.member = s.dora;
           o.lots = {s.big};
         })}}},
      {"ReinstatePoints",
       [](const Stage& s) {
         return ReinstatePoints{s.hugo,   s.expiry, PointsType(),
                                std::nullopt, Ahead(s), ReasonCode::Of("was_ill"),
                                "",       IdentityNo(3)};
       },
       {kNoProgram,
        kNobodyAsks,
        {"an end that is past", Rejection::kInvalidField,
         Set<ReinstatePoints>([](const Stage& s, auto& o) { o.expires_at = s.scene.clock.Now(); })},
        NoMember<ReinstatePoints>(),
        {"the own membership", Rejection::kSelfDealingForbidden,
         Set<ReinstatePoints>([](const Stage& s, auto& o) {
           o.member = s.bob;
           o.own = IdentityNo(2);
         })},
        OfBob<ReinstatePoints>(),
        {"a qualifying point type", Rejection::kAmountNotAllowed,
         Set<ReinstatePoints>([](const Stage&, auto& o) { o.type = PointTypeId::Of("credit"); })},
        {"nothing ended there", Rejection::kEntryNotFound,
         Set<ReinstatePoints>([](const Stage& s, auto& o) { o.expiry = s.redemption; })},
        {"more than ended", Rejection::kAmountNotAllowed,
         Set<ReinstatePoints>([](const Stage&, auto& o) { o.amount = kAmountMax; })}}},
      {"AdjustPoints, taking",
       [](const Stage& s) {
         return AdjustPoints{s.cleo, PointsType(), -100, ReasonCode::Of("correction"), ""};
       },
       {{"more than a person's limit", Rejection::kLimitReached,
         Set<AdjustPoints>([](const Stage&, auto& o) { o.amount = -kAdjustLimit - 1; })},
        {"more than there is", Rejection::kInsufficientPoints,
         Set<AdjustPoints>([](const Stage&, auto& o) { o.amount = -101; })}}},
      {"AdjustPoints, asking",
       [](const Stage& s) {
         AdjustPoints order{s.cleo, PointsType(), kApprovalLimit, ReasonCode::Of("goodwill"), ""};
         order.asks = true;
         return order;
       },
       {{"more than anybody may approve of", Rejection::kLimitReached,
         Set<AdjustPoints>([](const Stage&, auto& o) { o.amount = kApprovalLimit + 1; })},
        {"more than there is", Rejection::kInsufficientPoints,
         Set<AdjustPoints>([](const Stage&, auto& o) { o.amount = -kAdjustLimit - 1; })}}},
      {"Approve",
       [](const Stage& s) {
         return Approve{s.asked, IdentityNo(1)};
       },
       {kNoProgram,
        {"nobody is named", Rejection::kInvalidField,
         [](const Stage&, Command& c) { c.principal = ""; }},
        {"nobody has asked", Rejection::kResourceNotFound,
         Set<Approve>([](const Stage& s, auto& o) { o.asked = s.redemption; })},
        {"who asked", Rejection::kSelfApprovalForbidden,
         [](const Stage&, Command& c) { c.principal = "eve"; }},
        {"it was declined", Rejection::kInvalidState,
         Set<Approve>([](const Stage& s, auto& o) { o.asked = s.declined; })},
        {"the own membership", Rejection::kSelfDealingForbidden,
         Set<Approve>([](const Stage& s, auto& o) {
           o.asked = s.for_bob;
           o.own = IdentityNo(2);
         })},
        {"the member is closed", Rejection::kMemberNotActive,
         Set<Approve>([](const Stage& s, auto& o) { o.asked = s.for_bob; })}}},
      {"Decline",
       [](const Stage& s) { return Decline{s.asked}; },
       {kNoProgram,
        {"nobody is named", Rejection::kInvalidField,
         [](const Stage&, Command& c) { c.principal = ""; }},
        {"nobody has asked", Rejection::kResourceNotFound,
         Set<Decline>([](const Stage& s, auto& o) { o.asked = s.redemption; })},
        {"who asked", Rejection::kSelfApprovalForbidden,
         [](const Stage&, Command& c) { c.principal = "eve"; }},
        {"it was declined", Rejection::kInvalidState,
         Set<Decline>([](const Stage& s, auto& o) { o.asked = s.declined; })}}},
      {"SettleAccrual",
       [](const Stage& s) {
         return SettleAccrual{s.waiting, {}, IdentityNo(2)};
       },
       {kNoProgram,
        {"no such purchase", Rejection::kPurchaseNotFound,
         Set<SettleAccrual>([](const Stage& s, auto& o) { o.accrual = s.fresh(); })},
        {"the receipt is a return's", Rejection::kPurchaseNotFound,
         Set<SettleAccrual>([](const Stage& s, auto& o) { o.accrual = s.returned; })},
        {"the entry accrues nothing", Rejection::kEntryNotFound,
         Set<SettleAccrual>([](const Stage& s, auto& o) { o.accrual = s.redemption; })},
        {"no such line", Rejection::kInvalidField,
         Set<SettleAccrual>([](const Stage&, auto& o) { o.lines = {1, 9}; })},
        {"nothing is pending", Rejection::kInvalidState,
         Set<SettleAccrual>([](const Stage& s, auto& o) { o.accrual = s.sale; })},
        {"nobody is named", Rejection::kInvalidField,
         [](const Stage&, Command& c) { c.principal = ""; }},
        {"the own membership", Rejection::kSelfDealingForbidden,
         Set<SettleAccrual>([](const Stage&, auto& o) { o.own = IdentityNo(1); })}}},
      {"CancelAccrual",
       [](const Stage& s) {
         return CancelAccrual{s.waiting, {1}, ReasonCode::Of("typed_wrong"), IdentityNo(2)};
       },
       {kNoProgram,
        {"no such purchase", Rejection::kPurchaseNotFound,
         Set<CancelAccrual>([](const Stage& s, auto& o) { o.accrual = s.fresh(); })},
        {"nothing is pending", Rejection::kInvalidState,
         Set<CancelAccrual>([](const Stage& s, auto& o) { o.accrual = s.gone; })},
        {"nobody is named", Rejection::kInvalidField,
         [](const Stage&, Command& c) { c.principal = ""; }},
        {"the own membership", Rejection::kSelfDealingForbidden,
         Set<CancelAccrual>([](const Stage&, auto& o) { o.own = IdentityNo(1); })}}},
      {"HoldPoints",
       [](const Stage& s) {
         return HoldPoints{s.ana, PointsType(), 105};
       },
       {kNoProgram,
        NoMember<HoldPoints>(),
        OfBob<HoldPoints>(),
        {"a qualifying point type", Rejection::kAmountNotAllowed,
         Set<HoldPoints>([](const Stage&, auto& o) { o.type = PointTypeId::Of("credit"); })},
        {"more than there is", Rejection::kInsufficientPoints,
         Set<HoldPoints>([](const Stage&, auto& o) { o.amount = 116; })}}},
      {"CaptureHold",
       [](const Stage& s) {
         return CaptureHold{s.held, 5};
       },
       {kNoProgram,
        {"no such hold", Rejection::kHoldNotFound,
         Set<CaptureHold>([](const Stage& s, auto& o) {
           o.hold = {s.ana, s.redemption};
         })},
        {"it has lapsed", Rejection::kHoldLapsed,
         Set<CaptureHold>([](const Stage& s, auto& o) { o.hold = s.lapsed; })},
        {"it was captured", Rejection::kHoldFinished,
         Set<CaptureHold>([](const Stage& s, auto& o) { o.hold = s.captured; })},
        {"more than is held", Rejection::kCaptureExceedsHold,
         Set<CaptureHold>([](const Stage&, auto& o) { o.amount = 6; })}}},
      {"VoidHold",
       [](const Stage& s) { return VoidHold{s.held}; },
       {kNoProgram,
        {"no such hold", Rejection::kHoldNotFound,
         Set<VoidHold>([](const Stage& s, auto& o) {
           o.hold = {s.ana, s.redemption};
         })},
        {"it was captured", Rejection::kHoldFinished,
         Set<VoidHold>([](const Stage& s, auto& o) { o.hold = s.captured; })}}},
      {"ReverseRedemption",
       [](const Stage& s) {
         return ReverseRedemption{s.redemption, 10};
       },
       {kNoProgram,
        {"no redemption", Rejection::kEntryNotFound,
         Set<ReverseRedemption>([](const Stage&, auto& o) { o.redemption = 1; })},
        {"nothing is left of it", Rejection::kReversalExceedsRedemption,
         Set<ReverseRedemption>([](const Stage& s, auto& o) {
           o = {s.reversed, std::nullopt};
         })},
        {"more than was redeemed", Rejection::kReversalExceedsRedemption,
         Set<ReverseRedemption>([](const Stage&, auto& o) { o.amount = 11; })}}},
      {"CreateProgram",
       [](const Stage&) { return CreateProgram{OtherRevision().canonical, OtherRevision().digest}; },
       {{"the id exists", Rejection::kIdTaken,
         [](const Stage&, Command& c) { c.program = TheProgram(); }}}},
      {"CreateRevision", [](const Stage&) { return OtherRevision(); }, {kNoProgram}},
      {"ActivateRevision",
       [](const Stage&) { return ActivateRevision{2}; },
       {kNoProgram,
        {"no such revision", Rejection::kRevisionNotFound,
         Set<ActivateRevision>([](const Stage&, auto& o) { o.number = 7; })},
        {"it is active", Rejection::kInvalidState,
         Set<ActivateRevision>([](const Stage&, auto& o) { o.number = 1; })},
        {"it changes what is fixed", Rejection::kInvalidState,
         Set<ActivateRevision>([](const Stage&, auto& o) { o.number = 5; })}}},
      {"ApproveRevision",
       [](const Stage&) { return ApproveRevision{2, OtherRevision().digest}; },
       {kNoProgram,
        NoRevision<ApproveRevision>(),
        {"nobody asks", Rejection::kInvalidField,
         [](const Stage&, Command& c) { c.principal.clear(); }},
        {"another document was read", Rejection::kApprovalStale,
         Set<ApproveRevision>([](const Stage&, auto& o) { o.digest = Hash{}; })},
        {"its author asks", Rejection::kSelfApprovalForbidden,
         [](const Stage&, Command& c) { c.principal = "test"; }},
        {"its plan is not filled in", Rejection::kInvalidState,
         Set<ApproveRevision>([](const Stage&, auto& o) {
           o = {3, std::nullopt};
         })}},
       "second"},
      {"ScheduleRevision",
       [](const Stage&
              s) { return ScheduleRevision{2, s.scene.clock.Now().PlusMicros(kMicrosPerHour)}; },
       {kNoProgram,
        NoRevision<ScheduleRevision>(),
        {"the instant is too near", Rejection::kInvalidField,
         Set<ScheduleRevision>([](const Stage& s, auto& o) {
           o.from = s.scene.clock.Now().PlusMicros(kScheduleLeadMicros - 1);
         })},
        {"it is scheduled", Rejection::kInvalidState,
         Set<ScheduleRevision>([](const Stage&, auto& o) { o.number = 4; })},
        {"it is in force then", Rejection::kInvalidState,
         Set<ScheduleRevision>([](const Stage&, auto& o) { o.number = 1; })},
        {"it changes what is fixed", Rejection::kInvalidState,
         Set<ScheduleRevision>([](const Stage&, auto& o) { o.number = 5; })}}},
      {"CancelSchedule",
       [](const Stage&) { return CancelSchedule{4}; },
       {kNoProgram,
        NoRevision<CancelSchedule>(),
        {"it is not scheduled", Rejection::kInvalidState,
         Set<CancelSchedule>([](const Stage&, auto& o) { o.number = 2; })}}},
      {"MergeMembers",
       [](const Stage& s) {
         return MergeMembers{s.dora, s.ana, ReasonCode::Of("same_person")};
       },
       {kNoProgram,
        kNobodyAsks,
        {"no such member is merged", Rejection::kMemberNotFound,
         Set<MergeMembers>([](const Stage&, auto& o) { o.merged = IdentityNo(99); })},
        {"it was merged before", Rejection::kMemberMerged,
         Set<MergeMembers>([](const Stage& s, auto& o) { o.merged = s.finn; })},
        {"no such survivor", Rejection::kMemberNotFound,
         Set<MergeMembers>([](const Stage&, auto& o) { o.survivor = IdentityNo(99); })},
        {"the survivor was merged", Rejection::kMemberMerged,
         Set<MergeMembers>([](const Stage& s, auto& o) { o.survivor = s.finn; })},
        {"they are one", Rejection::kInvalidField,
         Set<MergeMembers>([](const Stage& s, auto& o) { o.survivor = s.dora; })},
        {"one is the caller's", Rejection::kSelfDealingForbidden,
         Set<MergeMembers>([](const Stage&, auto& o) { o.own = IdentityNo(41); })},
        {"the survivor is suspended", Rejection::kMemberNotActive,
         Set<MergeMembers>([](const Stage& s, auto& o) { o.survivor = s.cleo; })}}},
      {"KeepReceipt",
       [](const Stage& s) { return s.Keeping(s.fresh()); },
       {kNoProgram,
        {"another currency", Rejection::kInvalidField,
         Set<KeepReceipt>([](const Stage&, auto& o) { o.sale.currency = "USD"; })},
        {"too long ago", Rejection::kOccurredAtOutOfWindow,
         Set<KeepReceipt>([](const Stage& s, auto& o) {
           o.sale.occurred_at = s.scene.clock.Now().PlusMicros(-31 * kMicrosPerDay);
         })},
        {"it was posted, otherwise", Rejection::kReceiptContentDiffers,
         Set<KeepReceipt>([](const Stage& s, auto& o) { o.sale.receipt = s.sale; })},
        {"it was kept, otherwise", Rejection::kReceiptContentDiffers,
         Set<KeepReceipt>([](const Stage& s, auto& o) {
           o.sale.receipt = s.kept;
           ++o.sale.total;
         })}}},
      {"ClaimReceipt",
       [](const Stage& s) { return ClaimReceipt{s.ana, s.kept}; },
       {kNoProgram,
        {"no such receipt", Rejection::kPurchaseNotFound,
         Set<ClaimReceipt>([](const Stage& s, auto& o) { o.receipt = s.fresh(); })},
        {"it is somebody's", Rejection::kReceiptAlreadyPosted,
         Set<ClaimReceipt>([](const Stage& s, auto& o) { o.receipt = s.sale; })},
        NoMember<ClaimReceipt>(),
        {"it is for the caller", Rejection::kSelfDealingForbidden,
         Set<ClaimReceipt>([](const Stage& s, auto& o) {
           o.receipt = s.kept;
           o.member = s.dora;
           o.own = IdentityNo(41);
         })},
        OfBob<ClaimReceipt>(),
        {"it is too late", Rejection::kInvalidState,
         Set<ClaimReceipt>([](const Stage& s, auto& o) { o.receipt = s.late; })}}},
      {"TransferPoints",
       [](const Stage& s) { return TransferPoints{s.ana, s.dora, PointsType(), 50, ""}; },
       {kNoProgram,
        {"no such giver", Rejection::kMemberNotFound,
         Set<TransferPoints>([](const Stage&, auto& o) { o.from = IdentityNo(99); })},
        {"no such taker", Rejection::kMemberNotFound,
         Set<TransferPoints>([](const Stage&, auto& o) { o.to = IdentityNo(99); })},
        {"to oneself", Rejection::kInvalidField,
         Set<TransferPoints>([](const Stage& s, auto& o) { o.to = o.from = s.ana; })},
        {"one is the caller's", Rejection::kSelfDealingForbidden,
         Set<TransferPoints>([](const Stage& s, auto& o) {
           o.to = s.dora;
           o.own = IdentityNo(41);
         })},
        {"the giver is suspended", Rejection::kMemberNotActive,
         Set<TransferPoints>([](const Stage& s, auto& o) { o.from = s.cleo; })},
        {"the taker is closed", Rejection::kMemberNotActive,
         Set<TransferPoints>([](const Stage& s, auto& o) { o.to = s.bob; })},
        {"not redeemable", Rejection::kAmountNotAllowed,
         Set<TransferPoints>([](const Stage&, auto& o) { o.type = PointTypeId::Of("credit"); })},
        {"more than a month's", Rejection::kLimitReached,
         Set<TransferPoints>([](const Stage&, auto& o) { o.amount = kTransferLimit + 1; })},
        {"more than there is", Rejection::kInsufficientPoints,
         Set<TransferPoints>([](const Stage&, auto& o) { o.amount = 200; })}}},
      {"UnmergeMembers",
       [](const Stage& s) { return UnmergeMembers{s.gwen, ReasonCode::Of("not_the_same")}; },
       {kNoProgram,
        kNobodyAsks,
        {"no such member", Rejection::kMemberNotFound,
         Set<UnmergeMembers>([](const Stage&, auto& o) { o.merged = MemberIdFor(0, 9'999); })},
        {"it is not merged", Rejection::kInvalidState,
         Set<UnmergeMembers>([](const Stage& s, auto& o) { o.merged = s.ana; })},
        {"it is the caller's", Rejection::kSelfDealingForbidden,
         Set<UnmergeMembers>([](const Stage&, auto& o) { o.own = IdentityNo(41); })},
        {"another one was merged later", Rejection::kInvalidState,
         Set<UnmergeMembers>([](const Stage& s, auto& o) { o.merged = s.finn; })}}},
      {"MoveIdentity",
       [](const Stage& s) {
         return MoveIdentity{{IdentityKind::kPhone, IdentityNo(40)},
                             s.dora,
                             s.ana,
                             ReasonCode::Of("typed_wrong")};
       },
       {kNoProgram,
        kNobodyAsks,
        {"no such member", Rejection::kMemberNotFound,
         Set<MoveIdentity>([](const Stage&, auto& o) { o.from = IdentityNo(99); })},
        {"to whom it names", Rejection::kInvalidField,
         Set<MoveIdentity>([](const Stage& s, auto& o) { o.to = s.dora; })},
        {"one is the caller's", Rejection::kSelfDealingForbidden,
         Set<MoveIdentity>([](const Stage&, auto& o) { o.own = IdentityNo(41); })},
        {"to one that is closed", Rejection::kMemberNotActive,
         Set<MoveIdentity>([](const Stage& s, auto& o) { o.to = s.bob; })},
        {"nobody has it", Rejection::kResourceNotFound,
         Set<MoveIdentity>([](const Stage&, auto& o) { o.identity.hash = IdentityNo(98); })},
        {"a third one has it", Rejection::kIdentityTaken,
         Set<MoveIdentity>([](const Stage&, auto& o) { o.identity.hash = IdentityNo(3); })}}},
      {"PauseRule",
       [](const Stage&) { return PauseRule{"base"}; },
       {kNoProgram,
        {"no such rule", Rejection::kResourceNotFound,
         Set<PauseRule>([](const Stage&, auto& o) { o.rule = "elsewhere"; })},
        {"it is paused", Rejection::kInvalidState,
         Set<PauseRule>([](const Stage&, auto& o) { o.rule = "base_credit"; })}}},
      {"ResumeRule",
       [](const Stage&) { return ResumeRule{"base_credit"}; },
       {kNoProgram,
        {"it is not paused", Rejection::kResourceNotFound,
         Set<ResumeRule>([](const Stage&, auto& o) { o.rule = "base"; })}}},
  };
  return *tables;
}

Rejected Refused(Stage& stage, Command command) {
  const absl::StatusOr<Reply> reply = stage.scene.engine().Execute(std::move(command));
  EXPECT_TRUE(reply.ok()) << reply.status().message();
  if (!reply.ok()) return Rejected{Rejection::kResourceNotFound, {}};
  if (reply->unrecorded) return *reply->unrecorded;
  if (reply->entry->outcome.rejected) return *reply->entry->outcome.rejected;
  ADD_FAILURE() << "accepted";
  return Rejected{Rejection::kResourceNotFound, {}};
}

TEST(Guards, StandInOrder) {
  Stage stage;
  AddRevisions(stage);
  int request = 0;
  for (const Table& table : Tables()) {
    SCOPED_TRACE(table.command);
    for (std::size_t first = 0; first < table.guards.size(); ++first) {
      SCOPED_TRACE(table.guards[first].wrong);
      Command command{TheProgram(), RequestId::Of(absl::StrCat("guards-", ++request)),
                      table.principal, table.right(stage)};
      if (std::string(table.command) == "CreateProgram")
        command.program = ProgramId::Of("elsewhere");
      for (std::size_t i = table.guards.size(); i > first; --i)
        table.guards[i - 1].make_wrong(stage, command);
      const std::uint64_t before = stage.scene.engine().sequence();
      const Rejected rejected = Refused(stage, command);
      EXPECT_EQ(ToString(rejected.reason), ToString(table.guards[first].reason));
      // A refusal of state is an entry without consequences; a malformed request leaves nothing.
      EXPECT_EQ(stage.scene.engine().sequence(), before + (IsRecorded(rejected.reason) ? 1 : 0));
      for (std::size_t i = 1; i < rejected.metadata.size(); ++i) {
        EXPECT_LT(rejected.metadata[i - 1].first, rejected.metadata[i].first) << "sorted by key";
      }
    }
  }
}

TEST(Guards, LetTheRightCommandPass) {
  for (const Table& table : Tables()) {
    SCOPED_TRACE(table.command);
    Stage stage;
    AddRevisions(stage);
    Command command{TheProgram(), RequestId::Of("guards-right"), table.principal,
                    table.right(stage)};
    if (std::string(table.command) == "CreateProgram") command.program = ProgramId::Of("elsewhere");
    const absl::StatusOr<Reply> reply = stage.scene.engine().Execute(command);
    ASSERT_TRUE(reply.ok()) << reply.status().message();
    ASSERT_FALSE(reply->unrecorded.has_value()) << ToString(reply->unrecorded->reason);
    EXPECT_FALSE(reply->entry->outcome.rejected.has_value())
        << ToString(reply->entry->outcome.rejected->reason);
  }
}

// Shows G58.
TEST(Guards, ReusedRequestId) {
  Stage stage;
  const AccruePurchase sale = stage.scene.Sale(stage.ana, 500, 1'000);
  stage.scene.Do(sale, "request-reused");
  AccruePurchase other = sale;
  ++other.total;
  EXPECT_EQ(stage.scene.Refused(other, "request-reused").reason, Rejection::kRequestIdReused);
  EXPECT_EQ(stage.scene.Refused(Redeem{stage.ana, PointsType(), 1, ""}, "request-reused").reason,
            Rejection::kRequestIdReused);
  EXPECT_TRUE(stage.scene.Run(sale, "request-reused").is_replayed);
}

TEST(Guards, TendersThatStateAnotherPayment) {
  Scene scene(absl::StrCat(
      HarbourDocument(), "pay_with_points: {point_type: points, points: 100, money: \"1.00\"}\n"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 50'000);
  AccruePurchase sale = scene.Sale(ana, 500, 1'000);
  sale.pay = PointsOffered{PointsType(), 250};
  sale.tenders = {Tender{"CARD", 700}, Tender{"POINTS", 300}};
  const Rejected rejected = scene.Refused(sale, "request-stated");
  EXPECT_EQ(rejected.reason, Rejection::kCostMismatch);
  sale.tenders = {Tender{"CARD", 800}, Tender{"POINTS", 200}};
  scene.Do(sale, "request-agreed");
  EXPECT_EQ(scene.Points(ana), 500 - 200 + 8);
}

// Every reason there is appears in a table above, or is that of a test above, or of Approvals,
// which need another setting.
TEST(Guards, ProduceEveryRejection) {
  std::set<Rejection> produced{Rejection::kRequestIdReused, Rejection::kApprovalRequired,
                               Rejection::kCostMismatch};
  for (const Table& table : Tables()) {
    for (const Guard& guard : table.guards) produced.insert(guard.reason);
  }
  for (const Rejection rejection : AllRejections()) {
    EXPECT_EQ(produced.count(rejection), 1u) << ToString(rejection) << " is produced by no test";
  }
}

TEST(Rejections, HaveNamesAndFrozenNumbers) {
  std::set<std::string> names;
  int number = 0;
  for (const Rejection rejection : AllRejections()) {
    EXPECT_GT(static_cast<int>(rejection), number);
    number = static_cast<int>(rejection);
    EXPECT_TRUE(names.insert(std::string(ToString(rejection))).second);
  }
  EXPECT_EQ(names.count(""), 0u);
  EXPECT_EQ(number, static_cast<int>(kRejectionLast));
  EXPECT_EQ(static_cast<int>(Rejection::kHoldFinished), 27);
  EXPECT_EQ(static_cast<int>(Rejection::kCostMismatch), 40);
}

// Shows G59.
TEST(Guards, ARefusalIsRememberedAlsoWhenItWouldSucceedNow) {
  Stage stage;
  EXPECT_EQ(stage.scene.Refused(Redeem{stage.ana, PointsType(), 200, ""}, "request-kept").reason,
            Rejection::kInsufficientPoints);
  stage.scene.Buy(stage.ana, 50'000);
  const Reply again = stage.scene.Run(Redeem{stage.ana, PointsType(), 200, ""}, "request-kept");
  EXPECT_TRUE(again.is_replayed);
  EXPECT_EQ(again.entry->outcome.rejected->reason, Rejection::kInsufficientPoints);
  stage.scene.Do(Redeem{stage.ana, PointsType(), 200, ""}, "request-other");
}

TEST(Guards, AMalformedRequestDoesNotUseUpItsId) {
  Stage stage;
  AccruePurchase sale = stage.scene.Sale(stage.ana, 500, 1'000);
  sale.currency = "USD";
  EXPECT_EQ(stage.scene.Refused(sale, "request-mended").reason, Rejection::kInvalidField);
  sale.currency = "EUR";
  stage.scene.Do(sale, "request-mended");
}

}  // namespace
}  // namespace laurel
