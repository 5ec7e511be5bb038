#include "policy/finding.h"

#include <algorithm>

#include "base/encode.h"
#include "crypto/hash.h"

namespace fengsui::policy {
namespace {

// What tells two hits of one rule apart where the rule names no key of its own.
constexpr std::string_view kDefaultKey[] = {"actor.user.name",
                                            "user.name",
                                            "process.user.name",
                                            "process.cmd_line",
                                            "process.file.path",
                                            "src_endpoint.ip",
                                            "dst_endpoint.ip",
                                            "file.path",
                                            "http_request.http_method",
                                            "http_request.url.path",
                                            "http_request.url.hostname",
                                            "query.hostname",
                                            "log_name",
                                            "query_info.query_string",
                                            "service.name"};

std::string joined(const EventSource& source, const std::string& field) {
  Values values;
  source.fetch(field, values);
  if (values.size() == 0) {
    for (const std::string_view other : ocsf_names(field)) {
      source.fetch(std::string(other), values);
      if (values.size() > 0) break;
    }
  }
  std::string out;
  for (const Scalar& value : values) {
    if (value.kind == Scalar::Kind::null) continue;
    if (!out.empty()) out += ", ";
    out += value.text;
  }
  return out;
}

// At most `limit` bytes, never in the middle of a character.
std::string cut(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

class IdMaker {
 public:
  void part(std::string_view text) {
    base::Bytes length;
    base::append_u64be(length, text.size());
    hasher_.update(length);
    hasher_.update(base::view(text));
  }
  std::string finish() { return base::hex(base::View(hasher_.finish()).first(16)); }

 private:
  crypto::Hasher hasher_;
};

model::Finding common(const RuleSet::State& rules, const Rule& rule, const EventSource& source, const Fired* fired) {
  model::Finding out;
  out.rule = rule.info.id;
  out.rule_version = rule.info.version;
  out.rule_author = rule.info.author;
  out.rule_uuid = rule.info.uuid;
  out.title = rule.info.title;
  out.message = {fill(rule.message.zh, rules, source, fired), fill(rule.message.en, rules, source, fired)};
  out.remediation = rule.remediation;
  out.clause = rule.info.clause;
  out.severity = rule.severity;
  return out;
}

}  // namespace

std::string fill(const std::string& pattern, const RuleSet::State&, const EventSource& source, const Fired* fired) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size();) {
    const std::size_t open = pattern.find('%', i);
    const std::size_t close = open == std::string::npos ? open : pattern.find('%', open + 1);
    if (close == std::string::npos) return out + pattern.substr(i);
    out += pattern.substr(i, open - i);
    const std::string field = pattern.substr(open + 1, close - open - 1);
    if (field.empty()) {
      out += '%';
    } else if (field.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") !=
               std::string::npos) {
      out += '%';  // a per cent sign in running text
      i = open + 1;
      continue;
    } else if (field == "count" && fired != nullptr) {
      out += std::to_string(fired->count);
    } else {
      const std::string value = joined(source, field);
      out += value.empty() ? "-" : cut(value, 200);
    }
    i = close + 1;
  }
  return out;
}

model::Finding make_finding(const RuleSet::State& rules, const Rule& rule, const model::Activity& activity,
                            const EventSource& source, const Fired* fired) {
  model::Finding out = common(rules, rule, source, fired);
  out.kind = model::FindingKind::behaviour;
  out.stage = rule.info.ours ? rule.info.stage : activity.stage;
  out.time = out.last_seen = activity.time;
  out.first_seen = fired != nullptr ? fired->first : activity.time;
  out.sensor = activity.sensor;
  out.fields = activity.fields;
  if (fired != nullptr) out.fields.set("unmapped.fengsui.count", model::Value(static_cast<std::int64_t>(fired->count)));
  IdMaker id;
  id.part(rule.info.id);
  const auto add = [&](const std::string& field) {
    const std::string value = joined(source, field);
    if (value.empty()) return;
    id.part(field);
    id.part(value);
  };
  if (rule.correlation && rule.key.empty()) {
    for (const auto& field : rule.correlation->group_names) add(field);
  } else if (rule.key.empty()) {
    for (const std::string_view field : kDefaultKey) add(std::string(field));
  }
  for (const std::string& field : rule.key) add(field);
  out.id = id.finish();
  return out;
}

model::Finding make_finding(const RuleSet::State& rules, const Rule& rule, const model::Conclusion& conclusion,
                            const EventSource& source) {
  model::Finding out = common(rules, rule, source, nullptr);
  const model::Provenance& from = *conclusion.from;
  out.kind = model::FindingKind::content;
  out.stage = rule.info.ours ? rule.info.stage : from.stage;
  out.time = out.first_seen = out.last_seen = from.time;
  out.sensor = from.sensor;
  out.fields = from.fields;
  out.data = conclusion.types;
  out.profile = conclusion.profile;
  out.grading = conclusion.grading;
  out.catalog_item = conclusion.catalog_item;
  out.unread = conclusion.unread;
  out.fields.set("unmapped.fengsui.object", model::Value(object_of(from)));
  std::vector<std::string> digests;
  for (const auto& type : conclusion.types) digests.insert(digests.end(), type.digests.begin(), type.digests.end());
  std::sort(digests.begin(), digests.end());
  IdMaker id;
  id.part(rule.info.id);
  id.part(object_of(from));
  for (const std::string& digest : digests) id.part(digest);
  for (const std::string& field : rule.key) {
    id.part(field);
    id.part(joined(source, field));
  }
  out.id = id.finish();
  return out;
}

}  // namespace fengsui::policy
