#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/program/findings.h"
#include "rules/program/program.h"

namespace laurel::program::v1 {
class ProgramDocument;
}  // namespace laurel::program::v1

namespace laurel::rules {

// What one stored record can hold beside its own fields.
inline constexpr std::size_t kCanonicalBytesMax = 49'152;

// A document without errors.
struct Document {
  std::string canonical;
  Program program;
  std::shared_ptr<const laurel::program::v1::ProgramDocument> message;
};

// What is asked of a document: all checks that need no evaluation, or also that the rulebook serves
// every part of it.
enum class DocumentUse { kCheck, kServe };

// What stands behind a byte order mark, if there is one.
absl::string_view WithoutByteOrderMark(absl::string_view text);

// All there is to say about a document.
struct DocumentReport {
  bool is_valid = false;  // no finding is an error
  std::string canonical;  // of a valid one
  std::vector<Finding> findings;
  std::vector<Finding> unserved;  // what the rulebook would refuse of a valid one
};
// Runs all checks that need no evaluation. Tolerates a byte order mark.
DocumentReport CheckDocument(absl::string_view text);

// The same, with what further checks build on. `text`, without a byte order mark, must outlive it.
struct CheckedDocument {
  DocumentReport report;
  std::shared_ptr<const laurel::program::v1::ProgramDocument> message;  // null unless valid
  Findings places;  // of the document's fields, without findings
};
CheckedDocument CheckDocumentWithPlaces(absl::string_view text);

// Reads and checks `text` for serving. Empty exactly if it reports an error.
std::optional<Document> ReadDocument(absl::string_view text, Findings& findings);

// The same for either use. Information is only reported for kCheck.
std::optional<Document> ReadDocument(absl::string_view text, DocumentUse use, Findings& findings);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_H_
