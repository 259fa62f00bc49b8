#include "rules/cel/symbols.h"

namespace laurel::cel {

Symbol SymbolTable::Intern(absl::string_view text) {
  constexpr Symbol kFirst = kUnknownSymbol + 1;
  const auto found = symbols_.find(text);
  if (found != symbols_.end()) return found->second;
  const auto next = static_cast<Symbol>(kFirst + symbols_.size());
  if (next > kSymbolMax) return kNoSymbol;
  symbols_.emplace(std::string(text), next);
  return next;
}

Symbol SymbolTable::Find(absl::string_view text) const {
  const auto found = symbols_.find(text);
  return found == symbols_.end() ? kUnknownSymbol : found->second;
}

std::uint32_t SlotTable::Add(absl::string_view name) {
  return slots_.emplace(std::string(name), size()).first->second;
}

std::uint32_t SlotTable::Find(absl::string_view name) const {
  const auto found = slots_.find(name);
  return found == slots_.end() ? kNoSlot : found->second;
}

}  // namespace laurel::cel
