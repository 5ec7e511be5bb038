// HTTP/2 frames by hand (RFC 9113 section 4.1); header blocks of RFC 7541 appendix C or of its static table.
#include "capture/protocols/http2.h"

#include <gtest/gtest.h>

#include "base/encode.h"
#include "tests/capture/build.h"
#include "tests/capture/lines.h"

namespace fengsui::capture {
namespace {

using test::bytes_of;
using test::join;

base::Bytes frame(int type, int flags, int stream, base::View payload) {
  const auto n = static_cast<int>(payload.size());
  return join({bytes_of({n >> 16, (n >> 8) & 255, n & 255, type, flags, 0, 0, 0, stream}), payload});
}
base::Bytes hex(std::string_view s) { return *base::from_hex(s); }
const base::Bytes kStart = join({base::view("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0, {})});
const base::Bytes kSettings = frame(4, 0, 0, {});
const base::Bytes kGet = hex("828684410f7777772e6578616d706c652e636f6d");  // RFC 7541 C.3.1: GET http / www.example.com
const base::Bytes kGetAgain = hex("828684be58086e6f2d6361636865");          // C.3.2: the authority by its place in the table
const base::Bytes kPost = join({hex("83860406"), base::view("/apply")});
const base::Bytes kOk = hex("88");                                          // :status 200

struct Seen {
  std::vector<std::string> activities, bodies;
  bool lost = false;
};
Seen run(base::View client, base::View server, std::size_t step, std::size_t hole_at = ~std::size_t{0}, std::size_t hole = 0) {
  test::Collect seen;
  Tally tally;
  const Limits limits;
  Room room{seen, tally, limits, "test", 1, false, {}};
  Conversation conversation{room, {"10.0.0.1", 40000}, {"10.0.0.2", 80}, "1:x", 6, 1000, "http2", "", ""};
  Http2 session(conversation);
  const auto feed = [&](Side side, base::View v) {
    for (std::size_t at = 0; at < v.size(); at += step) {
      if (side == Side::server && at == hole_at) {
        session.gap(side, hole);
        at += hole;
      }
      if (at < v.size()) session.data(side, v.subspan(at, std::min(step, v.size() - at)));
    }
  };
  feed(Side::client, client);
  feed(Side::server, server);
  session.finish();
  EXPECT_EQ(seen.broken, 0);
  Seen out;
  for (const auto& a : seen.activities) out.activities.push_back(test::activity_line(a));
  for (const auto& c : seen.contents) {
    EXPECT_EQ(c.ends, 1);
    if (c.from->kind == model::ContentKind::http_body) out.bodies.push_back(std::string(c.from->fields.text("unmapped.fengsui.carried_by")) + ":" + std::string(base::text(c.bytes)));
  }
  out.lost = room.lost_content;
  return out;
}
using Texts = std::vector<std::string>;

TEST(Http2, RequestsAndResponsesOfTwoStreamsArePairedAtAnySplit) {
  const base::Bytes client = join({kStart, frame(1, 5, 1, kGet), frame(1, 5, 3, kGetAgain)});
  const base::Bytes server = join({kSettings, frame(1, 4, 3, kOk), frame(1, 4, 1, kOk), frame(0, 0, 3, base::view("thr")), frame(0, 1, 1, base::view("one")), frame(0, 1, 3, base::view("ee"))});
  for (const std::size_t step : {1, 2, 9, 100000}) {
    const Seen seen = run(client, server, step);
    EXPECT_EQ(seen.activities, (Texts{"http GET www.example.com / body=0 -> 200 body=3", "http GET www.example.com / body=0 -> 200 body=5"}));
    EXPECT_EQ(seen.bodies, (Texts{"response:three", "response:one"}));
    EXPECT_FALSE(seen.lost);
  }
}
TEST(Http2, PaddingPriorityAndContinuationAreNotContent) {
  const base::Bytes padded = join({bytes_of({3, 0, 0, 0, 0, 16}), kPost, base::Bytes(3, 0)});  // padded, with priority
  const base::Bytes client = join({kStart, frame(1, 8 | 0x20, 1, padded), frame(9, 4, 1, {}), frame(0, 8 | 1, 1, join({bytes_of({4}), base::view("body"), base::Bytes(4, 0)}))});
  for (const std::size_t step : {1, 3, 100000}) EXPECT_EQ(run(client, {}, step).bodies, Texts{"request:body"}) << step;
}
TEST(Http2, ContentCodingIsUndone) {  // a gzip member of "hello" in a stored block
  const base::Bytes gzip = hex("1f8b0800000000000003010500faff68656c6c6f86a6103605000000");
  const base::Bytes server = join({kSettings, frame(1, 4, 1, join({kOk, hex("0f0b04"), base::view("gzip")})), frame(0, 1, 1, gzip)});
  EXPECT_EQ(run(join({kStart, frame(1, 5, 1, kGet)}), server, 4).bodies, Texts{"response:hello"});
}
TEST(Http2, GrpcMessagesAreBodiesWithoutTheirPrefix) {
  const base::Bytes head = join({kPost, hex("0f1010"), base::view("application/grpc")});  // content-type is 31 in the static table
  const base::Bytes two = join({bytes_of({0, 0, 0, 0, 3}), base::view("one"), bytes_of({0, 0, 0, 0, 0}), bytes_of({0, 0, 0, 0, 3}), base::view("two")});
  const base::Bytes client = join({kStart, frame(1, 4, 1, head), frame(0, 0, 1, base::View(two).first(7)), frame(0, 1, 1, base::View(two).subspan(7))});
  for (const std::size_t step : {1, 100000}) EXPECT_EQ(run(client, {}, step).bodies, (Texts{"request:one", "request:two"}));
}
TEST(Http2, DataAfterTheEndOfAStreamIsABodyOfItsOwn) {  // found by the fuzz target: a message was cut by END_STREAM
  const base::Bytes head = join({kPost, hex("0f1010"), base::view("application/grpc")});
  const base::Bytes client = join({kStart, frame(1, 4, 1, head), frame(0, 1, 1, join({bytes_of({0, 0, 0, 0, 9}), base::view("one")})),
                                   frame(0, 0, 1, join({bytes_of({0, 0, 0, 0, 3}), base::view("two")}))});
  for (const std::size_t step : {1, 100000}) EXPECT_EQ(run(client, {}, step).bodies, (Texts{"request:one", "request:two"}));
}
TEST(Http2, AHoleInDataKeepsTheRestInPlaceAndOneElsewhereIsALoss) {
  const base::Bytes client = join({kStart, frame(1, 5, 1, kGet)});
  const base::Bytes server = join({kSettings, frame(1, 4, 1, kOk), frame(0, 1, 1, base::view("012345"))});
  const std::size_t data_at = server.size() - 6;
  EXPECT_EQ(run(client, server, 1, data_at + 2, 2).bodies, Texts{std::string("response:01\0\00045", 15)});
  EXPECT_FALSE(run(client, server, 1, data_at + 2, 2).lost);
  EXPECT_TRUE(run(client, server, 1, 3, 9).lost);
}
TEST(Http2, TruncatedAtEachByteAndFlippedNeverBreak) {
  const base::Bytes client = join({kStart, frame(1, 4, 1, kPost), frame(0, 1, 1, base::view("body"))});
  const base::Bytes server = join({kSettings, frame(1, 4, 1, kOk), frame(0, 1, 1, base::view("012345"))});
  for (std::size_t n = 0; n <= client.size(); ++n) run(base::View(client).first(n), server, 7);
  for (std::size_t i = 0; i < server.size() * 8; ++i) {
    base::Bytes flipped = server;
    flipped[i / 8] = static_cast<std::uint8_t>(flipped[i / 8] ^ (1 << (i % 8)));
    run(client, flipped, 5);
  }
}
TEST(Http2, StreamsAtOnceAreBoundedAndTheirLossIsTold) {
  base::Bytes client = kStart;
  for (int i = 0; i < 1200; ++i) {
    base::Bytes one = frame(1, 4, 0, kPost);
    one[7] = static_cast<std::uint8_t>(i >> 8), one[8] = static_cast<std::uint8_t>(i | 1);
    one[6] = static_cast<std::uint8_t>(i & 1);
    base::append(client, one);
  }
  EXPECT_TRUE(run(client, {}, 100000).lost);
}

}  // namespace
}  // namespace fengsui::capture
