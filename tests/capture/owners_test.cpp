// Which process holds a connection, as the kernel of this host tells it.
#include "capture/owner.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/fd.h"
#include "capture/capture.h"
#include "tests/capture/build.h"
#include "tests/capture/lines.h"

namespace fengsui::capture {
namespace {

struct Pair {
  base::Fd listener, client, server;
  Ends ends;
};

Address loopback4() {
  Address a;
  a.bytes = {127, 0, 0, 1};
  return a;
}

std::uint16_t port_of(int fd) {
  sockaddr_in name{};
  socklen_t size = sizeof name;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size), 0);
  return ntohs(name.sin_port);
}

sockaddr_in any_loopback(std::uint16_t port = 0) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return to;
}

Pair connected(int type) {
  Pair out;
  out.listener = base::Fd(::socket(AF_INET, type, 0));
  auto here = any_loopback();
  EXPECT_EQ(::bind(out.listener.get(), reinterpret_cast<sockaddr*>(&here), sizeof here), 0);
  auto to = any_loopback(port_of(out.listener.get()));
  out.client = base::Fd(::socket(AF_INET, type, 0));
  if (type == SOCK_STREAM) {
    EXPECT_EQ(::listen(out.listener.get(), 1), 0);
  }
  EXPECT_EQ(::connect(out.client.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  if (type == SOCK_STREAM) out.server = base::Fd(::accept(out.listener.get(), nullptr, nullptr));
  out.ends = {static_cast<std::uint8_t>(type == SOCK_STREAM ? 6 : 17), loopback4(), loopback4(), port_of(out.client.get()), port_of(out.listener.get())};
  return out;
}

std::unique_ptr<Owners> owners_or_null(const OwnerLimits& limits = {}, const std::filesystem::path& passwd = "/etc/passwd") {
  auto owners = open_owners(limits, "/proc", passwd);
  return owners ? std::move(*owners) : nullptr;
}

#define OWNERS_OR_SKIP(owners)                                              \
  auto owners = owners_or_null();                                           \
  if (!owners) GTEST_SKIP() << "this kernel has no sock_diag"

std::uint64_t count(const Owners& owners, std::string_view result) {
  for (const auto& sample : owners.counters())
    for (const auto& [key, value] : sample.labels)
      if (value == result) return sample.value;
  return 0;
}

TEST(Owners, AConnectionOfThisProcessIsItsOwn) {
  OWNERS_OR_SKIP(owners);
  auto pair = connected(SOCK_STREAM);
  auto owner = owners->find(pair.ends, 1000);
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->pid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_EQ(owner->process, "test_capture");
  EXPECT_EQ(owner->executable, std::filesystem::read_symlink("/proc/self/exe"));
  EXPECT_TRUE(owner->client);
  EXPECT_FALSE(owner->account.empty());
}

TEST(Owners, ADatagramSocketIsFoundToo) {
  OWNERS_OR_SKIP(owners);
  auto pair = connected(SOCK_DGRAM);
  auto owner = owners->find(pair.ends, 1000);
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->pid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_TRUE(owner->client);
}

TEST(Owners, TheClientOfAConnectionInsideTheHostIsMeant) {
  OWNERS_OR_SKIP(owners);
  base::Fd listener(::socket(AF_INET, SOCK_STREAM, 0));
  auto here = any_loopback();
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&here), sizeof here), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  const std::uint16_t port = port_of(listener.get());
  int told[2], done[2];
  ASSERT_EQ(::pipe(told), 0);
  ASSERT_EQ(::pipe(done), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto to = any_loopback(port);
    const int client = ::socket(AF_INET, SOCK_STREAM, 0);
    std::uint16_t mine = 0;
    if (::connect(client, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) mine = port_of(client);
    ssize_t ignored = ::write(told[1], &mine, sizeof mine);
    char wait = 0;
    ::close(done[1]);
    ignored = ::read(done[0], &wait, 1);
    ::_exit(ignored < 0 ? 1 : 0);
  }
  std::uint16_t client_port = 0;
  ASSERT_EQ(::read(told[0], &client_port, sizeof client_port), static_cast<ssize_t>(sizeof client_port));
  base::Fd server(::accept(listener.get(), nullptr, nullptr));
  auto owner = owners->find({6, loopback4(), loopback4(), client_port, port}, 1000);
  ::close(done[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  for (int fd : {told[0], told[1], done[0]}) ::close(fd);
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->pid, static_cast<std::uint32_t>(child));
}

TEST(Owners, TrafficOfOtherHostsHasNoOwnerHereEvenOnAPortThatSomebodyHereListensOn) {
  OWNERS_OR_SKIP(owners);
  base::Fd listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in anywhere{};
  anywhere.sin_family = AF_INET;
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&anywhere), sizeof anywhere), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  Address a, b;  // TEST-NET-2 of RFC 5737
  a.bytes = {198, 51, 100, 1};
  b.bytes = {198, 51, 100, 2};
  EXPECT_FALSE(owners->find({6, a, b, 40000, port_of(listener.get())}, 1000));
  EXPECT_EQ(count(*owners, "unknown"), 1u);
}

TEST(Owners, AConnectionThatIsOverIsUnknownAndCounted) {
  OWNERS_OR_SKIP(owners);
  auto pair = connected(SOCK_STREAM);
  pair.server.reset();
  pair.listener.reset();
  pair.client.reset();
  EXPECT_FALSE(owners->find(pair.ends, 1000));
  EXPECT_EQ(count(*owners, "unknown"), 1u);
}

