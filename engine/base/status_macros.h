#ifndef LAUREL_ENGINE_BASE_STATUS_MACROS_H_
#define LAUREL_ENGINE_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns the status of `expression` from the enclosing function unless it is OK.
#define RETURN_IF_ERROR(expression)                  \
  do {                                               \
    ::absl::Status laurel_status_ = (expression);    \
    if (!laurel_status_.ok()) return laurel_status_; \
  } while (false)

#define LAUREL_CONCAT_INNER_(a, b) a##b
#define LAUREL_CONCAT_(a, b) LAUREL_CONCAT_INNER_(a, b)

// Evaluates an absl::StatusOr; returns its status from the enclosing function on error, else moves
// the value into `target`, which may declare a variable.
#define ASSIGN_OR_RETURN(target, expression) \
  ASSIGN_OR_RETURN_IMPL_(LAUREL_CONCAT_(laurel_statusor_, __LINE__), target, expression)
#define ASSIGN_OR_RETURN_IMPL_(holder, target, expression) \
  auto holder = (expression);                              \
  if (!holder.ok()) return std::move(holder).status();     \
  target = *std::move(holder)

#endif  // LAUREL_ENGINE_BASE_STATUS_MACROS_H_
