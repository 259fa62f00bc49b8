#ifndef LAUREL_SERVICE_CONVERT_EXPLAIN_H_
#define LAUREL_SERVICE_CONVERT_EXPLAIN_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/domain/explain_entry.h"
#include "engine/engine.h"
#include "laurel/v1/points_service.pb.h"
#include "service/convert.h"
#include "service/revisions.h"

namespace laurel {

// A tag of BCP 47; "en" for an empty one.
std::string ParseLanguage(const std::string& tag, const Path& path, Violations& violations);

void RenderLines(const std::vector<ExplainedLine>& lines,
                 google::protobuf::RepeatedPtrField<v1::ExplainedLine>& out);
void RenderMisses(const std::vector<ExplainedMiss>& missed,
                  google::protobuf::RepeatedPtrField<v1::ExplainedMiss>& out);

// Why the entry says what it says: all of the reply but its header. Reads the entries that a return
// rests on: for the read pool. DATA_LOSS if the entry, decided once more, is another.
absl::Status RenderExplanation(const Entry& entry, absl::string_view language, ReadView& view,
                               Revisions& revisions, v1::ExplainEntryResponse& out);

}  // namespace laurel

#endif  // LAUREL_SERVICE_CONVERT_EXPLAIN_H_
