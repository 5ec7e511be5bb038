// The only file that knows ZeroMQ. Source of the protocol: ZMTP 3.1 (RFC 23), CURVE (RFC 26), ZAP (RFC 27).
#include "wire/link.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <zmq.hpp>

#include "base/fd.h"

namespace fengsui::wire {

struct LinkThreads {
  explicit LinkThreads(int io_threads) : context(io_threads, kMaxSockets) {}
  static constexpr int kMaxSockets = 65'536;
  zmq::context_t context;
  std::atomic<std::uint64_t> monitors{0};  // names of monitors are unique in a context
};

namespace {

constexpr int kZ85Size = 40;
constexpr int kBacklog = 4096;
constexpr int kReconnectMs = 200, kReconnectMaxMs = 10'000;  // ZeroMQ adds jitter of up to the first to every attempt
constexpr int kHandshakeMs = 15'000;
constexpr int kMismatchAfter = 2;             // connections that closed before their handshake was done, in a row
constexpr std::size_t kMaxAnswer = 1u << 20;  // largest message from a collector
constexpr int kCollectorHeartbeatMs = 10'000, kCollectorTimeoutMs = 30'000;
constexpr const char* kZapEndpoint = "inproc://zeromq.zap.01";
constexpr const char* kMonitorEndpoint = "inproc://monitor";

base::Error error_of(const zmq::error_t& error, const std::string& what) {
  return base::fail_errno("zmq", what, error.num() >= 0 ? error.num() : EIO).error();
}

void arm(base::Fd& timer, int ms) {
  itimerspec spec{};
  spec.it_value.tv_sec = ms / 1000;
  spec.it_value.tv_nsec = static_cast<long>(ms % 1000) * 1'000'000;
  FENGSUI_ASSERT(::timerfd_settime(timer.get(), 0, &spec, nullptr) == 0);
}

// Several descriptors behind one: the ZeroMQ sockets of a link, its monitor, its timer, and a poke of our own. ZeroMQ's
// descriptors tell of changes only, and calls on the socket swallow them: whoever sends must look for messages and
// poke.
class Readiness {
 public:
  Readiness() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), poke_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    FENGSUI_ASSERT(epoll_.valid() && poke_.valid());
    add(poke_.get());
  }
  void add(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    FENGSUI_ASSERT(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
  }
  void remove(int fd) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }
  void poke() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(poke_.get(), &one, sizeof one);  // full means it is poked already
  }
  void clear() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = ::read(poke_.get(), &count, sizeof count);
  }
  int fd() const { return epoll_.get(); }

 private:
  base::Fd epoll_, poke_;
};

bool has_input(zmq::socket_t& socket) { return (socket.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0; }

// One event of a socket's monitor: number and value, then the endpoint (which is not needed here).
struct MonitorEvent {
  std::uint16_t event = 0;
  std::int32_t value = 0;
};

std::optional<MonitorEvent> next_event(zmq::socket_t& monitor) {
  zmq::message_t frame;
  if (!monitor.recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
  MonitorEvent out;
  FENGSUI_ASSERT(frame.size() == sizeof out.event + sizeof out.value);  // from ZeroMQ itself, not from outside
  std::memcpy(&out.event, frame.data(), sizeof out.event);
  std::memcpy(&out.value, static_cast<const char*>(frame.data()) + sizeof out.event, sizeof out.value);
  while (frame.more()) static_cast<void>(monitor.recv(frame));
  return out;
}

void set_keys(zmq::socket_t& socket, const CurveKeys& keys) {
  socket.set(zmq::sockopt::curve_publickey, keys.public_z85);
  const base::View secret = keys.secret.view();
  if (zmq_setsockopt(socket.handle(), ZMQ_CURVE_SECRETKEY, secret.data(), secret.size()) != 0) throw zmq::error_t();
}

void set_common(zmq::socket_t& socket, const std::string& endpoint, int high_water, int heartbeat_ms, int timeout_ms,
                std::int64_t max_message) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, high_water);
  socket.set(zmq::sockopt::rcvhwm, high_water);
  socket.set(zmq::sockopt::maxmsgsize, max_message);
  socket.set(zmq::sockopt::heartbeat_ivl, heartbeat_ms);
  socket.set(zmq::sockopt::heartbeat_timeout, timeout_ms);
  socket.set(zmq::sockopt::heartbeat_ttl, timeout_ms);
  socket.set(zmq::sockopt::handshake_ivl, kHandshakeMs);
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  if (endpoint.find('[') != std::string::npos) socket.set(zmq::sockopt::ipv6, 1);
}

