#include "capture/protocols/session.h"

#include <iterator>

namespace fengsui::capture {
namespace {

enum class Reach { unknown, loopback, inside, outside };

// RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291: addresses that do not leave an organisation.
Reach reach(const std::string& ip_text) {
  Address a;
  if (!parse_address(ip_text, a)) return Reach::unknown;
  const auto& b = a.bytes;
  if (a.v6) {
    bool zero = true;
    for (std::size_t i = 0; i < 15; ++i) zero = zero && b[i] == 0;
    if (zero && b[15] == 1) return Reach::loopback;
    if ((b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80)) return Reach::inside;
    return Reach::outside;
  }
  if (b[0] == 127) return Reach::loopback;
  const bool inside = b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
                      (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xc0) == 64);
  return inside ? Reach::inside : Reach::outside;
}

}  // namespace

void Room::announce(std::shared_ptr<Announced> what) {
  if (announced.size() >= kMaxAnnounced) {
    tally.add(Count::message_limit);
    announced.erase(announced.begin());
  }
  announced.push_back(std::move(what));
}

std::shared_ptr<Announced> Room::take_announced(const Address& address, std::uint16_t port, base::UnixMs now) {
  for (auto at = announced.rbegin(); at != announced.rend(); ++at) {
    if ((*at)->port != port || (*at)->address != address || (*at)->until < now) continue;
    auto found = *at;
    announced.erase(std::next(at).base());
    return found;
  }
  return nullptr;
}

void Conversation::describe(model::Fields& fields) const {
  fields.set("src_endpoint.ip", client.ip);
  fields.set("src_endpoint.port", std::int64_t{client.port});
  fields.set("dst_endpoint.ip", server.ip);
  fields.set("dst_endpoint.port", std::int64_t{server.port});
  const Reach from = reach(client.ip), to = reach(server.ip);
  std::int64_t direction_id = 0;
  const char* direction = "Unknown";
  if (from == Reach::loopback && to == Reach::loopback) { direction_id = 4; direction = "Local"; }
  else if (from == Reach::inside && to == Reach::inside) { direction_id = 3; direction = "Lateral"; }
  else if (from == Reach::inside && to == Reach::outside) { direction_id = 2; direction = "Outbound"; }
  else if (from == Reach::outside && to == Reach::inside) { direction_id = 1; direction = "Inbound"; }
  fields.set("connection_info.direction_id", direction_id);
  fields.set("connection_info.direction", direction);
  fields.set("connection_info.protocol_num", std::int64_t{protocol});
  fields.set("connection_info.protocol_name", protocol == 17 ? "udp" : "tcp");
  fields.set("connection_info.community_uid", community_id);
  if (!owner) return;
  if (owner->pid != 0) {
    fields.set("actor.process.pid", std::int64_t{owner->pid});
    fields.set("actor.process.name", owner->process);
    fields.set("actor.process.path", owner->executable);
  }
  fields.set("actor.process.user.name", owner->account);
  fields.set("unmapped.fengsui.owner_side", owner->client ? "client" : "server");
}

model::Activity Conversation::activity(std::uint32_t class_uid, std::uint32_t activity_id, model::LogSource source) const {
  model::Activity out;
  out.time = now;
  out.class_uid = class_uid;
  out.activity_id = activity_id;
  out.stage = model::Stage::transmission;
  out.sensor = room.sensor;
  out.source = std::move(source);
  describe(out.fields);
  return out;
}

std::shared_ptr<model::Provenance> Conversation::content(model::ContentKind kind, std::string what, model::LogSource source) const {
  auto out = std::make_shared<model::Provenance>();
  out->kind = kind;
  out->stage = model::Stage::transmission;
  out->sensor = room.sensor;
  out->source = std::move(source);
  out->time = now;
  out->object = std::move(what);
  out->cleartext = true;
  describe(out->fields);
  return out;
}

}  // namespace fengsui::capture
