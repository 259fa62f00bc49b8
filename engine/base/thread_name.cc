#include "engine/base/thread_name.h"

#include <pthread.h>

namespace laurel {

void NameThisThread(const char* name) { (void)::pthread_setname_np(::pthread_self(), name); }

}  // namespace laurel
