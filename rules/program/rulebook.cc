#include "rules/program/rulebook.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rules/program/compile.h"
#include "rules/program/document.h"
#include "rules/program/document_thresholds.h"
#include "rules/program/findings.h"
#include "rules/program/model.h"
#include "rules/program/program.h"

namespace laurel::rules {
namespace {

// What can be shown of a condition.
std::vector<std::vector<Threshold>> ThresholdsOf(const model::Condition& condition,
                                                 const Program& program) {
  std::vector<std::vector<Threshold>> alternatives;
  if (!condition) return alternatives;
  const auto floors = FloorsOf(condition->plan.checked(), program.currency_exponent);
  if (!floors) return alternatives;
  for (const MetricFloors& all : *floors) {
    std::vector<Threshold>& thresholds = alternatives.emplace_back();
    for (std::size_t i = 0; i < program.metrics.size(); ++i) {
      const auto floor = all.find(program.metrics[i].id);
      if (floor != all.end()) thresholds.push_back(Threshold{i, floor->second});
    }
  }
  return alternatives;
}

class CompiledRulebook final : public Rulebook {
 public:
  CompiledRulebook(Document document, std::shared_ptr<const model::Model> model,
                   const std::vector<Finding>& findings)
      : canonical_(std::move(document.canonical)),
        digest_(Sha256(canonical_)),
        program_(std::move(document.program)),
        model_(std::move(model)) {
    for (const model::Tier& tier : model_->tiers) {
      std::vector<std::vector<Threshold>> qualify = ThresholdsOf(tier.qualify, program_);
      std::vector<std::vector<Threshold>> retain =
          tier.retain ? ThresholdsOf(tier.retain, program_) : qualify;
      tiers_.push_back(Tier{tier.id, tier.name, tier.rank, std::move(qualify), std::move(retain)});
    }
    for (const Finding& finding : findings) {
      if (finding.severity == Severity::kWarning) warnings_.push_back(NameOf(finding));
    }
  }

  absl::string_view canonical() const override { return canonical_; }
  const Hash& digest() const override { return digest_; }
  absl::string_view program() const override { return program_.id; }
  absl::string_view name() const override { return program_.name; }
  absl::string_view currency() const override { return program_.currency; }
  int currency_exponent() const override { return program_.currency_exponent; }
  absl::string_view time_zone() const override { return program_.time_zone; }
  std::int64_t max_late_arrival_micros() const override { return program_.max_late_arrival_micros; }
  std::span<const PointType> point_types() const override { return program_.point_types; }
  std::span<const Metric> metrics() const override { return program_.metrics; }
  std::span<const Tier> tiers() const override { return tiers_; }
  std::span<const std::string> warnings() const override { return warnings_; }
  Date LocalDate(Timestamp instant) const override { return program_.calendar.LocalDate(instant); }
  Timestamp StartOf(Date date) const override { return program_.calendar.StartOf(date); }
  const model::Model& model() const override { return *model_; }

 private:
  std::string canonical_;
  Hash digest_;
  Program program_;
  std::shared_ptr<const model::Model> model_;
  std::vector<Tier> tiers_;
  std::vector<std::string> warnings_;
};

}  // namespace

Rulebook::Compiled Rulebook::Compile(absl::string_view text) {
  text = WithoutByteOrderMark(text);
  Findings findings(text);
  std::optional<Document> document = ReadDocument(text, findings);
  absl::StatusOr<std::shared_ptr<const model::Model>> model = nullptr;
  if (document) {
    model = model::CompileModel(*document->message);
    // Checked documents compile; whatever does not is the author's to see.
    if (!model.ok()) findings.Error("R-SCHEMA-027", "", std::string(model.status().message()));
  }
  Compiled compiled{.rulebook = nullptr, .findings = findings.Sorted()};
  // Information is for authors, who ask for it by CheckDocument.
  std::erase_if(compiled.findings,
                [](const Finding& finding) { return finding.severity == Severity::kInfo; });
  if (document && model.ok()) {
    compiled.rulebook = std::make_shared<CompiledRulebook>(*std::move(document), *std::move(model),
                                                           compiled.findings);
  }
  return compiled;
}

absl::StatusOr<std::shared_ptr<const Rulebook>> Rulebook::FromCanonical(
    absl::string_view canonical) {
  Compiled compiled = Compile(canonical);
  if (!compiled.rulebook) {
    return absl::InternalError(
        absl::StrCat("program: stored document must compile, was refused: ",
                     RenderFinding(compiled.findings.front(), "canonical", "")));
  }
  if (compiled.rulebook->canonical() != canonical) {
    return absl::InternalError("program: stored document must be in canonical form, was not");
  }
  return std::move(compiled.rulebook);
}

}  // namespace laurel::rules
