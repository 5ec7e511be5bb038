#include "capture/protocols/socks.h"

#include <algorithm>

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxWaiting = 16384;

// RFC 1928 sections 4 and 6: version, command or reply, reserved, address, port. 0 while that is not whole.
std::size_t message_size(base::View v) {
  if (v.size() < 5) return 0;
  const std::size_t address = v[3] == 1 ? 4 : v[3] == 4 ? 16 : std::size_t{1} + v[4];
  return v.size() < 4 + address + 2 ? 0 : 4 + address + 2;
}

}  // namespace

void Socks::data(Side side, base::View bytes) {
  if (state_ == State::inside) return inner_->data(side, bytes);
  if (state_ == State::over) return;
  base::append(of(side), bytes);
  while (state_ != State::inside && state_ != State::over && step()) {}
  if (state_ == State::inside && !inner_) {
    inner_ = std::make_unique<Nested>(conversation_);
    for (const Side each : {Side::client, Side::server}) {
      if (!of(each).empty()) inner_->data(each, of(each));
      base::Bytes().swap(of(each));
    }
  }
  if (state_ != State::inside && of(side).size() > kMaxWaiting) {
    conversation_.room.tally.add(Count::message_limit);
    conversation_.room.lost_content = true;
    state_ = State::over;
  }
}

bool Socks::step() {
  const base::Bytes& c = of(Side::client);
  const base::Bytes& s = of(Side::server);
  if (version4_) return step4();
  switch (state_) {
    case State::greeting:
      if (c.size() < 2) return false;
      version4_ = c[0] == 4;
      if (version4_) return true;
      if (c[0] != 5) state_ = State::over;
      if (state_ == State::over || c.size() < 2u + c[1]) return false;
      take(Side::client, 2u + c[1]);
      state_ = State::method;
      return true;
    case State::method:
      if (s.size() < 2) return false;
      state_ = s[0] != 5 ? State::over : s[1] == 0 ? State::request : s[1] == 2 ? State::password : State::over;
      take(Side::server, 2);
      return true;
    case State::password: {
      if (c.size() < 2 || c.size() < 3u + c[1]) return false;
      const std::size_t size = 3u + c[1] + c[2u + c[1]];
      if (c.size() < size) return false;
      take(Side::client, size);
      state_ = State::status;
      return true;
    }
    case State::status:
      if (s.size() < 2) return false;
      state_ = s[1] == 0 ? State::request : State::over;
      take(Side::server, 2);
      return true;
    case State::request:
      if (const std::size_t n = message_size(c); n != 0) {
        state_ = c[1] == 1 ? State::reply : State::over;  // CONNECT
        take(Side::client, n);
        return true;
      }
      return false;
    case State::reply:
      if (const std::size_t n = message_size(s); n != 0) {
        state_ = s[1] == 0 ? State::inside : State::over;
        take(Side::server, n);
        return true;
      }
      return false;
    default: return false;
  }
}

// SOCKS 4: version, command, port, address, user and a zero; 4a: an address 0.0.0.x and a name with a zero behind.
bool Socks::step4() {
  const base::Bytes& c = of(Side::client);
  const base::Bytes& s = of(Side::server);
  if (state_ == State::greeting) {
    if (c.size() < 9) return false;
    auto end = std::find(c.begin() + 8, c.end(), std::uint8_t{0});
    const bool named = c[4] == 0 && c[5] == 0 && c[6] == 0 && c[7] != 0;
    if (named && end != c.end()) end = std::find(end + 1, c.end(), std::uint8_t{0});
    if (end == c.end()) return false;
    state_ = c[1] == 1 ? State::reply : State::over;
    take(Side::client, static_cast<std::size_t>(end - c.begin()) + 1);
    return true;
  }
  if (state_ != State::reply || s.size() < 8) return false;
  state_ = s[0] == 0 && s[1] == 90 ? State::inside : State::over;
  take(Side::server, 8);
  return true;
}

void Socks::gap(Side side, std::uint64_t bytes) {
  if (state_ == State::inside) return inner_->gap(side, bytes);
  state_ = State::over;
}

void Socks::finish() {
  if (inner_) inner_->finish();
}

}  // namespace fengsui::capture
