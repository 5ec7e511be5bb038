// DNS, TLS hellos, FTP data connections, clear text, recognition.
#include <gtest/gtest.h>

#include <map>

#include "capture/protocols/dns.h"
#include "capture/protocols/message.h"
#include "capture/protocols/registry.h"
#include "capture/protocols/tls.h"
#include "tests/capture/build.h"
#include "tests/capture/lines.h"

namespace fengsui::capture {
namespace {

using test::bytes_of;
using test::join;

base::Bytes dns_header(int flags, int questions, int answers) {
  return bytes_of({0, 7, flags >> 8, flags & 255, 0, questions, 0, answers, 0, 0, 0, 0});
}
const base::Bytes kName = join({bytes_of({7}), base::view("example"), bytes_of({3}), base::view("org"), bytes_of({0})});

TEST(Dns, QuestionAndCompressedAnswersAreRead) {  // shapes of RFC 1035 section 4.1
  const base::Bytes message = join({dns_header(0x8183, 1, 3), kName, bytes_of({0, 1, 0, 1}),
                                    bytes_of({0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 7}),
                                    bytes_of({0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 1, 0, 6, 3}), base::view("www"), bytes_of({0xc0, 12}),
                                    bytes_of({0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 1, 0, 3, 2}), base::view("hi")});
  const auto parsed = parse_dns(message);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->name, "example.org");
  EXPECT_TRUE(parsed->response);
  EXPECT_EQ(parsed->rcode, 3);
  ASSERT_EQ(parsed->answers.size(), 3u);
  EXPECT_EQ(parsed->answers[0].data, "192.0.2.7");
  EXPECT_EQ(parsed->answers[1].data, "www.example.org");
  EXPECT_EQ(parsed->answers[2].data, "hi");
  for (std::size_t n = 0; n < message.size(); ++n) {  // truncated at each byte
    const base::Bytes cut(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(n));
    const auto part = parse_dns(cut);
    EXPECT_FALSE(part && part->answers.size() == 3 && part->answers_complete) << n;
  }
}

TEST(Dns, NamePointingToItselfOrForwardIsMalformed) {
  EXPECT_FALSE(parse_dns(join({dns_header(0x0100, 1, 0), bytes_of({0xc0, 12, 0, 1, 0, 1})})));
  EXPECT_FALSE(parse_dns(join({dns_header(0x0100, 1, 0), bytes_of({0xc0, 14, 0xc0, 12, 0, 1, 0, 1})})));
}

TEST(Dns, NameLongerThan255BytesIsMalformed) {
  base::Bytes name;
  for (int i = 0; i < 5; ++i) base::append(name, join({bytes_of({63}), base::view(std::string(63, 'a'))}));
  EXPECT_FALSE(parse_dns(join({dns_header(0x0100, 1, 0), name, bytes_of({0, 0, 1, 0, 1})})));
}

TEST(Dns, BytesOutsidePrintableAsciiAreEscaped) {  // RFC 4343 section 2.1
  const auto parsed = parse_dns(join({dns_header(0x0100, 1, 0), bytes_of({3, 'a', '.', 0xe4, 0, 0, 1, 0, 1})}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->name, "a\\046\\228");
}

TEST(Dns, MessagesOverTcpAreFoundAtAnySplit) {
  const base::Bytes message = join({dns_header(0x0100, 1, 0), kName, bytes_of({0, 16, 0, 1})});
  base::Bytes stream;
  for (int i = 0; i < 2; ++i) {
    base::append_u16be(stream, static_cast<std::uint16_t>(message.size()));
    base::append(stream, base::View(message));
  }
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    test::Collect seen;
    Tally tally;
    const Limits limits;
    Room room{seen, tally, limits, "test", 1, false, {}};
    Conversation conversation{room, {"10.0.0.1", 4}, {"10.0.0.2", 53}, "1:x", 6, 1, "dns", "", ""};
    Dns dns(conversation);
    dns.data(Side::client, base::View(stream).first(split));
    dns.data(Side::client, base::View(stream).subspan(split));
    ASSERT_EQ(seen.activities.size(), 2u) << split;
    EXPECT_EQ(test::activity_line(seen.activities[1]), "dns query TXT example.org");
  }
}

base::Bytes client_hello() {  // RFC 8446 section 4.1.2: server_name "gov.example", supported_versions 1.3 and 1.2
  const base::Bytes sni = join({bytes_of({0, 0, 0, 16, 0, 14, 0, 0, 11}), base::view("gov.example")});
  const base::Bytes versions = bytes_of({0, 43, 0, 5, 4, 3, 4, 3, 3});
  const base::Bytes alpn = join({bytes_of({0, 16, 0, 5, 0, 3, 2}), base::view("h2")});
  base::Bytes extensions = join({sni, versions, alpn});
  base::Bytes body = join({bytes_of({3, 3}), base::Bytes(32, 1), bytes_of({0, 0, 2, 0x13, 1, 1, 0, 0, static_cast<int>(extensions.size())}), extensions});
  return join({bytes_of({1, 0, 0, static_cast<int>(body.size())}), body});
}

TEST(Tls, ClientHelloNamesServerVersionAndAlpn) {
  const base::Bytes hello = client_hello();
  const auto parsed = parse_hello(hello);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->server_name, "gov.example");
  EXPECT_EQ(tls_version_name(parsed->version), "TLSv1.3");
  EXPECT_EQ(parsed->alpn, std::vector<std::string>{"h2"});
  for (std::size_t n = 0; n < hello.size(); ++n) EXPECT_FALSE(parse_hello(base::View(hello).first(n))) << n;
}

