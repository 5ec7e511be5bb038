// Our view of the reference captures beside Suricata 7.0.10's. Every difference is listed, with its reason, in
// tests/cases/capture/differences.txt; a new one, or one that is gone, fails.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "capture/protocols/http1.h"
#include "capture/segment.h"
#include "tests/capture/lines.h"

namespace fengsui::capture {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

struct Tuple {
  std::uint64_t packets = 0;
  std::set<std::string> apps;
};
using View = std::map<std::string, Tuple>;          // "tcp a:1 b:2", lower end first
using Events = std::map<std::string, int>;          // "GET host /path 200" → times

std::string tuple_name(std::string proto, const std::string& a, std::uint64_t ap, const std::string& b, std::uint64_t bp) {
  std::string x = a + ":" + std::to_string(ap), y = b + ":" + std::to_string(bp);
  if (y < x) std::swap(x, y);
  return proto + " " + x + " " + y;
}

// Suricata writes IPv6 addresses out in full.
std::string short_ip(const std::string& text) {
  Address address;
  return parse_address(text, address) ? to_string(address) : text;
}

std::string str(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v != nullptr && v->is_string() ? std::string(v->as_string()) : "";
}
std::uint64_t num(const json::object& o, std::string_view name) {
  const auto* v = o.if_contains(name);
  return v != nullptr && v->is_number() ? v->to_number<std::uint64_t>() : 0;
}

// Suricata escapes bytes of names as \\xNN, we as \\DDD (RFC 4343).
std::string decimal_escapes(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text.compare(i, 2, "\\x") == 0 && i + 3 < text.size() && std::sscanf(text.c_str() + i + 2, "%2x", &value) == 1) {
      char digits[8];
      std::snprintf(digits, sizeof digits, "\\%03u", value & 255u);
      out += digits;
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string app_name(const std::string& suricata) {
  if (suricata == "pgsql") return "postgresql";
  return suricata == "failed" || suricata == "-" ? "" : suricata;
}

void suricata_view(const fs::path& eve, View& flows, Events& http, Events& dns) {
  std::ifstream in(eve);
  for (std::string line; std::getline(in, line);) {
    boost::system::error_code error;
    const auto value = json::parse(line, error);
    if (error || !value.is_object()) continue;
    const auto& e = value.as_object();
    const std::string type = str(e, "event_type");
    if (type == "flow") {
      std::string proto = str(e, "proto") == "TCP" ? "tcp" : str(e, "proto") == "UDP" ? "udp" : "";
      if (proto.empty()) continue;
      Tuple& t = flows[tuple_name(proto, short_ip(str(e, "src_ip")), num(e, "src_port"), short_ip(str(e, "dest_ip")), num(e, "dest_port"))];
      const auto& f = e.at("flow").as_object();
      t.packets += num(f, "pkts_toserver") + num(f, "pkts_toclient");
      if (const auto app = app_name(str(e, "app_proto")); !app.empty()) t.apps.insert(app);
    } else if (type == "http") {
      const auto& h = e.at("http").as_object();
      std::string path = str(h, "url");
      path = path.substr(0, path.find('?'));
      if (const auto scheme = path.find("://"); scheme != std::string::npos) path = path.find('/', scheme + 3) == std::string::npos ? "/" : path.substr(path.find('/', scheme + 3));
      if (path == "/libhtp::request_uri_not_seen") path.clear();
      ++http[str(h, "http_method") + " " + metadata_path(path) + " " + std::to_string(num(h, "status"))];
    } else if (type == "dns") {
      const auto& d = e.at("dns").as_object();
      if (str(d, "type") == "query") ++dns["query " + str(d, "rrtype") + " " + decimal_escapes(str(d, "rrname"))];
      if (str(d, "type") == "answer") ++dns["response " + str(d, "rrtype") + " " + decimal_escapes(str(d, "rrname")) + " " + str(d, "rcode")];
    }
  }
}

std::string field(const model::Activity& a, std::string_view name) {
  const auto* v = a.fields.find(name);
  if (v == nullptr) return "";
  if (const auto* n = std::get_if<std::int64_t>(v)) return std::to_string(*n);
  if (const auto* s = std::get_if<std::string>(v)) return *s;
  return "";
}

void our_view(const test::Run& run, View& flows, Events& http, Events& dns) {
  for (const auto& f : run.seen.flows) {
    if (f.protocol != 6 && f.protocol != 17) continue;
    Tuple& t = flows[tuple_name(f.protocol == 6 ? "tcp" : "udp", f.client.ip, f.client.port, f.server.ip, f.server.port)];
    t.packets += f.sent.packets + f.received.packets;
    if (!f.app.empty()) t.apps.insert(f.app);
  }
  for (const auto& a : run.seen.activities) {
    if (a.class_uid == 4002) {
      const std::string code = field(a, "http_response.code");
      ++http[field(a, "http_request.http_method") + " " + field(a, "http_request.url.path") + " " + (code.empty() ? "0" : code)];
    } else if (a.class_uid == 4003 && field(a, "dst_endpoint.port") != "5353" && field(a, "dst_endpoint.port") != "5355") {
      const std::string what = field(a, "query.type") + " " + field(a, "query.hostname");
      ++dns[a.activity_id == 1 ? "query " + what : "response " + what];
    }
  }
}

std::string join(const std::set<std::string>& names) {
  std::string out;
  for (const auto& n : names) out += (out.empty() ? "" : ",") + n;
  return out.empty() ? "-" : out;
}

void compare(const std::string& name, const test::Run& run, const fs::path& eve, std::set<std::string>& differences) {
  View theirs, ours;
  Events their_http, our_http, their_dns, our_dns;
  suricata_view(eve, theirs, their_http, their_dns);
  our_view(run, ours, our_http, our_dns);
  for (const auto& [tuple, t] : theirs) {
    const auto at = ours.find(tuple);
    if (at == ours.end()) {
      differences.insert(name + ": flow " + tuple + ": only Suricata");
      continue;
    }
    for (const auto& app : t.apps) {
      if (!at->second.apps.contains(app)) differences.insert(name + ": app " + tuple + ": Suricata " + join(t.apps) + ", ours " + join(at->second.apps));
    }
    if (t.packets != at->second.packets) {
      differences.insert(name + ": packets " + tuple + ": Suricata " + std::to_string(t.packets) + ", ours " + std::to_string(at->second.packets));
    }
  }
  for (const auto& [event, n] : their_http) {
    const int ours_n = our_http.contains(event) ? our_http.at(event) : 0;
    if (ours_n < n) differences.insert(name + ": http " + event + ": Suricata " + std::to_string(n) + ", ours " + std::to_string(ours_n));
  }
  for (const auto& [event, n] : their_dns) {
    const std::string key = event.starts_with("response ") ? event.substr(0, event.rfind(' ')) : event;
    const int ours_n = our_dns.contains(key) ? our_dns.at(key) : 0;
    if (ours_n < n) differences.insert(name + ": dns " + key + ": Suricata " + std::to_string(n) + ", ours " + std::to_string(ours_n));
  }
}

TEST(Peers, DifferencesFromSuricataAreTheListedOnes) {
  const fs::path pcaps = fs::path(FENGSUI_SHARED_DATA) / "pcaps";
  if (!fs::exists(pcaps)) GTEST_SKIP() << "reference captures are not in " << pcaps;
  std::set<std::string> found, listed;
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(pcaps)) {
    const std::string name = entry.path().filename();
    const fs::path eve = pcaps / "expected" / name / "suricata-7.0.10" / "eve.json";
    if (!entry.is_regular_file() || !fs::exists(eve)) continue;
    test::Run run;
    test::run_file(entry.path(), run);
    EXPECT_EQ(run.seen.broken, 0) << name;
    compare(name, run, eve, found);
    ++compared;
  }
  EXPECT_GE(compared, 60);
  std::ifstream list(FENGSUI_SOURCE_DIR "/tests/cases/capture/differences.txt");
  for (std::string line; std::getline(list, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto reason = line.find("  # ");
    ASSERT_NE(reason, std::string::npos) << "a difference without a reason: " << line;
    listed.insert(line.substr(0, reason));
  }
  for (const auto& line : found) EXPECT_TRUE(listed.contains(line)) << "new difference: " << line;
  for (const auto& line : listed) EXPECT_TRUE(found.contains(line)) << "no longer a difference: " << line;
}

// Arkime names flows by Community ID too; its test files say which ones a capture holds.
TEST(Peers, CommunityIdsEqualThoseOfArkime) {
  const fs::path pcaps = fs::path(FENGSUI_SHARED_DATA) / "pcaps";
  if (!fs::exists(pcaps)) GTEST_SKIP() << "reference captures are not in " << pcaps;
  int compared = 0;
  for (const auto& folder : fs::directory_iterator(pcaps / "expected")) {
    const std::string name = folder.path().filename();
    std::set<std::string> ours;
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      if (entry.path().extension() != ".test") continue;
      std::ifstream in(entry.path());
      const std::string text((std::istreambuf_iterator<char>(in)), {});
      test::Run run;
      test::run_file(pcaps / name, run);
      for (const auto& flow : run.seen.flows) ours.insert(flow.community_id);
      constexpr std::string_view key = "\"community_id\" : \"";
      for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
        const auto from = at + key.size();
        EXPECT_TRUE(ours.contains(text.substr(from, text.find('"', from) - from))) << name << " " << text.substr(from, 30);
        ++compared;
      }
    }
  }
  EXPECT_GE(compared, 40);
}

}  // namespace
}  // namespace fengsui::capture
