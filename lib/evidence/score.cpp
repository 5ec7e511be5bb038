#include "evidence/score.h"

#include <algorithm>
#include <array>

#include <toml++/toml.h>

#include "base/encode.h"
#include "crypto/hash.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;
constexpr std::array<std::string_view, 7> kInputs = {"documents", "host_days", "stages", "checks", "records", "reviewed", "incidents"};
constexpr std::int64_t kMaxCount = 1'000'000'000;

void put(Json& j, std::string key, const Known& k) { j.set(std::move(key), Json::array().push(k.low).push(k.high)); }

Known known(Fields& f, std::string_view key) {
  const auto& pair = f.array(key, 2);
  if (pair.size() != 2 || !pair[0].integer() || !pair[1].integer() || *pair[0].integer() < 0 || *pair[1].integer() < *pair[0].integer() ||
      *pair[1].integer() > kMaxCount) {
    f.fail(key, "is not a pair low, high");
    return {};
  }
  return {*pair[0].integer(), *pair[1].integer()};
}

struct Ratio {
  Known part;
  std::int64_t whole = 0;
};
Ratio ratio_of(const ScoreInputs& in, std::string_view name) {
  if (name == "documents") return {in.documents, in.documents_total};
  if (name == "host_days") return {in.host_days, in.host_days_required};
  if (name == "stages") return {in.stages, in.stages_applicable};
  if (name == "checks") return {in.checks, in.checks_applicable};
  if (name == "records") return {in.records, in.days};
  return {in.reviewed, in.days};
}

void score_ratio(Clause& c, const Ratio& r) {
  if (r.whole <= 0) {
    c.low = 0;
    c.high = c.max;
    c.formula = "unknown";
  } else {
    c.low = share(c.max, r.part.low, r.whole);
    c.high = share(c.max, r.part.high, r.whole);
    auto part = r.part.low == r.part.high ? std::to_string(r.part.low) : "[" + std::to_string(r.part.low) + "," + std::to_string(r.part.high) + "]";
    c.formula = std::to_string(c.max) + " × " + part + " / " + std::to_string(r.whole);
  }
  c.complete = r.whole > 0 && r.part.low == r.part.high;
}

// Points for incidents given that `worse` of the ungraded ones are l3 and the rest l4.
std::int64_t incident_points(const ScorePolicy& p, std::int64_t max, std::int64_t l4, std::int64_t severe) {
  if (severe > 0) return 0;
  if (l4 == 0) return max;
  return p.graded ? std::max<std::int64_t>(0, max - p.per_l4 * l4) : 0;
}
}  // namespace

std::int64_t share(std::int64_t max, std::int64_t part, std::int64_t whole) {
  FENGSUI_ASSERT(whole > 0 && max >= 0);
  part = std::clamp<std::int64_t>(part, 0, whole);
  return (2 * max * part + whole) / (2 * whole);
}

Json to_json(const ScoreInputs& in) {
  Json j = Json::object();
  put(j, "documents", in.documents);
  j.set("documentsTotal", in.documents_total);
  put(j, "hostDays", in.host_days);
  j.set("hostDaysRequired", in.host_days_required);
  put(j, "stages", in.stages);
  j.set("stagesApplicable", in.stages_applicable);
  put(j, "checks", in.checks);
  j.set("checksApplicable", in.checks_applicable).set("days", in.days);
  put(j, "records", in.records);
  put(j, "reviewed", in.reviewed);
  return j.set("l1", in.l1).set("l2", in.l2).set("l3", in.l3).set("l4", in.l4).set("ungraded", in.ungraded).set("concealment", in.concealment);
}

base::Result<ScoreInputs> parse_score_inputs(const Json& j) {
  Fields f(j, "score inputs");
  auto n = [&](std::string_view key) { return f.integer(key, 0, kMaxCount); };
  ScoreInputs in;
  in.documents = known(f, "documents");
  in.documents_total = n("documentsTotal");
  in.host_days = known(f, "hostDays");
  in.host_days_required = n("hostDaysRequired");
  in.stages = known(f, "stages");
  in.stages_applicable = n("stagesApplicable");
  in.checks = known(f, "checks");
  in.checks_applicable = n("checksApplicable");
  in.days = n("days");
  in.records = known(f, "records");
  in.reviewed = known(f, "reviewed");
  in.l1 = n("l1");
  in.l2 = n("l2");
  in.l3 = n("l3");
  in.l4 = n("l4");
  in.ungraded = n("ungraded");
  in.concealment = j.flag("concealment");
  if (auto s = f.status(); !s) return std::unexpected(s.error());
  return in;
}

Score score(const ScorePolicy& policy, const ScoreInputs& in) {
  Score out;
  out.policy_uri = policy.uri;
  out.policy_digest = policy.digest;
  out.inputs = in;
  const auto severe = in.l1 + in.l2 + in.l3;
  out.veto = (policy.veto_l3 && severe > 0) || (policy.veto_concealment && in.concealment);
  for (const auto& item : policy.items) {
    Clause c{item.id, item.part, item.zh, item.en, "", item.max, 0, 0, true};
    if (item.input == "incidents") {
      c.high = incident_points(policy, c.max, in.l4 + in.ungraded, severe);
      c.low = in.ungraded > 0 && policy.veto_l3 ? 0 : c.high;
      c.complete = in.ungraded == 0;
      c.formula = std::string(policy.graded ? "graded" : "strict") + ": l1.." + "l4 = " + std::to_string(in.l1) + "," + std::to_string(in.l2) + "," +
                  std::to_string(in.l3) + "," + std::to_string(in.l4) + ", ungraded " + std::to_string(in.ungraded);
    } else {
      score_ratio(c, ratio_of(in, item.input));
    }
    auto& low = c.part == "16a" ? out.a_low : out.b_low;
    auto& high = c.part == "16a" ? out.a_high : out.b_high;
    low += c.low;
    high += c.high;
    out.clauses.push_back(std::move(c));
  }
  if (out.veto) out.b_low = out.b_high = 0;
  else if (policy.veto_l3 && in.ungraded > 0) out.b_low = 0;  // one of them may turn out to be l3
  out.low = out.a_low + out.b_low;
  out.high = out.a_high + out.b_high;
  return out;
}

