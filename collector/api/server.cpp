#include "collector/api/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <set>

namespace fengsui::collector::api {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

class Connection;

struct Server::State {
  State(asio::io_context& context, Options o, Handler h)
      : options(std::move(o)), handler(std::move(h)), acceptor(context), pause(context) {}
  Options options;
  Handler handler;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::set<Connection*> open;
  base::Counter requests, refused_connections, failed_accepts, bad_requests, failed_answers;
};

// One connection: read a request, answer it, again. Owns itself through the operations that are under way.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::shared_ptr<Server::State> state)
      : stream_(std::move(socket)), state_(std::move(state)) {
    state_->open.insert(this);
  }
  ~Connection() { state_->open.erase(this); }

  void read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(state_->options.max_header));
    parser_->body_limit(state_->options.max_body);
    stream_.expires_after(std::chrono::seconds(state_->options.request_seconds));
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_read(error); });
  }

  void close() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
  }

 private:
  void on_read(beast::error_code error) {
    if (error == http::error::header_limit)
      return refuse(431, "header", "请求头过大", "request header above the limit");
    if (error == http::error::body_limit) return refuse(413, "body", "请求体过大", "request body above the limit");
    if (error == http::error::end_of_stream || error == beast::error::timeout || error == asio::error::eof ||
        error == asio::error::connection_reset || error == asio::error::operation_aborted)
      return close();
    if (error) return refuse(400, "invalid", "不是有效的 HTTP 请求", "not a valid HTTP request");
    state_->requests.add();
    auto message = parser_->release();
    Request request;
    request.method = std::string(message.method_string());
    if (auto parsed = parse_target(std::string_view(message.target().data(), message.target().size()), request);
        !parsed) {
      state_->bad_requests.add();
      return write(problem(parsed.error()), message.keep_alive(), message.version());
    }
    auto header = [&](http::field field) {
      auto value = message[field];
      return std::string(value.data(), value.size());
    };
    auto authorization = header(http::field::authorization);
    if (authorization.starts_with("Bearer ")) request.token = authorization.substr(7);
    request.if_none_match = header(http::field::if_none_match);
    request.body = std::move(message.body());
    bool head = message.method() == http::verb::head;
    if (head) request.method = "GET";
    auto response = state_->handler(request);
    write(std::move(response), message.keep_alive(), message.version(), head);
  }

  void refuse(int status, std::string_view code, const std::string& zh, const std::string& en) {
    state_->bad_requests.add();
    write(problem(status, code, "Refused", zh, en), false, 11);
  }

  void write(Response response, bool keep_alive, unsigned version, bool head = false) {
    answer_.emplace(static_cast<http::status>(response.status), version);
    answer_->set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) answer_->set(name, value);
    answer_->set(http::field::server, "fengsui");
    answer_->set("X-Content-Type-Options", "nosniff");
    answer_->set("Referrer-Policy", "no-referrer");
    answer_->set("X-Frame-Options", "DENY");
    if (answer_->find("Content-Security-Policy") == answer_->end())
      answer_->set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    if (answer_->find(http::field::cache_control) == answer_->end())
      answer_->set(http::field::cache_control, "no-store");
    answer_->keep_alive(keep_alive);
    auto size = response.body.size();
    if (!head) answer_->body() = std::move(response.body);
    answer_->prepare_payload();
    if (head) answer_->content_length(size);
    stream_.expires_after(std::chrono::seconds(state_->options.request_seconds));
    http::async_write(stream_, *answer_, [self = shared_from_this(), keep_alive](beast::error_code error, std::size_t) {
      if (error) self->state_->failed_answers.add();
      if (error || !keep_alive) return self->close();
      self->read();
    });
  }

  beast::tcp_stream stream_;
  std::shared_ptr<Server::State> state_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> answer_;
};

namespace {

void accept_next(const std::shared_ptr<Server::State>& state) {
  state->acceptor.async_accept([state](beast::error_code error, tcp::socket socket) {
    if (!state->acceptor.is_open()) return;
    if (!error) {
      if (state->open.size() >= state->options.max_connections)
        state->refused_connections.add();  // the socket closes here
      else
        std::make_shared<Connection>(std::move(socket), state)->read();
    }
    if (!error) return accept_next(state);
    // Out of descriptors, most likely: try again a little later instead of turning in circles.
    state->failed_accepts.add();
    state->pause.expires_after(std::chrono::milliseconds(100));
    state->pause.async_wait([state](beast::error_code stopped) {
      if (!stopped) accept_next(state);
    });
  });
}

}  // namespace

base::Result<std::unique_ptr<Server>> Server::open(asio::io_context& context, Options options, Handler handler) {
  auto state = std::make_shared<State>(context, std::move(options), std::move(handler));
  std::string where = state->options.address + ":" + std::to_string(state->options.port);
  beast::error_code error;
  auto address = asio::ip::make_address(state->options.address, error);
  if (error) return base::fail(base::Errc::usage, "http.address " + state->options.address + " is not an IP address");
  tcp::endpoint endpoint(address, state->options.port);
  state->acceptor.open(endpoint.protocol(), error);
  if (!error) state->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) state->acceptor.bind(endpoint, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return base::fail(base::Errc::io, "listen on " + where + ": " + error.message());
  accept_next(state);
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::~Server() { stop(); }

std::uint16_t Server::port() const {
  beast::error_code error;
  return state_->acceptor.local_endpoint(error).port();
}

void Server::stop() {
  beast::error_code ignored;
  state_->acceptor.close(ignored);
  state_->pause.cancel();
  for (auto* connection : std::set<Connection*>(state_->open)) connection->close();
}

std::vector<base::Sample> Server::counters() const {
  return {{"collector_http_requests_total", {}, state_->requests.value()},
          {"collector_http_refused_connections_total", {}, state_->refused_connections.value()},
          {"collector_http_failed_accepts_total", {}, state_->failed_accepts.value()},
          {"collector_http_bad_requests_total", {}, state_->bad_requests.value()},
          {"collector_http_failed_answers_total", {}, state_->failed_answers.value()}};
}

}  // namespace fengsui::collector::api
