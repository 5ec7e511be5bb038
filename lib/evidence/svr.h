// The evaluator's answer: what a verification has shown, as an in-toto Simple Verification Result (svr/v0.2), signed by the evaluator.
// Source: in-toto attestation framework, predicate svr.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "crypto/sign.h"
#include "evidence/verify.h"

namespace fengsui::evidence {

inline constexpr std::string_view kSvrType = "https://in-toto.io/attestation/svr/v0.2";

// What was shown, by words in order: FENGSUI_VERIFIED_L3; FENGSUI_COVERAGE_GE_999, _995, _990, _950, _900 (thousandths of the required seconds
// without planned ones; every word that holds); FENGSUI_NO_INCIDENT_GE_CRITICAL … _INFORMATIONAL (the statement's threshold, when it is
// incident-free); FENGSUI_OUTCOME_ISSUED or _ISSUED_WITH_NOTES; FENGSUI_NOT_PROVISIONAL. Empty unless verified.
std::vector<std::string> svr_properties(const VerifyResult& result, std::string_view payload);

struct SvrInput {
  std::string verifier;  // who says it, a URI
  std::string policy;    // text of the policy file that was pinned
  base::UnixMs time = 0;
};
// A DSSE envelope about the attested statement `payload`. Errc::usage unless the result is verified: an SVR tells only what has passed.
base::Result<std::string> sign_svr(const VerifyResult& result, std::string_view payload, const SvrInput& input, const crypto::SigningKey& evaluator);

}  // namespace fengsui::evidence
