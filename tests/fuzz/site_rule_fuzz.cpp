// Any text as a site rule, a pattern or an allow-list; what is accepted is compiled and run over the text itself.
#include <cstdlib>

#include "classify/site/allow_list.h"
#include "classify/site/rule_engine.h"
#include "classify/site/rule_pattern.h"
#include "classify/site/site_rules.h"

using namespace fengsui;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const classify::GbTable table;
  if (size > 2048) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)classify::read_site_rule(text, "f.toml");
  (void)classify::read_allow_list(text, "f.toml");
  const std::size_t line = text.find('\n');
  const std::string first = text.substr(0, line);
  (void)classify::path_matches(first, text);
  const auto pattern = classify::RulePattern::parse(first);
  if (!pattern) return 0;
  for (const auto charset : {classify::Charset::utf8, classify::Charset::gb18030}) {
    const auto literals = pattern->literals(charset, table);
    if (!literals) continue;
    for (const auto& literal : *literals)
      if (literal.size() < classify::kMinLiteral || literal.size() > classify::kMaxLiteral) std::abort();
    const auto expression = pattern->expression(charset, table);
    if (!expression || expression->size() > 4096) continue;  // larger ones only take long to compile
    auto engine = classify::RuleEngine::make();
    if (!engine) return 0;
    const auto form = (*engine)->add({*expression, *literals, pattern->caseless()});
    if (!form || !(*engine)->seal()) continue;
    const auto scratch = (*engine)->scratch();
    std::vector<classify::RuleEngine::Found> found;
    (*engine)->literals(*scratch, base::view(text), found);
    for (const auto& one : found) {
      const auto match = (*engine)->match(*scratch, one.form, base::view(text), one.start, one.end);
      if (match && (match->first > one.start || match->second < one.end || match->second > text.size())) std::abort();
    }
  }
  return 0;
}
