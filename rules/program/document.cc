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
  if (use == DocumentUse::kServe && document.canonical.size() > kCanonicalBytesMax) {
    findings.Error("R-SCHEMA-023", "",
                   absl::StrCat("canonical form: must have at most ", kCanonicalBytesMax,
                                " bytes, had ", document.canonical.size()));
  }
  if (findings.has_errors()) return std::nullopt;
  document.message = std::move(read);
  return document;
}

absl::string_view WithoutByteOrderMark(absl::string_view text) {
  return absl::StripPrefix(text, "\xEF\xBB\xBF");
}

DocumentReport CheckDocument(absl::string_view text) {
  text = WithoutByteOrderMark(text);
  Findings findings(text);
  std::optional<Document> document = ReadDocument(text, DocumentUse::kCheck, findings);
  DocumentReport report{.is_valid = document.has_value(), .findings = findings.Sorted()};
  if (!document) return report;
  report.canonical = std::move(document->canonical);
  Findings served(text);
  ReadDocument(text, DocumentUse::kServe, served);
  for (Finding& finding : served.Sorted()) {
    if (finding.code == "R-SCHEMA-026" || finding.code == "R-SCHEMA-023") {
      report.unserved.push_back(std::move(finding));
    }
  }
  return report;
}

}  // namespace laurel::rules
