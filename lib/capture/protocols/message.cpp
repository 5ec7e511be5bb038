#include "capture/protocols/message.h"

namespace fengsui::capture {

Body& Message::body(Side side) {
  auto& body = bodies_[static_cast<std::size_t>(side)];
  if (body) return *body;
  auto from = std::make_shared<model::Provenance>();
  from->kind = model::ContentKind::message;
  from->stage = model::Stage::transmission;
  from->sensor = conversation_.room.sensor;
  from->time = conversation_.now;
  from->cleartext = true;
  from->object = conversation_.object;
  if (from->object.empty()) {
    from->object = std::string(conversation_.app.empty() ? "text" : conversation_.app) + (side == Side::client ? " request" : " response");
  }
  conversation_.describe(from->fields);
  from->fields.set("unmapped.fengsui.app", conversation_.app);
  from->fields.set("unmapped.fengsui.carried_by", side == Side::client ? "request" : "response");
  body = std::make_unique<Body>(conversation_.room, std::move(from));
  return *body;
}

// STARTTLS and its like: a TLS handshake record where a line was due (RFC 8446 section 5.1; TLCP 0x0101).
bool Message::upgrade(Side, base::View bytes) {
  if (encrypted_) return true;
  if (bytes.size() < 6 || bytes[0] != 22 || (bytes[1] != 3 && !(bytes[1] == 1 && bytes[2] == 1)) || bytes[2] > 4) return false;
  if (bytes[5] != 1 && bytes[5] != 2) return false;
  encrypted_ = true;
  conversation_.upgraded = bytes[1] == 1 ? "tlcp" : "tls";
  return true;
}

void Message::data(Side side, base::View bytes) {
  if (conversation_.protocol == 6 && upgrade(side, bytes)) return;
  Body& target = body(side);
  target.write(bytes);
  if (conversation_.protocol != 6) target.write(base::view("\n"));
}

void Message::gap(Side side, std::uint64_t bytes) {
  if (!encrypted_) body(side).gap(bytes);
}

void Message::finish() {
  for (auto& body : bodies_) if (body) body->end();
}

}  // namespace fengsui::capture
