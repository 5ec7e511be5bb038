// Incident-free attestations: asked for, decided by the rules of lib/evidence, signed, logged, bundled; refusals are
// kept and listed too. An incident found later inside the period revokes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "collector/centre.h"
#include "collector/ingest.h"
#include "collector/json.h"
#include "collector/memory.h"
#include "collector/scorer.h"
#include "collector/sealer.h"
#include "evidence/bundle.h"

namespace fengsui::evidence {
struct BundleInput;
}

namespace fengsui::collector {

// One thread.
class Attestor {
 public:
  Attestor(Centre& centre, Ingest& ingest, Memory& memory, Sealer& sealer, Scorer& scorer)
      : centre_(centre), ingest_(ingest), memory_(memory), sealer_(sealer), scorer_(scorer) {}

  // Both days inclusive. The answer is the schema Attestation of the contract; a refusal is an answer, not an error.
  // Errc::usage for a period that is none or begins in the future.
  base::Result<boost::json::object> issue(const std::string& unit, base::Day from, base::Day to, const std::string& by);
  // Newest first.
  base::Result<std::vector<boost::json::object>> list(const std::string& unit) const;
  // Errc::not_found.
  base::Result<base::Bytes> bundle(const std::string& unit, const std::string& id) const;
  // Signed by the attester; also when it is empty, so that its absence means something.
  base::Result<std::string> revocations(const std::string& unit) const;
  // Revokes what no longer holds. Called now and then, and after a decision of the desk.
  base::Status tick();
  // "" while the control database knows every attestation that this year's logs hold, as of the last tick. One that it
  // does not know is never revoked.
  const std::string& health() const { return health_; }
  // Makes the printable daily record of a unit and day, for bundles. Without it they hold none.
  using Records = std::function<base::Result<std::string>(const std::string& unit, base::Day day)>;
  void give_records(Records records) { records_ = std::move(records); }
  // "" while verify.html can be put into bundles, else why not.
  std::string page_health() const;

 private:
  void compare(const std::string& unit, const std::vector<boost::json::object>& rows);
  struct Decided;
  struct Ended;  // readers of logs that ended, for a bundle
  base::Status add_ended(const std::string& unit, const Decided& decided, evidence::BundleInput& input, Ended& ended);
  base::Result<Decided> decide(const std::string& unit, base::Day from, base::Day to);
  base::Result<boost::json::object> sign(const std::string& unit, base::Day from, base::Day to, const Decided& decided,
                                         boost::json::object row);
  const std::string& binary_digest();
  // The same bundle over a checkpoint that enough witnesses have signed, when there is one by now that holds its entry.
  base::Result<base::Bytes> witnessed_bundle(const std::string& unit, const boost::json::object& row, base::Bytes zip) const;
  // And with the time-stamps of its days that were accepted by now.
  base::Result<base::Bytes> stamped_bundle(const std::string& unit, const boost::json::object& row, base::Bytes zip) const;
  base::Result<base::Bytes> page() const;
  void for_people(const std::string& unit, base::Day from, base::Day to, const Decided& decided,
                  const std::string& number, const std::string& digest, const evidence::Score* score,
                  evidence::BundleInput& input);

  Centre& centre_;
  Ingest& ingest_;
  Memory& memory_;
  Sealer& sealer_;
  Scorer& scorer_;
  Records records_;
  std::string binary_digest_, health_;
};

}  // namespace fengsui::collector
