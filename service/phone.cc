#include "service/phone.h"

#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumberutil.h>

namespace laurel {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

// Numbers are personal: the library must not write any of them anywhere.
const PhoneNumberUtil& Numbers() {
  static const PhoneNumberUtil* const numbers = [] {
    PhoneNumberUtil* const made = PhoneNumberUtil::GetInstance();
    made->SetLogger(new i18n::phonenumbers::NullLogger);  // which takes it
    return made;
  }();
  return *numbers;
}

}  // namespace

std::optional<std::string> ParsePhone(absl::string_view text, absl::string_view region) {
  constexpr char kNowhere[] = "ZZ";
  PhoneNumber number;
  const auto error =
      Numbers().Parse(std::string(text), region.empty() ? kNowhere : std::string(region), &number);
  if (error != PhoneNumberUtil::NO_PARSING_ERROR || number.has_extension() ||
      !Numbers().IsPossibleNumber(number)) {
    return std::nullopt;
  }
  std::string formatted;
  Numbers().Format(number, PhoneNumberUtil::E164, &formatted);
  return formatted;
}

}  // namespace laurel
