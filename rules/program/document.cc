#include "rules/program/document.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/currency.h"
#include "rules/program/document_bind.h"
#include "rules/program/document_canonical.h"
#include "rules/program/document_check.h"
#include "rules/program/document_expressions.h"
#include "rules/program/document_reach.h"
#include "rules/program/document_served.h"
#include "rules/program/yaml_reader.h"

namespace laurel::rules {
namespace {

void CheckSize(const std::string& canonical, Findings& findings) {
  if (canonical.size() <= kCanonicalBytesMax) return;
  findings.Error("R-SCHEMA-023", "",
                 absl::StrCat("canonical form: must have at most ", kCanonicalBytesMax,
                              " bytes, had ", canonical.size()));
}

}  // namespace

std::optional<Document> ReadDocument(absl::string_view text, Findings& findings) {
  return ReadDocument(text, DocumentUse::kServe, findings);
}

std::optional<Document> ReadDocument(absl::string_view text, DocumentUse use, Findings& findings) {
  const std::optional<YamlNode> root = ReadYaml(text, findings);
  if (!root) return std::nullopt;
  auto read = std::make_shared<program::v1::ProgramDocument>();
  program::v1::ProgramDocument& message = *read;
  Bind(*root, message, findings);
  if (root->kind != YamlNode::Kind::kMapping) return std::nullopt;

  Document document;
  if (use == DocumentUse::kServe) CheckServed(message, findings);
  document.program = CheckProgram(message, findings);
  CheckExpressions(message, CurrencyExponent(message.currency()), findings);
  if (use == DocumentUse::kCheck && !findings.has_errors()) {
    CheckReach(message, CurrencyExponent(message.currency()), findings);
  }
  document.canonical = CanonicalJson(message);
  if (use == DocumentUse::kServe) CheckSize(document.canonical, findings);
  if (findings.has_errors()) return std::nullopt;
  document.message = std::move(read);
  return document;
}

absl::string_view WithoutByteOrderMark(absl::string_view text) {
  return absl::StripPrefix(text, "\xEF\xBB\xBF");
}

CheckedDocument CheckDocumentWithPlaces(absl::string_view text) {
  Findings findings(text);
  std::optional<Document> document = ReadDocument(text, DocumentUse::kCheck, findings);
  CheckedDocument checked{
      .report = {.is_valid = document.has_value(), .findings = findings.Sorted()},
      .message = nullptr,
      .places = findings.PlacesOnly()};
  if (!document) return checked;
  Findings served = checked.places.PlacesOnly();
  CheckServed(*document->message, served);
  CheckSize(document->canonical, served);
  checked.report.unserved = served.Sorted();
  checked.report.canonical = std::move(document->canonical);
  checked.message = std::move(document->message);
  return checked;
}

DocumentReport CheckDocument(absl::string_view text) {
  return CheckDocumentWithPlaces(WithoutByteOrderMark(text)).report;
}

}  // namespace laurel::rules
