// What is usual, and what is not: interfaces, readers of tables, names in DNS.
#include "policy/habits.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "policy/dns_tunnel.h"

namespace fengsui::policy {
namespace {

constexpr base::UnixMs kStart = 1'795'500'000'000 / 3'600'000 * 3'600'000;
constexpr std::int64_t kHour = 3'600'000;

model::Activity call(const std::string& path, base::UnixMs time, std::int64_t code = 200, const char* method = "GET") {
  model::Activity a;
  a.class_uid = 4002;
  a.time = time;
  a.fields.set("http_request.http_method", method);
  a.fields.set("http_request.url.path", path);
  a.fields.set("http_request.url.hostname", "app.example");
  a.fields.set("http_response.code", model::Value(code));
  return a;
}

model::Activity read(std::int64_t rows, base::UnixMs time, const char* account = "hr") {
  model::Activity a;
  a.class_uid = 6005;
  a.time = time;
  a.fields.set("actor.user.name", account);
  a.fields.set("dst_endpoint.ip", "10.0.0.5");
  a.fields.set("database.name", "hr");
  a.fields.set("unmapped.fengsui.table", "t_person");
  a.fields.set("unmapped.fengsui.rows", model::Value(rows));
  return a;
}

bool marked(const model::Activity& a, const char* name) {
  const model::Value* value = a.fields.find(std::string("unmapped.fengsui.") + name);
  return value != nullptr && *value == model::Value(true);
}

TEST(Habits, APathIsItsShapeWithWhatNamesOneItemTakenOut) {
  EXPECT_EQ(api_path("/person/510107199003071236/orders/17").shape, "/person/{}/orders/{}");
  EXPECT_EQ(api_path("/v1/u/3f2504e0-4f89-11d3-9a0c-0305e82c3301").shape, "/v1/u/{}");
  EXPECT_EQ(api_path("/file/deadbeef01?id=5#x").shape, "/file/{}");
  EXPECT_EQ(api_path("/report2026.csv").shape, "/{}");
  EXPECT_EQ(api_path("/").shape, "/");
  EXPECT_EQ(api_path("").shape, "");
  EXPECT_EQ(api_path("//a//7/").shape, "//a//{}/");
  EXPECT_TRUE(api_path("/a/7").items);
  for (const char* fixed : {"/api/v2/login", "/decade/facade", "/h2/console", "/login"}) {
    EXPECT_EQ(api_path(fixed).shape, fixed);
    EXPECT_FALSE(api_path(fixed).items) << fixed;
  }
}

TEST(Habits, AnInterfaceIsNewOnlyOnceAndOnlyAfterTheTimeOfLearning) {
  Habits habits;
  auto known = call("/person/1", kStart);
  habits.mark(known);
  EXPECT_FALSE(marked(known, "api_new"));
  EXPECT_EQ(known.fields.text("unmapped.fengsui.api"), "GET app.example /person/{}");
  auto early = call("/export", kStart + 7 * 24 * kHour - 1);
  habits.mark(early);
  EXPECT_FALSE(marked(early, "api_new"));
  auto other_item = call("/person/99", kStart + 8 * 24 * kHour);
  habits.mark(other_item);
  EXPECT_FALSE(marked(other_item, "api_new"));
  auto fresh = call("/admin/dump", kStart + 8 * 24 * kHour);
  habits.mark(fresh);
  EXPECT_TRUE(marked(fresh, "api_new"));
  auto again = call("/admin/dump", kStart + 8 * 24 * kHour + 1);
  habits.mark(again);
  EXPECT_FALSE(marked(again, "api_new"));
  auto other_method = call("/admin/dump", kStart + 8 * 24 * kHour + 2, 200, "DELETE");
  habits.mark(other_method);
  EXPECT_TRUE(marked(other_method, "api_new"));
  EXPECT_EQ(habits.interfaces().size(), 4u);
  EXPECT_EQ(habits.interfaces()[0].name, "DELETE app.example /admin/dump");
}

TEST(Habits, AScanForPathsThatDoNotExistFillsNoInventory) {
  Habits habits;
  for (int i = 0; i < 1000; ++i) {
    auto probe = call("/probe" + std::string(1, static_cast<char>('a' + i % 26)) + std::to_string(i % 7), kStart + 8 * 24 * kHour + i, 404);
    habits.mark(probe);
    EXPECT_FALSE(marked(probe, "api_new"));
  }
  EXPECT_TRUE(habits.interfaces().empty());
}

TEST(Habits, AReaderIsUnusualFarAboveItsOwnHoursAndToldOnceAnHour) {
  Habits habits;
  for (int hour = 0; hour < 24; ++hour) {
    auto usual = read(1000 + hour % 3, kStart + hour * kHour);
    habits.mark(usual);
    EXPECT_FALSE(marked(usual, "above_baseline")) << hour;
  }
  auto at_five_times = read(5004, kStart + 24 * kHour);  // the mean is 1001
  habits.mark(at_five_times);
  EXPECT_FALSE(marked(at_five_times, "above_baseline"));
  auto above = read(2, kStart + 24 * kHour + 1);
  habits.mark(above);
  EXPECT_TRUE(marked(above, "above_baseline"));
  EXPECT_EQ(*above.fields.find("unmapped.fengsui.rows_hour"), model::Value(std::int64_t{5006}));
  EXPECT_EQ(*above.fields.find("unmapped.fengsui.baseline_rows"), model::Value(std::int64_t{1001}));
  EXPECT_EQ(*above.fields.find("unmapped.fengsui.baseline_hours"), model::Value(std::int64_t{24}));
  auto more = read(100000, kStart + 24 * kHour + 2);
  habits.mark(more);
  EXPECT_FALSE(marked(more, "above_baseline")) << "once an hour";
  auto another = read(100000, kStart + 24 * kHour + 3, "intern");
  habits.mark(another);
  EXPECT_FALSE(marked(another, "above_baseline")) << "of this account nothing is known yet, and it says so";
  EXPECT_EQ(*another.fields.find("unmapped.fengsui.baseline_hours"), model::Value(std::int64_t{0}));
}

TEST(Habits, SmallHoursAreNeverUnusual) {
  Habits habits;
  for (int hour = 0; hour < 30; ++hour) {
    auto usual = read(1, kStart + hour * kHour);
    habits.mark(usual);
  }
  auto above = read(999, kStart + 31 * kHour);
  habits.mark(above);
  EXPECT_FALSE(marked(above, "above_baseline"));
}

TEST(Habits, SurviveARestartAndDamagedOnesAreRefusedWhole) {
  Habits habits;
  auto a = call("/person/1", kStart);
  habits.mark(a);
  for (int hour = 0; hour < 24; ++hour) {
    auto usual = read(1000, kStart + hour * kHour);
    habits.mark(usual);
  }
  const base::Bytes saved = habits.save();
  Habits restored;
  ASSERT_TRUE(restored.restore(saved).has_value());
  EXPECT_EQ(restored.save(), saved);
  auto above = read(9000, kStart + 24 * kHour);
  restored.mark(above);
  EXPECT_TRUE(marked(above, "above_baseline"));
  for (std::size_t cut = 0; cut < saved.size(); ++cut) {
    Habits fresh;
    EXPECT_FALSE(fresh.restore(base::View(saved).first(cut)).has_value()) << cut;
    EXPECT_TRUE(fresh.interfaces().empty());
  }
  base::Bytes longer = saved;
  longer.push_back(0);
  EXPECT_FALSE(Habits().restore(longer).has_value());
}

TEST(Habits, AtTheBoundTheOneNotSeenForLongestIsForgottenAndCounted) {
  HabitLimits limits;
  limits.max_interfaces = limits.max_readers = 2;
  Habits habits(limits);
  for (const char* path : {"/a", "/b", "/a", "/c"}) {
    auto x = call(path, kStart);
    habits.mark(x);
  }
  ASSERT_EQ(habits.interfaces().size(), 2u);
  EXPECT_EQ(habits.interfaces()[1].name, "GET app.example /a");
  for (const char* account : {"u1", "u2", "u3"}) {
    auto x = read(1, kStart, account);
    habits.mark(x);
  }
  for (const auto& sample : habits.counters()) {
    if (sample.name == "policy_habits_forgotten_total") {
      EXPECT_EQ(sample.value, 2u);
    }
  }
}

model::Activity query(const std::string& name, const char* type = "A", base::UnixMs time = kStart) {
  model::Activity a;
  a.class_uid = 4003;
  a.activity_id = 1;
  a.time = time;
  a.fields.set("query.hostname", name);
  a.fields.set("query.type", type);
  return a;
}

std::int64_t score_of(const model::Activity& a) {
  const model::Value* value = a.fields.find("unmapped.fengsui.dns_tunnel_score");
  return value != nullptr ? std::get<std::int64_t>(*value) : 0;
}

TEST(DnsTunnel, TheParentIsWhatSomebodyRegistered) {
  EXPECT_EQ(parent_domain("a.b.example.com"), "example.com");
  EXPECT_EQ(parent_domain("a.suining.gov.cn"), "suining.gov.cn");
  EXPECT_EQ(parent_domain("x.y.co.uk."), "y.co.uk");
  EXPECT_EQ(parent_domain("gov.cn"), "gov.cn");
  EXPECT_EQ(parent_domain("a.gov.cn"), "a.gov.cn");
  EXPECT_EQ(parent_domain("host"), "");
  EXPECT_EQ(parent_domain(".cn"), "");
  EXPECT_EQ(parent_domain(""), "");
}

// Text in base32, thirty characters a name, as every tunnel tool does in one form or another.
TEST(DnsTunnel, ManyLongNamesThatNeverRepeatAreToldOnceAWindow) {
  DnsTunnel tunnel;
  std::uint64_t state = 1;
  int told = 0;
  for (int i = 0; i < 200; ++i) {
    std::string name;
    for (int c = 0; c < 30; ++c) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      name.push_back("abcdefghijklmnopqrstuvwxyz234567"[state >> 59]);
    }
    auto a = query(name + ".t.evil.example", "TXT", kStart + i);
    tunnel.mark(a);
    if (score_of(a) != 0) ++told;
    EXPECT_EQ(a.fields.text("unmapped.fengsui.dns_parent"), "evil.example");
  }
  EXPECT_EQ(told, 1);
}

TEST(DnsTunnel, OrdinaryNamesOfABusyDomainAreNotTold) {
  DnsTunnel tunnel;
  const char* hosts[] = {"www", "mail", "img1", "img2", "api", "static", "cdn", "login", "m", "news", "map", "video", "pay", "open", "help", "sso", "oa", "vpn", "ns1", "ns2", "edu", "jkj", "mzj", "tyj", "zwfw"};
  for (int i = 0; i < 5000; ++i) {
    auto a = query(std::string(hosts[i % 25]) + ".suining.gov.cn", i % 2 ? "A" : "AAAA", kStart + i);
    tunnel.mark(a);
    ASSERT_EQ(score_of(a), 0);
  }
}

TEST(DnsTunnel, NumberedHostsAndReverseNamesAreNotTold) {
  DnsTunnel tunnel;
  for (int i = 0; i < 400; ++i) {
    auto numbered = query("r" + std::to_string(i % 40) + "---sn-" + std::to_string(i % 9) + ".video.example", "A", kStart + i);
    tunnel.mark(numbered);
    ASSERT_EQ(score_of(numbered), 0) << i;
    auto reverse = query(std::to_string(i % 256) + ".1.168.192.in-addr.arpa", "PTR", kStart + i);
    tunnel.mark(reverse);
    ASSERT_EQ(score_of(reverse), 0);
  }
}

TEST(DnsTunnel, ParentsAreBoundedAndTheForgottenCounted) {
  DnsTunnel tunnel;
  for (std::size_t i = 0; i < DnsTunnel::kMaxParents + 3; ++i) {
    auto a = query("www.d" + std::to_string(i) + ".example");
    tunnel.mark(a);
  }
  for (const auto& sample : tunnel.counters()) {
    if (sample.name == "policy_dns_parents_forgotten_total") {
      EXPECT_EQ(sample.value, 3u);
    }
  }
}

}  // namespace
}  // namespace fengsui::policy
