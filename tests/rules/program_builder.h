#ifndef LAUREL_TESTS_RULES_PROGRAM_BUILDER_H_
#define LAUREL_TESTS_RULES_PROGRAM_BUILDER_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "rules/program/rulebook.h"

namespace laurel::rules {

// A document in parts, so that a test writes only what it is about. The defaults are the program
// `harbour`: euros in Berlin, `points` (1 per 1.00, DOWN, ROLLING 12 months) and `credit`, one base
// tier.
struct ProgramText {
  std::string head = "schema: laurel.program.v1\nid: harbour\nname: Harbour\n";
  std::string currency = "EUR";
  std::string time_zone = "Europe/Berlin";
  std::string expiry = "[{policy: ROLLING, after: 12 months}]";
  std::string point_types = {};  // replaces both types, `expiry` then has no effect
  std::string metrics = {};
  std::string eligibility = {};
  std::string rules =
      "- {id: base, name: Base, earn: {point_type: points, points: \"1\", per: \"1.00\"}}";
  std::string tiers = "- {id: MEMBER, name: Member, rank: 0}";
  std::string tier_policy = {};

  std::string Render() const;
};

// The rulebook of a document without errors; fails the test and returns nothing otherwise.
std::shared_ptr<const Rulebook> Compiled(absl::string_view text);
inline std::shared_ptr<const Rulebook> Compiled(const ProgramText& text) {
  return Compiled(text.Render());
}
// The root of the source tree.
std::string SourceDir();
// All findings of `text`, as people see them.
std::string RenderedFindings(absl::string_view text);

}  // namespace laurel::rules

#endif  // LAUREL_TESTS_RULES_PROGRAM_BUILDER_H_