Json to_json(const Score& s) {
  Json components = Json::array();
  for (const auto& c : s.clauses)
    components.push(Json::object().set("id", c.id).set("part", c.part).set("zh", c.zh).set("en", c.en).set("max", c.max).set("low", c.low)
                        .set("high", c.high).set("complete", c.complete).set("formula", c.formula));
  return Json::object().set("policy", Json::object().set("uri", s.policy_uri).set("digest", s.policy_digest)).set("unit", "hundredths")
      .set("low", s.low).set("high", s.high).set("a", Json::array().push(s.a_low).push(s.a_high)).set("b", Json::array().push(s.b_low).push(s.b_high))
      .set("veto", s.veto).set("components", components).set("inputs", to_json(s.inputs));
}

namespace {
class PolicyFile {
 public:
  explicit PolicyFile(const toml::table& root) : root_(root) {}

  base::Result<ScorePolicy> read() {
    only(root_, {"uri", "incident_mode", "per_l4", "veto_l3", "veto_concealment", "clause"});
    ScorePolicy p;
    p.uri = text(root_, "uri");
    auto mode = text(root_, "incident_mode");
    if (mode != "strict" && mode != "graded") wrong("incident_mode", "is neither strict nor graded");
    p.graded = mode == "graded";
    p.per_l4 = number(root_, "per_l4");
    p.veto_l3 = flag("veto_l3");
    p.veto_concealment = flag("veto_concealment");
    auto* clauses = root_["clause"].as_array();
    if (!clauses || clauses->empty() || clauses->size() > 64) wrong("clause", "is missing or has more than 64 entries");
    if (clauses)
      for (const auto& node : *clauses) {
        auto* t = node.as_table();
        if (!t) {
          wrong("clause", "is not a table");
          continue;
        }
        only(*t, {"id", "part", "zh", "en", "input", "max"});
        ScorePolicy::Item item{text(*t, "id"), text(*t, "part"), text(*t, "zh"), text(*t, "en"), text(*t, "input"), number(*t, "max")};
        if (item.part != "16a" && item.part != "16b") wrong("part", "is neither 16a nor 16b");
        if (std::find(kInputs.begin(), kInputs.end(), item.input) == kInputs.end()) wrong("input", "is not an input of the score");
        p.items.push_back(std::move(item));
      }
    if (!error_.empty()) return fail(Errc::malformed, "score policy: " + error_);
    return p;
  }

 private:
  void wrong(std::string_view key, std::string_view why) {
    if (error_.empty()) error_ = "'" + std::string(key) + "' " + std::string(why);
  }
  void only(const toml::table& t, std::initializer_list<std::string_view> keys) {
    for (const auto& [key, value] : t)
      if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) wrong(key.str(), "is not a known key");
  }
  std::string text(const toml::table& t, std::string_view key) {
    auto v = t[key].value<std::string>();
    if (!v || v->size() > 256) wrong(key, "is missing or too long");
    return v.value_or("");
  }
  std::int64_t number(const toml::table& t, std::string_view key) {
    auto v = t[key].value<std::int64_t>();
    if (!v || *v < 0 || *v > 10'000) wrong(key, "is missing or outside 0..10000");
    return std::clamp<std::int64_t>(v.value_or(0), 0, 10'000);
  }
  bool flag(std::string_view key) {
    auto v = root_[key].value<bool>();
    if (!v) wrong(key, "is missing or not true or false");
    return v.value_or(false);
  }
  const toml::table& root_;
  std::string error_;
};
}  // namespace

namespace {
// toml++ 3.3 runs into undefined behaviour on some characters above U+007F outside strings and comments. We need none there, nor
// strings of several lines: whatever has them is refused before it is parsed.
bool is_plain_toml(std::string_view text) {
  if (!base::is_utf8(base::view(text))) return false;
  bool in_string = false, in_comment = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') {
      if (in_string) return false;
      in_comment = false;
    } else if (c < 0x20 && c != '\t' && c != '\r') {
      return false;
    } else if (in_string) {
      if (c == '\\') ++i;
      else if (c == '"') in_string = false;
    } else if (!in_comment) {
      if (c >= 0x7f || c == '\'' || text.substr(i, 3) == "\"\"\"") return false;
      in_string = c == '"';
      in_comment = c == '#';
    }
  }
  return !in_string;
}
}  // namespace

base::Result<ScorePolicy> parse_score_policy(std::string_view text) {
  if (text.size() > 65'536) return fail(Errc::limit, "score policy of " + std::to_string(text.size()) + " bytes; limit 65536");
  if (!is_plain_toml(text)) return fail(Errc::malformed, "score policy: characters or strings that it may not use");
  try {
    auto table = toml::parse(text);
    auto policy = PolicyFile(table).read();
    if (policy) policy->digest = base::hex(crypto::sha256(base::view(text)));
    return policy;
  } catch (const toml::parse_error& e) {
    return fail(Errc::malformed, "score policy: not TOML, line " + std::to_string(e.source().begin.line));
  } catch (const std::exception&) {
    return fail(Errc::malformed, "score policy: cannot be read");
  }
}

}  // namespace fengsui::evidence
