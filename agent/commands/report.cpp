#include "agent/commands/report.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/encode.h"
#include "crypto/hash.h"

namespace fengsui::agent {

std::string object_name(const model::Provenance& from) {
  return from.member.empty() ? from.object : from.object + "!" + from.member;
}

std::string counts_of(const std::vector<model::TypeCount>& types) {
  std::string out;
  for (const auto& type : types) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", type.type, type.clear);
    if (type.masked) out += fmt::format(" (masked {})", type.masked);
    if (type.unclear) out += fmt::format(" (unclear {})", type.unclear);
    if (type.allowed) out += fmt::format(" (allowed {})", type.allowed);
    for (const auto& set : type.exact) out += fmt::format(" (in {} {})", set.name, set.count);
  }
  return out;
}

std::string Report::next_uid() { return fmt::format("{}-{}", run_id_, ++sequence_); }

void Report::line(const std::string& text) const { fmt::print("{}\n", text); }

std::vector<std::string> Report::allowed() const {
  std::vector<std::string> out;
  for (const auto& [name, count] : allowed_) out.push_back(fmt::format("{} {}", name, count));
  return out;
}

void Report::on_finding(const model::Finding& finding) {
  const std::string entry(finding.fields.text("unmapped.fengsui.allowed"));
  if (entry.empty()) ++findings_;
  else ++allowed_findings_, ++allowed_[entry];
  auto uid = next_uid();
  if (options_.json) return line(model::ocsf_line(finding, host_, uid, sequence_, clock_.wall_ms(), options_.language));
  bool zh = options_.language == model::Language::zh;
  line(fmt::format("[{}{}] {} {} {}", entry.empty() ? "" : (zh ? "已允许 " : "allowed ") + entry + " ", zh ? model::name_zh(finding.severity) : model::caption(finding.severity),
                   finding.rule, zh ? finding.title.zh : finding.title.en,
                   zh ? finding.message.zh : finding.message.en));
  if (!finding.data.empty()) line("      " + counts_of(finding.data));
}

void Report::on_activity(const model::Activity& activity) {
  if (!options_.activities) return;
  auto uid = next_uid();
  if (options_.json) return line(model::ocsf_line(activity, host_, uid, sequence_, clock_.wall_ms()));
  std::string text = fmt::format("  {} class {}", base::to_rfc3339(activity.time), activity.class_uid);
  for (std::string_view key : {"http_request.http_method", "http_request.url.path", "query.hostname", "user.name",
                               "src_endpoint.ip", "dst_endpoint.ip"})
    if (auto value = activity.fields.text(key); !value.empty()) text += fmt::format(" {}", value);
  line(text);
}

void Report::on_flow(const model::Flow& flow) {
  if (!options_.activities) return;
  auto uid = next_uid();
  if (options_.json) return line(model::ocsf_line(flow, host_, uid, sequence_, clock_.wall_ms()));
  std::string gaps;
  for (const auto& gap : flow.gaps) gaps += fmt::format(" {}={}", gap.reason, gap.bytes);
  line(fmt::format("  {} {}:{} → {}:{} {} {}/{} bytes{}{}", base::to_rfc3339(flow.last), flow.client.ip,
                   flow.client.port, flow.server.ip, flow.server.port, flow.app.empty() ? "-" : flow.app,
                   flow.sent.bytes, flow.received.bytes, gaps.empty() ? "" : " gaps:", gaps));
}

void Report::on_conclusion(const model::Conclusion& conclusion, bool reported) {
  ++contents_;
  bytes_ += conclusion.bytes;
  auto name = object_name(*conclusion.from);
  for (const auto& why : conclusion.unread) {
    if (options_.pictures_are_ordinary && why.starts_with("image: ")) ++pictures_;
    add_unread(name + ": " + why);
  }
  std::uint64_t counted = 0;
  for (const auto& type : conclusion.types) {
    values_ += type.clear;
    counted += type.clear + type.masked + type.unclear;
    allowed_values_ += type.allowed;
    for (const auto& by : type.allowed_by) allowed_[by.name] += by.count;
  }
  // What is allowed altogether is no finding; it is counted, and the summary names what allows it.
  if (!options_.discoveries || reported || counted == 0) return;
  auto finding = discovery(conclusion);
  const auto entry = engine_->allowed_finding(finding.rule, object_name(*conclusion.from), finding.time);
  if (!entry.empty()) finding.fields.set("unmapped.fengsui.allowed", std::string(entry));
  scrubber_.finding(finding);
  on_finding(finding);
}

model::Finding Report::discovery(const model::Conclusion& conclusion) const {
  const auto& from = *conclusion.from;
  model::Finding out;
  out.kind = model::FindingKind::content;
  out.rule = "SCAN-1";
  out.rule_version = "1";
  out.rule_author = "Fengsui";
  out.title = {"扫描发现敏感数据", "Sensitive data found by a scan"};
  auto counts = counts_of(conclusion.types);
  auto name = object_name(from);
  out.message = {name + "：" + counts, name + ": " + counts};
  out.stage = from.stage;
  out.severity = model::Severity::low;
  out.time = out.first_seen = out.last_seen = from.time ? from.time : clock_.wall_ms();
  out.sensor = from.sensor;
  out.data = conclusion.types;
  out.profile = conclusion.profile;
  out.grading = conclusion.grading;
  out.catalog_item = conclusion.catalog_item;
  out.unread = conclusion.unread;
  out.fields = from.fields;
  out.fields.set("unmapped.fengsui.object", name);
  auto digest = crypto::sha256({base::view("SCAN-1\n"), base::view(name), base::view(counts)});
  out.id = base::hex(base::View(digest).first(16));
  return out;
}

void Report::add_unread(std::string what_and_why) {
  ++unread_count_;
  scrubber_.text(what_and_why);
  if (unread_.size() < kMaxUnread) unread_.push_back(std::move(what_and_why));
}

void Report::print_unread() const {
  for (const auto& what : unread_) fmt::print(stderr, "not examined: {}\n", what);
  if (unread_count_ > unread_.size()) fmt::print(stderr, "not examined: {} more\n", unread_count_ - unread_.size());
}

}  // namespace fengsui::agent
