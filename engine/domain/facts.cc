#include "engine/domain/facts.h"

#include <algorithm>

namespace laurel {
std::vector<PurchaseLine> LinesOf(const AccruePurchase& order) {
  if (!order.lines.empty()) {
    std::vector<PurchaseLine> lines = order.lines;
    for (PurchaseLine& line : lines) line.list = std::max(line.list, line.net);
    return lines;
  }
  PurchaseLine line;
  line.line = 1;
  line.net = order.total;
  line.list = order.total;
  line.quantity_micros = 1'000'000;
  return {line};
}

}  // namespace laurel
