#include <algorithm>

#include "base/encode.h"
#include "base/fd.h"
#include "crypto/hash.h"
#include "policy/rule.h"

namespace fengsui::policy {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxFile = 1u << 20;
constexpr std::size_t kMaxRules = 20'000;

base::Result<std::vector<fs::path>> yaml_files(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return base::fail(base::Errc::not_found, "rule folder " + folder.string() + " is missing");
  std::vector<fs::path> out;
  fs::recursive_directory_iterator at(folder, error), end;
  for (; !error && at != end; at.increment(error)) {
    const std::string extension = at->path().extension().string();
    if ((extension == ".yml" || extension == ".yaml") && at->is_regular_file(error)) out.push_back(at->path());
  }
  if (error) return base::fail(base::Errc::io, "reading rule folder " + folder.string() + ": " + error.message());
  std::sort(out.begin(), out.end());
  return out;
}

void hash_part(crypto::Hasher& hasher, std::string_view text) {
  base::Bytes length;
  base::append_u64be(length, text.size());
  hasher.update(length);
  hasher.update(base::view(text));
}

// Drops rules whose id was already loaded.
void drop_duplicates(RuleSet::State& state) {
  std::unordered_map<std::string, std::string> seen;
  std::vector<Rule> kept;
  for (Rule& rule : state.rules) {
    std::vector<std::string> ids = {rule.info.id};
    if (rule.info.uuid != rule.info.id && !rule.info.uuid.empty()) ids.push_back(rule.info.uuid);
    bool fresh = true;
    for (const std::string& id : ids) {
      const auto at = seen.find(id);
      if (at == seen.end()) continue;
      state.problems.push_back(
          {rule.info.file, rule.line, "id " + id.substr(0, 60) + " is already used by " + at->second});
      fresh = false;
      break;
    }
    if (!fresh) continue;
    for (const std::string& id : ids) seen.emplace(id, rule.info.file);
    kept.push_back(std::move(rule));
  }
  state.rules = std::move(kept);
}

std::size_t find_rule(const RuleSet::State& state, const std::string& name) {
  for (std::size_t i = 0; i < state.rules.size(); ++i) {
    const Rule& rule = state.rules[i];
    if (rule.name == name || rule.info.uuid == name || rule.info.id == name) return i;
  }
  return state.rules.size();
}

// Resolves what a correlation refers to; "" or what is missing.
std::string resolve(RuleSet::State& state, std::size_t index) {
  Correlation& correlation = *state.rules[index].correlation;
  for (const std::string& name : correlation.names) {
    const std::size_t at = find_rule(state, name);
    if (at == state.rules.size())
      return "correlation refers to rule \"" + name.substr(0, 60) + "\", which is not loaded";
    if (at == index) return "correlation refers to itself";
    correlation.rules.push_back(at);
  }
  for (const std::string& group : correlation.group_names) {
    std::vector<std::uint32_t> slots;
    for (const std::string& name : correlation.names) {
      std::string field = group;
      for (const auto& [alias, fields] : correlation.aliases) {
        if (alias != group) continue;
        for (const auto& [rule, its_field] : fields) {
          if (rule == name) field = its_field;
        }
      }
      slots.push_back(state.fields.slot(field));
    }
    correlation.group_by.push_back(std::move(slots));
  }
  return {};
}

// Removes correlations that cannot be resolved until none is left, then fixes the indices.
void resolve_all(RuleSet::State& state) {
  for (bool again = true; again;) {
    again = false;
    for (Rule& rule : state.rules) {
      if (rule.correlation) rule.correlation->rules.clear(), rule.correlation->group_by.clear();
    }
    for (std::size_t i = 0; i < state.rules.size() && !again; ++i) {
      if (!state.rules[i].correlation) continue;
      const std::string missing = resolve(state, i);
      if (missing.empty()) continue;
      state.problems.push_back({state.rules[i].info.file, state.rules[i].line, missing});
      state.rules.erase(state.rules.begin() + static_cast<std::ptrdiff_t>(i));
      again = true;
    }
  }
  state.correlated.resize(state.rules.size());
  for (std::size_t i = 0; i < state.rules.size(); ++i) {
    if (!state.rules[i].correlation) continue;
    for (const std::size_t rule : state.rules[i].correlation->rules) {
      auto& list = state.correlated[rule];
      if (list.empty() || list.back() != i) list.push_back(static_cast<std::uint32_t>(i));
      if (!state.rules[i].correlation->generate && !state.rules[rule].correlation) state.rules[rule].silent = true;
    }
  }
}

}  // namespace

