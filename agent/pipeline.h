// The walk inside the agent: what sources and sensors saw becomes conclusions, findings, and leaves through an Outlet.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/repeats.h"
#include "agent/scrub.h"
#include "base/counters.h"
#include "base/time.h"
#include "classify/examination.h"
#include "crypto/secret.h"
#include "model/sink.h"
#include "policy/dns_tunnel.h"
#include "policy/engine.h"
#include "policy/habits.h"

namespace fengsui::agent {

// Where the walk ends: the signed chain and its spool, or a printer. Everything it is handed is free of raw values.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void on_finding(const model::Finding& finding) = 0;
  virtual void on_activity(const model::Activity& activity) = 0;
  virtual void on_flow(const model::Flow& flow) = 0;
  // Every finished examination; `reported` when a rule made a finding of it.
  virtual void on_conclusion(const model::Conclusion& conclusion, bool reported) = 0;
  virtual void settle() {}  // as model::Sink::settle()
};

struct PipelineLimits {
  std::size_t max_examinations = 256;  // contents under examination at once; the oldest is concluded early
  std::size_t max_remembered = 4096;   // findings remembered against repetition
  std::int64_t repeat_ms = 3'600'000;
  classify::ExamineLimits examine;
};

// One thread, the one of the sources and sensors. Everything it is given outlives it.
class Pipeline : public model::Sink {
 public:
  // Without an extractor whatever is not plain text is named as not examined.
  Pipeline(std::shared_ptr<const classify::Engine> classifier, const crypto::Secret& digest_key, policy::Engine& policy,
           const base::Clock& clock, Outlet& outlet, const PipelineLimits& limits = {}, classify::Extractor* extractor = nullptr);
  ~Pipeline() override;

  void on_activity(model::Activity&& activity) override;
  void on_content(const model::Content& content) override;
  void on_flow(const model::Flow& flow) override;
  void settle() override { outlet_.settle(); }

  // Reports findings that were repeated within a window that has ended.
  void tick();
  // Concludes the oldest examination before its end; false when there is none. For the memory budget.
  bool conclude_oldest(std::string_view why);
  // Concludes all that are open: their contents never ended.
  void finish();

  // The findings remembered against repetition, over a restart.
  base::Bytes remembered() const { return repeats_.save(); }
  void remember(base::View saved) { repeats_.restore(saved); }

  // What is usual on this host, over a restart.
  policy::Habits& habits() { return habits_; }
  const policy::Habits& habits() const { return habits_; }

  std::size_t open_examinations() const { return order_.size(); }
  std::vector<base::Sample> counters() const;
  // Contents concluded early by a bound since the last call, for the heartbeat.
  std::uint64_t take_overflow();

 private:
  struct Open {
    std::string key;
    std::unique_ptr<classify::Examination> examination;
  };
  void conclude(std::list<Open>::iterator open, std::string_view early);
  bool judge(const model::Conclusion& conclusion);
  void emit(std::vector<model::Finding>&& findings);

  std::shared_ptr<const classify::Engine> classifier_;
  const crypto::Secret& digest_key_;
  policy::Engine& policy_;
  const base::Clock& clock_;
  Outlet& outlet_;
  PipelineLimits limits_;
  classify::Extractor* extractor_;
  Scrubber scrubber_;
  Repeats repeats_;
  policy::Habits habits_;
  policy::DnsTunnel dns_tunnel_;
  std::list<Open> order_;  // oldest first
  std::unordered_map<std::string, std::list<Open>::iterator> open_;
  std::uint64_t activities_ = 0, flows_ = 0, contents_ = 0, bytes_ = 0, findings_ = 0, allowed_ = 0, allowed_values_ = 0, early_ = 0, overflow_ = 0;
};

}  // namespace fengsui::agent
