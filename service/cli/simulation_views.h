#ifndef LAUREL_SERVICE_CLI_SIMULATION_VIEWS_H_
#define LAUREL_SERVICE_CLI_SIMULATION_VIEWS_H_

#include <string>

#include "laurel/v1/simulation_service.pb.h"
#include "service/cli/session.h"
#include "service/cli/table.h"

// What a simulation reports, for people who write programs.
namespace laurel::cli {

// "1,234" or "1,234.50": whole units have thousands separated.
std::string RenderGrouped(std::int64_t amount, int decimals);
// The same with the sign that it has; "0" has none.
std::string RenderSigned(std::int64_t amount, int decimals);
// Tiers before by tiers after; the diagonal is those who stay.
Table TierMoveTable(const v1::ActivationReport& report);

// Facts and tables of a simulation that has succeeded.
Document SimulationDocument(const v1::Simulation& simulation, const AmountStyle& style);
// Two decisions side by side, line by line.
Document ComparisonDocument(const v1::CompareDecisionsResponse& response, const AmountStyle& style);

// The same as SimulationDocument with plots, as one page of HTML that loads nothing.
std::string SimulationHtml(const v1::Simulation& simulation, const AmountStyle& style);

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_SIMULATION_VIEWS_H_
