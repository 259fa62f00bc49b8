// Lists and lists as sets.
#include <algorithm>
#include <bit>
#include <numeric>
#include <optional>
#include <vector>

#include "rules/cel/arithmetic.h"
#include "rules/cel/collections.h"
#include "rules/cel/compare.h"
#include "rules/cel/registry.h"

namespace laurel::cel {

namespace {

constexpr KindSet kList = Only(Kind::kList);

Value TooManySteps() { return Value::Error(ErrorCode::kStepsExceeded); }

bool SpendOnList(Context& context, std::span<const Value> list) {
  return context.Spend(static_cast<std::int64_t>(list.size()));
}

// The sum of nothing is the int 0.
Value Sum(Context& context, Args args) {
  const std::span<const Value> list = args[0].elements();
  if (list.empty()) return Value::Int(0);
  if (!SpendOnList(context, list)) return TooManySteps();
  constexpr KindSet kSummable = kNumberKinds | Only(Kind::kDuration);
  if ((kSummable & Only(list[0].kind())) == 0) return Value::Error(ErrorCode::kNoSuchOverload);
  Value sum = list[0];
  for (const Value& element : list.subspan(1)) {
    sum = Add(context, sum, element);
    if (sum.is_error()) return sum;
  }
  return sum;
}

// The first of the least, or of the greatest.
Value Extreme(Context& context, std::span<const Value> list, Order wanted) {
  if (list.empty()) return Value::Error(ErrorCode::kBadArgument);
  if (!SpendOnList(context, list)) return TooManySteps();
  const Value* best = &list[0];
  if (Compare(*best, *best) == Order::kNone) return Value::Error(ErrorCode::kNoSuchOverload);
  for (const Value& element : list.subspan(1)) {
    if (element.is(Kind::kString) && !context.SpendBytes(element.size())) return TooManySteps();
    const Order order = Compare(element, *best);
    if (order == Order::kNone) return Value::Error(ErrorCode::kNoSuchOverload);
    if (order == wanted) best = &element;
  }
  return *best;
}

// Whether sorting finds what is equal: every pair has an order. NaN and lists have none.
bool IsSortable(std::span<const Value> list) {
  const bool numbers = !list.empty() && (kNumberKinds & Only(list[0].kind())) != 0;
  for (const Value& element : list) {
    const bool is_alike =
        numbers ? (kNumberKinds & Only(element.kind())) != 0 : element.is(list[0].kind());
    if (!is_alike || Compare(element, element) != Order::kEqual) return false;
  }
  return true;
}

Value DistinctBySorting(Context& context, std::span<const Value> list) {
  const std::size_t size = list.size();
  if (!context.Spend(static_cast<std::int64_t>(size * std::bit_width(size)))) return TooManySteps();
  for (const Value& element : list) {
    if (!element.is(Kind::kString) && !element.is(Kind::kBytes)) break;
    if (!context.SpendBytes(std::size_t{element.size()} *
                            static_cast<std::size_t>(std::bit_width(size)))) {
      return TooManySteps();
    }
  }
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [list](std::size_t a, std::size_t b) {
    return Compare(list[a], list[b]) == Order::kLess;
  });
  std::vector<bool> is_repeated(size);
  for (std::size_t i = 1; i < size; ++i) {
    is_repeated[order[i]] = Compare(list[order[i - 1]], list[order[i]]) == Order::kEqual;
  }
  std::vector<Value> distinct;
  for (std::size_t i = 0; i < size; ++i) {
    if (!is_repeated[i]) distinct.push_back(list[i]);
  }
  return MakeList(context, distinct);
}

// In the order of first occurrence.
Value Distinct(Context& context, Args args) {
  const std::span<const Value> list = args[0].elements();
  if (IsSortable(list)) return DistinctBySorting(context, list);
  std::vector<Value> distinct;
  for (const Value& element : list) {
    const Value is_known = Contains(context, distinct, element);
    if (is_known.is_error()) return is_known;
    if (!is_known.bool_value()) distinct.push_back(element);
  }
  return MakeList(context, distinct);
}

// Whether each of `part` is in `whole`, as a bool value or an error.
Value ContainsAll(Context& context, const Value& whole, const Value& part) {
  for (const Value& element : part.elements()) {
    const Value is_in = Contains(context, whole.elements(), element);
    if (is_in.is_error() || !is_in.bool_value()) return is_in;
    if (!context.Spend(1)) return TooManySteps();
  }
  return Value::Bool(true);
}

Value Intersects(Context& context, Args args) {
  for (const Value& element : args[0].elements()) {
    const Value is_in = Contains(context, args[1].elements(), element);
    if (is_in.is_error() || is_in.bool_value()) return is_in;
    if (!context.Spend(1)) return TooManySteps();
  }
  return Value::Bool(false);
}

Value Equivalent(Context& context, Args args) {
  const Value one_way = ContainsAll(context, args[0], args[1]);
  if (one_way.is_error() || !one_way.bool_value()) return one_way;
  return ContainsAll(context, args[1], args[0]);
}

}  // namespace

void AddListFunctions(FunctionRegistry& registry) {
  registry.Add("sum", CallStyle::kMethod, {kList}, Sum);
  registry.Add("min", CallStyle::kMethod, {kList}, [](Context& context, Args args) {
    return Extreme(context, args[0].elements(), Order::kLess);
  });
  registry.Add("max", CallStyle::kMethod, {kList}, [](Context& context, Args args) {
    return Extreme(context, args[0].elements(), Order::kGreater);
  });
  registry.Add("distinct", CallStyle::kMethod, {kList}, Distinct);
}

void AddSetFunctions(FunctionRegistry& registry) {
  registry.Add("sets.contains", CallStyle::kGlobal, {kList, kList},
               [](Context& context, Args args) { return ContainsAll(context, args[0], args[1]); });
  registry.Add("sets.intersects", CallStyle::kGlobal, {kList, kList}, Intersects);
  registry.Add("sets.equivalent", CallStyle::kGlobal, {kList, kList}, Equivalent);
}

}  // namespace laurel::cel
