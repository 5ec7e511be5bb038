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

namespace {

// How much of a TLS or TLCP hello begins at `at`: record type 22, version, length, message type 1 or 2, and the zero that
// begins its own length (RFC 8446 sections 4 and 5.1; TLCP has version 0x0101). 7 is all of it, 0 none.
std::size_t hello_at(base::View v, std::size_t at) {
  constexpr std::size_t kMark = 7;
  for (std::size_t i = 0; i < kMark; ++i) {
    if (at + i == v.size()) return i;
    const std::uint8_t c = v[at + i];
    const bool fits = i == 0 ? c == 22 : i == 1 ? c == 3 || c == 1 : i == 2 ? c <= 4 && (v[at + 1] == 3 || c == 1)
                      : i == 3 ? c <= 0x40 : i == 5 ? c == 1 || c == 2 : i == 6 ? c == 0 : true;
    if (!fits) return 0;
  }
  return kMark;
}

}  // namespace

void Message::write(Side side, base::View bytes) {
  if (!bytes.empty()) body(side).write(bytes);
}

void Message::data(Side side, base::View bytes) {
  const auto i = static_cast<std::size_t>(side);
  if (encrypted_[i]) return;
  if (conversation_.protocol != 6) {
    write(side, bytes);
    return write(side, base::view("\n"));
  }
  base::Bytes joined;
  if (!held_[i].empty()) {
    joined.swap(held_[i]);
    base::append(joined, bytes);
    bytes = joined;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (bytes[at] != 22) continue;
    const std::size_t n = hello_at(bytes, at);
    if (n == 7) {
      encrypted_[i] = true;
      conversation_.upgraded = bytes[at + 1] == 1 ? "tlcp" : "tls";
      return write(side, bytes.first(at));
    }
    if (n != 0) {
      held_[i] = base::to_bytes(bytes.subspan(at));
      return write(side, bytes.first(at));
    }
  }
  write(side, bytes);
}

void Message::gap(Side side, std::uint64_t bytes) {
  const auto i = static_cast<std::size_t>(side);
  if (encrypted_[i]) return;
  write(side, held_[i]);
  held_[i].clear();
  body(side).gap(bytes);
}

void Message::finish() {
  for (const Side side : {Side::client, Side::server}) {
    const auto i = static_cast<std::size_t>(side);
    if (!encrypted_[i]) write(side, held_[i]);
    held_[i].clear();
    if (bodies_[i]) bodies_[i]->end();
  }
}

}  // namespace fengsui::capture
