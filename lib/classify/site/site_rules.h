// Rules that a site writes itself: rules/site/*.toml, one a file. Detections have the type "site:<id>".
//
//   id = "contract"                                  a-z 0-9 _ -, 1 to 40 characters
//   name = {zh = "合同编号", en = "Contract number"}
//   pattern = 'SNHT-\d{4}-\d{6}'                     rule_pattern.h; every match must hold a literal of 3 bytes or more
//   class = "business"   grade = "g3"                as in detectors
//   source = "…"                                     optional
//   context = ["合同"]                                optional: words near it that make it surer
//   mask = {head = 3, tail = 2}                      optional
//   [[tests]] text = "…" expect = "clear"            clear, masked or none; at least one of the two and one none
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "classify/detectors.h"
#include "classify/site/rule_engine.h"

namespace fengsui::classify {

struct SiteRule {
  std::string id, type;  // "site:" + id
  std::string name_zh, name_en, pattern, data_class, grade, source;
  std::vector<std::string> context;         // as written
  std::vector<std::string> context_bytes;   // lower case, UTF-8 and GB 18030
  std::vector<std::string> context_reason;  // "context:…" of each of context_bytes
  unsigned mask_head = 3, mask_tail = 2;
  std::vector<DetectorTest> tests;
  std::string file;
  int line = 0;                // of the pattern
  std::vector<std::size_t> forms;  // of the engine
  std::string cost;            // one line for people: what the rule costs and why
};

inline constexpr std::size_t kMaxSiteRules = 256;

// Immutable after load, shared by threads.
class SiteRules {
 public:
  // Errc::usage or malformed with file and line; unavailable when there are rules but no Vectorscan in this build. No folder or no
  // file is no error and gives no rules. Bytes read are appended to `digested`.
  static base::Result<SiteRules> load(const std::filesystem::path& folder, std::string& digested);

  bool empty() const { return rules_.empty(); }
  const std::vector<SiteRule>& rules() const { return rules_; }
  const SiteRule& of_form(std::size_t form) const { return rules_[rule_of_form_[form]]; }
  std::size_t index_of_form(std::size_t form) const { return rule_of_form_[form]; }
  const RuleEngine& engine() const { return *engine_; }

 private:
  std::vector<SiteRule> rules_;
  std::vector<std::size_t> rule_of_form_;
  std::unique_ptr<RuleEngine> engine_;
};

// One rule from the text of its file, its literals checked; not compiled. For load and for the fuzzer.
base::Result<SiteRule> read_site_rule(std::string_view text, const std::string& file);

}  // namespace fengsui::classify
