#include "evidence/score.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>

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
// The few shapes of TOML 1.0 that the file needs: comments, [[clause]], key = "basic string" | integer | true | false. A bundle
// brings this file, and the general TOML library aborts on some hostile inputs.
class PolicyFile {
 public:
  base::Result<ScorePolicy> read(std::string_view text) {
    tables_.emplace_back();
    for (line_ = 1; !text.empty() && error_.empty(); ++line_) {
      auto end = text.find('\n');
      auto line = text.substr(0, end);
      text.remove_prefix(end == text.npos ? text.size() : end + 1);
      take_line(line);
    }
    if (!error_.empty()) return fail(Errc::malformed, "score policy, line " + std::to_string(line_ - 1) + ": " + error_);
    auto policy = policy_from_tables();
    if (!error_.empty()) return fail(Errc::malformed, "score policy: " + error_);
    return policy;
  }

 private:
  struct Value {
    char kind = 's';  // s string, i integer, b boolean
    std::string text;
    std::int64_t number = 0;
  };
  using Table = std::map<std::string, Value, std::less<>>;

  void wrong(std::string what) {
    if (error_.empty()) error_ = std::move(what);
  }
  static std::string_view trimmed(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r')) s.remove_suffix(1);
    return s;
  }
  // Cuts a comment, which begins at the first '#' outside a string.
  static std::string_view without_comment(std::string_view s) {
    bool in_string = false;
    for (std::size_t i = 0; i < s.size(); ++i) {
      if (s[i] == '"') in_string = !in_string;
      if (s[i] == '#' && !in_string) return s.substr(0, i);
    }
    return s;
  }

  void take_line(std::string_view line) {
    line = trimmed(without_comment(line));
    if (line.empty()) return;
    if (line == "[[clause]]") {
      if (tables_.size() > 64) return wrong("more than 64 clauses");
      tables_.emplace_back();
      return;
    }
    auto equals = line.find('=');
    if (equals == line.npos) return wrong("neither [[clause]] nor key = value");
    auto key = trimmed(line.substr(0, equals));
    bool plain = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
    if (!plain) return wrong("a key that is not a word");
    auto parsed = value(trimmed(line.substr(equals + 1)));
    if (error_.empty() && !tables_.back().emplace(key, std::move(parsed)).second) wrong("'" + std::string(key) + "' stands twice");
  }

  Value value(std::string_view text) {
    Value out;
    if (text == "true" || text == "false") return {'b', "", text == "true"};
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
      out.text = text.substr(1, text.size() - 2);
      if (out.text.size() > 256 || out.text.find_first_of("\"\\") != std::string::npos) wrong("a string above 256 bytes or with escapes");
      return out;
    }
    out.kind = 'i';
    for (char c : text) {
      if (c < '0' || c > '9' || out.number > 10'000) wrong("a value that is not a string, true, false or a number up to 10000");
      else out.number = out.number * 10 + (c - '0');
    }
    if (text.empty() || out.number > 10'000) wrong("a value that is not a string, true, false or a number up to 10000");
    return out;
  }

  const Value& get(const Table& t, std::string_view key, char kind) {
    static const Value none;
    auto it = t.find(key);
    if (it == t.end() || it->second.kind != kind) {
      wrong("'" + std::string(key) + "' is missing or of another kind");
      return none;
    }
    return it->second;
  }
  void only(const Table& t, std::initializer_list<std::string_view> keys) {
    for (const auto& [key, v] : t)
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) wrong("'" + key + "' is not a known key");
  }

  ScorePolicy policy_from_tables() {
    const auto& root = tables_.front();
    only(root, {"uri", "incident_mode", "per_l4", "veto_l3", "veto_concealment"});
    ScorePolicy p;
    p.uri = get(root, "uri", 's').text;
    const auto& mode = get(root, "incident_mode", 's').text;
    if (mode != "strict" && mode != "graded") wrong("'incident_mode' is neither strict nor graded");
    p.graded = mode == "graded";
    p.per_l4 = get(root, "per_l4", 'i').number;
    p.veto_l3 = get(root, "veto_l3", 'b').number != 0;
    p.veto_concealment = get(root, "veto_concealment", 'b').number != 0;
    if (tables_.size() < 2) wrong("no clause");
    for (std::size_t i = 1; i < tables_.size(); ++i) {
      const auto& t = tables_[i];
      only(t, {"id", "part", "zh", "en", "input", "max"});
      ScorePolicy::Item item{get(t, "id", 's').text, get(t, "part", 's').text, get(t, "zh", 's').text, get(t, "en", 's').text, get(t, "input", 's').text, get(t, "max", 'i').number};
      if (item.part != "16a" && item.part != "16b") wrong("'part' is neither 16a nor 16b");
      if (std::find(kInputs.begin(), kInputs.end(), item.input) == kInputs.end()) wrong("'input' is not an input of the score");
      p.items.push_back(std::move(item));
    }
    return p;
  }

  std::vector<Table> tables_;
  std::size_t line_ = 0;
  std::string error_;
};
}  // namespace

base::Result<ScorePolicy> parse_score_policy(std::string_view text) {
  if (text.size() > 65'536) return fail(Errc::limit, "score policy of " + std::to_string(text.size()) + " bytes; limit 65536");
  if (!base::is_utf8(base::view(text))) return fail(Errc::malformed, "score policy: not UTF-8");
  auto policy = PolicyFile().read(text);
  if (policy) policy->digest = base::hex(crypto::sha256(base::view(text)));
  return policy;
}

}  // namespace fengsui::evidence
