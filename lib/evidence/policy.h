// What an evaluator trusts: pinned out of band, never taken from the evidence. Source: C2SP tlog-policy, plus our role lines.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/note.h"

namespace fengsui::evidence {

struct Policy {
  struct Witness {
    std::string name;
    Vkey key;
    std::string url;  // where it answers, "" when only files go there
  };
  struct Group {
    std::string name;
    std::size_t needed = 0;
    std::vector<std::string> members;  // witnesses and groups defined before
  };
  std::vector<Vkey> logs;
  std::vector<Witness> witnesses;
  std::vector<Group> groups;
  std::string quorum = "none";
  // Ours. C2SP readers that refuse unknown lines get the file without them.
  std::vector<Vkey> attesters, operators, collectors, evaluators;

  const Vkey* log(std::string_view origin) const;
  // True when the named witnesses have signed enough; always true for "none".
  bool quorum_met(const std::set<std::string>& signed_by) const;
};

// Lines: "log VKEY [URL]", "witness NAME VKEY [URL]", "group NAME any|all|N MEMBER…", "quorum NAME|none", and
// "attester VKEY", "operator VKEY", "collector VKEY", "evaluator VKEY"; '#' comments and empty lines. At most 64 KiB.
// Errc::malformed names the line; a name used twice, a member not defined before, no log line or a second quorum are errors.
base::Result<Policy> parse_policy(std::string_view text);
// The same file from a policy: what a collector hands to evaluators.
std::string format_policy(const Policy& policy);

}  // namespace fengsui::evidence
