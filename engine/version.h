#ifndef LAUREL_ENGINE_VERSION_H_
#define LAUREL_ENGINE_VERSION_H_

namespace laurel {

// Of the whole product; goes into the head of every batch.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace laurel

#endif  // LAUREL_ENGINE_VERSION_H_
