// YAML to rules. yaml-cpp stays in this file; whatever it throws becomes a problem with its line.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>

#include "base/nearest.h"
#include "policy/rule.h"

namespace fengsui::policy {
namespace {

constexpr std::size_t kMaxValues = 20'000;  // of one file
constexpr std::size_t kMaxSelections = 200;
constexpr int kMaxDepth = 12;

// Thrown inside this file only: a rule that does not load, and where.
struct Refused {
  int line;
  std::string what;
};

int line_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return mark.is_null() ? 0 : mark.line + 1;
}

[[noreturn]] void refuse(const YAML::Node& at, std::string what) { throw Refused{line_of(at), std::move(what)}; }

using Keys = std::vector<std::string_view>;

void only_keys(const YAML::Node& map, const Keys& known, const std::string& where) {
  for (const auto& pair : map) {
    const std::string key = pair.first.Scalar();
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    refuse(pair.first, "unknown key \"" + key.substr(0, 60) + "\" in " + where + "; nearest: " + std::string(base::nearest(key, known)));
  }
}

std::string scalar(const YAML::Node& map, const char* key) {
  const YAML::Node node = map[key];
  if (!node || node.IsNull()) return {};
  if (!node.IsScalar()) refuse(node, std::string(key) + " is not a text");
  return node.Scalar();
}

std::string required(const YAML::Node& map, const char* key) {
  std::string out = scalar(map, key);
  if (out.empty()) refuse(map, std::string(key) + " is missing");
  return out;
}

std::vector<std::string> texts(const YAML::Node& node, const char* what) {
  std::vector<std::string> out;
  if (!node || node.IsNull()) return out;
  if (node.IsScalar()) return {node.Scalar()};
  if (!node.IsSequence()) refuse(node, std::string(what) + " is not a list");
  for (const auto& item : node) {
    if (!item.IsScalar()) refuse(item, std::string(what) + " holds something that is not a text");
    out.push_back(item.Scalar());
    if (out.size() > kMaxValues) refuse(item, std::string(what) + " has more than 20000 entries");
  }
  return out;
}

model::Text both(const YAML::Node& map, const char* key, bool needed) {
  const YAML::Node node = map[key];
  if (!node) {
    if (needed) refuse(map, std::string("x-fengsui.") + key + " is missing");
    return {};
  }
  if (!node.IsMap()) refuse(node, std::string("x-fengsui.") + key + " needs zh and en");
  only_keys(node, {"zh", "en"}, std::string("x-fengsui.") + key);
  return {required(node, "zh"), required(node, "en")};
}

class RuleParser {
 public:
  RuleParser(const YAML::Node& doc, FieldTable& fields, std::size_t& budget)
      : doc_(doc), fields_(fields), budget_(budget) {}

  Rule parse() {
    if (!doc_.IsMap()) refuse(doc_, "document is not a map");
    rule_.line = line_of(doc_);
    if (doc_["action"]) refuse(doc_["action"], "action is deprecated: one document, one rule");
    const YAML::Node own = doc_["x-fengsui"];
    rule_.info.ours = own.IsDefined();
    if (rule_.info.ours) check_keys();
    head();
    if (own) block(own);
    if (const YAML::Node correlation = doc_["correlation"]) {
      rule_.info.correlation = true;
      correlate(correlation);
    } else {
      source(doc_["logsource"]);
      detection(doc_["detection"]);
    }
    return std::move(rule_);
  }

 private:
  void check_keys() {
    only_keys(doc_, {"title",     "id",          "name",     "related",        "status",   "description", "references",
                     "author",    "date",        "modified", "license",        "taxonomy", "tags",        "logsource",
                     "detection", "correlation", "fields",   "falsepositives", "level",    "scope",       "x-fengsui"},
              "the rule");
  }

  void head() {
    RuleInfo& info = rule_.info;
    const std::string title = required(doc_, "title");
    info.title = {title, title};
    info.uuid = scalar(doc_, "id");
    info.id = info.uuid;
    rule_.name = scalar(doc_, "name");
    if (info.uuid.empty()) {
      if (rule_.name.empty()) refuse(doc_, "id is missing");
      info.id = rule_.name;
    }
    info.author = scalar(doc_, "author");
    info.status = scalar(doc_, "status");
    info.version = scalar(doc_, "modified");
    if (info.version.empty()) info.version = scalar(doc_, "date");
    info.level = scalar(doc_, "level");
    if (!info.level.empty()) {
      const auto severity = model::severity_from(info.level);
      if (!severity)
        refuse(doc_["level"],
               "level \"" + info.level.substr(0, 40) + "\" is not one of informational low medium high critical");
      rule_.severity = *severity;
    }
    rule_.message = {"社区规则命中：" + title, "Community rule matched: " + title};
  }

