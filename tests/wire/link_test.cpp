#include "wire/link.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <set>

#include "base/fd.h"

namespace fengsui::wire {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// Both ends on one thread, driven by their descriptors: exactly how a program drives them.
struct Pair {
  CurveKeys collector_keys = CurveKeys::generate();
  CurveKeys agent_keys = CurveKeys::generate();
  std::set<std::string> revoked;
  std::unique_ptr<CollectorLink> collector;
  std::unique_ptr<AgentLink> agent;
  std::vector<Incoming> at_collector;
  std::vector<base::Bytes> at_agent;
  LinkState state = LinkState::connecting;

  std::string admit(const std::string& key) const {
    if (revoked.contains(key)) return "";
    return "user:" + key.substr(0, 4);
  }
  void open_collector(const std::string& endpoint = "tcp://127.0.0.1:*", std::size_t max_message = 8u << 20,
                      int high_water = 1000) {
    CollectorLink::Options options;
    options.endpoint = endpoint;
    options.keys = &collector_keys;
    options.admit = [this](const std::string& key) { return admit(key); };
    options.max_message = max_message;
    options.high_water = high_water;
    // A port that was just given back may be taken for a moment by the socket that is going away.
    const auto deadline = Clock::now() + 10s;
    for (;;) {
      auto opened = CollectorLink::open(options);
      if (opened) {
        collector = std::move(*opened);
        return;
      }
      ASSERT_LT(Clock::now(), deadline) << opened.error().what;
    }
  }
  void open_agent(const std::string& server_key, const std::string& endpoint = "") {
    AgentLink::Options options;
    options.endpoint = endpoint.empty() ? collector->endpoint() : endpoint;
    options.server_key_z85 = server_key;
    options.keys = &agent_keys;
    options.retry_refused_ms = 50;
    auto opened = AgentLink::open(options);
    ASSERT_TRUE(opened.has_value()) << opened.error().what;
    agent = std::move(*opened);
  }
  // Waits on the descriptors until the condition holds; false at the deadline.
  bool drive(const std::function<bool()>& done, std::chrono::milliseconds limit = 20s) {
    const auto deadline = Clock::now() + limit;
    for (;;) {
      if (collector) {
        while (auto in = collector->receive()) at_collector.push_back(std::move(*in));
      }
      if (agent) {
        while (auto in = agent->receive()) at_agent.push_back(std::move(*in));
        state = agent->state();
      }
      if (done()) return true;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return false;
      std::array<pollfd, 2> fds = {pollfd{collector ? collector->fd() : -1, POLLIN, 0},
                                   pollfd{agent ? agent->fd() : -1, POLLIN, 0}};
      ::poll(fds.data(), fds.size(), static_cast<int>(left));
    }
  }
};

std::uint64_t value(const std::vector<base::Sample>& samples, std::string_view name, std::string_view label = "") {
  for (const auto& sample : samples)
    if (sample.name == name && (label.empty() || sample.labels.front().second == label)) return sample.value;
  ADD_FAILURE() << "no counter " << name;
  return 0;
}

// RFC 26 and libzmq's documentation of zmq_curve: the test key pair of its manual page.
TEST(CurveKeys, PublicKeyIsTheOneOfTheManual) {
  auto secret = curve_from_z85("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6");
  ASSERT_TRUE(secret.has_value());
  auto keys = CurveKeys::from_secret(*secret);
  ASSERT_TRUE(keys.has_value());
  EXPECT_EQ(keys->public_z85, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
  EXPECT_EQ(*curve_to_z85(*curve_from_z85(keys->public_z85)), keys->public_z85);
  EXPECT_EQ(curve_from_z85("short").error().code, base::Errc::malformed);
  EXPECT_EQ(curve_from_z85(std::string(40, '\\')).error().code, base::Errc::malformed);
  EXPECT_EQ(CurveKeys::from_secret(base::view("short")).error().code, base::Errc::malformed);
}

TEST(CurveKeys, APublicKeyNeverLooksLikeAnOption) {
  for (int i = 0; i < 500; ++i) EXPECT_NE(CurveKeys::generate().public_z85.front(), '-');  // by chance one in 85 would
}

TEST(Link, MessagesPassBothWaysAndTheCollectorKnowsWhoSentThem) {
  Pair pair;
  pair.open_collector();
  pair.open_agent(pair.collector_keys.public_z85);
  ASSERT_TRUE(pair.agent->send(base::view("hello")).has_value());
  ASSERT_TRUE(pair.drive([&] { return !pair.at_collector.empty() && pair.state == LinkState::established; }));
  EXPECT_EQ(pair.at_collector[0].user, "user:" + pair.agent_keys.public_z85.substr(0, 4));
  EXPECT_EQ(base::text(pair.at_collector[0].message), "hello");
  ASSERT_TRUE(pair.collector->send(pair.at_collector[0].peer, base::view("ack")).has_value());
  ASSERT_TRUE(pair.drive([&] { return !pair.at_agent.empty(); }));
  EXPECT_EQ(base::text(pair.at_agent[0]), "ack");
}

TEST(Link, ManyMessagesArriveInOrder) {
  Pair pair;
  pair.open_collector();
  pair.open_agent(pair.collector_keys.public_z85);
  constexpr std::size_t kAll = 2000;
  std::size_t next = 0;
  ASSERT_TRUE(pair.drive([&] {
    while (next < kAll && pair.agent->send(base::view(std::to_string(next)))) ++next;
    return pair.at_collector.size() == kAll;
  }));
  for (std::size_t i = 0; i < kAll; ++i) ASSERT_EQ(base::text(pair.at_collector[i].message), std::to_string(i));
}

TEST(Link, WrongCollectorKeyIsNamedAndNothingArrives) {
  Pair pair;
  pair.open_collector();
  const CurveKeys other = CurveKeys::generate();
  pair.open_agent(other.public_z85);
  ASSERT_TRUE(pair.agent->send(base::view("secret")).has_value());
  ASSERT_TRUE(pair.drive([&] { return pair.state == LinkState::key_mismatch; }));
  EXPECT_TRUE(pair.at_collector.empty());
  EXPECT_EQ(value(pair.collector->counters(), "link_handshakes_total", "done"), 0u);
  EXPECT_GE(value(pair.agent->counters(), "link_handshakes_total", "unfinished"), 2u);
}

TEST(Link, RevokedKeyIsRefusedAndComesInAgainWhenItIsAllowed) {
  Pair pair;
  pair.open_collector();
  pair.revoked.insert(pair.agent_keys.public_z85);
  pair.open_agent(pair.collector_keys.public_z85);
  ASSERT_TRUE(pair.agent->send(base::view("from a revoked agent")).has_value());
  ASSERT_TRUE(pair.drive([&] { return pair.state == LinkState::refused; }));
  // Refused again by the next sockets: it keeps trying by itself.
  ASSERT_TRUE(pair.drive([&] { return value(pair.agent->counters(), "link_handshakes_total", "refused") >= 3; }));
  EXPECT_TRUE(pair.at_collector.empty());
  pair.revoked.clear();
  ASSERT_TRUE(pair.drive([&] { return pair.state == LinkState::established; }));
  ASSERT_TRUE(pair.agent->send(base::view("allowed")).has_value());
  ASSERT_TRUE(pair.drive([&] { return !pair.at_collector.empty(); }));
  EXPECT_EQ(base::text(pair.at_collector[0].message), "allowed");
}

TEST(Link, SendingToAPeerThatIsGoneSaysSo) {
  Pair pair;
  pair.open_collector();
  pair.open_agent(pair.collector_keys.public_z85);
  ASSERT_TRUE(pair.agent->send(base::view("hello")).has_value());
  ASSERT_TRUE(pair.drive([&] { return !pair.at_collector.empty(); }));
  const std::string peer = pair.at_collector[0].peer;
  pair.agent.reset();
  base::Status last;
  ASSERT_TRUE(pair.drive([&] { return !(last = pair.collector->send(peer, base::view("ack"))); }));
  EXPECT_EQ(last.error().code, base::Errc::not_found);
  EXPECT_EQ(pair.collector->send("no such peer", base::view("x")).error().code, base::Errc::not_found);
  EXPECT_GE(value(pair.collector->counters(), "link_peer_gone_total"), 2u);
}

TEST(Link, MessageOverTheLimitIsRefusedBySenderAndReceiver) {
  Pair pair;
  pair.open_collector("tcp://127.0.0.1:*", 1000);
  pair.open_agent(pair.collector_keys.public_z85);
  ASSERT_TRUE(pair.drive([&] { return pair.state == LinkState::established; }));
  const base::Bytes large(2000, 'x');
  ASSERT_TRUE(pair.agent->send(large).has_value());  // within the sender's bound, over the receiver's
  ASSERT_TRUE(pair.drive([&] { return value(pair.collector->counters(), "link_disconnections_total") >= 1; }));
  EXPECT_TRUE(pair.at_collector.empty());
  ASSERT_TRUE(pair.drive(
      [&] { return value(pair.agent->counters(), "link_handshakes_total", "done") >= 2; }));  // connects again
  EXPECT_EQ(pair.agent->send(base::Bytes((8u << 20) + 1)).error().code, base::Errc::limit);
}

TEST(Link, QueueOfTheAgentIsBoundedAndSaysFull) {
  Pair pair;
  pair.open_agent(pair.collector_keys.public_z85, "tcp://127.0.0.1:1");  // nobody there
  int taken = 0;
  base::Status last;
  while (taken < 1000 && (last = pair.agent->send(base::view("x")))) ++taken;
  ASSERT_FALSE(last.has_value());
  EXPECT_EQ(last.error().code, base::Errc::full);
  EXPECT_EQ(taken, 64);
  EXPECT_EQ(value(pair.agent->counters(), "link_full_total"), 1u);
  EXPECT_EQ(pair.agent->state(), LinkState::connecting);
}

TEST(Link, AgentComesBackAfterTheCollectorRestarts) {
  Pair pair;
  pair.open_collector();
  const std::string endpoint = pair.collector->endpoint();
  pair.open_agent(pair.collector_keys.public_z85);
  ASSERT_TRUE(pair.drive([&] { return pair.state == LinkState::established; }));
  pair.collector.reset();
  ASSERT_TRUE(pair.drive([&] { return pair.state != LinkState::established; }));
  pair.open_collector(endpoint);
  ASSERT_TRUE(pair.drive([&] { return pair.state == LinkState::established; }));
  ASSERT_TRUE(pair.agent->send(base::view("again")).has_value());
  ASSERT_TRUE(pair.drive([&] { return !pair.at_collector.empty(); }));
  EXPECT_EQ(base::text(pair.at_collector.back().message), "again");
}

TEST(Link, PendingAdmissionIsNotARefusal) {
  Pair pair;
  pair.open_collector();
  bool asked = false;
  CollectorLink::Options options;
  options.endpoint = "tcp://127.0.0.1:*";
  options.keys = &pair.collector_keys;
  options.admit = [&](const std::string&) {
    asked = true;
    return std::string("?");
  };
  auto pending = CollectorLink::open(options);
  ASSERT_TRUE(pending.has_value());
  pair.collector = std::move(*pending);
  pair.open_agent(pair.collector_keys.public_z85);
  ASSERT_TRUE(pair.drive([&] { return asked; }));
  EXPECT_EQ(value(pair.collector->counters(), "link_handshakes_total", "pending"), 1u);
  EXPECT_NE(pair.state, LinkState::refused);
  EXPECT_NE(pair.state, LinkState::established);
}

TEST(Link, BytesThatAreNotZmtpAreDroppedAndCounted) {
  Pair pair;
  pair.open_collector();
  const std::string endpoint = pair.collector->endpoint();
  const int port = std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
  base::Fd raw(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(raw.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const std::string garbage = "GET / HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(4096, '\xff');
  ASSERT_GT(::send(raw.get(), garbage.data(), garbage.size(), MSG_NOSIGNAL), 0);
  ASSERT_TRUE(pair.drive([&] {
    return value(pair.collector->counters(), "link_disconnections_total") +
               value(pair.collector->counters(), "link_handshakes_total", "unfinished") >=
           1;
  }));
  pair.open_agent(pair.collector_keys.public_z85);
  ASSERT_TRUE(pair.drive([&] { return pair.state == LinkState::established; }));  // and others are served
}

// A wire that can be cut without either end being told: bytes are forwarded until `cut`, then left lying.
class Wire {
 public:
  explicit Wire(int to_port) : to_port_(to_port), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 4), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  std::string endpoint() const { return "tcp://127.0.0.1:" + std::to_string(port_); }
  void cut() { cut_ = true; }
  void forward() {
    if (cut_) return;
    base::Fd in(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK));
    if (in.valid()) {
      base::Fd out(::socket(AF_INET, SOCK_STREAM, 0));
      sockaddr_in address = loopback(to_port_);
      EXPECT_EQ(::connect(out.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
      joined_.emplace_back(std::move(in), std::move(out));
    }
    for (auto& [a, b] : joined_) {
      copy(a, b);
      copy(b, a);
    }
  }

 private:
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static void copy(base::Fd& from, base::Fd& to) {
    std::array<char, 65536> part{};
    const ssize_t n = ::recv(from.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (n > 0) {
      EXPECT_EQ(::send(to.get(), part.data(), static_cast<std::size_t>(n), MSG_NOSIGNAL), n);
    }
  }

  int to_port_, port_ = 0;
  bool cut_ = false;
  base::Fd listener_;
  std::vector<std::pair<base::Fd, base::Fd>> joined_;
};

TEST(Link, ConnectionThatDiesSilentlyIsNoticedByHeartbeats) {
  Pair pair;
  pair.open_collector();
  const std::string real = pair.collector->endpoint();
  Wire wire(std::stoi(real.substr(real.rfind(':') + 1)));
  AgentLink::Options options;
  options.endpoint = wire.endpoint();
  options.server_key_z85 = pair.collector_keys.public_z85;
  options.keys = &pair.agent_keys;
  options.heartbeat_ms = 50;
  options.timeout_ms = 300;
  auto opened = AgentLink::open(options);
  ASSERT_TRUE(opened.has_value());
  pair.agent = std::move(*opened);
  // The wire has descriptors of its own, so this drives in short turns; each ends early when something happens.
  const auto drive = [&](const std::function<bool()>& done) {
    const auto deadline = Clock::now() + 20s;
    while (Clock::now() < deadline) {
      wire.forward();
      if (pair.drive(done, 5ms)) return true;
    }
    return false;
  };
  ASSERT_TRUE(drive([&] { return pair.state == LinkState::established; }));
  wire.cut();
  EXPECT_TRUE(drive([&] { return pair.state == LinkState::connecting; }));
}

TEST(Link, OptionsThatCannotWorkAreNamed) {
  const CurveKeys keys = CurveKeys::generate();
  AgentLink::Options agent{.endpoint = "tcp://127.0.0.1:1", .server_key_z85 = "short", .keys = &keys};
  EXPECT_EQ(AgentLink::open(agent).error().code, base::Errc::malformed);
  agent.server_key_z85 = keys.public_z85;
  agent.endpoint = "nonsense";
  EXPECT_FALSE(AgentLink::open(agent).has_value());
  agent.keys = nullptr;
  EXPECT_EQ(AgentLink::open(agent).error().code, base::Errc::usage);
  CollectorLink::Options collector{
      .endpoint = "tcp://192.0.2.1:1", .keys = &keys, .admit = [](const std::string&) { return std::string(); }};
  auto refused = CollectorLink::open(collector);  // not an address of this host
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().what.find("192.0.2.1"), std::string::npos);
}

}  // namespace
}  // namespace fengsui::wire
