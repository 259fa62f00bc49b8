#ifndef LAUREL_RULES_PROGRAM_EVALUATE_RETURN_H_
#define LAUREL_RULES_PROGRAM_EVALUATE_RETURN_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rules/program/evaluate.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"

namespace laurel::rules::model {

// What went back of one line of the receipt.
struct ReturnedItem {
  std::int32_t line = 0;
  std::int64_t quantity_micros = 0;
  std::optional<std::int64_t> refunded;  // of the item's net, if the return states it
};

// A sale with only what is left of it after returns. Not copyable: facts point into it.
class Rest {
 public:
  // `sale` must outlive it, `first` and `second` together are what went back.
  Rest(const Facts& sale, std::span<const ReturnedItem> first,
       std::span<const ReturnedItem> second);
  Rest(const Rest&) = delete;
  Rest& operator=(const Rest&) = delete;

  const Facts& facts() const { return facts_; }
  bool is_empty() const { return items_.empty(); }

 private:
  Facts facts_;
  std::vector<ItemFact> items_;
};

// What is known of one line of the sale.
struct ReversedLine {
  std::size_t line = 0;       // index into the sale's lines
  std::int64_t left = 0;      // what the member keeps of it
  std::int64_t reversed = 0;  // what is taken back now, >= 0
};

struct ReturnFacts {
  std::span<const ReturnedItem> before;  // of earlier returns of the same receipt
  std::span<const ReturnedItem> now;
  std::span<const std::int64_t> left;  // by line of the sale, before this return; empty: granted
  std::span<const CarryFact> carries;  // of the member, today
};

struct ReturnEvaluated {
  bool is_whole = false;  // nothing of the receipt is left
  std::int64_t eligible_net_left = 0;
  std::vector<ReversedLine> lines;  // one for each line of the sale
  std::vector<CounterUse> uses;     // negative, in the windows of the sale
  std::vector<CarryChange> carries;
};

// What a return takes back, by the model and the facts of the sale: never today's. `sale` is what
// Evaluate gave for `facts`. A return never awards.
ReturnEvaluated EvaluateReturn(const Model& model, const Facts& facts, const Evaluated& sale,
                               const ReturnFacts& returned);

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_EVALUATE_RETURN_H_
