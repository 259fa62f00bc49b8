#ifndef LAUREL_RULES_PROGRAM_COMPILE_CONTEXT_H_
#define LAUREL_RULES_PROGRAM_COMPILE_CONTEXT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rules/cel/declarations.h"
#include "rules/cel/plan.h"
#include "rules/cel/registry.h"
#include "rules/program/document_facts.h"
#include "rules/program/model.h"

// What the parts of the compiler share: units, names, expressions. Fields that do not compile are
// reported, the first one is kept, and something harmless stands for them.
namespace laurel::rules::model {

class CompileContext {
 public:
  explicit CompileContext(Model& target);

  Model& model;

  // The first failure, or OK.
  absl::Status status() const { return status_; }
  void Fail(absl::string_view path, absl::string_view message);

  // ---- Units. Empty texts are 0 or absent.
  std::int64_t Decimal(absl::string_view path, absl::string_view text, int digits);
  std::int64_t Money(absl::string_view path, absl::string_view text);
  // A decimal of points in the smallest unit of the type.
  std::int64_t Points(absl::string_view path, absl::string_view text, std::size_t point_type);
  std::optional<CivilDuration> Duration(absl::string_view path, absl::string_view text);
  std::optional<Date> Day(absl::string_view path, absl::string_view text);
  // "2027-03-01T08:15:00" in the program's time zone.
  std::optional<Timestamp> Instant(absl::string_view path, absl::string_view text);
  std::optional<int> Minute(absl::string_view path, absl::string_view text);  // "11:00"

  // ---- Names.
  template <class T>
  std::size_t Find(absl::string_view path, const std::vector<T>& named, absl::string_view id) {
    for (std::size_t i = 0; i < named.size(); ++i) {
      if (named[i].id == id) return i;
    }
    Fail(path, absl::StrCat("unknown name, was \"", id, "\""));
    return 0;
  }

  // ---- Expressions.
  // Declares the facts; comes once the model has the names of all variables.
  void DeclareFacts(const FactTable& facts);
  // None for an empty text.
  Condition Bool(absl::string_view path, absl::string_view text);
  Condition Int(absl::string_view path, absl::string_view text);
  Condition Text(absl::string_view path, absl::string_view text);
  // The next variable, of any type.
  void AddVariable(absl::string_view path, absl::string_view text);

 private:
  Condition Compile(absl::string_view path, absl::string_view text,
                    std::optional<cel::Type> result);
  void DeclareStructs(const FactTable& facts);

  absl::Status status_;
  cel::Declarations declarations_;
  cel::FunctionRegistry constants_;  // what may be computed at once
  cel::PlanOptions options_;
  std::vector<cel::FieldDeclaration> variables_;  // those that are compiled
};

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_COMPILE_CONTEXT_H_
