#ifndef LAUREL_SERVICE_VIOLATIONS_H_
#define LAUREL_SERVICE_VIOLATIONS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace laurel {

// One thing wrong with a request.
struct Violation {
  std::string field;        // path in the request: purchase.lines[2].line
  std::string description;  // expectation, was value: must be 1 to 9999, was 0
  std::string code;         // [A-Z][A-Z0-9_]+, for machines
};

// Everything that is wrong with a request, so that a caller repairs it in one round. Personal data
// is described and never quoted.
class Violations {
 public:
  void Add(std::string field, std::string description, absl::string_view code) {
    all_.push_back(Violation{std::move(field), std::move(description), std::string(code)});
  }
  void Required(std::string field) { Add(std::move(field), "must be set, was empty", "REQUIRED"); }
  void Malformed(std::string field, std::string description) {
    Add(std::move(field), std::move(description), "MALFORMED");
  }
  void OutOfRange(std::string field, std::string description) {
    Add(std::move(field), std::move(description), "OUT_OF_RANGE");
  }

  bool empty() const { return all_.empty(); }
  const std::vector<Violation>& all() const { return all_; }

  // The reason of the whole, unless it is INVALID_FIELD.
  void SetReason(absl::string_view reason) { reason_ = std::string(reason); }
  const std::string& reason() const { return reason_; }

 private:
  std::vector<Violation> all_;
  std::string reason_;
};

}  // namespace laurel

#endif  // LAUREL_SERVICE_VIOLATIONS_H_
