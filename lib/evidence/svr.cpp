#include "evidence/svr.h"

#include "base/encode.h"
#include "evidence/attest.h"

namespace fengsui::evidence {

namespace {
constexpr JsonLimits kStatement = {.max_bytes = 16u << 20, .max_depth = 32, .one_line = false};
}

std::vector<std::string> svr_properties(const VerifyResult& result, std::string_view payload) {
  std::vector<std::string> out;
  auto statement = Json::parse(payload, kStatement);
  auto predicate = statement ? statement->find("predicate") : nullptr;
  if (!result.verified || !predicate) return out;
  out.push_back("FENGSUI_VERIFIED_L" + std::to_string(result.level));
  if (const auto* c = predicate->find("coverage")) {
    using Wide = unsigned __int128;
    auto covered = c->number("covered"), due = c->number("required") - c->number("planned");
    for (auto thousandths : {999, 995, 990, 950, 900})
      if (covered >= 0 && due > 0 && static_cast<Wide>(covered) * 1000 >= static_cast<Wide>(due) * static_cast<unsigned>(thousandths))
        out.push_back("FENGSUI_COVERAGE_GE_" + std::to_string(thousandths));
  }
  constexpr std::string_view kSeverities[] = {"", "INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"};
  const auto* incidents = predicate->find("incidents");
  auto threshold = incidents ? incidents->number("threshold") : 0;
  if (result.incident_free && threshold >= 1 && threshold <= 5) out.push_back("FENGSUI_NO_INCIDENT_GE_" + std::string(kSeverities[threshold]));
  if (result.outcome == "issued") out.emplace_back("FENGSUI_OUTCOME_ISSUED");
  if (result.outcome == "issued_with_notes") out.emplace_back("FENGSUI_OUTCOME_ISSUED_WITH_NOTES");
  if (!result.provisional) out.emplace_back("FENGSUI_NOT_PROVISIONAL");
  return out;
}

base::Result<std::string> sign_svr(const VerifyResult& result, std::string_view payload, const SvrInput& input, const crypto::SigningKey& evaluator) {
  if (!result.verified) return base::fail(base::Errc::usage, "svr: the attestation was not verified; there is nothing to say");
  if (input.verifier.empty() || input.verifier.find_first_of(" \n") != std::string::npos || input.verifier.size() > 255)
    return base::fail(base::Errc::usage, "svr: the verifier is named by a URI of at most 255 bytes");
  Json subject = Json::array(), policies = Json::array(), properties = Json::array(), assumptions = Json::array();
  subject.push(Json::object().set("name", result.dept + "/" + base::to_string(base::day_of(result.from)) + "/" + base::to_rfc3339(result.to))
                   .set("digest", Json::object().set("sha256", payload_digest(payload))));
  policies.push(Json::object().set("name", "evaluator-policy").set("digest", Json::object().set("sha256", base::hex(crypto::sha256(base::view(input.policy))))));
  for (auto& word : svr_properties(result, payload)) properties.push(std::move(word));
  for (const auto& a : result.assumptions) assumptions.push(a);
  Json predicate = Json::object().set("verifier", Json::object().set("id", input.verifier).set("policies", std::move(policies)))
                       .set("timeCreated", base::to_rfc3339(input.time)).set("properties", std::move(properties)).set("assumptions", std::move(assumptions));
  auto statement = Json::object().set("_type", kStatementType).set("subject", std::move(subject)).set("predicateType", kSvrType).set("predicate", std::move(predicate));
  return sign_envelope(kPayloadType, statement.dump(), evaluator);
}

}  // namespace fengsui::evidence
