// One DNS message, and the same bytes as a TCP stream.
#include "capture/protocols/dns.h"
#include "tests/fuzz/capture_sink.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fengsui;
  const base::View bytes{data, size};
  if (auto message = capture::parse_dns(bytes)) FENGSUI_ASSERT(message->answers.size() <= 64 && message->name.size() <= 255 * 4);
  (void)capture::looks_like_dns(bytes);
  fuzz::CheckedSink sink;
  capture::Tally tally;
  const capture::Limits limits;
  capture::Room room{sink, tally, limits, "fuzz", 1, false, {}};
  capture::Conversation conversation{room, {"10.0.0.1", 1}, {"10.0.0.2", 53}, "", 6, 0, "dns", "", ""};
  capture::Dns dns(conversation);
  const std::size_t half = size / 2;
  dns.data(capture::Side::client, bytes.first(half));
  dns.data(capture::Side::client, bytes.subspan(half));
  sink.expect_all_ended();
  return 0;
}
