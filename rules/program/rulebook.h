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

// A program document, checked and compiled: immutable, safe to share between threads. Knows no
// member, no lot, no clock; model() evaluates it. Amounts of money are int64 minor units of the
// program's currency, points are int64 in the point type's smallest unit.
namespace laurel::rules {

namespace model {
struct Model;
}  // namespace model

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

// How a warning is named where somebody acknowledges it: "R-LIAB-641:promotions[0]"; the code alone
// where it is about no field.
std::string NameOf(const Finding& finding);

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

struct PointType {
  std::string id;
  std::string name;
  std::string symbol;
  PointKind kind = PointKind::kRedeemable;
  int decimals = 0;  // 0 to 4
  Clawback clawback = Clawback::kWithinBalance;
  std::int64_t unit_cost_micros = 0;  // of the currency's unit, for a whole point; 0 if not stated
};

enum class Measure {
  kSpend,      // minor units
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
  int rolling_months = 0;      // at most one of the two is > 0
  int rolling_days = 0;
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
  // What can be shown of the way to it: the alternatives of its conditions, each with all that it
  // takes. Empty for the base tier, and where a condition is more than thresholds.
  std::vector<std::vector<Threshold>> qualify;
  std::vector<std::vector<Threshold>> retain;  // equals qualify where the document has none
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
  // Names of the warnings that the document deserves by itself, in its order.
  virtual std::span<const std::string> warnings() const = 0;

  // The civil date of an instant in the program's zone, and the earliest instant of a date. About
  // 50 ns.
  virtual Date LocalDate(Timestamp instant) const = 0;
  virtual Timestamp StartOf(Date date) const = 0;

  // What evaluates, judges and explains.
  virtual const model::Model& model() const = 0;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_RULEBOOK_H_
