#ifndef LAUREL_SERVICE_CONVERT_SIMULATION_H_
#define LAUREL_SERVICE_CONVERT_SIMULATION_H_

#include <memory>
#include <optional>
#include <string>

#include "engine/domain/what_if.h"
#include "engine/simulation.h"
#include "laurel/v1/simulation_service.pb.h"
#include "service/convert.h"
#include "service/simulations.h"

// Requests of SimulationService to what the engine simulates, and its reports to replies. Compiling
// a document takes milliseconds: for the read pool.
namespace laurel {

// A revision that a request names, or a document that it has.
struct NamedCandidate {
  std::uint32_t number = 0;                         // of a revision; 0: a document
  std::shared_ptr<const rules::Rulebook> rulebook;  // of a document
};
// Empty after a violation.
std::optional<NamedCandidate> ParseCandidate(const v1::SimulationCandidate& candidate,
                                             const ProgramId& program, const Path& path,
                                             Violations& violations);
std::optional<BacktestPeriod> ParseBacktest(const v1::BacktestPeriod& period, Timestamp now,
                                            const Path& path, Violations& violations);
StatedMember ParseStatedMember(const v1::StatedMember& member, Timestamp occurred_at,
                               const Path& path, Violations& violations);

void RenderSimulation(const Simulations::View& view, bool has_report, v1::Simulation& out);
// `number` 0: a document.
void RenderWhatIf(const WhatIf& what_if, const ProgramId& program, std::uint32_t number,
                  const rules::Rulebook& rulebook, v1::SimulatedDecision& out);

}  // namespace laurel

#endif  // LAUREL_SERVICE_CONVERT_SIMULATION_H_
