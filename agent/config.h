// The agent's configuration: one file of TOML, then conf.d/*.toml beside it in name order, then FENGSUI_<SECTION>_<KEY>
// of the environment. An unknown key is an error that names the file, the line and the nearest key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"

namespace fengsui::agent {

struct Config {
  struct Agent {
    std::string state_dir = "/var/lib/fengsui-agent";  // keys, spool, positions, status; must be private to the agent
    std::string language = "zh";                       // "zh" or "en": texts of findings
  } agent;
  struct Collector {
    std::string endpoint;  // tcp://host:port; "" = the one of the enrolment
    std::string key;       // its CURVE public key, Z85, 40 characters; a wrong one means nothing is ever sent
  } collector;
  struct Capture {
    std::vector<std::string> interfaces;  // live; needs CAP_NET_RAW
    std::vector<std::string> replay;      // capture files read once at start, for demonstrations and tests
    std::string filter;                   // BPF; too narrow a filter hides traffic and is not a gap
    std::int64_t buffer_mib = 8;          // kernel ring per interface, 1..1024; too small loses bursts
    bool promiscuous = false;
  } capture;
  struct Scan {
    std::vector<std::string> paths, exclude;
    std::vector<std::string> landing;    // folders where collected files arrive: their content is of stage collection
    std::vector<std::string> web_roots;  // served folders; empty = the usual ones
    std::int64_t period_minutes = 60;    // 1..43200 between passes; longer leaves new files unseen longer
    std::int64_t mib_per_second = 20;    // 1..10000; more disturbs the host more
    std::int64_t max_file_mib = 256;     // 1..65536; the rest of a larger file is reported as not examined
  } scan;
  struct Events {
    std::vector<std::string> paths, exclude;  // folders watched for files that arrive or change
  } events;
  struct Login {
    bool present = false;             // the section is there; without it the login log is not watched
    std::vector<std::string> paths;   // login logs; empty = those of the system
    std::int64_t period_seconds = 5;  // 1..3600
  } login;
  struct Match {                     // the site's own data and wishes, beside the detectors
    std::string key_file;            // of `match key`, mode 0600; all files below must be made under it
    std::vector<std::string> exact;  // sets of exact values, of `match build`
    std::vector<std::string> documents;  // fingerprints of registered documents, of `fingerprint build`
    std::vector<std::string> allow;      // allow-lists; an expired entry no longer applies, and is listed
    std::string baseline;                // values known from an earlier scan: counted as allowed where they were
  } match;
  struct Rules {
    std::string dir;                 // holds detectors/, policies/, areas/; "" = found beside the program
    std::string catalog;             // data-resource catalogue, .csv or .json; "" = every object is unregistered
    std::vector<std::string> extra;  // further folders of Sigma rules
  } rules;
  struct Budget {
    std::int64_t cpu_percent = 20;  // 1..100 of one core, over ten seconds; less sees less, and says so
    std::int64_t memory_mib = 256;  // 32..65536 resident
  } budget;
  struct Spool {
    std::int64_t max_mib = 512;  // 1..1048576; full = new findings are counted as lost
  } spool;
  struct Findings {
    std::int64_t repeat_minutes = 60;  // 0..10080: the same finding inside this time is counted, not repeated
  } findings;
  std::string digest;  // hex SHA-256 over the files read, in order
};

using Environment = std::function<const char*(const char* name)>;  // getenv, or a test's own

// Errc::usage with file, line and reason; not_found when the file is missing.
base::Result<Config> load_config(const std::filesystem::path& file, const Environment& environment);
// No file at all: defaults and environment.
base::Result<Config> default_config(const Environment& environment);

}  // namespace fengsui::agent
