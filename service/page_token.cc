#include "service/page_token.h"

#include <openssl/evp.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/hash.h"

namespace laurel {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kPlainBytes = 16;
constexpr std::int64_t kLifeMicros = kMicrosPerDay;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void AppendU64(std::uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> shift) & 0xFF));
  }
}

std::uint64_t ReadU64(absl::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

std::string AssociatedData(absl::string_view method, absl::string_view arguments) {
  return absl::StrCat("1", method, absl::string_view("\0", 1), arguments);
}

}  // namespace

PageTokens::PageTokens() : key_(RandomBytes(kKeyBytes)) {}

std::string PageTokens::Seal(absl::string_view method, absl::string_view arguments,
                             std::uint64_t position, Timestamp now) const {
  std::string plain;
  AppendU64(position, plain);
  AppendU64(static_cast<std::uint64_t>(now.micros()), plain);
  const std::string nonce = RandomBytes(kNonceBytes);
  const std::string associated = AssociatedData(method, arguments);
  std::string sealed(kPlainBytes, '\0');
  std::string tag(kTagBytes, '\0');
  int length = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  const bool is_sealed =
      cipher != nullptr &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key_), Bytes(nonce)) ==
          1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &length, Bytes(associated),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), Bytes(sealed), &length, Bytes(plain),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), Bytes(sealed) + length, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1;
  LAUREL_CHECK(is_sealed, "AES-256-GCM seals sixteen bytes");
  return absl::WebSafeBase64Escape(absl::StrCat(nonce, sealed, tag));
}

std::optional<std::uint64_t> PageTokens::Open(absl::string_view method, absl::string_view arguments,
                                              absl::string_view token, Timestamp now) const {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(token, &bytes) ||
      bytes.size() != kNonceBytes + kPlainBytes + kTagBytes ||
      absl::WebSafeBase64Escape(bytes) != token) {  // one spelling
    return std::nullopt;
  }
  const std::string associated = AssociatedData(method, arguments);
  const absl::string_view nonce = absl::string_view(bytes).substr(0, kNonceBytes);
  const absl::string_view sealed = absl::string_view(bytes).substr(kNonceBytes, kPlainBytes);
  std::string tag = bytes.substr(kNonceBytes + kPlainBytes);
  std::string plain(kPlainBytes, '\0');
  int length = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  const bool is_opened =
      cipher != nullptr &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key_), Bytes(nonce)) ==
          1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &length, Bytes(associated),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), Bytes(plain), &length, Bytes(sealed),
                        static_cast<int>(sealed.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), Bytes(plain) + length, &length) == 1;
  if (!is_opened) return std::nullopt;
  const std::uint64_t position = ReadU64(plain);
  const auto issued_at = static_cast<std::int64_t>(ReadU64(absl::string_view(plain).substr(8)));
  if (now.micros() - issued_at > kLifeMicros) return std::nullopt;
  return position;
}

}  // namespace laurel
