#ifndef LAUREL_RULES_PROGRAM_TESTS_FACTS_H_
#define LAUREL_RULES_PROGRAM_TESTS_FACTS_H_

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/evaluate_return.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"

namespace laurel::rules::model {

// `test` with the facts of `defaults` where it states none: maps are joined, lists replaced.
laurel::program::v1::Test WithDefaults(const laurel::program::v1::Test& defaults,
                                       const laurel::program::v1::Test& test);

// The facts that a test states. Owns what they point to; the test and the model must outlive it.
class TestFacts {
 public:
  TestFacts(const Model& model, const laurel::program::v1::Test& test);
  TestFacts(const TestFacts&) = delete;
  TestFacts& operator=(const TestFacts&) = delete;

  // INVALID_ARGUMENT for a fact that is malformed or names something unknown.
  absl::Status status() const { return status_; }
  const Facts& facts() const { return facts_; }
  const TierState& tiers() const { return tiers_; }
  const std::vector<ReturnedItem>& returned() const { return returned_; }

 private:
  using Test = laurel::program::v1::Test;

  void SetMember(const Test& test);
  void SetActivity(const Test& test);
  void SetItems(const Test& test);
  void SetPurchase(const Test& test);
  void SetStore(const Test& test);
  void SetState(const Test& test);
  void SetReturned(const Test& test);
  void SetUsed(const Test& test);
  // Takes what left-out tenders paid off the items' nets.
  void TakeTenders(const Test& test);
  std::optional<std::size_t> CounterOf(absl::string_view name) const;

  void Fail(absl::string_view field, absl::string_view message);
  std::int64_t Decimal(absl::string_view field, absl::string_view text, int digits);
  std::int64_t Money(absl::string_view field, absl::string_view text);
  std::optional<Timestamp> Instant(absl::string_view field, absl::string_view text);
  template <class List>
  Texts Keep(const List& list);
  template <class Map>
  Attributes Keep(absl::string_view field, const Map& map, const std::vector<Attribute>& declared);
  template <class Map>
  std::span<const std::int64_t> KeepPoints(const Map& map);
  template <class Map>
  std::vector<std::optional<std::int64_t>> Metrics(const Map& map);

  const Model& model_;
  absl::Status status_;
  Facts facts_;
  TierState tiers_;
  std::vector<ItemFact> items_;
  std::deque<std::vector<absl::string_view>> texts_;
  std::deque<std::vector<AttributeFact>> attributes_;
  std::deque<std::vector<std::int64_t>> points_;
  std::vector<std::optional<std::int64_t>> metrics_;
  std::vector<std::optional<std::int64_t>> metrics_after_;
  std::vector<CounterFact> counters_;
  std::vector<CarryFact> carries_;
  std::vector<BucketFact> buckets_;
  std::vector<ReturnedItem> returned_;
};

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_TESTS_FACTS_H_
