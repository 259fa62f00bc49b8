#include "service/cli/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cli/import_row.h"
#include "service/cli/moment.h"

namespace laurel::cli {
namespace {

const std::vector<std::string> kHeader = {"row_no", "customer_id", "purchase_date", "cds",
                                          "amount"};

constexpr char kYaml[] = R"(member: card:customer_id
number: row_no
date: purchase_date
total: amount
store: =WEB
terminal: =1
time: =12:00
zone: America/New_York
)";

BoundMapping Bound(const char* yaml = kYaml) {
  return *BoundMapping::Bind(*ParseMappingYaml(yaml), kHeader);
}

RowOptions Options() {
  return {"programs/cdnow", "USD", *ParseZone("America/New_York"), v1::CHANNEL_WEB, 1};
}

ImportItem Item(std::vector<std::string> fields) {
  std::variant<ImportItem, Reject> item = ToImportItem(Bound(), Options(), {1, std::move(fields)});
  return std::get<ImportItem>(std::move(item));
}

Reject Rejected(std::vector<std::string> fields) {
  return std::get<Reject>(ToImportItem(Bound(), Options(), {1, std::move(fields)}));
}

TEST(Mapping, YamlAndOptionsSayTheSame) {
  const Mapping from_yaml = *ParseMappingYaml(kYaml);
  Mapping from_options;
  for (const char* assignment :
       {"member=card:customer_id", "number=row_no", "date=purchase_date", "total=amount",
        "store==WEB", "terminal==1", "time==12:00", "zone=America/New_York"}) {
    ASSERT_TRUE(from_options.SetAssignment(assignment).ok()) << assignment;
  }
  EXPECT_EQ(from_yaml.fields, from_options.fields);
  EXPECT_EQ(from_yaml.zone, from_options.zone);
  EXPECT_EQ(from_yaml.member_kind, v1::IDENTITY_KIND_CARD);
}

TEST(Mapping, RefusalsTeach) {
  struct Row {
    const char* assignment;
    const char* message;
  };
  constexpr Row kRows[] = {{"totl=amount", "did you mean \"total\"?"},
                           {"member=customer_id", "must be kind:column such as card:customer_id"},
                           {"member=crad:customer_id", "did you mean \"card\"?"},
                           {"total=", "must be a column or =constant"},
                           {"total", "must be field=column"}};
  for (const Row& row : kRows) {
    Mapping mapping;
    const absl::Status status = mapping.SetAssignment(row.assignment);
    EXPECT_TRUE(absl::StrContains(status.message(), row.message)) << status;
  }
  EXPECT_FALSE(ParseMappingYaml("- a\n- b\n").ok());
  EXPECT_FALSE(ParseMappingYaml("total: [a]\n").ok());
  EXPECT_TRUE(absl::StartsWith(ParseMappingYaml("a: [b\n").status().message(), "mapping:"));
}

TEST(Mapping, BindingFindsColumnsOrSaysWhichIsMissing) {
  Mapping mapping = *ParseMappingYaml(kYaml);
  mapping.fields[RowField::kDate].text = "purchase_dat";
  EXPECT_TRUE(absl::StrContains(
      BoundMapping::Bind(mapping, kHeader).status().message(),
      "mapping.date: must be a column of the file, was \"purchase_dat\" (did you mean "
      "\"purchase_date\"?)"));
  mapping.fields.erase(RowField::kDate);
  EXPECT_TRUE(absl::StartsWith(BoundMapping::Bind(mapping, kHeader).status().message(),
                               "mapping.occurred_at: "));
  mapping = *ParseMappingYaml(kYaml);
  EXPECT_FALSE(
      BoundMapping::Bind(mapping, {"row_no", "customer_id", "purchase_date", "amount", "amount"})
          .ok());
  mapping.fields.erase(RowField::kNumber);
  EXPECT_TRUE(absl::StartsWith(BoundMapping::Bind(mapping, kHeader).status().message(),
                               "mapping.number: "));
}

TEST(ImportRow, BecomesARequest) {
  const ImportItem item = Item({"1", "00001", "1997-01-01", "1", "11.77"});
  EXPECT_EQ(item.request.program(), "programs/cdnow");
  EXPECT_EQ(item.request.member().identity().value(), "00001");
  const v1::Purchase& purchase = item.request.purchase();
  EXPECT_EQ(purchase.receipt().store(), "WEB");
  EXPECT_EQ(purchase.receipt().number(), "1");
  EXPECT_EQ(purchase.receipt().business_on().year(), 1997);
  EXPECT_EQ(purchase.total().minor_units(), 1'177);
  EXPECT_EQ(purchase.total().currency_code(), "USD");
  EXPECT_EQ(purchase.channel(), v1::CHANNEL_WEB);
  EXPECT_EQ(purchase.occurred_at().seconds(), 852'138'000);  // 1997-01-01T17:00:00Z
}

TEST(ImportRow, TheSameRowHasTheSameIdsForEver) {
  const ImportItem item = Item({"1", "00001", "1997-01-01", "1", "11.77"});
  // Frozen: another value would post every imported row again under a second id.
  EXPECT_EQ(item.request.request_id(), "imp-568448c2bcd1cc6911d1abb9f6e3ab45");
  EXPECT_EQ(item.enrol_request_id, "imp-8f7893deed659cc0489674271b060aeb");
}

TEST(ImportRow, RejectsNameTheColumn) {
  struct Row {
    std::vector<std::string> fields;
    const char* field;
    const char* message;
  };
  const Row kRows[] = {
      {{"1", "00001", "2023-02-29", "1", "11.77"}, "purchase_date", "must be a real date"},
      {{"1", "00001", "", "1", "11.77"}, "purchase_date", "must be a real date"},
      {{"1", "", "1997-01-01", "1", "11.77"}, "customer_id", "must not be empty"},
      {{"a b", "00001", "1997-01-01", "1", "11.77"}, "row_no", "must be 1 to 40 letters"},
      {{"1", "00001", "1997-01-01", "1", "-11.77"}, "amount", "must be >= 0"},
      {{"1", "00001", "1997-01-01", "1", "11.777"}, "amount", "at most 2 decimals"},
      {{"1", "00001", "1997-01-01", "1", "1,100.00"}, "amount", "must be a decimal number"},
      {{"1", "00001", "1997-01-01"}, "amount", "must be a decimal number"},
      {{"", "", "x", "1", ""}, "customer_id row_no purchase_date amount", "; "},
  };
  for (const Row& row : kRows) {
    const Reject reject = Rejected(row.fields);
    EXPECT_EQ(reject.field, row.field);
    EXPECT_EQ(reject.reason, "INVALID_FIELD");
    EXPECT_TRUE(absl::StrContains(reject.message, row.message)) << reject.message;
  }
}

TEST(ImportRow, InstantsMayComeInOneColumn) {
  const std::vector<std::string> header = {"id", "card", "ts", "sum", "cur", "ch"};
  const Mapping mapping = *ParseMappingYaml(
      "{member: card:card, number: id, occurred_at: ts, total: sum, currency: cur, channel: ch, "
      "store: =S1, "
      "terminal: =T1}");
  const BoundMapping bound = *BoundMapping::Bind(mapping, header);
  const auto item =
      ToImportItem(bound, Options(), {1, {"7", "x", "2024-07-01T23:30", "500", "JPY", "pos"}});
  const v1::Purchase& purchase = std::get<ImportItem>(item).request.purchase();
  EXPECT_EQ(purchase.receipt().business_on().day(), 1);
  EXPECT_EQ(purchase.total().minor_units(), 500);
  EXPECT_EQ(purchase.channel(), v1::CHANNEL_POS);
  const auto bad = ToImportItem(bound, Options(), {1, {"7", "x", "soon", "500", "QQQ", "till"}});
  EXPECT_EQ(std::get<Reject>(bad).field, "ts cur ch");
}

TEST(Mapping, IsOfWholePurchasesOrOfLines) {
  struct Row {
    const char* fields;
    const char* message;  // empty: can be bound
  };
  constexpr Row kRows[] = {
      {"total: amount", ""},
      {"amount: amount", ""},
      {"unit_price: amount, quantity: cds", ""},
      {"sku: cds", "mapping.amount: must be mapped, or unit_price with quantity"},
      {"unit_price: amount", "mapping.quantity: must be mapped"},
      {"unit_price: amount, quantity: cds, amount: amount", "but not both"},
      {"total: amount, sku: cds", "mapping.sku: must be without total, was with it"},
      {"channel: =web", "mapping.total: must be mapped"},
  };
  for (const Row& row : kRows) {
    const Mapping mapping = *ParseMappingYaml(absl::StrCat(
        "{member: card:customer_id, number: row_no, date: purchase_date, time: =12:00, "
        "store: =S1, terminal: =1, ",
        row.fields, "}"));
    const absl::Status bound = BoundMapping::Bind(mapping, kHeader).status();
    EXPECT_EQ(bound.ok(), *row.message == '\0') << row.fields << ": " << bound;
    EXPECT_TRUE(absl::StrContains(bound.message(), row.message)) << bound;
  }
}

// A file with a row for each line: invoice, customer, instant, article, quantity, price.
class ReceiptJoinerTest : public testing::Test {
 protected:
  // What comes out, as "invoice: total = quantity x article + …"; rejects as "row reason".
  std::vector<std::string> Join(const std::vector<std::vector<std::string>>& rows) {
    const BoundMapping bound = *BoundMapping::Bind(
        *ParseMappingYaml("{member: shop:customer, number: invoice, occurred_at: ts, sku: article, "
                          "quantity: quantity, unit_price: price, store: =WEB, terminal: =1}"),
        {"invoice", "customer", "ts", "article", "quantity", "price"});
    std::vector<std::string> out;
    ReceiptJoiner joiner(
        bound, {"programs/shop", "GBP", *ParseZone("Europe/London"), v1::CHANNEL_WEB, 1},
        [&](const ImportItem& item) {
          const v1::Purchase& purchase = item.request.purchase();
          std::string text =
              absl::StrCat(purchase.receipt().number(), ": ", purchase.total().minor_units(), " =");
          for (const v1::PurchaseLine& line : purchase.lines()) {
            absl::StrAppend(&text, line.line() == 1 ? " " : " + ",
                            line.quantity_micros() / 1'000'000, " ", line.sku(), " ",
                            line.extended_minor_units());
          }
          out.push_back(std::move(text));
          return true;
        },
        [&](const SourceRow& row, const Reject& reject) {
          out.push_back(absl::StrCat(row.number, " ", reject.reason, " ", reject.field));
        });
    std::uint64_t number = 0;
    for (const std::vector<std::string>& fields : rows) joiner.Add({++number, fields});
    joiner.Finish();
    return out;
  }
};

TEST_F(ReceiptJoinerTest, RowsOfOneReceiptAreOnePurchase) {
  EXPECT_THAT(Join({{"A1", "17850", "2010-12-01T08:26", "MUG", "6", "2.55"},
                    {"A1", "17850", "2010-12-01T08:27", "TIN", "2", "0.425"},
                    {"A2", "17850", "2010-12-01T08:28", "MUG", "1", "2.55"}}),
              testing::ElementsAre("A1: 1615 = 6 MUG 1530 + 2 TIN 85", "A2: 255 = 1 MUG 255"));
}

TEST_F(ReceiptJoinerTest, RoundsALineHalfUp) {
  EXPECT_THAT(Join({{"A1", "1", "2010-12-01T08:26", "PIN", "1", "0.425"},
                    {"A1", "1", "2010-12-01T08:26", "PIN", "3", "0.4249"}}),
              testing::ElementsAre("A1: 170 = 1 PIN 43 + 3 PIN 127"));
}

TEST_F(ReceiptJoinerTest, ABadRowTakesItsReceiptWithIt) {
  EXPECT_THAT(Join({{"A1", "1", "2010-12-01T08:26", "MUG", "1", "1.00"},
                    {"A1", "1", "2010-12-01T08:26", "TIN", "-1", "1.00"},
                    {"A1", "1", "2010-12-01T08:26", "PIN", "1", "1.00"},
                    {"A2", "1", "2010-12-01T08:26", "MUG", "1", "1.00"}}),
              testing::ElementsAre("2 INVALID_FIELD quantity", "1 RECEIPT_INCOMPLETE invoice",
                                   "3 RECEIPT_INCOMPLETE invoice", "A2: 100 = 1 MUG 100"));
}

TEST_F(ReceiptJoinerTest, RefusesAmountsThatDoNotFit) {
  EXPECT_THAT(Join({{"A1", "1", "2010-12-01T08:26", "MUG", "900000000", "900000000"}}),
              testing::ElementsAre("1 INVALID_FIELD price"));
}

TEST(ImportRow, RefusalsOfTheServerNameTheColumnToo) {
  Refusal refusal;
  refusal.reason = "INVALID_FIELD";
  refusal.message = "request: must be valid";
  refusal.fields = {{"items[3].accrue_purchase.purchase.receipt.business_on", "must be real"},
                    {"purchase.total.minor_units", "must be smaller"},
                    {"purchase.lines[2].sku", "must be shorter"}};
  EXPECT_EQ(ToReject(Bound(), refusal).field, "purchase_date amount purchase.lines[2].sku");
  EXPECT_EQ(
      ToReject(Bound(), Refusal{5, "MEMBER_NOT_FOUND", "member: must be enrolled", {}, {}}).field,
      "customer_id");
  EXPECT_EQ(ToReject(Bound(), Refusal{3, "OCCURRED_AT_OUT_OF_WINDOW", "too late", {}, {}}).field,
            "purchase_date");
}

}  // namespace
}  // namespace laurel::cli