  void block(const YAML::Node& own) {
    if (!own.IsMap()) refuse(own, "x-fengsui is not a map");
    only_keys(own,
              {"id", "version", "stage", "clause", "title", "message", "remediation", "blind_spot", "evidence", "key",
               "needs", "part"},
              "x-fengsui");
    RuleInfo& info = rule_.info;
    info.id = required(own, "id");
    info.version = required(own, "version");
    const auto stage = model::stage_from(required(own, "stage"));
    if (!stage)
      refuse(own["stage"], "stage is not one of collection transmission storage operation processing exchange");
    info.stage = *stage;
    info.clause = required(own, "clause");
    info.needs = texts(own["needs"], "x-fengsui.needs");
    if (info.uuid.empty()) refuse(doc_, "id is missing");
    const std::string part = scalar(own, "part");
    if (!part.empty() && part != "true" && part != "false") refuse(own["part"], "x-fengsui.part is true or false");
    rule_.silent = part == "true";
    info.title = both(own, "title", true);
    rule_.message = both(own, "message", !rule_.silent);
    rule_.remediation = both(own, "remediation", !rule_.silent);
    info.blind_spot = both(own, "blind_spot", !rule_.silent);
    rule_.key = texts(own["key"], "x-fengsui.key");
    for (const std::string& field : texts(own["evidence"], "x-fengsui.evidence")) fields_.slot(field);
  }

  void source(const YAML::Node& node) {
    if (!node || !node.IsMap()) refuse(doc_, "logsource is missing");
    if (rule_.info.ours) only_keys(node, {"product", "category", "service", "definition"}, "logsource");
    rule_.info.source = {scalar(node, "product"), scalar(node, "category"), scalar(node, "service")};
    const model::LogSource& s = rule_.info.source;
    if (s.product.empty() && s.category.empty() && s.service.empty())
      refuse(node, "logsource names neither product, category nor service");
    if (!rule_.info.ours) rule_.info.stage = stage_of(s);
  }

  static model::Stage stage_of(const model::LogSource& s) {
    using S = model::Stage;
    if (s.category == "webserver" || s.service == "apache" || s.service == "nginx" || s.category == "application")
      return S::exchange;
    if (s.category == "proxy" || s.category == "dns" || s.category == "firewall" || s.product == "zeek" ||
        s.category == "network_connection") {
      return S::transmission;
    }
    if (s.category == "file_event" || s.category == "antivirus") return S::storage;
    if (s.category == "database" || s.product == "sql") return S::processing;
    return S::operation;
  }

  void detection(const YAML::Node& node) {
    if (!node || !node.IsMap()) refuse(doc_, "detection is missing");
    if (node["timeframe"]) refuse(node["timeframe"], "timeframe is deprecated, use a correlation");
    const YAML::Node condition = node["condition"];
    if (!condition) refuse(node, "condition is missing");
    for (const auto& pair : node) {
      const std::string name = pair.first.Scalar();
      if (name == "condition") continue;
      if (rule_.selections.size() == kMaxSelections) refuse(pair.first, "more than 200 selections");
      rule_.selections.push_back({name, {}});
      selection(pair.second, rule_.selections.back(), 0);
    }
    std::vector<Expression> conditions;
    for (const std::string& text : texts(condition, "condition")) {
      auto parsed = parse_condition(text, rule_.selections);
      if (!parsed) refuse(condition, parsed.error().what);
      conditions.push_back(std::move(*parsed));
    }
    if (conditions.empty()) refuse(condition, "condition is empty");
    if (conditions.size() == 1) {
      rule_.condition = std::move(conditions.front());
    } else {
      rule_.condition.op = Expression::Op::any_of;
      rule_.condition.text = "any condition";
      rule_.condition.parts = std::move(conditions);
    }
  }

