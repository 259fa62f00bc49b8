#ifndef LAUREL_ENGINE_DOMAIN_MEMBER_TOKEN_H_
#define LAUREL_ENGINE_DOMAIN_MEMBER_TOKEN_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/domain/values.h"

// How callers know a member: the id, mixed so that it tells neither order nor number. Frozen: names
// and samples by hash rest on it.
namespace laurel {

inline constexpr std::size_t kMemberTokenLength = 13;  // 5 bits each

// 13 of 0-9 and a-z without i, l, o and u.
std::string MemberToken(MemberId member);
// Empty unless `token` is one.
std::optional<MemberId> ParseMemberToken(absl::string_view token);

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_MEMBER_TOKEN_H_
