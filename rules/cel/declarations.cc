#include "rules/cel/declarations.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace laurel::cel {
namespace {

bool IsNamePart(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
}

struct NamedType {
  absl::string_view name;
  Type (*make)();
};

constexpr NamedType kNamedTypes[] = {
    {"dyn", Type::Dyn},           {"null", Type::Null},
    {"bool", Type::Bool},         {"int", Type::Int},
    {"uint", Type::Uint},         {"double", Type::Double},
    {"string", Type::String},     {"bytes", Type::Bytes},
    {"type", Type::AnyType},      {"timestamp", Type::Timestamp},
    {"duration", Type::Duration},
};

// Reads types off the front of a text.
class TypeReader {
 public:
  explicit TypeReader(absl::string_view text) : text_(text) {}

  std::optional<Type> Read() {
    SkipSpace();
    std::size_t length = 0;
    while (length < text_.size() && IsNamePart(text_[length])) ++length;
    const absl::string_view name = text_.substr(0, length);
    if (name.empty()) return std::nullopt;
    text_.remove_prefix(length);
    std::vector<Type> params;
    if (Skip("(")) {
      do {
        std::optional<Type> param = Read();
        if (!param) return std::nullopt;
        params.push_back(*std::move(param));
      } while (Skip(","));
      if (!Skip(")")) return std::nullopt;
    }
    return Make(name, std::move(params));
  }

  // Takes `token` if it comes next.
  bool Skip(absl::string_view token) {
    SkipSpace();
    return absl::ConsumePrefix(&text_, token);
  }

  bool AtEnd() {
    SkipSpace();
    return text_.empty();
  }

 private:
  void SkipSpace() { text_ = absl::StripLeadingAsciiWhitespace(text_); }

  static std::optional<Type> Make(absl::string_view name, std::vector<Type> params) {
    if (name == "list" && params.size() == 1) return Type::List(params[0]);
    if (name == "map" && params.size() == 2) return Type::Map(params[0], params[1]);
    if (name == "type" && params.size() == 1) return Type::TypeOf(params[0]);
    if (name == "optional" && params.size() == 1) return Type::Optional(params[0]);
    if (!params.empty()) return Type::Abstract(name, std::move(params));
    for (const NamedType& row : kNamedTypes) {
      if (row.name == name) return row.make();
    }
    const bool is_param =
        name.size() == 1 && absl::ascii_isupper(static_cast<unsigned char>(name[0]));
    return is_param ? Type::Param(name) : Type::Struct(name);
  }

  absl::string_view text_;
};

// "int, list(T) -> T"
std::optional<OverloadDeclaration> ParseSignature(absl::string_view id,
                                                  absl::string_view signature) {
  OverloadDeclaration overload;
  overload.id = std::string(id);
  TypeReader reader(signature);
  while (!reader.Skip("->")) {
    if (!overload.params.empty() && !reader.Skip(",")) return std::nullopt;
    std::optional<Type> param = reader.Read();
    if (!param) return std::nullopt;
    overload.params.push_back(*std::move(param));
  }
  std::optional<Type> result = reader.Read();
  if (!result || !reader.AtEnd()) return std::nullopt;
  overload.result = *std::move(result);
  return overload;
}

// The number of letters to insert, remove, replace or swap with their neighbour to make `b` of `a`.
std::size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

constexpr std::size_t kNameBytesMax = 64;  // longer ones are not compared

// Remembers the nearest of the names it is shown; of equally near ones the first by the alphabet.
class Nearest {
 public:
  explicit Nearest(absl::string_view wanted)
      : wanted_(wanted), limit_(std::min<std::size_t>(2, wanted.size() / 3)) {}

  void Consider(absl::string_view name) {
    if (name.size() > kNameBytesMax || wanted_.size() > kNameBytesMax) return;
    const std::size_t distance = EditDistance(wanted_, name);
    if (distance == 0 || distance > limit_) return;
    if (best_.empty() || distance < distance_ || (distance == distance_ && name < best_)) {
      best_ = std::string(name);
      distance_ = distance;
    }
  }

  std::string best() const { return best_; }

