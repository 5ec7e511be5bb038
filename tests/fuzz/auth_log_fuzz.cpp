// Lines that anybody on the network can put into auth.log: what comes out is bounded and well-formed text.
#include <cstdint>
#include <string>

#include "base/encode.h"
#include "watch/auth_log.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fengsui;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const model::Activity& activity : watch::auth_activities(text, 1'795'521'600'000, "fuzz:0")) {
    FENGSUI_ASSERT(activity.class_uid == 3002 || activity.class_uid == 1007);
    for (const model::Field& field : activity.fields) {
      if (const auto* value = std::get_if<std::string>(&field.value)) {
        FENGSUI_ASSERT(base::is_utf8(base::view(*value)));
        FENGSUI_ASSERT(value->size() <= 4096);
      }
    }
  }
  return 0;
}
