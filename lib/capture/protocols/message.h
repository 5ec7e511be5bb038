// A protocol in clear text that is recognised but not parsed: each direction is handed on as one content.
#pragma once

#include <memory>

#include "capture/body.h"
#include "capture/protocols/session.h"

namespace fengsui::capture {

// STARTTLS and its like are seen where they happen, whatever the segmentation: from the hello on nothing is handed on, and the
// handshake is read as that of any TLS connection.
// One thread. For datagrams too: they follow each other with a line break between.
class Message final : public Session {
 public:
  explicit Message(Conversation& conversation) : conversation_(conversation) {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  Body& body(Side side);
  void write(Side side, base::View bytes);

  Conversation& conversation_;
  std::unique_ptr<Body> bodies_[2];
  base::Bytes held_[2];                // bytes that may be the beginning of a TLS hello
  bool encrypted_[2] = {false, false};
  std::unique_ptr<Session> tls_;       // after STARTTLS and its like
};

}  // namespace fengsui::capture
