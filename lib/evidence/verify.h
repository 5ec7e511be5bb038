// Verification of an evidence bundle, step by step (evidence.md 2.11). No network, no clock, no key from the bundle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "evidence/attest.h"
#include "evidence/checkpoint.h"
#include "evidence/policy.h"
#include "evidence/prepare.h"
#include "evidence/zip.h"
#include "model/stage.h"

namespace fengsui::evidence {

// not_present: the evidence has none and the policy asks for none. skipped: could not be looked at because of an earlier failure.
enum class StepState : std::uint8_t { passed, failed, not_present, not_required, incomplete, skipped };
std::string_view id(StepState state);

struct Step {
  int number = 0;  // V0..V16
  model::Text title;
  StepState state = StepState::skipped;
  model::Text detail;
  std::int64_t leaf = -1;  // first broken position
  std::string day;         // and its day
};

struct VerifyOptions {
  ZipLimits limits;
  std::string dept;                        // what was asked for; "" = whatever the statement says
  std::optional<base::UnixMs> from, to;
  std::optional<Checkpoint> last_seen;     // from an earlier visit
  std::string state;                       // VerifyResult::state of an earlier visit: only what came since is read; "" none
  std::vector<Revoked> revoked;            // opened with open_revocations()
  std::string tsa;                         // certificates of time-stamping authorities, PEM; "" stamps are counted, not checked
  base::UnixMs now = 0;                    // stamps may not be later; 0: no clock
  Parallel parallel;                       // null: all on the calling thread
};

struct VerifyResult {
  std::vector<Step> steps;  // all 17, in order
  int level = 0;            // 1: statement and checkpoint; 2: and seals; 3: full replay
  bool verified = false;    // every step passed, or was not present and not required; not revoked
  bool incomplete = false;  // nothing failed, but something could not be examined
  bool revoked = false;
  std::string revoked_reason;
  std::int64_t first_broken = -1;  // position in the log
  std::string first_broken_day;
  // From the statement; empty when it could not be read.
  std::string dept, outcome;
  base::UnixMs from = 0, to = 0;
  bool incident_free = false, provisional = false;
  std::uint64_t leaves = 0, as_of = 0;
  // When verified: what options.state of the next visit wants. Speaks for periods that begin at or after the end of this one.
  std::string state;
  std::vector<std::string> assumptions;
  std::vector<model::Text> notes;
};
// 0 verified, 1 failed or revoked, 3 incomplete.
int exit_code(const VerifyResult& result);

VerifyResult verify_bundle(base::View zip, const Policy& policy, const VerifyOptions& options);
VerifyResult verify_files(const Files& files, const Policy& policy, const VerifyOptions& options);

Json to_json(const VerifyResult& result);
std::string to_text(const VerifyResult& result, bool chinese);

}  // namespace fengsui::evidence
