#include "tests/testing/explain_all.h"

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace laurel {
namespace {

// Without an index: reads all that lies between.
void FindSale(ReadView& view, const Entry& entry, EntryContext& context) {
  const auto* returned = entry.FindEvent<PurchaseReturned>();
  if (returned == nullptr || entry.kind != EntryKind::kReturn) return;
  context.sale = view.state().FindEntry(returned->original_sequence);
  for (std::uint64_t i = returned->original_sequence + 1; i < entry.sequence; ++i) {
    std::shared_ptr<const Entry> between = view.state().FindEntry(i);
    if (!TookBackOf(*between, returned->original_sequence)) continue;
    context.earlier_returns.push_back(std::move(between));
  }
}

}  // namespace

absl::StatusOr<EntryExplanation> ExplainStored(ReadView& view, std::uint64_t sequence,
                                               absl::string_view language) {
  const std::shared_ptr<const Entry> entry = view.state().FindEntry(sequence);
  LAUREL_CHECK(entry != nullptr, "the entry is in the ledger");
  std::shared_ptr<const rules::Rulebook> rulebook = view.ActiveRulebook(entry->program);
  if (entry->revision) {
    const Program* program = view.state().programs.Find(ProgramKey{entry->program});
    const Activation* activation = FindActivation(*program, *entry->revision);
    LAUREL_CHECK(activation != nullptr, "the revision of an entry was in force");
    rulebook = view.rulebooks()->Find(view.state(), entry->program, *activation);
  }
  LAUREL_CHECK(rulebook != nullptr, "the program has a revision");
  EntryContext context{.rulebook = *rulebook, .revision = std::nullopt};
  FindSale(view, *entry, context);
  return ExplainEntry(*entry, context, language);
}

AllExplained ExplainAll(Engine& engine) {
  AllExplained all;
  ReadView view = engine.Read();
  for (std::uint64_t i = 1; i <= view.sequence(); ++i) {
    const EntryKind kind = view.state().FindEntry(i)->kind;
    const absl::StatusOr<EntryExplanation> explained = ExplainStored(view, i);
    if (!explained.ok()) {
      all.difference = absl::StrCat("entry ", i, ": ", explained.status().message());
      return all;
    }
    const bool sells =
        kind == EntryKind::kAccrue || kind == EntryKind::kExchange || kind == EntryKind::kCorrect;
    if (sells && explained->is_decided_again) ++all.sales;
    if (kind == EntryKind::kReturn && explained->is_decided_again) ++all.returns;
  }
  return all;
}

}  // namespace laurel
