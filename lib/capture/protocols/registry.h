// The protocols this build knows, in the order in which they are tried. To add one: a file and a line in registry.cpp.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "capture/protocols/session.h"

namespace fengsui::capture {

// The beginnings of both directions of a flow, as far as seen (for UDP: the first datagram of each).
struct First {
  base::View client, server;
  std::uint16_t client_port = 0, server_port = 0;
  bool final = false;  // nothing more will come
  base::View client_next{}, server_next{};  // of UDP: the second datagram of each

  bool port(std::uint16_t p) const { return client_port == p || server_port == p; }
};

enum class Match : std::uint8_t { no, maybe, yes };  // maybe: more bytes could tell

struct Protocol {
  std::string_view name;  // lower case, as the field calls it
  std::uint8_t ip_protocol;
  Match (*match)(const First& first);
  std::unique_ptr<Session> (*open)(Conversation& conversation);  // nullptr: named only
};

std::span<const Protocol> protocols();

// What is known of a flow whose protocol is not: readable text is worth handing on.
bool is_clear_text(base::View bytes);
std::unique_ptr<Session> open_message(Conversation& conversation);

struct Verdict {
  const Protocol* protocol = nullptr;
  bool swapped = false;  // matched only with the sides exchanged: the direction was guessed wrongly
  bool wait = false;
};
Verdict recognise(std::uint8_t ip_protocol, const First& first, bool direction_known);

}  // namespace fengsui::capture
