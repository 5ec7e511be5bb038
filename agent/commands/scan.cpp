#include "watch/scan.h"

#include <fmt/format.h>

#include <filesystem>

#include "agent/commands/baseline.h"
#include "agent/commands/commands.h"
#include "agent/commands/workbench.h"

namespace fengsui::agent {

namespace {

void print_summary(const Report& report, const watch::ScanReport& walk) {
  fmt::print(stderr, "已检查 {} 个文件（{} 个目录），{} 字节，明文敏感值 {} 个，发现 {} 项；未检查或未完整检查 {} 项\n",
             walk.files, walk.folders, report.bytes(), report.values(), report.findings(), report.unread_count());
  fmt::print(stderr, "files {} folders {} bytes {} values {} findings {} not_examined {} special {}\n", walk.files,
             walk.folders, report.bytes(), report.values(), report.findings(), report.unread_count(), walk.special);
}

// What was allowed is never silently absent, and neither is what no longer is.
void print_allowed(const Report& report, const ScanBaseline& baseline, const std::vector<std::string>& expired) {
  for (const auto& entry : expired) fmt::print(stderr, "allow-list {}\n", entry);
  if (baseline.used())
    fmt::print(stderr, "baseline  {} known values seen, {} stale (基线：已知 {} 个，失效 {} 个)\n", baseline.known(), baseline.stale(),
               baseline.known(), baseline.stale());
  if (report.allowed_values() + report.allowed_findings() == 0) return;
  fmt::print(stderr, "allowed   {} values, {} findings (已允许 {} 个值，{} 项发现):", report.allowed_values(), report.allowed_findings(),
             report.allowed_values(), report.allowed_findings());
  for (const auto& by : report.allowed()) fmt::print(stderr, " {};", by);
  fmt::print(stderr, "\n");
}

model::Activity summary_event(const Report& report, const watch::ScanReport& walk, base::UnixMs started,
                              base::UnixMs ended) {
  model::Activity out;
  out.time = ended;
  out.class_uid = 6007;
  out.activity_id = 2;  // Completed
  out.severity = model::Severity::informational;
  out.stage = model::Stage::storage;
  out.sensor = "file_scan";
  auto number = [&](const char* name, std::uint64_t n) {
    out.fields.set(name, model::Value(static_cast<std::int64_t>(n)));
  };
  out.fields.set("scan.name", "fengsui-agent scan");
  out.fields.set("scan.type_id", model::Value(std::int64_t{1}));
  number("num_files", walk.files);
  number("num_folders", walk.folders);
  number("num_detections", report.findings());
  number("num_skipped_items", report.unread_count());
  out.fields.set("start_time", model::Value(started));
  out.fields.set("end_time", model::Value(ended));
  out.fields.set("duration", model::Value(ended - started));
  out.fields.set("status_id", model::Value(std::int64_t{report.unread_count() ? 2 : 1}));
  number("unmapped.fengsui.bytes", report.bytes());
  number("unmapped.fengsui.special_files", walk.special);
  out.fields.set("unmapped.fengsui.unread", model::Value(report.unread()));
  number("unmapped.fengsui.excluded", walk.excluded);
  number("unmapped.fengsui.allowed_values", report.allowed_values());
  number("unmapped.fengsui.allowed_findings", report.allowed_findings());
  if (auto by = report.allowed(); !by.empty()) out.fields.set("unmapped.fengsui.allowed_by", model::Value(std::move(by)));
  return out;
}

}  // namespace

int scan(const Config& config, const ScanArguments& arguments) {
  std::vector<std::string> roots;
  for (const auto& path : arguments.paths) roots.push_back(std::filesystem::absolute(path).lexically_normal().string());
  auto site = site_files(config);
  site.roots = roots;
  if (!arguments.key.empty()) site.key = arguments.key;
  ScanBaseline baseline;
  if (auto begun = baseline.begin(arguments.baseline, arguments.write_baseline, site); !begun) {
    fmt::print(stderr, "fengsui-agent scan: {}\n", begun.error().what);
    return kUsage;
  }
  auto rules = load_rules(config.rules, today(), site);
  if (!rules) {
    fmt::print(stderr, "fengsui-agent scan: {}\n", rules.error().what);
    return kUsage;
  }
  for (const auto& problem : rules->classifier->site_problems()) {
    fmt::print(stderr, "fengsui-agent scan: {}\n", problem);
    return kUsage;
  }
  Report::Options options;
  options.json = arguments.json;
  options.discoveries = true;
  options.language = config.agent.language == "en" ? model::Language::en : model::Language::zh;
  const auto engine = rules->classifier;
  Workbench bench(config, options, std::move(*rules));
  watch::SensorConfig how;
  how.exclude = config.scan.exclude;
  how.landing = config.scan.landing;
  how.web_roots = config.scan.web_roots;
  how.max_file_bytes = static_cast<std::uint64_t>(config.scan.max_file_mib) << 20;
  auto started = bench.clock().wall_ms();
  watch::ScanReport walk;
  watch::scan_paths(roots, how, started, bench.pipeline(), walk);
  bench.pipeline().finish();
  for (const auto& missed : walk.not_examined) bench.report().add_unread(missed.path + ": " + missed.reason);
  bench.report().count_unread(walk.not_examined_count - walk.not_examined.size());
  Scrubber scrubber(engine);
  if (const auto written = baseline.finish(scrubber); !written) bench.report().add_unread("baseline: " + written.error().what);
  else if (!written->empty()) fmt::print(stderr, "baseline  {}\n", *written);
  bench.report().print_unread();
  print_summary(bench.report(), walk);
  print_allowed(bench.report(), baseline, engine->expired_entries(started));
  if (arguments.json) {
    auto event = summary_event(bench.report(), walk, started, bench.clock().wall_ms());
    fmt::print("{}\n",
               model::ocsf_line(event, bench.whoami(), base::hex(crypto::random_bytes(8)), 1, bench.clock().wall_ms()));
  }
  if (bench.report().unread_count()) return kIncomplete;
  return bench.report().findings() ? kFindings : kClean;
}

}  // namespace fengsui::agent
