// fengsui-agent: the program on department hosts.
#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

#include "agent/commands/baseline.h"
#include "agent/commands/commands.h"
#include "agent/commands/detect.h"
#include "agent/commands/fingerprint.h"
#include "agent/commands/match.h"
#include "agent/config.h"
#include "agent/daemon.h"
#include "agent/extraction/worker.h"
#include "agent/log.h"
#include "agent/system.h"

namespace {

using namespace fengsui;

constexpr const char* kDefaultConfig = "/etc/fengsui/agent.toml";

constexpr const char* kExamples = R"(Examples:
  fengsui-agent scan --json /srv/share                 what a folder holds, as OCSF events
  fengsui-agent read --json trace.pcap                 a capture through the live pipeline
  fengsui-agent detect --jsonl < lines.ndjson          detections in texts
  fengsui-agent enrol --collector tcp://10.0.0.1:7447 --key KEY --token-file token
  fengsui-agent run                                    the service
  fengsui-agent status                                 what it watches, and what it cannot

烽燧 (Fengsui): watches what happens to government data on this host. It never listens on a port, and no raw personal
value leaves the host.

Exit codes: 0 clean, 1 findings, 2 usage, 3 incomplete (each thing that was not examined is named on standard error).
run and check: 78 configuration, else sysexits(3).)";

const char* environment(const char* name) { return std::getenv(name); }

// What every subcommand may be told.
struct Common {
  std::string config, rules, language;
};

void add_common(CLI::App* command, Common& common) {
  command->add_option("--config", common.config,
                      fmt::format("configuration file (default {}, when it is there)", kDefaultConfig));
  command->add_option("--rules", common.rules, "folder of rules, instead of [rules] dir");
  command->add_option("--language", common.language, "zh or en")->check(CLI::IsMember({"zh", "en"}));
}

base::Result<agent::Config> configuration(const Common& common) {
  std::error_code error;
  bool default_there = std::filesystem::exists(kDefaultConfig, error);
  auto config = !common.config.empty() ? agent::load_config(common.config, environment)
                : default_there        ? agent::load_config(kDefaultConfig, environment)
                                       : agent::default_config(environment);
  if (!config) return config;
  if (!common.rules.empty()) config->rules.dir = common.rules;
  if (!common.language.empty()) config->agent.language = common.language;
  return config;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == agent::kWorkerCommand) return agent::extract_worker();
  CLI::App app(kExamples, "fengsui-agent");
  app.require_subcommand(1);
  app.set_version_flag("--version", FENGSUI_VERSION);
  Common common;

  agent::DetectArguments detect;
  auto* detect_command =
      app.add_subcommand("detect",
                         "detections in texts, or the speed of detecting\n\n  fengsui-agent detect --jsonl < "
                         "lines.ndjson\n  fengsui-agent detect --bench data.csv --against vectorscan");
  detect_command->add_flag("--jsonl", detect.jsonl, R"(reads {"id","text"} or {"id","bytes_b64"} a line)");
  detect_command->add_option("--bench", detect.bench, "measures over these files");
  detect_command->add_option("--against", detect.against, "reference engine of --bench: vectorscan or re2");

  agent::ScanArguments scan;
  auto* scan_command = app.add_subcommand("scan",
                                          "one-shot scan of files and folders\n\n  fengsui-agent scan /srv/share\n  "
                                          "fengsui-agent scan --json /srv /tmp > events.ndjson");
  scan_command->add_flag("--json", scan.json, "OCSF events, one a line");
  scan_command->add_option("--baseline", scan.baseline, "values known from an earlier scan: counted as allowed where they were");
  scan_command->add_option("--write-baseline", scan.write_baseline, "writes what this scan saw; may be the same file");
  scan_command->add_option("--key", scan.key, "key file of the baseline, instead of [match] key_file");
  scan_command->add_option("PATH", scan.paths, "files and folders")->required();

  agent::MatchArguments match;
  agent::add_match(app, match);

  agent::AllowArguments allow;
  agent::add_allow(app, allow);

  agent::FingerprintArguments fingerprint;
  agent::add_fingerprint(app, fingerprint);

  agent::ReadArguments read;
  auto* read_command = app.add_subcommand("read",
                                          "replays captures through the live pipeline\n\n  fengsui-agent read --json "
                                          "trace.pcap\n  fengsui-agent read --bodies out trace.pcap");
  read_command->add_flag("--json", read.json, "OCSF events, one a line");
  read_command->add_option("--bodies", read.bodies, "also writes each reassembled HTTP body to this folder");
  read_command->add_option("FILE", read.files, "pcap or pcapng files")->required();

  std::vector<std::string> captures;
  auto* check_command = app.add_subcommand(
      "check",
      "checks the configuration\n\n  fengsui-agent check --config agent.toml\n  fengsui-agent check --capture eth0");
  check_command->add_option("--capture", captures, "an interface that must open");

  auto* run_command =
      app.add_subcommand("run", "the service; until SIGTERM\n\n  fengsui-agent run --config /etc/fengsui/agent.toml");

  bool status_json = false;
  auto* status_command = app.add_subcommand(
      "status", "sources with state and reason\n\n  fengsui-agent status\n  fengsui-agent status --json");
  status_command->add_flag("--json", status_json, "one line of JSON");

  agent::EnrolArguments enrol;
  auto* enrol_command =
      app.add_subcommand("enrol",
                         "makes this host known to its collector, with a one-time token\n\n  fengsui-agent enrol "
                         "--collector tcp://10.0.0.1:7447 --key KEY --token-file token");
  enrol_command->add_option("--collector", enrol.collector, "tcp://host:port")->required();
  enrol_command->add_option("--key", enrol.key, "the collector's link key, 40 characters")->required();
  enrol_command->add_option("--token-file", enrol.token_file, "file with the token")->required();
  enrol_command->add_option("--timeout", enrol.timeout_seconds, "seconds to wait for the collector")
      ->check(CLI::Range(1, 600));

  for (auto* command :
       {fingerprint.build, allow.list, allow.baseline_list, allow.prune, detect_command, scan_command, read_command, check_command, run_command, status_command, enrol_command})
    add_common(command, common);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? agent::kClean : agent::kUsage;
  }
  if (*match.command) return agent::match(match);
  auto config = configuration(common);
  if (!config) {
    fmt::print(stderr, "fengsui-agent: {}\n", config.error().what);
    return EX_CONFIG;
  }
  agent::SystemClock clock;
  agent::Log log(clock);
  if (*detect_command) return agent::detect(*config, detect);
  if (*scan_command) return agent::scan(*config, scan);
  if (*allow.allow || *allow.baseline) return agent::allow(*config, allow);
  if (*fingerprint.command) return agent::fingerprint(*config, fingerprint);
  if (*read_command) return agent::read(*config, read);
  if (*check_command) return agent::check(*config, captures);
  if (*run_command) return agent::run_daemon(*config, log);
  if (*status_command) return agent::status(*config, status_json);
  return agent::enrol(*config, enrol);
}
