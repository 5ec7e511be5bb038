#include "evidence/leaf.h"

#include <gtest/gtest.h>

#include "base/encode.h"
#include "evidence/body.h"

namespace fengsui::evidence {
namespace {
using base::Errc;

crypto::SigningKey key(std::uint8_t n) { return crypto::SigningKey::from_seed(base::Bytes(32, n)); }

std::string text_of(const Leaf& leaf) { return std::string(base::text(leaf.bytes)); }

TEST(Leaf, HasTheBytesThatTheFormatNames) {
  auto note = sign_record("maint", Json::object().set("asset", "db01").set("from", 1).set("to", 2).set("why", "升级"), "op/li", key(1));
  auto leaf = with_header("maint", "510903-edu", 1'790'000'000'123, note);
  ASSERT_TRUE(leaf);
  auto text = text_of(*leaf);
  EXPECT_TRUE(text.starts_with("fengsui-leaf/v1 maint 510903-edu 1790000000123\nfengsui-rec/v1 maint\n"
                               "{\"asset\":\"db01\",\"from\":1,\"to\":2,\"why\":\"升级\"}\n\n— op/li "));
  base::Bytes prefixed = {0};
  base::append(prefixed, base::View(leaf->bytes));
  EXPECT_EQ(leaf->hash, crypto::sha256(base::View(prefixed)));
  auto parsed = parse_leaf(leaf->bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->kind, "maint");
  EXPECT_EQ(parsed->dept, "510903-edu");
  EXPECT_EQ(parsed->rx, 1'790'000'000'123);
  EXPECT_EQ(parsed->note, note);
  EXPECT_TRUE(parsed->known);
  EXPECT_EQ(parse_maintenance(parsed->record.body)->why, "升级");
}

TEST(Leaf, IsRefusedWhenCutAnywhere) {
  auto leaf = with_header("gap", "u", 5, sign_record("gap", to_json(Gap{"a", "s", "no heartbeat", 1, 2}), "c", key(1)));
  ASSERT_TRUE(parse_leaf(leaf->bytes));
  for (std::size_t n = 0; n < leaf->bytes.size(); ++n) EXPECT_FALSE(parse_leaf(base::View(leaf->bytes).first(n))) << n;
}

TEST(Leaf, UnknownKindsAndVersionsAreReportedNotSkipped) {
  auto unknown = with_header("telepathy", "u", 5, sign_record("telepathy", Json::object(), "c", key(1)));
  EXPECT_FALSE(parse_leaf(unknown->bytes)->known);
  auto later = with_header("gap", "u", 5, sign_note("fengsui-rec/v2 gap\n{}\n", "c", key(1)));
  EXPECT_FALSE(parse_leaf(later->bytes)->known);
}

TEST(Leaf, HeaderAndRecordMustAgree) {
  auto leaf = with_header("maint", "u", 5, sign_record("gap", Json::object(), "c", key(1)));
  EXPECT_EQ(parse_leaf(leaf->bytes).error().code, Errc::mismatch);
}

TEST(Leaf, HeadersAreStrict) {
  auto note = sign_record("gap", Json::object(), "c", key(1));
  for (std::string header : {"fengsui-leaf/v1 gap u 05", "fengsui-leaf/v1 gap u -5", "fengsui-leaf/v1 gap u -0", "fengsui-leaf/v1 gap u", "fengsui-leaf/v1 gap u 5 6", "fengsui-leaf/v1  u 5",
                             "fengsui-leaf/v2 gap u 5", "fengsui-leaf/v1 gap u 9007199254740992", "fengsui-leaf/v1 g+p u 5"})
    EXPECT_FALSE(parse_leaf(base::view(header + "\n" + note))) << header;
  EXPECT_FALSE(with_header("a b", "u", 5, note));
  EXPECT_FALSE(with_header("gap", "u", -5, note));
}

TEST(Leaf, LargerThanAnEntryBundleCanHoldIsRefused) {
  EXPECT_EQ(with_header("gap", "u", 5, std::string(kMaxLeafBytes, 'x')).error().code, Errc::limit);
  EXPECT_EQ(parse_leaf(base::Bytes(kMaxLeafBytes + 1, 'x')).error().code, Errc::limit);
  EXPECT_EQ(entry_leaf("{" + std::string(kMaxLeafBytes, 'x')).error().code, Errc::limit);
}

TEST(Leaf, ARekorEntryIsALeafWithoutHeader) {
  auto leaf = entry_leaf(R"({"apiVersion":"0.0.2","kind":"dsse","spec":{}})");
  auto parsed = parse_leaf(leaf->bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->kind, "dsse");
  EXPECT_FALSE(parsed->rx);
  EXPECT_EQ(parsed->record.body.text("apiVersion"), "0.0.2");
  EXPECT_FALSE(entry_leaf("[]"));
}

TEST(Bodies, SurviveTheirJson) {
  Scope s;
  s.dept = "510903-edu";
  s.from = 7;
  s.assets = {{"db01", "510903-edu/db01", {"file_scan", "login_log"}}};
  s.rules = {"ab"};
  auto again = parse_scope(to_json(s));
  ASSERT_TRUE(again);
  EXPECT_EQ(to_json(*again), to_json(s));
  Enrol e{"510903-edu/db01", "db01", "k", "", "ff", 3};
  EXPECT_EQ(to_json(*parse_enrol(to_json(e))), to_json(e));
  IncidentStep i{"inc-1", {"f1", "f2"}, 4, "l3", "triaged", "li", "因", 5, 6};
  EXPECT_EQ(to_json(*parse_incident(to_json(i))), to_json(i));
  GapExplained g{"db01", "停电", "li", 1, 2};
  EXPECT_EQ(to_json(*parse_gap_explained(to_json(g))), to_json(g));
  Revoke r{"510903-edu/db01", "lost", 9};
  EXPECT_EQ(to_json(*parse_revoke(to_json(r))), to_json(r));
  RulesChange c{"ab", "li", 9};
  EXPECT_EQ(to_json(*parse_rules(to_json(c))), to_json(c));
}

TEST(Bodies, NameTheKeyThatIsWrong) {
  auto j = to_json(Maintenance{"db01", "x", 5, 5});
  EXPECT_EQ(parse_maintenance(j).error().what, "maint: 'to' is not after 'from'");
  auto i = to_json(IncidentStep{"i", {}, 4, "l5", "triaged", "li", "", 5, 0});
  EXPECT_EQ(parse_incident(i).error().what, "incident: 'level' is not l1..l4");
}

}  // namespace
}  // namespace fengsui::evidence
