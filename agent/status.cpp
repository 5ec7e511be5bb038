#include "agent/status.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>

#include "base/fd.h"

namespace json = boost::json;

namespace fengsui::agent {

namespace {

int rank(model::SensorState state) {
  return state == model::SensorState::effective ? 2 : state == model::SensorState::degraded ? 1 : 0;
}

json::object counters_of(const model::SourceCounters& c) {
  return {{"rx", c.rx}, {"kdrop", c.kdrop}, {"ifdrop", c.ifdrop}, {"lost", c.lost}, {"ovf", c.ovf}, {"bytes", c.bytes}};
}

std::string text(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (!value) return {};
  if (value->is_string()) return std::string(value->as_string());
  return json::serialize(*value);
}

std::int64_t number(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_int64() ? value->as_int64() : 0;
}

std::string_view state_zh(std::string_view state) {
  return state == "effective" ? "有效" : state == "degraded" ? "降级" : "不可用";
}

}  // namespace

std::vector<StageStatus> stages_of(const std::vector<model::SourceStatus>& sources) {
  std::vector<StageStatus> out;
  for (auto stage : model::kStages) {
    StageStatus status{stage, model::SensorState::unavailable,
                       "no source of this build or configuration watches this stage"};
    bool any = false;
    for (const auto& source : sources) {
      if (std::find(source.stages.begin(), source.stages.end(), stage) == source.stages.end()) continue;
      if (any && rank(source.state) <= rank(status.state)) continue;
      any = true;
      status.state = source.state;
      status.reason = source.state == model::SensorState::effective ? std::string() : source.id + ": " + source.reason;
    }
    out.push_back(std::move(status));
  }
  return out;
}

std::string to_json(const Status& s) {
  json::array sources, stages, counters, problems;
  for (const auto& source : s.sources) {
    json::array of;
    for (auto stage : source.stages) of.emplace_back(model::id(stage));
    sources.emplace_back(json::object{{"id", source.id},
                                      {"state", model::id(source.state)},
                                      {"reason", source.reason},
                                      {"stages", of},
                                      {"counters", counters_of(source.counters)}});
  }
  for (const auto& stage : stages_of(s.sources))
    stages.emplace_back(json::object{{"stage", model::id(stage.stage)},
                                     {"name", model::name_zh(stage.stage)},
                                     {"state", model::id(stage.state)},
                                     {"reason", stage.reason}});
  for (const auto& sample : s.counters) {
    json::object labels;
    for (const auto& [key, value] : sample.labels) labels[key] = value;
    counters.emplace_back(json::object{{"name", sample.name}, {"labels", labels}, {"value", sample.value}});
  }
  for (const auto& problem : s.problems) problems.emplace_back(problem);
  json::object out{{"time", s.time},   {"started", s.started}, {"pid", s.pid},
                   {"agent", s.agent}, {"unit", s.unit},       {"version", s.version}};
  out["link"] = json::object{{"endpoint", s.endpoint},
                             {"state", s.link},
                             {"trouble", s.trouble},
                             {"last_acknowledgement", s.last_acknowledgement}};
  out["stages"] = stages;
  out["sources"] = sources;
  out["spool"] = json::object{{"queued", s.spool_queued},
                              {"bytes", s.spool_bytes},
                              {"lost", s.spool_lost},
                              {"last_seq", s.last_seq},
                              {"acknowledged", s.acknowledged}};
  out["last_heartbeat"] = s.last_heartbeat;
  out["budget"] =
      json::object{{"cpu_percent", s.cpu_percent}, {"resident_bytes", s.resident_bytes}, {"state", s.budget}};
  out["extraction"] = s.extraction;
  json::array unsatisfiable;
  for (const auto& rule : s.unsatisfiable) unsatisfiable.emplace_back(rule);
  out["rules"] = json::object{
      {"loaded", s.rules}, {"satisfiable", s.rules - s.unsatisfiable.size()}, {"unsatisfiable", unsatisfiable}};
  out["rules_digest"] = s.rules_digest;
  out["config_digest"] = s.config_digest;
  out["problems"] = problems;
  out["counters"] = counters;
  return json::serialize(out);
}

std::string to_text(std::string_view line) {
  boost::system::error_code error;
  auto parsed = json::parse(line, error);
  if (error || !parsed.is_object()) return {};
  const auto& o = parsed.as_object();
  auto object = [&](std::string_view key) {
    const auto* value = o.if_contains(key);
    return value && value->is_object() ? value->as_object() : json::object{};
  };
  auto link = object("link"), spool = object("spool"), budget = object("budget");
  std::string out = fmt::format("监测代理 {}  单位 {}  版本 {}  状态时间 {}\n", text(o, "agent"), text(o, "unit"),
                                text(o, "version"), base::to_rfc3339(number(o, "time")));
  out += fmt::format("汇聚端 {}  连接 {} {}\n", text(link, "endpoint"), text(link, "state"), text(link, "trouble"));
  out += fmt::format("缓存 {} 条待确认（{} 字节），丢失 {}；最后确认序号 {}/{}\n", number(spool, "queued"),
                     number(spool, "bytes"), number(spool, "lost"), number(spool, "acknowledged"),
                     number(spool, "last_seq"));
  out += fmt::format("资源 CPU {} %，内存 {} MiB {}\n\n关键节点\n", number(budget, "cpu_percent"),
                     number(budget, "resident_bytes") >> 20, text(budget, "state"));
  auto rows = [&](std::string_view key, auto row) {
    if (const auto* list = o.if_contains(key); list && list->is_array())
      for (const auto& item : list->as_array())
        if (item.is_object()) out += row(item.as_object());
  };
  rows("stages", [](const json::object& s) {
    return fmt::format("  {} {:<13} {} {} {}\n", text(s, "name"), text(s, "stage"), state_zh(text(s, "state")),
                       text(s, "state"), text(s, "reason"));
  });
  out += fmt::format("\n文件解析 {}\n", text(o, "extraction"));
  auto rules = object("rules");
  out += fmt::format("\n规则 {} 条，本机监测源可满足 {} 条\n", number(rules, "loaded"), number(rules, "satisfiable"));
  out += "\n监测源\n";
  rows("sources", [](const json::object& s) {
    return fmt::format("  {:<24} {} {} {}\n", text(s, "id"), state_zh(text(s, "state")), text(s, "state"),
                       text(s, "reason"));
  });
  if (const auto* list = o.if_contains("problems"); list && list->is_array() && !list->as_array().empty()) {
    out += "\n问题\n";
    for (const auto& item : list->as_array())
      out += "  " + (item.is_string() ? std::string(item.as_string()) : json::serialize(item)) + "\n";
  }
  return out;
}

namespace {

constexpr off_t kReserved = 64 * 1024;  // of the disk, so that a full one does not silence the status

base::Status write_all(int fd, std::string_view text, const std::filesystem::path& file) {
  for (off_t at = 0; at < static_cast<off_t>(text.size());) {
    auto n = pwrite(fd, text.data() + at, text.size() - static_cast<std::size_t>(at), at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return base::fail_errno("write", file.string(), n < 0 ? errno : ENOSPC);
    at += n;
  }
  if (ftruncate(fd, static_cast<off_t>(text.size())) != 0) return base::fail_errno("ftruncate", file.string(), errno);
  return {};
}

base::Status replace(const std::filesystem::path& file, std::string_view text) {
  auto beside = file;
  beside += ".new";
  base::Fd fd(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd.valid()) return base::fail_errno("open", beside.string(), errno);
  auto written = write_all(fd.get(), text, beside);
  // Blocks behind the end of the file; where the file system has no such thing, there is no reserve.
  if (written && fallocate(fd.get(), FALLOC_FL_KEEP_SIZE, 0, kReserved) != 0 && errno == ENOSPC)
    written = base::fail_errno("reserve", beside.string(), ENOSPC);
  if (!written) {
    unlink(beside.c_str());
    return written;
  }
  if (rename(beside.c_str(), file.c_str()) != 0) return base::fail_errno("rename", file.string(), errno);
  return {};
}

}  // namespace

base::Status write_status(const std::filesystem::path& file, const Status& status) {
  auto text = to_json(status) + "\n";
  auto replaced = replace(file, text);
  if (replaced) return {};
  // A full disk: into the blocks that the last one reserved. A reader may meet it half written; better than an old one.
  base::Fd fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) return replaced;
  return write_all(fd.get(), text, file);
}

}  // namespace fengsui::agent
