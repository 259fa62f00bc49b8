#include <algorithm>
#include <functional>

#include "engine/domain/apply.h"
#include "tests/engine/domain/scene.h"

// Entries that decode and that a ledger of ours would never hold: each is named in words, and none
// reaches Apply, which would stop the process.
namespace laurel {
namespace {

// A ledger with something of everything that entries rest on, and one entry of each kind that is
// damaged here, as it was decided.
class FitsTampered : public testing::Test {
 protected:
  FitsTampered()
      : scene_(With(HarbourDocument("ARREARS"),
                    {{"symbol: PTS", "symbol: PTS, settlement: {policy: AFTER, after: 14 days}"}})),
        ana_(scene_.Enroll(1)),
        cleo_(scene_.Enroll(2)) {}

  // What Fits says to a changed copy of the latest entry of this kind, before that entry.
  std::string Verdict(EntryKind kind, const std::function<void(Entry&)>& damage) {
    std::shared_ptr<const Entry> found;
    std::uint64_t sequences = 0;
    {
      ReadView view = scene_.engine().Read();
      sequences = view.sequence();
      for (std::uint64_t sequence = 1; sequence <= sequences; ++sequence) {
        const std::shared_ptr<const Entry> entry = view.state().FindEntry(sequence);
        if (entry->kind == kind) found = entry;
      }
    }
    if (found == nullptr) return "no entry of the kind";
    State before(nullptr, nullptr);
    ReadView view = scene_.engine().Read();
    for (std::uint64_t sequence = 1; sequence < found->sequence; ++sequence) {
      const std::shared_ptr<const Entry> entry = view.state().FindEntry(sequence);
      EXPECT_EQ(Fits(*entry, before), "");
      Apply(entry, before);
    }
    EXPECT_EQ(Fits(*found, before), "");
    auto entry = std::make_shared<Entry>(*found);
    damage(*entry);
    const std::string verdict = Fits(*entry, before);
    if (verdict.empty()) Apply(std::move(entry), before);  // stops, or it is harmless after all
    return verdict;
  }

  template <class E>
  static std::size_t IndexOf(const Entry& entry) {
    return static_cast<std::size_t>(
        std::find_if(entry.events.begin(), entry.events.end(),
                     [](const Event& event) { return std::holds_alternative<E>(event); }) -
        entry.events.begin());
  }

