#ifndef LAUREL_RULES_PROGRAM_FINDINGS_H_
#define LAUREL_RULES_PROGRAM_FINDINGS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "rules/program/rulebook.h"

namespace laurel::rules {

// Collects what is wrong with one document, and knows where in the text each field stands.
//
// A field that has been reported is wrong: checks that build on it ask IsWrong and keep silent, so
// that no finding is the consequence of another. Keeps the first 100 findings and counts the rest.
class Findings {
 public:
  // `text` must outlive this.
  explicit Findings(absl::string_view text);

  // Records that the value of `path` begins at byte `offset` of the text.
  void Place(absl::string_view path, std::size_t offset);
  // The same for a scalar, of which parts can be shown.
  void PlaceScalar(absl::string_view path, std::size_t offset, std::string value);
  // Makes IsWrong(path) true without a finding, because another finding explains it.
  void Excuse(absl::string_view path);

  // Reports at the position of `path`, or of the nearest field around it that has one.
  void Error(absl::string_view code, absl::string_view path, std::string message,
             std::string hint = {});
  void Warning(absl::string_view code, absl::string_view path, std::string message,
               std::string hint = {});
  // Reports at byte `offset`.
  void ErrorAt(std::size_t offset, absl::string_view code, absl::string_view path,
               std::string message, std::string hint = {});

  // Bytes [begin, end) of the scalar at `path`.
  struct Part {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool is_known = true;  // false: all of it
  };
  // What may be said besides a message.
  struct Details {
    std::vector<std::string> notes = {};
    std::string hint = {};
    std::optional<std::string> replacement = {};  // of the part, where the repair is certain
  };
  // Reports about a part of a scalar.
  void Report(Severity severity, absl::string_view code, absl::string_view path, const Part& part,
              std::string message, Details details);
  void Info(absl::string_view code, absl::string_view path, std::string message,
            std::vector<std::string> notes = {});

  // True if there is an error about `path` or about a field around it.
  bool IsWrong(absl::string_view path) const;
  bool has_errors() const { return has_errors_; }
  // 1 for the first line of the text.
  int LineOf(std::size_t offset) const;
  // In the order of the text.
  std::vector<Finding> Sorted() const;
  // Knows where each field stands, and of nothing that is wrong.
  Findings PlacesOnly() const;

 private:
  struct Position {
    int line = 0;
    int column = 0;
  };
  Position PositionOf(std::size_t offset) const;
  std::optional<std::size_t> OffsetOf(absl::string_view path) const;
  void Add(Severity severity, std::optional<std::size_t> offset, std::size_t length,
           absl::string_view code, absl::string_view path, std::string message, Details details);
  // Where a part stands in the text: offset and length; nothing if that cannot be told.
  std::optional<std::pair<std::size_t, std::size_t>> RangeOf(absl::string_view path,
                                                             const Part& part) const;

  absl::string_view text_;
  std::vector<std::size_t> line_starts_;
  absl::flat_hash_map<std::string, std::size_t> offsets_;
  absl::flat_hash_map<std::string, std::string> scalars_;  // by path
  absl::flat_hash_set<std::string> wrong_;
  std::vector<Finding> findings_;
  std::size_t dropped_ = 0;
  bool has_errors_ = false;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_FINDINGS_H_
