// The HTTP/1.1 server: Boost.Beast over Asio, one thread, every size, count and time bounded.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/counters.h"
#include "base/error.h"
#include "collector/api/http.h"

namespace boost::asio {
class io_context;
}

namespace fengsui::collector::api {

// Runs on the thread of the io_context, which must outlive it. Requests above a limit get 413 or 431, more connections
// than allowed are closed at once and counted; slow ones are cut after `request_seconds`.
class Server {
 public:
  struct Options {
    std::string address;
    std::uint16_t port = 0;  // 0 = any
    std::size_t max_connections = 256, max_body = 1 << 20, max_header = 16384;
    int request_seconds = 30;
  };
  using Handler = std::function<Response(const Request&)>;  // may not throw; `now` is filled by the handler's owner

  static base::Result<std::unique_ptr<Server>> open(boost::asio::io_context& context, Options options, Handler handler);
  ~Server();

  std::uint16_t port() const;
  void stop();  // no new connections; those open are closed
  std::vector<base::Sample> counters() const;

  struct State;

 private:
  explicit Server(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace fengsui::collector::api
