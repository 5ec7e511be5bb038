// An event line from outside, against rules that use every modifier.
#include <cstdint>
#include <string>

#include "policy/json_event.h"
#include "policy/rule.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fengsui;
  static const std::string kRules = R"(
title: a
id: a
logsource: {product: t}
detection:
  w: {c: 'a*b?c*'}
  x: {c|contains|windash: ' -x'}
  r: {c|re|i: '^(a|b)+c'}
  n: {n|gte: 5}
  i: {ip|cidr: 'fe80::/10'}
  k: ['key*word']
  f: {c|fieldref|startswith: d.e}
  e: {d.e|exists: true}
  b: {c|base64offset|contains: foobar}
  condition: 1 of them
)";
  struct Loaded {
    policy::FieldTable fields;
    policy::ParsedFile file = policy::parse_file("r", kRules, fields);
  };
  static Loaded loaded;
  FENGSUI_ASSERT(loaded.file.rules.size() == 1);
  auto parsed = policy::JsonEvent::parse({reinterpret_cast<const char*>(data), size});
  if (!parsed) return 0;
  policy::Event event(loaded.fields);
  event.reset(**parsed);
  for (const policy::Selection& selection : loaded.file.rules[0].selections) policy::matches(selection, event);
  return 0;
}
