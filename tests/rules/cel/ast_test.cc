#include "rules/cel/ast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace laurel::cel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsNull;
using ::testing::NotNull;

TEST(Ast, NodesAndTextOutliveAMoveOfTheirAst) {
  Ast ast;
  auto* const ident = ast.New<IdentExpr>({0, 4}, {0, 4});
  ident->name = ast.Intern(std::string("name"));
  ast.set_root(ident);

  const Ast moved = std::move(ast);

  ASSERT_THAT(As<IdentExpr>(moved.root()), NotNull());
  EXPECT_EQ(As<IdentExpr>(moved.root())->name, "name");
}

TEST(Ast, IdsAreDenseFromOne) {
  Ast ast;
  EXPECT_EQ(ast.New<IdentExpr>({}, {})->id, 1u);
  EXPECT_EQ(ast.New<ListExpr>({}, {})->id, 2u);
  EXPECT_EQ(ast.id_limit(), 3u);
}

TEST(Ast, GrowsBeyondItsFirstChunk) {
  Ast ast;
  const std::string text(1000, 'x');
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(ast.Intern(text), text);
  const std::string big(1'000'000, 'y');
  EXPECT_EQ(ast.Intern(big), big);
}

TEST(Ast, AsGivesNullForAnotherKind) {
  Ast ast;
  const Expr* const expr = ast.New<IdentExpr>({}, {});
  EXPECT_THAT(As<CallExpr>(expr), IsNull());
  EXPECT_THAT(As<CallExpr>(static_cast<const Expr*>(nullptr)), IsNull());
}

TEST(Ast, ChildrenAreInTheOrderOfEvaluation) {
  Ast ast;
  const Expr* const target = ast.New<IdentExpr>({}, {});
  const Expr* const first = ast.New<IdentExpr>({}, {});
  auto* const call = ast.New<CallExpr>({}, {});
  call->target = target;
  call->args = ast.Copy(std::vector<const Expr*>{first});
  EXPECT_THAT(ChildrenOf(*call), ElementsAre(target, first));
}

}  // namespace
}  // namespace laurel::cel
