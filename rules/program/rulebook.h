#ifndef LAUREL_RULES_PROGRAM_RULEBOOK_H_
#define LAUREL_RULES_PROGRAM_RULEBOOK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/base/time.h"

// A program document, checked and compiled: immutable, safe to share between threads, pure to
// evaluate. Knows no member, no lot, no clock. Amounts of money are int64 minor units of the
// program's currency, points are int64 in the point type's smallest unit.
namespace laurel::rules {

enum class Severity { kError, kWarning, kInfo };

// Replaces `length` bytes from byte `offset` of the document by `text`.
struct Edit {
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string text;
};

// One thing to say about a document. Lines and columns count from 1, columns in code points; 0 if
// unknown.
struct Finding {
  Severity severity = Severity::kError;
  std::string code;     // stable, such as R-SCHEMA-008
  std::string path;     // of the field: point_types[0].symbol
  std::string message;  // one sentence; lower case, no full stop
  std::vector<std::string> notes = {};
  std::string hint;  // what to write instead; may be empty
  int line = 0;
  int column = 0;
  int end_line = 0;  // behind the last code point
  int end_column = 0;
  std::size_t offset = 0;  // in bytes of the document; meaningful if `line` is
  std::size_t length = 0;
  std::vector<Edit> edits = {};  // the repair, where it is certain
};

// How a finding is written.
struct RenderOptions {
  bool has_color = false;  // for a terminal
};
// As people read it, with the line of `text` where the position is known; ends with a line feed:
//
//     error[R-SCHEMA-008]: unknown field
//       --> program.yaml:3:1  currncy
//        |
//      3 | currncy: EUR
//        | ^
//        = help: did you mean `currency`?
std::string RenderFinding(const Finding& finding, absl::string_view file, absl::string_view text,
                          const RenderOptions& options = {});
// All fields as one JSON object on one line, without a line feed.
std::string FindingJson(const Finding& finding, absl::string_view file);

enum class PointKind { kRedeemable, kQualifying };
enum class Clawback { kArrears, kWithinBalance, kPendingOnly };
enum class Rounding { kDown, kHalfUp, kHalfEven, kUp };
enum class LineKind { kSale, kReturn, kVoid, kFee, kGiftCard, kDeposit };

struct PointType {
  std::string id;
  std::string name;
  std::string symbol;
  PointKind kind = PointKind::kRedeemable;
  int decimals = 0;  // 0 to 4
  Clawback clawback = Clawback::kWithinBalance;
  std::int64_t unit_cost_micros = 0;  // of the currency's unit, for a whole point; 0 if not stated
};

// When points of an award can be spent: [activates_at, expires_at).
struct LotTerms {
  Timestamp activates_at;
  Timestamp expires_at = Timestamp::Never();
};

enum class Measure {
  kSpend,      // minor units of the lines that count: the sum of Evaluation::eligible_net
  kPoints,     // smallest units of a point type
  kVisitDays,  // local days with a purchase
  kPurchases,
};
// A number about a member's past, over a window of whole local days that ends with a given day.
struct Metric {
  std::string id;
  std::string name;
  Measure measure = Measure::kSpend;
  std::size_t point_type = 0;  // index, for kPoints
  int rolling_months = 0;      // one of the two is > 0, or both are 0 for a lifetime
  int rolling_days = 0;
  // The first day of the window that ends with (and includes) `last`; 0001-01-01 for a lifetime.
  // With rolling_months n: the day after (`last` minus n months).
  Date FirstDay(Date last) const;
};

// One condition of a tier: metric >= at_least (minor units, smallest point units, or a count).
struct Threshold {
  std::size_t metric = 0;  // index into metrics()
  std::int64_t at_least = 0;
};

struct Tier {
  std::string id;
  std::string name;
  std::int32_t rank = 0;
  // Disjunction of conjunctions; empty only for the base tier (rank 0).
  std::vector<std::vector<Threshold>> qualify;
  std::vector<std::vector<Threshold>>
      retain;  // equals qualify where the document has none; base: empty
};
enum class Downgrade { kDropOne, kRecompute, kNever };
struct TierPolicy {
  int review_months = 12;  // a term lasts through the same day this many months on; 0: no reviews
  Downgrade downgrade = Downgrade::kDropOne;
};

struct ItemFacts {
  std::int32_t line = 0;
  LineKind kind = LineKind::kSale;
  std::int64_t net = 0;              // minor units, after discounts, before tax, >= 0
  std::int64_t quantity_micros = 0;  // millionths, >= 0
  std::span<const std::string> categories = {};
};
struct PurchaseFacts {
  Timestamp occurred_at;
  std::span<const ItemFacts> items;
};

// What one rule gives for one purchase. Views point into the Rulebook.
struct AwardLine {
  std::size_t rule = 0;  // index, stable within the revision
  absl::string_view rule_id;
  std::size_t point_type = 0;  // index into point_types()
  std::int64_t points = 0;     // > 0
  absl::string_view funding;   // "base"
  LotTerms terms;
};
struct Evaluation {
  std::int64_t eligible_net = 0;  // minor units that counted
  // Nothing else is then meaningful: a line that counts is negative, those that count add up to
  // more than 10^12 minor units, or a rule gives more than 10^15 smallest units.
  bool has_overflow = false;
  std::vector<AwardLine> lines;  // in document order
};

class Rulebook {
 public:
  // Reads and checks a document (YAML, or JSON as its flow style). All findings at once, up to 100,
  // in the order of the text; the rulebook is empty exactly if one of them is an error.
  struct Compiled {
    std::shared_ptr<const Rulebook> rulebook;
    std::vector<Finding> findings;
  };
  static Compiled Compile(absl::string_view text);
  // From the canonical bytes that an earlier Compile produced. INTERNAL if they do not compile.
  static absl::StatusOr<std::shared_ptr<const Rulebook>> FromCanonical(absl::string_view canonical);

