#ifndef LAUREL_TESTS_CRASH_MUST_SERVE_H_
#define LAUREL_TESTS_CRASH_MUST_SERVE_H_

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <variant>

#include "tests/crash/ledger_on_disk.h"

namespace laurel {

// The served ledger, or null after failing the test with the refusal's text.
inline std::unique_ptr<LedgerOnDisk> MustServe(
    std::variant<std::unique_ptr<LedgerOnDisk>, Refusal> started) {
  if (const Refusal* refusal = std::get_if<Refusal>(&started)) {
    ADD_FAILURE() << Render(*refusal);
    return nullptr;
  }
  return std::get<std::unique_ptr<LedgerOnDisk>>(std::move(started));
}

}  // namespace laurel

#endif  // LAUREL_TESTS_CRASH_MUST_SERVE_H_
