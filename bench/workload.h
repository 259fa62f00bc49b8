#ifndef LAUREL_BENCH_WORKLOAD_H_
#define LAUREL_BENCH_WORKLOAD_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/domain/command.h"

// What the benchmarks do all day: one retailer's program, its members and their purchases.
// Everything is computed from numbers, so a million members take no memory, and two runs with one
// seed ask for the same.
namespace laurel::bench {

// One redeemable and one qualifying point type; Silver, Gold and Platinum by the spend of a rolling
// year.
std::string ProgramDocument();
// The same with one earning rule and, up to `rules` rules in all, promotions that each look at the
// channel, the amount or the lines; most of them award nothing to a given purchase.
std::string ProgramDocument(int rules);
ProgramId TheProgram();

// The card of member 0, 1, …: 16 digits.
std::string CardOf(std::uint64_t member);

// In the form of UUID version 7: starts with the milliseconds of `now`; the rest comes from `n` and
// `seed`.
std::string RequestIdOf(std::uint64_t seed, std::uint64_t n, Timestamp now);

// A purchase as a till reports it.
struct Sale {
  std::uint64_t member = 0;
  std::string request_id;
  ReceiptKey receipt;
  Timestamp occurred_at;
  std::int64_t total = 0;           // EUR cents
  std::vector<PurchaseLine> lines;  // add up to `total`
};

// Thread-safe.
class Workload {
 public:
  struct Options {
    std::uint64_t members = 1;
    double hot_share =
        0;          // of the purchases that one per cent of the members make; 0: all members alike
    int lines = 0;  // of each receipt; 0: the total alone
    std::uint64_t seed = 1;
  };
  explicit Workload(const Options& options) : options_(options) {}

  // A purchase that nobody has had yet: its own request and its own receipt, from tills that number
  // theirs consecutively.
  Sale NextSale(Timestamp now);
  // A member, drawn as for a purchase.
  std::uint64_t NextMember();

  const Options& options() const { return options_; }

 private:
  std::uint64_t MemberAt(std::uint64_t n) const;

  const Options options_;
  std::atomic<std::uint64_t> next_sale_ = 0;
  std::atomic<std::uint64_t> next_member_ = 0;
};

// What brings the document into force as revision 1, in order.
std::vector<Command> ProgramCommands(const std::string& document);
Command EnrollCommand(std::uint64_t member, const IdentityHash& card, Timestamp now);
Command AccrueCommand(Sale sale, const IdentityHash& card);

}  // namespace laurel::bench

#endif  // LAUREL_BENCH_WORKLOAD_H_
