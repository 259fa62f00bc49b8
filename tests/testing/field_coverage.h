#ifndef LAUREL_TESTS_TESTING_FIELD_COVERAGE_H_
#define LAUREL_TESTS_TESTING_FIELD_COVERAGE_H_

#include <set>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace laurel {

// Which fields of which messages were ever set, so that a test of an encoding can say which ones it
// never saw.
class FieldCoverage {
 public:
  // Counts the fields set in `message` and in what it contains.
  void Add(const google::protobuf::Message& message) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const google::protobuf::FieldDescriptor* field : fields) {
      seen_.insert(field->full_name());
      if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
      if (!field->is_repeated()) {
        Add(reflection.GetMessage(message, field));
        continue;
      }
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        Add(reflection.GetRepeatedMessage(message, field, i));
      }
    }
  }

  // The fields of `root` and of every message that it can contain that were never set, by full
  // name.
  std::vector<std::string> Missing(const google::protobuf::Descriptor* root) const {
    std::vector<std::string> missing;
    for (const google::protobuf::Descriptor* message : Reachable(root)) {
      for (int i = 0; i < message->field_count(); ++i) {
        const std::string& name = message->field(i)->full_name();
        if (seen_.count(name) == 0) missing.push_back(name);
      }
    }
    return missing;
  }

  // `root` and every message that it can contain.
  static std::set<const google::protobuf::Descriptor*> Reachable(
      const google::protobuf::Descriptor* root) {
    std::set<const google::protobuf::Descriptor*> found;
    std::vector<const google::protobuf::Descriptor*> open{root};
    while (!open.empty()) {
      const google::protobuf::Descriptor* message = open.back();
      open.pop_back();
      if (!found.insert(message).second) continue;
      for (int i = 0; i < message->field_count(); ++i) {
        const google::protobuf::Descriptor* inner = message->field(i)->message_type();
        if (inner != nullptr) open.push_back(inner);
      }
    }
    return found;
  }

 private:
  std::set<std::string> seen_;
};

}  // namespace laurel

#endif  // LAUREL_TESTS_TESTING_FIELD_COVERAGE_H_
