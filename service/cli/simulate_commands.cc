#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/store/files.h"
#include "laurel/v1/simulation_service.grpc.pb.h"
#include "service/cli/amount.h"
#include "service/cli/commands.h"
#include "service/cli/input.h"
#include "service/cli/interrupt.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/progress.h"
#include "service/cli/simulation_views.h"

// What a revision, or a document that is none yet, would do.
namespace laurel::cli {
namespace {

using Stub = v1::SimulationService::Stub;

constexpr std::size_t kDocumentBytesMax = std::size_t{1} << 20;  // the API's limit
constexpr std::chrono::milliseconds kPollInterval(200);

struct SimulateArguments {
  std::string candidate;
  int days = 0;
  std::string at;
  std::string zone = "UTC";
  std::string sample;
  std::string html;
};
struct WhatIfArguments {
  std::string candidate;
  std::string total;
  std::string at;
  std::string zone = "UTC";
  std::string member;
  std::string tier;
  std::vector<std::string> metrics;
  std::string channel = "pos";
  std::vector<std::string> categories;
};

// A number or a name is a revision, everything else a file.
absl::Status SetCandidate(Session& session, const std::string& text,
                          v1::SimulationCandidate& candidate) {
  std::uint32_t number = 0;
  if (absl::SimpleAtoi(text, &number) || absl::StartsWith(text, "programs/")) {
    absl::StatusOr<std::string> name = session.Revision(text);
    if (!name.ok()) return name.status();
    candidate.set_revision(*std::move(name));
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> document = ReadAll(text, kDocumentBytesMax);
  if (!document.ok()) return document.status();
  candidate.set_document(*std::move(document));
  return absl::OkStatus();
}

ExitCode CandidateError(Session& session, const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? session.WrongUsage(status) : session.IoError(status);
}

absl::Status SetInstant(const std::string& text, const std::string& zone_name,
                        google::protobuf::Timestamp& out) {
  const absl::StatusOr<absl::TimeZone> zone = ParseZone(zone_name);
  if (!zone.ok()) return zone.status();
  const absl::StatusOr<Timestamp> instant = ParseInstant(text, *zone);
  if (!instant.ok()) return instant.status();
  out = ToProto(*instant);
  return absl::OkStatus();
}

// "spring=10%" or "spring=2.5%".
absl::Status SetSample(const std::string& text, v1::SimulationSample& sample) {
  const std::vector<std::string> parts = absl::StrSplit(text, '=');
  const absl::StatusOr<std::int64_t> percent =
      parts.size() != 2 || !absl::EndsWith(parts[1], "%")
          ? absl::InvalidArgumentError("")
          : ParseAmount(absl::string_view(parts[1]).substr(0, parts[1].size() - 1), 2);
  if (!percent.ok() || *percent < 1 || *percent > 10'000) {
    return absl::InvalidArgumentError(
        absl::StrCat("sample: must be a name and a share such as spring=10%, was ", text));
  }
  sample.set_id(parts[0]);
  sample.set_basis_points(static_cast<std::int32_t>(*percent));
  return absl::OkStatus();
}

bool IsOver(const v1::Simulation& simulation) {
  return simulation.state() != v1::JOB_STATE_RUNNING && simulation.state() != v1::JOB_STATE_PENDING;
}

ExitCode Cancel(Session& session, const std::string& name) {
  v1::CancelSimulationRequest request;
  request.set_name(name);
  v1::CancelSimulationResponse response;
  const ExitCode code =
      Call<v1::SimulationService>(session, &Stub::CancelSimulation, request, response);
  if (code != ExitCode::kDone) return code;
  session.Warn("the simulation was cancelled; nothing had been changed");
  return ExitCode::kInterrupted;
}

// Waits for the end and shows how far it is; Ctrl-C cancels.
ExitCode Await(Session& session, v1::Simulation& simulation) {
  InterruptWatch watch;
  Progress progress(&session.err(), {.label = "simulating",
                                     .unit = simulation.progress().unit(),
                                     .is_terminal = session.options().is_error_terminal});
  v1::GetSimulationRequest request;
  request.set_name(simulation.name());
  while (true) {
    v1::GetSimulationResponse response;
    const ExitCode code =
        Call<v1::SimulationService>(session, &Stub::GetSimulation, request, response);
    if (code != ExitCode::kDone) return code;
    simulation = std::move(*response.mutable_simulation());
    if (IsOver(simulation)) return ExitCode::kDone;
    progress.Update(simulation.progress().done(), simulation.progress().done(),
                    simulation.progress().total());
    if (IsInterrupted()) {
      progress.Clear();
      return Cancel(session, simulation.name());
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

ExitCode WriteHtml(Session& session, const v1::Simulation& simulation, const AmountStyle& style,
                   const std::string& file) {
  const absl::Status written = WriteFileAtomically(file, SimulationHtml(simulation, style));
  if (!written.ok()) return session.IoError(written);
  session.Warn(absl::StrCat("the report is in ", file));
  return ExitCode::kDone;
}

ExitCode Simulate(Session& session, const SimulateArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::CreateSimulationRequest request;
  request.set_program(*program);
  const absl::Status candidate =
      SetCandidate(session, arguments.candidate, *request.mutable_candidate());
  if (!candidate.ok()) return CandidateError(session, candidate);
  if (!arguments.at.empty()) {
    const absl::Status at =
        SetInstant(arguments.at, arguments.zone, *request.mutable_effective_from());
    if (!at.ok()) return session.WrongUsage(at);
  }
  if (arguments.days > 0) request.mutable_backtest()->set_days(arguments.days);
  if (!arguments.sample.empty()) {
    if (arguments.days == 0) {
      return session.WrongUsage(
          absl::InvalidArgumentError("sample: must come with --days, was alone"));
    }
    const absl::Status sample =
        SetSample(arguments.sample, *request.mutable_backtest()->mutable_sample());
    if (!sample.ok()) return session.WrongUsage(sample);
  }
  v1::CreateSimulationResponse created;
  ExitCode code = Call<v1::SimulationService>(session, &Stub::CreateSimulation, request, created);
  if (code != ExitCode::kDone) return code;
  v1::Simulation simulation = std::move(*created.mutable_simulation());
  code = Await(session, simulation);
  if (code != ExitCode::kDone) return code;
  if (simulation.state() != v1::JOB_STATE_SUCCEEDED) {
    session.Warn(simulation.state() == v1::JOB_STATE_CANCELLED
                     ? "the simulation was cancelled"
                     : absl::StrCat("the simulation failed: ", simulation.error().message()));
    return ExitCode::kRefused;
  }
  const AmountStyle& style = session.Style(*program);
  if (!arguments.html.empty()) {
    code = WriteHtml(session, simulation, style, arguments.html);
    if (code != ExitCode::kDone) return code;
  }
  return session.Print(simulation, [&] { return SimulationDocument(simulation, style); });
}

absl::Status SetMetrics(const std::vector<std::string>& texts, v1::StatedMember& member) {
  for (const std::string& text : texts) {
    const std::vector<std::string> parts = absl::StrSplit(text, '=');
    std::int64_t value = 0;
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("metric: must be an id and a number such as credit_12m=950, was ", text));
    }
    v1::StatedMetric& metric = *member.add_metrics();
    metric.set_metric(parts[0]);
    metric.set_value(value);
  }
  return absl::OkStatus();
}

absl::Status SetPurchase(const WhatIfArguments& arguments, const AmountStyle& style,
                         v1::Purchase& purchase) {
  const absl::StatusOr<std::int64_t> total = ParseAmount(arguments.total, 2);
  if (!total.ok()) return total.status();
  purchase.mutable_total()->set_currency_code(style.currency);
  purchase.mutable_total()->set_minor_units(*total);
  if (!arguments.at.empty()) {
    const absl::Status at =
        SetInstant(arguments.at, arguments.zone, *purchase.mutable_occurred_at());
    if (!at.ok()) return at;
  }
  const absl::StatusOr<v1::Channel> channel = ParseChannel(arguments.channel);
  if (!channel.ok()) return channel.status();
  purchase.set_channel(*channel);
  if (arguments.categories.empty()) return absl::OkStatus();
  v1::PurchaseLine& line = *purchase.add_lines();
  line.set_line(1);
  line.set_kind(v1::LINE_KIND_SALE);
  line.set_extended_minor_units(*total);
  line.set_quantity_micros(1'000'000);
  for (const std::string& category : arguments.categories) line.add_categories(category);
  return absl::OkStatus();
}

ExitCode WhatIf(Session& session, const WhatIfArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::CompareDecisionsRequest request;
  request.set_program(*program);
  const absl::Status candidate =
      SetCandidate(session, arguments.candidate, *request.mutable_candidate());
  if (!candidate.ok()) return CandidateError(session, candidate);
  const absl::StatusOr<AmountStyle> style = session.LoadStyle(*program);
  if (!style.ok()) return session.Fail(style.status());
  const absl::Status purchase = SetPurchase(arguments, *style, *request.mutable_purchase());
  if (!purchase.ok()) return session.WrongUsage(purchase);
  if (!arguments.member.empty()) {
    const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
    if (!member.ok()) return session.WrongUsage(member.status());
    *request.mutable_member() = *member;
  }
  if (!arguments.tier.empty() || !arguments.metrics.empty()) {
    request.mutable_stated_member()->set_tier(arguments.tier);
    const absl::Status metrics = SetMetrics(arguments.metrics, *request.mutable_stated_member());
    if (!metrics.ok()) return session.WrongUsage(metrics);
  }
  v1::CompareDecisionsResponse response;
  const ExitCode code =
      Call<v1::SimulationService>(session, &Stub::CompareDecisions, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] { return ComparisonDocument(response, *style); });
}

}  // namespace

void AddSimulateCommands(CLI::App& program, Action& action) {
  CLI::App* verb = nullptr;
  const auto simulate = AddVerb<SimulateArguments>(
      program, "simulate", "Try a revision or a document on the ledger; changes nothing",
      "laurelctl program simulate 3 -p stars\n"
      "laurelctl program simulate programs/coffee.yaml --days 90 --html report.html -p coffee\n"
      "laurelctl program simulate 3 --at 2026-06-01T00:00 --zone Europe/London -p stars",
      action, &verb, Simulate);
  verb->add_option("REVISION", simulate->candidate,
                   "number or name of a revision, or a file with a document")
      ->required();
  verb->add_option("--days", simulate->days,
                   "decide the purchases of so many last days once more; without it, tiers alone");
  verb->add_option("--at", simulate->at, "when it would come into force; now if absent");
  verb->add_option("--zone", simulate->zone, "time zone of --at")->capture_default_str();
  verb->add_option("--sample", simulate->sample,
                   "a part of the members, the same each time, such as spring=10%");
  verb->add_option("--html", simulate->html, "write the report as a page with plots, too");

  const auto what_if = AddVerb<WhatIfArguments>(
      program, "what-if", "Compare what one purchase brings now and by a revision or a document",
      "laurelctl program what-if 3 --total 31.90 --member card:4006381333931 -p stars\n"
      "laurelctl program what-if draft.yaml --total 31.90 --tier GOLD --metric credit_12m=2990",
      action, &verb, WhatIf);
  verb->add_option("REVISION", what_if->candidate,
                   "number or name of a revision, or a file with a document")
      ->required();
  verb->add_option("--total", what_if->total, "what is paid, such as 31.90")->required();
  verb->add_option("--at", what_if->at, "when; now if absent");
  verb->add_option("--zone", what_if->zone, "time zone of --at")->capture_default_str();
  verb->add_option("--member", what_if->member, "a member; somebody new if absent");
  verb->add_option("--tier", what_if->tier, "of somebody who is described");
  verb->add_option("--metric", what_if->metrics, "of somebody who is described: id=number");
  verb->add_option("--channel", what_if->channel, "pos, app, web and so on")->capture_default_str();
  verb->add_option("--category", what_if->categories, "of what is bought");
}

}  // namespace laurel::cli
