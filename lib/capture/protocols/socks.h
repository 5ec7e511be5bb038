// SOCKS 4, 4a and 5 (RFC 1928, RFC 1929): the greeting, then whatever travels inside.
#pragma once

#include <memory>

#include "capture/protocols/nested.h"
#include "capture/protocols/session.h"

namespace fengsui::capture {

// Until the server has accepted the request its client's bytes wait, bounded. One thread.
class Socks final : public Session {
 public:
  explicit Socks(Conversation& conversation) : conversation_(conversation) {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  enum class State : std::uint8_t { greeting, method, password, status, request, reply, inside, over };
  bool step();
  bool step4();
  base::Bytes& of(Side side) { return waiting_[static_cast<std::size_t>(side)]; }
  void take(Side side, std::size_t n) { of(side).erase(of(side).begin(), of(side).begin() + static_cast<std::ptrdiff_t>(n)); }

  Conversation& conversation_;
  base::Bytes waiting_[2];
  std::unique_ptr<Nested> inner_;
  State state_ = State::greeting;
  bool version4_ = false;
};

}  // namespace fengsui::capture