class Dealer final : public AgentLink {
 public:
  explicit Dealer(const Options& options)
      : options_(options),
        threads_(options.threads ? options.threads : std::make_shared<LinkThreads>(1)),
        timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
    FENGSUI_ASSERT(timer_.valid());
    ready_.add(timer_.get());
  }
  ~Dealer() override { close(); }

  base::Status start() {
    try {
      socket_ = zmq::socket_t(threads_->context, zmq::socket_type::dealer);
      set_common(socket_, options_.endpoint, options_.high_water, options_.heartbeat_ms, options_.timeout_ms,
                 kMaxAnswer);
      socket_.set(zmq::sockopt::reconnect_ivl, kReconnectMs);
      socket_.set(zmq::sockopt::reconnect_ivl_max, kReconnectMaxMs);
      socket_.set(zmq::sockopt::curve_serverkey, options_.server_key_z85);
      set_keys(socket_, *options_.keys);
      constexpr int kEvents = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                              ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                              ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
      // The name of the last socket's monitor is given back some time after its end: each gets its own.
      const std::string monitor_endpoint = kMonitorEndpoint + std::to_string(++threads_->monitors);
      if (zmq_socket_monitor(socket_.handle(), monitor_endpoint.c_str(), kEvents) != 0) throw zmq::error_t();
      monitor_ = zmq::socket_t(threads_->context, zmq::socket_type::pair);
      monitor_.set(zmq::sockopt::linger, 0);
      monitor_.connect(monitor_endpoint);
      socket_.connect(options_.endpoint);
      ready_.add(socket_.get(zmq::sockopt::fd));
      ready_.add(monitor_.get(zmq::sockopt::fd));
    } catch (const zmq::error_t& error) {
      close();
      return std::unexpected(error_of(error, options_.endpoint));
    }
    return {};
  }

  base::Status send(base::View message) override {
    if (message.size() > options_.max_message)
      return base::fail(base::Errc::limit, "message of " + std::to_string(message.size()) + " bytes; limit " +
                                               std::to_string(options_.max_message));
    try {
      const bool sent =
          socket_.handle() != nullptr &&
          socket_.send(zmq::const_buffer(message.data(), message.size()), zmq::send_flags::dontwait).has_value();
      if (socket_.handle() != nullptr && has_input(socket_)) ready_.poke();
      if (!sent) {
        full_.add();
        return base::fail(base::Errc::full, "link to " + options_.endpoint + ": " +
                                                std::to_string(options_.high_water) + " messages wait, the limit");
      }
      sent_.add();
      return {};
    } catch (const zmq::error_t& error) {
      return std::unexpected(error_of(error, options_.endpoint));
    }
  }

  std::optional<base::Bytes> receive() override {
    ready_.clear();
    look();
    if (socket_.handle() == nullptr) return std::nullopt;
    try {
      zmq::message_t frame;
      if (!socket_.recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
      if (!frame.more()) {
        received_.add();
        return base::Bytes(frame.data<std::uint8_t>(), frame.data<std::uint8_t>() + frame.size());
      }
      while (frame.more()) static_cast<void>(socket_.recv(frame));  // ours have one part
      malformed_.add();
      ready_.poke();
    } catch (const zmq::error_t&) {
      errors_.add();
    }
    return std::nullopt;
  }

  int fd() const override { return ready_.fd(); }

  LinkState state() override {
    look();
    try {
      if (socket_.handle() != nullptr && has_input(socket_)) ready_.poke();
    } catch (const zmq::error_t&) {
      errors_.add();
    }
    return state_;
  }

  std::vector<base::Sample> counters() const override {
    return {{"link_sent_total", {}, sent_.value()},
            {"link_received_total", {}, received_.value()},
            {"link_full_total", {}, full_.value()},
            {"link_malformed_total", {}, malformed_.value()},
            {"link_errors_total", {}, errors_.value()},
            {"link_connections_total", {}, connected_.value()},
            {"link_handshakes_total", {{"result", "done"}}, handshakes_.value()},
            {"link_handshakes_total", {{"result", "unfinished"}}, unfinished_.value()},
            {"link_handshakes_total", {{"result", "refused"}}, refused_.value()}};
  }

 private:
  void look() {
    try {
      while (monitor_.handle() != nullptr) {
        auto event = next_event(monitor_);
        if (!event) break;
        on_event(*event);
      }
    } catch (const zmq::error_t&) {
      errors_.add();
    }
    std::uint64_t expired = 0;
    if (::read(timer_.get(), &expired, sizeof expired) == sizeof expired && expired > 0) {
      close();
      if (!start()) {
        errors_.add();
        arm(timer_, options_.retry_refused_ms);
      }
    }
  }

  void on_event(const MonitorEvent& event) {
    switch (event.event) {
      case ZMQ_EVENT_CONNECTED:
        connected_.add();
        in_handshake_ = true;
        break;
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        handshakes_.add();
        in_handshake_ = false;
        in_a_row_ = 0;
        state_ = LinkState::established;
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:  // ZAP 400 or 500: this socket will never try again
        refused_.add();
        in_handshake_ = false;
        state_ = LinkState::refused;
        arm(timer_, options_.retry_refused_ms);  // … but a new one does
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      case ZMQ_EVENT_DISCONNECTED:
        if (in_handshake_) {
          in_handshake_ = false;
          unfinished_.add();
          if (++in_a_row_ >= kMismatchAfter && state_ != LinkState::refused) state_ = LinkState::key_mismatch;
        } else if (state_ == LinkState::established) {
          state_ = LinkState::connecting;
        }
        break;
      default:
        break;
    }
  }

  void close() {
    try {
      if (socket_.handle() != nullptr) {
        ready_.remove(socket_.get(zmq::sockopt::fd));
        zmq_socket_monitor(socket_.handle(), nullptr, 0);
      }
      if (monitor_.handle() != nullptr) ready_.remove(monitor_.get(zmq::sockopt::fd));
    } catch (const zmq::error_t&) {
      errors_.add();
    }
    socket_.close();
    monitor_.close();
    in_handshake_ = false;
  }

  Options options_;
  std::shared_ptr<LinkThreads> threads_;
  zmq::socket_t socket_, monitor_;
  Readiness ready_;
  base::Fd timer_;
  LinkState state_ = LinkState::connecting;
  bool in_handshake_ = false;
  int in_a_row_ = 0;
  base::Counter sent_, received_, full_, malformed_, errors_, connected_, handshakes_, unfinished_, refused_;
};

