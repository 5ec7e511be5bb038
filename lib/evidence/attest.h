// Attestations: what a log supports saying about a unit and a period, decided, stated (in-toto), signed (DSSE) and logged.
// Sources: domain.md "Incident-free attestation"; in-toto Statement v1; DSSE v1.0.2; Rekor dsse v0.0.2 entries; Sigstore bundle v0.3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/sign.h"
#include "evidence/checkpoint.h"
#include "evidence/coverage.h"
#include "evidence/facts.h"
#include "evidence/json.h"
#include "evidence/score.h"
#include "model/stage.h"

namespace fengsui::evidence {

inline constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
inline constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";
inline constexpr std::string_view kPredicateType = "https://fengsui.dev/attestation/incident-free/v1";
inline constexpr std::string_view kRevocationPayloadType = "application/vnd.fengsui.revocations+json";

enum class Outcome : std::uint8_t { issued, issued_with_notes, refused };
std::string_view id(Outcome outcome);

// Why not, or a note. Codes: incident, untriaged, chain, day_not_sealed, scope_missing, coverage, unlisted, canary_broken (refusals), canary_missed (refusal or note);
// explained_gap, amended, sensor_unavailable, provisional, low_coverage_day, scope_starts, unknown_leaves, canary_open (notes).
struct Reason {
  std::string code;
  std::string day;        // "2026-11-24", "" when not of one day
  std::int64_t leaf = -1;
  model::Text text;
};

// What is asked for.
struct Period {
  std::string dept;
  base::UnixMs from = 0, to = 0;  // whole seconds; the days between must be sealed
  std::uint64_t as_of = 0;        // leaves considered: [0, as_of)
  std::uint64_t min_covered_ppm = 950'000;  // host coverage below which an attestation is refused [default]
  std::uint64_t min_canary_ppm = 500'000;   // share of canaries found in time below which it is refused [default]
};

struct Decision {
  Outcome outcome = Outcome::refused;
  bool incident_free = false;  // evidence.md 2.8: no finding of the threshold open, gaps within policy, not provisional
  bool provisional = false;
  std::vector<Reason> refusals, notes;
  Coverage coverage;
};
// Pure: the time of asking is the receipt time of the last leaf. `facts` must have been read up to period.as_of. `problems` is the number of broken chains or signatures in the log (Replay::problem_count).
Decision decide(const Facts& facts, const Period& period, std::uint64_t problems);

// The collector's name and build, for the statement.
struct Issuer {
  std::string id, software, binary_digest;
};
// The in-toto statement, one line of JSON. `checkpoint` is a signed checkpoint of size period.as_of. Deterministic: the verifier
// makes the predicate again from the log and compares. `score` may be null.
std::string statement(const Facts& facts, const Period& period, const Decision& decision, const Issuer& issuer,
                      const Checkpoint& at, std::string_view checkpoint, const Score* score, std::string_view supersedes = "");
// The parts of the predicate that follow from the log alone: scope, coverage, findings, incidents, rules, agents, amendments, decision.
Json derived(const Facts& facts, const Period& period, const Decision& decision);

// "DSSEv1 " len(type) " " type " " len(body) " " body
base::Bytes pae(std::string_view type, std::string_view body);

struct Envelope {
  std::string payload_type, payload;
  struct Sig {
    std::string keyid;
    base::Bytes sig;
  };
  std::vector<Sig> signatures;
};
std::string sign_envelope(std::string_view payload_type, std::string_view payload, const crypto::SigningKey& key);
// At most 16 MiB and 16 signatures. Does not verify.
base::Result<Envelope> parse_envelope(std::string_view json);
// Errc::mismatch unless one signature is the key's. Keyids are hints and not looked at.
base::Status verify_envelope(const Envelope& envelope, const crypto::PublicKey& key);

// Rekor's dsse v0.0.2 entry body: the leaf that puts an attestation into the log (entry_leaf()).
std::string rekor_entry(const Envelope& envelope, const crypto::PublicKey& key);
// Sigstore bundle v0.3 with inclusion proof and checkpoint. Exactly one signature (asserted).
std::string sigstore_bundle(const Envelope& envelope, const crypto::PublicKey& attester, std::string_view entry, std::uint64_t index,
                            const std::vector<Digest>& proof, const Checkpoint& at, std::string_view checkpoint, const Vkey& log);

// Revocations: statements that no longer hold, by the hex SHA-256 of their payload. Signed by the attester.
struct Revoked {
  std::string payload_sha256;
  base::UnixMs t = 0;
  std::string reason;
};
std::string sign_revocations(const std::vector<Revoked>& list, base::UnixMs as_of, const crypto::SigningKey& attester);
base::Result<std::vector<Revoked>> open_revocations(std::string_view envelope, const std::vector<Vkey>& attesters);

std::string payload_digest(std::string_view payload);  // hex SHA-256

// Assumed beside the others where no canary was revealed, and where some were.
inline constexpr const char* kDetectionUntested = "detection-untested";
inline constexpr const char* kCanariesToldApart = "canaries-not-told-apart";
// Millionths as people read them: 904966 → "90.49%". Rounded down.
std::string percent_text(std::uint64_t ppm);

// Whether a predicate says what it assumes: every assumption that no evidence can prove, and the disclaimer.
bool states_limits(const Json& predicate);

// "仅说明在上述监测范围和时段内未发现数据安全事件，不构成对范围以外的保证" and its English.
model::Text disclaimer();

}  // namespace fengsui::evidence
