#ifndef LAUREL_SERVICE_NAMES_H_
#define LAUREL_SERVICE_NAMES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/domain/member_token.h"
#include "engine/domain/values.h"

// Resource names, both ways. Parsing is strict: a name has one spelling, the one that rendering
// gives, and anything else is empty.
//
//   programs/{program}
//   programs/{program}/revisions/{number}                                 decimal, from 1
//   programs/{program}/members/{member}                                   13 characters, see below
//   programs/{program}/members/{member}/lots/{sequence}.{number}
//   programs/{program}/members/{member}/holds/{sequence}                  of the entry that placed
//   it programs/{program}/entries/{partition}-{sequence}
//   programs/{program}/purchases/{store}.{terminal}.{yyyymmdd}.{number}
//   programs/{program}/simulations/{id}                                   [0-9-], 3 to 41
//
// A member's part of a name shows neither how many members there are nor in which order they came:
// it is base32 (0-9 a-z without i l o u, the most significant digit first) of Mix(MemberId::raw()),
// where Mix is the finaliser of SplitMix64:
//
//   x ^= x >> 30;  x *= 0xbf58476d1ce4e5b9;  x ^= x >> 27;  x *= 0x94d049bb133111eb;  x ^= x >> 31
//
// It is a bijection, so that no table is needed, and no secret: whoever knows a name has no right
// by it. Mix, alphabet and length are frozen: names are kept by callers.
namespace laurel {

std::string ProgramName(const ProgramId& program);
std::string RevisionName(const ProgramId& program, std::uint32_t number);
std::string MemberName(const ProgramId& program, MemberId member);
std::string LotName(const ProgramId& program, MemberId member, LotId lot);
std::string HoldName(const ProgramId& program, const HoldKey& hold);
std::string EntryName(const ProgramId& program, PartitionId partition, std::uint64_t sequence);
std::string PurchaseName(const ProgramId& program, const ReceiptKey& receipt);

std::optional<ProgramId> ParseProgramName(absl::string_view name);

struct RevisionRef {
  ProgramId program;
  std::uint32_t number = 0;
};
std::optional<RevisionRef> ParseRevisionName(absl::string_view name);

std::string SimulationName(const ProgramId& program, absl::string_view id);
struct SimulationRef {
  ProgramId program;
  std::string id;
};
std::optional<SimulationRef> ParseSimulationName(absl::string_view name);

struct NamedMember {
  ProgramId program;
  MemberId member;
};
std::optional<NamedMember> ParseMemberName(absl::string_view name);

struct NamedLot {
  ProgramId program;
  MemberId member;
  LotId lot;
};
std::optional<NamedLot> ParseLotName(absl::string_view name);

struct NamedHold {
  ProgramId program;
  HoldKey hold;
};
std::optional<NamedHold> ParseHoldName(absl::string_view name);

struct EntryRef {
  ProgramId program;
  PartitionId partition = 0;
  std::uint64_t sequence = 0;
};
std::optional<EntryRef> ParseEntryName(absl::string_view name);

// programs/{program}/approvals/{partition}-{sequence}, of the entry that asked.
std::string ApprovalName(const ProgramId& program, PartitionId partition, std::uint64_t sequence);
std::optional<EntryRef> ParseApprovalName(absl::string_view name);

struct PurchaseRef {
  ProgramId program;
  ReceiptKey receipt;
};
std::optional<PurchaseRef> ParsePurchaseName(absl::string_view name);

}  // namespace laurel

#endif  // LAUREL_SERVICE_NAMES_H_
