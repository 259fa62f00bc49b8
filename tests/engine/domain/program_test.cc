#include "tests/engine/domain/scene.h"

namespace laurel {
namespace {

CreateRevision RevisionOf(const std::string& document) {
  const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(document);
  LAUREL_CHECK(compiled.rulebook != nullptr, "a test's document compiles");
  return CreateRevision{std::string(compiled.rulebook->canonical()), compiled.rulebook->digest()};
}

std::string Fixed(const Rejected& rejected) {
  for (const auto& [key, value] : rejected.metadata) {
    if (key == "fixed") return value;
  }
  return "";
}

TEST(Programs, KeepWhatBalancesRestOn) {
  struct Row {
    const char* from;
    const char* to;
    const char* fixed;  // empty: may change
  };
  constexpr Row kRows[] = {
      {"currency: EUR", "currency: USD", "currency"},
      {"time_zone: Europe/Berlin", "time_zone: Europe/Paris", "time_zone"},
      {"symbol: PTS", "symbol: PTX", "point_types"},
      {"kind: REDEEMABLE", "kind: REDEEMABLE, decimals: 2", "point_types"},
      {"  - {id: credit, name: Credit, symbol: CRD, kind: QUALIFYING}\n",
       "  - {id: credit, name: Credit, symbol: CRD, kind: QUALIFYING}\n"
       "  - {id: stars, name: Stars, symbol: STR, kind: QUALIFYING}\n",
       ""},
      {"name: Points", "name: Beans", ""},
      {"after: 12 months}]", "after: 6 months}]", ""},
      {"credit_12m >= 1000", "credit_12m >= 900", ""},
      {"max_late_arrival: 30 days", "max_late_arrival: 60 days", ""},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.to);
    Scene scene;
    scene.Do(RevisionOf(With(HarbourDocument(), {{row.from, row.to}})));
    const Reply reply = scene.Run(ActivateRevision{2});
    const std::optional<Rejected>& rejected = reply.entry->outcome.rejected;
    ASSERT_EQ(rejected.has_value(), std::string(row.fixed) != "");
    if (!rejected) continue;
    EXPECT_EQ(rejected->reason, Rejection::kInvalidState);
    EXPECT_EQ(Fixed(*rejected), row.fixed);
  }
}

TEST(Programs, RollBackToAnOldRevision) {
  Scene scene;
  const MemberId ana = scene.Enroll(1);
  scene.Activate(With(HarbourDocument(), {{R"(points: "1", per: "1.00", rounding: DOWN}}
  - {id: base_credit)",
                                           R"(points: "3", per: "1.00", rounding: DOWN}}
  - {id: base_credit)"}}));
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 30);
  scene.Do(ActivateRevision{1});
  scene.At("2026-03-03T12:00:00Z");
  const auto entry = scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 40);
  ReadView view = scene.engine().Read();
  const Program& program = *view.state().programs.Find(ProgramKey{TheProgram()});
  ASSERT_EQ(program.activations.size(), 3u);
  EXPECT_EQ(program.activations[2].number, 1u);
  EXPECT_EQ(entry->revision, program.activations[0].digest);
  EXPECT_EQ(program.revision_count, 2u);
}

TEST(Programs, DoNotActivateWhatDoesNotCompile) {
  Scene scene;
  scene.Do(CreateRevision{"{}", Sha256("{}")});
  const Rejected rejected = scene.Refused(ActivateRevision{2});
  EXPECT_EQ(rejected.reason, Rejection::kInvalidState);
  EXPECT_EQ(rejected.metadata, (decltype(Rejected::metadata){{"state", "DOES_NOT_COMPILE"}}));
}

TEST(Programs, HaveNoMembersBeforeTheyAreActive) {
  Scene scene;
  const ProgramId other = ProgramId::Of("elsewhere");
  const CreateRevision revision =
      RevisionOf(With(HarbourDocument(), {{"id: harbour", "id: elsewhere"}}));
  const auto run = [&](Order order, const char* request) {
    return *scene.engine().Execute(
        Command{other, RequestId::Of(request), "test", std::move(order)});
  };
  run(CreateProgram{revision.canonical, revision.digest}, "elsewhere-1");
  EXPECT_EQ(run(EnrollMember{}, "elsewhere-2").entry->outcome.rejected->reason,
            Rejection::kResourceNotFound);
  run(ActivateRevision{1}, "elsewhere-3");
  const Reply enrolled = run(EnrollMember{}, "elsewhere-4");
  ASSERT_TRUE(enrolled.entry->member.has_value());
  // A member belongs to its program alone.
  EXPECT_EQ(scene.Refused(scene.Sale(*enrolled.entry->member, 7, 100)).reason,
            Rejection::kMemberNotFound);
}

TEST(Fingerprints, DifferWithEveryFieldAndOnlyWithThem) {
  AccruePurchase sale;
  sale.member = MemberId::Of(7);
  sale.receipt = ReceiptNo(1);
  sale.currency = "EUR";
  sale.total = 100;
  sale.lines = {SaleLine(1, 100, 1, {"a", "b"})};
  const auto print = [](const AccruePurchase& order, const char* request, const char* principal) {
    return ToHex(FingerprintOf(Command{TheProgram(), RequestId::Of(request), principal, order}));
  };
  const std::string base = print(sale, "request-1", "till");
  EXPECT_EQ(print(sale, "request-2", "shop"), base);
  const std::vector<std::function<void(AccruePurchase&)>> changes = {
      [](auto& s) { s.member = MemberId::Of(8); },
      [](auto& s) { s.member = IdentityNo(7); },
      [](auto& s) { s.receipt.store = PlaceId::Of("S2"); },
      [](auto& s) { s.receipt.terminal = PlaceId::Of("T2"); },
      [](auto& s) { s.receipt.business_on = s.receipt.business_on.PlusDays(1); },
      [](auto& s) { s.receipt.number = PlaceId::Of("2"); },
      [](auto& s) { s.occurred_at = s.occurred_at.PlusMicros(1); },
      [](auto& s) { s.channel = Channel::kApp; },
      [](auto& s) { s.currency = "USD"; },
      [](auto& s) { ++s.total; },
      [](auto& s) { s.lines[0].line = 2; },
      [](auto& s) { s.lines[0].kind = PurchaseLineKind::kFee; },
      [](auto& s) { ++s.lines[0].net; },
      [](auto& s) { ++s.lines[0].quantity_micros; },
      [](auto& s) { s.lines[0].sku = "x"; },
      [](auto& s) { s.lines[0].categories = {"ab"}; },
      [](auto& s) {
        s.lines[0].categories = {"a", "b", ""};
      },
      [](auto& s) { s.lines.push_back(SaleLine(2, 0)); },
  };
  std::set<std::string> prints{base};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    AccruePurchase changed = sale;
    changes[i](changed);
    EXPECT_TRUE(prints.insert(print(changed, "request-1", "till")).second) << "change " << i;
  }
}

}  // namespace
}  // namespace laurel
