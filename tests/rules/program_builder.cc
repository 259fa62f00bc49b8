#include "tests/rules/program_builder.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace laurel::rules {
namespace {

std::string Section(absl::string_view name, absl::string_view body) {
  return body.empty() ? "" : absl::StrCat(name, ":\n", body, "\n");
}

}  // namespace

std::string ProgramText::Render() const {
  const std::string types =
      !point_types.empty()
          ? point_types
          : absl::StrCat(
                "- {id: points, name: Points, symbol: POINT, kind: REDEEMABLE, expiry: ", expiry,
                "}\n- {id: credit, name: Credit, symbol: CREDIT, kind: QUALIFYING}");
  return absl::StrCat(head, "currency: ", currency, "\ntime_zone: ", time_zone, "\n",
                      Section("point_types", types), Section("metrics", metrics),
                      Section("eligibility", eligibility), Section("earning_rules", rules),
                      Section("tiers", tiers), Section("tier_policy", tier_policy));
}

std::shared_ptr<const Rulebook> Compiled(absl::string_view text) {
  Rulebook::Compiled compiled = Rulebook::Compile(text);
  EXPECT_NE(compiled.rulebook, nullptr) << RenderedFindings(text);
  return compiled.rulebook;
}

std::string SourceDir() {
  const char* const directory = std::getenv("LAUREL_SOURCE_DIR");
  return directory == nullptr ? "." : directory;
}

std::string RenderedFindings(absl::string_view text) {
  std::string rendered;
  for (const Finding& finding : Rulebook::Compile(text).findings) {
    rendered += RenderFinding(finding, "program.yaml", text);
  }
  return rendered;
}

}  // namespace laurel::rules
