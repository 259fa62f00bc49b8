#ifndef LAUREL_RULES_PROGRAM_YAML_READER_H_
#define LAUREL_RULES_PROGRAM_YAML_READER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/program/findings.h"

// The part of YAML that a program document may use: mappings, lists and scalars. No anchors,
// aliases, tags, merge keys, second documents or duplicate keys, and no scalar that changes its
// type behind the author's back.
namespace laurel::rules {

inline constexpr std::size_t kDocumentBytesMax = 1 << 20;
inline constexpr std::size_t kNestingMax = 32;

// One value of the text. `text` of a scalar is what was written, escapes resolved, whether quoted
// or not.
struct YamlNode {
  enum class Kind {
    kScalar,
    kMapping,
    kList,
    kNothing,  // null, ~, or a key without a value
    kRefused,  // already reported
  };
  struct Member;

  Kind kind = Kind::kNothing;
  std::size_t offset = 0;  // of the first byte in the text
  std::string text;
  std::vector<YamlNode> items;
  std::vector<Member> members;  // keys are distinct
};
struct YamlNode::Member {
  std::string key;
  std::size_t key_offset = 0;
  YamlNode value;
};

// Reads one document of YAML, or of JSON as its flow style. Reports what the table above forbids.
// Returns nothing if the text cannot be read to its end; a syntax error is then reported, too.
std::optional<YamlNode> ReadYaml(absl::string_view text, Findings& findings);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_YAML_READER_H_
