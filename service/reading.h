#ifndef LAUREL_SERVICE_READING_H_
#define LAUREL_SERVICE_READING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/store/key.h"
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

// Does what is due for the member in thought, in the view's state, as the sequencer would before a
// command of that instant. `context` is that of the entry to come, before and after.
void AdvanceInThought(ReadCall& read, const ProgramId& program, MemberId member,
                      Timestamp activity_at, Context& context);

template <class Response>
void RenderReadHeader(const ReadCall& read, Response& response) {
  response.set_sequence(read.view.sequence());
  response.set_partition(read.view.partition());
}

// Rows in Space::kMembers that name entries by member and sequence, and the method that lists them.
struct MemberIndex {
  absl::string_view method;  // whose page tokens they are
  KeyRange (*rows)(PartitionId partition, MemberId member);
  std::string (*row)(PartitionId partition, MemberId member, std::uint64_t sequence);
  bool is_joined = true;  // with the rows of those who were merged into the member
};

// One page of such rows, newest first.
struct Page {
  std::vector<std::uint64_t> sequences;
  std::string next_token;  // of the page after this one; empty: this is the last
};
// The page that `token` asks for; the first if it is empty. Nothing, and why in `status`, if it is
// no token of this method and member, or if a row could not be read.
std::optional<Page> ReadPage(ReadCall& read, const MemberIndex& index, const FoundMember& member,
                             int page_size, const std::string& token, google::rpc::Status& status);

// Checks and cuts to 1 to 1,000; 0 stands for 50.
int ParsePageSize(std::int32_t page_size, Violations& violations);

// Answers a list of what happened to one member, newest first, a page at a time.
//   google::rpc::Status add(std::uint64_t sequence)    adds the entry to the response
template <class Request, class Response, class Add>
google::rpc::Status ListOfMember(ReadCall& read, const MemberIndex& index, const Request& request,
                                 Response& response, const Add& add) {
  const int page_size = ParsePageSize(request.page_size(), read.parse.violations);
  google::rpc::Status status;
  const std::optional<FoundMember> member = FindMember(read, request, status);
  if (!member || !read.parse.violations.empty()) return status;
  const std::optional<Page> page =
      ReadPage(read, index, *member, page_size, request.page_token(), status);
  if (!page) return status;
  RenderReadHeader(read, response);
  for (const std::uint64_t sequence : page->sequences) {
    status = add(sequence);
    if (status.code() != 0) return status;
  }
  response.set_next_page_token(page->next_token);
  return {};
}

}  // namespace laurel

#endif  // LAUREL_SERVICE_READING_H_