class Router final : public CollectorLink {
 public:
  explicit Router(Options options) : options_(std::move(options)) {}
  ~Router() override {
    if (socket_.handle() != nullptr) zmq_socket_monitor(socket_.handle(), nullptr, 0);
    socket_.close();
    monitor_.close();
    zap_.close();
  }

  base::Status start() {
    try {
      context_.set(zmq::ctxopt::max_sockets, LinkThreads::kMaxSockets);
      // The handler must be there before the first connection: without one, ZeroMQ would have nobody to ask.
      zap_ = zmq::socket_t(context_, zmq::socket_type::router);
      zap_.set(zmq::sockopt::linger, 0);
      zap_.set(zmq::sockopt::rcvhwm, 0);
      zap_.set(zmq::sockopt::sndhwm, 0);
      zap_.bind(kZapEndpoint);
      socket_ = zmq::socket_t(context_, zmq::socket_type::router);
      set_common(socket_, options_.endpoint, options_.high_water, kCollectorHeartbeatMs, kCollectorTimeoutMs,
                 static_cast<std::int64_t>(options_.max_message));
      socket_.set(zmq::sockopt::router_mandatory, 1);
      socket_.set(zmq::sockopt::router_handover, 0);
      socket_.set(zmq::sockopt::backlog, kBacklog);
      socket_.set(zmq::sockopt::curve_server, 1);
      socket_.set(zmq::sockopt::zap_domain, "fengsui");
      set_keys(socket_, *options_.keys);
      constexpr int kEvents = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED | ZMQ_EVENT_DISCONNECTED |
                              ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                              ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
      if (zmq_socket_monitor(socket_.handle(), kMonitorEndpoint, kEvents) != 0) throw zmq::error_t();
      monitor_ = zmq::socket_t(context_, zmq::socket_type::pair);
      monitor_.set(zmq::sockopt::linger, 0);
      monitor_.connect(kMonitorEndpoint);
      socket_.bind(options_.endpoint);
      endpoint_ = socket_.get(zmq::sockopt::last_endpoint);
      for (zmq::socket_t* socket : {&zap_, &socket_, &monitor_}) ready_.add(socket->get(zmq::sockopt::fd));
    } catch (const zmq::error_t& error) {
      return std::unexpected(error_of(error, options_.endpoint));
    }
    return {};
  }

  std::string endpoint() const override { return endpoint_; }

