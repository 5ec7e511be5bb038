#include "capture/protocols/dns.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "capture/body.h"
#include "capture/segment.h"

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxName = 255;     // RFC 1035 section 2.3.4
constexpr std::size_t kMaxJumps = 64;
constexpr std::size_t kMaxAnswers = 64;
constexpr std::size_t kMaxText = 1024;

void put(std::string& out, std::uint8_t c) {
  if (c > 0x20 && c < 0x7f && c != '.' && c != '\\') {
    out.push_back(static_cast<char>(c));
    return;
  }
  const char text[] = {'\\', static_cast<char>('0' + c / 100), static_cast<char>('0' + c / 10 % 10), static_cast<char>('0' + c % 10)};
  out.append(text, sizeof text);
}

// RFC 1035 section 4.1.4. A pointer must point before the place where its name began, so that no loop exists.
bool read_name(base::View message, base::Reader& in, std::string& out) {
  out.clear();
  base::Reader at = in;
  bool jumped = false;
  std::size_t total = 0, barrier = in.position();
  for (std::size_t jumps = 0; jumps < kMaxJumps;) {
    const std::uint8_t length = at.u8();
    if (at.failed()) return false;
    if (length == 0) {
      if (!jumped) in = at;
      if (out.empty()) out = ".";
      return true;
    }
    if ((length & 0xc0) == 0xc0) {
      const std::size_t target = (std::size_t{length & 0x3fu} << 8) | at.u8();
      if (at.failed() || target >= barrier) return false;
      if (!jumped) in = at;
      jumped = true;
      barrier = target;
      ++jumps;
      at = base::Reader(message);
      at.skip(target);
      continue;
    }
    if ((length & 0xc0) != 0) return false;
    const base::View label = at.take(length);
    total += length + 1u;
    if (at.failed() || total > kMaxName) return false;
    if (!out.empty()) out.push_back('.');
    for (const std::uint8_t c : label) put(out, c);
  }
  return false;
}

std::string read_rdata(base::View message, std::uint16_t type, base::View rdata, std::size_t offset) {
  base::Reader in(message);
  in.skip(offset);
  std::string text;
  switch (type) {
    case 1: case 28: {
      Address address;
      address.v6 = type == 28;
      if (rdata.size() != address.size()) return {};
      std::copy(rdata.begin(), rdata.end(), address.bytes.begin());
      return to_string(address);
    }
    case 2: case 5: case 12: case 39: return read_name(message, in, text) ? text : std::string{};
    case 15: in.skip(2); return read_name(message, in, text) ? text : std::string{};
    case 33: in.skip(6); return read_name(message, in, text) ? text : std::string{};
    case 16: {
      base::Reader strings(rdata);
      while (!strings.at_end() && text.size() < kMaxText) {
        const base::View part = strings.take(strings.u8());
        if (strings.failed()) break;
        for (const std::uint8_t c : part) c >= 0x20 && c < 0x7f ? text.push_back(static_cast<char>(c)) : put(text, c);
      }
      return text;
    }
    default: return {};
  }
}

constexpr std::array<std::pair<std::uint16_t, std::string_view>, 34> kTypes = {{
    {1, "A"}, {2, "NS"}, {5, "CNAME"}, {6, "SOA"}, {10, "NULL"}, {11, "WKS"}, {12, "PTR"}, {13, "HINFO"}, {15, "MX"}, {16, "TXT"}, {17, "RP"},
    {24, "SIG"}, {25, "KEY"}, {28, "AAAA"}, {29, "LOC"}, {33, "SRV"}, {35, "NAPTR"}, {39, "DNAME"}, {41, "OPT"}, {43, "DS"}, {46, "RRSIG"},
    {47, "NSEC"}, {48, "DNSKEY"}, {50, "NSEC3"}, {51, "NSEC3PARAM"}, {52, "TLSA"}, {64, "SVCB"}, {65, "HTTPS"}, {99, "SPF"}, {250, "TSIG"},
    {251, "IXFR"}, {252, "AXFR"}, {255, "ANY"}, {257, "CAA"}}};

constexpr std::array<std::string_view, 24> kRcodes = {
    "NoError", "FormError", "ServError", "NXDomain", "NotImp", "Refused", "YXDomain", "YXRRSet", "NXRRSet", "NotAuth", "NotZone", "DSOTYPENI",
    "Unassigned", "Unassigned", "Unassigned", "Unassigned", "BADSIG_VERS", "BADKEY", "BADTIME", "BADMODE", "BADNAME", "BADALG", "BADTRUNC", "BADCOOKIE"};

}  // namespace

std::string dns_type_name(std::uint16_t type) {
  for (const auto& [number, name] : kTypes) if (number == type) return std::string(name);
  return "TYPE" + std::to_string(type);
}

