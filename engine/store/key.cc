#include "engine/store/key.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace laurel {
namespace {

class Writer {
 public:
  explicit Writer(PartitionId partition) {
    bytes_.reserve(64);
    Fixed(partition, 2);
  }
  Writer& Letter(char letter) {
    bytes_.push_back(letter);
    return *this;
  }
  Writer& U8(std::uint8_t value) { return Fixed(value, 1); }
  Writer& U32(std::uint32_t value) { return Fixed(value, 4); }
  Writer& U64(std::uint64_t value) { return Fixed(value, 8); }
  Writer& I32(std::int32_t value) { return U32(static_cast<std::uint32_t>(value) ^ 0x8000'0000u); }
  Writer& I64(std::int64_t value) {
    return U64(static_cast<std::uint64_t>(value) ^ 0x8000'0000'0000'0000u);
  }
  Writer& Raw(absl::string_view text) {
    bytes_.append(text.data(), text.size());
    return *this;
  }
  Writer& Text(absl::string_view text) {
    Raw(text);
    bytes_.push_back('\0');
    return *this;
  }
  std::string Take() { return std::move(bytes_); }

 private:
  Writer& Fixed(std::uint64_t value, int width) {
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8)
      bytes_.push_back(static_cast<char>((value >> shift) & 0xff));
    return *this;
  }
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(absl::string_view bytes) : bytes_(bytes) {}
  std::uint64_t Fixed(std::size_t width) {
    if (bytes_.size() < width) {
      is_ok_ = false;
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i)
      value = value << 8 | static_cast<std::uint8_t>(bytes_[i]);
    bytes_.remove_prefix(width);
    return value;
  }
  std::uint32_t U32() { return static_cast<std::uint32_t>(Fixed(4)); }
  std::int32_t I32() { return static_cast<std::int32_t>(U32() ^ 0x8000'0000u); }
  std::int64_t I64() { return static_cast<std::int64_t>(Fixed(8) ^ 0x8000'0000'0000'0000u); }
  std::string Text() {
    const std::size_t end = bytes_.find('\0');
    if (end == absl::string_view::npos) {
      is_ok_ = false;
      return "";
    }
    std::string text(bytes_.substr(0, end));
    bytes_.remove_prefix(end + 1);
    return text;
  }
  absl::string_view Rest() {
    const absl::string_view rest = bytes_;
    bytes_ = {};
    return rest;
  }
  bool is_done() const { return is_ok_ && bytes_.empty(); }

 private:
  absl::string_view bytes_;
  bool is_ok_ = true;
};

absl::Status NoKey(absl::string_view kind) {
  return absl::DataLossError(absl::StrCat(kind, " key: not well formed"));
}

std::string Successor(std::string prefix) {
  while (!prefix.empty() && static_cast<std::uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty())
    prefix.back() = static_cast<char>(static_cast<std::uint8_t>(prefix.back()) + 1);
  return prefix;
}

KeyRange Prefix(std::string prefix) {
  KeyRange range{prefix, Successor(prefix)};
  return range;
}

absl::string_view Bytes(const std::array<std::uint8_t, 16>& hash) {
  return absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size());
}

// Every row of a member starts so: they lie side by side, and what touches one finds the others
// near.
Writer OfMember(PartitionId partition, MemberId member, char letter) {
  return std::move(Writer(partition).Letter('m').U64(member.raw()).Letter(letter));
}

Writer& WriteLot(Writer& writer, const LotKey& key) {
  return writer.Text(key.type.str())
      .I64(key.expires_at.micros())
      .U64(key.id.sequence)
      .U32(key.id.number);
}

std::string LotBytes(PartitionId partition, char letter, const LotKey& key) {
  Writer writer = OfMember(partition, key.member, letter);
  return WriteLot(writer, key).Take();
}

// The natural key of a receipt, which ends its row's key.
std::string ReceiptBytes(PartitionId partition, char letter, const ProgramId& program,
                         const ReceiptKey& receipt) {
  return Writer(partition)
      .Letter(letter)
      .Text(program.str())
      .Text(receipt.store.str())
      .Text(receipt.terminal.str())
      .I32(receipt.business_on.days())
      .Raw(receipt.number.str())
      .Take();
}

}  // namespace

std::string JournalKey(PartitionId partition, std::uint64_t sequence) {
  return Writer(partition).U64(sequence).Take();
}
std::string TileKey(PartitionId partition, int level, std::uint64_t number) {
  return Writer(partition).U8(static_cast<std::uint8_t>(level)).U64(number).Take();
}
std::string EdgeKey(PartitionId partition, int level, std::uint64_t index) {
  return Writer(partition).U8(static_cast<std::uint8_t>(0x80 | level)).U64(index).Take();
}

Space SpaceOf(const MemberKey&) { return Space::kMembers; }
Space SpaceOf(const EnrolmentKey&) { return Space::kMembers; }
Space SpaceOf(const MonthKey&) { return Space::kMembers; }
Space SpaceOf(const MonthValuesKey&) { return Space::kMembers; }
Space SpaceOf(const LotKey&) { return Space::kMembers; }
Space SpaceOf(const ClosedLotKey&) { return Space::kMembers; }
Space SpaceOf(const PendingLotKey&) { return Space::kMembers; }
Space SpaceOf(const HoldKey&) { return Space::kMembers; }
Space SpaceOf(const HoldLapseKey&) { return Space::kMembers; }
Space SpaceOf(const SpendingKey&) { return Space::kRequests; }
Space SpaceOf(const RedemptionKey&) { return Space::kMembers; }
Space SpaceOf(const TierChangeKey&) { return Space::kMembers; }
Space SpaceOf(const RequestKey&) { return Space::kRequests; }
Space SpaceOf(const PurchaseKey&) { return Space::kRequests; }
Space SpaceOf(const IdentityKey&) { return Space::kIndex; }
Space SpaceOf(const MemberEntryKey&) { return Space::kMembers; }
Space SpaceOf(const DueKey&) { return Space::kIndex; }
Space SpaceOf(const ProgramDueKey&) { return Space::kIndex; }
Space SpaceOf(const TotalKey&) { return Space::kTotals; }
Space SpaceOf(const ProgramKey&) { return Space::kDefault; }
Space SpaceOf(const RevisionKey&) { return Space::kDefault; }
Space SpaceOf(const CounterKey&) { return Space::kMembers; }
Space SpaceOf(const ActivityKey&) { return Space::kRequests; }
Space SpaceOf(const UnclaimedKey&) { return Space::kRequests; }
Space SpaceOf(const AwaitedKey&) { return Space::kRequests; }
Space SpaceOf(const TerminalKey&) { return Space::kIndex; }
Space SpaceOf(const ApprovalKey&) { return Space::kDefault; }

std::string EncodeKey(PartitionId partition, const MemberKey& key) {
  return OfMember(partition, key.member, 'm').Take();
}
std::string EncodeKey(PartitionId partition, const EnrolmentKey& key) {
  return OfMember(partition, key.member, 'e').Take();
}
std::string EncodeKey(PartitionId partition, const MonthKey& key) {
  return OfMember(partition, key.member, 'a').I32(key.month).Take();
}
std::string EncodeKey(PartitionId partition, const MonthValuesKey& key) {
  return OfMember(partition, key.member, 'w').Text(key.metric).I32(key.month).Take();
}
std::string EncodeKey(PartitionId partition, const LotKey& key) {
  return LotBytes(partition, 'l', key);
}
std::string EncodeKey(PartitionId partition, const ClosedLotKey& key) {
  return LotBytes(partition, 'c', key.lot);
}
std::string EncodeKey(PartitionId partition, const RedemptionKey& key) {
  return Writer(partition).Letter('r').U64(key.sequence).Take();
}
std::string EncodeKey(PartitionId partition, const TierChangeKey& key) {
  return OfMember(partition, key.member, 't').U64(key.sequence).Take();
}
std::string EncodeKey(PartitionId partition, const RequestKey& key) {
  return Writer(partition).Letter('q').Raw(Bytes(key.hash)).Take();
}
std::string EncodeKey(PartitionId partition, const PurchaseKey& key) {
  return ReceiptBytes(partition, 'p', key.program, key.receipt);
}
std::string EncodeKey(PartitionId partition, const SpendingKey& key) {
  return ReceiptBytes(partition, 'u', key.program, key.receipt);
}
std::string EncodeKey(PartitionId partition, const UnclaimedKey& key) {
  return ReceiptBytes(partition, 'w', key.program, key.receipt);
}
std::string EncodeKey(PartitionId partition, const AwaitedKey& key) {
  return ReceiptBytes(partition, 'v', key.program, key.receipt);
}
std::string EncodeKey(PartitionId partition, const TerminalKey& key) {
  return Writer(partition)
      .Letter('x')
      .Text(key.program.str())
      .Text(key.store.str())
      .Raw(key.terminal.str())
      .Take();
}
std::string EncodeKey(PartitionId partition, const PendingLotKey& key) {
  Writer writer = OfMember(partition, key.member, 'p');
  return WriteLot(writer.I64(key.activates_at.micros()), key.lot).Take();
}
std::string EncodeKey(PartitionId partition, const HoldKey& key) {
  return OfMember(partition, key.member, 'h').U64(key.sequence).Take();
}
std::string EncodeKey(PartitionId partition, const HoldLapseKey& key) {
  return OfMember(partition, key.member, 'o').I64(key.lapses_at.micros()).U64(key.sequence).Take();
}
std::string EncodeKey(PartitionId partition, const IdentityKey& key) {
  return Writer(partition).Letter('i').Text(key.program.str()).Raw(Bytes(key.hash)).Take();
}
std::string EncodeKey(PartitionId partition, const MemberEntryKey& key) {
  return OfMember(partition, key.member, 'n').U64(key.sequence).Take();
}
std::string EncodeKey(PartitionId partition, const DueKey& key) {
  return Writer(partition).Letter('d').I64(key.due_at.micros()).U64(key.member.raw()).Take();
}
std::string EncodeKey(PartitionId partition, const ProgramDueKey& key) {
  return Writer(partition).Letter('s').I64(key.due_at.micros()).Raw(key.program.str()).Take();
}
std::string EncodeKey(PartitionId partition, const TotalKey& key) {
  return Writer(partition)
      .Text(key.program.str())
      .U8(static_cast<std::uint8_t>(key.account))
      .Text(key.detail)
      .Text(key.type.str())
      .I32(key.day.days())
      .Take();
}
std::string EncodeKey(PartitionId partition, const ProgramKey& key) {
  return Writer(partition).Letter('g').Raw(key.program.str()).Take();
}
std::string EncodeKey(PartitionId partition, const RevisionKey& key) {
  return Writer(partition).Letter('v').Text(key.program.str()).U32(key.number).Take();
}
std::string EncodeKey(PartitionId partition, const ApprovalKey& key) {
  return Writer(partition).Letter('x').Text(key.program.str()).U64(key.asked).Take();
}

std::string EncodeKey(PartitionId partition, const ActivityKey& key) {
  return Writer(partition).Letter('y').Raw(Bytes(key.hash)).Take();
}
std::string EncodeKey(PartitionId partition, const CounterKey& key) {
  Writer start = key.member ? OfMember(partition, *key.member, 'k')
                            : std::move(Writer(partition).Letter('k').Text(key.program.str()));
  return start.Text(key.name).Text(key.by).I32(key.start.days()).Take();
}

bool IsReadOften(Space space, absl::string_view key) {
  // Where the letter stands: behind the partition and, for what lies side by side with its member,
  // behind 'm' and the member's number.
  constexpr std::size_t kLetter = sizeof(PartitionId);
  constexpr std::size_t kMemberLetter = kLetter + 1 + sizeof(std::uint64_t);
  const auto has = [key](std::size_t at, char letter) {
    return key.size() > at && key[at] == letter;
  };
  switch (space) {
    case Space::kDefault:
      return has(kLetter, 'g');
    case Space::kMembers:
      return has(kLetter, 'k') ||
             (has(kLetter, 'm') &&
              (has(kMemberLetter, 'm') || has(kMemberLetter, 'e') || has(kMemberLetter, 'a') ||
               has(kMemberLetter, 'k') || has(kMemberLetter, 'w')));
    case Space::kIndex:
      return has(kLetter, 'i') || has(kLetter, 'x');
    case Space::kTotals:
      return true;
    case Space::kJournal:
    case Space::kTiles:
    case Space::kRequests:
    case Space::kVault:
      return false;
  }
  return false;
}

KeyRange JournalRange(PartitionId partition, std::uint64_t from, std::uint64_t until) {
  return KeyRange{JournalKey(partition, from), JournalKey(partition, until)};
}
KeyRange LotRange(MemberId member, const PointTypeId& type, PartitionId partition) {
  return Prefix(OfMember(partition, member, 'l').Text(type.str()).Take());
}
KeyRange PendingLotRange(PartitionId partition, MemberId member) {
  return Prefix(OfMember(partition, member, 'p').Take());
}
KeyRange HoldRange(PartitionId partition, MemberId member) {
  return Prefix(OfMember(partition, member, 'h').Take());
}
KeyRange HoldLapseRange(PartitionId partition, MemberId member) {
  return Prefix(OfMember(partition, member, 'o').Take());
}
KeyRange MemberRange(PartitionId partition) { return Prefix(Writer(partition).Letter('m').Take()); }
KeyRange MembersAfter(PartitionId partition, std::uint64_t member) {
  KeyRange range = MemberRange(partition);
  range.begin = Successor(Writer(partition).Letter('m').U64(member).Take());
  return range;
}
KeyRange MemberEntryRange(PartitionId partition, MemberId member) {
  return Prefix(OfMember(partition, member, 'n').Take());
}
KeyRange TierChangeRange(PartitionId partition, MemberId member) {
  return Prefix(OfMember(partition, member, 't').Take());
}
KeyRange DueRange(PartitionId partition, Timestamp until) {
  return KeyRange{Writer(partition).Letter('d').Take(),
                  Writer(partition).Letter('d').I64(until.micros()).U64(UINT64_MAX).Take()};
}
KeyRange ProgramDueRange(PartitionId partition, Timestamp until) {
  return KeyRange{Writer(partition).Letter('s').Take(),
                  Writer(partition).Letter('s').I64(until.micros()).U8(0xff).Take()};
}
KeyRange TotalRange(PartitionId partition, const ProgramId& program) {
  return Prefix(Writer(partition).Text(program.str()).Take());
}
KeyRange ProgramRange(PartitionId partition) {
  return Prefix(Writer(partition).Letter('g').Take());
}
KeyRange AwaitedRange(PartitionId partition, const ProgramId& program) {
  return Prefix(Writer(partition).Letter('v').Text(program.str()).Take());
}
KeyRange ApprovalRange(PartitionId partition, const ProgramId& program) {
  return Prefix(Writer(partition).Letter('x').Text(program.str()).Take());
}
KeyRange TerminalRange(PartitionId partition, const ProgramId& program, const PlaceId& store) {
  return Prefix(Writer(partition).Letter('x').Text(program.str()).Text(store.str()).Take());
}
KeyRange StoreReceiptRange(PartitionId partition, const ProgramId& program, const PlaceId& store) {
  return Prefix(Writer(partition).Letter('p').Text(program.str()).Text(store.str()).Take());
}
KeyRange TerminalReceiptRange(PartitionId partition, const ProgramId& program, const PlaceId& store,
                              const PlaceId& terminal) {
  return Prefix(Writer(partition)
                    .Letter('p')
                    .Text(program.str())
                    .Text(store.str())
                    .Text(terminal.str())
                    .Take());
}
KeyRange DayReceiptRange(PartitionId partition, const ProgramId& program, const PlaceId& store,
                         const PlaceId& terminal, Date business_on) {
  return Prefix(Writer(partition)
                    .Letter('p')
                    .Text(program.str())
                    .Text(store.str())
                    .Text(terminal.str())
                    .I32(business_on.days())
                    .Take());
}
KeyRange PartitionRange(PartitionId partition) { return Prefix(Writer(partition).Take()); }

namespace {

// The member's number and the letter behind it, which all rows of a member begin with.
std::optional<MemberId> ReadOwner(Reader& reader) {
  reader.Fixed(3);
  const std::optional<MemberId> member = MemberId::FromRaw(reader.Fixed(8));
  reader.Fixed(1);
  return member;
}

absl::StatusOr<LotKey> ReadLot(Reader& reader, const std::optional<MemberId>& member,
                               absl::string_view kind) {
  const std::string type = reader.Text();
  LotKey key;
  key.expires_at = Timestamp::FromMicros(reader.I64());
  key.id.sequence = reader.Fixed(8);
  key.id.number = reader.U32();
  if (!reader.is_done() || !member || !PointTypeId::IsValid(type)) return NoKey(kind);
  key.member = *member;
  key.type = PointTypeId::Of(type);
  return key;
}

}  // namespace

absl::StatusOr<LotKey> DecodeLotKey(absl::string_view bytes) {
  Reader reader(bytes);
  const std::optional<MemberId> member = ReadOwner(reader);
  return ReadLot(reader, member, "lot");
}

absl::StatusOr<PendingLotKey> DecodePendingLotKey(absl::string_view bytes) {
  Reader reader(bytes);
  const std::optional<MemberId> member = ReadOwner(reader);
  const Timestamp activates_at = Timestamp::FromMicros(reader.I64());
  absl::StatusOr<LotKey> lot = ReadLot(reader, member, "pending lot");
  if (!lot.ok()) return lot.status();
  return PendingLotKey{*member, activates_at, *std::move(lot)};
}

absl::StatusOr<HoldLapseKey> DecodeHoldLapseKey(absl::string_view bytes) {
  Reader reader(bytes);
  const std::optional<MemberId> member = ReadOwner(reader);
  const Timestamp lapses_at = Timestamp::FromMicros(reader.I64());
  const std::uint64_t sequence = reader.Fixed(8);
  if (!reader.is_done() || !member) return NoKey("hold");
  return HoldLapseKey{*member, lapses_at, sequence};
}

namespace {

// Of the keys that a receipt ends.
struct OfReceipt {
  ProgramId program;
  ReceiptKey receipt;
};
absl::StatusOr<OfReceipt> ReadReceipt(absl::string_view bytes, absl::string_view kind) {
  Reader reader(bytes);
  reader.Fixed(3);
  const std::string program = reader.Text();
  const std::string store = reader.Text();
  const std::string terminal = reader.Text();
  const Date day = Date::FromDays(reader.I32());
  const absl::string_view number = reader.Rest();
  if (!reader.is_done() || !ProgramId::IsValid(program) || !PlaceId::IsValid(store) ||
      !PlaceId::IsValid(terminal) || !PlaceId::IsValid(number)) {
    return NoKey(kind);
  }
  return OfReceipt{ProgramId::Of(program),
                   ReceiptKey{PlaceId::Of(store), PlaceId::Of(terminal), day, PlaceId::Of(number)}};
}

}  // namespace

absl::StatusOr<PurchaseKey> DecodePurchaseKey(absl::string_view bytes) {
  absl::StatusOr<OfReceipt> key = ReadReceipt(bytes, "purchase");
  if (!key.ok()) return key.status();
  return PurchaseKey{std::move(key->program), std::move(key->receipt)};
}

absl::StatusOr<AwaitedKey> DecodeAwaitedKey(absl::string_view bytes) {
  absl::StatusOr<OfReceipt> key = ReadReceipt(bytes, "awaited");
  if (!key.ok()) return key.status();
  return AwaitedKey{std::move(key->program), std::move(key->receipt)};
}

absl::StatusOr<TerminalKey> DecodeTerminalKey(absl::string_view bytes) {
  Reader reader(bytes);
  reader.Fixed(3);
  const std::string program = reader.Text();
  const std::string store = reader.Text();
  const absl::string_view terminal = reader.Rest();
  if (!reader.is_done() || !ProgramId::IsValid(program) || !PlaceId::IsValid(store) ||
      !PlaceId::IsValid(terminal)) {
    return NoKey("terminal");
  }
  return TerminalKey{ProgramId::Of(program), PlaceId::Of(store), PlaceId::Of(terminal)};
}

absl::StatusOr<DueKey> DecodeDueKey(absl::string_view bytes) {
  Reader reader(bytes);
  reader.Fixed(3);
  DueKey key;
  key.due_at = Timestamp::FromMicros(reader.I64());
  const std::optional<MemberId> member = MemberId::FromRaw(reader.Fixed(8));
  if (!reader.is_done() || !member) return NoKey("due");
  key.member = *member;
  return key;
}

absl::StatusOr<ProgramDueKey> DecodeProgramDueKey(absl::string_view bytes) {
  constexpr std::size_t kBeforeProgram = 2 + 1 + 8;
  if (bytes.size() <= kBeforeProgram || bytes[2] != 's' ||
      !ProgramId::IsValid(bytes.substr(kBeforeProgram))) {
    return NoKey("due program");
  }
  Reader reader(bytes.substr(0, kBeforeProgram));
  reader.Fixed(3);
  return ProgramDueKey{Timestamp::FromMicros(reader.I64()),
                       ProgramId::Of(bytes.substr(kBeforeProgram))};
}

absl::StatusOr<TotalKey> DecodeTotalKey(absl::string_view bytes) {
  Reader reader(bytes);
  reader.Fixed(2);
  const std::string program = reader.Text();
  const std::uint64_t account = reader.Fixed(1);
  TotalKey key;
  key.detail = reader.Text();
  const std::string type = reader.Text();
  key.day = Date::FromDays(reader.I32());
  if (!reader.is_done() || !ProgramId::IsValid(program) || !PointTypeId::IsValid(type) ||
      account < 1 || account > static_cast<std::uint64_t>(AccountClass::kAdjustment)) {
    return NoKey("total");
  }
  key.program = ProgramId::Of(program);
  key.account = static_cast<AccountClass>(account);
  key.type = PointTypeId::Of(type);
  return key;
}

absl::StatusOr<MemberId> DecodeMember(absl::string_view bytes) {
  Reader reader(bytes);
  reader.Fixed(2);
  const bool is_of_member = reader.Fixed(1) == 'm';
  const std::optional<MemberId> member = MemberId::FromRaw(reader.Fixed(8));
  if (!is_of_member || !member) return NoKey("member");
  return *member;
}

absl::StatusOr<std::uint64_t> DecodeTrailingSequence(absl::string_view bytes) {
  if (bytes.size() < 10) return NoKey("sequence");
  return Reader(bytes.substr(bytes.size() - 8)).Fixed(8);
}

std::string DescribeKey(Space space, absl::string_view bytes) {
  const bool has_letter =
      space != Space::kJournal && space != Space::kTiles && space != Space::kTotals;
  if (!has_letter || bytes.size() < 3)
    return absl::StrCat(ToString(space), " ", absl::BytesToHexString(bytes));
  return absl::StrCat(ToString(space), " '", bytes.substr(2, 1), "' ",
                      absl::BytesToHexString(bytes.substr(3)));
}

}  // namespace laurel