  std::optional<Incoming> receive() override {
    ready_.clear();
    try {
      while (auto event = next_event(monitor_)) on_event(*event);
      answer_admissions();
      for (int tries = 0; tries < 64; ++tries) {
        zmq::message_t peer, body;
        if (!socket_.recv(peer, zmq::recv_flags::dontwait)) return std::nullopt;
        if (!peer.more()) continue;
        static_cast<void>(socket_.recv(body));
        if (body.more()) {
          while (body.more()) static_cast<void>(socket_.recv(body));  // ours have one part
          malformed_.add();
          continue;
        }
        received_.add();
        Incoming out;
        out.peer = peer.to_string();
        const char* user = zmq_msg_gets(body.handle(), "User-Id");
        out.user = user == nullptr ? "" : user;
        out.message.assign(body.data<std::uint8_t>(), body.data<std::uint8_t>() + body.size());
        return out;
      }
      ready_.poke();  // enough for one call; the rest is looked at next time
    } catch (const zmq::error_t&) {
      errors_.add();
    }
    return std::nullopt;
  }

  base::Status send(const std::string& peer, base::View message) override {
    base::Status status;
    try {
      // With ROUTER_MANDATORY the first part tells whether the peer is there and has room; the second then cannot fail.
      if (!socket_.send(zmq::const_buffer(peer.data(), peer.size()),
                        zmq::send_flags::dontwait | zmq::send_flags::sndmore)) {
        full_.add();
        status = base::fail(base::Errc::full,
                            "peer's queue holds " + std::to_string(options_.high_water) + " messages, the limit");
      } else {
        static_cast<void>(socket_.send(zmq::const_buffer(message.data(), message.size()), zmq::send_flags::dontwait));
        sent_.add();
      }
    } catch (const zmq::error_t& error) {
      if (error.num() == EHOSTUNREACH) {
        gone_.add();
        status = base::fail(base::Errc::not_found, "peer is gone");
      } else {
        errors_.add();
        status = std::unexpected(error_of(error, "send"));
      }
    }
    try {
      if (has_input(socket_)) ready_.poke();
    } catch (const zmq::error_t&) {
      errors_.add();
    }
    return status;
  }

  int fd() const override { return ready_.fd(); }

  std::vector<base::Sample> counters() const override {
    return {{"link_sent_total", {}, sent_.value()},
            {"link_received_total", {}, received_.value()},
            {"link_full_total", {}, full_.value()},
            {"link_peer_gone_total", {}, gone_.value()},
            {"link_malformed_total", {}, malformed_.value()},
            {"link_errors_total", {}, errors_.value()},
            {"link_connections_total", {}, accepted_.value()},
            {"link_disconnections_total", {}, disconnected_.value()},
            {"link_handshakes_total", {{"result", "done"}}, handshakes_.value()},
            {"link_handshakes_total", {{"result", "unfinished"}}, unfinished_.value()},
            {"link_handshakes_total", {{"result", "refused"}}, refused_.value()},
            {"link_handshakes_total", {{"result", "pending"}}, pending_.value()}};
  }

 private:
  void on_event(const MonitorEvent& event) {
    switch (event.event) {
      case ZMQ_EVENT_ACCEPTED:
        accepted_.add();
        break;
      case ZMQ_EVENT_DISCONNECTED:
        disconnected_.add();
        break;
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        handshakes_.add();
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        unfinished_.add();
        break;
      case ZMQ_EVENT_ACCEPT_FAILED:
        errors_.add();
        break;
      default:
        break;  // a refusal is counted where it is decided
    }
  }

