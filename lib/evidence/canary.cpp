#include "evidence/canary.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/encode.h"
#include "evidence/leaf.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;
constexpr std::string_view kMarkerPrefix = "fsc";
constexpr std::size_t kRandomLetters = 24;
constexpr std::array<std::string_view, 4> kKinds = {"file", "stream", "login", "other"};

// Two letters a byte, the high half first.
std::string letters(base::View bytes) {
  std::string out;
  for (auto b : bytes) {
    out += static_cast<char>('a' + (b >> 4));
    out += static_cast<char>('a' + (b & 15));
  }
  return out;
}
std::string check_letters(std::string_view random) {
  auto digest = crypto::sha256({base::view("fengsui-marker/v1\n"), base::view(random)});
  return letters(base::View(digest).first(4));
}

std::string word(Fields& f, std::string_view key) {
  auto s = f.text(key, 128);
  if (!is_word(s)) f.fail(key, "is not a word");
  return s;
}
base::UnixMs time(Fields& f, std::string_view key) { return f.integer(key, 0, kMaxInteger); }

template <class T>
base::Result<T> done(const Fields& f, T value) {
  if (auto s = f.status(); !s) return std::unexpected(s.error());
  return value;
}
}  // namespace

std::string make_marker(base::View random12) {
  FENGSUI_ASSERT(random12.size() == kRandomLetters / 2);
  auto random = letters(random12);
  return std::string(kMarkerPrefix) + random + check_letters(random);
}

std::string_view find_marker(std::string_view text) {
  for (auto at = text.find(kMarkerPrefix); at != text.npos && text.size() - at >= kMarkerBytes; at = text.find(kMarkerPrefix, at + 1)) {
    auto own = text.substr(at, kMarkerBytes);
    auto body = own.substr(kMarkerPrefix.size());
    if (!std::all_of(body.begin(), body.end(), [](char c) { return c >= 'a' && c <= 'p'; })) continue;
    if (check_letters(body.substr(0, kRandomLetters)) == body.substr(kRandomLetters)) return own;
  }
  return {};
}

Json to_json(const CanaryPlan& p) {
  Json items = Json::array();
  for (const auto& i : p.items) items.push(Json::object().set("mk", i.mark).set("asset", i.asset).set("kind", i.kind).set("at", i.at).set("within", i.within_s));
  return Json::object().set("v", 1).set("cid", p.cid).set("dept", p.dept).set("items", items);
}

base::Result<CanaryPlan> parse_canary_plan(std::string_view text) {
  auto json = Json::parse(text, {.max_bytes = kMaxCanaryPlan, .max_depth = 4});
  if (!json) return std::unexpected(json.error());
  Fields f(*json, "canary plan");
  if (f.integer("v", 0, kMaxInteger) != 1) f.fail("v", "is not 1");
  CanaryPlan p;
  p.cid = word(f, "cid");
  p.dept = word(f, "dept");
  std::set<std::string> marks;
  for (const auto& item : f.array("items", kMaxCanaryItems)) {
    Fields one(item, "canary item");
    CanaryItem i;
    i.mark = one.text("mk", kMarkerBytes);
    if (!is_marker(i.mark)) one.fail("mk", "is not a marker");
    i.asset = word(one, "asset");
    i.kind = one.text("kind", 16);
    if (std::find(kKinds.begin(), kKinds.end(), i.kind) == kKinds.end()) one.fail("kind", "is not a kind");
    i.at = time(one, "at");
    i.within_s = one.integer("within", 1, 604'800);
    if (auto s = one.status(); !s) return std::unexpected(s.error());
    if (!marks.insert(i.mark).second) f.fail("items", "holds a marker twice");
    p.items.push_back(std::move(i));
  }
  if (p.items.empty()) f.fail("items", "is empty");
  return done(f, std::move(p));
}

Digest canary_commitment(base::View salt, std::string_view plan) { return crypto::sha256({base::view("fengsui-canary/v1\n"), salt, base::view(plan)}); }

Json to_json(const CanaryCommit& c) {
  return Json::object().set("cid", c.cid).set("cm", digest_text(c.commitment)).set("from", c.from).set("to", c.to).set("items", c.items).set("t", c.t);
}
base::Result<CanaryCommit> parse_canary_commit(const Json& j) {
  Fields f(j, "canary-commit");
  CanaryCommit c;
  c.cid = word(f, "cid");
  auto digest = parse_digest(f.text("cm", 44));
  if (!digest) f.fail("cm", "is not a digest");
  c.commitment = digest.value_or(Digest{});
  c.from = time(f, "from");
  c.to = time(f, "to");
  if (c.to <= c.from) f.fail("to", "is not after 'from'");
  c.items = static_cast<std::uint64_t>(f.integer("items", 1, kMaxCanaryItems));
  c.t = time(f, "t");
  return done(f, std::move(c));
}

Json to_json(const CanaryReveal& r) {
  return Json::object().set("cid", r.cid).set("salt", base::base64(r.salt)).set("plan", r.plan).set("t", r.t);
}
base::Result<CanaryReveal> parse_canary_reveal(const Json& j) {
  Fields f(j, "canary-reveal");
  CanaryReveal r;
  r.cid = word(f, "cid");
  auto salt = base::from_base64(f.text("salt", 44));
  if (!salt || salt->size() != kCanarySalt) f.fail("salt", "is not 32 bytes");
  else r.salt = std::move(*salt);
  r.plan = f.text("plan", kMaxCanaryPlan);
  r.t = time(f, "t");
  return done(f, std::move(r));
}

namespace {
// P(X >= detected) for a rate of `ppm`, in 2^-32, never below the true value: the number of things missed, one planted after the other.
std::uint64_t tail(std::uint64_t detected, std::uint64_t planted, std::uint64_t ppm) {
  constexpr std::uint64_t kMillion = 1'000'000;
  std::vector<std::uint64_t> missed(planted - detected + 1, 0);
  missed[0] = std::uint64_t{1} << 32;
  for (std::uint64_t n = 0; n < planted; ++n)
    for (std::size_t m = missed.size(); m-- > 0;) {
      auto mass = missed[m] * ppm + (m > 0 ? missed[m - 1] * (kMillion - ppm) : 0);
      missed[m] = (mass + kMillion - 1) / kMillion;
    }
  std::uint64_t sum = 0;
  for (auto mass : missed) sum += mass;
  return sum;
}
}  // namespace

std::uint64_t lower_bound_ppm(std::uint64_t detected, std::uint64_t planted) {
  FENGSUI_ASSERT(detected <= planted && planted <= kMaxBoundPlanted);
  if (detected == 0) return 0;
  std::uint64_t low = 0, high = 1'000'000;  // the tail grows with the rate
  while (high - low > 1) {
    auto middle = (low + high) / 2;
    if (20 * tail(detected, planted, middle) <= std::uint64_t{1} << 32) low = middle;
    else high = middle;
  }
  return low;
}

}  // namespace fengsui::evidence
