// What a sender does so that a watcher and the receiver read different bytes: tests/cases/capture/evasion.case, each case as it
// is written, and those that do not fix their segments also byte by byte, and in small pieces out of order and repeated.
//
//   case NAME                      handshake and a first pure ACK are sent before
//   > "text"      < "text"         the next bytes of client or server; the other side acknowledges. ¶ is CR LF, \xHH a byte
//   >@N "text"                     at N bytes from the next expected one, which does not move; nobody acknowledges
//   … OPTION                       bad-sum bad-ip ttl=N no-ack far-ack old-time rst fin syn urgent=N zero-window fragments
//                                pause=N (seconds before it)
//   option OPTION                  of the case: timestamps no-handshake close no-server no-acks ordered (of the two
//                                directions: the answer never before its request)
//   = request "text"               expected bodies, in order; what one would expect of the receiver
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "tests/capture/build.h"
#include "tests/capture/lines.h"

namespace fengsui::capture {
namespace {

struct Step {
  int side = 0;
  std::string text;
  std::optional<std::int32_t> at;
  std::vector<std::string> options;
  bool has(std::string_view o) const { return std::find(options.begin(), options.end(), o) != options.end(); }
  int value(std::string_view name, int otherwise) const {
    for (const auto& o : options) if (o.starts_with(name) && o.size() > name.size() && o[name.size()] == '=') return std::stoi(o.substr(name.size() + 1));
    return otherwise;
  }
};
struct Case {
  std::string name;
  std::vector<Step> steps;
  std::vector<std::string> options, expected;
  int line = 0;
  bool has(std::string_view o) const { return std::find(options.begin(), options.end(), o) != options.end(); }
  bool fixed() const { return std::any_of(steps.begin(), steps.end(), [](const Step& s) { return s.at.has_value() || !s.options.empty(); }); }
};

std::string unescape(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s.substr(i).starts_with("\xC2\xB6")) {
      out += "\r\n";
      ++i;
    } else if (s[i] == '\\' && i + 1 < s.size()) {
      const char c = s[++i];
      if (c == 'x') {
        out.push_back(static_cast<char>(std::stoi(std::string(s.substr(i + 1, 2)), nullptr, 16)));
        i += 2;
      } else {
        out.push_back(c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c);
      }
    } else {
      out.push_back(s[i]);
    }
  }
  return out;
}

std::vector<Case> load() {
  std::vector<Case> out;
  std::ifstream in(FENGSUI_SOURCE_DIR "/tests/cases/capture/evasion.case");
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("case ")) {
      out.push_back({});
      out.back().name = line.substr(5);
      out.back().line = number;
      continue;
    }
    Case& c = out.back();
    if (line.starts_with("option ")) {
      c.options.push_back(line.substr(7));
      continue;
    }
    const auto open = line.find('"'), close = line.rfind('"');
    const std::string text = open == std::string::npos ? "" : unescape(std::string_view(line).substr(open + 1, close - open - 1));
    if (line[0] == '=') {
      c.expected.push_back(line.substr(2, open - 3) + ":" + text);
      continue;
    }
    Step step;
    step.side = line[0] == '>' ? 0 : 1;
    if (line[1] == '@') step.at = std::stoi(line.substr(2));
    step.text = text;
    std::istringstream rest(close == std::string::npos ? line.substr(1) : line.substr(close + 1));
    for (std::string option; rest >> option;) step.options.push_back(option);
    c.steps.push_back(std::move(step));
  }
  return out;
}

