#ifndef LAUREL_TESTS_SCENARIOS_PROGRAM_TEXT_H_
#define LAUREL_TESTS_SCENARIOS_PROGRAM_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rules/program/yaml_reader.h"

namespace laurel::scenarios {

// A program document that a scenario changes field by field.
class ProgramText {
 public:
  // CHECKs that `yaml` can be read.
  explicit ProgramText(absl::string_view yaml);

  // Puts a value in the place of a field, or takes it away where the value is empty.
  //
  //   point_types.points.expiry: [{policy: NEVER}]
  //
  // A step of the path is a key, or the id of an element of a list; an id that is not there adds an
  // element at the end. The value may take several lines. INVALID_ARGUMENT says what is wrong.
  absl::Status Change(absl::string_view path_and_value);

  // The text of a scalar at the top; empty if there is none.
  std::string Find(absl::string_view key) const;
  // As JSON, which is YAML. Every scalar is quoted: the reader of programs tells types by fields.
  std::string Render() const;

 private:
  rules::YamlNode root_;
};

}  // namespace laurel::scenarios

#endif  // LAUREL_TESTS_SCENARIOS_PROGRAM_TEXT_H_
