// QUIC: the hellos of its handshake, which Initial packets carry under keys that everybody can derive (RFC 9001 section 5.2).
#pragma once

#include <map>
#include <memory>

#include "capture/protocols/session.h"
#include "capture/protocols/tls.h"

namespace fengsui::capture {

// Versions 1 and 2 (RFC 9369) and drafts 23 to 34. One Activity 4001 per connection whose client hello was read. Bounded: so many
// datagrams of each side, so many bytes of handshake. One thread; one datagram a call.
class Quic final : public Session {
 public:
  explicit Quic(Conversation& conversation) : conversation_(conversation) {}

  void data(Side side, base::View datagram) override;
  void gap(Side, std::uint64_t) override {}
  void finish() override;

 private:
  struct Keys {
    base::Bytes key, iv, header;
  };
  struct Half {
    Keys keys;
    base::Bytes handshake;                         // in order so far
    std::map<std::uint64_t, base::Bytes> waiting;  // by offset
    std::size_t datagrams = 0;
    bool done = false;
  };
  bool packet(Side side, base::View& datagram);
  void derive(std::uint32_t version, base::View connection_id);
  bool open(Half& half, base::View whole, std::size_t number_at, std::size_t length, base::Bytes& clear) const;
  void frames(Half& half, base::View clear);
  void crypto(Half& half, std::uint64_t offset, base::View bytes);
  void emit();

  Conversation& conversation_;
  Half halves_[2];
  TlsHello client_, server_;
  bool client_seen_ = false, server_seen_ = false, emitted_ = false;
};

}  // namespace fengsui::capture
