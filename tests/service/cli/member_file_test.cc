#include "service/cli/member_file.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "service/cli/moment.h"
#include "service/cli/names.h"

namespace laurel::cli {
namespace {

struct Bad {
  std::string file;
  std::uint64_t row;
  std::string field;
  friend bool operator==(const Bad&, const Bad&) = default;
};
std::ostream& operator<<(std::ostream& out, const Bad& bad) {
  return out << bad.file << " " << bad.row << " " << bad.field;
}

class MemberFileTest : public testing::Test {
 protected:
  absl::StatusOr<MemberFile> Read(const std::string& members, const std::string& lots = "",
                                  const std::string& history = "") {
    MemberFileOptions options;
    options.program = "programs/harbour";
    options.style.redeemable = "points";
    options.style.decimals = {{"points", 0}, {"miles", 1}};
    options.style.currency = "EUR";
    options.zone = *ParseZone("Europe/Berlin");
    const auto members_source = InputFromMemory(members);
    const auto lots_source = InputFromMemory(lots);
    const auto history_source = InputFromMemory(history);
    return ReadMemberFile(options, *members_source, lots.empty() ? nullptr : lots_source.get(),
                          history.empty() ? nullptr : history_source.get(),
                          [this](const std::string& file, const std::vector<std::string>&,
                                 const SourceRow& row, const Reject& reject) {
                            bad_.push_back({file, row.number, reject.field});
                          });
  }
  std::vector<Bad> bad_;
};

TEST_F(MemberFileTest, JoinsAMemberWithItsLotsAndDays) {
  const auto file = Read(
      "id,card,phone,enrolled_at,channel,store,tier,tier_since,tier_review_at\n"
      "7,C7,+4930123456,2024-05-01,pos,S1,GOLD,2025-06-01,2026-06-02T00:00:00+02:00\n",
      "id,amount,awarded_at,point_type,available_at,expires_at\n"
      "7,120,2024-11-03,,,2026-11-04\n"
      "7,8.5,2025-01-01T10:00:00Z,miles,2027-01-01,\n",
      "id,date,spend,purchases\n"
      "7,2025-03-02,12.50,2\n"
      "7,2025-03-01,1,1\n");
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(bad_, std::vector<Bad>());
  ASSERT_EQ(file->items.size(), 1U);
  EXPECT_EQ(file->lots, 2U);
  const v1::ImportMemberRequest& request = file->items[0].request;
  EXPECT_EQ(request.identities_size(), 2);
  EXPECT_EQ(RenderInstant(FromProto(request.enrolled_at())), "2024-04-30T22:00:00Z");
  EXPECT_EQ(request.channel(), v1::CHANNEL_POS);
  EXPECT_EQ(request.tier().tier(), "GOLD");
  EXPECT_EQ(RenderInstant(FromProto(request.tier().review_at())), "2026-06-01T22:00:00Z");
  ASSERT_EQ(request.lots_size(), 2);
  EXPECT_EQ(request.lots(0).point_type(), "points");
  EXPECT_EQ(request.lots(0).amount(), 120);
  EXPECT_FALSE(request.lots(0).has_activates_at());
  EXPECT_EQ(RenderInstant(FromProto(request.lots(0).expires_at())), "2026-11-03T23:00:00Z");
  EXPECT_EQ(request.lots(1).amount(), 85);
  EXPECT_TRUE(request.lots(1).has_activates_at());
  EXPECT_FALSE(request.lots(1).has_expires_at());
  ASSERT_EQ(request.history_size(), 2);
  EXPECT_EQ(request.history(0).on().day(), 1);
  EXPECT_EQ(request.history(0).spend(), 100);
  EXPECT_EQ(request.history(1).spend(), 1'250);
  EXPECT_EQ(file->items[0].points,
            (std::map<std::string, std::int64_t>{{"points", 120}, {"miles", 85}}));
}

TEST_F(MemberFileTest, TheSameMemberHasTheSameRequestIdAndAnotherHasAnother) {
  const auto file = Read("id\na\nb\n");
  const auto again = Read("id,card\nb,9\na,8\n");
  ASSERT_TRUE(file.ok() && again.ok());
  EXPECT_EQ(file->items[0].request.request_id(), again->items[1].request.request_id());
  EXPECT_NE(file->items[0].request.request_id(), file->items[1].request.request_id());
}

// A member whose points are in doubt does not come at all.
TEST_F(MemberFileTest, LeavesOutWhatIsWrongAndSaysWhere) {
  const auto file = Read(
      "id,card,channel,tier\n"
      "1,,,\n"
      "2,,moon,\n"
      "1,,,\n"
      "3,,,GOLD\n"
      "4,,,\n"
      "5,,,\n"
      "6,,\n",
      "id,amount,awarded_at\n"
      "4,1.5,2025-01-01\n"
      "5,1,1st of May\n"
      "nobody,1,2025-01-01\n"
      "1,0,2025-01-01\n",
      "id,date,spend\n"
      "1,2025-02-29,1\n");
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_TRUE(file->items.empty());
  EXPECT_EQ(file->rows, 7U);
  EXPECT_EQ(bad_, (std::vector<Bad>{{"lots", 1, "amount"},
                                    {"lots", 2, "awarded_at"},
                                    {"lots", 4, "amount"},
                                    {"history", 1, "date"},
                                    {"members", 1, "id"},
                                    {"members", 2, "channel"},
                                    {"members", 3, "id"},
                                    {"members", 4, "tier_since"},
                                    {"members", 5, "id"},
                                    {"members", 6, "id"},
                                    {"members", 7, ""},
                                    {"lots", 3, "id"}}));
}

TEST_F(MemberFileTest, RefusesHeadersThatItDoesNotKnow) {
  const auto message = [&](const std::string& members, const std::string& lots = "") {
    return std::string(Read(members, lots).status().message());
  };
  EXPECT_EQ(message("id,crad\n"),
            "members file: column \"crad\" must be a known one, was not (did you mean \"card\"?)");
  EXPECT_EQ(message("card\n"), "members file: column \"id\" must be there, was not");
  EXPECT_EQ(message("id,ID\n"), "members file: column \"id\" must be there once, was there twice");
  EXPECT_EQ(message("id\n", "id,amount\n"),
            "lots file: column \"awarded_at\" must be there, was not");
}

}  // namespace
}  // namespace laurel::cli
