#include "collector/config.h"

#include <fmt/format.h>
// A malformed file is an error of toml++, not an assertion that ends the program.
#define TOML_ASSERT(expr) static_cast<void>(0)
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <variant>

#include "base/fd.h"
#include "base/nearest.h"

namespace fengsui::collector {

namespace {

struct Key {
  std::string_view section, name;
  std::variant<std::int64_t*, std::string*> target;
  std::int64_t low = 0, high = 0;  // of numbers; for strings high is the largest length
  std::string_view meaning;
};

std::vector<Key> keys_of(Config& c) {
  return {
      {"collector", "domain", &c.collector.domain, 1, 120, "first part of every log's origin; lower-case DNS name"},
      {"collector", "division", &c.collector.division, 6, 6, "division code (GB/T 2260), six digits"},
      {"link", "endpoint", &c.link.endpoint, 1, 200, "where agents connect"},
      {"link", "high_water", &c.link.high_water, 1, 100000, "messages queued per agent"},
      {"link", "max_message_bytes", &c.link.max_message_bytes, 65536, 256 << 20, "largest message of an agent"},
      {"http", "address", &c.http.address, 1, 64,
       "address of the API and dashboard; use a TLS proxy before opening it"},
      {"http", "port", &c.http.port, 0, 65535, "0 = any free port"},
      {"http", "dashboard", &c.http.dashboard, 0, 4096, "folder of the built dashboard, empty = none"},
      {"http", "max_connections", &c.http.max_connections, 1, 10000, "at the same time"},
      {"http", "max_body_bytes", &c.http.max_body_bytes, 1024, 64 << 20, "of a request"},
      {"http", "max_header_bytes", &c.http.max_header_bytes, 1024, 1 << 20, "of a request"},
      {"http", "request_seconds", &c.http.request_seconds, 1, 600, "to read one request or write one answer"},
      {"http", "session_minutes", &c.http.session_minutes, 1, 10080, "life of a login"},
      {"evidence", "heartbeat_seconds", &c.evidence.heartbeat_seconds, 5, 3600, "between heartbeats of an agent"},
      {"evidence", "missed_heartbeats", &c.evidence.missed_heartbeats, 1, 100, "after so many a gap is written"},
      {"evidence", "seal_minutes", &c.evidence.seal_minutes, 1, 1439, "after 00:00 the day before is sealed"},
      {"evidence", "lateness_hours", &c.evidence.lateness_hours, 1, 720, "later heartbeats are no coverage"},
      {"evidence", "coverage_percent", &c.evidence.coverage_percent, 1, 100, "below it an attestation is refused"},
      {"evidence", "page", &c.evidence.page, 0, 4096, "verify.html for every bundle, empty = none"},
      {"ingest", "group_ms", &c.ingest.group_ms, 0, 1000, "how long a commit waits for company"},
      {"ingest", "group_records", &c.ingest.group_records, 1, 100000, "records in one commit"},
      {"ingest", "pending_records", &c.ingest.pending_records, 1, 1000000, "bound of what waits for a commit"},
      {"ingest", "checkpoint_seconds", &c.ingest.checkpoint_seconds, 1, 60, "largest age of a checkpoint"},
      {"rules", "dir", &c.rules.dir, 0, 4096, "folder of the product's rules, empty = none: the score is unavailable"},
  };
}

std::unexpected<base::Error> wrong(const std::string& name, const toml::source_position& at, const std::string& what) {
  return base::fail(base::Errc::usage, fmt::format("{}:{}: {}", name, at.line, what));
}

base::Status set_text(const Key& key, std::string value) {
  auto* target = std::get<std::string*>(key.target);
  if (std::ssize(value) < key.low || std::ssize(value) > key.high)
    return base::fail(base::Errc::usage, fmt::format("{}.{} has {} bytes; {} to {} are allowed", key.section, key.name,
                                                     value.size(), key.low, key.high));
  *target = std::move(value);
  return {};
}

base::Status set_number(const Key& key, std::int64_t value) {
  if (value < key.low || value > key.high)
    return base::fail(base::Errc::usage, fmt::format("{}.{} is {}; {} to {} are allowed", key.section, key.name, value,
                                                     key.low, key.high));
  *std::get<std::int64_t*>(key.target) = value;
  return {};
}

base::Status apply(const Key& key, const toml::node& node) {
  if (std::holds_alternative<std::string*>(key.target)) {
    if (!node.is_string())
      return base::fail(base::Errc::usage, fmt::format("{}.{} must be a string", key.section, key.name));
    return set_text(key, node.as_string()->get());
  }
  if (!node.is_integer())
    return base::fail(base::Errc::usage, fmt::format("{}.{} must be a whole number", key.section, key.name));
  return set_number(key, node.as_integer()->get());
}

base::Status from_environment(const std::vector<Key>& keys) {
  for (const auto& key : keys) {
    std::string variable = fmt::format("FENGSUI_{}_{}", key.section, key.name);
    std::transform(variable.begin(), variable.end(), variable.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr) continue;
    base::Status done;
    if (std::holds_alternative<std::string*>(key.target)) {
      done = set_text(key, value);
    } else {
      std::string_view digits(value);
      std::int64_t number = 0;
      auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      if (error != std::errc() || end != digits.data() + digits.size())
        return base::fail(base::Errc::usage, variable + " in the environment is not a whole number");
      done = set_number(key, number);
    }
    if (!done) return base::fail(base::Errc::usage, variable + " in the environment: " + done.error().what);
  }
  return {};
}

// What ranges cannot say: characters of the names that go into an origin (C2SP: no space, no '+').
base::Status sensible(const Config& c, const std::string& name) {
  auto bad = [](char ch) {
    return !(std::isdigit(static_cast<unsigned char>(ch)) || (ch >= 'a' && ch <= 'z') || ch == '.' || ch == '-');
  };
  if (std::any_of(c.collector.domain.begin(), c.collector.domain.end(), bad))
    return base::fail(base::Errc::usage, name + ": collector.domain may hold a-z, 0-9, '.' and '-' only");
  if (!std::all_of(c.collector.division.begin(), c.collector.division.end(),
                   [](unsigned char ch) { return std::isdigit(ch); }))
    return base::fail(base::Errc::usage, name + ": collector.division must be six digits");
  if (!c.link.endpoint.starts_with("tcp://"))
    return base::fail(base::Errc::usage, name + ": link.endpoint must begin with tcp://");
  if (c.ingest.pending_records < c.ingest.group_records)
    return base::fail(base::Errc::usage, name + ": ingest.pending_records is below ingest.group_records");
  return {};
}

}  // namespace

base::Result<Config> parse_config(const std::string& text, const std::string& name) {
  Config config;
  auto keys = keys_of(config);
  toml::table root;
  try {
    root = toml::parse(text, name);
  } catch (const toml::parse_error& e) {
    return wrong(name, e.source().begin, std::string(e.description()));
  }
  std::vector<std::string_view> sections;
  for (const auto& key : keys)
    if (std::find(sections.begin(), sections.end(), key.section) == sections.end()) sections.emplace_back(key.section);
  for (auto&& [section, node] : root) {
    std::string section_name(section.str());
    if (std::find(sections.begin(), sections.end(), section_name) == sections.end())
      return wrong(
          name, section.source().begin,
          fmt::format("unknown section '{}'; the nearest is '{}'", section_name, base::nearest(section_name, sections)));
    const auto* table = node.as_table();
    if (table == nullptr)
      return wrong(name, section.source().begin, fmt::format("'{}' must be a section", section_name));
    std::vector<std::string_view> known;
    for (const auto& key : keys)
      if (key.section == section_name) known.emplace_back(key.name);
    for (auto&& [key_name, value] : *table) {
      auto key = std::find_if(keys.begin(), keys.end(),
                              [&](const Key& k) { return k.section == section_name && k.name == key_name.str(); });
      if (key == keys.end())
        return wrong(name, key_name.source().begin,
                     fmt::format("unknown key '{}.{}'; the nearest is '{}.{}'", section_name,
                                 std::string(key_name.str()), section_name, base::nearest(key_name.str(), known)));
      if (auto done = apply(*key, value); !done) return wrong(name, key_name.source().begin, done.error().what);
    }
  }
  if (auto done = from_environment(keys); !done) return std::unexpected(done.error());
  if (auto done = sensible(config, name); !done) return std::unexpected(done.error());
  return config;
}

base::Result<Config> load_config(const std::filesystem::path& file) {
  auto bytes = base::read_file(file, 1 << 20);
  if (!bytes) return std::unexpected(bytes.error());
  return parse_config(std::string(base::text(*bytes)), file.string());
}

std::string example_config(const Config& config) {
  Config copy = config;
  std::string out =
      "# Settings of fengsui-collector. Every key is optional; the values below are in force when it is absent.\n";
  std::string_view section;
  for (const auto& key : keys_of(copy)) {
    if (key.section != section) {
      section = key.section;
      out += fmt::format("\n[{}]\n", section);
    }
    if (const auto* text = std::get_if<std::string*>(&key.target))
      out += fmt::format("{} = '{}'  # {}\n", key.name, **text, key.meaning);
    else
      out += fmt::format("{} = {}  # {}; {} to {}\n", key.name, *std::get<std::int64_t*>(key.target), key.meaning,
                         key.low, key.high);
  }
  return out;
}

}  // namespace fengsui::collector
