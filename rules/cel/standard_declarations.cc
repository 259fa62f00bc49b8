// What the libraries are called with. Overload ids are those that implementations of the language
// share.
#include "rules/cel/declarations.h"

namespace laurel::cel {
namespace {

enum class Style { kGlobal, kMethod };

struct Row {
  absl::string_view function;
  absl::string_view id;
  absl::string_view signature;  // of a method the target first
  Style style = Style::kGlobal;
};

template <std::size_t kSize>
void AddRows(Declarations& declarations, const Row (&rows)[kSize]) {
  for (const Row& row : rows) {
    if (row.style == Style::kMethod) {
      declarations.AddMethod(row.function, row.id, row.signature);
    } else {
      declarations.AddGlobal(row.function, row.id, row.signature);
    }
  }
}

constexpr Row kOperators[] = {
    {"_?_:_", "conditional", "bool, A, A -> A"},
    {"_&&_", "logical_and", "bool, bool -> bool"},
    {"_||_", "logical_or", "bool, bool -> bool"},
    {"!_", "logical_not", "bool -> bool"},
    {"@not_strictly_false", "not_strictly_false", "bool -> bool"},
    {"_==_", "equals", "A, A -> bool"},
    {"_!=_", "not_equals", "A, A -> bool"},
    {"_+_", "add_bytes", "bytes, bytes -> bytes"},
    {"_+_", "add_double", "double, double -> double"},
    {"_+_", "add_duration_duration", "duration, duration -> duration"},
    {"_+_", "add_duration_timestamp", "duration, timestamp -> timestamp"},
    {"_+_", "add_timestamp_duration", "timestamp, duration -> timestamp"},
    {"_+_", "add_int64", "int, int -> int"},
    {"_+_", "add_list", "list(A), list(A) -> list(A)"},
    {"_+_", "add_string", "string, string -> string"},
    {"_+_", "add_uint64", "uint, uint -> uint"},
    {"_-_", "subtract_double", "double, double -> double"},
    {"_-_", "subtract_duration_duration", "duration, duration -> duration"},
    {"_-_", "subtract_int64", "int, int -> int"},
    {"_-_", "subtract_timestamp_duration", "timestamp, duration -> timestamp"},
    {"_-_", "subtract_timestamp_timestamp", "timestamp, timestamp -> duration"},
    {"_-_", "subtract_uint64", "uint, uint -> uint"},
    {"_*_", "multiply_double", "double, double -> double"},
    {"_*_", "multiply_int64", "int, int -> int"},
    {"_*_", "multiply_uint64", "uint, uint -> uint"},
    {"_/_", "divide_double", "double, double -> double"},
    {"_/_", "divide_int64", "int, int -> int"},
    {"_/_", "divide_uint64", "uint, uint -> uint"},
    {"_%_", "modulo_int64", "int, int -> int"},
    {"_%_", "modulo_uint64", "uint, uint -> uint"},
    {"-_", "negate_double", "double -> double"},
    {"-_", "negate_int64", "int -> int"},
    {"_[_]", "index_list", "list(A), int -> A"},
    {"_[_]", "index_map", "map(A, B), A -> B"},
    {"@in", "in_list", "A, list(A) -> bool"},
    {"@in", "in_map", "A, map(A, B) -> bool"},
};

struct Relation {
  absl::string_view function;
  absl::string_view prefix;
};

constexpr Relation kRelations[] = {
    {"_<_", "less_"},
    {"_<=_", "less_equals_"},
    {"_>_", "greater_"},
    {"_>=_", "greater_equals_"},
};

struct Ordered {
  absl::string_view suffix;
  absl::string_view type;
};

constexpr Ordered kOrdered[] = {
    {"bool", "bool"},     {"int64", "int"},   {"uint64", "uint"},         {"double", "double"},
    {"string", "string"}, {"bytes", "bytes"}, {"timestamp", "timestamp"}, {"duration", "duration"},
};

constexpr Row kStandardFunctions[] = {
    {"size", "size_bytes", "bytes -> int"},
    {"size", "size_list", "list(A) -> int"},
    {"size", "size_map", "map(A, B) -> int"},
    {"size", "size_string", "string -> int"},
    {"size", "bytes_size", "bytes -> int", Style::kMethod},
    {"size", "list_size", "list(A) -> int", Style::kMethod},
    {"size", "map_size", "map(A, B) -> int", Style::kMethod},
    {"size", "string_size", "string -> int", Style::kMethod},
    {"type", "type", "A -> type(A)"},
    {"dyn", "to_dyn", "A -> dyn"},
    {"bool", "bool_to_bool", "bool -> bool"},
    {"bool", "string_to_bool", "string -> bool"},
    {"bytes", "bytes_to_bytes", "bytes -> bytes"},
    {"bytes", "string_to_bytes", "string -> bytes"},
    {"double", "double_to_double", "double -> double"},
    {"double", "int64_to_double", "int -> double"},
    {"double", "string_to_double", "string -> double"},
    {"double", "uint64_to_double", "uint -> double"},
    {"duration", "duration_to_duration", "duration -> duration"},
    {"duration", "string_to_duration", "string -> duration"},
    {"int", "int64_to_int64", "int -> int"},
    {"int", "double_to_int64", "double -> int"},
    {"int", "duration_to_int64", "duration -> int"},
    {"int", "string_to_int64", "string -> int"},
    {"int", "timestamp_to_int64", "timestamp -> int"},
    {"int", "uint64_to_int64", "uint -> int"},
    {"string", "string_to_string", "string -> string"},
    {"string", "bool_to_string", "bool -> string"},
    {"string", "bytes_to_string", "bytes -> string"},
    {"string", "double_to_string", "double -> string"},
    {"string", "duration_to_string", "duration -> string"},
    {"string", "int64_to_string", "int -> string"},
    {"string", "timestamp_to_string", "timestamp -> string"},
    {"string", "uint64_to_string", "uint -> string"},
    {"timestamp", "timestamp_to_timestamp", "timestamp -> timestamp"},
    {"timestamp", "int64_to_timestamp", "int -> timestamp"},
    {"timestamp", "string_to_timestamp", "string -> timestamp"},
    {"uint", "uint64_to_uint64", "uint -> uint"},
    {"uint", "double_to_uint64", "double -> uint"},
    {"uint", "int64_to_uint64", "int -> uint"},
    {"uint", "string_to_uint64", "string -> uint"},
    {"matches", "matches", "string, string -> bool"},
    {"matches", "matches_string", "string, string -> bool", Style::kMethod},
    {"contains", "contains_string", "string, string -> bool", Style::kMethod},
    {"startsWith", "starts_with_string", "string, string -> bool", Style::kMethod},
    {"endsWith", "ends_with_string", "string, string -> bool", Style::kMethod},
};

constexpr Row kTimeFunctions[] = {
    {"getFullYear", "timestamp_to_year", "timestamp -> int", Style::kMethod},
    {"getFullYear", "timestamp_to_year_with_tz", "timestamp, string -> int", Style::kMethod},
    {"getMonth", "timestamp_to_month", "timestamp -> int", Style::kMethod},
    {"getMonth", "timestamp_to_month_with_tz", "timestamp, string -> int", Style::kMethod},
    {"getDayOfYear", "timestamp_to_day_of_year", "timestamp -> int", Style::kMethod},
    {"getDayOfYear", "timestamp_to_day_of_year_with_tz", "timestamp, string -> int",
     Style::kMethod},
    {"getDayOfMonth", "timestamp_to_day_of_month", "timestamp -> int", Style::kMethod},
    {"getDayOfMonth", "timestamp_to_day_of_month_with_tz", "timestamp, string -> int",
     Style::kMethod},
    {"getDate", "timestamp_to_day_of_month_1_based", "timestamp -> int", Style::kMethod},
    {"getDate", "timestamp_to_day_of_month_1_based_with_tz", "timestamp, string -> int",
     Style::kMethod},
    {"getDayOfWeek", "timestamp_to_day_of_week", "timestamp -> int", Style::kMethod},
    {"getDayOfWeek", "timestamp_to_day_of_week_with_tz", "timestamp, string -> int",
     Style::kMethod},
    {"getHours", "timestamp_to_hours", "timestamp -> int", Style::kMethod},
    {"getHours", "timestamp_to_hours_with_tz", "timestamp, string -> int", Style::kMethod},
    {"getHours", "duration_to_hours", "duration -> int", Style::kMethod},
    {"getMinutes", "timestamp_to_minutes", "timestamp -> int", Style::kMethod},
    {"getMinutes", "timestamp_to_minutes_with_tz", "timestamp, string -> int", Style::kMethod},
    {"getMinutes", "duration_to_minutes", "duration -> int", Style::kMethod},
    {"getSeconds", "timestamp_to_seconds", "timestamp -> int", Style::kMethod},
    {"getSeconds", "timestamp_to_seconds_tz", "timestamp, string -> int", Style::kMethod},
    {"getSeconds", "duration_to_seconds", "duration -> int", Style::kMethod},
    {"getMilliseconds", "timestamp_to_milliseconds", "timestamp -> int", Style::kMethod},
    {"getMilliseconds", "timestamp_to_milliseconds_with_tz", "timestamp, string -> int",
     Style::kMethod},
    {"getMilliseconds", "duration_to_milliseconds", "duration -> int", Style::kMethod},
};

constexpr Row kMath[] = {
    {"math.ceil", "math_ceil_double", "double -> double"},
    {"math.floor", "math_floor_double", "double -> double"},
    {"math.round", "math_round_double", "double -> double"},
    {"math.trunc", "math_trunc_double", "double -> double"},
    {"math.isInf", "math_isInf_double", "double -> bool"},
    {"math.isNaN", "math_isNaN_double", "double -> bool"},
    {"math.isFinite", "math_isFinite_double", "double -> bool"},
    {"math.abs", "math_abs_double", "double -> double"},
    {"math.abs", "math_abs_int", "int -> int"},
    {"math.abs", "math_abs_uint", "uint -> uint"},
    {"math.sign", "math_sign_double", "double -> double"},
    {"math.sign", "math_sign_int", "int -> int"},
    {"math.sign", "math_sign_uint", "uint -> uint"},
    {"math.sqrt", "math_sqrt_double", "double -> double"},
    {"math.sqrt", "math_sqrt_int", "int -> double"},
    {"math.sqrt", "math_sqrt_uint", "uint -> double"},
    {"math.bitAnd", "math_bitAnd_int_int", "int, int -> int"},
    {"math.bitAnd", "math_bitAnd_uint_uint", "uint, uint -> uint"},
    {"math.bitOr", "math_bitOr_int_int", "int, int -> int"},
    {"math.bitOr", "math_bitOr_uint_uint", "uint, uint -> uint"},
    {"math.bitXor", "math_bitXor_int_int", "int, int -> int"},
    {"math.bitXor", "math_bitXor_uint_uint", "uint, uint -> uint"},
    {"math.bitNot", "math_bitNot_int_int", "int -> int"},
    {"math.bitNot", "math_bitNot_uint_uint", "uint -> uint"},
    {"math.bitShiftLeft", "math_bitShiftLeft_int_int", "int, int -> int"},
    {"math.bitShiftLeft", "math_bitShiftLeft_uint_int", "uint, int -> uint"},
    {"math.bitShiftRight", "math_bitShiftRight_int_int", "int, int -> int"},
    {"math.bitShiftRight", "math_bitShiftRight_uint_int", "uint, int -> uint"},
};

constexpr Row kStrings[] = {
    {"charAt", "string_char_at_int", "string, int -> string", Style::kMethod},
    {"indexOf", "string_index_of_string", "string, string -> int", Style::kMethod},
    {"indexOf", "string_index_of_string_int", "string, string, int -> int", Style::kMethod},
    {"lastIndexOf", "string_last_index_of_string", "string, string -> int", Style::kMethod},
    {"lastIndexOf", "string_last_index_of_string_int", "string, string, int -> int",
     Style::kMethod},
    {"join", "list_join", "list(string) -> string", Style::kMethod},
    {"join", "list_join_string", "list(string), string -> string", Style::kMethod},
    {"lowerAscii", "string_lower_ascii", "string -> string", Style::kMethod},
    {"upperAscii", "string_upper_ascii", "string -> string", Style::kMethod},
    {"replace", "string_replace_string_string", "string, string, string -> string", Style::kMethod},
    {"replace", "string_replace_string_string_int", "string, string, string, int -> string",
     Style::kMethod},
    {"reverse", "string_reverse", "string -> string", Style::kMethod},
    {"split", "string_split_string", "string, string -> list(string)", Style::kMethod},
    {"split", "string_split_string_int", "string, string, int -> list(string)", Style::kMethod},
    {"substring", "string_substring_int", "string, int -> string", Style::kMethod},
    {"substring", "string_substring_int_int", "string, int, int -> string", Style::kMethod},
    {"trim", "string_trim", "string -> string", Style::kMethod},
    {"format", "string_format", "string, list(dyn) -> string", Style::kMethod},
    {"strings.quote", "strings_quote", "string -> string"},
};

constexpr Row kOptionals[] = {
    {"optional.of", "optional_of", "V -> optional(V)"},
    {"optional.ofNonZeroValue", "optional_ofNonZeroValue", "V -> optional(V)"},
    {"optional.none", "optional_none", "-> optional(V)"},
    {"optional.unwrap", "optional_unwrap", "list(optional(V)) -> list(V)"},
    {"unwrapOpt", "optional_unwrapOpt", "list(optional(V)) -> list(V)", Style::kMethod},
    {"hasValue", "optional_hasValue", "optional(V) -> bool", Style::kMethod},
    {"value", "optional_value", "optional(V) -> V", Style::kMethod},
    {"or", "optional_or_optional", "optional(V), optional(V) -> optional(V)", Style::kMethod},
    {"orValue", "optional_orValue_value", "optional(V), V -> V", Style::kMethod},
    {"_?._", "select_optional_field", "dyn, string -> optional(V)"},
    {"_[_]", "optional_list_index_int", "optional(list(V)), int -> optional(V)"},
    {"_[_]", "optional_map_index_value", "optional(map(K, V)), K -> optional(V)"},
    {"_[?_]", "list_optindex_optional_int", "list(V), int -> optional(V)"},
    {"_[?_]", "optional_list_optindex_optional_int", "optional(list(V)), int -> optional(V)"},
    {"_[?_]", "map_optindex_optional_value", "map(K, V), K -> optional(V)"},
    {"_[?_]", "optional_map_optindex_optional_value", "optional(map(K, V)), K -> optional(V)"},
};

constexpr Row kLists[] = {
    {"sum", "list_sum", "list(int) -> int", Style::kMethod},
    {"min", "list_min", "list(int) -> int", Style::kMethod},
    {"max", "list_max", "list(int) -> int", Style::kMethod},
    {"distinct", "list_distinct", "list(T) -> list(T)", Style::kMethod},
};

constexpr Row kSets[] = {
    {"sets.contains", "list_sets_contains_list", "list(T), list(T) -> bool"},
    {"sets.intersects", "list_sets_intersects_list", "list(T), list(T) -> bool"},
    {"sets.equivalent", "list_sets_equivalent_list", "list(T), list(T) -> bool"},
};

constexpr Row kDecimals[] = {
    {"mul_div", "mul_div_int", "int, int, int -> int"},
    {"mul_div", "mul_div_int_rounding", "int, int, int, string -> int"},
    {"percent", "percent_int", "int, string -> int"},
    {"percent", "percent_int_rounding", "int, string, string -> int"},
};

constexpr Row kMacroFunctions[] = {
    {"cel.@mapInsert", "@mapInsert_map_key_value", "map(K, V), K, V -> map(K, V)"},
    {"cel.@mapInsert", "@mapInsert_map_map", "map(K, V), map(K, V) -> map(K, V)"},
};

void AddTypeNames(Declarations& declarations) {
  const std::pair<const char*, Type> kNames[] = {
      {"bool", Type::Bool()},
      {"int", Type::Int()},
      {"uint", Type::Uint()},
      {"double", Type::Double()},
      {"string", Type::String()},
      {"bytes", Type::Bytes()},
      {"null_type", Type::Null()},
      {"type", Type::AnyType()},
      {"list", Type::List(Type::Dyn())},
      {"map", Type::Map(Type::Dyn(), Type::Dyn())},
      {"google.protobuf.Timestamp", Type::Timestamp()},
      {"google.protobuf.Duration", Type::Duration()},
  };
  for (const auto& [name, type] : kNames) declarations.AddTypeName(name, type);
}

void AddRelations(Declarations& declarations) {
  for (const Relation& relation : kRelations) {
    for (const Ordered& ordered : kOrdered) {
      declarations.AddGlobal(relation.function, absl::StrCat(relation.prefix, ordered.suffix),
                             absl::StrCat(ordered.type, ", ", ordered.type, " -> bool"));
    }
  }
}

// The greatest or the least of one, two or a list; of two kinds of numbers, which one is known when
// they are.
void AddExtreme(Declarations& declarations, absl::string_view name) {
  constexpr absl::string_view kNumbers[] = {"double", "int", "uint"};
  const std::string function = absl::StrCat("math.@", name);
  const std::string prefix = absl::StrCat("math_@", name, "_");
  for (const absl::string_view a : kNumbers) {
    declarations.AddGlobal(function, absl::StrCat(prefix, a), absl::StrCat(a, " -> ", a));
    for (const absl::string_view b : kNumbers) {
      declarations.AddGlobal(function, absl::StrCat(prefix, a, "_", b),
                             absl::StrCat(a, ", ", b, " -> ", a == b ? a : "dyn"));
    }
  }
  for (const absl::string_view a : kNumbers) {
    declarations.AddGlobal(function, absl::StrCat(prefix, "list_", a),
                           absl::StrCat("list(", a, ") -> ", a));
  }
}

}  // namespace

void AddStandardDeclarations(Declarations& declarations) {
  AddTypeNames(declarations);
  AddRows(declarations, kOperators);
  AddRelations(declarations);
  AddRows(declarations, kStandardFunctions);
  AddRows(declarations, kTimeFunctions);
}

void AddMathDeclarations(Declarations& declarations) {
  AddRows(declarations, kMath);
  AddExtreme(declarations, "max");
  AddExtreme(declarations, "min");
}

void AddStringDeclarations(Declarations& declarations) { AddRows(declarations, kStrings); }

void AddOptionalDeclarations(Declarations& declarations) {
  declarations.AddTypeName(kOptionalTypeName, Type::Abstract(kOptionalTypeName, {}));
  AddRows(declarations, kOptionals);
}

void AddListDeclarations(Declarations& declarations) { AddRows(declarations, kLists); }

void AddSetDeclarations(Declarations& declarations) { AddRows(declarations, kSets); }

void AddDecimalDeclarations(Declarations& declarations) { AddRows(declarations, kDecimals); }

void AddMacroDeclarations(Declarations& declarations) { AddRows(declarations, kMacroFunctions); }

const Declarations& AllDeclarations() {
  static const Declarations* const all = [] {
    auto* const declarations = new Declarations();
    AddStandardDeclarations(*declarations);
    AddMathDeclarations(*declarations);
    AddStringDeclarations(*declarations);
    AddOptionalDeclarations(*declarations);
    AddListDeclarations(*declarations);
    AddSetDeclarations(*declarations);
    AddDecimalDeclarations(*declarations);
    AddMacroDeclarations(*declarations);
    return declarations;
  }();
  return *all;
}

}  // namespace laurel::cel
