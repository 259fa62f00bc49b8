#ifndef LAUREL_ENGINE_BASE_THREAD_NAME_H_
#define LAUREL_ENGINE_BASE_THREAD_NAME_H_

namespace laurel {

// Names the calling thread for `top -H`, debuggers and profilers. At most 15 characters; a longer
// name is not taken.
void NameThisThread(const char* name);

}  // namespace laurel

#endif  // LAUREL_ENGINE_BASE_THREAD_NAME_H_
