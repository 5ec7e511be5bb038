// Leaves, bodies, chains and a replay that must take anything.
#include "evidence/leaf.h"
#include "evidence/replay.h"

using namespace fengsui;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::View bytes(data, size);
  if (auto leaf = evidence::parse_leaf(bytes)) {
    const auto& body = leaf->record.body;
    auto written = body.dump();
    if (written.size() <= evidence::kMaxRecordJson) {
      auto again = evidence::Json::parse(written, {.max_bytes = 1u << 20, .max_depth = 16, .one_line = true});
      FENGSUI_ASSERT(again && *again == body);
    }
    (void)evidence::parse_scope(body);
    (void)evidence::parse_enrol(body);
    (void)evidence::parse_boot(body);
    (void)evidence::parse_heartbeat(body);
    (void)evidence::parse_find(body);
    (void)evidence::parse_maintenance(body);
    (void)evidence::parse_incident(body);
    (void)evidence::parse_seal(body);
  }
  evidence::Policy policy;
  evidence::Replay replay(policy, "u");
  replay.add(bytes, nullptr);
  (void)evidence::ChainReader::restore(base::text(bytes));
  return 0;
}
