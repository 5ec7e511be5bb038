// A collector in a temporary folder with a clock that tests set, and an agent with a real chain and real messages; only
// the sockets are missing.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "collector/centre.h"
#include "collector/ingest.h"
#include "collector/init.h"
#include "collector/watch.h"
#include "evidence/chain.h"
#include "wire/message.h"

namespace fengsui::collector {

class TestClock : public base::Clock {
 public:
  base::UnixMs now = *base::parse_rfc3339("2026-11-24T10:00:00+08:00");
  base::UnixMs wall_ms() const override { return now; }
  base::BootMs boot_ms() const override { return now; }
};

class TempFolder {
 public:
  TempFolder() {
    // In memory where there is such a place: these tests ask for many syncs and prove nothing about a disk.
    const bool memory = ::access("/dev/shm", W_OK | X_OK) == 0;
    std::string pattern = ((memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) /
                           "fengsui-collector-XXXXXX")
                              .string();
    path = ::mkdtemp(pattern.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

// The collector's parts as run() builds them, restartable.
class Rig {
 public:
  explicit Rig(FaultPoint fault = {}) : fault_(std::move(fault)) {
    auto made = initialise(folder.path, Config(), "admin", clock);
    EXPECT_TRUE(made) << (made ? "" : made.error().what);
    password = made->password;
    start();
  }

  void start() {
    ingest.reset();
    centre.reset();
    config.rules.dir = FENGSUI_SOURCE_DIR "/rules";
    auto opened =
        Centre::open(folder.path, config, clock, [this](Step step) { return fault_ ? fault_(step) : base::Status(); });
    ASSERT_TRUE(opened) << opened.error().what;
    centre = std::move(*opened);
    ingest = std::make_unique<Ingest>(
        *centre,
        [this](const std::string& peer, const wire::Message& m) {
          sent.emplace_back(peer, m);
          return base::Status();
        },
        [this](const std::string& agent, const evidence::Heartbeat& beat, base::UnixMs rx) {
          watch->on_heartbeat(agent, beat, rx);
        });
    watch = std::make_unique<Watch>(*centre, *ingest);
    auto restored = ingest->restore();
    ASSERT_TRUE(restored) << restored.error().what;
    ASSERT_TRUE(watch->restore());
  }

  void set_fault(FaultPoint fault) { fault_ = std::move(fault); }

  void add_unit(const std::string& id) {
    Unit unit;
    unit.id = id;
    unit.name_zh = "教育局";
    unit.kind = "city_department";
    auto added = centre->add_unit(unit);
    ASSERT_TRUE(added) << added.error().what;
  }

  // The newest message of the type, or nullptr.
  template <class T>
  const T* last() const {
    for (auto it = sent.rbegin(); it != sent.rend(); ++it)
      if (const auto* m = std::get_if<T>(&it->second)) return m;
    return nullptr;
  }

  Config config;
  TempFolder folder;
  TestClock clock;
  std::string password;
  std::unique_ptr<Centre> centre;
  std::unique_ptr<Ingest> ingest;
  std::unique_ptr<Watch> watch;
  std::vector<std::pair<std::string, wire::Message>> sent;

 private:
  FaultPoint fault_;
};

class TestAgent {
 public:
  TestAgent(Rig& rig, const std::string& unit, const std::string& name, const std::string& key = "key-of-")
      : rig_(rig), name_(unit + "/" + name), curve_(key + name_), identity_seed_(crypto::random_bytes(32)) {
    auto created = rig.centre->roster().create_token(unit, name, {"file_scan"}, rig.clock.now, 3'600'000, "admin");
    EXPECT_TRUE(created) << (created ? "" : created.error().what);
    token = created.value_or("");
  }

  wire::Enrol enrolment() const {
    wire::Enrol e;
    e.token = token;
    e.hostname = "host1";
    e.version = "0.1.0";
    e.os = "Debian 12";
    auto key = crypto::SigningKey::from_seed(identity_seed_).public_key();
    e.identity_key.assign(key.begin(), key.end());
    e.curve_key = base::Bytes(32, 1);
    return e;
  }

  bool enrol() {
    send(enrolment());
    const auto* answer = rig_.last<wire::Enrolled>();
    if (answer == nullptr || !answer->ok) return false;
    chain = std::make_unique<evidence::Chain>(answer->agent, crypto::SigningKey::from_seed(identity_seed_), "boot-1", 0,
                                              crypto::Digest{});
    records.clear();
    return true;
  }

  void send(const wire::Message& message) { rig_.ingest->take("peer-" + name_, curve_, wire::encode(message)); }

  void boot() { keep(chain->boot(rig_.clock.now, "start", std::string(64, 'b'))); }

  void find(int severity = 3, const std::string& detail = R"({"class_uid":2006})") {
    model::Finding f;
    f.id = std::string(32, 'a');
    f.rule = "STO-1";
    f.stage = model::Stage::storage;
    f.severity = static_cast<model::Severity>(severity);
    f.time = rig_.clock.now;
    keep(chain->finding(f, detail, std::string(64, 'c')));
  }

  void beat(base::UnixMs seconds = 60) {
    evidence::HeartbeatInput in;
    in.t0 = in.b0 = rig_.clock.now;
    rig_.clock.now += seconds * 1000;
    in.t1 = in.b1 = rig_.clock.now;
    in.rules_digest = std::string(64, 'c');
    in.config_digest = std::string(64, 'd');
    in.binary_digest = std::string(64, 'b');
    model::SourceStatus s;
    s.id = "file_scan";
    s.stages = {model::Stage::storage};
    s.state = model::SensorState::effective;
    s.counters.rx = 1;
    in.sources = {s};
    keep(chain->heartbeat(in));
  }

  // Sends the records from `from` (a seq) on.
  void deliver(std::uint64_t from = 1) {
    wire::Batch batch;
    batch.agent = name_;
    batch.first_seq = from;
    batch.records.assign(records.begin() + static_cast<std::ptrdiff_t>(from - 1), records.end());
    send(batch);
  }

  std::uint64_t stored() const { return (*rig_.centre->book(name_.substr(0, name_.find('/'))))->log().last_seq(name_); }
  const std::string& name() const { return name_; }
  const std::string& curve() const { return curve_; }

  std::string token;
  std::unique_ptr<evidence::Chain> chain;
  std::vector<evidence::Record> records;

 private:
  void keep(evidence::Record record) {
    chain->commit();
    records.push_back(std::move(record));
  }

  Rig& rig_;
  std::string name_, curve_;
  base::Bytes identity_seed_;
};

}  // namespace fengsui::collector
