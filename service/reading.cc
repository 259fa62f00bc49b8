#include "service/reading.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/domain/apply.h"
#include "service/names.h"

namespace laurel {

std::optional<FoundMember> FindMember(ReadCall& read, const ProgramId& program,
                                      const MemberRef& ref, google::rpc::Status& status) {
  std::shared_ptr<const rules::Rulebook> rulebook = read.view.ActiveRulebook(program);
  if (rulebook == nullptr) {
    status = ToRpcStatus(
        Rejected{Rejection::kResourceNotFound, {{"name", program.str()}, {"resource", "program"}}},
        program);
    return std::nullopt;
  }
  const std::optional<MemberId> id = read.view.state().Resolve(program, ref);
  if (!id) {
    status = ToRpcStatus(Rejected{Rejection::kMemberNotFound, {}}, program);
    return std::nullopt;
  }
  return FoundMember{program, *id, std::move(rulebook)};
}

namespace {

// The last `count` sequences of the rows.
absl::StatusOr<std::vector<std::uint64_t>> LastSequences(const Snapshot& snapshot,
                                                         const KeyRange& rows, std::size_t count) {
  std::vector<std::uint64_t> sequences;
  absl::Status damage;
  RETURN_IF_ERROR(snapshot.Scan(Space::kMembers, rows.begin, rows.end,
                                ScanOptions{.limit = count, .is_reverse = true},
                                [&](absl::string_view key, absl::string_view) {
                                  const auto sequence = DecodeTrailingSequence(key);
                                  damage = sequence.status();
                                  if (sequence.ok()) sequences.push_back(*sequence);
                                  return sequence.ok();
                                }));
  RETURN_IF_ERROR(damage);
  return sequences;
}

}  // namespace

std::optional<Page> ReadPage(ReadCall& read, const MemberIndex& index, const FoundMember& member,
                             int page_size, const std::string& token, google::rpc::Status& status) {
  const std::string arguments = MemberName(member.program, member.id);
  const PartitionId partition = read.view.partition();
  std::optional<std::uint64_t> before;
  if (!token.empty()) {
    before = read.page_tokens.Open(index.method, arguments, token, read.now);
    if (!before) {
      status = PageTokenInvalid();
      return std::nullopt;
    }
  }
  // One more than the page has tells whether there is another.
  const auto size = static_cast<std::size_t>(page_size);
  Page page;
  const std::vector<MemberId> group =
      index.is_joined ? read.view.state().GroupOf(member.id) : std::vector<MemberId>{member.id};
  for (const MemberId one : group) {
    KeyRange rows = index.rows(partition, one);
    if (before) rows.end = index.row(partition, one, *before);
    const absl::StatusOr<std::vector<std::uint64_t>> sequences =
        LastSequences(read.view.snapshot(), rows, size + 1);
    if (!sequences.ok()) {
      status = ToRpcStatus(sequences.status());
      return std::nullopt;
    }
    page.sequences.insert(page.sequences.end(), sequences->begin(), sequences->end());
  }
  // An entry about two of them is there once.
  std::sort(page.sequences.begin(), page.sequences.end(), std::greater<>());
  page.sequences.erase(std::unique(page.sequences.begin(), page.sequences.end()),
                       page.sequences.end());
  if (page.sequences.size() > size) {
    page.sequences.resize(size);
    page.next_token =
        read.page_tokens.Seal(index.method, arguments, page.sequences.back(), read.now);
  }
  return page;
}

int ParsePageSize(std::int32_t page_size, Violations& violations) {
  constexpr int kDefault = 50;
  constexpr int kMax = 1'000;
  if (page_size < 0) {
    violations.OutOfRange("page_size", absl::StrCat("must be 0 to ", kMax, ", was ", page_size));
  }
  return page_size <= 0 ? kDefault : std::min(page_size, kMax);
}

void AdvanceInThought(ReadCall& read, const ProgramId& program, MemberId member,
                      Timestamp activity_at, Context& context) {
  constexpr int kStepsMax = 64;
  for (int i = 0; i < kStepsMax; ++i) {
    if (!IsDue(read.view.state(), member, context.recorded_at, activity_at, *context.rulebooks))
      return;
    Command advance;
    advance.program = program;
    advance.order = AdvanceMember{member, activity_at};
    const Decision decision = Decide(read.view.state(), advance, context);
    if (!std::holds_alternative<Accepted>(decision)) return;
    Apply(std::make_shared<const Entry>(
              MakeEntry(read.view.state(), advance, context, decision, Hash{})),
          read.view.state());
    ++context.sequence;
  }
}

}  // namespace laurel
