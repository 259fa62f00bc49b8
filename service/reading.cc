#include "service/reading.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/key.h"

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

absl::StatusOr<Page> ReadPage(const ReadView& view, Space space, const std::string& begin,
                              const std::string& end, int page_size) {
  Page page;
  absl::Status damage;
  const auto limit = static_cast<std::size_t>(page_size);
  RETURN_IF_ERROR(view.snapshot().Scan(
      space, begin, end, ScanOptions{.limit = limit + 1, .is_reverse = true},
      [&](absl::string_view key, absl::string_view) {
        const absl::StatusOr<std::uint64_t> sequence = DecodeTrailingSequence(key);
        if (!sequence.ok()) {
          damage = sequence.status();
          return false;
        }
        if (page.sequences.size() == limit) {
          page.next = page.sequences.back();
          return false;
        }
        page.sequences.push_back(*sequence);
        return true;
      }));
  RETURN_IF_ERROR(damage);
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

}  // namespace laurel