  void selection(const YAML::Node& node, Selection& out, int depth) {
    if (depth > kMaxDepth) refuse(node, "selection nested deeper than 12");
    if (node.IsMap()) {
      out.alternatives.emplace_back();
      for (const auto& pair : node) {
        if (!pair.first.IsScalar()) refuse(pair.first, "field name is not a text");
        out.alternatives.back().push_back(item(pair.first.Scalar(), pair.second));
      }
      if (out.alternatives.back().empty()) refuse(node, "selection " + out.name + " is empty");
    } else if (node.IsSequence()) {
      if (node.size() == 0) refuse(node, "selection " + out.name + " is empty");
      std::vector<YAML::Node> keywords;
      for (const auto& entry : node) {
        if (entry.IsScalar())
          keywords.push_back(entry);
        else
          selection(entry, out, depth + 1);
      }
      if (!keywords.empty()) out.alternatives.push_back({keyword_item(keywords, {})});
    } else if (node.IsScalar()) {
      out.alternatives.push_back({keyword_item({node}, {})});
    } else {
      refuse(node, "selection " + out.name + " is empty");
    }
  }

  // A keyword is looked for anywhere in any value of the event.
  FieldItem keyword_item(const std::vector<YAML::Node>& nodes, Modifiers modifiers) {
    FieldItem out;
    out.keyword = true;
    if (modifiers.place == Modifiers::Place::whole) modifiers.place = Modifiers::Place::contains;
    out.modifiers = modifiers;
    for (const YAML::Node& node : nodes) add_value(node, out);
    return out;
  }

  FieldItem item(const std::string& written, const YAML::Node& value) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0;;) {
      const std::size_t bar = written.find('|', begin);
      parts.push_back(written.substr(begin, bar - begin));
      if (bar == std::string::npos) break;
      begin = bar + 1;
    }
    const std::string field = parts.front();
    parts.erase(parts.begin());
    auto modifiers = parse_modifiers(parts);
    if (!modifiers) refuse(value, written.substr(0, 80) + ": " + modifiers.error().what);
    std::vector<YAML::Node> nodes;
    if (value.IsSequence()) {
      for (const auto& entry : value) nodes.push_back(entry);
    } else {
      nodes.push_back(value);
    }
    if (nodes.empty()) refuse(value, written.substr(0, 80) + " has an empty list");
    if (field.empty()) {
      FieldItem out = keyword_item(nodes, *modifiers);
      out.text = written;
      return out;
    }
    FieldItem out;
    out.text = written;
    out.slot = fields_.slot(field);
    out.modifiers = *modifiers;
    for (const YAML::Node& node : nodes) add_value(node, out);
    return out;
  }

  void add_value(const YAML::Node& node, FieldItem& out) {
    if (budget_-- == 0) {
      budget_ = 0;
      refuse(node, "more than 20000 values in one file");
    }
    if (node.IsNull()) {
      if (out.keyword) refuse(node, "keyword is null");
      out.values.push_back({Pattern::null()});
      out.value_texts.emplace_back("null");
      return;
    }
    if (!node.IsScalar()) refuse(node, "value of " + out.text.substr(0, 80) + " is not a text, number or null");
    const std::string text = node.Scalar();
    out.value_texts.push_back(text);
    if (out.modifiers.exists) {
      if (text != "true" && text != "false") refuse(node, "exists takes true or false");
      out.must_exist = text == "true";
      return;
    }
    if (out.modifiers.fieldref) {
      out.references.push_back(fields_.slot(text));
      return;
    }
    auto patterns = Pattern::compile(text, out.modifiers);
    if (!patterns) refuse(node, out.text.substr(0, 80) + ": " + patterns.error().what);
    out.values.push_back(std::move(*patterns));
  }

  void correlate(const YAML::Node& node) {
    if (!node.IsMap()) refuse(node, "correlation is not a map");
    only_keys(node, {"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"}, "correlation");
    Correlation out;
    const std::string type = required(node, "type");
    if (type == "event_count")
      out.type = Correlation::Type::event_count;
    else if (type == "value_count")
      out.type = Correlation::Type::value_count;
    else if (type == "value_sum")
      out.type = Correlation::Type::value_sum;
    else if (type == "temporal")
      out.type = Correlation::Type::temporal;
    else if (type == "temporal_ordered")
      out.type = Correlation::Type::temporal_ordered;
    else
      refuse(node["type"], "correlation type \"" + type.substr(0, 40) +
                               "\" is not one of event_count value_count value_sum temporal temporal_ordered");
    out.names = texts(node["rules"], "correlation.rules");
    if (out.names.empty() || out.names.size() > 32) refuse(node, "correlation.rules needs 1 to 32 rules");
    out.group_names = texts(node["group-by"], "correlation.group-by");
    if (out.group_names.size() > 8) refuse(node["group-by"], "more than 8 group-by fields");
    out.timespan_ms = timespan(node);
    out.generate = scalar(node, "generate") == "true";
    if (const YAML::Node aliases = node["aliases"]) {
      if (!aliases.IsMap()) refuse(aliases, "aliases is not a map");
      for (const auto& alias : aliases) {
        if (!alias.second.IsMap()) refuse(alias.second, "alias is not a map of rule to field");
        out.aliases.push_back({alias.first.Scalar(), {}});
        for (const auto& pair : alias.second) {
          if (!pair.second.IsScalar()) refuse(pair.second, "alias field is not a text");
          out.aliases.back().second.emplace_back(pair.first.Scalar(), pair.second.Scalar());
        }
      }
    }
    count(node["condition"], out, node);
    rule_.correlation = std::move(out);
  }

  static std::int64_t timespan(const YAML::Node& node) {
    const std::string text = required(node, "timespan");
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    const std::string_view unit(end, text.data() + text.size());
    const std::int64_t ms = unit == "s"   ? 1000
                            : unit == "m" ? 60'000
                            : unit == "h" ? 3'600'000
                            : unit == "d" ? 86'400'000
                                          : 0;
    if (error != std::errc() || ms == 0 || n < 1 || n > 366LL * 86'400'000 / ms)
      refuse(node["timespan"], "timespan is a number and s, m, h or d");
    return n * ms;
  }

  void count(const YAML::Node& condition, Correlation& out, const YAML::Node& node) {
    const bool temporal = out.type == Correlation::Type::temporal || out.type == Correlation::Type::temporal_ordered;
    if (!condition) {
      if (!temporal) refuse(node, "correlation.condition is missing");
      return;
    }
    if (!condition.IsMap()) refuse(condition, "correlation.condition is not a map");
    only_keys(condition, {"gte", "gt", "field"}, "correlation.condition");
    for (const char* key : {"gte", "gt"}) {
      const std::string text = scalar(condition, key);
      if (text.empty()) continue;
      std::uint64_t n = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
      const bool sum = out.type == Correlation::Type::value_sum;
      if (error != std::errc() || end != text.data() + text.size() || n > (sum ? 1'000'000'000'000'000 : 1'000'000))
        refuse(condition, sum ? "sum is a number up to 1000000000000000" : "count is a number up to 1000000");
      out.at_least = std::max<std::uint64_t>(1, std::string_view(key) == "gt" ? n + 1 : n);
    }
    if (out.type == Correlation::Type::value_count || out.type == Correlation::Type::value_sum) out.value_slot = fields_.slot(required(condition, "field"));
  }

  const YAML::Node& doc_;
  FieldTable& fields_;
  std::size_t& budget_;
  Rule rule_;
};

}  // namespace

