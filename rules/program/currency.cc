#include "rules/program/currency.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_split.h"

namespace laurel::rules {
namespace {

// ISO 4217, list one, without the codes that have no minor unit. The exponent is 2 unless listed
// below.
constexpr absl::string_view kCodes =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN "
    "BWP BYN "
    "BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR "
    "FJD FKP "
    "GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS "
    "KHR KMF "
    "KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MXV MYR "
    "MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR "
    "SDG SEK "
    "SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN "
    "UYI UYU "
    "UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";
constexpr absl::string_view kExponent0 =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
constexpr absl::string_view kExponent3 = "BHD IQD JOD KWD LYD OMR TND";
constexpr absl::string_view kExponent4 = "CLF UYW";

bool Lists(absl::string_view codes, absl::string_view code) {
  return codes.find(code) != absl::string_view::npos;
}

}  // namespace

std::span<const std::string> CurrencyCodes() {
  static const auto* const codes = new std::vector<std::string>(absl::StrSplit(kCodes, ' '));
  return *codes;
}

std::optional<int> CurrencyExponent(absl::string_view code) {
  const std::span<const std::string> codes = CurrencyCodes();
  if (!std::binary_search(codes.begin(), codes.end(), code)) return std::nullopt;
  if (Lists(kExponent0, code)) return 0;
  if (Lists(kExponent3, code)) return 3;
  if (Lists(kExponent4, code)) return 4;
  return 2;
}

}  // namespace laurel::rules
