// Looks at every file of its trees once per period, and reads those that changed since.
#include <unistd.h>

#include <algorithm>

#include "watch/file_facts.h"
#include "watch/scan.h"
#include "watch/sensors/sensors.h"

namespace fengsui::watch {
namespace {

constexpr std::size_t kBytesPerPoll = 1u << 20;

class FileScan final : public Sensor {
 public:
  explicit FileScan(const SensorConfig& config) : config_(config) {}

  std::string_view id() const override { return "file_scan"; }
  int fd() const override { return -1; }
  base::UnixMs due() const override { return due_; }

  void start(base::UnixMs now) override {
    due_ = now;
    if (config_.state_dir.empty()) return;
    const std::string path = state_path();
    if (access(path.c_str(), F_OK) != 0) return;
    if (auto loaded = seen_.load(path); !loaded) note_ = loaded.error().what + "; every file is examined again";
  }

  void poll(base::UnixMs now, model::Sink& sink) override {
    if (now < due_ || config_.paths.empty()) {
      due_ = std::max(due_, config_.paths.empty() ? now + config_.period_ms : due_);
      return;
    }
    if (!scan_) {
      scan_ = std::make_unique<Scan>("file_scan", config_.paths, config_, &seen_, next_id_);
      started_ = now;
      taken_bytes_ = taken_files_ = taken_missed_ = 0;
    }
    const std::uint64_t before = scan_->report().bytes;
    const bool done = scan_->step(kBytesPerPoll, now, sink);
    const std::uint64_t read = scan_->report().bytes - before;
    account();
    if (!done) {
      // The budget is kept by waiting as long as these bytes are worth.
      const std::uint64_t rate = std::max<std::uint64_t>(config_.bytes_per_second, 1);
      due_ = now + static_cast<base::UnixMs>(read * 1000 / rate);
      return;
    }
    seen_.end_pass();
    last_ = scan_->report();
    scan_.reset();
    complete_ = true;
    due_ = std::max(started_ + config_.period_ms, now);
    note_.clear();
    if (!config_.state_dir.empty()) {
      sink.settle();
      if (auto saved = seen_.save(state_path()); !saved) note_ = "state not kept: " + saved.error().what;
    }
  }

  model::SourceStatus take_status(base::UnixMs) override {
    model::SourceStatus out;
    out.id = "file_scan";
    out.stages = {model::Stage::storage};
    if (!config_.landing.empty()) out.stages.push_back(model::Stage::collection);
    out.counters = counters_;
    counters_ = {};
    if (config_.paths.empty()) {
      out.reason = "no path is configured";
      return out;
    }
    const ScanReport& report = scan_ && !complete_ ? scan_->report() : last_;
    if (complete_ && report.files + report.unchanged == 0 && report.not_examined_count > 0) {
      out.state = model::SensorState::unavailable;
      out.reason = "nothing could be examined: " + named(report);
    } else if (report.not_examined_count > 0) {
      out.state = model::SensorState::degraded;
      out.reason = std::to_string(report.not_examined_count) + " not examined: " + named(report);
    } else if (!note_.empty()) {
      out.state = model::SensorState::degraded;
      out.reason = note_;
    } else {
      out.state = model::SensorState::effective;
    }
    return out;
  }

 private:
  std::string state_path() const { return config_.state_dir + "/file_scan.seen"; }

  static std::string named(const ScanReport& report) {
    std::string out;
    for (std::size_t i = 0; i < std::min<std::size_t>(report.not_examined.size(), 3); ++i) {
      out += (out.empty() ? "" : "; ") + report.not_examined[i].path + " (" + report.not_examined[i].reason + ")";
    }
    return report.not_examined.size() > 3 ? out + "; …" : out;
  }

  void account() {
    const ScanReport& report = scan_->report();
    counters_.bytes += report.bytes - taken_bytes_;
    counters_.rx += report.files - taken_files_;
    counters_.lost += report.not_examined_count - taken_missed_;
    counters_.ovf += seen_.overflow() - taken_overflow_;
    taken_bytes_ = report.bytes;
    taken_files_ = report.files;
    taken_missed_ = report.not_examined_count;
    taken_overflow_ = seen_.overflow();
  }

  const SensorConfig config_;
  SeenFiles seen_;
  std::unique_ptr<Scan> scan_;
  ScanReport last_;
  bool complete_ = false;  // at least one pass
  std::uint64_t next_id_ = 1;
  base::UnixMs due_ = 0, started_ = 0;
  std::string note_;
  model::SourceCounters counters_;
  std::uint64_t taken_bytes_ = 0, taken_files_ = 0, taken_missed_ = 0, taken_overflow_ = 0;
};

}  // namespace

std::unique_ptr<Sensor> make_file_scan(const SensorConfig& config) { return std::make_unique<FileScan>(config); }

}  // namespace fengsui::watch
