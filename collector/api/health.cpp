#include <fmt/format.h>
#include <sys/statvfs.h>

#include <boost/json.hpp>
#include <map>

#include "collector/api/handlers.h"
#include "collector/witnesses.h"
#include "collector/attestor.h"
#include "collector/memory.h"
#include "collector/sealer.h"

namespace fengsui::collector::api {

namespace json = boost::json;

namespace {

constexpr std::uint64_t kFewBytes = 256u << 20;

std::uint64_t free_bytes(const std::filesystem::path& folder) {
  struct statvfs info {};
  return ::statvfs(folder.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize : 0;
}

}  // namespace

Response get_health(Service& service, const Call& call) {
  json::array parts;
  bool failing = false, worse = false;
  auto part = [&](std::string_view id, const std::string& failure, bool fatal) {
    failing = failing || (fatal && !failure.empty());
    worse = worse || !failure.empty();
    parts.push_back(json::object{{"id", std::string(id)},
                                 {"state", failure.empty() ? "ok"
                                           : fatal         ? "failed"
                                                           : "degraded"},
                                 {"reason", failure}});
  };
  part("ledger", service.ingest.health(), true);
  part("log", service.ingest.ahead(), false);
  auto broken = service.memory.known_problems();
  part("evidence", broken != 0 ? fmt::format("{} leaves of this year's logs break a chain or a signature", broken) : "",
       false);
  part("attestations", service.attestor.health(), false);
  part("verify_page", service.attestor.page_health(), false);
  auto bytes = free_bytes(service.centre.folder());
  part("disk", bytes < kFewBytes ? fmt::format("{} MiB are free, fewer than 256", bytes >> 20) : "", false);
  part("witnesses", Witnesses(service.centre).health(), false);
  part("sealer", service.sealer.health(), false);
  auto silent = service.watch.count(AgentStatus::silent);
  part("agents", silent != 0 ? fmt::format("{} agents are silent", silent) : "", false);
  return answer(failing ? 503 : 200, {{"status", worse ? "degraded" : "ok"},
                                      {"version", FENGSUI_VERSION},
                                      {"time", call.request.now},
                                      {"parts", std::move(parts)}});
}

Response get_metrics(Service& service, const Call&) {
  std::vector<base::Sample> samples = service.ingest.counters();
  for (auto status : {AgentStatus::never_seen, AgentStatus::healthy, AgentStatus::degraded, AgentStatus::silent,
                      AgentStatus::stale_clock, AgentStatus::decommissioned})
    samples.push_back({"collector_agents", {{"status", std::string(id(status))}}, service.watch.count(status)});
  samples.push_back({"collector_disk_free_bytes", {}, free_bytes(service.centre.folder())});
  samples.push_back({"collector_build_info", {{"version", FENGSUI_VERSION}}, 1});
  samples.push_back({"collector_logins_refused_total", {{"reason", "denied"}}, service.logins_denied});
  samples.push_back({"collector_logins_refused_total", {{"reason", "too_many"}}, service.logins_too_many});
  samples.push_back({"collector_ledger_failed", {}, service.ingest.health().empty() ? 0u : 1u});
  for (auto& sample : service.more_counters()) samples.push_back(std::move(sample));
  // One family in one block, as the format demands.
  std::map<std::string, std::string> families;
  for (const auto& s : samples) {
    auto& block = families["fengsui_" + s.name];
    if (block.empty())
      block = fmt::format("# TYPE fengsui_{} {}\n", s.name, s.name.ends_with("_total") ? "counter" : "gauge");
    std::string labels;
    for (const auto& [key, value] : s.labels) {
      std::string escaped;
      for (char c : value) {
        if (c == '\\' || c == '"') escaped += '\\';
        escaped += c == '\n' ? ' ' : c;
      }
      labels += fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ",", key, escaped);
    }
    block += fmt::format("fengsui_{}{} {}\n", s.name, labels.empty() ? "" : "{" + labels + "}", s.value);
  }
  std::string body;
  for (const auto& [_, block] : families) body += block;
  return {200, "text/plain; version=0.0.4; charset=utf-8", std::move(body), {}};
}

}  // namespace fengsui::collector::api
