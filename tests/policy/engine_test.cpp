#include "policy/engine.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "policy/correlate.h"
#include "policy/rule.h"
#include "policy/support/folder.h"

namespace fengsui::policy {
namespace {

constexpr base::UnixMs kNow = 1'795'521'600'000;
const std::filesystem::path kRules = std::filesystem::path(FENGSUI_SOURCE_DIR) / "rules";

std::shared_ptr<const RuleSet> own() {
  auto rules = RuleSet::load({kRules / "policies", kRules / "correlations"});
  EXPECT_TRUE(rules.has_value());
  return *rules;
}

model::Conclusion file_with(std::vector<std::string> digests, std::uint64_t clear = 5) {
  auto from = std::make_shared<model::Provenance>();
  from->stage = model::Stage::storage;
  from->sensor = "file_scan";
  from->time = kNow;
  from->object = "/srv/data/a.csv";
  from->fields.set("file.path", "/srv/data/a.csv");
  from->fields.set("file.owner.name", "root");
  from->fields.set("unmapped.fengsui.file_mode", "0644");
  from->fields.set("unmapped.fengsui.others_read", model::Value(true));
  model::Conclusion out;
  out.from = from;
  model::TypeCount type;
  type.type = "citizen_id";
  type.clear = clear;
  type.digests = std::move(digests);
  out.types.push_back(type);
  out.unread = {"b.zip: encrypted"};
  return out;
}

model::Activity login(bool success, base::UnixMs time, const std::string& user = "op01") {
  model::Activity a;
  a.time = time;
  a.class_uid = 3002;
  a.activity_id = 1;
  a.sensor = "login_log";
  a.source = {"linux", "authentication", "sshd"};
  a.fields.set("user.name", model::Value(user));
  a.fields.set("src_endpoint.ip", "10.1.1.9");
  a.fields.set("service.name", "sshd");
  a.fields.set("status_id", model::Value(std::int64_t{success ? 1 : 2}));
  return a;
}

TEST(Engine, AnExposedFileGivesOneFindingThatSaysWhatAPersonMustKnow) {
  Engine engine(own());
  const auto findings = engine.evaluate(file_with({"aa", "bb"}));
  ASSERT_EQ(findings.size(), 1u);
  const model::Finding& f = findings[0];
  EXPECT_EQ(f.rule, "STO-1");
  EXPECT_EQ(f.rule_version, "1");
  EXPECT_EQ(f.rule_uuid.size(), 36u);
  EXPECT_EQ(f.kind, model::FindingKind::content);
  EXPECT_EQ(f.stage, model::Stage::storage);
  EXPECT_EQ(f.severity, model::Severity::high);
  EXPECT_EQ(f.clause, "16b");
  EXPECT_EQ(f.message.zh, "文件 /srv/data/a.csv（权限 0644，属主 root）含 5 处个人信息（citizen_id）");
  EXPECT_EQ(f.message.en, "File /srv/data/a.csv (mode 0644, owner root) holds 5 personal values (citizen_id)");
  ASSERT_EQ(f.data.size(), 1u);
  EXPECT_EQ(f.data[0].clear, 5u);
  EXPECT_EQ(f.unread, std::vector<std::string>{"b.zip: encrypted"});
  EXPECT_EQ(f.fields.text("file.path"), "/srv/data/a.csv");
  EXPECT_EQ(f.time, kNow);
}

TEST(Engine, TheIdDependsOnRuleObjectAndValuesOnly) {
  Engine engine(own());
  const auto id = [&](const model::Conclusion& c) { return engine.evaluate(c).at(0).id; };
  const std::string first = id(file_with({"aa", "bb"}));
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ(id(file_with({"bb", "aa"})), first);  // order of appearance does not matter
  EXPECT_NE(id(file_with({"aa", "bc"})), first);
  auto later = file_with({"aa", "bb"});
  auto moved = std::make_shared<model::Provenance>(*later.from);
  moved->time += 86'400'000;
  later.from = moved;
  EXPECT_EQ(id(later), first);
  auto member = std::make_shared<model::Provenance>(*moved);
  member->member = "x.csv";
  later.from = member;
  EXPECT_NE(id(later), first);
}

TEST(Engine, AConclusionWithoutPersonalDataGivesNothing) {
  Engine engine(own());
  EXPECT_TRUE(engine.evaluate(file_with({}, 0)).empty());
  EXPECT_TRUE(engine.evaluate(model::Conclusion{}).empty());
}

TEST(Engine, SixFailuresThenASuccessAreTwoFindingsOfOneAccount) {
  Engine engine(own());
  std::vector<model::Finding> all;
  const auto feed = [&](const model::Activity& a) {
    for (auto& f : engine.evaluate(a)) all.push_back(std::move(f));
  };
  for (int i = 0; i < 6; ++i) feed(login(false, kNow + i * 10'000));
  feed(login(true, kNow + 300'000, "other"));
  feed(login(true, kNow + 300'000));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].rule, "OPS-1F");
  EXPECT_EQ(all[0].first_seen, kNow);
  EXPECT_EQ(all[0].message.en, "Account op01 failed to log in 5 times within ten minutes, last from 10.1.1.9");
  EXPECT_EQ(all[1].rule, "OPS-1");
  EXPECT_EQ(all[1].severity, model::Severity::high);
  EXPECT_EQ(all[1].first_seen, kNow + 40'000);
  EXPECT_EQ(all[1].last_seen, kNow + 300'000);
}

TEST(Engine, AStormOfFailuresGivesOneFindingPerTimespan) {
  Engine engine(own());
  std::size_t findings = 0;
  for (int i = 0; i < 3000; ++i) findings += engine.evaluate(login(false, kNow + i * 1000)).size();  // 50 minutes
  EXPECT_EQ(findings, 5u);                                                                           // 10 minutes each
}

TEST(Engine, CorrelationGroupsAreBoundedAndEvictionsCounted) {
  Engine engine(own());
  for (std::size_t i = 0; i < Correlator::kMaxGroups + 10; ++i)
    engine.evaluate(login(false, kNow + static_cast<base::UnixMs>(i), "u" + std::to_string(i)));
  std::uint64_t evicted = 0;
  for (const auto& sample : engine.counters()) {
    if (sample.name == "policy_correlation_groups_evicted_total") evicted = sample.value;
  }
  EXPECT_EQ(evicted, 10u);
}

TEST(Engine, ACommunityRuleCarriesItsAuthorIntoTheFinding) {
  support::Folder folder;
  folder.write("r.yml",
               "title: T\nid: 11111111-2222-3333-4444-555555555555\nauthor: A. N. Other\nlevel: high\nlogsource: "
               "{product: linux, category: process_creation}\n"
               "detection: {s: {CommandLine|contains: shadow}, condition: s}\n");
  auto rules = RuleSet::load({folder.path()});
  ASSERT_TRUE(rules.has_value());
  Engine engine(*rules);
  model::Activity a;
  a.class_uid = 1007;
  a.time = kNow;
  a.stage = model::Stage::operation;
  a.source = {"linux", "process_creation", "sudo"};
  a.fields.set("process.cmd_line", "cat /etc/SHADOW");
  const auto findings = engine.evaluate(a);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule_author, "A. N. Other");
  EXPECT_EQ(findings[0].rule_uuid, "11111111-2222-3333-4444-555555555555");
  EXPECT_EQ(findings[0].kind, model::FindingKind::behaviour);
  a.source.product = "windows";
  EXPECT_TRUE(engine.evaluate(a).empty());
}

TEST(RuleSet, ARuleWhoseSensorDoesNotRunIsKnownToBeUnavailable) {
  std::vector<std::string> sensors = {"login_log", "pcap:eth0"};
  const auto rules = own();
  const auto available = [&](std::string_view id) {
    for (const RuleInfo& rule : rules->rules()) {
      if (rule.id == id) return satisfiable(rule, sensors);
    }
    ADD_FAILURE() << id << " is not loaded";
    return false;
  };
  EXPECT_TRUE(available("OPS-1"));
  EXPECT_TRUE(available("TRA-1"));
  EXPECT_TRUE(available("PRO-1"));  // the capture reads database protocols
  EXPECT_FALSE(available("STO-1"));
  sensors = {"login_log"};
  EXPECT_TRUE(available("OPS-1"));
  EXPECT_FALSE(available("PRO-1"));
  EXPECT_FALSE(available("TRA-1"));
}

TEST(RuleSet, AMissingFolderIsAnError) {
  auto rules = RuleSet::load({"/nonexistent/rules"});
  ASSERT_FALSE(rules.has_value());
  EXPECT_EQ(rules.error().code, base::Errc::not_found);
}

TEST(RuleSet, TheDigestChangesWithAnyByteAndAnyName) {
  support::Folder a, b, c;
  const std::string text = "title: T\nid: 1\nlogsource: {product: t}\ndetection: {s: {x: 1}, condition: s}\n";
  a.write("r.yml", text);
  b.write("q.yml", text);
  c.write("r.yml", text + "\n");
  const auto digest = [](const support::Folder& f) { return (*RuleSet::load({f.path()}))->digest(); };
  EXPECT_EQ(digest(a).size(), 64u);
  EXPECT_EQ(digest(a), digest(a));
  EXPECT_NE(digest(a), digest(b));
  EXPECT_NE(digest(a), digest(c));
}

TEST(RuleSet, ACorrelationOfAMissingRuleIsAProblemAndTheRestLoads) {
  support::Folder folder;
  folder.write(
      "r.yml",
      "title: C\nid: c\ncorrelation: {type: event_count, rules: [nowhere], timespan: 5m, condition: {gte: 2}}\n---\n"
      "title: D\nid: d\ncorrelation: {type: event_count, rules: [c], timespan: 5m, condition: {gte: 2}}\n---\n"
      "title: T\nid: t\nlogsource: {product: t}\ndetection: {s: {x: 1}, condition: s}\n");
  auto rules = RuleSet::load({folder.path()});
  ASSERT_TRUE(rules.has_value());
  EXPECT_EQ((*rules)->rules().size(), 1u);
  ASSERT_EQ((*rules)->problems().size(), 2u);
  EXPECT_NE((*rules)->problems()[0].what.find("nowhere"), std::string::npos);
}

TEST(RuleSet, EveryTruncationOfARuleFileIsLoadedOrRefused) {
  const std::string text =
      "title: T\nid: t\nlogsource: {product: t}\ndetection:\n  s:\n    a|contains|all: [x, 'y*']\n    b|re: '^a+$'\n  "
      "condition: s and not 1 of s*\nlevel: low\n";
  for (std::size_t n = 0; n <= text.size(); ++n) {
    FieldTable fields;
    const ParsedFile parsed = parse_file("t.yml", text.substr(0, n), fields);
    EXPECT_FALSE(parsed.rules.empty() && parsed.problems.empty()) << n;
  }
}

TEST(RuleSet, MoreValuesThanTheLimitAreRefused) {
  std::string text = "title: T\nid: t\nlogsource: {product: t}\ndetection:\n  condition: s\n  s:\n    a:\n";
  for (int i = 0; i < 20'001; ++i) text += "      - v\n";
  FieldTable fields;
  const ParsedFile parsed = parse_file("t.yml", text, fields);
  EXPECT_TRUE(parsed.rules.empty());
  ASSERT_EQ(parsed.problems.size(), 1u);
  EXPECT_NE(parsed.problems[0].what.find("20000"), std::string::npos);
}

}  // namespace
}  // namespace fengsui::policy