  virtual ~Rulebook() = default;

  // RFC 8785 JSON of the document; its SHA-256 is digest().
  virtual absl::string_view canonical() const = 0;
  virtual const Hash& digest() const = 0;
  virtual absl::string_view program() const = 0;  // the id
  virtual absl::string_view name() const = 0;
  virtual absl::string_view currency() const = 0;   // ISO 4217
  virtual int currency_exponent() const = 0;        // of the minor unit: 2 for EUR, 0 for JPY
  virtual absl::string_view time_zone() const = 0;  // IANA
  virtual std::int64_t max_late_arrival_micros() const = 0;
  virtual std::span<const PointType> point_types() const = 0;
  virtual std::span<const Metric> metrics() const = 0;
  virtual std::span<const Tier> tiers() const = 0;  // ascending rank; the first is the base tier
  virtual const TierPolicy& tier_policy() const = 0;

  // The civil date of an instant in the program's zone, and the earliest instant of a date. About
  // 50 ns.
  virtual Date LocalDate(Timestamp instant) const = 0;
  virtual Timestamp StartOf(Date date) const = 0;

  // Pure. `items` may be in any order; the result does not depend on it.
  virtual Evaluation Evaluate(const PurchaseFacts& facts) const = 0;
  // When points of a type awarded or restored for something that occurred at `occurred_at` can be
  // spent.
  virtual LotTerms TermsFor(std::size_t point_type, Timestamp occurred_at) const = 0;

  // The highest tier whose `qualify` holds for these values (parallel to metrics()); the base tier
  // if none.
  virtual std::size_t QualifiedTier(std::span<const std::int64_t> metrics) const = 0;
  // Whether `retain` (or `qualify`) of the tier holds.
  virtual bool Retains(std::size_t tier, std::span<const std::int64_t> metrics) const = 0;
  // The tier after a review that was not passed.
  virtual std::size_t DowngradedTier(std::size_t tier,
                                     std::span<const std::int64_t> metrics) const = 0;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_RULEBOOK_H_
