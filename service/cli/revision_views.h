#ifndef LAUREL_SERVICE_CLI_REVISION_VIEWS_H_
#define LAUREL_SERVICE_CLI_REVISION_VIEWS_H_

#include <string>

#include "laurel/v1/program_service.pb.h"
#include "service/cli/table.h"
#include "service/cli/views.h"

// Revisions as facts and tables for people.
namespace laurel::cli {

// "active since 2026-03-01T12:00:00Z, digest 0123456789abcdef"; empty for none.
std::string RenderState(const v1::Revision& revision);
// The number and the state; empty for none.
std::string RenderRevision(const v1::Revision& revision);

void AddRevisionFacts(Document& document, const v1::Revision& revision);
Table RevisionTable(const Repeated<v1::Revision>& revisions);
Table VoteTable(const Repeated<v1::Vote>& votes);
Table AcknowledgementTable(const Repeated<v1::Acknowledgement>& acknowledgements);
Table RuleTable(const Repeated<v1::RevisionRule>& rules);
Table PausedRuleTable(const Repeated<v1::PausedRule>& rules);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_REVISION_VIEWS_H_
