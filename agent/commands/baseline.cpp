#include "agent/commands/baseline.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "agent/commands/commands.h"
#include "agent/ruleset.h"
#include "agent/system.h"
#include "base/fd.h"
#include "classify/site/allow_list.h"
#include "classify/types.h"

namespace fengsui::agent {
namespace {

constexpr std::size_t kMaxFile = 512u << 20;

base::Result<classify::Baseline> load(const std::string& file, const classify::MatchKey& key) {
  const auto bytes = base::read_file(file, kMaxFile);
  if (!bytes) return std::unexpected(bytes.error());
  auto out = classify::Baseline::read(*bytes, key);
  if (!out) return base::fail(out.error().code, file + ":" + out.error().what);
  return out;
}

int refuse(const std::string& what) {
  fmt::print(stderr, "fengsui-agent: {}\n", what);
  return kUsage;
}

int digest(const classify::MatchKey& key, const std::string& type) {
  if (!classify::type_of(type) && type != "document" && type != "exact" && !type.starts_with("site:"))
    return refuse("--type " + type + ": no detector finds this");
  std::string line;
  while (std::getline(std::cin, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) fmt::print("{}\n", key.allowed(type, classify::match_value(type, base::view(line))));
  }
  return kClean;
}

int list_allowed(const std::vector<std::string>& files, bool only_expired) {
  if (files.empty()) return refuse("no allow-list: [match] allow is empty, and none was named");
  const base::Day today_is = today();
  std::size_t expired = 0;
  for (const auto& file : files) {
    const auto bytes = base::read_file(file, kMaxFile);
    if (!bytes) return refuse(bytes.error().what);
    const auto entries = classify::read_allow_list(base::text(*bytes), file);
    if (!entries) return refuse(entries.error().what);
    for (const auto& e : *entries) {
      expired += !e.applies(today_is);
      if (only_expired && e.applies(today_is)) continue;
      fmt::print("{}\t{}\t{}\t{}\t{}\t{}:{}\n", e.id, e.applies(today_is) ? "applies" : "expired", base::to_string(e.expires),
                 !e.rule.empty() ? e.rule : e.type.empty() ? "any type" : e.type, e.approver + ": " + e.reason, e.file, e.line);
    }
  }
  return expired == 0 ? kClean : kFindings;
}

int list_known(const classify::Baseline& baseline, bool only_stale) {
  std::size_t stale = 0;
  for (const auto& [name, value] : baseline.values) {
    const bool is_stale = baseline.stale(value);
    stale += is_stale;
    if (!only_stale || is_stale) fmt::print("{}\t{}\t{}\t{}\n", name, value.type, is_stale ? "stale" : "seen", value.place);
  }
  fmt::print(stderr, "{} values, {} not seen by the last of {} scans\n", baseline.values.size(), stale, baseline.scans);
  return stale == 0 ? kClean : kFindings;
}

int prune(classify::Baseline baseline, const classify::MatchKey& key, const std::string& file) {
  const std::size_t gone = std::erase_if(baseline.values, [&](const auto& one) { return baseline.stale(one.second); });
  if (auto ok = base::write_file_durable(file, base::view(baseline.write(key)), 0640); !ok) return refuse(ok.error().what);
  fmt::print("{}: {} values taken out, {} left\n", file, gone, baseline.values.size());
  return kClean;
}

}  // namespace

base::Status ScanBaseline::begin(const std::string& read, const std::string& write, classify::SiteFiles& site) {
  if (!read.empty()) site.baseline = read;
  write_ = write;
  if (site.baseline.empty() && write.empty()) return {};
  if (site.key.empty()) return base::fail(base::Errc::usage, "a baseline needs a key: --key, or [match] key_file");
  auto key = classify::MatchKey::load(site.key);
  if (!key) return std::unexpected(key.error());
  if (!site.baseline.empty()) {
    auto before = load(site.baseline.string(), *key);
    if (!before) return std::unexpected(before.error());
    before_ = std::move(*before);
  }
  key_ = std::move(*key);
  gathered_.want_values = true;
  site.gather = &gathered_;
  return {};
}

base::Result<std::string> ScanBaseline::finish(Scrubber& scrubber) {
  if (!used()) return std::string();
  if (gathered_.lost > 0)
    return base::fail(base::Errc::limit, fmt::format("more than {} values: no baseline was written", classify::Gathered::kMaxValues));
  for (const auto& [name, value] : before_.values) stale_ += !gathered_.values.contains(name);
  known_ = before_.values.size() - stale_;
  if (write_.empty()) return std::string();
  classify::Baseline after = before_;
  if (after.scans == classify::kMaxScans) return base::fail(base::Errc::limit, write_ + ": too many scans; begin a new baseline");
  ++after.scans;
  for (const auto& [name, value] : gathered_.values) {
    std::string place = value.place;
    scrubber.text(place);
    after.values.insert_or_assign(name, classify::KnownValue{value.type, std::move(place), after.scans});
  }
  if (after.values.size() > classify::kMaxKnown)
    return base::fail(base::Errc::limit, fmt::format("more than {} values: no baseline was written", classify::kMaxKnown));
  if (auto ok = base::write_file_durable(write_, base::view(after.write(*key_)), 0640); !ok) return std::unexpected(ok.error());
  return fmt::format("{}: {} values", write_, after.values.size());
}

void add_allow(CLI::App& app, AllowArguments& a) {
  a.allow = app.add_subcommand("allow", "what the site allows\n\n  echo 4008123123 | fengsui-agent allow digest --key match.key --type mobile\n"
                                        "  fengsui-agent allow list --expired allow.toml");
  a.allow->require_subcommand(1);
  a.digest = a.allow->add_subcommand("digest", "the letters that stand for a value in an allow-list; a value a line on standard input");
  a.digest->add_option("--key", a.key_file, "key file, mode 0600")->required();
  a.digest->add_option("--type", a.type, "type of the value, as detections name it")->required();
  a.list = a.allow->add_subcommand("list", "entries with who answers for them and until when; exit 1 when some have expired");
  a.list->add_flag("--expired", a.expired, "only those that no longer apply");
  a.list->add_option("FILE", a.files, "allow-lists, instead of [match] allow");
  a.baseline = app.add_subcommand("baseline", "values known from earlier scans\n\n  fengsui-agent scan --key match.key --write-baseline known /srv\n"
                                              "  fengsui-agent baseline list --stale --key match.key known");
  a.baseline->require_subcommand(1);
  a.baseline_list = a.baseline->add_subcommand("list", "what it holds, by keyed name, type and place; exit 1 when some are stale");
  a.baseline_list->add_flag("--stale", a.stale, "only those that the last scan did not see");
  a.prune = a.baseline->add_subcommand("prune", "takes out what the last scan did not see");
  for (auto* command : {a.baseline_list, a.prune}) {
    command->add_option("--key", a.key_file, "key file, mode 0600, instead of [match] key_file");
    command->add_option("FILE", a.file, "the baseline")->required();
  }
}

int allow(const Config& config, const AllowArguments& a) {
  if (*a.allow && *a.list) return list_allowed(a.files.empty() ? config.match.allow : a.files, a.expired);
  const std::string file = a.key_file.empty() ? config.match.key_file : a.key_file;
  if (file.empty()) return refuse("no key: --key, or [match] key_file");
  auto key = classify::MatchKey::load(file);
  if (!key) return refuse(key.error().what);
  if (*a.allow) return digest(*key, a.type);
  auto baseline = load(a.file, *key);
  if (!baseline) return refuse(baseline.error().what);
  return *a.baseline_list ? list_known(*baseline, a.stale) : prune(std::move(*baseline), *key, a.file);
}

}  // namespace fengsui::agent
