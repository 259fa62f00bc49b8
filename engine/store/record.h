#ifndef LAUREL_ENGINE_STORE_RECORD_H_
#define LAUREL_ENGINE_STORE_RECORD_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/domain/state.h"
#include "engine/store/store.h"

// Record bytes: laurel.storage.v1 messages and, for the smallest, a few fixed bytes. Equal records
// always have equal bytes, so that a folded state can be compared with the stored one byte for
// byte.
namespace laurel {

std::string EncodeRecord(const Member& record);
std::string EncodeRecord(const Enrolment& record);
std::string EncodeRecord(const Identity& record);
std::string EncodeRecord(const MonthDays& record);
std::string EncodeRecord(const MonthValues& record);
std::string EncodeRecord(const Counter& r);
std::string EncodeRecord(const Activity& r);
std::string EncodeRecord(const Unclaimed& r);
std::string EncodeRecord(const Lot& record);
std::string EncodeRecord(const Purchase& record);
std::string EncodeRecord(const Redemption& record);
std::string EncodeRecord(const Hold& record);
std::string EncodeRecord(const Spending& record);
std::string EncodeRecord(const Awaited& record);
std::string EncodeRecord(const Terminal& record);
std::string EncodeRecord(const Approval& record);
std::string EncodeRecord(const Request& record);
std::string EncodeRecord(const Total& record);
std::string EncodeRecord(const Program& record);
std::string EncodeRecord(const Revision& record);
std::string EncodeRecord(const Marker& record);
std::string EncodeRecord(const EntryKindMark& record);
std::string EncodeRecord(const TierChangeMark& record);

// False if the bytes are no such record; also checks what the record promises (a lot's buckets lie
// between zero and its amount), so that damage is a refusal and never a balance.
bool DecodeRecord(absl::string_view bytes, Member& record);
bool DecodeRecord(absl::string_view bytes, Enrolment& record);
bool DecodeRecord(absl::string_view bytes, Identity& record);
bool DecodeRecord(absl::string_view bytes, MonthDays& record);
bool DecodeRecord(absl::string_view bytes, MonthValues& record);
bool DecodeRecord(absl::string_view bytes, Counter& r);
bool DecodeRecord(absl::string_view bytes, Activity& r);
bool DecodeRecord(absl::string_view bytes, Unclaimed& r);
bool DecodeRecord(absl::string_view bytes, Lot& record);
bool DecodeRecord(absl::string_view bytes, Purchase& record);
bool DecodeRecord(absl::string_view bytes, Redemption& record);
bool DecodeRecord(absl::string_view bytes, Hold& record);
bool DecodeRecord(absl::string_view bytes, Spending& record);
bool DecodeRecord(absl::string_view bytes, Awaited& record);
bool DecodeRecord(absl::string_view bytes, Terminal& record);
bool DecodeRecord(absl::string_view bytes, Approval& record);
bool DecodeRecord(absl::string_view bytes, Request& record);
bool DecodeRecord(absl::string_view bytes, Total& record);
bool DecodeRecord(absl::string_view bytes, Program& record);
bool DecodeRecord(absl::string_view bytes, Revision& record);
bool DecodeRecord(absl::string_view bytes, Marker& record);
bool DecodeRecord(absl::string_view bytes, EntryKindMark& record);
bool DecodeRecord(absl::string_view bytes, TierChangeMark& record);

// Appends what changed in `state` (not in its parent) as writes, in a fixed order.
void AppendWrites(const State& state, PartitionId partition, std::vector<Write>& writes);

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_RECORD_H_
