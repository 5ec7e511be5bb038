// Another protocol inside a connection: after HTTP CONNECT or 101, after a SOCKS greeting.
#pragma once

#include <memory>

#include "capture/protocols/session.h"

namespace fengsui::capture {

// Recognises what travels inside as the capture does for a connection of its own, by content, and hands the bytes to that
// protocol's session; readable text that nobody recognises becomes one content per direction. Nesting is bounded. One thread.
class Nested final : public Session {
 public:
  explicit Nested(Conversation& conversation) : conversation_(conversation) {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  void decide(bool final);
  void begin(std::unique_ptr<Session> session);

  Conversation& conversation_;
  std::unique_ptr<Session> session_;
  base::Bytes first_[2];
  bool decided_ = false;
};

}  // namespace fengsui::capture
