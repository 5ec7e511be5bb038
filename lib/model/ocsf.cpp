#include "model/ocsf.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <limits>

#include "model/ocsf_event.h"

namespace json = boost::json;

namespace fengsui::model {

namespace {

const std::string& in(const Text& text, Language language) {
  const auto& first = language == Language::zh ? text.zh : text.en;
  const auto& second = language == Language::zh ? text.en : text.zh;
  return first.empty() ? second : first;
}

json::object both(const Text& text) { return {{"zh", json_text(text.zh)}, {"en", json_text(text.en)}}; }

std::int64_t int32(std::uint64_t n) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(n, std::numeric_limits<std::int32_t>::max()));
}

std::int64_t int64(std::uint64_t n) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(n, std::numeric_limits<std::int64_t>::max()));
}

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& s : list) out.emplace_back(json_text(s));
  return out;
}

std::uint8_t highest_confidence(const Finding& finding) {
  std::uint8_t most = 0;
  for (const auto& type : finding.data) most = std::max(most, type.confidence);
  return most;
}

struct Word {
  std::int64_t id;
  std::string_view caption;
};

bool has_type(const Finding& finding, std::initializer_list<std::string_view> types) {
  return std::any_of(finding.data.begin(), finding.data.end(),
                     [&](const TypeCount& t) { return std::find(types.begin(), types.end(), t.type) != types.end(); });
}

// Of the most sensitive type found. A secret or a marking outweighs personal data.
Word category_of(const Finding& finding) {
  if (has_type(finding, {"marking"})) return {2, "Governmental"};
  if (has_type(finding, {"secret"})) return {6, "Security"};
  if (!finding.data.empty() && std::all_of(finding.data.begin(), finding.data.end(), [](const TypeCount& t) {
        return t.type == "uscc" || t.type == "org_code" || t.type == "business_reg";
      }))
    return {4, "Business"};
  return finding.data.empty() ? Word{0, "Unknown"} : Word{1, "Personal"};
}

Word lifecycle_of(Stage stage, bool on_wire) {
  switch (stage) {
    case Stage::storage:
      return {1, "Data at-Rest"};
    case Stage::transmission:
    case Stage::exchange:
      return {2, "Data in-Transit"};
    case Stage::collection:
      return on_wire ? Word{2, "Data in-Transit"} : Word{1, "Data at-Rest"};
    default:
      return {3, "Data in-Use"};
  }
}

// The catalogue's grade in Chinese, which OCSF has no number for; "" when the item is not graded.
std::string_view grade_zh(std::string_view grade) {
  constexpr std::pair<std::string_view, std::string_view> kGrades[] = {{"core", "核心数据"},  {"important", "重要数据"},
                                                                       {"g4", "一般数据4级"}, {"g3", "一般数据3级"},
                                                                       {"g2", "一般数据2级"}, {"g1", "一般数据1级"}};
  for (auto [id, name] : kGrades)
    if (id == grade) return name;
  return {};
}

json::object data_security(const Finding& finding, Language language) {
  json::object out;
  auto category = category_of(finding);
  out["category_id"] = category.id;
  out["category"] = category.caption;
  auto grade = grade_zh(finding.grading.grade);
  if (grade.empty()) grade = grade_zh(finding.fields.text("unmapped.fengsui.data_grade"));
  if (!grade.empty()) {
    out["confidentiality_id"] = 99;
    out["confidentiality"] = grade;
  } else {
    Word word = category.id == 2 ? Word{3, "Secret"} : category.id == 1 ? Word{5, "Private"} : Word{2, "Confidential"};
    out["confidentiality_id"] = word.id;
    out["confidentiality"] = word.caption;
  }
  bool on_wire = finding.fields.find("src_endpoint.ip") || finding.fields.find("dst_endpoint.ip");
  auto lifecycle = lifecycle_of(finding.stage, on_wire);
  out["data_lifecycle_state_id"] = lifecycle.id;
  out["data_lifecycle_state"] = lifecycle.caption;
  Word system = on_wire ? Word{1, "Endpoint"} : Word{4, "Data Discovery & Classification"};
  out["detection_system_id"] = system.id;
  out["detection_system"] = system.caption;
  std::string pattern;
  std::uint64_t total = 0;
  json::array details;
  for (const auto& type : finding.data) {
    pattern += (pattern.empty() ? "" : ",") + type.type;
    total += type.clear + type.unclear;
    json::object detail{{"type", json_text(type.type)}, {"count", int32(type.clear)}};
    if (!type.samples.empty()) detail["value"] = json_text(type.samples[0]);
    details.emplace_back(std::move(detail));
    if (!out.contains("pattern_match") && !type.samples.empty()) out["pattern_match"] = json_text(type.samples[0]);
  }
  if (!pattern.empty()) {
    out["detection_pattern"] = json_text(pattern);
    out["classifier_details"] =
        json::object{{"type", "pattern, checksum and context"}, {"name", json_text(finding.data[0].type)}};
  }
  out["total"] = int32(total);
  out["discovery_details"] = std::move(details);
  out["policy"] = json::object{{"uid", json_text(finding.rule)},
                               {"name", json_text(in(finding.title, language))},
                               {"version", json_text(finding.rule_version)}};
  out["status_id"] = finding.unread.empty() ? 1 : 2;
  out["status"] = finding.unread.empty() ? "Complete" : "Partial";
  if (!finding.unread.empty()) out["status_details"] = texts(finding.unread);
  return out;
}

