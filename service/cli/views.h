#ifndef LAUREL_SERVICE_CLI_VIEWS_H_
#define LAUREL_SERVICE_CLI_VIEWS_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "laurel/v1/points_service.pb.h"
#include "laurel/v1/program_service.pb.h"
#include "laurel/v1/types.pb.h"
#include "service/cli/session.h"
#include "service/cli/table.h"

// Messages of the API as facts and tables for people.
namespace laurel::cli {

template <class Message>
using Repeated = google::protobuf::RepeatedPtrField<Message>;

std::string RenderPoints(const v1::Points& points, const AmountStyle& style);  // "500 points"
std::string RenderPoints(const Repeated<v1::Points>& points,
                         const AmountStyle& style);  // "500 points, 5 miles"
std::string RenderTier(const v1::TierStatus& tier);  // "Gold, since 2024-…"
std::string RenderHex(const std::string& bytes);

Table BalanceTable(const Repeated<v1::Balance>& balances, const AmountStyle& style);
Table AwardTable(const Repeated<v1::Award>& awards, const AmountStyle& style);
Table ExplainedTable(const Repeated<v1::ExplainedLine>& lines, const AmountStyle& style);
Table LotTable(const Repeated<v1::Lot>& lots, const AmountStyle& style);
Table LotMoveTable(const Repeated<v1::LotMove>& moves, const AmountStyle& style);
Table PostingTable(const Repeated<v1::Posting>& postings, const AmountStyle& style);
Table EntryTable(const Repeated<v1::Entry>& entries, const AmountStyle& style);
// What is there, what is needed, what is missing. Requires that `progress` is there.
Table ProgressTable(absl::string_view title, const v1::TierProgress& progress,
                    const AmountStyle& style);
Table FindingTable(const Repeated<v1::Finding>& findings);

void AddMemberFacts(Document& document, const v1::Member& member);
// Balances, tier and the way to the next one: what every write about points replies.
template <class Reply>
void AddStanding(Document& document, const Reply& reply, const AmountStyle& style) {
  document.facts.emplace_back("tier", RenderTier(reply.tier()));
  document.tables.push_back(BalanceTable(reply.balances(), style));
  if (reply.has_progress()) {
    document.tables.push_back(ProgressTable("next tier: ", reply.progress(), style));
  }
}

// "done", or that it was done before.
template <class Reply>
std::string Outcome(const Reply& reply) {
  return reply.replayed() ? "done before; this is the first answer" : "done";
}

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_VIEWS_H_
