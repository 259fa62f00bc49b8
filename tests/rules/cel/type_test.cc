#include "rules/cel/type.h"

#include <gtest/gtest.h>

namespace laurel::cel {
namespace {

TEST(Type, PrintsAsTheLanguageWritesIt) {
  EXPECT_EQ(ToString(Type::Int()), "int");
  EXPECT_EQ(ToString(Type::Null()), "null_type");
  EXPECT_EQ(ToString(Type::Map(Type::String(), Type::List(Type::Dyn()))), "map(string, list(dyn))");
  EXPECT_EQ(ToString(Type::Optional(Type::Timestamp())),
            "optional_type(google.protobuf.Timestamp)");
  EXPECT_EQ(ToString(Type::TypeOf(Type::Bool())), "type(bool)");
  EXPECT_EQ(ToString(Type::AnyType()), "type");
}

TEST(Type, IsComparedByStructure) {
  EXPECT_EQ(Type::List(Type::Int()), Type::List(Type::Int()));
  EXPECT_NE(Type::List(Type::Int()), Type::List(Type::Uint()));
  EXPECT_NE(Type::Struct("a"), Type::Struct("b"));
  EXPECT_NE(Type::Struct("a"), Type::Abstract("a", {}));
}

// A few nodes that share their parts have the size of what they stand for.
TEST(Type, SizeSaturatesAndTheTextIsCut) {
  Type type = Type::Int();
  for (int i = 0; i < 64; ++i) type = Type::Map(type, type);
  EXPECT_EQ(type.size(), 0xFFFFFFFFu);
  EXPECT_EQ(ToString(type), "…");
}

}  // namespace
}  // namespace laurel::cel
