#include "capture/segment.h"

#include <arpa/inet.h>

namespace fengsui::capture {

std::string to_string(const Address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text) == nullptr) return {};
  return text;
}

bool parse_address(std::string_view text, Address& out) {
  if (text.size() >= INET6_ADDRSTRLEN) return false;
  char buffer[INET6_ADDRSTRLEN] = {};
  text.copy(buffer, text.size());
  Address parsed;
  parsed.v6 = text.find(':') != std::string_view::npos;
  if (inet_pton(parsed.v6 ? AF_INET6 : AF_INET, buffer, parsed.bytes.data()) != 1) return false;
  out = parsed;
  return true;
}

}  // namespace fengsui::capture
