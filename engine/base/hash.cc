#include "engine/base/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "engine/base/check.h"

namespace laurel {
namespace {

std::array<std::uint32_t, 256> MakeCrcTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78u : 0u);
    table[i] = value;
  }
  return table;
}

}  // namespace

Hash Sha256(absl::string_view bytes) {
  // OpenSSL 3 looks the algorithm up on each one-shot call, which costs more than hashing a tree
  // node does.
  static const EVP_MD* const sha256 = ::EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context(
      ::EVP_MD_CTX_new(), ::EVP_MD_CTX_free);
  Hash hash;
  LAUREL_CHECK(::EVP_DigestInit_ex2(context.get(), sha256, nullptr) == 1 &&
                   ::EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
                   ::EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1,
               "SHA-256 is available");
  return hash;
}

Hash Sha256(absl::string_view first, absl::string_view second, absl::string_view third) {
  // A short message is copied to the stack: one call of the library is several times cheaper than
  // three.
  std::array<char, 512> buffer;
  if (first.size() + second.size() + third.size() <= buffer.size()) {
    char* out = buffer.data();
    for (absl::string_view part : {first, second, third})
      out = std::copy(part.begin(), part.end(), out);
    return Sha256(absl::string_view(buffer.data(), static_cast<std::size_t>(out - buffer.data())));
  }
  std::string joined;
  joined.reserve(first.size() + second.size() + third.size());
  for (absl::string_view part : {first, second, third}) joined.append(part.data(), part.size());
  return Sha256(joined);
}

void HmacSha256::Free::operator()(evp_mac_ctx_st* context) const { ::EVP_MAC_CTX_free(context); }

HmacSha256::HmacSha256(absl::string_view key) {
  static EVP_MAC* const hmac = ::EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  keyed_.reset(::EVP_MAC_CTX_new(hmac));
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters = {
      ::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      ::OSSL_PARAM_construct_end()};
  LAUREL_CHECK(::EVP_MAC_init(keyed_.get(), reinterpret_cast<const unsigned char*>(key.data()),
                              key.size(), parameters.data()) == 1,
               "HMAC-SHA-256 is available");
}

Hash HmacSha256::operator()(absl::string_view message) const {
  const std::unique_ptr<EVP_MAC_CTX, Free> context(::EVP_MAC_CTX_dup(keyed_.get()));
  Hash hash;
  std::size_t size = 0;
  LAUREL_CHECK(
      context != nullptr &&
          ::EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(message.data()),
                           message.size()) == 1 &&
          ::EVP_MAC_final(context.get(), hash.data(), &size, hash.size()) == 1 &&
          size == hash.size(),
      "HMAC-SHA-256 is available");
  return hash;
}

std::optional<Hash> HashFromBytes(absl::string_view bytes) {
  Hash hash;
  if (bytes.size() != hash.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

std::string ToHex(const Hash& hash) { return absl::BytesToHexString(AsBytes(hash)); }

std::uint32_t Crc32c(absl::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = MakeCrcTable();
  std::uint32_t crc = ~0u;
  for (char c : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint8_t>(c)) & 0xff];
  return ~crc;
}

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  LAUREL_CHECK(
      ::RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1,
      "the operating system gives random bytes");
  return bytes;
}

}  // namespace laurel
