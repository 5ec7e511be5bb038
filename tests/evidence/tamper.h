// Named tamperings of one honest bundle, each with the step that refuses it and the position it names: run against the library here, against
// fengsui-verify and verify.html by tests/e2e/tamper.
#pragma once

#include <string>
#include <vector>

#include "workshop.h"

namespace fengsui::evidence {

// A bundle as an evaluator would get it, with what he asks and holds, and what must come out.
struct Tampered {
  base::Bytes zip;
  std::string policy;                   // file
  std::string unit, from, to;           // asked for; "" = not asked. Days; `to` is not included
  std::string last_seen, revocations;   // files; "" = none
  std::string verdict = "failed";
  int step = 0;                         // that refuses it
  std::int64_t leaf = -1;               // that it names; -1 none
  std::string day;
};

struct TamperCase {
  const char* name;
  const char* what;
  Tampered (*make)(const Workshop&);
};
// Two bundles that must pass come first.
std::vector<TamperCase> tamper_cases();

// By who changes what; each file one list.
std::vector<TamperCase> outsider_cases();   // without a key: bytes, leaves, files, the ZIP
std::vector<TamperCase> insider_cases();    // with the keys of log, collector and attester: the log is made again
std::vector<TamperCase> statement_cases();  // with the attester's key: an embellished statement
std::vector<TamperCase> canary_cases();     // by the evaluator, and about canaries
std::vector<TamperCase> reader_cases();     // an honest-looking bundle for somebody who asked, saw or trusts otherwise

// Helpers of the lists.
Tampered as_is(const Workshop& w, const Files& files);              // policy and ZIP; expects step 0 to fail
Tampered refused(const Workshop& w, const Files& files, int step, std::int64_t leaf = -1);
base::Bytes re_headed(const base::Bytes& leaf, base::UnixMs rx, std::string dept = "");
// One key of the record changed and signed again by `with` as `signer`; signer "" = the name that signed before.
base::Bytes re_signed(const base::Bytes& leaf, std::string_view key, Json value, const crypto::SigningKey& with, std::string signer = "");
Json& member(Json& json, std::initializer_list<std::string_view> path);

}  // namespace fengsui::evidence
