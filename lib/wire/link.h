// The two ends of the link: DEALER on the agent, ROUTER on the collector, CURVE with ZAP between them.
// lib/wire/link.cpp is the only file that includes zmq.hpp. Sockets are owned by one thread each; fd() is for an Asio
// descriptor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/counters.h"
#include "base/error.h"
#include "crypto/secret.h"

namespace fengsui::wire {

// A CURVE key pair; the secret in locked memory. Text form is Z85, 40 characters.
struct CurveKeys {
  std::string public_z85;
  crypto::Secret secret;  // 32 bytes
  // The public text never begins with '-', so that it can follow an option on a command line.
  static CurveKeys generate();
  static base::Result<CurveKeys> from_secret(base::View secret);
};

// What the link knows about its connection, for status and for a clear error.
enum class LinkState : std::uint8_t {
  connecting,
  established,
  key_mismatch,  // TCP connects, the CURVE handshake does not complete: the collector's key is not the configured one
  refused,       // the collector refused this agent (revoked)
};
std::string_view id(LinkState state);

// CURVE keys as text: 32 bytes are 40 characters of Z85 (RFC 32). Errc::malformed otherwise.
base::Result<std::string> curve_to_z85(base::View key);
base::Result<base::Bytes> curve_from_z85(std::string_view text);

// ZeroMQ's own threads, to be shared by many agent links of one process (a simulation). Outlives nothing: each link
// holds it.
struct LinkThreads;
std::shared_ptr<LinkThreads> make_link_threads(int io_threads);

// The agent's end. Never blocks: send() fails with Errc::full at the high-water mark. Messages may be sent before the
// connection is there; they wait. What was sent is not what arrived: only an acknowledgement says that.
// A refused socket is made anew after retry_refused_ms (fd() fires then); messages waiting in it are dropped.
class AgentLink {
 public:
  struct Options {
    std::string endpoint;             // "tcp://host:port"
    std::string server_key_z85;       // the collector's
    const CurveKeys* keys = nullptr;  // outlives the link
    int high_water = 64;              // messages in flight
    int heartbeat_ms = 10'000, timeout_ms = 30'000;
    std::size_t max_message = 8u << 20;    // bytes; send() of more is Errc::limit. The collector's is the same.
    int retry_refused_ms = 5'000;          // a short time makes revoked agents hammer the collector
    std::shared_ptr<LinkThreads> threads;  // nullptr: its own
  };
  static base::Result<std::unique_ptr<AgentLink>> open(const Options& options);
  virtual ~AgentLink() = default;
  virtual base::Status send(base::View message) = 0;
  virtual std::optional<base::Bytes> receive() = 0;  // nullopt: nothing now
  virtual int fd() const = 0;     // edge-triggered readiness: after it fires, call receive() until nullopt
  virtual LinkState state() = 0;  // reads pending socket events; re-creates the socket where ZeroMQ would never retry
  virtual std::vector<base::Sample> counters() const = 0;
};

struct Incoming {
  std::string peer;  // routing id, opaque; valid for send() until the peer is gone
  std::string user;  // what the admission function said
  base::Bytes message;
};

// The collector's end. It has no thread of its own: connections are admitted inside receive(), so call that whenever
// fd() fires, also when no message is expected. max_message: a peer that sends more is disconnected.
class CollectorLink {
 public:
  // Asked for each connection with the client's public key; "" refuses (ZAP 400), "?" answers 300 (try again later).
  using Admission = std::function<std::string(const std::string& public_z85)>;
  struct Options {
    std::string endpoint;  // "tcp://0.0.0.0:7447", port 0 or * = any
    const CurveKeys* keys = nullptr;
    Admission admit;  // called inside receive(), on its thread
    std::size_t max_message = 8u << 20;
    int high_water = 1000;
  };
  static base::Result<std::unique_ptr<CollectorLink>> open(Options options);
  virtual ~CollectorLink() = default;
  virtual std::string endpoint() const = 0;  // as bound, with the real port
  virtual std::optional<Incoming> receive() = 0;
  // Errc::not_found when the peer is gone (ROUTER_MANDATORY), Errc::full when its queue is.
  virtual base::Status send(const std::string& peer, base::View message) = 0;
  virtual int fd() const = 0;  // as AgentLink::fd()
  virtual std::vector<base::Sample> counters() const = 0;
};

}  // namespace fengsui::wire
