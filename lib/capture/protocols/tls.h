// TLS 1.0–1.3, SSL 3.0 and TLCP (GB/T 38636-2020): what the handshake says in clear. The payload stays closed.
#pragma once

#include <string>

#include "capture/protocols/session.h"
#include "crypto/certificate.h"

namespace fengsui::capture {

struct TlsHello {
  std::uint16_t version = 0;   // offered or chosen, supported_versions (RFC 8446 section 4.2.1) counted
  std::uint16_t legacy_version = 0;
  std::uint16_t newest = 0;    // of all that a client offers, drafts counted
  std::string server_name;     // RFC 6066 section 3
  std::vector<std::string> alpn;
  std::uint16_t cipher = 0;    // chosen; server side only
  bool server = false;
  bool retry = false;          // HelloRetryRequest (RFC 8446 section 4.1.4)
  bool has_name = false, has_extensions = false;
  base::Bytes session;         // id; both sides the same: an earlier session goes on (TLS ≤ 1.2)
  bool pre_shared = false;     // pre_shared_key offered or taken (TLS 1.3)
  std::vector<std::uint16_t> ciphers, extensions, groups, signatures;  // in order, GREASE (RFC 8701) left out
  std::vector<std::uint8_t> point_formats;
};

// A ClientHello or ServerHello message (type byte and length included). Errc::truncated, malformed.
base::Result<TlsHello> parse_hello(base::View handshake);
// How much of a TLS or TLCP hello record begins at `at`: kTlsHelloMark is enough to be sure, 0 none.
inline constexpr std::size_t kTlsHelloMark = 7;
std::size_t tls_hello_at(base::View bytes, std::size_t at);
// "TLSv1.2", "SSLv3", "TLCPv1.1"; "0x…" for others.
std::string tls_version_name(std::uint16_t version);

// Fingerprints of how a hello is made. JA3 and JA3S: MD5 of the decimal lists (github.com/salesforce/ja3); JA4: FoxIO's
// technical specification, `transport` 't' TCP, 'q' QUIC, 'd' DTLS.
std::string ja3(const TlsHello& client);
std::string ja3s(const TlsHello& server);
std::string ja4(const TlsHello& client, char transport);

// The activity 4001 that both TLS and QUIC make of a connection, before what its hellos say.
model::Activity handshake_activity(const Conversation& conversation, base::UnixMs time);
// Fields of the hellos.
void describe_hellos(const TlsHello* client, const TlsHello* server, char transport, model::Fields& fields);

// For a connection that another session has seen turn to TLS: finds the hello of each side and reads on from there.
class TlsWatch final : public Session {
 public:
  explicit TlsWatch(Conversation& conversation);
  ~TlsWatch() override;

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  std::unique_ptr<Session> tls_;
  base::Bytes held_[2];
  bool found_[2] = {false, false};
};

// One Activity 4001 per connection whose hello was seen, with what the server's certificates say up to TLS 1.2 and in TLCP
// (TLS 1.3 encrypts them). One thread.
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
  void message(Half& half, base::View message);
  void certificates(base::View message);
  void describe_certificates(model::Fields& fields) const;
  void emit();

  Conversation& conversation_;
  Half halves_[2];
  TlsHello client_, server_;
  std::vector<crypto::Certificate> chain_;
  base::UnixMs seen_at_ = 0;  // of the server's hello
  bool client_seen_ = false, server_seen_ = false, emitted_ = false, certificates_seen_ = false, certificates_bad_ = false;
};

}  // namespace fengsui::capture
