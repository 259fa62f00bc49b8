#ifndef LAUREL_SERVICE_READING_H_
#define LAUREL_SERVICE_READING_H_

#include <memory>
#include <optional>

#include "service/shell.h"

// What the reads of several services share.
namespace laurel {

// A member that a request names, with the program's active rulebook.
struct FoundMember {
  ProgramId program;
  MemberId id;
  std::shared_ptr<const rules::Rulebook> rulebook;
};

// Looks the member up. Empty if there is none; `status` says why, unless a violation was added.
std::optional<FoundMember> FindMember(ReadCall& read, const ProgramId& program,
                                      const MemberRef& ref, google::rpc::Status& status);

template <class Request>
std::optional<FoundMember> FindMember(ReadCall& read, const Request& request,
                                      google::rpc::Status& status) {
  const ProgramId program = ParseProgram(request.program(), read.parse.violations);
  const MemberRef ref = ParseMemberRef(request.member(), program, Path{"member"}, read.parse);
  if (!read.parse.violations.empty()) return std::nullopt;
  return FindMember(read, program, ref, status);
}

template <class Response>
void RenderReadHeader(const ReadCall& read, Response& response) {
  response.set_sequence(read.view.sequence());
  response.set_partition(read.view.partition());
}

// One page of index rows, newest first.
struct Page {
  std::vector<std::uint64_t> sequences;
  std::uint64_t next = 0;  // the page after this one lies below it; 0: this is the last
};
// The last `page_size` rows of [begin, end).
absl::StatusOr<Page> ReadPage(const ReadView& view, Space space, const std::string& begin,
                              const std::string& end, int page_size);

// Checks and cuts to 1 to 1,000; 0 stands for 50.
int ParsePageSize(std::int32_t page_size, Violations& violations);

}  // namespace laurel

#endif  // LAUREL_SERVICE_READING_H_
