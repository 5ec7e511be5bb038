// TLS 1.0–1.3, SSL 3.0 and TLCP (GB/T 38636-2020): what the handshake says in clear. The payload stays closed.
#pragma once

#include <string>

#include "capture/protocols/session.h"

namespace fengsui::capture {

struct TlsHello {
  std::uint16_t version = 0;   // offered or chosen, supported_versions (RFC 8446 section 4.2.1) counted
  std::string server_name;     // RFC 6066 section 3
  std::vector<std::string> alpn;
  std::uint16_t cipher = 0;    // chosen; server side only
  bool server = false;
};

// A ClientHello or ServerHello message (type byte and length included). Errc::truncated, malformed.
base::Result<TlsHello> parse_hello(base::View handshake);
// "TLSv1.2", "SSLv3", "TLCPv1.1"; "0x…" for others.
std::string tls_version_name(std::uint16_t version);

// One Activity 4001 per connection whose hello was seen. One thread.
class Tls final : public Session {
 public:
  explicit Tls(Conversation& conversation) : conversation_(conversation) {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  struct Half {
    base::Bytes buffer;     // an unfinished record, then
    base::Bytes handshake;  // the handshake message so far
    bool done = false;
  };
  void record(Half& half, base::View payload);
  void emit();

  Conversation& conversation_;
  Half halves_[2];
  TlsHello client_, server_;
  bool client_seen_ = false, server_seen_ = false, emitted_ = false;
};

}  // namespace fengsui::capture
