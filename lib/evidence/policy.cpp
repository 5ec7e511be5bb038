#include "evidence/policy.h"

#include <algorithm>
#include <charconv>

#include "base/encode.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < line.size();) {
    auto end = line.find_first_of(" \t", at);
    if (end == line.npos) end = line.size();
    if (end > at) out.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

class PolicyParser {
 public:
  base::Status line(std::string_view text) {
    auto words = words_of(text);
    if (words.empty() || words[0].starts_with('#')) return {};
    if (words[0] == "log") return key(words, policy.logs, 3);
    if (words[0] == "attester") return key(words, policy.attesters, 2);
    if (words[0] == "operator") return key(words, policy.operators, 2);
    if (words[0] == "collector") return key(words, policy.collectors, 2);
    if (words[0] == "evaluator") return key(words, policy.evaluators, 2);
    if (words[0] == "witness") return witness(words);
    if (words[0] == "group") return group(words);
    if (words[0] == "quorum") return quorum(words);
    return fail(Errc::malformed, "unknown word '" + std::string(words[0].substr(0, 32)) + "'; expected log, witness, group, quorum, attester, operator, collector or evaluator");
  }
  Policy policy;
  bool has_quorum = false;

 private:
  using Words = std::vector<std::string_view>;
  base::Status key(const Words& words, std::vector<Vkey>& to, std::size_t max_words) {
    if (words.size() < 2 || words.size() > max_words) return fail(Errc::malformed, std::string(words[0]) + " wants one vkey");
    auto vkey = parse_vkey(words[1]);
    if (!vkey) return std::unexpected(vkey.error());
    if (vkey->type != kTypeEd25519) return fail(Errc::malformed, std::string(words[0]) + " wants a key of type 1");
    to.push_back(std::move(*vkey));
    return {};
  }
  bool defined(std::string_view name) const {
    return std::any_of(policy.witnesses.begin(), policy.witnesses.end(), [&](const auto& w) { return w.name == name; }) ||
           std::any_of(policy.groups.begin(), policy.groups.end(), [&](const auto& g) { return g.name == name; });
  }
  base::Status fresh(std::string_view name) const {
    if (name == "none" || defined(name)) return fail(Errc::malformed, "a name that is reserved or used twice");
    return {};
  }
  base::Status witness(const Words& words) {
    if (words.size() < 3 || words.size() > 4) return fail(Errc::malformed, "witness wants a name, a vkey and perhaps an address");
    if (auto s = fresh(words[1]); !s) return s;
    auto vkey = parse_vkey(words[2]);
    if (!vkey) return std::unexpected(vkey.error());
    if (vkey->type != kTypeCosignature) return fail(Errc::malformed, "witness wants a key of type 4");
    policy.witnesses.push_back({std::string(words[1]), std::move(*vkey), words.size() == 4 ? std::string(words[3]) : ""});
    return {};
  }
  base::Status group(const Words& words) {
    if (words.size() < 4) return fail(Errc::malformed, "group wants a name, any|all|number and members");
    if (auto s = fresh(words[1]); !s) return s;
    Policy::Group g;
    g.name = words[1];
    for (auto it = words.begin() + 3; it != words.end(); ++it) {
      if (!defined(*it)) return fail(Errc::malformed, "a group member that is not defined before it");
      if (std::find(g.members.begin(), g.members.end(), *it) != g.members.end()) return fail(Errc::malformed, "a group member named twice");
      g.members.emplace_back(*it);
    }
    auto [end, error] = std::from_chars(words[2].data(), words[2].data() + words[2].size(), g.needed);
    if (words[2] == "any") g.needed = 1;
    else if (words[2] == "all") g.needed = g.members.size();
    else if (error != std::errc() || end != words[2].data() + words[2].size()) return fail(Errc::malformed, "group wants any, all or a number");
    if (g.needed < 1 || g.needed > g.members.size()) return fail(Errc::malformed, "a group that needs more members than it has, or none");
    policy.groups.push_back(std::move(g));
    return {};
  }
  base::Status quorum(const Words& words) {
    if (words.size() != 2 || has_quorum) return fail(Errc::malformed, "quorum wants one name, once");
    if (words[1] != "none" && !defined(words[1])) return fail(Errc::malformed, "a quorum that is not defined before it");
    policy.quorum = words[1];
    has_quorum = true;
    return {};
  }
};

bool met(const Policy& p, const std::string& name, const std::set<std::string>& signed_by) {
  for (const auto& g : p.groups)
    if (g.name == name)
      return static_cast<std::size_t>(std::count_if(g.members.begin(), g.members.end(), [&](const auto& m) { return met(p, m, signed_by); })) >= g.needed;
  return signed_by.contains(name);
}
}  // namespace

const Vkey* Policy::log(std::string_view origin) const {
  auto it = std::find_if(logs.begin(), logs.end(), [&](const auto& k) { return k.name == origin; });
  return it == logs.end() ? nullptr : &*it;
}

bool Policy::quorum_met(const std::set<std::string>& signed_by) const { return quorum == "none" || met(*this, quorum, signed_by); }

base::Result<Policy> parse_policy(std::string_view text) {
  if (text.size() > 65'536) return fail(Errc::limit, "policy of " + std::to_string(text.size()) + " bytes; limit 65536");
  if (!base::is_utf8(base::view(text))) return fail(Errc::malformed, "policy: not UTF-8");
  PolicyParser parser;
  for (std::size_t n = 1; !text.empty(); ++n) {
    auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (n > 512) return fail(Errc::limit, "policy of more than 512 lines");
    if (auto s = parser.line(line); !s) return fail(s.error().code, "policy, line " + std::to_string(n) + ": " + s.error().what);
  }
  if (parser.policy.logs.empty()) return fail(Errc::malformed, "policy: no log line");
  return std::move(parser.policy);
}

std::string format_policy(const Policy& p) {
  std::string out;
  for (const auto& k : p.logs) out += "log " + format_vkey(k) + "\n";
  for (const auto& w : p.witnesses) out += "witness " + w.name + " " + format_vkey(w.key) + (w.url.empty() ? "" : " " + w.url) + "\n";
  for (const auto& g : p.groups) {
    out += "group " + g.name + " " + std::to_string(g.needed);
    for (const auto& m : g.members) out += " " + m;
    out += "\n";
  }
  out += "quorum " + p.quorum + "\n";
  for (const auto& k : p.attesters) out += "attester " + format_vkey(k) + "\n";
  for (const auto& k : p.operators) out += "operator " + format_vkey(k) + "\n";
  for (const auto& k : p.collectors) out += "collector " + format_vkey(k) + "\n";
  for (const auto& k : p.evaluators) out += "evaluator " + format_vkey(k) + "\n";
  return out;
}

}  // namespace fengsui::evidence
