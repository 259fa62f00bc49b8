#include "rules/program/metrics_after.h"

#include <algorithm>

namespace laurel::rules::model {
namespace {

bool Counts(const Metric& metric, FactFrame& frame) {
  const absl::string_view type = frame.facts().activity.type;
  const bool is_of_type = metric.activities.empty() ||
                          std::find(metric.activities.begin(), metric.activities.end(), type) !=
                              metric.activities.end();
  return is_of_type && frame.Test(metric.where);
}

std::int64_t OfItems(const Metric& metric, FactFrame& frame) {
  std::int64_t sum = 0;
  for (const std::size_t i : frame.counting()) {
    if (!frame.TestItem(metric.items, i)) continue;
    const ItemFact& item = frame.facts().items[i];
    sum += metric.of == MetricOf::kItemNet ? item.net : item.quantity_micros / kMicros;
  }
  return sum;
}

std::int64_t OfAttribute(const Metric& metric, const Facts& facts) {
  for (const AttributeFact& attribute : facts.activity.attributes) {
    if (attribute.id != metric.attribute) continue;
    if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) return *number;
  }
  return 0;
}

// What the activity adds to a sum, or competes with for a maximum.
std::int64_t AmountOf(const Metric& metric, FactFrame& frame,
                      std::span<const std::int64_t> points) {
  const Facts& facts = frame.facts();
  switch (metric.of) {
    case MetricOf::kPurchaseNet:
      return facts.purchase.net;
    case MetricOf::kPurchaseList:
      return facts.purchase.list;
    case MetricOf::kEligibleNet:
      return frame.eligible_net();
    case MetricOf::kItemNet:
    case MetricOf::kItemQuantity:
      return OfItems(metric, frame);
    case MetricOf::kPoints:
      return metric.point_type < points.size() ? points[metric.point_type] : 0;
    case MetricOf::kAttribute:
      return OfAttribute(metric, facts);
    case MetricOf::kNothing:
    case MetricOf::kItemCategory:
    case MetricOf::kItemBrand:
    case MetricOf::kStore:
    case MetricOf::kChannel:
      return 0;
  }
  return 0;
}

}  // namespace

void MetricsAfter(const Model& model, FactFrame& frame, std::span<const std::int64_t> points,
                  std::int64_t part, std::int64_t whole,
                  std::vector<std::optional<std::int64_t>>& after) {
  const Facts& facts = frame.facts();
  after.assign(model.metrics.size(), std::nullopt);
  for (std::size_t i = 0; i < after.size(); ++i) {
    const Metric& metric = model.metrics[i];
    if (!metric.is_optional) after[i] = 0;
    if (i < facts.metrics.size() && facts.metrics[i]) after[i] = facts.metrics[i];
    if (whole > 0 && part == 0) continue;
    if (i < facts.metrics_after.size() && facts.metrics_after[i]) {
      after[i] = facts.metrics_after[i];
      continue;
    }
    if (!Counts(metric, frame)) continue;
    std::int64_t amount = AmountOf(metric, frame, points);
    if (whole > 0 && metric.of != MetricOf::kPoints) amount = Proportion(amount, part, whole);
    switch (metric.measure) {
      case Measure::kSum:
        after[i] = *after[i] + amount;
        break;
      case Measure::kCount:
        after[i] = *after[i] + 1;
        break;
      case Measure::kMax:
        after[i] = std::max(*after[i], amount);
        break;
      case Measure::kDaysSinceLast:
        after[i] = 0;
        break;
      case Measure::kDistinct:
      case Measure::kDistinctDays:
      case Measure::kStreakDays:  // NeedsRecords
        break;
    }
  }
}

std::int64_t DeltaOf(const Metric& metric, FactFrame& frame, std::span<const std::int64_t> points) {
  if (!Counts(metric, frame)) return 0;
  const bool is_amount = metric.measure == Measure::kSum || metric.measure == Measure::kMax;
  return is_amount ? AmountOf(metric, frame, points) : 1;
}

std::vector<absl::string_view> TextsOf(const Metric& metric, FactFrame& frame) {
  std::vector<absl::string_view> texts;
  if (metric.measure != Measure::kDistinct || !Counts(metric, frame)) return texts;
  const Facts& facts = frame.facts();
  const auto add = [&](absl::string_view text) {
    if (text.empty() || std::find(texts.begin(), texts.end(), text) != texts.end()) return;
    texts.push_back(text);
  };
  if (metric.of == MetricOf::kStore) add(facts.store.id);
  if (metric.of == MetricOf::kChannel) add(facts.activity.channel);
  if (metric.of != MetricOf::kItemCategory && metric.of != MetricOf::kItemBrand) return texts;
  for (const std::size_t i : frame.counting()) {
    if (!frame.TestItem(metric.items, i)) continue;
    const ItemFact& item = facts.items[i];
    if (metric.of == MetricOf::kItemBrand) {
      add(item.brand);
    } else if (!item.categories.empty()) {
      add(item.categories.front());
    }
  }
  return texts;
}

bool NeedsRecords(Measure measure) {
  return measure == Measure::kDistinct || measure == Measure::kDistinctDays ||
         measure == Measure::kStreakDays;
}

}  // namespace laurel::rules::model