TEST(Owners, TheAskingIsBoundedPerSecondAndWhatWasNotAskedIsCounted) {
  OwnerLimits limits;
  limits.asks_per_second = 2;
  auto owners = owners_or_null(limits);
  if (!owners) GTEST_SKIP() << "this kernel has no sock_diag";
  auto pair = connected(SOCK_STREAM);
  EXPECT_TRUE(owners->find(pair.ends, 1000));
  EXPECT_TRUE(owners->find(pair.ends, 1500));
  EXPECT_FALSE(owners->find(pair.ends, 1999));
  EXPECT_EQ(count(*owners, "not_asked"), 1u);
  EXPECT_TRUE(owners->find(pair.ends, 2000));
}

TEST(Owners, ProcessesAreSearchedOnlySoOften) {
  OwnerLimits limits;
  limits.search_every_ms = 250;
  auto owners = owners_or_null(limits);
  if (!owners) GTEST_SKIP() << "this kernel has no sock_diag";
  auto first = connected(SOCK_STREAM);
  ASSERT_TRUE(owners->find(first.ends, 1000));
  auto second = connected(SOCK_STREAM);
  auto early = owners->find(second.ends, 1249);
  ASSERT_TRUE(early);
  EXPECT_EQ(early->pid, 0u);
  EXPECT_FALSE(early->account.empty());
  EXPECT_EQ(count(*owners, "account_only"), 1u);
  auto later = owners->find(second.ends, 1250);
  ASSERT_TRUE(later);
  EXPECT_EQ(later->pid, static_cast<std::uint32_t>(::getpid()));
}

TEST(Owners, AccountsAreNamedByThePasswordFileAndElseNumbered) {
  const auto passwd = std::filesystem::temp_directory_path() / ("fengsui-passwd-" + std::to_string(::getpid()));
  std::ofstream(passwd) << "broken line\nnocolon:x\nbad:x:12x:0::/:\nclerk:x:" << ::getuid() << ":0::/home/clerk:/bin/sh";
  auto owners = owners_or_null({}, passwd);
  auto nameless = owners_or_null({}, passwd.string() + ".missing");
  std::filesystem::remove(passwd);
  if (!owners || !nameless) GTEST_SKIP() << "this kernel has no sock_diag";
  auto pair = connected(SOCK_STREAM);
  auto named = owners->find(pair.ends, 1000), numbered = nameless->find(pair.ends, 1000);
  ASSERT_TRUE(named && numbered);
  EXPECT_EQ(named->account, "clerk");
  EXPECT_EQ(numbered->account, "uid:" + std::to_string(::getuid()));
}

// Says one owner for the conversation whose client is 10.0.0.1, once it is asked for the `after`th time.
struct OneOwner final : Owners {
  int asked = 0, after = 1;
  std::shared_ptr<const Owner> find(const Ends& ends, base::UnixMs) override {
    if (++asked < after) return nullptr;
    Owner out;
    out.pid = 4711;
    out.process = "curl";
    out.executable = "/usr/bin/curl";
    out.account = "clerk";
    out.client = ends.client.bytes[3] == 1;
    return std::make_shared<Owner>(out);
  }
  std::vector<base::Sample> counters() const override { return {}; }
};

void upload(Capture& capture) {
  const std::string body = "name=value";
  const std::string request = "POST /apply HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n" + body;
  std::int64_t time = 1'700'000'000'000'000'000;
  auto hand = [&](const base::Bytes& segment, bool reverse) {
    const auto bytes = test::ipv4(6, segment, reverse);
    capture.packet({time += 1'000'000, bytes, static_cast<std::uint32_t>(bytes.size()), 101});
  };
  hand(test::tcp(40000, 80, 99, 0, tcp::syn, ""), false);
  hand(test::tcp(80, 40000, 199, 100, tcp::syn | tcp::ack, ""), true);
  hand(test::tcp(40000, 80, 100, 200, tcp::ack, request), false);
}

TEST(Owners, AFlowItsRequestAndItsContentNameTheProcessAndTheAccount) {
  for (const int after : {1, 2}) {  // known at the first packet, or only when there was something to tell
    test::Collect seen;
    OneOwner owners;
    owners.after = after;
    Capture capture({}, seen, "pcap:test");
    capture.ask(&owners);
    upload(capture);
    capture.finish();
    ASSERT_EQ(seen.flows.size(), 1u);
    EXPECT_EQ(seen.flows[0].pid, 4711u);
    EXPECT_EQ(seen.flows[0].process, "curl");
    EXPECT_EQ(seen.flows[0].executable, "/usr/bin/curl");
    EXPECT_EQ(seen.flows[0].account, "clerk");
    ASSERT_EQ(seen.contents.size(), 1u);
    EXPECT_EQ(seen.contents[0].from->fields.text("actor.process.name"), "curl");
    EXPECT_EQ(seen.contents[0].from->fields.text("actor.process.user.name"), "clerk");
    EXPECT_EQ(seen.contents[0].from->fields.text("unmapped.fengsui.owner_side"), "client");
    EXPECT_EQ(owners.asked, after) << "an owner that is known is not asked for again";
  }
}

}  // namespace
}  // namespace fengsui::capture