namespace {

// The documents of a file with the number of lines before each. Cut here and not by yaml-cpp, whose reader of many
// documents does not end on some malformed input.
std::vector<std::pair<std::string, int>> documents(const std::string& text) {
  std::vector<std::pair<std::string, int>> out(1);
  int line = 0;
  for (std::size_t at = 0; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view here = std::string_view(text).substr(at, end - at);
    if (here.starts_with("---") && (here.size() == 3 || here[3] == '\n' || here[3] == '\r' || here[3] == ' ')) {
      out.emplace_back(std::string(), line);
    }
    out.back().first.append(here);
    at = end;
  }
  return out;
}

}  // namespace

ParsedFile parse_file(const std::string& name, const std::string& text, FieldTable& fields) {
  ParsedFile out;
  std::size_t budget = kMaxValues;
  for (const auto& [document, before] : documents(text)) {
    const auto problem = [&, lines = before](int line, std::string what) {
      out.problems.push_back({name, line > 0 ? line + lines : 0, std::move(what)});
    };
    try {
      const YAML::Node doc = YAML::Load(document);
      if (!doc.IsDefined() || doc.IsNull()) continue;
      Rule rule = RuleParser(doc, fields, budget).parse();
      rule.info.file = name;
      rule.line += before;
      out.rules.push_back(std::move(rule));
    } catch (const Refused& refused) {
      problem(refused.line, refused.what);
    } catch (const YAML::Exception& e) {
      problem(e.mark.is_null() ? 0 : e.mark.line + 1, "YAML: " + e.msg);
    } catch (const std::exception& e) {
      problem(0, std::string("rule: ") + e.what());
    }
  }
  if (out.rules.empty() && out.problems.empty()) out.problems.push_back({name, 0, "no document"});
  return out;
}

}  // namespace fengsui::policy
