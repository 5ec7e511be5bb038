#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "agent/commands/commands.h"
#include "agent/commands/workbench.h"
#include "watch/sensor.h"

namespace fengsui::agent {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kOnce = 365LL * 86'400'000;  // a period that does not come back

// Names what cannot be opened before the sensor passes it by; counts files and folders.
struct Walk {
  std::uint64_t files = 0, folders = 0, special = 0;
  void look(const fs::path& path, Report& report) {
    std::error_code error;
    auto status = fs::symlink_status(path, error);
    if (error || status.type() == fs::file_type::not_found) return report.add_unread(path.string() + ": " + (error ? error.message() : "no such file"));
    if (fs::is_symlink(status)) status = fs::status(path, error);
    if (fs::is_directory(status)) return folder(path, report);
    file(path, status, report);
  }
  void folder(const fs::path& path, Report& report) {
    ++folders;
    std::error_code error;
    fs::recursive_directory_iterator it(path, fs::directory_options::none, error), end;
    if (error) return report.add_unread(path.string() + ": " + error.message());
    while (it != end) {
      auto entry = *it;
      auto status = entry.symlink_status(error);
      if (fs::is_directory(status)) {
        ++folders;
        if (access(entry.path().c_str(), R_OK | X_OK) != 0) {
          report.add_unread(entry.path().string() + ": " + std::error_code(errno, std::generic_category()).message());
          it.disable_recursion_pending();
        }
      } else {
        file(entry.path(), status, report);
      }
      it.increment(error);
      if (error) return report.add_unread(path.string() + ": the walk stopped: " + error.message());
    }
  }
  void file(const fs::path& path, fs::file_status status, Report& report) {
    if (fs::is_symlink(status)) return;  // its target is examined where it is
    if (!fs::is_regular_file(status)) {
      ++special;
      return;
    }
    ++files;
    if (access(path.c_str(), R_OK) != 0) report.add_unread(path.string() + ": " + std::error_code(errno, std::generic_category()).message());
  }
};

watch::SensorKind const* file_scan_kind() {
  for (const auto& kind : watch::sensor_kinds())
    if (kind.id == "file_scan") return &kind;
  return nullptr;
}

void print_summary(const Report& report, const Walk& walk, const model::SourceStatus& status) {
  fmt::print(stderr, "已检查 {} 个文件（{} 个目录），{} 字节，明文敏感值 {} 个，发现 {} 项；未检查或未完整检查 {} 项\n", walk.files, walk.folders, report.bytes(),
             report.values(), report.findings(), report.unread_count());
  fmt::print(stderr, "files {} folders {} bytes {} values {} findings {} not_examined {} special {}\n", walk.files, walk.folders, report.bytes(),
             report.values(), report.findings(), report.unread_count(), walk.special);
  if (status.counters.lost || status.counters.ovf)
    fmt::print(stderr, "the sensor counted lost={} ovf={} {}\n", status.counters.lost, status.counters.ovf, status.reason);
}

model::Activity summary_event(const Report& report, const Walk& walk, base::UnixMs started, base::UnixMs ended) {
  model::Activity out;
  out.time = ended;
  out.class_uid = 6007;
  out.activity_id = 2;  // Completed
  out.severity = model::Severity::informational;
  out.stage = model::Stage::storage;
  out.sensor = "file_scan";
  auto number = [&](const char* name, std::uint64_t n) { out.fields.set(name, model::Value(static_cast<std::int64_t>(n))); };
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
  return out;
}

}  // namespace

int scan(const Config& config, const ScanArguments& arguments) {
  auto rules = load_rules(config.rules);
  if (!rules) {
    fmt::print(stderr, "fengsui-agent scan: {}\n", rules.error().what);
    return kUsage;
  }
  Report::Options options;
  options.json = arguments.json;
  options.discoveries = true;
  options.language = config.agent.language == "en" ? model::Language::en : model::Language::zh;
  Workbench bench(config, options, std::move(*rules));
  const auto* kind = file_scan_kind();
  if (!kind) {
    fmt::print(stderr, "fengsui-agent scan: this build has no file_scan sensor\n");
    return kUsage;
  }
  auto started = bench.clock().wall_ms();
  Walk walk;
  for (const auto& path : arguments.paths) walk.look(path, bench.report());
  watch::SensorConfig how;
  for (const auto& path : arguments.paths) how.paths.push_back(fs::absolute(path).lexically_normal().string());
  how.bytes_per_second = 1ull << 40;  // a person waits for it
  how.max_file_bytes = static_cast<std::uint64_t>(config.scan.max_file_mib) << 20;
  how.period_ms = kOnce;
  auto sensor = kind->make(how);
  sensor->start(started);
  while (true) {
    auto now = bench.clock().wall_ms();
    auto wait = sensor->due() - now;
    if (wait > kOnce / 2) break;  // the pass is complete
    if (wait > 0) std::this_thread::sleep_for(std::chrono::milliseconds(std::min<std::int64_t>(wait, 50)));
    sensor->poll(bench.clock().wall_ms(), bench.pipeline());
  }
  bench.pipeline().finish();
  auto status = sensor->take_status(bench.clock().wall_ms());
  if (status.state == model::SensorState::unavailable) bench.report().add_unread("file_scan: " + status.reason);
  if (status.counters.lost && bench.report().unread_count() == 0)
    bench.report().add_unread("file_scan: " + std::to_string(status.counters.lost) + " files were not read: " + status.reason);
  bench.report().print_unread();
  print_summary(bench.report(), walk, status);
  if (arguments.json) {
    auto event = summary_event(bench.report(), walk, started, bench.clock().wall_ms());
    fmt::print("{}\n", model::ocsf_line(event, bench.whoami(), base::hex(crypto::random_bytes(8)), 1, bench.clock().wall_ms()));
  }
  if (bench.report().unread_count()) return kIncomplete;
  return bench.report().findings() ? kFindings : kClean;
}

}  // namespace fengsui::agent