std::uint16_t sum_of(base::View v, std::uint32_t start = 0) {
  std::uint64_t sum = start;
  for (std::size_t i = 0; i < v.size(); i += 2) sum += static_cast<std::uint64_t>((v[i] << 8) | (i + 1 < v.size() ? v[i + 1] : 0));
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

// Makes the packets of one connection 10.0.0.1:40000 → 10.0.0.2:80.
struct Wire {
  std::vector<base::Bytes> packets;
  std::map<std::size_t, int> pauses;  // before a packet, seconds
  std::uint32_t next[2] = {0xfffffff0u, 7000};  // the client's sequence numbers wrap around
  std::uint32_t clock = 1000;
  bool timestamps = false, acks = true;

  void send(int side, std::uint32_t sequence, std::string_view text, std::uint8_t flags, const Step& step) {
    base::Bytes t;
    base::append_u16be(t, side == 0 ? 40000 : 80);
    base::append_u16be(t, side == 0 ? 80 : 40000);
    base::append_u32be(t, sequence);
    base::append_u32be(t, step.has("far-ack") ? next[1 - side] + 0x30000000u : (flags & tcp::ack) ? next[1 - side] : 0);
    t.push_back(timestamps ? 0x80 : 0x50);
    const int urgent = step.value("urgent", -1);
    t.push_back(static_cast<std::uint8_t>(flags | (urgent >= 0 ? tcp::urg : 0)));
    base::append_u16be(t, step.has("zero-window") ? 0 : 0xffff);
    base::append_u16be(t, 0);
    base::append_u16be(t, static_cast<std::uint16_t>(urgent < 0 ? 0 : urgent));
    if (timestamps) {
      base::append_u32be(t, 0x0101080a);
      base::append_u32be(t, step.has("old-time") ? clock - 900 : ++clock);
      base::append_u32be(t, 0);
    }
    base::append(t, base::view(text));
    const base::Bytes from = side == 0 ? test::bytes_of({10, 0, 0, 1}) : test::bytes_of({10, 0, 0, 2});
    const base::Bytes to = side == 0 ? test::bytes_of({10, 0, 0, 2}) : test::bytes_of({10, 0, 0, 1});
    const base::Bytes pseudo = test::join({from, to, test::bytes_of({0, 6, static_cast<int>(t.size() >> 8), static_cast<int>(t.size() & 255)})});
    std::uint16_t sum = sum_of(t, static_cast<std::uint16_t>(~sum_of(pseudo)));
    if (step.has("bad-sum")) sum = static_cast<std::uint16_t>(sum ^ 0x1234);
    t[16] = static_cast<std::uint8_t>(sum >> 8), t[17] = static_cast<std::uint8_t>(sum);
    if (!step.has("fragments")) return packets.push_back(ip(from, to, t, 0, step));
    for (std::size_t at = 0; at < t.size(); at += 16) {
      const std::size_t n = std::min<std::size_t>(16, t.size() - at);
      packets.push_back(ip(from, to, base::View(t).subspan(at, n), static_cast<std::uint16_t>((at / 8) | (at + n < t.size() ? 0x2000 : 0)), step));
      if (at == 32) {  // a second fragment says something else about the same bytes
        base::Bytes junk = base::to_bytes(base::View(t).subspan(at, n));
        for (auto& b : junk) b ^= 1;
        packets.insert(packets.end() - 1, ip(from, to, junk, static_cast<std::uint16_t>((at / 8) | 0x2000), step));
      }
    }
  }
  base::Bytes ip(base::View from, base::View to, base::View payload, std::uint16_t word, const Step& step) {
    base::Bytes p;
    base::append_u16be(p, 0x4500);
    base::append_u16be(p, static_cast<std::uint16_t>(20 + payload.size()));
    base::append_u16be(p, step.has("fragments") ? 99 : static_cast<std::uint16_t>(packets.size()));
    base::append_u16be(p, word);
    p.push_back(static_cast<std::uint8_t>(step.value("ttl", 64)));
    p.push_back(6);
    base::append_u16be(p, 0);
    base::append(p, from);
    base::append(p, to);
    const std::uint16_t sum = step.has("bad-ip") ? 0x5555 : sum_of(p);
    p[10] = static_cast<std::uint8_t>(sum >> 8), p[11] = static_cast<std::uint8_t>(sum);
    base::append(p, payload);
    return p;
  }
  void acknowledge(int side) {
    if (acks) send(side, next[side], "", tcp::ack, {});
  }
  void step(const Step& s) {
    const std::uint32_t at = next[s.side] + static_cast<std::uint32_t>(s.at.value_or(0));
    if (const int seconds = s.value("pause", 0); seconds != 0) pauses[packets.size()] = seconds;
    const auto flags = static_cast<std::uint8_t>((s.has("no-ack") ? 0 : tcp::ack) | (s.has("fin") ? tcp::fin : 0) | (s.has("rst") ? tcp::rst : 0) | (s.has("syn") ? tcp::syn : 0));
    send(s.side, at, s.text, flags, s);
    if (s.at) return;
    next[s.side] += static_cast<std::uint32_t>(s.text.size()) + (s.has("fin") ? 1 : 0);
    acknowledge(1 - s.side);
  }
};

std::vector<Step> cut(const std::vector<Step>& steps, std::size_t size) {
  std::vector<Step> out;
  for (const Step& s : steps) {
    for (std::size_t at = 0; at < s.text.size(); at += size) {
      Step part;
      part.side = s.side;
      part.text = s.text.substr(at, size);
      out.push_back(part);
    }
  }
  return out;
}

std::vector<std::string> bodies(const Case& c, const std::vector<Step>& steps, bool shuffle) {
  Wire wire;
  wire.timestamps = c.has("timestamps");
  wire.acks = !c.has("no-acks");
  if (!c.has("no-handshake")) {
    wire.send(0, wire.next[0]++, "", tcp::syn, {});
    if (!c.has("no-server")) wire.send(1, wire.next[1]++, "", tcp::syn | tcp::ack, {});
    wire.acknowledge(0);
  }
  for (const Step& s : steps) {
    if (s.has("syn")) {  // data in the SYN itself: before anything else, the same number again
      wire.packets.clear();
      wire.send(0, wire.next[0] - 1, s.text, tcp::syn, s);
      wire.send(1, wire.next[1] - 1, "", tcp::syn | tcp::ack, {});
      continue;
    }
    wire.step(s);
  }
  if (c.has("close")) {
    for (const int side : {1, 0}) {
      Step fin;
      fin.side = side;
      fin.options = {"fin"};
      wire.step(fin);
    }
  }
  if (shuffle) {  // of each three packets after the handshake the last comes first, and twice
    for (std::size_t i = 3; i + 3 <= wire.packets.size(); i += 3) std::swap(wire.packets[i], wire.packets[i + 2]);
    for (std::size_t i = 3; i < wire.packets.size(); i += 6) wire.packets.insert(wire.packets.begin() + static_cast<std::ptrdiff_t>(i), wire.packets[i]);
  }
  test::Collect seen;
  Capture capture({}, seen, "test");
  std::int64_t time = 1'700'000'000'000'000'000;
  for (std::size_t i = 0; i < wire.packets.size(); ++i) {
    const auto pause = wire.pauses.find(i);
    time += 1'000'000 + (pause == wire.pauses.end() ? 0 : pause->second * std::int64_t{1'000'000'000});
    capture.packet({time, wire.packets[i], static_cast<std::uint32_t>(wire.packets[i].size()), 101});
  }
  capture.finish();
  EXPECT_EQ(seen.broken, 0);
  std::vector<std::string> out;
  for (const char* by : {"request", "response"}) {
    for (const auto& whole : seen.contents) {
      if (whole.from->kind != model::ContentKind::http_body || whole.from->fields.text("unmapped.fengsui.carried_by") != by) continue;
      out.push_back(std::string(by) + ":" + std::string(base::text(whole.bytes)));
    }
  }
  return out;
}

TEST(Evasion, BodiesAreThoseThatTheReceiverGets) {
  const std::vector<Case> cases = load();
  EXPECT_GE(cases.size(), 100u);
  for (const Case& c : cases) {
    const std::string where = "evasion.case:" + std::to_string(c.line) + ": " + c.name;
    EXPECT_EQ(bodies(c, c.steps, false), c.expected) << where;
    if (c.fixed()) continue;
    for (const std::size_t size : {1, 2, 7}) {
      EXPECT_EQ(bodies(c, cut(c.steps, size), false), c.expected) << where << ", in pieces of " << size;
      if (c.has("no-handshake") || c.has("ordered")) continue;
      EXPECT_EQ(bodies(c, cut(c.steps, size), true), c.expected) << where << ", in pieces of " << size << " out of order";
    }
  }
}

}  // namespace
}  // namespace fengsui::capture
