#ifndef LAUREL_SERVICE_KEYS_H_
#define LAUREL_SERVICE_KEYS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace laurel {

// A key file holds 32 random bytes as 64 lower-case hex digits and a newline.
inline constexpr std::size_t kKeyFileBytes = 32;

// The key. NOT_FOUND if there is no such file, FAILED_PRECONDITION if others than its owner and
// group may read it or others than its owner may write it, INVALID_ARGUMENT if it holds something
// else. Messages never hold any of the content.
absl::StatusOr<std::string> LoadKeyFile(const std::string& path);

// Makes a random key, readable by its owner alone, synced; its folder too, if that is missing.
// ALREADY_EXISTS if there is such a file.
absl::Status CreateKeyFile(const std::string& path);

}  // namespace laurel

#endif  // LAUREL_SERVICE_KEYS_H_
