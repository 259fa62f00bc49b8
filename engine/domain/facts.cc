#include "engine/domain/facts.h"

#include "engine/domain/revision_life.h"

namespace laurel {
namespace {

rules::LineKind KindOf(PurchaseLineKind kind) {
  switch (kind) {
    case PurchaseLineKind::kSale:
      return rules::LineKind::kSale;
    case PurchaseLineKind::kReturn:
      return rules::LineKind::kReturn;
    case PurchaseLineKind::kVoid:
      return rules::LineKind::kVoid;
    case PurchaseLineKind::kFee:
      return rules::LineKind::kFee;
    case PurchaseLineKind::kGiftCard:
      return rules::LineKind::kGiftCard;
    case PurchaseLineKind::kDeposit:
      return rules::LineKind::kDeposit;
  }
  return rules::LineKind::kSale;
}

}  // namespace

std::vector<PurchaseLine> LinesOf(const AccruePurchase& order) {
  if (!order.lines.empty()) return order.lines;
  PurchaseLine line;
  line.line = 1;
  line.net = order.total;
  line.quantity_micros = 1'000'000;
  return {line};
}

rules::Evaluation EvaluateLines(const rules::Rulebook& rulebook,
                                const std::vector<PurchaseLine>& lines, Timestamp occurred_at) {
  std::vector<rules::ItemFacts> items;
  items.reserve(lines.size());
  for (const PurchaseLine& line : lines) {
    items.push_back(rules::ItemFacts{.line = line.line,
                                     .kind = KindOf(line.kind),
                                     .net = line.net,
                                     .quantity_micros = line.quantity_micros,
                                     .categories = line.categories});
  }
  return rulebook.Evaluate(rules::PurchaseFacts{.occurred_at = occurred_at, .items = items});
}

void LeaveOutPaused(const Program& program, rules::Evaluation& awards) {
  if (program.paused_rules.empty()) return;
  std::erase_if(awards.lines,
                [&](const rules::AwardLine& line) { return IsPaused(program, line.rule_id); });
}

}  // namespace laurel