TEST(Tls, HelloSpreadOverRecordsAndSegmentsIsOneActivity) {
  const base::Bytes hello = client_hello();
  base::Bytes stream;
  for (std::size_t at = 0; at < hello.size(); at += 10) {
    const base::View part = base::View(hello).subspan(at, std::min<std::size_t>(10, hello.size() - at));
    base::append(stream, join({bytes_of({22, 3, 1, 0, static_cast<int>(part.size())}), part}));
  }
  test::Collect seen;
  Tally tally;
  const Limits limits;
  Room room{seen, tally, limits, "test", 1, false, {}};
  Conversation conversation{room, {"10.0.0.1", 4}, {"10.0.0.2", 443}, "1:x", 6, 1, "tls", "", ""};
  Tls tls(conversation);
  for (const std::uint8_t b : stream) tls.data(Side::client, {&b, 1});
  tls.finish();
  ASSERT_EQ(seen.activities.size(), 1u);
  EXPECT_EQ(test::activity_line(seen.activities[0]), "activity 4001 gov.example TLSv1.3");
}

TEST(Message, NothingIsHandedOnOnceTlsBeginsAtAnySplit) {
  const base::Bytes stream = join({base::view("STARTTLS\r\n"), bytes_of({22, 3, 1, 0, 80, 1, 0, 0, 76, 3, 3}), base::Bytes(70, 'x')});
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    test::Collect seen;
    Tally tally;
    const Limits limits;
    Room room{seen, tally, limits, "test", 1, false, {}};
    Conversation conversation{room, {"10.0.0.1", 4}, {"10.0.0.2", 25}, "1:x", 6, 1, "smtp", "", ""};
    Message message(conversation);
    message.data(Side::client, base::View(stream).first(split));
    message.data(Side::client, base::View(stream).subspan(split));
    message.finish();
    ASSERT_EQ(seen.contents.size(), 1u);
    EXPECT_EQ(base::text(seen.contents[0].bytes), "STARTTLS\r\n") << split;
    EXPECT_EQ(conversation.upgraded, "tls");
  }
}

std::string named(std::string_view client, std::string_view server, std::uint16_t port = 40001, std::uint8_t protocol = 6) {
  const Verdict v = recognise(protocol, {base::view(client), base::view(server), 40000, port, true}, true);
  return v.protocol == nullptr ? "" : std::string(v.protocol->name);
}

