// From content to a conclusion: the engine, the examination of one content, and one-shot detection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "classify/extractor.h"
#include "classify/site/site_files.h"
#include "crypto/secret.h"
#include "model/content.h"
#include "model/detection.h"
#include "model/finding.h"

namespace fengsui::classify {

// The loaded detectors and their tables. Immutable after load, shared by all threads.
class Engine {
 public:
  // Reads detectors/*.toml and areas/* below `rules`. Errc::not_found, malformed or usage with file and line.
  // No date of birth after `today` is believed; the default serves callers that know no date. What the files of the site
  // hold is judged beside the detectors; a file that cannot be used is left out and named in site_problems(). `isa` names an
  // instruction set ("portable", "sse4.2", "avx2", "avx512") in place of this processor's best; Errc::unavailable when it has it not.
  static base::Result<std::shared_ptr<const Engine>> load(const std::filesystem::path& rules, base::Day today = {2030, 12, 31},
                                                          const SiteFiles& site = {}, std::string_view isa = {});
  ~Engine();

  // Every detection in the bytes, by end offset, after the overlap policy.
  std::vector<model::Detection> detect(base::View bytes) const;
  std::vector<std::string_view> types() const;
  bool has_site() const;  // the site brings something itself
  std::vector<std::string> site_problems() const;
  // The entry of an allow-list that allows findings of a rule on an object at a time; "" none. Lives as long as the engine.
  std::string_view allowed_finding(std::string_view rule, std::string_view object, base::UnixMs time) const;
  // "id: expired 2026-06-30 (file:line)" of the entries that no longer apply.
  std::vector<std::string> expired_entries(base::UnixMs time) const;
  std::string digest() const;  // hex SHA-256 of what was loaded, part of the rule-set digest

  struct State;
  const State& state() const { return *state_; }

 private:
  Engine();
  std::unique_ptr<State> state_;
};

// One content under examination. Feed its pieces in order; finish once. Bounded state. One thread.
class Examination {
 public:
  // `digest_key` and `extractor` outlive the examination; digests are HMAC-SHA-256 under the key. Without an extractor
  // whatever is not plain text is named as not read.
  Examination(std::shared_ptr<const Engine> engine, const crypto::Secret& digest_key,
              std::shared_ptr<const model::Provenance> from, const ExamineLimits& limits = {}, Extractor* extractor = nullptr);
  ~Examination();

  void feed(const model::Content& piece);
  void feed(base::View bytes);
  // One conclusion for the content itself, and one per member when it was a container. Never empty.
  std::vector<model::Conclusion> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fengsui::classify
