// What a client of the HTTP interface can write: the request target, then a JSON body.
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>

#include "collector/api/http.h"
#include "collector/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fengsui;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto line = text.find('\n');
  collector::api::Request request;
  (void)collector::api::parse_target(text.substr(0, line), request);
  auto body = collector::parse_object(line == std::string_view::npos ? text : text.substr(line + 1), 65536);
  if (body) {
    (void)collector::only_members(*body, {"id", "name", "kind"});
    (void)collector::number_of(*body, "ttl_s");
    (void)collector::texts_of(*body, "sources");
    (void)collector::to_text(*body);
  }
  return 0;
}
