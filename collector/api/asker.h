// Asks the witnesses that have an address (http://host[:port]/path) to cosign each unit's newest checkpoint, in rounds: all of them about
// the same checkpoint, at most every ten seconds. What is asked and answered is signed, so the way needs no secrecy; put a TLS
// proxy in front where the network demands it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/counters.h"
#include "collector/witnesses.h"

namespace boost::asio {
class io_context;
}

namespace fengsui::collector {

// One thread, that of the context. One request a witness and unit at a time; an answer has 10 s and 64 KiB.
class Asker {
 public:
  // `behind` is called when a witness has signed more of a log than the ledger holds: the collector must not go on.
  Asker(boost::asio::io_context& context, Centre& centre, std::function<void(const std::string& why)> behind);
  ~Asker();
  void tick();  // once a second
  bool idle() const;
  std::vector<base::Sample> counters() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

struct HttpAddress {
  std::string host, port, target;
};
// Errc::unsupported unless "http://host[:port][/path]"; the path of add-checkpoint is added when it does not end with it.
base::Result<HttpAddress> witness_address(std::string_view url);

}  // namespace fengsui::collector
