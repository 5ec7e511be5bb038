#include "capture/protocols/message.h"

#include "capture/protocols/tls.h"

namespace fengsui::capture {

Body& Message::body(Side side) {
  auto& body = bodies_[static_cast<std::size_t>(side)];
  if (body) return *body;
  auto from = conversation_.content(model::ContentKind::message, conversation_.object);
  if (from->object.empty()) {
    from->object = std::string(conversation_.app.empty() ? "text" : conversation_.app) + (side == Side::client ? " request" : " response");
  }
  from->fields.set("unmapped.fengsui.app", conversation_.app);
  from->fields.set("unmapped.fengsui.carried_by", side == Side::client ? "request" : "response");
  body = std::make_unique<Body>(conversation_.room, std::move(from));
  return *body;
}

void Message::write(Side side, base::View bytes) {
  if (!bytes.empty()) body(side).write(bytes);
}

void Message::data(Side side, base::View bytes) {
  const auto i = static_cast<std::size_t>(side);
  if (encrypted_[i]) return tls_->data(side, bytes);
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
    const std::size_t n = tls_hello_at(bytes, at);
    if (n == kTlsHelloMark) {
      encrypted_[i] = true;
      conversation_.upgraded = bytes[at + 1] == 1 ? "tlcp" : "tls";
      write(side, bytes.first(at));
      conversation_.tls_followed = true;
      if (!tls_) tls_ = std::make_unique<Tls>(conversation_);
      return tls_->data(side, bytes.subspan(at));
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
  if (encrypted_[i]) return tls_->gap(side, bytes);
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
  if (tls_) tls_->finish();
}

}  // namespace fengsui::capture
