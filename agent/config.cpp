#include "agent/config.h"

#include <fmt/format.h>
// A malformed file is an error of toml++, not an assertion that ends the program.
#define TOML_ASSERT(expr) static_cast<void>(0)
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "base/encode.h"
#include "base/fd.h"
#include "base/nearest.h"
#include "crypto/hash.h"

namespace fengsui::agent {

namespace {

using base::Errc;
using base::fail;

// One key of the file. Exactly one accessor is set.
struct Key {
  std::string_view section, name;
  std::string& (*text)(Config&) = nullptr;
  std::vector<std::string>& (*list)(Config&) = nullptr;
  std::int64_t& (*number)(Config&) = nullptr;
  bool& (*flag)(Config&) = nullptr;
  std::int64_t min = 0, max = 0;
};

constexpr Key kKeys[] = {
    {"agent", "state_dir", [](Config& c) -> std::string& { return c.agent.state_dir; }},
    {"agent", "language", [](Config& c) -> std::string& { return c.agent.language; }},
    {"collector", "endpoint", [](Config& c) -> std::string& { return c.collector.endpoint; }},
    {"collector", "key", [](Config& c) -> std::string& { return c.collector.key; }},
    {"capture", "interfaces", nullptr, [](Config& c) -> std::vector<std::string>& { return c.capture.interfaces; }},
    {"capture", "replay", nullptr, [](Config& c) -> std::vector<std::string>& { return c.capture.replay; }},
    {"capture", "filter", [](Config& c) -> std::string& { return c.capture.filter; }},
    {"capture", "buffer_mib", nullptr, nullptr, [](Config& c) -> std::int64_t& { return c.capture.buffer_mib; },
     nullptr, 1, 1024},
    {"capture", "promiscuous", nullptr, nullptr, nullptr, [](Config& c) -> bool& { return c.capture.promiscuous; }},
    {"scan", "paths", nullptr, [](Config& c) -> std::vector<std::string>& { return c.scan.paths; }},
    {"scan", "exclude", nullptr, [](Config& c) -> std::vector<std::string>& { return c.scan.exclude; }},
    {"scan", "landing", nullptr, [](Config& c) -> std::vector<std::string>& { return c.scan.landing; }},
    {"scan", "web_roots", nullptr, [](Config& c) -> std::vector<std::string>& { return c.scan.web_roots; }},
    {"scan", "period_minutes", nullptr, nullptr, [](Config& c) -> std::int64_t& { return c.scan.period_minutes; },
     nullptr, 1, 43200},
    {"scan", "mib_per_second", nullptr, nullptr, [](Config& c) -> std::int64_t& { return c.scan.mib_per_second; },
     nullptr, 1, 10000},
    {"scan", "max_file_mib", nullptr, nullptr, [](Config& c) -> std::int64_t& { return c.scan.max_file_mib; }, nullptr,
     1, 65536},
    {"events", "paths", nullptr, [](Config& c) -> std::vector<std::string>& { return c.events.paths; }},
    {"events", "exclude", nullptr, [](Config& c) -> std::vector<std::string>& { return c.events.exclude; }},
    {"login", "paths", nullptr, [](Config& c) -> std::vector<std::string>& { return c.login.paths; }},
    {"login", "period_seconds", nullptr, nullptr, [](Config& c) -> std::int64_t& { return c.login.period_seconds; },
     nullptr, 1, 3600},
    {"match", "key_file", [](Config& c) -> std::string& { return c.match.key_file; }},
    {"match", "exact", nullptr, [](Config& c) -> std::vector<std::string>& { return c.match.exact; }},
    {"match", "documents", nullptr, [](Config& c) -> std::vector<std::string>& { return c.match.documents; }},
    {"match", "allow", nullptr, [](Config& c) -> std::vector<std::string>& { return c.match.allow; }},
    {"match", "baseline", [](Config& c) -> std::string& { return c.match.baseline; }},
    {"rules", "catalog", [](Config& c) -> std::string& { return c.rules.catalog; }},
    {"rules", "dir", [](Config& c) -> std::string& { return c.rules.dir; }},
    {"rules", "extra", nullptr, [](Config& c) -> std::vector<std::string>& { return c.rules.extra; }},
    {"budget", "cpu_percent", nullptr, nullptr, [](Config& c) -> std::int64_t& { return c.budget.cpu_percent; },
     nullptr, 1, 100},
    {"budget", "memory_mib", nullptr, nullptr, [](Config& c) -> std::int64_t& { return c.budget.memory_mib; }, nullptr,
     32, 65536},
    {"spool", "max_mib", nullptr, nullptr, [](Config& c) -> std::int64_t& { return c.spool.max_mib; }, nullptr, 1,
     1048576},
    {"findings", "repeat_minutes", nullptr, nullptr,
     [](Config& c) -> std::int64_t& { return c.findings.repeat_minutes; }, nullptr, 0, 10080},
};

std::string where(const std::string& file, const toml::source_region& source) {
  return fmt::format("{}:{}", file, source.begin.line);
}

base::Status in_range(const Key& key, std::int64_t n, const std::string& place) {
  if (n >= key.min && n <= key.max) return {};
  return fail(Errc::usage,
              fmt::format("{}: {}.{} is {}; allowed {} to {}", place, key.section, key.name, n, key.min, key.max));
}

base::Status wrong_type(const Key& key, const std::string& place, std::string_view wanted) {
  return fail(Errc::usage, fmt::format("{}: {}.{} must be {}", place, key.section, key.name, wanted));
}

base::Status apply(Config& config, const Key& key, const toml::node& node, const std::string& place) {
  if (key.text) {
    auto value = node.value_exact<std::string>();
    if (!value) return wrong_type(key, place, "a string");
    key.text(config) = *value;
  } else if (key.list) {
    const auto* array = node.as_array();
    if (!array) return wrong_type(key, place, "an array of strings");
    std::vector<std::string> out;
    for (const auto& element : *array) {
      auto value = element.value_exact<std::string>();
      if (!value) return wrong_type(key, place, "an array of strings");
      out.push_back(*value);
    }
    key.list(config) = std::move(out);
  } else if (key.number) {
    auto value = node.value_exact<std::int64_t>();
    if (!value) return wrong_type(key, place, "a whole number");
    if (auto ok = in_range(key, *value, place); !ok) return ok;
    key.number(config) = *value;
  } else {
    auto value = node.value_exact<bool>();
    if (!value) return wrong_type(key, place, "true or false");
    key.flag(config) = *value;
  }
  return {};
}

base::Status unknown_section(std::string_view name, const std::string& place) {
  std::vector<std::string_view> sections;
  for (const auto& key : kKeys) sections.push_back(key.section);
  return fail(Errc::usage,
              fmt::format("{}: unknown section [{}]; did you mean [{}]?", place, name, base::nearest(name, sections)));
}

base::Status apply_section(Config& config, std::string_view section, const toml::table& table,
                           const std::string& file) {
  for (const auto& [name, node] : table) {
    auto place = where(file, name.source());
    auto key = std::find_if(std::begin(kKeys), std::end(kKeys),
                            [&](const Key& k) { return k.section == section && k.name == name.str(); });
    if (key == std::end(kKeys)) {
      std::vector<std::string_view> names;
      for (const auto& k : kKeys)
        if (k.section == section) names.push_back(k.name);
      return fail(Errc::usage, fmt::format("{}: unknown key {}.{}; did you mean {}.{}?", place, section, name.str(),
                                           section, base::nearest(name.str(), names)));
    }
    if (auto ok = apply(config, *key, node, place); !ok) return ok;
  }
  return {};
}

base::Status apply_file(Config& config, const std::filesystem::path& file, crypto::Hasher& hasher) {
  auto bytes = base::read_file(file, 1u << 20);
  if (!bytes) return std::unexpected(bytes.error());
  hasher.update(*bytes);
  toml::table parsed;
  try {
    parsed = toml::parse(base::text(*bytes), file.string());
  } catch (const toml::parse_error& error) {
    return fail(Errc::usage, fmt::format("{}: {}", where(file.string(), error.source()), error.description()));
  }
  for (const auto& [name, node] : parsed) {
    auto place = where(file.string(), name.source());
    bool known = std::any_of(std::begin(kKeys), std::end(kKeys), [&](const Key& k) { return k.section == name.str(); });
    if (!known) return unknown_section(name.str(), place);
    if (!node.is_table()) return fail(Errc::usage, fmt::format("{}: {} must be a section", place, name.str()));
    if (auto ok = apply_section(config, name.str(), *node.as_table(), file.string()); !ok) return ok;
    if (name.str() == "login") config.login.present = true;
  }
  return {};
}

base::Status apply_environment(Config& config, const Environment& environment) {
  for (const auto& key : kKeys) {
    std::string name = fmt::format("FENGSUI_{}_{}", key.section, key.name);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const char* value = environment(name.c_str());
    if (!value || !*value) continue;
    std::string_view text = value;
    if (key.section == "login") config.login.present = true;
    if (key.text) {
      key.text(config) = text;
    } else if (key.list) {
      auto& list = key.list(config);
      list.clear();
      for (std::size_t at = 0; at <= text.size();) {
        auto comma = std::min(text.find(',', at), text.size());
        if (comma > at) list.emplace_back(text.substr(at, comma - at));
        at = comma + 1;
      }
    } else if (key.number) {
      std::int64_t n = 0;
      auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
      if (error != std::errc{} || end != text.data() + text.size()) return wrong_type(key, name, "a whole number");
      if (auto ok = in_range(key, n, name); !ok) return ok;
      key.number(config) = n;
    } else {
      if (text != "true" && text != "false") return wrong_type(key, name, "true or false");
      key.flag(config) = text == "true";
    }
  }
  return {};
}

base::Result<Config> finish(Config config, const Environment& environment) {
  if (auto ok = apply_environment(config, environment); !ok) return std::unexpected(ok.error());
  if (config.agent.language != "zh" && config.agent.language != "en")
    return fail(Errc::usage, fmt::format("agent.language is '{}'; allowed zh, en", config.agent.language));
  if (config.agent.state_dir.empty()) return fail(Errc::usage, "agent.state_dir is empty");
  if (!config.collector.endpoint.empty() && !config.collector.endpoint.starts_with("tcp://"))
    return fail(Errc::usage, "collector.endpoint must have the form tcp://host:port");
  if (!config.collector.key.empty() && config.collector.key.size() != 40)
    return fail(Errc::usage,
                fmt::format("collector.key has {} characters; a key has 40 (Z85)", config.collector.key.size()));
  return config;
}

}  // namespace

base::Result<Config> load_config(const std::filesystem::path& file, const Environment& environment) {
  Config config;
  crypto::Hasher hasher;
  if (auto ok = apply_file(config, file, hasher); !ok) return std::unexpected(ok.error());
  std::error_code error;
  std::vector<std::filesystem::path> more;
  for (std::filesystem::directory_iterator it(file.parent_path() / "conf.d", error), end; !error && it != end;
       it.increment(error))
    if (it->path().extension() == ".toml") more.push_back(it->path());
  std::sort(more.begin(), more.end());
  for (const auto& path : more)
    if (auto ok = apply_file(config, path, hasher); !ok) return std::unexpected(ok.error());
  config.digest = base::hex(hasher.finish());
  return finish(std::move(config), environment);
}

base::Result<Config> default_config(const Environment& environment) {
  Config config;
  config.digest = base::hex(crypto::sha256(base::View{}));
  return finish(std::move(config), environment);
}

}  // namespace fengsui::agent
