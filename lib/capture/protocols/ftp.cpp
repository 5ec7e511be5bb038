#include "capture/protocols/ftp.h"

#include <charconv>

#include "capture/protocols/http1.h"

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxLine = 1024;

// "h1,h2,h3,h4,p1,p2" anywhere in the text.
bool host_port(std::string_view text, Address& address, std::uint16_t& port) {
  const auto from = text.find_first_of("0123456789");
  if (from == std::string_view::npos) return false;
  const char* at = text.data() + from;
  const char* end = text.data() + text.size();
  unsigned numbers[6] = {};
  for (std::size_t i = 0; i < 6; ++i) {
    const auto [next, error] = std::from_chars(at, end, numbers[i]);
    if (error != std::errc{} || numbers[i] > 255) return false;
    at = next;
    if (i < 5 && (at == end || *at++ != ',')) return false;
  }
  address = {};
  for (std::size_t i = 0; i < 4; ++i) address.bytes[i] = static_cast<std::uint8_t>(numbers[i]);
  port = static_cast<std::uint16_t>(numbers[4] * 256 + numbers[5]);
  return true;
}

// "|1|132.235.1.2|6275|" or "|||6446|"; an empty address stays as it is.
bool extended(std::string_view text, Address& address, std::uint16_t& port) {
  const auto open = text.find('|');
  if (open == std::string_view::npos) return false;
  const auto second = text.find('|', open + 1);
  const auto third = second == std::string_view::npos ? second : text.find('|', second + 1);
  const auto fourth = third == std::string_view::npos ? third : text.find('|', third + 1);
  if (fourth == std::string_view::npos) return false;
  const std::string_view ip_text = text.substr(second + 1, third - second - 1), port_text = text.substr(third + 1, fourth - third - 1);
  if (!ip_text.empty() && !parse_address(ip_text, address)) return false;
  const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  return error == std::errc{} && end == port_text.data() + port_text.size();
}

bool word(std::string_view text, std::string_view upper) {
  if (text.size() < upper.size()) return false;
  for (std::size_t i = 0; i < upper.size(); ++i) if ((text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i]) != upper[i]) return false;
  return text.size() == upper.size() || text[upper.size()] == ' ';
}

}  // namespace

void Ftp::data(Side side, base::View bytes) {
  text_.data(side, bytes);
  std::string& line_so_far = lines_[static_cast<std::size_t>(side)];
  for (const std::uint8_t c : bytes) {
    if (c != '\n') {
      if (line_so_far.size() < kMaxLine) line_so_far.push_back(static_cast<char>(c));
      continue;
    }
    if (!line_so_far.empty() && line_so_far.back() == '\r') line_so_far.pop_back();
    line(side, line_so_far);
    line_so_far.clear();
  }
}

void Ftp::gap(Side side, std::uint64_t bytes) {
  text_.gap(side, bytes);
  lines_[static_cast<std::size_t>(side)].clear();
}

void Ftp::line(Side side, std::string_view text) {
  Address address;
  std::uint16_t port = 0;
  if (side == Side::client) {
    if (word(text, "PORT") && host_port(text.substr(4), address, port)) return expect(address, port);
    if (word(text, "EPRT") && parse_address(conversation_.client.ip, address) && extended(text, address, port)) return expect(address, port);
    for (const std::string_view command : {"RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD"}) {
      if (!word(text, command) || !last_) continue;
      last_->object = metadata_path(text);
      last_.reset();
    }
    return;
  }
  if (text.starts_with("227 ") && host_port(text.substr(4), address, port)) {
    Address seen;  // behind address translation the text names another address than the packets carry
    if (parse_address(conversation_.server.ip, seen)) address = seen;
    return expect(address, port);
  }
  if (text.starts_with("229 ") && parse_address(conversation_.server.ip, address) && extended(text, address, port)) expect(address, port);
}

void Ftp::expect(const Address& address, std::uint16_t port) {
  last_ = std::make_shared<Announced>(Announced{address, port, conversation_.now + kAnnouncedMs, "ftp-data", ""});
  conversation_.room.announce(last_);
}

}  // namespace fengsui::capture