 private:
  absl::string_view wanted_;
  std::size_t limit_;
  std::size_t distance_ = 0;
  std::string best_;
};

template <class Map>
auto* FindIn(Map& map, absl::string_view name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

void Declarations::AddVariable(absl::string_view name, Type type) {
  variables_[name] = std::move(type);
}

void Declarations::AddOverload(absl::string_view function, OverloadDeclaration overload) {
  overload.has_type_params = !overload.result.is_concrete() ||
                             std::any_of(overload.params.begin(), overload.params.end(),
                                         [](const Type& param) { return !param.is_concrete(); });
  FunctionDeclaration* declared = FindIn(functions_, function);
  if (declared == nullptr) {
    const FunctionDeclaration* const inherited =
        base_ == nullptr ? nullptr : base_->FindFunction(function);
    FunctionDeclaration fresh;
    if (inherited != nullptr) fresh = *inherited;
    fresh.name = std::string(function);
    declared = &functions_.emplace(function, std::move(fresh)).first->second;
  }
  for (OverloadDeclaration& known : declared->overloads) {
    if (known.id == overload.id) {
      known = std::move(overload);
      return;
    }
  }
  declared->overloads.push_back(std::move(overload));
}

bool Declarations::AddGlobal(absl::string_view function, absl::string_view id,
                             absl::string_view signature) {
  std::optional<OverloadDeclaration> overload = ParseSignature(id, signature);
  if (!overload) return false;
  AddOverload(function, *std::move(overload));
  return true;
}

bool Declarations::AddMethod(absl::string_view function, absl::string_view id,
                             absl::string_view signature) {
  std::optional<OverloadDeclaration> overload = ParseSignature(id, signature);
  if (!overload || overload->params.empty()) return false;
  overload->is_method = true;
  AddOverload(function, *std::move(overload));
  return true;
}

void Declarations::AddTypeName(absl::string_view name, Type type) {
  type_names_[name] = std::move(type);
}

void Declarations::AddStruct(absl::string_view name, std::vector<FieldDeclaration> fields) {
  structs_[name] = std::move(fields);
}

const Type* Declarations::FindVariable(absl::string_view name) const {
  if (const Type* const found = FindIn(variables_, name)) return found;
  return base_ == nullptr ? nullptr : base_->FindVariable(name);
}

const Type* Declarations::FindTypeName(absl::string_view name) const {
  if (const Type* const found = FindIn(type_names_, name)) return found;
  return base_ == nullptr ? nullptr : base_->FindTypeName(name);
}

const FunctionDeclaration* Declarations::FindFunction(absl::string_view name) const {
  if (const FunctionDeclaration* const found = FindIn(functions_, name)) return found;
  return base_ == nullptr ? nullptr : base_->FindFunction(name);
}

const Type* Declarations::FindField(absl::string_view structure, absl::string_view field) const {
  const auto* const fields = FindIn(structs_, structure);
  if (fields == nullptr) return base_ == nullptr ? nullptr : base_->FindField(structure, field);
  const auto found =
      std::find_if(fields->begin(), fields->end(),
                   [&](const FieldDeclaration& known) { return known.name == field; });
  return found == fields->end() ? nullptr : &found->type;
}

std::string Declarations::NearestVariable(absl::string_view name) const {
  Nearest nearest(name);
  for (const Declarations* scope = this; scope != nullptr; scope = scope->base_) {
    for (const auto& [known, type] : scope->variables_) nearest.Consider(known);
  }
  return nearest.best();
}

std::string Declarations::NearestFunction(absl::string_view name) const {
  Nearest nearest(name);
  for (const Declarations* scope = this; scope != nullptr; scope = scope->base_) {
    for (const auto& [known, function] : scope->functions_) nearest.Consider(known);
  }
  return nearest.best();
}

std::string Declarations::NearestField(absl::string_view structure, absl::string_view field) const {
  Nearest nearest(field);
  for (const Declarations* scope = this; scope != nullptr; scope = scope->base_) {
    const auto* const fields = FindIn(scope->structs_, structure);
    if (fields == nullptr) continue;
    for (const FieldDeclaration& known : *fields) nearest.Consider(known.name);
  }
  return nearest.best();
}

std::optional<Type> ParseType(absl::string_view text) {
  TypeReader reader(text);
  std::optional<Type> type = reader.Read();
  return reader.AtEnd() ? type : std::nullopt;
}

}  // namespace laurel::cel
