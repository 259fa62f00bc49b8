#ifndef LAUREL_RULES_CEL_DECLARATIONS_H_
#define LAUREL_RULES_CEL_DECLARATIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "rules/cel/type.h"

namespace laurel::cel {

// One way to call a function.
struct OverloadDeclaration {
  std::string id;          // unique within the function: "add_int64"
  bool is_method = false;  // target.function(args), the target being the first of `params`
  std::vector<Type>
      params;  // kParam types stand for any type, the same one wherever the name is the same
  Type result;

  bool has_type_params = false;  // set by Declarations
};

struct FunctionDeclaration {
  std::string name;
  std::vector<OverloadDeclaration> overloads;  // in the order of declaration
};

struct FieldDeclaration {
  std::string name;
  Type type;
};

// What an expression may name. Declarations can stand on others, so that a host's few names share
// the libraries'; the nearer one wins, and overloads of a function add up. Thread-safe as a const.
class Declarations {
 public:
  // `base` may be null; else it must outlive this and must not change any more.
  explicit Declarations(const Declarations* base = nullptr) : base_(base) {}

  // Declares a variable by its name in full, as "x" or "a.b"; again: with another type.
  void AddVariable(absl::string_view name, Type type);

  // Declares an overload; one with an id that the function has replaces that overload.
  void AddOverload(absl::string_view function, OverloadDeclaration overload);

  // The same from text: AddGlobal("f", "f_int", "int, list(T) -> T"). Types are written as in
  // ParseType. False, and nothing declared, if the signature is malformed.
  bool AddGlobal(absl::string_view function, absl::string_view id, absl::string_view signature);
  bool AddMethod(absl::string_view function, absl::string_view id, absl::string_view signature);

  // Declares that `name` names `type` in expressions such as type(x) == int.
  void AddTypeName(absl::string_view name, Type type);

  // Declares the fields of Type::Struct(name).
  void AddStruct(absl::string_view name, std::vector<FieldDeclaration> fields);

  const Type* FindVariable(absl::string_view name) const;
  const Type* FindTypeName(absl::string_view name) const;
  const FunctionDeclaration* FindFunction(absl::string_view name) const;
  const Type* FindField(absl::string_view structure, absl::string_view field) const;

  // The declared name that is nearest to `name`, by at most two edits and a third of its length;
  // empty if none is.
  std::string NearestVariable(absl::string_view name) const;
  std::string NearestFunction(absl::string_view name) const;
  std::string NearestField(absl::string_view structure, absl::string_view field) const;

 private:
  const Declarations* base_;
  absl::flat_hash_map<std::string, Type> variables_;
  absl::flat_hash_map<std::string, Type> type_names_;
  absl::flat_hash_map<std::string, FunctionDeclaration>
      functions_;  // with the overloads of the base
  absl::flat_hash_map<std::string, std::vector<FieldDeclaration>> structs_;
};

// The type that `text` writes: int, list(T), map(string, dyn), optional(T), type(T), timestamp,
// duration, null. One capital letter is a type parameter, any other name a struct. Nothing if it is
// malformed.
std::optional<Type> ParseType(absl::string_view text);

// The declarations of the libraries. Each may be added to any declarations.
void AddStandardDeclarations(Declarations& declarations);
void AddMathDeclarations(Declarations& declarations);
void AddStringDeclarations(Declarations& declarations);
void AddOptionalDeclarations(Declarations& declarations);
void AddListDeclarations(Declarations& declarations);
void AddSetDeclarations(Declarations& declarations);
void AddDecimalDeclarations(Declarations& declarations);
void AddMacroDeclarations(Declarations& declarations);

// All of the above; one for the process.
const Declarations& AllDeclarations();

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_DECLARATIONS_H_
