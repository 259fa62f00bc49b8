#ifndef LAUREL_ENGINE_BASE_CHECK_H_
#define LAUREL_ENGINE_BASE_CHECK_H_

namespace laurel {

// Prints "file:line: check failed: condition: message" to stderr and aborts. The journal is intact
// when this happens: an aborted process loses nothing that was acknowledged.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              const char* message);

}  // namespace laurel

// Aborts the process unless `condition` holds; on in every build. For bugs only, never for bad
// input.
#define LAUREL_CHECK(condition, message)               \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::laurel::CheckFailed(__FILE__, __LINE__, #condition, message))

#endif  // LAUREL_ENGINE_BASE_CHECK_H_
