#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_CATALOG_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_CATALOG_H_

#include <optional>

#include "rules/program/document_fields.h"

namespace laurel::program::v1 {
class Active;
class Earn;
class Expiry;
class Limit;
class ProgramDocument;
class Settlement;
}  // namespace laurel::program::v1

// Structural checks of the sections of a document: ids, references, numbers, dates, and which
// fields go together. What expressions say is checked elsewhere.
namespace laurel::rules {

inline constexpr std::int64_t kLineMax = 1'000'000'000'000'000;  // smallest units

// The ids of a document by kind, filled before any reference is looked up.
struct Catalog {
  Names activity_types{"activity type", "activity_types"};
  Names metrics{"metric", "metrics"};
  Names segments{"segment", "segments"};
  Names variables{"variable", "variables"};
  Names rules{"rule", "earning_rules"};  // promotions follow
  Names groups{"stacking group", "stacking_groups"};
  Names funding{"funding source", "funding_sources"};
  Names tiers{"tier", "tiers"};
  Names benefits{"benefit", "benefits"};
  Names rewards{"reward", "rewards"};
  Names badges{"badge", "badges"};

  // Checks and takes an id of the namespace that rules, benefits, caps and funding sources share.
  // `names` is that of its kind.
  void AddShared(const std::string& path, const std::string& id, Names& names, Fields& fields);

 private:
  absl::flat_hash_map<std::string, std::pair<std::string, std::string>> shared_;  // path, id
};

// What all section checks share.
struct SectionContext {
  const laurel::program::v1::ProgramDocument& document;
  std::optional<int> exponent;  // of the currency; empty while that is unknown
  const Names& point_types;
  Fields& fields;
  Catalog catalog = {};
};

// Of one point type or lot.
void CheckSettlement(const std::string& path, const laurel::program::v1::Settlement& settlement,
                     Fields& fields);
// The policy and the fields it needs; of a lot.
void CheckLotExpiry(const std::string& path, const laurel::program::v1::Expiry& expiry,
                    Fields& fields);
void CheckActive(const std::string& path, const laurel::program::v1::Active& active,
                 Fields& fields);
void CheckLimit(const std::string& path, const laurel::program::v1::Limit& limit, bool needs_id,
                Fields& fields);
// "2027-03-01", reported unless empty or well-formed.
void CheckDate(const std::string& path, const std::string& text, Fields& fields);

// The digits that `per` may have; empty while the currency is unknown.
std::optional<int> DigitsOfPer(const laurel::program::v1::Earn& earn, std::optional<int> exponent);

void CheckRuleSections(SectionContext& context);     // rules, groups, caps
void CheckBenefitSections(SectionContext& context);  // benefits, rewards, payment, badges
void CheckTestSections(SectionContext& context);     // plan, tests

// Fills the catalog and checks every section that is not part of the first Program.
void CheckSections(const laurel::program::v1::ProgramDocument& document,
                   std::optional<int> exponent, const Names& point_types, Fields& fields);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_CATALOG_H_
