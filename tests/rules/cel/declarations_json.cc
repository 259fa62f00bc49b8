#include "tests/rules/cel/declarations_json.h"

#include <string>
#include <utility>
#include <vector>

namespace laurel::cel {
namespace {

using nlohmann::json;

// The member of `object` under either spelling; null if it has none.
const json* Member(const json& object, const char* snake, const char* camel) {
  for (const char* name : {snake, camel}) {
    const auto found = object.find(name);
    if (found != object.end()) return &*found;
  }
  return nullptr;
}

const json* Member(const json& object, const char* name) { return Member(object, name, name); }

std::optional<Type> Named(const std::string& name) {
  const std::pair<const char*, Type> kTypes[] = {
      {"BOOL", Type::Bool()},
      {"INT64", Type::Int()},
      {"UINT64", Type::Uint()},
      {"DOUBLE", Type::Double()},
      {"STRING", Type::String()},
      {"BYTES", Type::Bytes()},
      {"TIMESTAMP", Type::Timestamp()},
      {"DURATION", Type::Duration()},
      {"google.protobuf.Timestamp", Type::Timestamp()},
      {"google.protobuf.Duration", Type::Duration()},
  };
  for (const auto& [known, type] : kTypes) {
    if (name == known) return type;
  }
  return std::nullopt;
}

std::optional<std::vector<Type>> TypesFromJson(const json* types) {
  std::vector<Type> out;
  if (types == nullptr) return out;
  for (const json& type : *types) {
    std::optional<Type> one = TypeFromJson(type);
    if (!one) return std::nullopt;
    out.push_back(*std::move(one));
  }
  return out;
}

std::optional<Type> ListFromJson(const json& list) {
  const json* const element = Member(list, "elem_type", "elemType");
  const std::optional<Type> type = element == nullptr ? Type::Dyn() : TypeFromJson(*element);
  return type ? std::optional<Type>(Type::List(*type)) : std::nullopt;
}

std::optional<Type> MapFromJson(const json& map) {
  const json* const key = Member(map, "key_type", "keyType");
  const json* const value = Member(map, "value_type", "valueType");
  const std::optional<Type> keys = key == nullptr ? Type::Dyn() : TypeFromJson(*key);
  const std::optional<Type> values = value == nullptr ? Type::Dyn() : TypeFromJson(*value);
  if (!keys || !values) return std::nullopt;
  return Type::Map(*keys, *values);
}

std::optional<Type> AbstractFromJson(const json& abstract) {
  const json* const params = Member(abstract, "parameter_types", "parameterTypes");
  std::optional<std::vector<Type>> types = TypesFromJson(params);
  if (!types) return std::nullopt;
  return Type::Abstract(abstract.at("name").get<std::string>(), *std::move(types));
}

bool DeclareOverload(const std::string& function, const json& overload,
                     Declarations& declarations) {
  const json* const result = Member(overload, "result_type", "resultType");
  std::optional<std::vector<Type>> params = TypesFromJson(Member(overload, "params"));
  std::optional<Type> type = result == nullptr ? std::nullopt : TypeFromJson(*result);
  if (!params || !type) return false;
  const json* const is_method = Member(overload, "is_instance_function", "isInstanceFunction");
  OverloadDeclaration declared;
  declared.id = Member(overload, "overload_id", "overloadId")->get<std::string>();
  declared.is_method = is_method != nullptr && is_method->get<bool>();
  declared.params = *std::move(params);
  declared.result = *std::move(type);
  declarations.AddOverload(function, std::move(declared));
  return true;
}

}  // namespace

std::optional<Type> TypeFromJson(const json& type) {
  if (Member(type, "dyn") != nullptr) return Type::Dyn();
  if (Member(type, "null") != nullptr) return Type::Null();
  if (Member(type, "error") != nullptr) return Type::Error();
  for (const auto& [snake, camel] :
       {std::pair("primitive", "primitive"), std::pair("well_known", "wellKnown"),
        std::pair("message_type", "messageType")}) {
    if (const json* const name = Member(type, snake, camel)) return Named(name->get<std::string>());
  }
  if (const json* const list = Member(type, "list_type", "listType")) return ListFromJson(*list);
  if (const json* const map = Member(type, "map_type", "mapType")) return MapFromJson(*map);
  if (const json* const param = Member(type, "type_param", "typeParam")) {
    return Type::Param(param->get<std::string>());
  }
  if (const json* const abstract = Member(type, "abstract_type", "abstractType")) {
    return AbstractFromJson(*abstract);
  }
  if (const json* const named = Member(type, "type")) {
    const std::optional<Type> inner = TypeFromJson(*named);
    if (named->empty() || named->is_null()) return Type::AnyType();
    return inner ? std::optional<Type>(Type::TypeOf(*inner)) : std::nullopt;
  }
  return std::nullopt;
}

bool DeclareFromJson(const json& type_env, Declarations& declarations) {
  bool is_complete = true;
  for (const json& decl : type_env) {
    const std::string name = decl.at("name").get<std::string>();
    if (const json* const ident = Member(decl, "ident")) {
      const std::optional<Type> type = TypeFromJson(ident->at("type"));
      if (type) declarations.AddVariable(name, *type);
      is_complete = is_complete && type.has_value();
    }
    if (const json* const function = Member(decl, "function")) {
      for (const json& overload : function->at("overloads")) {
        is_complete = DeclareOverload(name, overload, declarations) && is_complete;
      }
    }
  }
  return is_complete;
}

}  // namespace laurel::cel
