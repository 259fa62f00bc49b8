#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_CANONICAL_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_CANONICAL_H_

#include <string>

#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace laurel::rules {

// The proto JSON mapping of `message` with the schema's field names, int64 as strings, full enum
// names, unset and default fields left out, serialised as RFC 8785 says: members sorted, no white
// space. Strings must be UTF-8 and keys of maps ASCII; floating-point, bytes and unsigned fields
// are not supported and fail a check.
std::string CanonicalJson(const google::protobuf::Message& message);

// `text` as an RFC 8785 string, quotes included.
std::string CanonicalString(absl::string_view text);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_CANONICAL_H_
