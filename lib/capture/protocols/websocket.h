// WebSocket: RFC 6455, with the compression of RFC 7692 where the server agreed to it.
#pragma once

#include <memory>

#include "capture/body.h"
#include "capture/protocols/session.h"

namespace fengsui::capture {

// Each message becomes one content; control frames are passed over. Conversation::extensions is what the server agreed to.
// Bytes that are no frames end the reading of their side, counted. One thread.
class WebSocket final : public Session {
 public:
  explicit WebSocket(Conversation& conversation);
  ~WebSocket() override;

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  class Inflate;
  struct Half {
    base::Bytes head;               // an unfinished frame header
    std::uint64_t remaining = 0;    // payload of the current frame
    std::uint8_t mask[4] = {0, 0, 0, 0};
    std::size_t mask_at = 0;
    bool in_frame = false, control = false, final = false, compressed = false, lost = false;
    std::unique_ptr<Body> body;     // of the current message
    std::unique_ptr<Inflate> inflate;
    std::uint64_t wire = 0;         // bytes of the current message as sent
    bool new_context = false;       // each message starts with an empty window
  };
  Half& half(Side side) { return halves_[static_cast<std::size_t>(side)]; }
  bool frame(Side side);            // a whole header in half.head; false when it is none
  void payload(Side side, base::View bytes);
  void frame_end(Side side);
  void inflated(Half& half, base::View bytes);
  void begin_message(Side side);

  Conversation& conversation_;
  Half halves_[2];
  bool deflate_ = false;
};

}  // namespace fengsui::capture
