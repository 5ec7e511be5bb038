#include "classify/site/site_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fd.h"
#include "classify/site/rule_pattern.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kMaxFile = 1u << 20;
constexpr Charset kCharsets[] = {Charset::utf8, Charset::gb18030};

base::Error placed(const SiteRule& rule, const base::Error& error) {
  return {error.code == base::Errc::limit ? base::Errc::limit : error.code, fmt::format("{}:{}: pattern: {}", rule.file, std::max(rule.line, 1), error.what)};
}

std::string width(const RuleEngine::Cost& cost) {
  return cost.longest == RuleEngine::kUnbounded ? fmt::format("{} bytes or more", cost.shortest) : fmt::format("{} to {} bytes", cost.shortest, cost.longest);
}

// How often the literal comes up by chance decides the cost: each time a window of some 500 bytes is searched.
std::string cost_of(const std::vector<RuleForm>& forms, const std::vector<RuleEngine::Cost>& costs, bool unbounded) {
  std::size_t shortest = kMaxLiteral, literals = 0, database = 0;
  bool digits = false;
  for (const RuleForm& form : forms)
    for (const auto& literal : form.literals) {
      shortest = std::min(shortest, literal.size());
      ++literals;
      digits |= std::all_of(literal.begin(), literal.end(), [](char c) { return c >= '0' && c <= '9'; });
    }
  for (const auto& cost : costs) database += cost.database;
  const bool high = digits || shortest <= 3, low = shortest >= 6 && !digits;
  std::string out = fmt::format("{} cost: {} literal{}, the shortest of {} bytes; a match has {}; automata of {} bytes", high ? "high" : low ? "low" : "medium",
                                literals, literals == 1 ? "" : "s", shortest, width(costs.front()), database);
  if (digits) out += "; a literal of digits comes up often";
  if (unbounded) out += "; repetition without an end: a match is cut at the window, 256 bytes on either side of the literal";
  return out;
}

}  // namespace

base::Result<SiteRules> SiteRules::load(const std::filesystem::path& folder, std::string& digested) {
  SiteRules out;
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".toml") files.push_back(it->path());
    if (files.size() > kMaxSiteRules) return base::fail(base::Errc::limit, fmt::format("{}: more than {} site rules", folder.string(), kMaxSiteRules));
  }
  if (error && error != std::errc::no_such_file_or_directory) return base::fail(base::Errc::io, fmt::format("{}: {}", folder.string(), error.message()));
  if (files.empty()) return out;
  std::sort(files.begin(), files.end());
  auto engine = RuleEngine::make();
  if (!engine) return base::fail(engine.error().code, fmt::format("{}: {}", folder.string(), engine.error().what));
  out.engine_ = std::move(*engine);
  const GbTable table;
  for (const auto& path : files) {
    auto bytes = base::read_file(path, kMaxFile);
    if (!bytes) return std::unexpected(bytes.error());
    digested.append(base::text(*bytes));
    auto rule = read_site_rule(base::text(*bytes), path.string());
    if (!rule) return std::unexpected(rule.error());
    for (const auto& other : out.rules_)
      if (other.id == rule->id) return base::fail(base::Errc::usage, fmt::format("{}:1: id \"{}\" is already in {}", path.string(), rule->id, other.file));
    const auto pattern = RulePattern::parse(rule->pattern);
    std::vector<RuleForm> forms;
    std::vector<RuleEngine::Cost> costs;
    for (const Charset charset : kCharsets) {
      auto literals = pattern->literals(charset, table);
      if (!literals) return std::unexpected(placed(*rule, literals.error()));
      auto expression = pattern->expression(charset, table);
      if (!expression) return std::unexpected(placed(*rule, expression.error()));
      RuleForm form{std::move(*expression), std::move(*literals), pattern->caseless()};
      if (!forms.empty() && forms[0].expression == form.expression) continue;
      const auto added = out.engine_->add(form);
      if (!added) return std::unexpected(placed(*rule, {added.error().code, fmt::format("in {}: {}", id(charset), added.error().what)}));
      rule->forms.push_back(*added);
      out.rule_of_form_.push_back(out.rules_.size());
      costs.push_back(out.engine_->cost(*added));
      forms.push_back(std::move(form));
    }
    rule->cost = cost_of(forms, costs, pattern->unbounded());
    out.rules_.push_back(std::move(*rule));
  }
  if (auto sealed = out.engine_->seal(); !sealed) return std::unexpected(sealed.error());
  return out;
}

}  // namespace fengsui::classify
