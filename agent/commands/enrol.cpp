#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

#include "agent/commands/commands.h"
#include "agent/identity.h"
#include "agent/system.h"
#include "base/fd.h"
#include "wire/link.h"
#include "wire/message.h"

namespace fengsui::agent {

namespace {

base::Result<std::string> read_token(const std::string& file) {
  auto bytes = base::read_file(file, 4096);
  if (!bytes) return std::unexpected(bytes.error());
  std::string token(base::text(*bytes));
  crypto::wipe(*bytes);
  while (!token.empty() && std::isspace(static_cast<unsigned char>(token.back()))) token.pop_back();
  if (token.empty()) return base::fail(base::Errc::malformed, file + ": holds no token");
  return token;
}

// Sends the request once the handshake with exactly this key is complete, and waits for the answer.
base::Result<wire::Enrolled> exchange(wire::AgentLink& link, const wire::Enrol& request,
                                      const EnrolArguments& arguments) {
  SystemClock clock;
  auto until = clock.boot_ms() + arguments.timeout_seconds * 1000;
  bool sent = false;
  auto state = wire::LinkState::connecting;
  while (clock.boot_ms() < until) {
    state = link.state();
    if (state == wire::LinkState::key_mismatch)
      return base::fail(
          base::Errc::mismatch,
          arguments.collector + ": the collector's key is not the one given with --key; nothing was sent");
    if (state == wire::LinkState::refused)
      return base::fail(base::Errc::denied, arguments.collector + ": the collector refuses this host's link key");
    if (state == wire::LinkState::established && !sent) {
      if (auto ok = link.send(wire::encode(request)); !ok) return std::unexpected(ok.error());
      sent = true;
    }
    while (auto bytes = link.receive()) {
      auto message = wire::decode(*bytes);
      if (!message) return std::unexpected(message.error());
      if (auto* answer = std::get_if<wire::Enrolled>(&*message)) return std::move(*answer);
    }
    pollfd wait{link.fd(), POLLIN, 0};
    poll(&wait, 1, 100);
  }
  return base::fail(base::Errc::unavailable,
                    fmt::format("{}: {} within {} s", arguments.collector, sent ? "no answer" : "no connection",
                                arguments.timeout_seconds));
}

int failed(const base::Error& error) {
  fmt::print(stderr, "fengsui-agent enrol: {}\n", error.what);
  return 1;
}

}  // namespace

int enrol(const Config& config, const EnrolArguments& arguments) {
  auto token = read_token(arguments.token_file);
  if (!token) return failed(token.error());
  if (auto key = wire::curve_from_z85(arguments.key); !key)
    return failed({base::Errc::malformed, "--key: " + key.error().what});
  auto state = State::open(config.agent.state_dir);
  if (!state) return failed(state.error());
  if (auto known = state->enrolment())
    return failed({base::Errc::exists, config.agent.state_dir + ": this host is enrolled already as " + known->agent});
  auto identity = state->identity_key();
  if (!identity) return failed(identity.error());
  auto keys = state->link_keys();
  if (!keys) return failed(keys.error());
  auto facts = host_facts();
  wire::Enrol request;
  request.token = *token;
  request.hostname = facts.hostname;
  request.version = facts.version;
  request.os = facts.os;
  request.machine_id_digest = machine_id_digest();
  request.identity_key = base::to_bytes(base::View(identity->public_key()));
  auto curve = wire::curve_from_z85(keys->public_z85);
  if (!curve) return failed(curve.error());
  request.curve_key = *curve;
  wire::AgentLink::Options options;
  options.endpoint = arguments.collector;
  options.server_key_z85 = arguments.key;
  options.keys = &*keys;
  auto link = wire::AgentLink::open(options);
  if (!link) return failed(link.error());
  auto answer = exchange(**link, request, arguments);
  if (!answer) return failed(answer.error());
  if (!answer->ok) return failed({base::Errc::denied, "the collector refused: " + answer->reason});
  Enrolment enrolment{answer->agent,
                      answer->unit,
                      answer->origin,
                      answer->log_vkey,
                      arguments.collector,
                      arguments.key,
                      std::clamp<std::int64_t>(answer->heartbeat_seconds, 1, 3600)};
  auto saved = state->save_enrolment(enrolment, answer->digest_key);
  crypto::wipe(answer->digest_key);
  if (!saved) return failed(saved.error());
  fmt::print("enrolled as {} of unit {}; next: fengsui-agent run\n", enrolment.agent, enrolment.unit);
  return 0;
}

}  // namespace fengsui::agent