json::array data_counts(const Finding& finding) {
  json::array out;
  const auto named = [](const std::vector<NamedCount>& list) {
    json::array all;
    for (const auto& n : list) all.emplace_back(json::object{{"name", json_text(n.name)}, {"count", int64(n.count)}});
    return all;
  };
  for (const auto& t : finding.data) {
    out.emplace_back(json::object{{"type", json_text(t.type)},
                                  {"clear", int64(t.clear)},
                                  {"masked", int64(t.masked)},
                                  {"unclear", int64(t.unclear)},
                                  {"weak_masked", int64(t.weak_masked)},
                                  {"confidence", t.confidence},
                                  {"samples", texts(t.samples)},
                                  {"digests", texts(t.digests)},
                                  {"why", texts(t.why)}});
    json::object& one = out.back().get_object();
    if (t.allowed != 0) one["allowed"] = int64(t.allowed), one["allowed_by"] = named(t.allowed_by);
    if (!t.exact.empty()) one["exact"] = named(t.exact);
  }
  return out;
}

// To four places: a share of cells.
double rate(std::uint64_t part, std::uint64_t of) {
  return of == 0 ? 0.0 : std::round(static_cast<double>(part) / static_cast<double>(of) * 1e4) / 1e4;
}

json::array column_facts(const Finding& finding) {
  json::array out;
  for (const auto& c : finding.profile) {
    json::object one;
    if (!c.table.empty()) one["table"] = json_text(c.table);
    one["name"] = json_text(c.name);
    one["type"] = c.type;
    one["class"] = c.data_class;
    one["grade"] = c.grade;
    one["confidence"] = c.confidence;
    one["named"] = c.named;
    one["whole"] = c.whole;
    one["cells"] = int64(c.cells);
    one["null_rate"] = rate(c.nulls, c.cells);
    one["error_rate"] = rate(c.wrong, c.cells - std::min(c.nulls, c.cells));
    one["clear"] = int64(c.clear);
    one["masked"] = int64(c.masked);
    one["weak_masked"] = int64(c.weak_masked);
    one["distinct"] = int64(c.distinct);
    one["length_entropy"] = std::round(c.length_entropy * 1e2) / 1e2;
    one["desensitised"] = c.desensitised;
    out.emplace_back(std::move(one));
  }
  return out;
}

json::object grading(const Grading& g) {
  json::object out{{"class", json_text(g.data_class)}, {"grade", json_text(g.grade)}, {"kinds", texts(g.kinds)}};
  if (!g.persons_method.empty()) {
    out["persons"] = int64(g.persons);
    out["persons_method"] = g.persons_method;
  }
  if (!g.rows_method.empty()) {
    out["rows"] = int64(g.rows);
    out["rows_method"] = g.rows_method;
  }
  out["why"] = texts(g.why);
  return out;
}

json::object finding_info(const Finding& f, Language language) {
  auto title = in(f.title, language);
  if (title.empty()) title = f.rule;
  json::object analytic{{"type_id", 1}, {"type", "Rule"}, {"uid", json_text(f.rule)}, {"name", json_text(title)}};
  if (!f.rule_version.empty()) analytic["version"] = json_text(f.rule_version);
  json::object out{{"uid", json_text(f.id)},
                   {"title", json_text(title)},
                   {"desc", json_text(in(f.message, language))},
                   {"created_time", f.time}};
  out["first_seen_time"] = f.first_seen ? f.first_seen : f.time;
  out["last_seen_time"] = f.last_seen ? f.last_seen : f.time;
  out["types"] = json::array{id(f.stage)};
  out["analytic"] = std::move(analytic);
  if (!f.sensor.empty()) out["data_sources"] = json::array{json_text(f.sensor)};
  json::array tags;
  auto tag = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) tags.emplace_back(json::object{{"name", name}, {"value", json_text(value)}});
  };
  tag("rule_author", f.rule_author);
  tag("rule_uuid", f.rule_uuid);
  tag("clause", f.clause);
  tag("catalog_item", f.catalog_item);
  tag("canary", f.canary);
  out["tags"] = std::move(tags);
  return out;
}