std::string source_key(std::string_view product, std::string_view category, std::string_view service) {
  std::string out;
  out.reserve(product.size() + category.size() + service.size() + 2);
  out.append(product).append("\n").append(category).append("\n").append(service);
  return out;
}

std::vector<std::uint32_t> rules_for(const RuleSet::State& state, const model::LogSource& source) {
  std::vector<std::uint32_t> out;
  for (unsigned mask = 0; mask < 8; ++mask) {
    if ((mask & 1 && source.product.empty()) || (mask & 2 && source.category.empty()) ||
        (mask & 4 && source.service.empty()))
      continue;
    const auto at = state.by_source.find(
        source_key(mask & 1 ? source.product : "", mask & 2 ? source.category : "", mask & 4 ? source.service : ""));
    if (at != state.by_source.end()) out.insert(out.end(), at->second.begin(), at->second.end());
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool satisfiable(const RuleInfo& rule, std::span<const std::string> sensors) {
  if (rule.needs.empty()) return true;
  for (const std::string& sensor : sensors) {
    const std::string_view kind = std::string_view(sensor).substr(0, sensor.find(':'));
    if (std::find(rule.needs.begin(), rule.needs.end(), kind) != rule.needs.end()) return true;
  }
  return false;
}

RuleSet::RuleSet() : state_(std::make_unique<State>()) {}
RuleSet::~RuleSet() = default;

base::Result<std::shared_ptr<const RuleSet>> RuleSet::load(const std::vector<fs::path>& folders) {
  std::shared_ptr<RuleSet> out(new RuleSet);
  State& state = *out->state_;
  crypto::Hasher hasher;
  for (const fs::path& folder : folders) {
    auto files = yaml_files(folder);
    if (!files) return std::unexpected(files.error());
    for (const fs::path& file : *files) {
      const std::string name = file.string();
      auto bytes = base::read_file(file, kMaxFile);
      if (!bytes) {
        state.problems.push_back({name, 0, bytes.error().what});
        continue;
      }
      hash_part(hasher, file.lexically_relative(folder).generic_string());
      hash_part(hasher, base::text(*bytes));
      ParsedFile parsed = parse_file(name, std::string(base::text(*bytes)), state.fields);
      state.problems.insert(state.problems.end(), parsed.problems.begin(), parsed.problems.end());
      for (Rule& rule : parsed.rules) {
        if (state.rules.size() == kMaxRules) return base::fail(base::Errc::limit, "more than 20000 rules");
        state.rules.push_back(std::move(rule));
      }
    }
  }
  drop_duplicates(state);
  resolve_all(state);
  for (std::size_t i = 0; i < state.rules.size(); ++i) {
    Rule& rule = state.rules[i];
    for (const std::string& field : rule.key) state.fields.slot(field);
    state.infos.push_back(rule.info);
    const model::LogSource& s = rule.info.source;
    if (!rule.correlation)
      state.by_source[source_key(s.product, s.category, s.service)].push_back(static_cast<std::uint32_t>(i));
  }
  state.digest = base::hex(hasher.finish());
  return out;
}

const std::vector<RuleInfo>& RuleSet::rules() const { return state_->infos; }
const std::vector<LoadProblem>& RuleSet::problems() const { return state_->problems; }
std::string RuleSet::digest() const { return state_->digest; }

}  // namespace fengsui::policy
