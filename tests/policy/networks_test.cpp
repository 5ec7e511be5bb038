// Lists of networks, and flows as events.
#include "policy/networks.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "policy/engine.h"
#include "policy/traffic.h"

namespace fengsui::policy {
namespace {

NetworkList list(std::string_view text) {
  auto out = NetworkList::parse(text, "list.txt");
  EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().what);
  return out ? std::move(*out) : NetworkList{};
}

TEST(Networks, AnAddressIsInsideExactlyFromTheFirstToTheLastOfItsNetwork) {
  const auto l = list("# note\n\n198.51.100.64/26  partner\r\n  203.0.113.9\n2001:db8:1::/48 lab\n");
  EXPECT_EQ(l.size(), 3u);
  for (const char* inside : {"198.51.100.64", "198.51.100.127", "203.0.113.9", "2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff"}) EXPECT_TRUE(l.contains(inside)) << inside;
  for (const char* outside : {"198.51.100.63", "198.51.100.128", "203.0.113.8", "203.0.113.10", "2001:db8:0:ffff::", "2001:db8:2::", "", "name", "198.51.100", "1:2", "::ffff:1.2.3.4x"})
    EXPECT_FALSE(l.contains(outside)) << outside;
}

TEST(Networks, OverlappingAndNeighbouringNetworksActAsTheirUnion) {
  const auto l = list("10.0.0.0/8\n10.1.0.0/16\n11.0.0.0/8\n0.0.0.0/32\n255.255.255.255/32\n");
  for (const char* inside : {"10.0.0.0", "10.255.255.255", "11.0.0.0", "10.1.2.3", "0.0.0.0", "255.255.255.255"}) EXPECT_TRUE(l.contains(inside)) << inside;
  for (const char* outside : {"9.255.255.255", "12.0.0.0", "0.0.0.1", "255.255.255.254", "::", "::a00:0"}) EXPECT_FALSE(l.contains(outside)) << outside;
  EXPECT_TRUE(list("0.0.0.0/0").contains("8.8.8.8"));
  EXPECT_FALSE(list("0.0.0.0/0").contains("2001:db8::1")) << "IPv4 only";
  EXPECT_TRUE(list("::/0").contains("2001:db8::1"));
}

TEST(Networks, AnIPv4AddressWrittenAsIPv6IsTheSameAddress) { EXPECT_TRUE(list("198.51.100.0/24").contains("::ffff:198.51.100.7")); }

TEST(Networks, ALineThatIsNoNetworkIsNamedWithFileAndLine) {
  for (const char* bad : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "10.0.0", "::1/129", "host.example", "10.0.0.1/8", "2001:db8::1/64", "010.0.0.1", "/8"}) {
    auto out = NetworkList::parse(std::string("# first\n") + bad + "\n", "approved.txt");
    ASSERT_FALSE(out.has_value()) << bad;
    EXPECT_EQ(out.error().code, base::Errc::malformed);
    EXPECT_TRUE(out.error().what.starts_with("approved.txt:2: ")) << out.error().what;
  }
}

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("fengsui-networks-" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const char* name, const char* text) { std::ofstream(path / name) << text; }
};

model::Flow flow_to(const char* server) {
  model::Flow flow;
  flow.client = {"10.1.1.9", 40000};
  flow.server = {server, 443};
  flow.app = "tls";
  flow.sent.bytes = 70000;
  flow.last = 1795536000000 - 1;  // 2026-11-24 23:59:59.999 in China
  flow.pid = 7;
  flow.process = "curl";
  flow.executable = "/usr/bin/curl";
  flow.account = "clerk";
  return flow;
}

TEST(Networks, WithoutAListOfApprovedDestinationsNoneIsUnapprovedAndWithoutDomesticNetworksNothingIsAbroad) {
  Folder folder;
  folder.write("internal.txt", "10.0.0.0/8\n");
  auto networks = Networks::load(folder.path);
  ASSERT_TRUE(networks.has_value());
  EXPECT_EQ((*networks)->kind("10.2.3.4"), "internal");
  EXPECT_EQ((*networks)->kind("198.51.100.7"), "outside");
  auto event = activity_of(flow_to("198.51.100.7"), networks->get());
  EXPECT_EQ(event.fields.text("unmapped.fengsui.destination"), "outside");
  EXPECT_EQ(event.fields.find("unmapped.fengsui.abroad"), nullptr);
  EXPECT_EQ(*event.fields.find("unmapped.fengsui.hour"), model::Value(std::int64_t{23}));
  const std::string before = (*networks)->digest;
  folder.write("approved.txt", "# none yet\n");
  networks = Networks::load(folder.path);
  EXPECT_EQ((*networks)->kind("198.51.100.7"), "outside") << "an empty list approves nothing and forbids nothing";
  EXPECT_NE((*networks)->digest, before) << "the lists are part of the rules in force";
  folder.write("approved.txt", "broken\n");
  EXPECT_FALSE(Networks::load(folder.path).has_value());
}

TEST(Networks, AFlowToAnUnapprovedDestinationAbroadIsFoundWithProcessAndAccount) {
  Folder folder;
  folder.write("internal.txt", "10.0.0.0/8\n");
  folder.write("approved.txt", "203.0.113.0/24\n");
  folder.write("domestic.txt", "203.0.113.0/24\n192.0.2.0/24\n");
  auto networks = Networks::load(folder.path);
  ASSERT_TRUE(networks.has_value());
  const std::filesystem::path rules = std::filesystem::path(FENGSUI_SOURCE_DIR) / "rules";
  auto set = RuleSet::load({rules / "policies", rules / "correlations"});
  ASSERT_TRUE(set.has_value());
  Engine engine(*set, *networks);
  const auto rules_of = [&](const char* server) {
    std::string out;
    for (const auto& finding : engine.evaluate(flow_to(server))) out += finding.rule + " ";
    return out;
  };
  EXPECT_EQ(rules_of("203.0.113.5"), "");
  EXPECT_EQ(rules_of("10.9.9.9"), "");
  EXPECT_EQ(rules_of("192.0.2.5"), "TRA-3 ");
  EXPECT_EQ(rules_of("198.51.100.7"), "TRA-3 TRA-3A ");
  const auto findings = engine.evaluate(flow_to("198.51.100.7"));
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].message.en, "Process curl (account clerk) on 10.1.1.9 sent 70000 bytes to 198.51.100.7:443, which was not approved (tls)");
  EXPECT_EQ(findings[0].fields.text("actor.process.path"), "/usr/bin/curl");
}

}  // namespace
}  // namespace fengsui::policy
