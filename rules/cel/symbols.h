#ifndef LAUREL_RULES_CEL_SYMBOLS_H_
#define LAUREL_RULES_CEL_SYMBOLS_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "rules/cel/value.h"

namespace laurel::cel {

// Numbers for texts, so that comparing two is comparing integers. Filled while expressions are
// planned; complete before the first fact is looked up, or a text could be taken for unknown that
// a later expression knows. Thread-safe as a const.
class SymbolTable {
 public:
  // The symbol of `text`, a new one if need be; kNoSymbol once all numbers are given out.
  Symbol Intern(absl::string_view text);

  // The symbol of `text`, or kUnknownSymbol.
  Symbol Find(absl::string_view text) const;

  // A string value with its symbol. Points to `text`.
  Value Lookup(absl::string_view text) const { return Value::String(text, Find(text)); }

 private:
  absl::flat_hash_map<std::string, Symbol> symbols_;
};

// The places of variables in a frame's facts, by their names in full: "amount", "member.tier".
class SlotTable {
 public:
  static constexpr std::uint32_t kNoSlot = 0xffffffff;

  // The slot of `name`, a new one behind the others if need be.
  std::uint32_t Add(absl::string_view name);
  std::uint32_t Find(absl::string_view name) const;  // kNoSlot if there is none
  std::uint32_t size() const { return static_cast<std::uint32_t>(slots_.size()); }

 private:
  absl::flat_hash_map<std::string, std::uint32_t> slots_;
};

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_SYMBOLS_H_
