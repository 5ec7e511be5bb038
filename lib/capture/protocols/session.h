// What a protocol parser is given and what it must do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "capture/capture.h"
#include "capture/tally.h"
#include "model/flow.h"
#include "model/sink.h"

namespace fengsui::capture {

enum class Side : std::uint8_t { client = 0, server = 1 };  // who sent the bytes

// Shared by all sessions of a Capture.
struct Room {
  model::Sink& sink;
  Tally& tally;
  const Limits& limits;
  std::string sensor;
  std::uint64_t next_content = 1;
  bool lost_content = false;  // a bound or a broken coding cost bytes of some content
};

// The flow as its session knows it; outlives the session.
struct Conversation {
  Room& room;
  model::Endpoint client, server;
  std::string community_id;
  std::uint8_t protocol = 6;
  base::UnixMs now = 0;        // of the packet being processed
  std::string_view app;
  std::string upgraded;        // set by a session that saw the protocol change ("tls", "websocket")

  // src_endpoint, dst_endpoint, connection_info.
  void describe(model::Fields& fields) const;
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
