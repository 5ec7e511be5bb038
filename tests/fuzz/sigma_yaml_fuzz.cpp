// A rule file from outside: whatever it holds, it loads or is refused with a problem; what loads can be evaluated.
#include <cstdint>
#include <string>

#include "policy/rule.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fengsui;
  if (size > 64u << 10) return 0;
  policy::FieldTable fields;
  const policy::ParsedFile parsed =
      policy::parse_file("fuzz.yml", std::string(reinterpret_cast<const char*>(data), size), fields);
  FENGSUI_ASSERT(!parsed.rules.empty() || !parsed.problems.empty());
  model::Activity activity;
  activity.fields.set("process.cmd_line", "cat /etc/shadow");
  activity.fields.set("src_endpoint.ip", "10.0.0.1");
  const policy::ActivityEvent source(activity);
  policy::Event event(fields);
  event.reset(source);
  for (const policy::Rule& rule : parsed.rules) {
    if (!rule.correlation) policy::matches(rule, rule.condition, event);
  }
  return 0;
}
