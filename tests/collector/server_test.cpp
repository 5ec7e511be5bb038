// The HTTP server over real sockets on loopback: its bounds.
#include "collector/api/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "base/fd.h"

namespace fengsui::collector::api {
namespace {

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    Server::Options options;
    options.address = "127.0.0.1";
    options.max_connections = 2;
    options.max_body = 1000;
    options.max_header = 2000;
    options.request_seconds = 1;
    auto opened = Server::open(context, options, [](const Request& r) {
      return Response{
          200, "text/plain", r.method + " " + r.path + " " + std::to_string(r.body.size()) + " " + r.token, {}};
    });
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().what);
    server = std::move(*opened);
    thread = std::thread([this] { context.run(); });
  }
  ~ServerTest() override {
    boost::asio::post(context, [this] { server.reset(); });
    thread.join();
  }

  base::Fd connect() {
    base::Fd fd(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server->port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    timeval limit{20, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
  }
  static void say(const base::Fd& fd, const std::string& text) {
    ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  // Until the other side closes.
  static std::string hear(const base::Fd& fd) {
    std::string out;
    char buffer[4096];
    for (ssize_t n; (n = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0;)
      out.append(buffer, static_cast<std::size_t>(n));
    return out;
  }
  std::string ask(const std::string& text) {
    auto fd = connect();
    say(fd, text);
    return hear(fd);
  }
  std::uint64_t counter(const std::string& name) {
    for (const auto& s : server->counters())
      if (s.name == name) return s.value;
    return 0;
  }

  boost::asio::io_context context;
  std::unique_ptr<Server> server;
  std::thread thread;
};

TEST_F(ServerTest, ARequestIsHandedOverDecodedAndAnswered) {
  auto answer =
      ask("POST /a%20b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer abc\r\nContent-Length: 3\r\nConnection: "
          "close\r\n\r\nxyz");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_TRUE(answer.ends_with("POST /a b 3 abc")) << answer;
  EXPECT_NE(answer.find("Content-Security-Policy: default-src 'none'"), std::string::npos);
  EXPECT_NE(answer.find("X-Content-Type-Options: nosniff"), std::string::npos);
}

TEST_F(ServerTest, HeadersAndBodiesAboveTheirLimitAreRefused) {
  EXPECT_TRUE(
      ask("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(3000, 'a') + "\r\n\r\n").starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n").starts_with("HTTP/1.1 413 "));
}

TEST_F(ServerTest, GarbageIsABadRequestAndCounted) {
  EXPECT_TRUE(ask("\x16\x03\x01\x02 not http\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask("GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(counter("collector_http_bad_requests_total"), 2u);
}

TEST_F(ServerTest, OneConnectionTooManyIsClosedAtOnceAndCounted) {
  auto first = connect(), second = connect();
  say(first, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  char one;
  EXPECT_EQ(::recv(first.get(), &one, 1, 0), 1);  // both are accepted now: the queue is served in order
  auto third = connect();
  EXPECT_EQ(hear(third), "");
  EXPECT_EQ(counter("collector_http_refused_connections_total"), 1u);
}

TEST_F(ServerTest, ARequestThatDoesNotEndIsCutAfterItsTime) {
  auto fd = connect();
  say(fd, "GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(hear(fd), "");
}

}  // namespace
}  // namespace fengsui::collector::api