base::Result<DnsMessage> parse_dns(base::View bytes) {
  base::Reader in(bytes);
  DnsMessage out;
  out.id = in.u16be();
  const std::uint16_t flags = in.u16be();
  out.questions = in.u16be();
  const std::uint16_t answers = in.u16be();
  in.skip(4);
  if (in.failed()) return base::fail(base::Errc::truncated, "DNS message of " + std::to_string(bytes.size()) + " bytes; a header has 12");
  out.response = (flags & 0x8000) != 0;
  out.opcode = (flags >> 11) & 15;
  out.truncated = (flags & 0x0200) != 0;
  out.rcode = flags & 15;
  for (std::uint16_t i = 0; i < out.questions; ++i) {
    std::string name;
    if (!read_name(bytes, in, name)) return base::fail(base::Errc::malformed, "DNS question " + std::to_string(i + 1) + ": bad name");
    const std::uint16_t type = in.u16be(), qclass = in.u16be();
    if (in.failed()) return base::fail(base::Errc::truncated, "DNS question " + std::to_string(i + 1) + " stops early");
    if (i != 0) continue;
    out.name = std::move(name);
    out.type = type;
    out.qclass = qclass;
  }
  for (std::uint16_t i = 0; i < answers && out.answers.size() < kMaxAnswers; ++i) {
    DnsRecord record;
    const bool named = read_name(bytes, in, record.name);
    record.type = in.u16be();
    in.skip(6);
    const std::uint16_t length = in.u16be();
    const std::size_t offset = in.position();
    const base::View rdata = in.take(length);
    if (!named || in.failed()) {
      out.answers_complete = false;
      break;
    }
    record.data = read_rdata(bytes, record.type, rdata, offset);
    out.answers.push_back(std::move(record));
  }
  return out;
}

bool looks_like_dns(base::View bytes) {
  base::Reader in(bytes);
  in.skip(2);
  const std::uint16_t flags = in.u16be(), questions = in.u16be(), answers = in.u16be(), authority = in.u16be(), additional = in.u16be();
  if (in.failed()) return false;
  const int opcode = (flags >> 11) & 15;
  if (opcode > 6 || opcode == 3 || (flags & 0x0040) != 0 || questions > 16 || answers > 512 || authority > 512 || additional > 512) return false;
  if (questions == 0) {
    if ((flags & 0x8000) == 0 || answers == 0) return false;
  }
  std::string name;
  if (!read_name(bytes, in, name)) return false;
  const std::uint16_t type = in.u16be(), qclass = in.u16be() & 0x7fff;
  if (in.failed()) return false;
  const bool known_class = qclass == 1 || qclass == 3 || qclass == 4 || qclass == 255 || qclass == 254;
  return known_class && type != 0 && (type <= 262 || type == 32768 || type == 32769 || type >= 65280);
}

void Dns::data(Side side, base::View bytes) {
  if (conversation_.protocol == ip::udp) return message(side, bytes);
  stream(side, bytes);
}

void Dns::gap(Side side, std::uint64_t) { lost_[static_cast<std::size_t>(side)] = true; }

// RFC 1035 section 4.2.2: two bytes of length before each message.
void Dns::stream(Side side, base::View bytes) {
  const auto i = static_cast<std::size_t>(side);
  if (lost_[i]) return;  // without the length the next message cannot be found
  base::Bytes& buffer = buffer_[i];
  while (!bytes.empty()) {
    if (buffer.empty()) {
      base::Reader in(bytes);
      const std::size_t length = in.u16be();
      if (!in.failed() && in.remaining() >= length) {
        message(side, in.take(length));
        bytes = in.rest();
        continue;
      }
    }
    const std::size_t want = buffer.size() < 2 ? 2 : 2 + ((std::size_t{buffer[0]} << 8) | buffer[1]);
    const std::size_t take = std::min(want - buffer.size(), bytes.size());
    base::append(buffer, bytes.first(take));
    bytes = bytes.subspan(take);
    if (buffer.size() < 2) continue;
    if (buffer.size() == 2 + ((std::size_t{buffer[0]} << 8) | buffer[1])) {
      message(side, base::View(buffer).subspan(2));
      buffer.clear();
    }
  }
}

void Dns::message(Side, base::View bytes) {
  auto parsed = parse_dns(bytes);
  if (!parsed) return conversation_.room.tally.add(Count::dns_malformed);
  conversation_.room.tally.add(Count::dns_messages);
  emit(*parsed);
  names(*parsed);
}

void Dns::emit(const DnsMessage& m) {
  model::Activity activity = conversation_.activity(4003, m.response ? 2 : 1, {"", "dns", ""});
  if (m.questions != 0) {
    activity.fields.set("query.hostname", m.name);
    activity.fields.set("query.type", dns_type_name(m.type));
    if (m.qclass == 1) activity.fields.set("query.class", "IN");
  }
  activity.fields.set("query.opcode_id", std::int64_t{m.opcode});
  activity.fields.set("query.packet_uid", std::int64_t{m.id});
  if (m.response) {
    activity.fields.set("rcode_id", std::int64_t{m.rcode < kRcodes.size() && m.rcode < 12 ? m.rcode : 99});
    activity.fields.set("rcode", m.rcode < 12 ? kRcodes[m.rcode] : std::string_view("Other"));
    std::vector<std::string> answers;
    for (const DnsRecord& record : m.answers) answers.push_back(dns_type_name(record.type) + (record.data.empty() ? "" : " " + record.data));
    if (!answers.empty()) activity.fields.set("unmapped.fengsui.dns_answers", std::move(answers));
    if (!m.answers_complete) activity.fields.set("unmapped.fengsui.dns_answers_incomplete", true);
  }
  conversation_.room.sink.on_activity(std::move(activity));
}

void Dns::names(const DnsMessage& m) {
  const auto tells = [](const DnsRecord& record) { return record.type != 1 && record.type != 28 && !record.data.empty(); };
  if (m.response ? std::none_of(m.answers.begin(), m.answers.end(), tells) : m.name.empty()) return;
  Body body(conversation_.room, conversation_.content(model::ContentKind::dns_name, m.response ? "response" : "query", {"", "dns", ""}));
  if (!m.response) {
    body.write(base::view(m.name));
  } else {
    for (const DnsRecord& record : m.answers) {
      if (!tells(record)) continue;
      body.write(base::view(record.data));
      body.write(base::view("\n"));
    }
  }
  body.end();
}

}  // namespace fengsui::capture
