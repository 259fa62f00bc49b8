#include "bench/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace laurel::bench {
namespace {

double Micros(std::int64_t nanos) { return static_cast<double>(nanos) / 1e3; }

// Per call, in microseconds.
double PerCall(double seconds, const Row& row) {
  return row.calls_with_warmup == 0 ? 0
                                    : seconds * 1e6 / static_cast<double>(row.calls_with_warmup);
}

double BytesPerAccrual(const DiskRow& row, std::uint64_t accruals) {
  if (accruals == 0) return 0;
  return (static_cast<double>(row.after) - static_cast<double>(row.before)) /
         static_cast<double>(accruals);
}

// 1234567 -> "1,234,567"
std::string Grouped(double value) {
  std::string digits = absl::StrFormat("%.0f", value);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3;
       at > (digits[0] == '-' ? 1 : 0); at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

const char* Verdict(const Bar& bar) { return bar.IsMet() ? "PASS" : "BELOW"; }

nlohmann::ordered_json LatencyJson(const Histogram& nanos) {
  return {{"p50", Micros(nanos.Quantile(500))},
          {"p99", Micros(nanos.Quantile(990))},
          {"p100", Micros(nanos.max())}};
}

}  // namespace

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double DiskBytesPerAccrual(const Report& report) {
  double sum = 0;
  for (const DiskRow& row : report.disk) sum += BytesPerAccrual(row, report.accruals);
  return sum;
}

bool HasFailures(const Report& report) {
  return std::any_of(report.rows.begin(), report.rows.end(),
                     [](const Row& row) { return row.failed > 0; });
}

std::string RenderTable(const Report& report) {
  const Machine& machine = report.machine;
  std::string text;
  absl::StrAppendFormat(&text, "machine    %u x %s, %.1f GiB, %s, load %.1f at the start\n",
                        machine.cpus, machine.cpu,
                        static_cast<double>(machine.memory_bytes) / (1 << 30), machine.kernel,
                        machine.load_average);
  absl::StrAppendFormat(&text, "disk       %s\n", machine.file_system);
  for (const auto& [when, nanos] :
       {std::pair{"before", &report.fdatasync_before_ns}, {"after", &report.fdatasync_after_ns}}) {
    absl::StrAppendFormat(&text, "fdatasync  %-6s  p50 %.0f us  p99 %.0f us  p100 %.0f us\n", when,
                          Micros(nanos->Quantile(500)), Micros(nanos->Quantile(990)),
                          Micros(nanos->max()));
  }
  text += "settings  ";
  for (const auto& [name, value] : report.settings) absl::StrAppend(&text, " ", name, "=", value);
  absl::StrAppendFormat(&text, "\nenrolment  %s/s, through the engine\n\n",
                        Grouped(report.enrolled_per_second));

  absl::StrAppendFormat(&text, "%-26s %12s %21s %7s %9s %9s %9s %8s %8s\n", "", "per second",
                        "lowest .. highest", "ratio", "p50 us", "p99 us", "p100 us", "server",
                        "client");
  for (const Row& row : report.rows) {
    const auto [low, high] = std::minmax_element(row.rates.begin(), row.rates.end());
    absl::StrAppendFormat(
        &text, "%-26s %12s %21s %7s %9.0f %9.0f %9.0f %8.1f %8.1f\n", row.name,
        Grouped(Median(row.rates)),
        row.rates.empty() ? "" : absl::StrCat(Grouped(*low), " .. ", Grouped(*high)),
        row.ratios.empty() ? "" : absl::StrFormat("%.2f", Median(row.ratios)),
        Micros(row.latency_ns.Quantile(500)), Micros(row.latency_ns.Quantile(990)),
        Micros(row.latency_ns.max()), PerCall(row.server_cpu_seconds, row),
        PerCall(row.client_cpu_seconds, row));
    if (row.failed > 0)
      absl::StrAppendFormat(&text, "    %d FAILED, the first: %s\n", row.failed, row.first_failure);
  }
  text +=
      "rates are medians over the rounds, ratios those of each round; server and client: us of "
      "processor time a call\n\n";

  if (!report.disk.empty()) {
    absl::StrAppendFormat(&text, "%-26s %15s %15s %12s\n", "disk, compacted", "enrolled",
                          "at the end", "an accrual");
    for (const DiskRow& row : report.disk) {
      absl::StrAppendFormat(&text, "  %-24s %15s %15s %10.1f B\n", row.family,
                            Grouped(static_cast<double>(row.before)),
                            Grouped(static_cast<double>(row.after)),
                            BytesPerAccrual(row, report.accruals));
    }
    absl::StrAppendFormat(&text, "%s accruals, %.1f a commit; ",
                          Grouped(static_cast<double>(report.accruals)),
                          report.commands_per_commit);
  }
  absl::StrAppendFormat(&text, "server memory at most %s MiB\n\n",
                        Grouped(static_cast<double>(report.server_memory_peak_bytes) / (1 << 20)));
  for (const Bar& bar : report.bars) {
    absl::StrAppendFormat(&text, "%-6s %-44s %s %s, bar: %s %s\n", Verdict(bar), bar.name,
                          bar.bound < 10 ? absl::StrFormat("%.2f", bar.value) : Grouped(bar.value),
                          bar.unit, bar.is_ceiling ? "at most" : "at least",
                          bar.bound < 10 ? absl::StrFormat("%.2f", bar.bound) : Grouped(bar.bound));
  }
  return text;
}

std::string RenderJson(const Report& report) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["machine"] = {{"cpus", report.machine.cpus},
                     {"cpu", report.machine.cpu},
                     {"memory_bytes", report.machine.memory_bytes},
                     {"kernel", report.machine.kernel},
                     {"file_system", report.machine.file_system},
                     {"load_average_at_start", report.machine.load_average}};
  json["fdatasync_micros"] = {{"before", LatencyJson(report.fdatasync_before_ns)},
                              {"after", LatencyJson(report.fdatasync_after_ns)}};
  for (const auto& [name, value] : report.settings) json["settings"][name] = value;
  json["enrolled_per_second"] = report.enrolled_per_second;
  for (const Row& row : report.rows) {
    Json out = {{"name", row.name},
                {"unit", row.unit},
                {"per_second", Median(row.rates)},
                {"per_second_by_round", row.rates},
                {"calls", row.calls},
                {"latency_micros", LatencyJson(row.latency_ns)},
                {"server_cpu_micros_per_call", PerCall(row.server_cpu_seconds, row)},
                {"client_cpu_micros_per_call", PerCall(row.client_cpu_seconds, row)},
                {"failed", row.failed}};
    if (!row.ratios.empty()) {
      out["ratio_to_floor"] = Median(row.ratios);
      out["ratio_to_floor_by_round"] = row.ratios;
    }
    if (row.failed > 0) out["first_failure"] = row.first_failure;
    json["calls"].push_back(std::move(out));
  }
  for (const DiskRow& row : report.disk) {
    json["disk"]["families"].push_back(
        Json{{"family", row.family},
             {"bytes_enrolled", row.before},
             {"bytes_at_end", row.after},
             {"bytes_per_accrual", BytesPerAccrual(row, report.accruals)}});
  }
  json["disk"]["accruals"] = report.accruals;
  json["disk"]["bytes_per_accrual"] = DiskBytesPerAccrual(report);
  json["commands_per_commit"] = report.commands_per_commit;
  json["server_memory_peak_bytes"] = report.server_memory_peak_bytes;
  for (const Bar& bar : report.bars) {
    json["bars"].push_back(Json{{"name", bar.name},
                                {"unit", bar.unit},
                                {"value", bar.value},
                                {bar.is_ceiling ? "at_most" : "at_least", bar.bound},
                                {"verdict", Verdict(bar)}});
  }
  return json.dump(2) + "\n";
}

}  // namespace laurel::bench
