#ifndef LAUREL_TESTS_SCENARIOS_SEEN_H_
#define LAUREL_TESTS_SCENARIOS_SEEN_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace laurel::scenarios {

// What a caller sees after a step, in plain values. Amounts are in the smallest unit of their type.
struct SeenRefusal {
  std::string reason;
  std::string message;
  std::map<std::string, std::string> facts;
  std::vector<std::string> fields;
};
struct SeenAward {
  std::string rule;
  std::string type;
  std::int64_t amount = 0;
  std::string active;  // the first day on which it can be spent, or that instant; "none": waits
  std::string ends;    // the first day on which it is gone, or that instant; "none"
};
struct SeenBalance {
  std::int64_t available = 0;
  std::int64_t pending = 0;
  std::int64_t held = 0;
  friend bool operator==(const SeenBalance&, const SeenBalance&) = default;
};
struct SeenLot {
  std::string type;
  std::int64_t remaining = 0;
  std::string ends;  // as of an award
};
struct SeenMove {
  std::string type;
  std::int64_t amount = 0;
};
struct SeenCut {
  std::string rule;
  std::string limit;
  std::int64_t amount = 0;
};
struct SeenMiss {
  std::string rule;
  std::string type;
  std::string outcome;
  std::int64_t worth = 0;
};
// Of one member.
struct SeenMember {
  std::map<std::string, SeenBalance> balances;  // by point type
  std::vector<SeenLot> lots;                    // open ones, in the order of spending
  std::string tier;
  std::string tier_through;               // last day on which it is shown, as far as is known
  std::int64_t tier_missing = 0;          // to the next tier, of the nearest way there
  std::int64_t tier_kept_missing = 0;     // to keep it
  std::vector<std::string> tier_changes;  // newest first: "DOWNGRADED GOLD SILVER worn=2027-03-12"
  std::vector<std::string> expiries;      // each entry that let points end: 100@2026-03-31, its day
  int entries = 0;                        // that moved points
  std::string leads_to;                   // whom the member's name leads to, by the row's name
};

struct Seen {
  std::string member;  // by the row's name of it; empty: the step is about none
  std::optional<SeenRefusal> refusal;
  bool is_replayed = false;
  std::string names;                               // whom the reply names, by the row's name of it
  std::string entry;                               // that the step made; empty: none
  std::vector<SeenAward> awards;                   // of a reply or a quote
  std::vector<SeenMove> moves;                     // of the entry
  std::vector<SeenMove> captured;                  // of a hold, from each lot
  std::map<std::string, std::int64_t> taken_back;  // by point type
  std::map<std::string, std::int64_t> shortfall;
  std::map<std::string, std::int64_t> expired;
  std::map<std::string, std::int64_t> given_back;
  bool is_unmatched = false;              // a return that is kept until its purchase comes
  bool is_training = false;               // nothing was recorded
  std::int64_t paid_points = 0;           // that were put in and taken
  std::string paid_money;                 // what they pay
  std::string paid_bound;                 // why it is so many; empty: none were put in
  std::vector<std::string> listed = {};   // by a report
  std::vector<std::string> results = {};  // of the items of a batch, in order
  std::int64_t skew_minutes = 0;          // by which a terminal's clock is slow
  std::int64_t skew_rows = 0;             // that say so
  // Why the entry says what it says.
  std::string explanation;
  std::vector<SeenCut> cuts;
  std::vector<SeenMiss> missed;
  // What a simulation says of the members.
  std::int64_t tiers_moved = 0;
  std::int64_t tiers_judged = 0;
  // All members afterwards, as they are read.
  std::map<std::string, SeenMember> members;
};

// Decimals of each point type of the program.
using Decimals = std::map<std::string, int>;

}  // namespace laurel::scenarios

#endif  // LAUREL_TESTS_SCENARIOS_SEEN_H_
