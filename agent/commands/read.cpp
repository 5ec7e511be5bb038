#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "agent/commands/commands.h"
#include "agent/commands/workbench.h"
#include "base/fd.h"
#include "capture/capture.h"
#include "capture/source.h"

namespace fengsui::agent {

namespace {

namespace fs = std::filesystem;

// Writes each reassembled HTTP body to a file of its own, then hands everything on. A debugging aid of `read` only.
class BodyWriter final : public model::Sink {
 public:
  BodyWriter(model::Sink& next, fs::path folder) : next_(next), folder_(std::move(folder)) {}

  void on_activity(model::Activity&& activity) override { next_.on_activity(std::move(activity)); }
  void on_flow(const model::Flow& flow) override { next_.on_flow(flow); }
  void settle() override { next_.settle(); }
  void on_content(const model::Content& content) override {
    if (content.from()->kind == model::ContentKind::http_body) write(content);
    next_.on_content(content);
  }
  // A new capture file begins: content ids start anew.
  void next_file() { open_.clear(); }
  const std::string& error() const { return error_; }

 private:
  struct Body {
    base::Fd fd;
    std::uint64_t at = 0;
  };
  void write(const model::Content& content) {
    auto found = open_.find(content.id());
    if (found == open_.end()) {
      if (open_.size() >= 4096) open_.erase(open_.begin());
      auto name = fmt::format("{:06}.body", ++count_);
      base::Fd fd(openat(AT_FDCWD, (folder_ / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      if (!fd.valid()) error_ = base::fail_errno("open", (folder_ / name).string(), errno).error().what;
      found = open_.emplace(content.id(), Body{std::move(fd), 0}).first;
    }
    auto& body = found->second;
    if (content.offset() != body.at) error_ = "a body has a hole: it is written without the missing bytes";
    for (auto rest = content.bytes(); body.fd.valid() && !rest.empty();) {
      auto n = ::write(body.fd.get(), rest.data(), rest.size());
      if (n <= 0) {
        error_ = base::fail_errno("write", folder_.string(), errno).error().what;
        break;
      }
      rest = rest.subspan(static_cast<std::size_t>(n));
    }
    body.at = content.offset() + content.bytes().size();
    if (content.last()) open_.erase(found);
  }

  model::Sink& next_;
  fs::path folder_;
  std::map<std::uint64_t, Body> open_;
  std::uint64_t count_ = 0;
  std::string error_;
};

// Counters of ordinary work say nothing about why a capture is incomplete.
bool tells_a_loss(const base::Sample& sample) {
  for (std::string_view ordinary : {"capture_packets_total", "capture_bytes_total", "capture_recognised_total"})
    if (sample.name == ordinary) return false;
  for (const auto& [key, value] : sample.labels)
    for (std::string_view ordinary :
         {"opened", "ended", "messages", "seen", "joined", "reordered", "retransmitted", "arp", "not_ip"})
      if (value == ordinary) return false;
  return true;
}

// One capture file through the live pipeline. What was cut is added to the report.
void replay(const std::string& file, model::Sink& sink, Report& report, const capture::Limits& limits) {
  auto source = capture::open_file(file);
  if (!source) return report.add_unread(file + ": " + source.error().what);
  capture::Capture capture(limits, sink, (*source)->id());
  while (true) {
    capture::Packet packet;
    auto next = (*source)->next(packet);
    if (!next) {
      report.add_unread(file + ": " + next.error().what);
      break;
    }
    if (*next != capture::Next::packet) break;
    capture.packet(packet);
  }
  capture.finish();
  if (!capture.incomplete()) return;
  std::string why;
  for (const auto& sample : capture.counters()) {
    if (sample.value == 0 || !tells_a_loss(sample)) continue;
    std::string labels;
    for (const auto& [key, value] : sample.labels) labels += (labels.empty() ? "{" : ",") + key + "=" + value;
    why += fmt::format(" {}{}={}", sample.name, labels.empty() ? "" : labels + "}", sample.value);
  }
  report.add_unread(file + ": part of the traffic was cut, lost or over a bound:" + why);
}

}  // namespace

int read(const Config& config, const ReadArguments& arguments) {
  auto rules = load_rules(config.rules, today(), site_files(config));
  if (!rules) {
    fmt::print(stderr, "fengsui-agent read: {}\n", rules.error().what);
    return kUsage;
  }
  for (const auto& problem : rules->classifier->site_problems()) {
    fmt::print(stderr, "fengsui-agent read: {}\n", problem);
    return kUsage;
  }
  std::error_code error;
  if (!arguments.bodies.empty() && !fs::is_directory(arguments.bodies, error) &&
      !fs::create_directories(arguments.bodies, error)) {
    fmt::print(stderr, "fengsui-agent read: {}: {}\n", arguments.bodies, error.message());
    return kUsage;
  }
  Report::Options options;
  options.json = arguments.json;
  options.activities = true;
  options.pictures_are_ordinary = true;
  options.language = config.agent.language == "en" ? model::Language::en : model::Language::zh;
  Workbench bench(config, options, std::move(*rules));
  capture::Limits limits;
  limits.whole_bodies = !arguments.bodies.empty();  // an upload is then one file, as it was sent
  limits.flow_idle_ms = 3'600'000;  // a file costs no patience: who sends slowly is still one conversation
  BodyWriter writer(bench.pipeline(), arguments.bodies);
  model::Sink& sink = arguments.bodies.empty() ? static_cast<model::Sink&>(bench.pipeline()) : writer;
  for (const auto& file : arguments.files) {
    replay(file, sink, bench.report(), limits);
    bench.pipeline().finish();
    writer.next_file();
  }
  if (!writer.error().empty()) bench.report().add_unread(arguments.bodies + ": " + writer.error());
  bench.report().print_unread();
  if (bench.report().incomplete()) return kIncomplete;
  return bench.report().findings() ? kFindings : kClean;
}

}  // namespace fengsui::agent
