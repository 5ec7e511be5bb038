// What scan and read share: rules, an identity for this run only, and the live pipeline into a report.
#pragma once

#include <memory>
#include <string>

#include "agent/commands/report.h"
#include "agent/config.h"
#include "agent/extraction/confined.h"
#include "agent/identity.h"
#include "agent/pipeline.h"
#include "agent/ruleset.h"
#include "agent/system.h"
#include "base/encode.h"
#include "crypto/secret.h"

namespace fengsui::agent {

// The unit's digest key and names when this host is enrolled and the state can be read, else ones of this run.
class Workbench {
 public:
  Workbench(const Config& config, const Report::Options& options, Ruleset rules)
      : rules_(std::move(rules)),
        key_(crypto::Secret::copy_of(crypto::random_bytes(32))),
        policy_(rules_.policies, rules_.networks),
        report_(options, host(config), base::hex(crypto::random_bytes(8)), clock_, rules_.classifier),
        pipeline_(rules_.classifier, key_, policy_, clock_, report_, limits(), &extraction_) {}

  Report& report() { return report_; }
  Pipeline& pipeline() { return pipeline_; }
  const base::Clock& clock() const { return clock_; }
  const model::Host& whoami() const { return host_; }

 private:
  static PipelineLimits limits() {
    PipelineLimits out;
    out.max_remembered = 0;  // a one-shot run reports everything it sees
    return out;
  }
  model::Host host(const Config& config) {
    host_ = host_facts();
    auto state = std::filesystem::exists(config.agent.state_dir)
                     ? State::open(config.agent.state_dir)
                     : base::Result<State>(base::fail(base::Errc::not_found, ""));
    if (!state) return host_;
    auto enrolment = state->enrolment();
    auto key = state->digest_key();
    if (!enrolment || !key) return host_;
    host_.agent = enrolment->agent;
    host_.unit = enrolment->unit;
    key_ = std::move(*key);
    return host_;
  }

  SystemClock clock_;
  model::Host host_;
  Ruleset rules_;
  crypto::Secret key_;
  policy::Engine policy_;
  Report report_;
  ConfinedExtractor extraction_;
  Pipeline pipeline_;
};

}  // namespace fengsui::agent
