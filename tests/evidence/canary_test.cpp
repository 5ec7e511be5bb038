// The canary test: its bytes, its bound, and what is and is not counted.
#include "evidence/canary.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/encode.h"
#include "evidence/canary_count.h"
#include "evidence/leaf.h"

namespace fengsui::evidence {
namespace {
using base::Errc;

std::string mark(std::uint8_t n) { return make_marker(base::Bytes(12, n)); }

TEST(Marker, IsThirtyFiveLettersThatCheckThemselves) {
  // 12 bytes 0x01 are "ab" twelve times; the check is the first four bytes of SHA-256("fengsui-marker/v1\n" ‖ those letters), as
  // printf 'fengsui-marker/v1\nabababababababababababab' | sha256sum prints them.
  EXPECT_EQ(mark(1), "fscababababababababababababjibapmgf");
  EXPECT_TRUE(is_marker(mark(1)));
  EXPECT_EQ(mark(7).size(), kMarkerBytes);
}

TEST(Marker, IsFoundInsideANameAndNowhereElse) {
  const auto m = mark(9);
  EXPECT_EQ(find_marker("/srv/share/名单-" + m + ".csv"), m);
  EXPECT_EQ(find_marker("fscfsc" + m), m);
  EXPECT_EQ(find_marker(m + mark(10)), m);
  EXPECT_EQ(find_marker("/srv/share/people.csv"), "");
  for (std::size_t n = 0; n < m.size(); ++n) EXPECT_EQ(find_marker(m.substr(0, n)), "") << n;
  for (std::size_t n = 0; n < m.size(); ++n) {
    auto other = m;
    other[n] = other[n] == 'a' ? 'b' : 'a';
    EXPECT_EQ(find_marker(other), "") << n;
  }
}

CanaryPlan plan() { return {"c-1", "u", {{mark(1), "db01", "file", 10'000'000, 3600}, {mark(2), "db02", "login", 20'000'000, 60}}}; }

TEST(CanaryPlan, ReadsWhatItWrites) {
  auto text = to_json(plan()).dump();
  auto again = parse_canary_plan(text);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(to_json(*again).dump(), text);
  for (std::size_t n = 0; n < text.size(); ++n) EXPECT_FALSE(parse_canary_plan(std::string_view(text).substr(0, n))) << n;
}

TEST(CanaryPlan, IsRefusedWhenAnythingInItIsNotWhatItShouldBe) {
  auto with = [](const std::function<void(CanaryPlan&)>& change) {
    auto p = plan();
    change(p);
    return parse_canary_plan(to_json(p).dump()).has_value();
  };
  EXPECT_TRUE(with([](auto&) {}));
  EXPECT_FALSE(with([](auto& p) { p.items[1].mark = p.items[0].mark; }));
  EXPECT_FALSE(with([](auto& p) { p.items[0].mark = "people.csv"; }));
  EXPECT_FALSE(with([](auto& p) { p.items[0].kind = "dance"; }));
  EXPECT_FALSE(with([](auto& p) { p.items[0].within_s = 0; }));
  EXPECT_FALSE(with([](auto& p) { p.items[0].within_s = 604'801; }));
  EXPECT_FALSE(with([](auto& p) { p.items[0].at = -1; }));
  EXPECT_FALSE(with([](auto& p) { p.items.clear(); }));
  EXPECT_FALSE(with([](auto& p) { p.cid = "two words"; }));
  EXPECT_FALSE(with([](auto& p) {
    p.items.clear();
    for (std::size_t n = 0; n <= kMaxCanaryItems; ++n) p.items.push_back({make_marker(base::View(crypto::sha256(base::view(std::to_string(n)))).first(12)), "a", "file", 1, 1});
  }));
  EXPECT_EQ(parse_canary_plan(std::string(kMaxCanaryPlan + 1, ' ')).error().code, Errc::limit);
}

TEST(CanaryPlan, TheLargestFitsIntoALeaf) {
  CanaryPlan p{"c-1", "510903-edu", {}};
  for (std::size_t n = 0; n < kMaxCanaryItems; ++n)
    p.items.push_back({make_marker(base::View(crypto::sha256(base::view(std::to_string(n)))).first(12)), std::string(64, 'a'), "stream", 1'790'000'000'123, 604'800});
  auto text = to_json(p).dump();
  ASSERT_LE(text.size(), kMaxCanaryPlan);
  auto note = sign_record("canary-reveal", to_json(CanaryReveal{"c-1", base::Bytes(32, 1), text, 5}), "e", crypto::SigningKey::from_seed(base::Bytes(32, 1)));
  auto leaf = with_header("canary-reveal", "510903-edu", 5, note);
  ASSERT_TRUE(leaf);
  auto body = parse_canary_reveal(parse_leaf(leaf->bytes)->record.body);
  ASSERT_TRUE(body) << body.error().what;
  EXPECT_EQ(body->plan, text);
}

TEST(CanaryLeaves, AreRefusedWhenAnyKeyIsMissing) {
  auto commit = to_json(CanaryCommit{"c-1", {}, 1, 2, 3, 0}), reveal = to_json(CanaryReveal{"c-1", base::Bytes(32, 1), "{}", 4});
  EXPECT_TRUE(parse_canary_commit(commit));
  EXPECT_TRUE(parse_canary_reveal(reveal));
  for (const auto& [key, _] : *commit.members()) {
    auto less = Json::object();
    for (const auto& [k, v] : *commit.members())
      if (k != key) less.set(k, v);
    EXPECT_FALSE(parse_canary_commit(less)) << key;
  }
  for (const auto& [key, _] : *reveal.members()) {
    auto less = Json::object();
    for (const auto& [k, v] : *reveal.members())
      if (k != key) less.set(k, v);
    EXPECT_FALSE(parse_canary_reveal(less)) << key;
  }
  EXPECT_FALSE(parse_canary_commit(Json(commit).set("to", 1)));
  EXPECT_FALSE(parse_canary_commit(Json(commit).set("items", 0)));
  EXPECT_FALSE(parse_canary_commit(Json(commit).set("items", kMaxCanaryItems + 1)));
  EXPECT_FALSE(parse_canary_reveal(Json(reveal).set("salt", base::base64(base::Bytes(31, 1)))));
}

TEST(CanaryCommitment, IsTheDigestOfItsThreeParts) {
  // printf 'fengsui-canary/v1\n%032d{}' 0 | sha256sum, the salt being 32 digits 0
  EXPECT_EQ(base::hex(canary_commitment(base::view(std::string(32, '0')), "{}")), "9bc212f4a0697a6f81e43c46693c3a390b25c9c2b44847228eff1ecd0232ee11");
}

TEST(LowerBound, IsThatOfClopperAndPearson) {
  // All found: P(X >= n | p) = p^n = 0.05, so p = 0.05^(1/n) = e^(-2.995732/n).
  //   n = 2: sqrt(0.05) = 0.223606…   n = 30: e^-0.0998577 = 0.904966…   n = 59: e^-0.0507751 = 0.950492…
  EXPECT_EQ(lower_bound_ppm(2, 2), 223'606u);
  EXPECT_EQ(lower_bound_ppm(30, 30), 904'966u);
  EXPECT_EQ(lower_bound_ppm(59, 59), 950'492u);
  // One of two: P(X >= 1) = 1 - (1-p)^2 = 0.05, so p = 1 - sqrt(0.95) = 1 - 0.974679… = 0.025320…
  EXPECT_EQ(lower_bound_ppm(1, 2), 25'320u);
  // Two of three: P(X >= 2) = 3p^2 - 2p^3 = 0.05 at p = 0.135350…: 3 · 0.018320 - 2 · 0.002480 = 0.054959 - 0.004959 = 0.050000
  EXPECT_EQ(lower_bound_ppm(2, 3), 135'350u);
  // Nine of ten, from tables of the exact limits: 0.6058.
  EXPECT_EQ(lower_bound_ppm(9, 10), 605'836u);
  EXPECT_EQ(lower_bound_ppm(0, 5), 0u);
  EXPECT_EQ(lower_bound_ppm(0, 0), 0u);
}

TEST(LowerBound, RoundsAgainstUs) {
  EXPECT_EQ(lower_bound_ppm(1, 1), 49'999u);  // 0.05 exactly: rounding up the tail takes one millionth
  // Exact rational arithmetic gives 413621, 852,… for these; never less than we say, and at most ten millionths more.
  for (auto [k, n, exact] : {std::tuple{50u, 100u, 413'621u}, {64u, 128u, 423'989u}, {500u, 1000u, 473'517u}, {250u, 1000u, 227'543u}}) {
    EXPECT_LE(lower_bound_ppm(k, n), exact);
    EXPECT_GE(lower_bound_ppm(k, n) + 10, exact);
  }
}

TEST(LowerBound, GrowsWithWhatWasFound) {
  for (std::uint64_t n = 1; n <= 40; ++n)
    for (std::uint64_t k = 1; k <= n; ++k) {
      EXPECT_GT(lower_bound_ppm(k, n), lower_bound_ppm(k - 1, n));
      EXPECT_LT(lower_bound_ppm(k, n), k * 1'000'000 / n);
    }
}

// A log of one agent per asset, written down as facts. The plan's window is [9'000'000, 30'000'000).
struct Story {
  Facts facts;
  CanaryPlan own = plan();
  base::Bytes salt = base::Bytes(32, 5);

  Story() {
    facts.dept = "u";
    facts.agents["u/db01"].asset = "db01";
    facts.agents["u/db02"].asset = "db02";
    commit(10, 8'000'000);
  }
  void commit(std::uint64_t leaf, base::UnixMs rx) { facts.canary_commits.push_back({leaf, rx, {own.cid, canary_commitment(salt, to_json(own).dump()), 9'000'000, 30'000'000, own.items.size(), rx}, 1}); }
  void reveal(std::uint64_t leaf = 90, base::UnixMs rx = 30'000'000) { facts.canary_reveals.push_back({leaf, rx, {own.cid, salt, to_json(own).dump(), rx}, 1}); }
  void find(std::uint64_t leaf, base::UnixMs rx, const std::string& agent, const std::string& marker, const std::string& fid = "f") {
    Find f;
    f.link.agent = agent;
    f.t = rx - 500;
    f.severity = 4;
    f.fid = fid;
    f.canary = marker;
    facts.finds.push_back({leaf, rx, f, 1});
  }
  Canaries read(base::UnixMs from = 0, base::UnixMs to = 100'000'000, std::uint64_t as_of = 1000) const { return {facts, from, to, as_of}; }
};

TEST(Canaries, FoundLateEarlyAndMissedAreToldApart) {
  Story s;
  s.own.items = {{mark(1), "db01", "file", 10'000'000, 60}, {mark(2), "db01", "file", 10'000'000, 60}, {mark(3), "db01", "file", 10'000'000, 60}, {mark(4), "db01", "file", 10'000'000, 60}};
  s.facts.canary_commits.clear();
  s.commit(10, 8'000'000);
  s.find(20, 9'999'999, "u/db01", mark(3));
  s.find(21, 10'060'000, "u/db01", mark(1));  // the last millisecond of its 60 s
  s.find(22, 10'060'001, "u/db01", mark(2));
  s.reveal();
  auto c = s.read();
  EXPECT_EQ(c.planted(), 4u);
  EXPECT_EQ(c.count(CanaryFate::found), 1u);
  EXPECT_EQ(c.count(CanaryFate::late), 1u);
  EXPECT_EQ(c.count(CanaryFate::early), 1u);
  EXPECT_EQ(c.count(CanaryFate::missed), 1u);
  EXPECT_EQ(c.things()[0].leaf, 21);
  EXPECT_EQ(c.things()[0].rx, 10'060'000);
  // One of four: 1 - (1-p)^4 = 0.05, p = 1 - 0.95^0.25 = 1 - 0.987258… = 0.012741…
  EXPECT_EQ(c.lower_bound(), 12'741u);
}

TEST(Canaries, CountAsFindingsUntilTheyAreRevealed) {
  Story s;
  s.find(20, 10'001'000, "u/db01", mark(1));
  EXPECT_FALSE(s.read().excludes(s.facts.finds[0]));
  EXPECT_EQ(s.read().tests()[0].state, CanaryState::open);
  s.reveal();
  EXPECT_TRUE(s.read().excludes(s.facts.finds[0]));
  EXPECT_FALSE(s.read(0, 100'000'000, 90).excludes(s.facts.finds[0])) << "by the leaves before the reveal";
  EXPECT_EQ(s.read().tests()[0].state, CanaryState::revealed);
}

TEST(Canaries, AreNoCloakForOtherFindings) {
  Story s;
  s.find(20, 10'001'000, "u/db01", mark(1), "planted");
  s.find(21, 10'002'000, "u/db02", mark(1), "elsewhere");   // another asset than the plan names
  s.find(22, 7'000'000, "u/db01", mark(1), "before");       // before the commitment
  s.find(23, 10'003'000, "u/db01", mark(7), "unknown");     // a marker of no plan
  s.find(95, 31'000'000, "u/db01", mark(1), "afterwards");  // everybody knows the marker by then
  s.find(96, 31'000'000, "u/db01", mark(1), "planted");     // the same file, reported again
  s.reveal();
  auto c = s.read();
  std::vector<bool> excluded;
  for (const auto& f : s.facts.finds) excluded.push_back(c.excludes(f));
  EXPECT_EQ(excluded, (std::vector<bool>{true, false, false, false, false, true}));
  EXPECT_EQ(c.things()[0].finds, 2u);
}

TEST(Canaries, OnlyThePeriodsOwnThingsAreCounted) {
  Story s;
  s.find(20, 10'001'000, "u/db01", mark(1));
  s.reveal();
  EXPECT_EQ(s.read(0, 100'000'000).planted(), 2u);
  EXPECT_EQ(s.read(0, 15'000'000).planted(), 1u);
  EXPECT_EQ(s.read(0, 15'000'000).count(CanaryFate::found), 1u);
  EXPECT_EQ(s.read(15'000'000, 100'000'000).planted(), 1u);
  EXPECT_EQ(s.read(15'000'000, 100'000'000).count(CanaryFate::missed), 1u);
  EXPECT_TRUE(s.read(30'000'000, 100'000'000).tests().empty());
}

TEST(Canaries, AnAgentThatLearnsAMarkerAndReportsItCannotBeToldFromOneThatFoundIt) {
  // What cannot be proven: nothing in a log tells a finding from a report of the marker alone. The statement assumes it and says so.
  Story s;
  s.find(20, 10'001'000, "u/db01", mark(1), "made-up");
  s.reveal();
  EXPECT_EQ(s.read().count(CanaryFate::found), 1u);
}

struct Fault {
  const char* why;
  std::function<void(Story&)> make;
};

TEST(Canaries, WhatDoesNotMakeATestIsNamed) {
  const std::vector<Fault> faults = {
      {"no_commitment", [](Story& s) { s.facts.canary_commits.clear(); s.reveal(); }},
      {"no_commitment", [](Story& s) { s.facts.canary_commits[0].leaf = 95; s.reveal(); }},
      {"commit_again", [](Story& s) { s.commit(11, 8'000'001); s.reveal(); }},
      {"reveal_again", [](Story& s) { s.reveal(); s.reveal(91); }},
      {"committed_late", [](Story& s) { s.facts.canary_commits[0].rx = 9'000'001; s.reveal(); }},
      {"mismatch", [](Story& s) { s.own.items[0].within_s = 7200; s.reveal(); }},
      {"mismatch", [](Story& s) { s.salt[0] ^= 1; s.reveal(); }},
      {"mismatch", [](Story& s) { s.own.items.pop_back(); s.reveal(); }},
      {"plan", [](Story& s) { s.facts.canary_commits[0].body.items = 3; s.reveal(); }},
      {"other_unit", [](Story& s) { s.facts.dept = "v"; s.reveal(); }},
      {"outside_window", [](Story& s) { s.facts.canary_commits[0].body.to = 20'000'000; s.reveal(); }},
      {"revealed_early", [](Story& s) { s.reveal(90, 29'999'999); }},
      {"revealed_early", [](Story& s) { s.facts.canary_commits[0].body.to = 20'000'001; s.reveal(90, 20'059'999); }},
      {"marker_again",
       [](Story& s) {
         s.reveal();
         s.own.cid = "c-2";
         s.commit(91, 8'500'000);
         s.reveal(92);
       }},
  };
  for (const auto& fault : faults) {
    Story s;
    fault.make(s);
    auto c = s.read();
    std::string found;
    for (const auto& t : c.tests())
      if (t.state == CanaryState::broken) found = t.why;
    EXPECT_EQ(found, fault.why);
    EXPECT_FALSE(canary_fault(fault.why).en.empty());
    EXPECT_FALSE(canary_fault(fault.why).zh.empty());
  }
}

}  // namespace
}  // namespace fengsui::evidence
