// The examples of RFC 6455 section 5.7 and RFC 7692 section 7.2.3, whole and byte by byte.
#include "capture/protocols/websocket.h"

#include <gtest/gtest.h>

#include "base/encode.h"
#include "tests/capture/build.h"
#include "tests/capture/lines.h"

namespace fengsui::capture {
namespace {

const base::Bytes kMaskedHello = test::bytes_of({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58});
const base::Bytes kTwoFragments = test::bytes_of({0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f});
const base::Bytes kCompressedTwice = test::bytes_of({0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xc1, 0x05, 0xf2, 0x00, 0x11, 0x00, 0x00});

struct Seen {
  std::vector<std::string> messages;
  std::uint64_t malformed = 0;
  bool lost = false;
};

Seen run(base::View client, base::View server, std::size_t step, const std::string& extensions = "", std::size_t gap_at = ~std::size_t{0}, std::size_t gap = 0) {
  test::Collect seen;
  Tally tally;
  Limits limits;
  Room room{seen, tally, limits, "test", 1, false, {}};
  Conversation conversation{room, {"10.0.0.1", 40000}, {"10.0.0.2", 80}, "1:x", 6, 1000, "http", "", "websocket"};
  conversation.extensions = extensions;
  WebSocket session(conversation);
  for (std::size_t at = 0; at < client.size(); at += step) session.data(Side::client, client.subspan(at, std::min(step, client.size() - at)));
  for (std::size_t at = 0; at < server.size(); at += step) {
    if (at == gap_at) {
      session.gap(Side::server, gap);
      at += gap;
      if (at >= server.size()) break;
    }
    session.data(Side::server, server.subspan(at, std::min(step, server.size() - at)));
  }
  session.finish();
  EXPECT_EQ(seen.broken, 0);
  Seen out;
  for (const auto& whole : seen.contents) {
    EXPECT_EQ(whole.ends, 1);
    out.messages.emplace_back(base::text(whole.bytes));
  }
  out.malformed = tally[Count::http_malformed];
  out.lost = room.lost_content;
  return out;
}

using Texts = std::vector<std::string>;

TEST(WebSocket, ExamplesOfTheStandardsGiveTheirText) {
  for (const std::size_t step : {1, 2, 3, 100}) {
    EXPECT_EQ(run(kMaskedHello, kTwoFragments, step).messages, (Texts{"Hello", "Hello"})) << step;
    EXPECT_EQ(run({}, kCompressedTwice, step, "permessage-deflate").messages, (Texts{"Hello", "Hello"})) << step;
  }
}
TEST(WebSocket, ControlFramesBetweenFragmentsAreNotContent) {
  const base::Bytes bytes = test::bytes_of({0x01, 0x03, 'H', 'e', 'l', 0x89, 0x02, 'p', 'i', 0x80, 0x02, 'l', 'o', 0x88, 0x00});
  for (const std::size_t step : {1, 100}) EXPECT_EQ(run({}, bytes, step).messages, Texts{"Hello"});
}
TEST(WebSocket, LongLengthsAreRead) {
  base::Bytes bytes = test::bytes_of({0x82, 126, 0x01, 0x2c});
  bytes.insert(bytes.end(), 300, 'a');
  base::append(bytes, test::bytes_of({0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70}));
  bytes.insert(bytes.end(), 70000, 'b');
  EXPECT_EQ(run({}, bytes, 1000).messages, (Texts{std::string(300, 'a'), std::string(70000, 'b')}));
}
TEST(WebSocket, AHoleInAFrameKeepsTheRestInPlace) {
  const base::Bytes bytes = test::bytes_of({0x81, 0x05, 'H', 'e', 'l', 'l', 'o', 0x81, 0x01, '!'});
  EXPECT_EQ(run({}, bytes, 1, "", 3, 2).messages, (Texts{std::string("H\0\0lo", 5), "!"}));
}
TEST(WebSocket, WhatIsNoFrameEndsTheReadingAndIsCounted) {
  const Seen r = run({}, test::bytes_of({0xf3, 0x85, 1, 2, 3, 4, 5, 6, 7, 8, 9}), 1);
  EXPECT_EQ(r.messages, Texts{});
  EXPECT_EQ(r.malformed, 1u);
}
TEST(WebSocket, TruncatedAtEachByteNeverBreaks) {
  for (std::size_t n = 0; n <= kCompressedTwice.size(); ++n) run({}, base::View(kCompressedTwice).first(n), 3, "permessage-deflate");
}
TEST(WebSocket, BrokenCompressionIsALossThatIsTold) {
  EXPECT_TRUE(run({}, test::bytes_of({0xc1, 0x04, 0xff, 0xff, 0xff, 0xff}), 100, "permessage-deflate").lost);
}

}  // namespace
}  // namespace fengsui::capture
