#include <fmt/format.h>
#include <sysexits.h>

#include "agent/commands/commands.h"
#include "agent/extraction/confined.h"
#include "agent/ruleset.h"
#include "agent/system.h"
#include "capture/source.h"
#include "wire/link.h"

namespace fengsui::agent {

// The configuration was read before this: what remains is whether what it names is there.
int check(const Config& config, const std::vector<std::string>& captures) {
  int code = EX_OK;
  auto bad = [&](int with, const std::string& what) {
    fmt::print(stderr, "error: {}\n", what);
    if (code == EX_OK) code = with;
  };
  auto rules = load_rules(config.rules, today(), site_files(config));
  if (!rules) {
    bad(EX_CONFIG, rules.error().what);
  } else {
    fmt::print("rules     {} ({} policies, digest {})\n", rules->folder.string(), rules->policies->rules().size(),
               rules->digest);
    for (const auto& entry : rules->classifier->expired_entries(SystemClock().wall_ms())) fmt::print("allow     {}\n", entry);
    for (const auto& problem : rules->classifier->site_problems()) bad(EX_CONFIG, "match: " + problem);
    for (const auto& problem : rules->policies->problems())
      bad(EX_CONFIG, fmt::format("{}:{}: {}", problem.file, problem.line, problem.what));
  }
  if (!config.collector.key.empty())
    if (auto key = wire::curve_from_z85(config.collector.key); !key)
      bad(EX_CONFIG, "collector.key: " + key.error().what);
  for (const auto& file : config.capture.replay)
    if (auto source = capture::open_file(file); !source) bad(EX_CONFIG, "capture.replay: " + source.error().what);
  auto interfaces = [&](const std::vector<std::string>& names, bool demanded) {
    for (const auto& name : names) {
      auto source = capture::open_live({name, config.capture.filter});
      if (source) {
        fmt::print("capture   {} can be opened\n", name);
      } else if (demanded || source.error().code == base::Errc::usage || source.error().code == base::Errc::malformed) {
        bad(source.error().code == base::Errc::denied        ? EX_NOPERM
            : source.error().code == base::Errc::unavailable ? EX_UNAVAILABLE
                                                             : EX_CONFIG,
            source.error().what);
      } else {
        fmt::print("capture   {} is unavailable: {}\n", name,
                   source.error().what);  // the agent runs without it, and says so
      }
    }
  };
  ConfinedExtractor extraction;
  if (extraction.try_out())
    fmt::print("extraction {}\n", extraction.confinement());
  else
    fmt::print("extraction is unavailable: {}\n", extraction.confinement());  // what is not plain text is then named as not examined
  interfaces(config.capture.interfaces, false);
  interfaces(captures, true);
  if (code == EX_OK) fmt::print("the configuration is right\n");
  return code;
}

}  // namespace fengsui::agent
