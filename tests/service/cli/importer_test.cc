#include "service/cli/importer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/service/cli/fake_server.h"

namespace laurel::cli {
namespace {

ImportItem Item(int number, const std::string& member) {
  ImportItem item;
  item.rows.push_back(SourceRow{static_cast<std::uint64_t>(number), {}});
  item.request.set_request_id(absl::StrCat("imp-test-", number));
  item.request.set_program("programs/cdnow");
  item.request.mutable_member()->mutable_identity()->set_value(member);
  item.request.mutable_purchase()->mutable_receipt()->set_number(absl::StrCat(number));
  item.request.mutable_purchase()->mutable_total()->set_minor_units(100);
  item.enrol_request_id = absl::StrCat("imp-enrol-", number);
  return item;
}

class ImporterTest : public testing::Test {
 protected:
  Importer::Options Options() {
    Importer::Options options;
    options.lane_count = 3;
    options.has_enrolment = true;
    options.backoff_micros = 1;
    return options;
  }
  // Imports `count` purchases of 13 members.
  ImportTally Do(int count, Importer::Options options) {
    Importer importer(server_.channel(), std::move(options),
                      [this](const ImportItem& item, const Refusal& refusal) {
                        rejected_[item.rows.front().number] = refusal.reason;
                      });
    for (int i = 1; i <= count; ++i) {
      if (!importer.Add(Item(i, absl::StrCat("m", i % 13)))) break;
    }
    importer.Finish();
    failure_ = importer.failure();
    is_interrupted_ = importer.is_interrupted();
    return importer.tally();
  }

  FakeServer server_;
  std::map<std::uint64_t, std::string> rejected_;
  std::optional<Refusal> failure_;
  bool is_interrupted_ = false;
};

TEST_F(ImporterTest, SendsAgainWhatWasNotAnswered) {
  // Every third call is refused before, every fifth loses its reply after it was done, and some
  // items are put off.
  server_.before_batch = [](int call) {
    return call % 3 == 0 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "busy") : grpc::Status::OK;
  };
  server_.after_batch = [](int call) {
    return call % 5 == 0 ? grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "late")
                         : grpc::Status::OK;
  };
  std::set<std::string> put_off;
  server_.before_item = [&put_off](const v1::AccruePurchaseRequest& request) {
    const bool is_due = std::stoi(request.purchase().receipt().number()) % 50 == 0;
    return is_due && put_off.insert(request.request_id()).second
               ? MakeError(grpc::StatusCode::UNAVAILABLE, "OVERLOADED")
               : google::rpc::Status();
  };
  const ImportTally tally = Do(600, Options());
  EXPECT_EQ(tally.accrued, 600u);
  EXPECT_EQ(tally.already_there, 0u);  // a replay of our own lost reply is ours
  EXPECT_EQ(tally.enrolled, 13u);
  EXPECT_EQ(tally.points.at("points"), 60'000);
  EXPECT_EQ(server_.posted.size(), 600u);
  EXPECT_EQ(server_.in_flight_conflicts, 0);
  EXPECT_TRUE(rejected_.empty());
}

TEST_F(ImporterTest, ARowThatSpoilsItsBatchIsFound) {
  server_.spoiler = "17";
  const ImportTally tally = Do(300, Options());
  EXPECT_EQ(tally.accrued, 299u);
  EXPECT_EQ(rejected_, (std::map<std::uint64_t, std::string>{{17, "INVALID_ARGUMENT"}}));
}

TEST_F(ImporterTest, StopsWhenTheServerStaysAway) {
  server_.before_batch = [](int) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"); };
  Importer::Options options = Options();
  options.retry_for_micros = 0;
  const ImportTally tally = Do(5'000, options);
  ASSERT_TRUE(failure_);
  EXPECT_EQ(failure_->reason, "UNAVAILABLE");
  EXPECT_EQ(tally.accrued, 0u);
  EXPECT_TRUE(rejected_.empty());  // nothing is known about them
}

TEST_F(ImporterTest, StopsWhenInterrupted) {
  std::atomic<bool> is_interrupted = false;
  server_.before_batch = [&is_interrupted](int call) {
    is_interrupted = call >= 3;
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "busy");
  };
  Importer::Options options = Options();
  options.is_interrupted = [&is_interrupted] { return is_interrupted.load(); };
  Do(5'000, options);
  EXPECT_TRUE(is_interrupted_);
  EXPECT_FALSE(failure_);
}

TEST_F(ImporterTest, NothingToDoIsDone) { EXPECT_EQ(Do(0, Options()).accrued, 0u); }

}  // namespace
}  // namespace laurel::cli
