#include "tests/capture/lines.h"

#include <algorithm>

#include "base/encode.h"
#include "crypto/hash.h"

namespace fengsui::capture::test {
namespace {

std::string text_of(const model::Fields& fields, std::string_view name) {
  const model::Value* value = fields.find(name);
  if (value == nullptr) return "";
  if (const auto* n = std::get_if<std::int64_t>(value)) return std::to_string(*n);
  if (const auto* s = std::get_if<std::string>(value)) return *s;
  if (const auto* b = std::get_if<bool>(value)) return *b ? "true" : "false";
  std::string out;
  if (const auto* list = std::get_if<std::vector<std::string>>(value)) {
    for (const auto& item : *list) out += (out.empty() ? "" : ",") + item;
  }
  return out;
}

std::string protocol_name(std::uint8_t p) {
  return p == 6 ? "tcp" : p == 17 ? "udp" : "ip" + std::to_string(p);
}

std::string endpoint(const model::Endpoint& e) {
  return (e.ip.find(':') == std::string::npos ? e.ip : "[" + e.ip + "]") + ":" + std::to_string(e.port);
}

std::string direction(const model::Direction& d) {
  return std::to_string(d.packets) + "/" + std::to_string(d.bytes) + "/" + std::to_string(d.payload_bytes);
}

}  // namespace

void Collect::on_content(const model::Content& content) {
  auto [at, fresh] = index_.try_emplace(content.id(), contents.size());
  if (fresh) {
    contents.push_back({});
    contents.back().id = content.id();
    contents.back().from = content.from();
  }
  Whole& whole = contents[at->second];
  if (whole.ended || content.offset() < whole.bytes.size() || content.from() != whole.from) ++broken;
  if (content.offset() > whole.bytes.size() && content.offset() < (64u << 20)) {
    whole.holes += content.offset() - whole.bytes.size();
    whole.bytes.resize(content.offset());
  }
  base::append(whole.bytes, content.bytes());
  if (content.last()) {
    whole.ended = true;
    ++whole.ends;
  }
}

void run_file(const std::string& path, Run& out, const Limits& limits) {
  auto source = open_file(path);
  if (!source) {
    out.error = std::string(base::name(source.error().code));
    return;
  }
  Capture capture(limits, out.seen, (*source)->id());
  for (;;) {
    Packet packet;
    auto next = (*source)->next(packet);
    if (!next) {
      out.error = std::string(base::name(next.error().code));
      break;
    }
    if (*next != Next::packet) break;
    ++out.packets;
    capture.packet(packet);
  }
  capture.finish();
  out.incomplete = capture.incomplete();
}

std::string flow_line(const model::Flow& flow) {
  std::string out = "flow " + protocol_name(flow.protocol) + " " + endpoint(flow.client) + " > " + endpoint(flow.server) + " " +
                    (flow.app.empty() ? "-" : flow.app) + " sent=" + direction(flow.sent) + " received=" + direction(flow.received) + " end=" + flow.end;
  for (const auto& gap : flow.gaps) out += " " + gap.reason + "=" + std::to_string(gap.bytes) + "/" + std::to_string(gap.count);
  return out;
}

std::string activity_line(const model::Activity& a) {
  const auto t = [&a](std::string_view name) { return text_of(a.fields, name); };
  if (a.class_uid == 4002) {
    std::string out = "http " + (t("http_request.http_method").empty() ? "-" : t("http_request.http_method") + " " + t("http_request.url.hostname") + " " +
                      t("http_request.url.path") + " body=" + t("http_request.body_length"));
    if (!t("http_response.code").empty()) out += " -> " + t("http_response.code") + " body=" + t("http_response.body_length");
    if (!t("http_request.x_forwarded_for").empty()) out += " xff=" + t("http_request.x_forwarded_for");
    if (!t("unmapped.fengsui.http_flags").empty()) out += " flags=" + t("unmapped.fengsui.http_flags");
    return out;
  }
  if (a.class_uid == 4003) {
    std::string out = a.activity_id == 1 ? "dns query " : "dns response ";
    out += t("query.type") + " " + t("query.hostname");
    if (a.activity_id == 2) out += " " + t("rcode") + " " + t("unmapped.fengsui.dns_answers");
    return out;
  }
  if (a.class_uid == 6005) {
    std::string out = t("unmapped.fengsui.app") + " " + (t("actor.user.name").empty() ? "-" : t("actor.user.name")) + "@" + (t("database.name").empty() ? "-" : t("database.name"));
    if (a.activity_id == 3) {
      out += " connect status=" + t("status_id") + (t("status_code").empty() ? "" : " code=" + t("status_code")) + " version=" + t("unmapped.fengsui.server_version");
      return out + (t("unmapped.fengsui.unread").empty() ? "" : " unread=" + t("unmapped.fengsui.unread"));
    }
    out += " " + t("unmapped.fengsui.statement") + " " + (t("table.name").empty() ? "-" : t("table.name")) + " rows=" + t("unmapped.fengsui.rows");
    if (!t("unmapped.fengsui.rows_affected").empty()) out += " affected=" + t("unmapped.fengsui.rows_affected");
    for (const char* flag : {"has_where", "has_limit", "exports", "prepared", "incomplete"}) if (t(std::string("unmapped.fengsui.") + flag) == "true") out += std::string(" ") + flag;
    if (!t("status_code").empty()) out += " code=" + t("status_code");
    return out + ": " + t("query_info.query_string");
  }
  if (a.class_uid == 4006) {
    std::string out = "smb " + (t("actor.user.name").empty() ? "-" : t("actor.user.name")) + " " + t("command") + " " + (t("share").empty() ? "-" : t("share"));
    if (!t("file.path").empty()) out += " " + t("file.path") + " activity=" + std::to_string(a.activity_id);
    for (const char* what : {"bytes_read", "bytes_written", "created", "deleted", "renamed_to", "encrypted", "signed"}) {
      if (const std::string value = t(std::string("unmapped.fengsui.") + what); !value.empty() && value != "false") out += std::string(" ") + what + "=" + value;
    }
    return out + " dialect=" + t("dialect") + " status=" + t("status_id") + (t("status_code").empty() ? "" : " code=" + t("status_code"));
  }
  if (a.class_uid == 4009) {
    std::string out = "mail " + t("protocol_name") + (a.activity_id == 1 ? " sent" : " received") + " size=" + t("email.size") + " recipients=" + t("unmapped.fengsui.recipients") +
                      " status=" + t("status_id") + " code=" + t("status_code");
    return out + (t("unmapped.fengsui.incomplete").empty() ? "" : " incomplete");
  }
  if (a.class_uid == 3002) return "login " + t("unmapped.fengsui.app") + (t("user.name").empty() ? "" : " " + t("user.domain") + "\\" + t("user.name")) + " " + t("unmapped.fengsui.auth_mechanism") + " clear=" + t("is_cleartext") + " status=" + t("status_id");
  return "activity " + std::to_string(a.class_uid) + " " + t("tls.sni") + " " + t("tls.version");
}

std::string content_line(const Whole& w) {
  constexpr const char* kinds[] = {"file", "http_body", "dns_name", "log_line", "message", "db_rows"};
  const auto digest = crypto::sha256(w.bytes);
  std::string out = std::string("content ") + kinds[static_cast<int>(w.from->kind)] + " " + w.from->object;
  if (!w.from->member.empty()) out += " " + w.from->member;
  if (const auto by = w.from->fields.text("unmapped.fengsui.carried_by"); !by.empty()) out += " " + std::string(by);
  out += " bytes=" + std::to_string(w.bytes.size());
  if (w.holes != 0) out += " holes=" + std::to_string(w.holes);
  out += " sha256=" + base::hex(base::View(digest).first(8));
  return out;
}

std::vector<std::string> lines_of(const Collect& seen, bool all_contents) {
  std::vector<std::string> flows, activities, contents;
  for (const auto& flow : seen.flows) flows.push_back(flow_line(flow));
  for (const auto& activity : seen.activities) activities.push_back(activity_line(activity));
  for (const auto& whole : seen.contents) {
    if (all_contents || whole.from->kind == model::ContentKind::http_body) contents.push_back(content_line(whole));
  }
  for (auto* part : {&flows, &activities, &contents}) std::sort(part->begin(), part->end());
  flows.insert(flows.end(), activities.begin(), activities.end());
  flows.insert(flows.end(), contents.begin(), contents.end());
  return flows;
}

}  // namespace fengsui::capture::test
