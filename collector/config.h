// The collector's settings: one struct, defaults in it. Read from DIR/collector.toml, then from the environment
// (FENGSUI_<SECTION>_<KEY>); an unknown key is an error that names file, line and the nearest known key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace fengsui::collector {

struct Config {
  struct Collector {
    std::string domain = "fengsui.example.gov.cn";  // first part of every log's origin; changing it starts other logs
    std::string division = "510900";                // division code, GB/T 2260, second part of the origin
  } collector;
  struct Link {
    std::string endpoint = "tcp://127.0.0.1:7447";  // where agents connect; loopback until an operator opens it
    std::int64_t high_water = 1000;                 // messages queued per agent, 1..100000: more costs memory
    std::int64_t max_message_bytes = 8 << 20;       // 65536..268435456: smaller refuses large batches
  } link;
  struct Http {
    std::string address = "127.0.0.1";      // put a TLS proxy in front before opening it
    std::int64_t port = 8447;               // 0 = any free port
    std::string dashboard;                  // folder of the built dashboard, "" = none
    std::int64_t max_connections = 256;     // 1..10000
    std::int64_t max_body_bytes = 1 << 20;  // 1024..67108864
    std::int64_t max_header_bytes = 16384;  // 1024..1048576
    std::int64_t request_seconds = 30;      // 1..600: time to read one request or write one answer
    std::int64_t session_minutes = 480;     // 1..10080: life of a login
  } http;
  struct Evidence {
    std::int64_t heartbeat_seconds = 60;  // 5..3600: what agents are told at enrolment; shorter costs log space
    std::int64_t missed_heartbeats = 2;   // 1..100: after so many a gap is written
    std::int64_t seal_minutes = 10;       // 1..1439 after 00:00: the grace for records of the day before
    std::int64_t lateness_hours = 72;     // 1..720: later heartbeats no longer count as coverage
    std::int64_t coverage_percent = 95;   // 1..100: below it an attestation is refused [default]
    std::string page;                     // verify.html, which goes into every bundle; "" = none
  } evidence;
  struct Ingest {
    std::int64_t group_ms = 5;             // 0..1000: how long a commit waits for company
    std::int64_t group_records = 2000;     // 1..100000: records in one commit
    std::int64_t pending_records = 20000;  // 1..1000000: bound of what waits for a commit; then agents wait
    std::int64_t checkpoint_seconds = 10;  // 1..60: largest age of a checkpoint when collector leaves wait
  } ingest;
  struct Rules {
    std::string dir;  // the product's rules (score, forms, calendar), "" = none: the score is unavailable
  } rules;
};

// Errc::usage with "file:line: …" for anything wrong in the file; not_found when it is missing.
base::Result<Config> load_config(const std::filesystem::path& file);
// The same from text, for tests and init; `name` stands for the file in messages.
base::Result<Config> parse_config(const std::string& text, const std::string& name);
// A file with every key, its default and its meaning.
std::string example_config(const Config& config);

}  // namespace fengsui::collector
