#include "collector/api/asker.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <map>

namespace fengsui::collector {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {
constexpr base::UnixMs kEachMs = 10'000;
constexpr auto kPatience = std::chrono::seconds(10);
}  // namespace

struct Asker::State {
  State(asio::io_context& c, Centre& of, std::function<void(const std::string&)> told)
      : context(c), centre(of), behind(std::move(told)) {}

  struct Round {
    std::uint64_t size = 0;  // of the checkpoint asked about last, when every witness answered
    base::UnixMs begun = 0;
    int open = 0;
    bool failed = false;
  };
  void answered(const std::string& unit, const std::string& witness, int status, const std::string& body);

  asio::io_context& context;
  Centre& centre;
  std::function<void(const std::string&)> behind;
  std::map<std::string, Round> rounds;                                   // by unit
  std::map<std::pair<std::string, std::string>, std::uint64_t> signed_;  // leaves that a witness has signed, by unit's log and witness
  base::Counter asked, cosigned, refused, unanswered;
};

namespace {

// One request. Keeps itself alive until it is answered or its time is over.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  using Done = std::function<void(int status, const std::string& body)>;
  Exchange(asio::io_context& context, HttpAddress to, std::string body, Done done)
      : resolver_(context), stream_(context), to_(std::move(to)), done_(std::move(done)) {
    request_.method(http::verb::post);
    request_.version(11);
    request_.target(to_.target);
    request_.set(http::field::host, to_.host);
    request_.set(http::field::content_type, "text/plain");
    request_.body() = std::move(body);
    request_.prepare_payload();
    parser_.body_limit(evidence::kMaxAddCheckpoint);
  }
  void run() {
    stream_.expires_after(kPatience);
    resolver_.async_resolve(to_.host, to_.port, [self = shared_from_this()](beast::error_code error, const tcp::resolver::results_type& where) {
      if (error) return self->finish(0, error.message());
      self->stream_.async_connect(where, [self](beast::error_code failed, const tcp::endpoint&) {
        if (failed) return self->finish(0, failed.message());
        http::async_write(self->stream_, self->request_, [self](beast::error_code unsent, std::size_t) {
          if (unsent) return self->finish(0, unsent.message());
          http::async_read(self->stream_, self->buffer_, self->parser_, [self](beast::error_code unread, std::size_t) {
            if (unread) return self->finish(0, unread.message());
            self->finish(static_cast<int>(self->parser_.get().result_int()), self->parser_.get().body());
          });
        });
      });
    });
  }

 private:
  void finish(int status, const std::string& body) {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    done_(status, body);
  }
  tcp::resolver resolver_;
  beast::tcp_stream stream_;
  HttpAddress to_;
  http::request<http::string_body> request_;
  beast::flat_buffer buffer_{evidence::kMaxAddCheckpoint + 16'384};
  http::response_parser<http::string_body> parser_;
  Done done_;
};

}  // namespace

base::Result<HttpAddress> witness_address(std::string_view url) {
  constexpr std::string_view kScheme = "http://", kPath = "/add-checkpoint";
  if (!url.starts_with(kScheme))
    return base::fail(base::Errc::unsupported, "a witness' address begins with http://; put a TLS proxy in front for another");
  url.remove_prefix(kScheme.size());
  auto slash = std::min(url.find('/'), url.size());
  HttpAddress out{std::string(url.substr(0, slash)), "80", std::string(url.substr(slash))};
  if (auto colon = out.host.rfind(':'); colon != std::string::npos && out.host.back() != ']') {
    out.port = out.host.substr(colon + 1);
    out.host.resize(colon);
  }
  if (out.host.empty() || out.port.empty()) return base::fail(base::Errc::malformed, "a witness' address without a host");
  if (!out.target.ends_with(kPath)) {
    if (out.target.ends_with('/')) out.target.pop_back();
    out.target += kPath;
  }
  return out;
}

Asker::Asker(asio::io_context& context, Centre& centre, std::function<void(const std::string&)> behind)
    : state_(std::make_shared<State>(context, centre, std::move(behind))) {}
Asker::~Asker() = default;

void Asker::State::answered(const std::string& unit, const std::string& witness, int status, const std::string& body) {
  auto& round = rounds[unit];
  --round.open;
  auto book = centre.book(unit);
  auto key = std::pair(book ? (*book)->origin() : unit, witness);
  if (status == 200) {
    auto taken = Witnesses(centre).accept(unit, body);
    round.failed = round.failed || !taken;
    if (!taken) return refused.add();
    cosigned.add(*taken);
    signed_[key] = round.size;
  } else if (status == 409) {
    std::uint64_t size = 0;
    auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), size);
    round.failed = true;
    if (error != std::errc() || std::string_view(end, static_cast<std::size_t>(body.data() + body.size() - end)) != "\n")
      return refused.add();
    signed_[key] = size;
    round.begun = 0;  // ask again at once, from there
    if (book && size > (*book)->newest().size)
      behind("witness " + witness + " has signed " + std::to_string(size) + " leaves of " + (*book)->origin() + ", this ledger holds " +
             std::to_string((*book)->newest().size) + ": an older copy was put back; going on would fork the log");
  } else {
    round.failed = true;
    (status == 0 ? unanswered : refused).add();
  }
}

void Asker::tick() {
  auto& s = *state_;
  auto policy = s.centre.witnesses();
  if (!policy || policy->witnesses.empty()) return;
  for (const auto& [unit, _] : s.centre.roster().units()) {
    auto book = s.centre.book(unit);
    if (!book) continue;
    auto& round = s.rounds[unit];
    auto size = (*book)->newest().size;
    auto now = s.centre.now();
    if (round.open != 0 || size == 0 || (round.size == size && !round.failed) || now - round.begun < kEachMs) continue;
    round = {size, now, 0, false};
    for (const auto& w : policy->witnesses) {
      auto where = witness_address(w.url);
      if (!where) continue;  // asked by files
      auto body = Witnesses(s.centre).request(unit, s.signed_[{(*book)->origin(), w.name}]);
      if (!body) continue;
      ++round.open;
      s.asked.add();
      std::make_shared<Exchange>(s.context, *where, *body, [state = state_, name = w.name, u = unit](int status, const std::string& answer) {
        state->answered(u, name, status, answer);
      })->run();
    }
  }
}

bool Asker::idle() const {
  for (const auto& [_, round] : state_->rounds)
    if (round.open != 0) return false;
  return true;
}

std::vector<base::Sample> Asker::counters() const {
  const auto& s = *state_;
  return {{"collector_witness_requests_total", {}, s.asked.value()},
          {"collector_witness_lines_total", {}, s.cosigned.value()},
          {"collector_witness_refusals_total", {}, s.refused.value()},
          {"collector_witness_unanswered_total", {}, s.unanswered.value()}};
}

}  // namespace fengsui::collector
