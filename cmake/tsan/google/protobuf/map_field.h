// Stands before the system's header of this name in builds with the thread sanitizer. That header gives its class two more
// members when it sees the sanitizer, and Debian's library, which was built without, then reads others in their place.
#pragma once
#include <memory>  // first: the standard library's own choices stay as they are

#pragma push_macro("__SANITIZE_THREAD__")
#undef __SANITIZE_THREAD__
#include_next <google/protobuf/map_field.h>
#pragma pop_macro("__SANITIZE_THREAD__")
