#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_FIELDS_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "rules/program/findings.h"
#include "rules/program/units.h"

// Checks of single fields that several parts of the document share. Each reports once, and keeps
// silent about fields that are wrong already.
namespace laurel::rules {

inline constexpr std::size_t kNameCharactersMax = 120;
inline constexpr std::size_t kDescriptionCharactersMax = 2'000;

// At("tiers", 2) is "tiers[2]"; In("tiers[2]", "rank") is "tiers[2].rank".
inline std::string At(absl::string_view path, int index) {
  return absl::StrCat(path, "[", index, "]");
}
inline std::string In(absl::string_view path, absl::string_view field) {
  return absl::StrCat(path, ".", field);
}

enum class IdForm {
  kProgram,  // bean-club
  kLower,    // point types
  kAny,      // metrics, rules, tiers
};

class Fields {
 public:
  explicit Fields(Findings& findings) : findings_(findings) {}

  Findings& findings() { return findings_; }

  // Reports that a field is missing.
  void Missing(const std::string& path);
  // True if `value` is there; reports unless it is.
  bool Required(const std::string& path, absl::string_view value);
  // Text for people.
  void Text(const std::string& path, absl::string_view value, std::size_t characters_max);
  void Id(const std::string& path, absl::string_view id, IdForm form);
  // The number of elements to look at: `count`, or `max` after a report.
  int Limited(const std::string& path, int count, int max);
  // A decimal with at most `digits` digits after the point, in 10^-digits, from 1 (or 0) to `max`.
  std::optional<std::int64_t> Positive(const std::string& path, const std::string& text, int digits,
                                       std::int64_t max);
  std::optional<std::int64_t> NotNegative(const std::string& path, const std::string& text,
                                          int digits, std::int64_t max);
  // Reports unless `value` is from `min` to `max`.
  void Between(const std::string& path, std::int64_t value, std::int64_t min, std::int64_t max);
  // A duration of whole days, or of any unit.
  std::optional<CivilDuration> Days(const std::string& path, const std::string& text,
                                    int years_max);
  std::optional<CivilDuration> Duration(const std::string& path, const std::string& text,
                                        int years_max);

 private:
  std::optional<std::int64_t> Number(const std::string& path, const std::string& text, int digits,
                                     std::int64_t min, std::int64_t max);

  Findings& findings_;
};

// The ids of one kind of thing, in document order: distinct even without regard to case.
class Names {
 public:
  // `kind` as in "point type"; `list` is the field that defines them.
  Names(absl::string_view kind, absl::string_view list) : kind_(kind), list_(list) {}

  // Takes the next id, empty if there is none; reports one that is taken.
  void Add(const std::string& path, const std::string& id, Findings& findings);
  // Takes the next id, whose checks are elsewhere.
  void AddQuietly(const std::string& id);
  bool Contains(const std::string& id) const;
  const std::vector<std::string>& ids() const { return ids_; }
  // The index of `id`; reports an unknown one, with the nearest.
  std::optional<std::size_t> Find(const std::string& path, const std::string& id,
                                  Findings& findings) const;

 private:
  std::string kind_;
  std::string list_;
  std::vector<std::string> ids_;
  absl::flat_hash_map<std::string, std::size_t> by_lower_case_;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_FIELDS_H_
