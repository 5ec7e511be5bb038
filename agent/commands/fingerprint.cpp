#include "agent/commands/fingerprint.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "agent/commands/commands.h"
#include "agent/extraction/confined.h"
#include "agent/pipeline.h"
#include "agent/ruleset.h"
#include "agent/system.h"
#include "base/fd.h"
#include "classify/site/documents.h"
#include "classify/site/gathered.h"
#include "classify/text.h"
#include "watch/scan.h"

namespace fengsui::agent {
namespace {

namespace fs = std::filesystem;

// Nothing of what the documents hold is reported here; what could not be read is.
class Unread final : public Outlet {
 public:
  void on_finding(const model::Finding&) override {}
  void on_activity(const model::Activity&) override {}
  void on_flow(const model::Flow&) override {}
  void on_conclusion(const model::Conclusion& conclusion, bool) override {
    for (const auto& why : conclusion.unread) say(conclusion.from->object + ": " + why);
  }
  void say(const std::string& what) {
    ++count;
    fmt::print(stderr, "not examined: {}\n", what);
  }
  std::uint64_t count = 0;
};

// The path below the folder that was named, or the name of the file that was.
std::string label_of(const classify::Gathered::Printed& printed, const std::vector<std::string>& roots, const std::string& prefix) {
  std::string best = fs::path(printed.object).filename().string();
  for (const auto& root : roots) {
    const std::string folder = root.ends_with('/') ? root : root + "/";
    if (printed.object.starts_with(folder)) best = printed.object.substr(folder.size());
  }
  std::string label = classify::to_utf8(prefix + best + (printed.member.empty() ? "" : "!" + printed.member));
  if (label.size() <= classify::kMaxLabel) return label;
  std::size_t end = classify::kMaxLabel;
  while ((static_cast<unsigned char>(label[end]) & 0xC0) == 0x80) --end;  // never in the middle of a character
  return label.substr(0, end);
}

// A part of a container is a document of its own only by its text: its other parts are the same in many documents.
bool worth(const classify::Gathered::Printed& printed) {
  if (printed.print.sketch) return true;
  return printed.member.empty() && printed.print.whole && printed.print.size >= classify::kMinDocument;
}

}  // namespace

void add_fingerprint(CLI::App& app, FingerprintArguments& a) {
  a.command = app.add_subcommand("fingerprint",
                                 "registers documents by fingerprint\n\n  fengsui-agent fingerprint build --out drafts.prints /srv/drafts\n"
                                 "  [match] documents = [\"drafts.prints\"] in the configuration then recognises them");
  a.command->require_subcommand(1);
  a.build = a.command->add_subcommand("build", "one fingerprint a document; the file holds no text of them");
  a.build->add_option("--out", a.out, "file to make or to replace")->required();
  a.build->add_option("--prefix", a.prefix, "put before each label, e.g. the name of the unit");
  a.build->add_option("PATH", a.paths, "files and folders")->required();
}

int fingerprint(const Config& config, const FingerprintArguments& arguments) {
  const auto refuse = [](const std::string& what) {
    fmt::print(stderr, "fengsui-agent fingerprint: {}\n", what);
    return kUsage;
  };
  classify::Gathered gathered;
  gathered.want_prints = true;
  classify::SiteFiles site;
  site.gather = &gathered;
  auto rules = load_rules(config.rules, today(), site);
  if (!rules) return refuse(rules.error().what);
  const SystemClock clock;
  const auto key = crypto::Secret::copy_of(crypto::random_bytes(32));  // of digests that nobody reads
  policy::Engine policy(rules->policies, rules->networks);
  Unread outlet;
  ConfinedExtractor extraction;
  Pipeline pipeline(rules->classifier, key, policy, clock, outlet, {}, &extraction);
  std::vector<std::string> roots;
  for (const auto& path : arguments.paths) roots.push_back(fs::absolute(path).lexically_normal().string());
  watch::SensorConfig how;
  how.exclude = config.scan.exclude;
  how.max_file_bytes = static_cast<std::uint64_t>(config.scan.max_file_mib) << 20;
  watch::ScanReport walk;
  watch::scan_paths(roots, how, clock.wall_ms(), pipeline, walk);
  pipeline.finish();
  for (const auto& missed : walk.not_examined) outlet.say(missed.path + ": " + missed.reason);
  outlet.count += walk.not_examined_count - walk.not_examined.size() + gathered.lost;

  std::vector<classify::Document> documents;
  std::uint64_t small = 0;
  for (const auto& printed : gathered.prints) {
    if (worth(printed)) documents.push_back({label_of(printed, roots, arguments.prefix), printed.print});
    else small += printed.member.empty();
  }
  if (documents.empty()) return refuse("no document with enough in it below these paths");
  if (documents.size() > classify::kMaxDocuments)
    return refuse(fmt::format("{} documents; at most {}", documents.size(), classify::kMaxDocuments));
  std::stable_sort(documents.begin(), documents.end(), [](const auto& a, const auto& b) { return a.label < b.label; });
  const base::Bytes file = classify::write_documents(documents);
  if (auto ok = base::write_file_durable(arguments.out, file, 0640); !ok) return refuse(ok.error().what);
  const auto sketched = std::count_if(documents.begin(), documents.end(), [](const auto& d) { return d.print.sketch.has_value(); });
  fmt::print("{}: {} documents ({} also by their text), {} too small, {} not examined; {} bytes\n", arguments.out, documents.size(),
             sketched, small, outlet.count, file.size());
  return outlet.count == 0 ? kClean : kIncomplete;
}

}  // namespace fengsui::agent