  // RFC 27: version, request id, domain, address, identity, mechanism, credentials; the answer goes to the same
  // request. A ROUTER rather than a REP, because a REP would be left mid-conversation when a connection dies while it
  // is asked.
  void answer_admissions() {
    for (;;) {
      std::vector<zmq::message_t> parts;
      do {
        zmq::message_t part;
        if (!zap_.recv(part, zmq::recv_flags::dontwait)) return;
        parts.push_back(std::move(part));
      } while (parts.back().more());
      // routing id, empty, then the seven
      if (parts.size() != 9 || parts[2].to_string_view() != "1.0") continue;
      std::string user;
      const char* code = "400";
      const char* text = "refused";
      if (parts[7].to_string_view() == "CURVE" && parts[8].size() == 32) {
        std::array<char, kZ85Size + 1> z85{};
        zmq_z85_encode(z85.data(), parts[8].data<std::uint8_t>(), parts[8].size());
        user = options_.admit(std::string(z85.data()));
      }
      if (user == "?") {
        code = "300", text = "try again later";
        user.clear();
        pending_.add();
      } else if (user.empty()) {
        refused_.add();
      } else {
        code = "200", text = "OK";
      }
      const std::array<std::string_view, 8> answer = {
          parts[0].to_string_view(), "", "1.0", parts[3].to_string_view(), code, text, user, ""};
      for (std::size_t i = 0; i < answer.size(); ++i) {
        const auto flags =
            zmq::send_flags::dontwait | (i + 1 < answer.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
        static_cast<void>(zap_.send(zmq::const_buffer(answer[i].data(), answer[i].size()), flags));
      }
    }
  }

  Options options_;
  zmq::context_t context_;
  zmq::socket_t zap_, socket_, monitor_;
  Readiness ready_;
  std::string endpoint_;
  base::Counter sent_, received_, full_, gone_, malformed_, errors_, accepted_, disconnected_, handshakes_, unfinished_,
      refused_, pending_;
};

base::Result<std::string> z85_of(base::View bytes) {
  std::array<char, kZ85Size + 1> text{};
  if (bytes.size() != 32 || zmq_z85_encode(text.data(), bytes.data(), bytes.size()) == nullptr)
    return base::fail(base::Errc::malformed, "CURVE key of " + std::to_string(bytes.size()) + " bytes; 32 expected");
  return std::string(text.data(), kZ85Size);
}

}  // namespace

std::shared_ptr<LinkThreads> make_link_threads(int io_threads) { return std::make_shared<LinkThreads>(io_threads); }

std::string_view id(LinkState state) {
  switch (state) {
    case LinkState::connecting:
      return "connecting";
    case LinkState::established:
      return "established";
    case LinkState::key_mismatch:
      return "key_mismatch";
    case LinkState::refused:
      return "refused";
  }
  return "unknown";
}

CurveKeys CurveKeys::generate() {
  for (;;) {
    crypto::Secret secret(32);
    crypto::random_bytes(secret.bytes());
    auto keys = from_secret(secret.view());
    FENGSUI_ASSERT(keys.has_value());
    if (!keys->public_z85.starts_with('-')) return std::move(*keys);  // one in 85 does
  }
}

base::Result<CurveKeys> CurveKeys::from_secret(base::View secret) {
  if (secret.size() != 32)
    return base::fail(base::Errc::malformed,
                      "CURVE secret of " + std::to_string(secret.size()) + " bytes; 32 expected");
  crypto::Secret z85(kZ85Size + 1);
  char* text = reinterpret_cast<char*>(z85.bytes().data());
  std::array<char, kZ85Size + 1> public_text{};
  if (zmq_z85_encode(text, secret.data(), secret.size()) == nullptr || zmq_curve_public(public_text.data(), text) != 0)
    return base::fail(base::Errc::unavailable, "this ZeroMQ was built without CURVE");
  CurveKeys keys;
  keys.public_z85.assign(public_text.data(), kZ85Size);
  keys.secret = crypto::Secret::copy_of(secret);
  return keys;
}

base::Result<std::string> curve_to_z85(base::View key) { return z85_of(key); }

base::Result<base::Bytes> curve_from_z85(std::string_view text) {
  const std::string copy(text);
  base::Bytes key(32);
  if (copy.size() != kZ85Size || copy.find('\0') != std::string::npos ||
      zmq_z85_decode(key.data(), copy.c_str()) == nullptr)
    return base::fail(base::Errc::malformed,
                      "CURVE key of " + std::to_string(copy.size()) + " characters is not 40 of Z85");
  return key;
}

base::Result<std::unique_ptr<AgentLink>> AgentLink::open(const Options& options) {
  if (options.keys == nullptr) return base::fail(base::Errc::usage, "link without keys");
  if (auto key = curve_from_z85(options.server_key_z85); !key) return std::unexpected(key.error());
  try {
    auto link = std::make_unique<Dealer>(options);
    if (auto started = link->start(); !started) return std::unexpected(started.error());
    return link;
  } catch (const zmq::error_t& error) {
    return std::unexpected(error_of(error, options.endpoint));
  }
}

base::Result<std::unique_ptr<CollectorLink>> CollectorLink::open(Options options) {
  if (options.keys == nullptr || !options.admit) return base::fail(base::Errc::usage, "link without keys or admission");
  const std::string endpoint = options.endpoint;
  try {
    auto link = std::make_unique<Router>(std::move(options));
    if (auto started = link->start(); !started) return std::unexpected(started.error());
    return link;
  } catch (const zmq::error_t& error) {
    return std::unexpected(error_of(error, endpoint));
  }
}

}  // namespace fengsui::wire
