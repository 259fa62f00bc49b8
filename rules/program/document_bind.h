#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_BIND_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_BIND_H_

#include "rules/program/findings.h"
#include "rules/program/yaml_reader.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace laurel::rules {

// Fills `message` from `node` by the names of the schema, and tells `findings` where each field
// stands. What does not fit the schema is reported and left out.
//
// Strings take scalars as written; integers -?[0-9]+ without leading zeros; bools true or false;
// enums the value's name, with the enum's prefix or, as people write it, without.
void Bind(const YamlNode& node, google::protobuf::Message& message, Findings& findings);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_BIND_H_
