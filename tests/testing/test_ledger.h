#ifndef LAUREL_TESTS_TESTING_TEST_LEDGER_H_
#define LAUREL_TESTS_TESTING_TEST_LEDGER_H_

#include <memory>
#include <string>

#include "engine/engine.h"
#include "engine/store/map_store.h"
#include "engine/verify.h"
#include "tests/testing/fake_clock.h"

// A whole engine in memory, with words for what tests do all day.
namespace laurel {

// The program most tests use: id "harbour", EUR, Europe/Berlin, `points` (1 per 1.00, DOWN, rolling
// 12 months, WITHIN_BALANCE unless told otherwise), `credit` (qualifying, 1 per 1.00),
// Silver/Gold/Platinum at 1,000/3,000/8,000 credit of 12 months, reviews each 12 months, DROP_ONE.
std::string HarbourDocument(absl::string_view clawback = "WITHIN_BALANCE");

// The parsed id of a text that is known to be good.
ProgramId TheProgram();
PointTypeId PointsType();
ReceiptKey ReceiptNo(int number, absl::string_view date = "2026-03-01");
// The identity hash of a number: any fixed injection will do here.
IdentityHash IdentityNo(std::uint64_t number);

class TestLedger {
 public:
  // Without a program where the options ask for approvals: nobody is here to give them.
  explicit TestLedger(Engine::Options options = DefaultOptions(), bool has_program = true);
  // On another store, which must outlive the ledger; `has_program` false where it is there already.
  TestLedger(Store& store, Engine::Options options, bool has_program);
  ~TestLedger();

  static Engine::Options DefaultOptions();  // no scheduler, no signer

  // Stores the document, acknowledges all warnings and makes it the active revision. CHECKs that it
  // is accepted.
  void Activate(const std::string& document);
  // Acknowledges whatever a check warns of; nothing where that is nothing.
  void Acknowledge(std::uint32_t number);

  // Runs a command of the program under a fresh request id, or under the one given.
  Reply Run(Order order, absl::string_view request = "");
  // As Run; CHECKs that it was accepted and returns the entry.
  std::shared_ptr<const Entry> Do(Order order, absl::string_view request = "");
  // As Run; CHECKs that it was refused and returns why.
  Rejected Refused(Order order, absl::string_view request = "");

  MemberId Enroll(std::uint64_t identity);
  // A sale of `euros` (such as "12.34") now, in one line.
  std::shared_ptr<const Entry> Accrue(MemberId member, int receipt, std::int64_t cents);
  AccruePurchase Sale(MemberRef member, int receipt, std::int64_t cents) const;

  std::int64_t Available(MemberId member);
  // Verifies the whole ledger, state included, byte for byte; empty if all is well.
  std::string Verify();
  // Simulates a restart: a new engine on the same store.
  void Restart();

  FakeClock clock;
  // Who asks from now on.
  std::string principal = "test";
  Role role = Role::kNone;
  Engine& engine() { return *engine_; }
  Store& store() { return *store_; }

 private:
  void Start();

  std::unique_ptr<MapStore> own_store_;
  Store* store_;
  Engine::Options options_;
  std::unique_ptr<Engine> engine_;
  int next_request_ = 1;
  std::string request_prefix_ = "request";
};

}  // namespace laurel

#endif  // LAUREL_TESTS_TESTING_TEST_LEDGER_H_
