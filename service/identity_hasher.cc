#include "service/identity_hasher.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "service/phone.h"
#include "service/text.h"

namespace laurel {
namespace {

constexpr std::size_t kCodePointsMax = 254;

absl::Status Refused(absl::string_view expectation, absl::string_view value) {
  return absl::InvalidArgumentError(absl::StrCat("must be ", expectation, ", was ",
                                                 CodePoints(value), " characters of another form"));
}

// ^\+[1-9]\d{1,14}$
bool IsE164(absl::string_view value) {
  if (value.size() < 3 || value.size() > 16 || value[0] != '+' || value[1] == '0') return false;
  return std::all_of(value.begin() + 1, value.end(), [](char c) { return text_form::IsDigit(c); });
}

bool IsEmail(absl::string_view value) {
  const std::size_t at = value.find('@');
  return at != absl::string_view::npos && at > 0 && at + 1 < value.size() &&
         value.find('@', at + 1) == absl::string_view::npos &&
         value.find(' ') == absl::string_view::npos;
}

}  // namespace

absl::StatusOr<std::string> NormaliseIdentity(IdentityKind kind, absl::string_view value,
                                              absl::string_view region) {
  std::string normalised(value);
  if (kind == IdentityKind::kCard) {
    std::erase_if(normalised, [](char c) { return c == ' ' || c == '-'; });
  } else if (kind == IdentityKind::kEmail) {
    normalised = absl::AsciiStrToLower(absl::StripAsciiWhitespace(value));
  }
  const std::size_t length = CodePoints(normalised);
  if (length < 1 || length > kCodePointsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be 1 to ", kCodePointsMax, " code points, was ", length));
  }
  if (HasControlCharacter(normalised)) return Refused("without control characters", value);
  if (kind == IdentityKind::kPhone && !IsE164(normalised)) {
    std::optional<std::string> parsed = ParsePhone(normalised, region);
    if (!parsed || !IsE164(*parsed)) {
      return Refused("a telephone number with the country's code, such as +8613800138000", value);
    }
    normalised = *std::move(parsed);
  }
  if (kind == IdentityKind::kEmail && !IsEmail(normalised)) {
    return Refused("an e-mail address with one @", value);
  }
  return normalised;
}

IdentityHasher::IdentityHasher(const std::string& key) : mac_(key) {
  LAUREL_CHECK(key.size() == kKeyBytes, "an identity key has 32 bytes");
}

IdentityHash IdentityHasher::Hash(const ProgramId& program, IdentityKind kind,
                                  absl::string_view normalised) const {
  std::string message;
  message.reserve(program.str().size() + 2 + normalised.size());
  message.append(program.str());
  message.push_back('\0');
  message.push_back(static_cast<char>(kind));
  message.append(normalised.data(), normalised.size());
  const laurel::Hash mac = mac_(message);
  IdentityHash hash;
  std::copy_n(mac.begin(), hash.size(), hash.begin());
  return hash;
}

std::string IdentityHasher::Fingerprint() const {
  const laurel::Hash mac = mac_("laurel identity key");
  return absl::BytesToHexString(AsBytes(mac).substr(0, 16));
}

}  // namespace laurel
