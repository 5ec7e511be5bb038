// What a protocol parser is given and what it must do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "capture/capture.h"
#include "capture/segment.h"
#include "capture/tally.h"
#include "model/flow.h"
#include "model/sink.h"

namespace fengsui::capture {

enum class Side : std::uint8_t { client = 0, server = 1 };  // who sent the bytes

// A connection that another one announced: its listening end, and what will travel on it once that is known.
struct Announced {
  Address address;
  std::uint16_t port = 0;
  base::UnixMs until = 0;
  std::string_view app;
  std::string object;
};
inline constexpr base::UnixMs kAnnouncedMs = 300'000;
inline constexpr std::size_t kMaxAnnounced = 512;

// Shared by all sessions of a Capture.
struct Room {
  model::Sink& sink;
  Tally& tally;
  const Limits& limits;
  std::string sensor;
  std::uint64_t next_content = 1;
  bool lost_content = false;  // a bound or a broken coding cost bytes of some content
  std::vector<std::shared_ptr<Announced>> announced;

  // The oldest is forgotten when there are too many.
  void announce(std::shared_ptr<Announced> what);
  // nullptr when nothing waits for a connection to this end.
  std::shared_ptr<Announced> take_announced(const Address& address, std::uint16_t port, base::UnixMs now);
};

// The flow as its session knows it; outlives the session.
struct Conversation {
  Room& room;
  model::Endpoint client, server;
  std::string community_id;
  std::uint8_t protocol = 6;
  base::UnixMs now = 0;        // of the packet being processed
  std::string_view app;
  std::string object;          // what travels here, as the connection that announced this one said
  std::string upgraded;        // set by a session that saw the protocol change ("tls", "websocket")
  bool tls_followed = false;   // the session that saw it turn to TLS reads the handshake itself
  std::string_view inner{};    // what was recognised inside a tunnel
  int nesting = 0;             // tunnels inside each other so far
  std::string extensions{};    // of a WebSocket, as the server agreed to them
  std::shared_ptr<const Owner> owner{};  // its process on this host; null unknown

  // src_endpoint, dst_endpoint, connection_info, actor.process.
  void describe(model::Fields& fields) const;
  // What happened, or is carried, in clear on this flow now, already described.
  model::Activity activity(std::uint32_t class_uid, std::uint32_t activity_id, model::LogSource source) const;
  std::shared_ptr<model::Provenance> content(model::ContentKind kind, std::string what, model::LogSource source = {}) const;
};

// One conversation of one protocol. Bytes of each side come in order; holes are told where they are. Datagram
// protocols get one datagram a call. One thread; everything is synchronous.
class Session {
 public:
  virtual ~Session() = default;
  virtual void data(Side side, base::View bytes) = 0;
  virtual void gap(Side side, std::uint64_t bytes) = 0;
  virtual void finish() = 0;  // the flow has ended; called once
};

}  // namespace fengsui::capture
