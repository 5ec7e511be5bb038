// Rule: a Sigma rule or correlation, compiled and immutable.
// Source: Sigma specification 2.1.0 (rules and correlations).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/engine.h"
#include "policy/event.h"
#include "policy/pattern.h"

namespace fengsui::policy {

// One line of a selection: field|modifiers: value or list of values.
struct FieldItem {
  std::string text;        // "CommandLine|contains" as written, for explain; "" for a plain keyword
  bool keyword = false;    // matched against every value of the event
  std::uint32_t slot = 0;  // of the field
  Modifiers modifiers;
  std::vector<std::vector<Pattern>>
      values;  // each value is any of its patterns; values are joined by OR, with `all` by AND
  std::vector<std::string> value_texts;   // as written, parallel to values
  std::vector<std::uint32_t> references;  // fieldref: slots of the other fields
  bool must_exist = true;                 // of exists
};

// Alternatives (OR) of items (AND).
struct Selection {
  std::string name;
  std::vector<std::vector<FieldItem>> alternatives;
};

struct Expression {
  enum class Op : std::uint8_t { selection, all_of, any_of, negation };
  Op op = Op::selection;
  std::string text;           // "1 of selection_*" where it was written so
  std::size_t selection = 0;  // index, of op selection
  std::vector<Expression> parts;
};

struct Correlation {
  enum class Type : std::uint8_t { event_count, value_count, value_sum, temporal, temporal_ordered };
  Type type = Type::event_count;
  std::vector<std::string> names;                    // as written; resolved into rules when all files are loaded
  std::vector<std::size_t> rules;                    // indices
  std::vector<std::vector<std::uint32_t>> group_by;  // per group-by entry, per rule (an alias may differ): slots
  std::vector<std::string> group_names;
  std::vector<std::pair<std::string, std::vector<std::pair<std::string, std::string>>>> aliases;  // alias → rule, field
  std::uint32_t value_slot = 0;                                                                   // of value_count, value_sum
  std::int64_t timespan_ms = 0;
  std::uint64_t at_least = 1;  // gte; gt n is n + 1
  bool generate = false;       // the rules it refers to keep making findings of their own
};

struct Rule {
  RuleInfo info;
  std::string name;  // Sigma `name`, for correlations to refer to
  model::Severity severity = model::Severity::medium;
  model::Text message, remediation;
  std::vector<std::string> key;  // fields that tell one behaviour finding from another
  std::vector<Selection> selections;
  Expression condition;
  std::optional<Correlation> correlation;
  bool silent = false;  // makes no finding of its own: a part of a correlation
  int line = 0;
};

// Parses the condition over the names of selections. Errc::malformed or unsupported (pipes) with what and where.
base::Result<Expression> parse_condition(std::string_view text, const std::vector<Selection>& selections);

struct ParsedFile {
  std::vector<Rule> rules;
  std::vector<LoadProblem> problems;
};
// All documents of one file. Never fails: what does not load is a problem with its line.
ParsedFile parse_file(const std::string& name, const std::string& text, FieldTable& fields);

// Evaluation.
bool matches(const FieldItem& item, Event& event);
bool matches(const Selection& selection, Event& event);
bool matches(const Rule& rule, const Expression& expression, Event& event);

struct RuleSet::State {
  FieldTable fields;
  std::vector<Rule> rules;
  std::vector<RuleInfo> infos;
  std::vector<LoadProblem> problems;
  std::string digest;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_source;  // "product\ncategory\nservice"
  std::vector<std::vector<std::uint32_t>> correlated;                     // per rule: correlations that refer to it
};
std::string source_key(std::string_view product, std::string_view category, std::string_view service);
// Indices of rules whose logsource the event's satisfies, in order of loading.
std::vector<std::uint32_t> rules_for(const RuleSet::State& state, const model::LogSource& source);

}  // namespace fengsui::policy