std::string_view class_zh(std::uint32_t class_uid) {
  constexpr std::pair<std::uint32_t, std::string_view> kNames[] = {
      {1001, "文件活动"}, {1006, "计划任务"},   {1007, "进程活动"}, {1008, "日志活动"},  {3001, "账号变更"},
      {3002, "身份鉴别"}, {3005, "权限变更"},   {4001, "网络流"},   {4002, "HTTP 活动"}, {4003, "DNS 活动"},
      {4006, "SMB 活动"}, {4007, "SSH 活动"},   {4008, "FTP 活动"}, {4009, "邮件活动"},  {6002, "应用生命周期"},
      {6003, "接口调用"}, {6005, "数据库活动"}, {6006, "文件托管"}, {6007, "扫描"},      {6008, "应用错误"}};
  for (auto [uid, name] : kNames)
    if (uid == class_uid) return name;
  return "活动";
}

// What the activity was about, for its message.
std::string object_of(const Activity& activity) {
  std::string out;
  for (std::string_view key :
       {"http_request.http_method", "http_request.url.path", "query.hostname", "file.path", "process.cmd_line",
        "user.name", "src_endpoint.ip", "dst_endpoint.ip", "query_info.query_string"}) {
    auto text = activity.fields.text(key);
    if (text.empty() || out.size() > 160) continue;
    out += (out.empty() ? "" : " ") + json_text(text, 120);
  }
  return out;
}

}  // namespace

std::string ocsf_line(const Finding& finding, const Host& host, const std::string& uid, std::uint64_t sequence,
                      base::UnixMs now, Language language) {
  bool content = finding.kind == FindingKind::content;
  Event event(*shape::class_shape(content ? 2006 : 2004), 1);
  Finding dated = finding;
  if (dated.time == 0) dated.time = now;
  event.set_all(finding.fields, content ? std::string_view{} : std::string_view("evidences"));
  auto& root = event.root();
  auto message = in(finding.message, language);
  if (message.empty()) message = in(finding.title, language).empty() ? finding.rule : in(finding.title, language);
  root["message"] = json_text(message);
  root["finding_info"] = finding_info(dated, language);
  root["is_alert"] = finding.severity >= Severity::high;
  root["status_id"] = 1;
  root["status"] = "New";
  std::uint8_t confidence = content ? highest_confidence(finding) : 0;
  if (confidence > 0) {
    root["confidence_score"] = confidence;
    root["confidence_id"] = confidence < 50 ? 1 : confidence < 80 ? 2 : 3;
  }
  if (content) root["data_security"] = data_security(finding, language);
  auto advice = in(finding.remediation, language);
  if (!content && !advice.empty()) root["remediation"] = json::object{{"desc", json_text(advice)}};
  auto& own = event.fengsui();
  own["catalog_item"] = json_text(finding.catalog_item);
  own["title"] = both(finding.title);
  own["text"] = both(finding.message);
  if (!advice.empty()) own["remediation"] = both(finding.remediation);
  if (!finding.clause.empty()) own["clause"] = json_text(finding.clause);
  if (!finding.rule_author.empty()) own["rule_author"] = json_text(finding.rule_author);
  if (!finding.canary.empty()) own["canary"] = json_text(finding.canary);
  if (!finding.data.empty()) own["data"] = data_counts(finding);
  if (!finding.profile.empty()) own["columns"] = column_facts(finding);
  if (!finding.grading.grade.empty() || !finding.grading.rows_method.empty()) own["grading"] = grading(finding.grading);
  if (!finding.unread.empty()) own["unread"] = texts(finding.unread);
  return event.finish(host, uid, sequence, dated.time, now, finding.stage, finding.severity, language);
}

std::string ocsf_line(const Activity& activity, const Host& host, const std::string& uid, std::uint64_t sequence,
                      base::UnixMs now) {
  const auto* shape = shape::class_shape(activity.class_uid);
  bool known = shape && activity.class_uid / 1000 != 2;
  // A class outside our table is told as an application error without losing its fields: nothing is dropped silently.
  Event event(known ? *shape : *shape::class_shape(6008), known ? activity.activity_id : 99);
  if (!known) event.fengsui()["class_uid"] = activity.class_uid;
  event.set_all(activity.fields);
  auto& root = event.root();
  if (!root.contains("message")) {
    auto what = object_of(activity);
    auto message = std::string(class_zh(activity.class_uid)) + " " + std::string(root["activity_name"].as_string());
    root["message"] = json_text(what.empty() ? message : message + "：" + what);
  }
  if (!activity.sensor.empty()) event.fengsui()["sensor"] = json_text(activity.sensor);
  auto& source = activity.source;
  json::object logsource;
  if (!source.product.empty()) logsource["product"] = json_text(source.product);
  if (!source.category.empty()) logsource["category"] = json_text(source.category);
  if (!source.service.empty()) logsource["service"] = json_text(source.service);
  if (!logsource.empty()) event.fengsui()["logsource"] = std::move(logsource);
  return event.finish(host, uid, sequence, activity.time, now, activity.stage, activity.severity, Language::zh);
}