// First bytes from the documents named in match_*.cpp, on a port that says nothing.
TEST(Recognise, ByContentOnAnyPort) {
  using namespace std::string_view_literals;
  EXPECT_EQ(named("GET / HTTP/1.1\r\n", ""), "http");
  EXPECT_EQ(named("", "HTTP/1.1 200 OK\r\n"), "http");
  EXPECT_EQ(named("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""), "http2");
  EXPECT_EQ(named("SSH-2.0-x\r\n", "SSH-2.0-y\r\n"), "ssh");
  EXPECT_EQ(named("EHLO a\r\n", "220 mail ESMTP\r\n"), "smtp");
  EXPECT_EQ(named("USER a\r\n", "220 ready\r\n"), "ftp");
  EXPECT_EQ(named("USER a\r\n", "+OK ready\r\n"), "pop3");
  EXPECT_EQ(named("a1 LOGIN x y\r\n", "* OK IMAP4rev1\r\n"), "imap");
  EXPECT_EQ(named("*1\r\n$4\r\nPING\r\n", "+PONG\r\n"), "redis");
  EXPECT_EQ(named("", "J\0\0\0\n8.0.36\0aaaaaaaaaaaaaaaa"sv), "mysql");
  EXPECT_EQ(named("\0\0\0\x08\x04\xd2\x16\x2f"sv, ""), "postgresql");
  EXPECT_EQ(named("\x16\x01\x01\0\x40\x01\0\0\x3c\x01\x01"sv, ""), "tlcp");
  EXPECT_EQ(named("\x16\x03\x01\0\x40\x01\0\0\x3c\x03\x03"sv, ""), "tls");
  EXPECT_EQ(named("\0\0\0\x40\xfeSMB\x40\0\0\0"sv, ""), "smb");
  EXPECT_EQ(named("\x10\x0c\0\4MQTT\4\2\0\x3c\0\0"sv, ""), "mqtt");
  EXPECT_EQ(named("AMQP\0\0\x09\x01"sv, ""), "amqp");
  EXPECT_EQ(named("", "RFB 003.008\n"), "vnc");
  EXPECT_EQ(named("", "\xff\xfd\x18\xff\xfd\x20"sv), "telnet");
  EXPECT_EQ(named("\5\1\0"sv, "\5\0"sv), "socks");
  EXPECT_EQ(named("get key\r\n", "END\r\n"), "memcached");
  EXPECT_EQ(named("INVITE sip:a@b SIP/2.0\r\n", "", 40001, 17), "sip");
  EXPECT_EQ(named("<34>Oct 11 22:14:15 host su: x", "", 40001, 17), "syslog");
  EXPECT_EQ(named("\0\1file\0octet\0"sv, "", 40001, 17), "tftp");
  EXPECT_EQ(named("\x30\x26\2\1\1\4\6public\xa0\x19\2\1"sv, "", 40001, 17), "snmp");
}

// Where a port is given, it is one the protocol is registered for and its content alone would be too little.
TEST(Recognise, ManyMore) {
  using namespace std::string_view_literals;
  EXPECT_EQ(named("PROXY TCP4 10.0.0.9 10.0.0.2 1234 80\r\nGET / HTTP/1.1\r\n\r\n", ""), "http");
  EXPECT_EQ(named("\0\x26\xd0\x41\0\1\0\x20\x10\x41"sv, ""), "drda");
  EXPECT_EQ(named("", "INFO {\"server_id\":\"x\"}\r\n"), "nats");
  EXPECT_EQ(named("\xff\0\0\0\0\0\0\0\1\x7f\3\0"sv, ""), "zeromq");
  EXPECT_EQ(named("8=FIX.4.2\0019=12\001"sv, ""), "fix");
  EXPECT_EQ(named("GIOP\1\0\1\0\0\0\0\x20"sv, ""), "giop");
  EXPECT_EQ(named("JRMI\0\2K"sv, ""), "rmi");
  EXPECT_EQ(named("\x80\1\0\1\0\0\0\4ping\0\0\0\0"sv, ""), "thrift");
  EXPECT_EQ(named("\x0bMSH|^~\\&|A", ""), "hl7");
  EXPECT_EQ(named("\1\0\0\0\1\0\0\1\0\0AAAA"sv, ""), "dicom");
  EXPECT_EQ(named("\x65\0\4\0\0\0\0\0\0\0\0\0aaaaaaaa\0\0\0\0\1\0\0\0"sv, ""), "enip");
  EXPECT_EQ(named("\1\0\0\x14\x80\0\1\1\0\0\0\0\0\0\0\1\0\0\0\2"sv, ""), "diameter");
  EXPECT_EQ(named("\xc0\1\1\0\0\0\0\7\0\0\0\4abcd"sv, "\xc0\1\2\0\0\0\0\7\0\0\0\4abcd"sv), "tacacs");
  EXPECT_EQ(named("", "NBDMAGICIHAVEOPT"), "nbd");
  EXPECT_EQ(named("example.cn\r\n", "", 43), "whois");
  EXPECT_EQ(named("GNUTELLA CONNECT/0.6\r\n", ""), "gnutella");
  EXPECT_EQ(named("\xf9\xbe\xb4\xd9version\0\0\0\0\0\x64\0\0\0abcd"sv, ""), "bitcoin");
  EXPECT_EQ(named("{\"id\":1,\"method\":\"mining.subscribe\"}\n", ""), "stratum");
  EXPECT_EQ(named("\x16\xf1\3\0\x10" "abcdefgh"sv, ""), "wechat");
  EXPECT_EQ(named("\0\x0e\x38" "12345678\0\0\0\0\0"sv, "\0\x1a\x40" "1234567800000000000000000"sv), "openvpn");
  EXPECT_EQ(named("\3\0\0\x16\2\xf0\x80\x32\1\0\0"sv, "", 102), "s7comm");
  EXPECT_EQ(named("{\"host_int\": 123, \"version\": [2, 0]}", "", 17500, 17), "dropbox");
  EXPECT_EQ(named("RTPS\2\1\1\1abcdefghijkl"sv, "", 40001, 17), "rtps");
  EXPECT_EQ(named("\xff\xff\xff\xffTSource Engine Query\0"sv, "", 40001, 17), "steam");
  EXPECT_EQ(named("CRCX 1 ep@gw MGCP 1.0\r\n", "", 40001, 17), "mgcp");
  EXPECT_EQ(named("\0\3\0\1hello"sv, "\0\4\0\1"sv, 40001, 17), "tftp");
  EXPECT_EQ(named("\x30\0\0\0\0\0\0\0"sv, "", 2123, 17), "gtp");
  EXPECT_EQ(named("\6\x10\2\1\0\x0e\x08\1\x0a\0\0\1\x0e\x57"sv, "", 3671, 17), "knx");
  EXPECT_EQ(named("\x41\0\x12\x34" "1234\0\0\0\0\0\1\0\0\0\1\0\0"sv, "", 40001, 17), "bittorrent");
  EXPECT_EQ(named(std::string("\x80\0\0\1\0\0\0\0\0\0\0\1", 12) + std::string(160, 'u'), "", 40001, 17), "rtp");
}

TEST(Recognise, GarbageHasNoName) {
  EXPECT_EQ(named("\x9f\x8e\x7d\x6c\x5b\x4a\x39\x28\x17\x06", "\xaa\xbb\xcc\xdd"), "");
  EXPECT_EQ(named("hello there\r\n", ""), "");
}

// 40,000 pairs of beginnings from a generator with a fixed seed (SplitMix64), between ports above 20000.
TEST(Recognise, RandomBytesOnPortsThatSayNothingHaveNoName) {
  std::uint64_t state = 1;
  const auto next = [&state] {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  };
  std::map<std::string, int> names;
  for (int i = 0; i < 40000; ++i) {
    std::string sides[2];
    for (auto& side : sides) {
      side.resize(4 + next() % 300);
      for (char& c : side) c = static_cast<char>(next());
    }
    if (i % 3 == 0) sides[1].clear();
    const std::uint8_t protocol = i % 2 == 0 ? 6 : 17;
    const std::string name = named(sides[0], sides[1], static_cast<std::uint16_t>(50000 + next() % 10000), protocol);
    if (!name.empty()) ++names[name];
  }
  for (const auto& [name, n] : names) EXPECT_EQ(n, 0) << name;
}

// Text of no protocol is not taken for one, on any port that protocols of text use.
TEST(Recognise, PlainTextHasNoNameEvenOnPortsOfTextProtocols) {
  for (const int port : {80, 8080, 25, 110, 143, 6379, 5060, 514, 1883, 443, 3306, 5432}) {
    EXPECT_EQ(named("name,id,phone\r\nzhang,110101199003074514,13800138000\r\n", "", static_cast<std::uint16_t>(port)), "") << port;
  }
}

}  // namespace
}  // namespace fengsui::capture
