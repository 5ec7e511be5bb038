// Witnesses: add-checkpoint for other logs (C2SP tlog-witness), and the exchange of files with a witness without a network.
#include <boost/json.hpp>
#include <charconv>

#include "collector/api/handlers.h"
#include "collector/witnesses.h"

namespace fengsui::collector::api {

Response add_checkpoint(Service& service, const Call& call) {
  auto given = answer_as_witness(service.centre, call.request.body);
  return {given.status, given.is_size() ? "text/x.tlog.size" : "text/plain; charset=utf-8", given.body, {}};
}

Response get_witness_request(Service& service, const Call& call) {
  std::uint64_t old = 0;
  if (auto it = call.request.query.find("old"); it != call.request.query.end()) {
    const auto& text = it->second;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), old);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
      return problem({base::Errc::usage, "old must be a number of leaves"});
  }
  auto body = Witnesses(service.centre).request(call.path[0], old);
  return body ? Response{200, "text/plain; charset=utf-8", *body, {}} : failed(body);
}

Response accept_cosignatures(Service& service, const Call& call) {
  auto taken = Witnesses(service.centre).accept(call.path[0], call.request.body);
  if (!taken) return failed(taken);
  if (auto done = service.centre.record(call.session.name, "cosignatures_accepted", call.path[0] + ": " + std::to_string(*taken)); !done)
    return problem(done.error());
  return answer(200, {{"accepted", *taken}});
}

Response get_witness_key(Service& service, const Call&) {
  auto key = service.centre.keys().witness();
  if (!key) return failed(key);
  return {200, "text/plain; charset=utf-8",
          evidence::format_vkey(evidence::make_vkey(service.centre.witness_name(), (*key)->public_key(), evidence::kTypeCosignature)) + "\n", {}};
}

}  // namespace fengsui::collector::api
