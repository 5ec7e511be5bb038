// Follows auth.log or secure: logins, account switches, commands run through sudo, and what happens to the log itself.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "base/fd.h"
#include "watch/auth_log.h"
#include "watch/log_tail.h"
#include "watch/sensors/sensors.h"
#include "watch/text.h"

namespace fengsui::watch {
namespace {

constexpr std::size_t kBytesPerPoll = 1u << 20;
constexpr std::size_t kMaxState = 64u << 10;

class LoginLog final : public Sensor {
 public:
  explicit LoginLog(const SensorConfig& config) : config_(config), configured_(!config.paths.empty()) {
    std::vector<std::string> paths = config.paths;
    if (paths.empty()) paths = {"/var/log/auth.log", "/var/log/secure"};
    for (std::string& path : paths) tails_.emplace_back(std::move(path));
  }

  std::string_view id() const override { return "login_log"; }
  int fd() const override { return -1; }
  base::UnixMs due() const override { return due_; }

  void start(base::UnixMs now) override {
    due_ = now;
    if (!config_.state_dir.empty()) restore();
  }

  void poll(base::UnixMs now, model::Sink& sink) override {
    bool more = false;
    std::size_t limit = kBytesPerPoll / tails_.size();
    for (LogTail& tail : tails_) {
      const LogTail::Handler handler{
          [&](std::string_view line, std::uint64_t offset) { take_line(tail, line, offset, now, sink); },
          [&](LogTail::Break what, std::uint64_t bytes) { take_break(tail, what, bytes, now, sink); }};
      more |= tail.poll(limit, handler);
    }
    due_ = more ? now : now + config_.period_ms;
    if (!config_.state_dir.empty()) {
      sink.settle();
      keep();
    }
  }

  model::SourceStatus take_status(base::UnixMs) override {
    model::SourceStatus out;
    out.id = "login_log";
    out.stages = {model::Stage::operation};
    std::size_t readable = 0;
    std::string reasons;
    model::SourceCounters total;
    for (const LogTail& tail : tails_) {
      readable += tail.readable();
      if (!tail.readable())
        reasons +=
            (reasons.empty() ? "" : "; ") + (tail.reason().empty() ? tail.path() + ": not yet opened" : tail.reason());
      total.rx += tail.counters().lines;
      total.bytes += tail.counters().bytes;
      total.ovf += tail.counters().long_lines;
      total.lost += tail.counters().lost;
    }
    // Of the two default places one is enough; each configured one is required.
    if (readable == 0)
      out.state = model::SensorState::unavailable, out.reason = reasons;
    else if (configured_ && readable < tails_.size())
      out.state = model::SensorState::degraded, out.reason = reasons;
    else if (!note_.empty())
      out.state = model::SensorState::degraded, out.reason = note_;
    else
      out.state = model::SensorState::effective;
    out.counters = {total.rx - taken_.rx,      0, 0, total.lost - taken_.lost, total.ovf - taken_.ovf,
                    total.bytes - taken_.bytes};
    taken_ = total;
    return out;
  }

 private:
  void take_line(const LogTail& tail, std::string_view line, std::uint64_t offset, base::UnixMs now,
                 model::Sink& sink) {
    const std::string where = tail.path() + ":" + std::to_string(offset);
    for (model::Activity& activity : auth_activities(line, now, where, config_.local_offset_minutes))
      sink.on_activity(std::move(activity));
  }

  void take_break(const LogTail& tail, LogTail::Break what, std::uint64_t bytes, base::UnixMs now, model::Sink& sink) {
    model::Activity a;
    a.time = now;
    a.class_uid = 1008;
    a.activity_id = what == LogTail::Break::truncated ? 1 : what == LogTail::Break::removed ? 2 : 5;
    a.severity = a.activity_id == 5 ? model::Severity::informational : model::Severity::high;
    a.stage = model::Stage::operation;
    a.sensor = "login_log";
    a.source = {"linux", "event_log", "auth"};
    a.fields.set("log_name", model::Value(safe_text(tail.path())));
    a.fields.set("log_type_id", model::Value(std::int64_t{1}));
    a.fields.set("file.path", model::Value(safe_text(tail.path())));
    a.fields.set("file.name",
                 model::Value(safe_text(std::string_view(tail.path()).substr(tail.path().rfind('/') + 1))));
    a.fields.set("file.type_id", model::Value(std::int64_t{1}));
    a.fields.set("unmapped.fengsui.bytes_before", model::Value(static_cast<std::int64_t>(bytes)));
    sink.on_activity(std::move(a));
  }

  // One line per log: position, a tab, the path.
  std::string state_path() const { return config_.state_dir + "/login_log.positions"; }

  void restore() {
    auto bytes = base::read_file(state_path(), kMaxState);
    if (!bytes) {
      if (bytes.error().code != base::Errc::not_found) note_ = "position not known: " + bytes.error().what;
      return;
    }
    std::istringstream in{std::string(base::text(*bytes))};
    for (std::string line; std::getline(in, line);) {
      const std::size_t tab = line.find('\t');
      if (tab == std::string::npos) continue;
      for (LogTail& tail : tails_) {
        if (tail.path() == line.substr(tab + 1)) tail.resume(line.substr(0, tab));
      }
    }
    kept_.assign(base::text(*bytes));
  }

  void keep() {
    std::string text;
    for (const LogTail& tail : tails_) {
      if (const std::string position = tail.position(); !position.empty()) text += position + "\t" + tail.path() + "\n";
    }
    if (text == kept_) return;
    auto written = base::write_file_durable(state_path(), base::view(text), 0600);
    if (written)
      kept_ = std::move(text), note_.clear();
    else
      note_ = "position not kept: " + written.error().what;
  }

  const SensorConfig config_;
  const bool configured_;
  std::vector<LogTail> tails_;
  base::UnixMs due_ = 0;
  std::string kept_, note_;
  model::SourceCounters taken_;
};

}  // namespace

std::unique_ptr<Sensor> make_login_log(const SensorConfig& config) { return std::make_unique<LoginLog>(config); }

}  // namespace fengsui::watch
