#include "policy/traffic.h"

#include "base/time.h"

namespace fengsui::policy {

model::Activity activity_of(const model::Flow& flow, const Networks* networks) {
  model::Activity out;
  out.time = flow.last;
  out.class_uid = 4001;
  out.activity_id = 6;  // Traffic
  out.stage = model::Stage::transmission;
  out.sensor = flow.sensor;
  out.source = {flow.pid != 0 ? "linux" : "", "network_connection", ""};
  model::Fields& f = out.fields;
  f.set("src_endpoint.ip", flow.client.ip);
  f.set("src_endpoint.port", std::int64_t{flow.client.port});
  f.set("dst_endpoint.ip", flow.server.ip);
  f.set("dst_endpoint.port", std::int64_t{flow.server.port});
  f.set("connection_info.protocol_num", std::int64_t{flow.protocol});
  if (flow.protocol == 6 || flow.protocol == 17) f.set("connection_info.protocol_name", flow.protocol == 6 ? "tcp" : "udp");
  f.set("connection_info.community_uid", flow.community_id);
  f.set("traffic.bytes_out", static_cast<std::int64_t>(flow.sent.bytes));
  f.set("traffic.bytes_in", static_cast<std::int64_t>(flow.received.bytes));
  f.set("unmapped.fengsui.direction_known", flow.direction_known);
  if (!flow.app.empty()) f.set("app_name", flow.app);
  if (flow.pid != 0) {
    f.set("actor.process.pid", std::int64_t{flow.pid});
    f.set("actor.process.name", flow.process);
    f.set("actor.process.path", flow.executable);
  }
  if (!flow.account.empty()) {
    f.set("actor.process.user.name", flow.account);
    f.set("unmapped.fengsui.owner_side", flow.owner_is_client ? "client" : "server");
  }
  f.set("unmapped.fengsui.hour", (flow.last / 60'000 + base::kChinaOffsetMinutes) / 60 % 24);
  if (networks == nullptr) return out;
  f.set("unmapped.fengsui.source", networks->kind(flow.client.ip));
  const std::string_view to = networks->kind(flow.server.ip);
  f.set("unmapped.fengsui.destination", to);
  if (networks->has_domestic && to != "internal") f.set("unmapped.fengsui.abroad", !networks->domestic.contains(flow.server.ip));
  return out;
}

}  // namespace fengsui::policy
