#ifndef LAUREL_ENGINE_BASE_CRASH_POINT_H_
#define LAUREL_ENGINE_BASE_CRASH_POINT_H_

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace laurel {

// In builds with LAUREL_CRASH_POINTS (never in a release): ends the process at once, as kill -9
// would, at the n-th passage of the point that the environment names:
// LAUREL_CRASH_AT=after_commit:3. Otherwise does nothing. `last_act` runs just before that end, to
// leave something half done.
#ifdef LAUREL_CRASH_POINTS
void CrashPoint(absl::string_view name, absl::FunctionRef<void()> last_act);
void CrashPoint(absl::string_view name);
#else
inline void CrashPoint(absl::string_view, absl::FunctionRef<void()>) {}
inline void CrashPoint(absl::string_view) {}
#endif

}  // namespace laurel

#endif  // LAUREL_ENGINE_BASE_CRASH_POINT_H_
