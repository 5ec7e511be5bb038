// What the parts of the collector share: settings, keys, ledger, roster, accounts, and the log of each unit. Built once
// by run(); the parts hold references to it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "collector/accounts.h"
#include "collector/config.h"
#include "collector/history.h"
#include "collector/keys.h"
#include "collector/roster.h"
#include "collector/sequencer.h"
#include "evidence/policy.h"
#include "store/ledger.h"

namespace fengsui::collector {

// One thread.
class Centre {
 public:
  // Opens the folder that init() made and the log of every unit for the year of `now`. Errc::mismatch when a log does
  // not agree with what was signed; usage, not_found, denied for a folder that is not complete.
  static base::Result<std::unique_ptr<Centre>> open(const std::filesystem::path& folder, const Config& config,
                                                    const base::Clock& clock, FaultPoint fault = {});

  const Config& config() const { return config_; }
  const std::filesystem::path& folder() const { return folder_; }
  Keys& keys() { return keys_; }
  store::Ledger& ledger() { return *ledger_; }
  store::Control& control() { return ledger_->control(); }
  Roster& roster() { return *roster_; }
  Accounts& accounts() { return *accounts_; }
  base::UnixMs now() const { return clock_.wall_ms(); }

  // The log that what comes now is written to: the newest of the unit. It takes nothing between its final seal and the
  // first leaf of the next one (Errc::unavailable when that is asked for here, see collector/year_change.h). Errc::not_found for an
  // unknown unit.
  base::Result<Sequencer*> book(const std::string& unit);
  // Every log of the unit that has begun, oldest first.
  base::Result<History> history(const std::string& unit);
  // Errc::not_found when the instant lies in a year before the unit's first log or after the running one.
  base::Status speaks_of(const std::string& unit, base::UnixMs at) const;
  // The log of that year. Errc::not_found when there is none; asking makes none.
  base::Result<Sequencer*> book_of_year(const std::string& unit, int year);
  // Makes the log of a later year than the newest one; empty until its shard leaf. Only for the hand-over.
  base::Result<Sequencer*> make_log(const std::string& unit, int year);

  base::Status add_unit(Unit unit);
  // Writes a record of an administrator's act or of a refusal: durable, never deleted.
  base::Status record(const std::string& who, const std::string& what, const std::string& about);
  // What an evaluator pins: the keys of the logs, of the attester and of the operators. Rewritten when a unit is added.
  base::Status write_policy();
  // The same for one log.
  evidence::Policy policy(const Sequencer& book) const;
  // The same for every log of one unit.
  base::Result<evidence::Policy> policy_of(const std::string& unit);
  // DIR/witnesses: who is asked to cosign, and how many must have (C2SP tlog-policy; its log lines are not looked at).
  // Nobody when there is no such file.
  base::Result<evidence::Policy> witnesses() const;

  std::string collector_name() const { return config_.collector.domain + "/collector"; }
  std::string operator_name() const { return config_.collector.domain + "/operator"; }
  std::string second_name() const { return config_.collector.domain + "/operator2"; }
  std::string witness_name() const { return config_.collector.domain + "/witness"; }
  std::string attester_name() const { return config_.collector.domain + "/attester"; }

 private:
  Centre(std::filesystem::path folder, Config config, Keys keys, const base::Clock& clock, FaultPoint fault)
      : folder_(std::move(folder)),
        config_(std::move(config)),
        keys_(std::move(keys)),
        clock_(clock),
        fault_(std::move(fault)) {}

  evidence::Policy roles() const;
  base::Result<Sequencer*> open_log(const std::string& unit, int year);

  std::filesystem::path folder_;
  Config config_;
  Keys keys_;
  const base::Clock& clock_;
  FaultPoint fault_;
  std::unique_ptr<store::Ledger> ledger_;
  std::unique_ptr<Roster> roster_;
  std::unique_ptr<Accounts> accounts_;
  std::map<std::pair<std::string, int>, std::unique_ptr<Sequencer>> books_;
  std::map<std::string, std::set<int>> logs_;  // years of the logs that exist, by unit
  std::uint64_t events_ = 0;
};

}  // namespace fengsui::collector
