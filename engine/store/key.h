#ifndef LAUREL_ENGINE_STORE_KEY_H_
#define LAUREL_ENGINE_STORE_KEY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/domain/state.h"
#include "engine/store/store.h"

// What is stored under which key. Integers are big-endian; i64 and i32 have their sign bit flipped,
// so that byte order is value order; text ends with a zero byte where something follows. Every key
// starts with the partition (u16) and, but for the journal, the tiles and the totals, a letter:
//
//   default   'g' program                                                -> Program
//   default   'v' program 0 number:u32                                   -> Revision
//   default   'x' program 0 asked:u64                                    -> Approval
//   journal   sequence:u64                                               -> entry bytes
//   tiles     level:u8 number:u64                                        -> full tile, 8,192 bytes
//   tiles     0x80|level:u8 index:u64                                    -> edge row, 32 bytes
//   members   'm' member 'm'                                             -> Member
//   members   'm' member 'e'                                             -> Enrolment
//   members   'm' member 'a' month:i32                                   -> MonthDays
//   members   'm' member 'w' metric 0 month:i32                          -> MonthValues
//   members   'm' member 'l' type 0 expires_at:i64 sequence:u64 n:u32    -> Lot that is open;
//                                                                key order is spend order
//   members   'm' member 'c' (as 'l')                                    -> Lot with nothing left
//   members   'm' member 'p' activates_at:i64 (as 'l' from type on)      -> nothing: a lot that the
//                                                                clock makes available
//   members   'm' member 'h' sequence:u64                                -> Hold
//   members   'm' member 'o' lapses_at:i64 sequence:u64                  -> nothing: an open hold
//   members   'm' member 'n' sequence:u64                                -> kind:u8 of its entry
//   members   'm' member 't' sequence:u64                                -> TierChange
//   members   'm' member 'k' name 0 by 0 start:i32                       -> Counter of a member
//   members   'k' program 0 name 0 by 0 start:i32                        -> Counter of a program
//   members   'r' sequence:u64                                           -> Redemption
//   requests  'q' hash:16 bytes                                          -> sequence:u64
//   requests  'y' hash:16 bytes                                          -> Activity
//   requests  'p' program 0 store 0 terminal 0 business_on:i32 number    -> Purchase
//   requests  'u' (as 'p')                                               -> Spending
//   requests  'w' (as 'p')                                               -> sequence:u64 of a
//                                                                receipt that nobody has claimed
//   requests  'v' (as 'p')                                               -> Awaited
//   index     'x' program 0 store 0 terminal                             -> Terminal
//   index     'i' program 0 hash:16 bytes                                -> Identity
//   index     'd' due_at:i64 member                                      -> nothing; scanned by
//                                                                time
//   index     's' due_at:i64 program                                     -> nothing, likewise
//   totals    program 0 account:u8 detail 0 type 0 day:i32               -> Total
//
// `member` is its number, u64.
//
// Letters, widths and order are frozen: changing one is a new format version and a migration. The
// head is the store's own (default, "head").
namespace laurel {

std::string JournalKey(PartitionId partition, std::uint64_t sequence);
std::string TileKey(PartitionId partition, int level, std::uint64_t number);
std::string EdgeKey(PartitionId partition, int level, std::uint64_t index);

// One overload a record: where it lives and under which key.
Space SpaceOf(const MemberKey&);
Space SpaceOf(const EnrolmentKey&);
Space SpaceOf(const MonthKey&);
Space SpaceOf(const MonthValuesKey&);
Space SpaceOf(const LotKey&);
Space SpaceOf(const ClosedLotKey&);
Space SpaceOf(const PendingLotKey&);
Space SpaceOf(const HoldKey&);
Space SpaceOf(const HoldLapseKey&);
Space SpaceOf(const SpendingKey&);
Space SpaceOf(const RedemptionKey&);
Space SpaceOf(const TierChangeKey&);
Space SpaceOf(const RequestKey&);
Space SpaceOf(const PurchaseKey&);
Space SpaceOf(const IdentityKey&);
Space SpaceOf(const MemberEntryKey&);
Space SpaceOf(const DueKey&);
Space SpaceOf(const ProgramDueKey&);
Space SpaceOf(const TotalKey&);
Space SpaceOf(const ProgramKey&);
Space SpaceOf(const RevisionKey&);
Space SpaceOf(const CounterKey&);
Space SpaceOf(const ActivityKey&);
Space SpaceOf(const UnclaimedKey&);
Space SpaceOf(const AwaitedKey&);
Space SpaceOf(const TerminalKey&);
Space SpaceOf(const ApprovalKey&);

std::string EncodeKey(PartitionId partition, const MemberKey& key);
std::string EncodeKey(PartitionId partition, const EnrolmentKey& key);
std::string EncodeKey(PartitionId partition, const MonthKey& key);
std::string EncodeKey(PartitionId partition, const MonthValuesKey& key);
std::string EncodeKey(PartitionId partition, const LotKey& key);
std::string EncodeKey(PartitionId partition, const ClosedLotKey& key);
std::string EncodeKey(PartitionId partition, const PendingLotKey& key);
std::string EncodeKey(PartitionId partition, const HoldKey& key);
std::string EncodeKey(PartitionId partition, const HoldLapseKey& key);
std::string EncodeKey(PartitionId partition, const SpendingKey& key);
std::string EncodeKey(PartitionId partition, const RedemptionKey& key);
std::string EncodeKey(PartitionId partition, const TierChangeKey& key);
std::string EncodeKey(PartitionId partition, const RequestKey& key);
std::string EncodeKey(PartitionId partition, const PurchaseKey& key);
std::string EncodeKey(PartitionId partition, const IdentityKey& key);
std::string EncodeKey(PartitionId partition, const MemberEntryKey& key);
std::string EncodeKey(PartitionId partition, const DueKey& key);
std::string EncodeKey(PartitionId partition, const ProgramDueKey& key);
std::string EncodeKey(PartitionId partition, const TotalKey& key);
std::string EncodeKey(PartitionId partition, const ProgramKey& key);
std::string EncodeKey(PartitionId partition, const RevisionKey& key);
std::string EncodeKey(PartitionId partition, const CounterKey& key);
std::string EncodeKey(PartitionId partition, const ActivityKey& key);
std::string EncodeKey(PartitionId partition, const UnclaimedKey& key);
std::string EncodeKey(PartitionId partition, const AwaitedKey& key);
std::string EncodeKey(PartitionId partition, const TerminalKey& key);
std::string EncodeKey(PartitionId partition, const ApprovalKey& key);

// Whether rows under this key are read by key again and again, by commands and by lookups:
// programs, identities, members with their enrolment and months, totals.
bool IsReadOften(Space space, absl::string_view key);

// Half-open ranges for scans.
struct KeyRange {
  std::string begin;
  std::string end;
};
KeyRange JournalRange(PartitionId partition, std::uint64_t from, std::uint64_t until);
KeyRange LotRange(MemberId member, const PointTypeId& type, PartitionId partition);
KeyRange PendingLotRange(PartitionId partition, MemberId member);
KeyRange HoldRange(PartitionId partition, MemberId member);
KeyRange HoldLapseRange(PartitionId partition, MemberId member);
KeyRange MemberRange(PartitionId partition);  // every row of every member
// Every row of members with an id above this one.
KeyRange MembersAfter(PartitionId partition, std::uint64_t member);
KeyRange MemberEntryRange(PartitionId partition, MemberId member);
KeyRange TierChangeRange(PartitionId partition, MemberId member);
// Due instants up to and including `until`.
KeyRange DueRange(PartitionId partition, Timestamp until);
KeyRange ProgramDueRange(PartitionId partition, Timestamp until);
KeyRange TotalRange(PartitionId partition, const ProgramId& program);
KeyRange ProgramRange(PartitionId partition);
KeyRange AwaitedRange(PartitionId partition, const ProgramId& program);
KeyRange ApprovalRange(PartitionId partition, const ProgramId& program);
KeyRange TerminalRange(PartitionId partition, const ProgramId& program, const PlaceId& store);
// Receipts of a store, of one of its terminals, and of that on a day.
KeyRange StoreReceiptRange(PartitionId partition, const ProgramId& program, const PlaceId& store);
KeyRange TerminalReceiptRange(PartitionId partition, const ProgramId& program, const PlaceId& store,
                              const PlaceId& terminal);
KeyRange DayReceiptRange(PartitionId partition, const ProgramId& program, const PlaceId& store,
                         const PlaceId& terminal, Date business_on);
KeyRange PartitionRange(PartitionId partition);  // everything of a partition in any space

// Back from bytes; DATA_LOSS if they are no such key.
absl::StatusOr<LotKey> DecodeLotKey(absl::string_view bytes);
absl::StatusOr<PendingLotKey> DecodePendingLotKey(absl::string_view bytes);
absl::StatusOr<HoldLapseKey> DecodeHoldLapseKey(absl::string_view bytes);
absl::StatusOr<PurchaseKey> DecodePurchaseKey(absl::string_view bytes);
absl::StatusOr<AwaitedKey> DecodeAwaitedKey(absl::string_view bytes);
absl::StatusOr<TerminalKey> DecodeTerminalKey(absl::string_view bytes);
absl::StatusOr<DueKey> DecodeDueKey(absl::string_view bytes);
absl::StatusOr<ProgramDueKey> DecodeProgramDueKey(absl::string_view bytes);
absl::StatusOr<TotalKey> DecodeTotalKey(absl::string_view bytes);
// The member that a row of a member belongs to.
absl::StatusOr<MemberId> DecodeMember(absl::string_view bytes);
// The sequence at the end of a journal, member-entry, tier-change, hold or approval key.
absl::StatusOr<std::uint64_t> DecodeTrailingSequence(absl::string_view bytes);
// For messages: "members 'l' 0000…" with the letter shown and the rest in hex.
std::string DescribeKey(Space space, absl::string_view bytes);

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_KEY_H_