namespace {

void set_endpoint(json::object& root, std::string_view name, const Endpoint& endpoint) {
  json::object out;
  if (!endpoint.ip.empty()) out["ip"] = json_text(endpoint.ip);
  if (endpoint.port) out["port"] = endpoint.port;
  if (!endpoint.ip.empty()) root[name] = std::move(out);
}

json::object connection_info(const Flow& flow, const Host& host) {
  json::object out{{"direction_id", 0}};
  if (flow.direction_known && !host.ip.empty() && host.ip == flow.client.ip) out["direction_id"] = 2;
  if (flow.direction_known && !host.ip.empty() && host.ip == flow.server.ip) out["direction_id"] = 1;
  out["protocol_num"] = flow.protocol;
  out["protocol_name"] = flow.protocol == 6     ? "tcp"
                         : flow.protocol == 17  ? "udp"
                         : flow.protocol == 1   ? "icmp"
                         : flow.protocol == 58  ? "ipv6-icmp"
                         : flow.protocol == 132 ? "sctp"
                                                : "other";
  out["protocol_ver_id"] = flow.client.ip.find(':') == std::string::npos ? 4 : 6;
  if (!flow.community_id.empty()) out["community_uid"] = json_text(flow.community_id);
  out["uid"] = std::to_string(flow.id);
  return out;
}

json::object traffic(const Flow& flow, std::uint64_t missed) {
  return {{"bytes_out", int64(flow.sent.bytes)},
          {"bytes_in", int64(flow.received.bytes)},
          {"packets_out", int64(flow.sent.packets)},
          {"packets_in", int64(flow.received.packets)},
          {"bytes", int64(flow.sent.bytes + flow.received.bytes)},
          {"packets", int64(flow.sent.packets + flow.received.packets)},
          {"bytes_missed", int64(missed)}};
}

}  // namespace

std::string ocsf_line(const Flow& flow, const Host& host, const std::string& uid, std::uint64_t sequence,
                      base::UnixMs now) {
  Event event(*shape::class_shape(4001), 6);
  auto& root = event.root();
  set_endpoint(root, "src_endpoint", flow.client);
  set_endpoint(root, "dst_endpoint", flow.server);
  root["connection_info"] = connection_info(flow, host);
  json::array gaps;
  std::uint64_t missed = 0;
  for (const auto& gap : flow.gaps) {
    missed += gap.bytes;
    gaps.emplace_back(
        json::object{{"reason", json_text(gap.reason)}, {"bytes", int64(gap.bytes)}, {"count", int64(gap.count)}});
  }
  root["traffic"] = traffic(flow, missed);
  if (!flow.app.empty()) root["app_name"] = json_text(flow.app);
  root["start_time"] = flow.first;
  root["end_time"] = flow.last;
  root["duration"] = std::max<std::int64_t>(0, flow.last - flow.first);
  if (flow.pid) event.set("actor.process.pid", static_cast<std::int64_t>(flow.pid));
  event.set("actor.process.name", flow.process);
  event.set("actor.process.path", flow.executable);
  event.set("actor.process.user.name", flow.account);
  auto& own = event.fengsui();
  own["gaps"] = std::move(gaps);
  own["end"] = json_text(flow.end);
  own["direction_known"] = flow.direction_known;
  if (!flow.account.empty()) own["owner_side"] = flow.owner_is_client ? "client" : "server";
  own["payload"] = json::object{{"out", int64(flow.sent.payload_bytes)}, {"in", int64(flow.received.payload_bytes)}};
  if (!flow.sensor.empty()) own["sensor"] = json_text(flow.sensor);
  auto end_of = [](const Endpoint& e) {
    return (e.ip.empty() ? std::string("?") : e.ip) + ":" + std::to_string(e.port);
  };
  root["message"] = json_text("网络流 " + end_of(flow.client) + " → " + end_of(flow.server) + " " +
                              (flow.app.empty() ? "未识别" : flow.app) + "，发送 " + std::to_string(flow.sent.bytes) +
                              " 字节，接收 " + std::to_string(flow.received.bytes) + " 字节");
  return event.finish(host, uid, sequence, flow.last, now, Stage::transmission, Severity::informational, Language::zh);
}

}  // namespace fengsui::model
