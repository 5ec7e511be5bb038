// DNS: RFC 1035 section 4, over UDP and over TCP (RFC 7766); the same shape carries mDNS and LLMNR.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capture/protocols/session.h"

namespace fengsui::capture {

struct DnsRecord {
  std::string name;
  std::uint16_t type = 0;
  std::string data;  // text form of A, AAAA, CNAME, NS, PTR, MX, TXT, SRV; "" of other types
};

struct DnsMessage {
  std::uint16_t id = 0;
  bool response = false;
  std::uint8_t opcode = 0;
  std::uint8_t rcode = 0;
  bool truncated = false;
  std::string name;            // of the first question; bytes outside printable ASCII as \DDD (RFC 4343 section 2.1)
  std::uint16_t type = 0, qclass = 0;
  std::uint16_t questions = 0;
  std::vector<DnsRecord> answers;  // at most 64
  bool answers_complete = true;
};

// Errc::truncated, malformed (a name longer than 255 bytes, a pointer that does not point back).
base::Result<DnsMessage> parse_dns(base::View message);
// A quick look at the first bytes: header and first question make sense.
bool looks_like_dns(base::View message);
// "A", "TXT"; "TYPE65280" (RFC 3597) without a name.
std::string dns_type_name(std::uint16_t type);

// One thread. Each query and each response becomes an Activity 4003; names and texts go to the sink as content.
class Dns final : public Session {
 public:
  explicit Dns(Conversation& conversation) : conversation_(conversation) {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override {}

 private:
  void stream(Side side, base::View bytes);
  void message(Side side, base::View bytes);
  void emit(const DnsMessage& message);
  void names(const DnsMessage& message);

  Conversation& conversation_;
  base::Bytes buffer_[2];
  bool lost_[2] = {false, false};
};

}  // namespace fengsui::capture
