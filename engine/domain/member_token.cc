#include "engine/domain/member_token.h"

namespace laurel {
namespace {

constexpr absl::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";

constexpr std::uint64_t Mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9;
  x ^= x >> 27;
  x *= 0x94d049bb133111eb;
  x ^= x >> 31;
  return x;
}

constexpr std::uint64_t Unmix(std::uint64_t x) {
  x ^= (x >> 31) ^ (x >> 62);
  x *= 0x319642b2d24d8ec3;  // the inverse of 0x94d049bb133111eb modulo 2^64
  x ^= (x >> 27) ^ (x >> 54);
  x *= 0x96de1b173f119089;  // the inverse of 0xbf58476d1ce4e5b9
  x ^= (x >> 30) ^ (x >> 60);
  return x;
}
static_assert(Unmix(Mix(1)) == 1 && Unmix(Mix(0x123456789abcdef0)) == 0x123456789abcdef0);

constexpr int DigitOf(char c) {
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    if (kDigits[i] == c) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

std::string MemberToken(MemberId member) {
  std::string token(kMemberTokenLength, '0');
  std::uint64_t bits = Mix(member.raw());
  for (std::size_t i = kMemberTokenLength; i-- > 0; bits >>= 5) token[i] = kDigits[bits & 31];
  return token;
}

std::optional<MemberId> ParseMemberToken(absl::string_view token) {
  if (token.size() != kMemberTokenLength) return std::nullopt;
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kMemberTokenLength; ++i) {
    const int digit = DigitOf(token[i]);
    if (digit < 0 || (i == 0 && digit > 15)) return std::nullopt;  // 65 bits do not fit
    bits = (bits << 5) | static_cast<std::uint64_t>(digit);
  }
  return MemberId::FromRaw(Unmix(bits));
}

}  // namespace laurel