  Scene scene_;
  MemberId ana_;
  MemberId cleo_;
};

struct Damage {
  const char* name;
  EntryKind kind;
  std::function<void(Entry&)> change;
  std::string verdict;
};

TEST_F(FitsTampered, IsNamedAndNotFolded) {
  scene_.At("2026-03-02T10:00:00Z");
  scene_.Buy(ana_, 10'000);
  const ReceiptKey first = scene_.receipt();
  scene_.At("2026-03-20T10:00:00Z");
  scene_.Spend(ana_, 100);  // of what has become available
  scene_.Return(first);     // owes 100
  scene_.Buy(ana_, 20'000);
  scene_.At("2026-04-10T10:00:00Z");
  scene_.Spend(ana_, 1);  // activates the second lot, which covers what is owed
  scene_.Buy(ana_, 1'000);
  AccruePurchase exchange = scene_.Sale(ana_, 900, 500);
  exchange.lines = {SaleLine(1, 1'500), SaleLine(2, 1'000)};
  exchange.lines[1].kind = PurchaseLineKind::kReturn;
  exchange.lines[1].original = LineOriginal{scene_.receipt(), 1};
  scene_.Do(exchange);
  scene_.Do(MergeMembers{ana_, cleo_, ReasonCode::Of("same_person")});
  scene_.Do(UnmergeMembers{ana_, ReasonCode::Of("not_the_same")});

  const auto repeat = [](const auto& event) {
    return [event](Entry& entry) { entry.events.push_back(event); };
  };
  const auto twice = [](auto kind_of) {
    return [kind_of](Entry& entry) { entry.events.push_back(entry.events[kind_of(entry)]); };
  };
  const MetricCounted counted{.metric = "net", .delta = 1};
  const Damage damages[] = {
      {"points taken back before their return", EntryKind::kReturn,
       [](Entry& entry) {
         std::swap(entry.events[IndexOf<PurchaseReturned>(entry)],
                   entry.events[IndexOf<PointsTakenBack>(entry)]);
       },
       "points are taken back without a return"},
      {"points taken back after the sale of an exchange", EntryKind::kExchange,
       twice([](const Entry& entry) { return IndexOf<PointsTakenBack>(entry); }),
       "points are taken back without a return"},
      {"a point type beyond all", EntryKind::kReturn,
       [](Entry& entry) {
         std::get<PointsTakenBack>(entry.events[IndexOf<PointsTakenBack>(entry)]).type_index =
             4'000'000'000;
       },
       "a point type that is taken back is out of range"},
      {"a return of another receipt's entry", EntryKind::kReturn,
       [](Entry& entry) {
         std::get<PurchaseReturned>(entry.events[IndexOf<PurchaseReturned>(entry)]).original =
             ReceiptNo(77'777);
       },
       "the returned receipt is not there"},
      {"a metric without a day", EntryKind::kMemberEnrolled,
       [&](Entry& entry) {
         entry.effective_on.reset();
         entry.events.push_back(counted);
       },
       "a metric is counted on no civil day"},
      {"an activation that covers more than it leaves", EntryKind::kActivate,
       [](Entry& entry) {
         auto& activated = std::get<LotActivated>(entry.events[IndexOf<LotActivated>(entry)]);
         activated.covered_arrears = activated.amount;
       },
       "would leave the range"},
      {"an activation told twice", EntryKind::kActivate,
       twice([](const Entry& entry) { return IndexOf<LotActivated>(entry); }),
       "would leave the range"},
      {"two merges", EntryKind::kMembersMerged, repeat(MembersMerged{}),
       "two merges are in one entry"},
      {"a merge and its undoing", EntryKind::kMembersMerged, repeat(MembersUnmerged{}),
       "two merges are in one entry"},
      {"an undoing told twice", EntryKind::kMembersUnmerged,
       twice([](const Entry& entry) { return IndexOf<MembersUnmerged>(entry); }),
       "two merges are in one entry"},
      {"another member alone", EntryKind::kMembersMerged,
       [](Entry& entry) {
         entry.member.reset();
         entry.postings.clear();
         entry.lot_moves.clear();
       },
       "an entry of two members names one"},
      {"moves that overflow together", EntryKind::kRedeem,
       [](Entry& entry) {
         LotMove more = entry.lot_moves[0];
         more.bucket = Bucket::kHeld;
         more.delta = INT64_MAX;
         entry.lot_moves.push_back(more);
         more.bucket = Bucket::kPending;
         entry.lot_moves.push_back(more);
       },
       "would leave the range"},
  };
  for (const Damage& damage : damages) {
    SCOPED_TRACE(damage.name);
    const std::string verdict = Verdict(damage.kind, damage.change);
    EXPECT_NE(verdict.find(damage.verdict), std::string::npos) << verdict;
    EXPECT_FALSE(verdict.empty());
  }
}

// The judgement that the first of the two finishes is not there for the second.
TEST(FitsJudgement, IsFinishedOnce) {
  Scene scene;
  ReadView view = scene.engine().Read();
  Entry entry = *view.state().FindEntry(1);
  entry.member.reset();
  entry.events = {MembersJudged{.from = Instant("2026-03-02T00:00:00Z"), .is_finished = true}};
  EXPECT_EQ(Fits(entry, view.state()), "a judgement of members is not there");
  entry.events.push_back(entry.events[0]);
  EXPECT_EQ(Fits(entry, view.state()), "two judgements of members are in one entry");
}

}  // namespace
}  // namespace laurel
