#include "rules/program/compile_context.h"

#include <algorithm>
#include <utility>

#include "rules/cel/checker.h"
#include "rules/cel/fold.h"
#include "rules/cel/parser.h"
#include "rules/program/functions.h"
#include "rules/program/text.h"

namespace laurel::rules::model {
CompileContext::CompileContext(Model& target)
    : model(target), declarations_(&cel::AllDeclarations()) {
  constants_ = cel::AllFunctions();
}

void CompileContext::Fail(absl::string_view path, absl::string_view message) {
  if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat(path, ": ", message));
}

std::int64_t CompileContext::Decimal(absl::string_view path, absl::string_view text, int digits) {
  if (text.empty()) return 0;
  const Scaled scaled = ParseScaled(text, digits);
  if (scaled.fit != Scaled::Fit::kExact) Fail(path, "expected a decimal");
  return scaled.value;
}

std::int64_t CompileContext::Money(absl::string_view path, absl::string_view text) {
  return Decimal(path, text, model.currency_exponent);
}

std::int64_t CompileContext::Points(absl::string_view path, absl::string_view text,
                                    std::size_t point_type) {
  return Decimal(path, text, model.point_types[point_type].decimals);
}

std::optional<CivilDuration> CompileContext::Duration(absl::string_view path,
                                                      absl::string_view text) {
  if (text.empty()) return std::nullopt;
  std::optional<CivilDuration> duration = ParseDuration(text);
  if (!duration) Fail(path, "expected a duration");
  return duration;
}

std::optional<Date> CompileContext::Day(absl::string_view path, absl::string_view text) {
  if (text.empty()) return std::nullopt;
  const absl::StatusOr<Date> date = Date::Parse(text);
  if (date.ok()) return *date;
  Fail(path, date.status().message());
  return std::nullopt;
}

std::optional<Timestamp> CompileContext::Instant(absl::string_view path, absl::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::optional<LocalTime> time = ParseLocalTime(text);
  if (time) return model.calendar.InstantOf(time->date, time->second);
  Fail(path, "expected a local date and time");
  return std::nullopt;
}

std::optional<int> CompileContext::Minute(absl::string_view path, absl::string_view text) {
  if (text.empty()) return std::nullopt;
  std::optional<int> minute = ParseTimeOfDay(text);
  if (!minute) Fail(path, "expected a time of the day");
  return minute;
}

void CompileContext::DeclareStructs(const FactTable& facts) {
  for (std::size_t group = 0; group < kFactGroups.size(); ++group) {
    std::vector<std::string> names;
    for (const auto& [name, fact] : facts.fields(static_cast<FactGroup>(group))) {
      names.push_back(name);
    }
    if (group == kVariableFacts) {
      for (const Variable& variable : model.variables) names.push_back(variable.id);
    }
    model.structs.push_back(
        std::make_unique<cel::StructType>(std::string(kFactGroups[group]), std::move(names)));
    options_.structs.push_back(model.structs.back().get());
  }
}

void CompileContext::DeclareFacts(const FactTable& facts) {
  model.functions = std::make_unique<cel::FunctionRegistry>(cel::AllFunctions());
  AddConstantFunctions(model.currency_exponent, constants_);
  AddConstantFunctions(model.currency_exponent, *model.functions);
  AddMemberFunctions(*model.functions);
  options_.functions = model.functions.get();
  options_.symbols = &model.symbols;
  facts.Declare(declarations_);
  DeclareStructs(facts);
  for (const absl::string_view root : kFactRoots) options_.slots.Add(root);
}

Condition CompileContext::Compile(absl::string_view path, absl::string_view text,
                                  std::optional<cel::Type> result) {
  if (text.empty()) return std::nullopt;
  const cel::Source source(text, path);
  cel::ParseResult parsed = cel::Parse(source);
  if (!parsed.ok()) {
    Fail(path, parsed.issues.front().message);
    return std::nullopt;
  }
  cel::CheckOptions options;
  options.result = std::move(result);
  cel::CheckResult checked = cel::Check(std::move(parsed.ast), declarations_, options);
  if (!checked.ok()) {
    Fail(path, checked.issues.front().message);
    return std::nullopt;
  }
  cel::FoldOptions folding;
  folding.functions = &constants_;
  return Expression{std::string(text),
                    cel::Plan::Make(cel::Fold(checked.checked, folding), options_)};
}

Condition CompileContext::Bool(absl::string_view path, absl::string_view text) {
  return Compile(path, text, cel::Type::Bool());
}
Condition CompileContext::Int(absl::string_view path, absl::string_view text) {
  return Compile(path, text, cel::Type::Int());
}
Condition CompileContext::Text(absl::string_view path, absl::string_view text) {
  return Compile(path, text, cel::Type::String());
}

void CompileContext::AddVariable(absl::string_view path, absl::string_view text) {
  Condition expression = Compile(path, text, std::nullopt);
  if (!expression) return Fail(path, "expected an expression");
  Variable& variable = model.variables[variables_.size()];
  variables_.push_back({variable.id, expression->plan.checked().type()});
  variable.expression = std::move(expression);
  declarations_.AddStruct(kFactGroups[kVariableFacts], variables_);
}

}  // namespace laurel::rules::model
