// HTTP framing by RFC 9112: each case is fed whole and byte by byte; both must give the lines written here by hand.
#include "capture/protocols/http1.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/capture/lines.h"

namespace fengsui::capture {
namespace {

struct Result {
  std::vector<std::string> activities;
  std::vector<std::string> bodies;  // "request:abc"
  bool lost = false;
  std::uint64_t malformed = 0;
  int broken = 0;
};

Result run(std::string_view client, std::string_view server, std::size_t step, const Limits& limits = {}) {
  test::Collect seen;
  Tally tally;
  Room room{seen, tally, limits, "test", 1, false, {}};
  Conversation conversation{room, {"10.0.0.1", 40000}, {"10.0.0.2", 80}, "1:x", 6, 1000, "http", "", ""};
  Http1 http(conversation);
  const auto feed = [&](Side side, std::string_view text) {
    for (std::size_t at = 0; at < text.size(); at += step) http.data(side, base::view(text.substr(at, step)));
  };
  feed(Side::client, client);
  feed(Side::server, server);
  http.finish();
  Result out;
  for (const auto& a : seen.activities) out.activities.push_back(test::activity_line(a));
  for (const auto& c : seen.contents) {
    EXPECT_EQ(c.ends, 1);
    const auto by = c.from->fields.text("unmapped.fengsui.carried_by");
    out.bodies.push_back(std::string(by.empty() ? c.from->object : c.from->member.empty() ? by : std::string_view("target")) + ":" + std::string(base::text(c.bytes)));
  }
  out.lost = room.lost_content;
  out.malformed = tally[Count::http_malformed];
  out.broken = seen.broken;
  return out;
}

void expect(std::string_view client, std::string_view server, std::vector<std::string> activities, std::vector<std::string> bodies) {
  for (const std::size_t step : {std::size_t{1} << 20, std::size_t{1}, std::size_t{3}}) {
    const Result r = run(client, server, step);
    EXPECT_EQ(r.activities, activities) << "in steps of " << step;
    EXPECT_EQ(r.bodies, bodies) << "in steps of " << step;
    EXPECT_EQ(r.broken, 0);
  }
}

std::string gzip(std::string_view text, int window = 15 + 16) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1000, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

TEST(Http1, ContentLengthFramesBothBodies) {
  expect("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nde",
         {"http POST h /a body=3 -> 200 body=2"}, {"request:abc", "response:de"});
}
TEST(Http1, ChunksWithExtensionsAndTrailersAreJoined) {
  expect(kGet, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;n=v\r\nabc\r\n02\r\nde\r\n0\r\nT: v\r\n\r\n",
         {"http GET h /a body=0 -> 200 body=5 flags=chunk_extension"}, {"response:abcde"});
}
TEST(Http1, PipelinedRequestsArePairedInOrder) {
  expect(kGet + "HEAD /b HTTP/1.1\r\nHost: h\r\n\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\n",
         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\n3",
         {"http GET h /a body=0 -> 200 body=1", "http HEAD h /b body=0 -> 200 body=0", "http GET h /c body=0 -> 404 body=1"}, {"response:1", "response:3"});
}
TEST(Http1, InterimResponseDoesNotEndTheExchange) {
  expect("PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", {"http PUT h /a body=2 -> 204 body=0"}, {"request:hi"});
}
TEST(Http1, NotModifiedHasNoBodyWhateverItsLengthSays) {
  expect(kGet + kGet, "HTTP/1.1 304 NM\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
         {"http GET h /a body=0 -> 304 body=0", "http GET h /a body=0 -> 200 body=1"}, {"response:x"});
}
TEST(Http1, WithoutLengthTheResponseRunsToTheEnd) {
  expect(kGet, "HTTP/1.0 200 OK\r\n\r\nall of it", {"http GET h /a body=0 -> 200 body=9"}, {"response:all of it"});
}
TEST(Http1, TransferEncodingOverridesContentLengthAndIsFlagged) {  // RFC 9112 section 6.3 rule 3
  expect("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n", "",
         {"http POST h /a body=1 flags=te_and_cl", "http GET h /b body=0"}, {"request:x"});
}
TEST(Http1, DifferingContentLengthsAreFlaggedAndEverythingIsShown) {  // RFC 9112 section 6.3 rule 5
  expect("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 4\r\n\r\nabcd", "", {"http POST h /a body=4 flags=cl_differs"}, {"request:abcd"});
}
TEST(Http1, EqualContentLengthsInOneListAreOneLength) {
  expect("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2, 2\r\n\r\nab", "", {"http POST h /a body=2"}, {"request:ab"});
}
TEST(Http1, SpaceBeforeTheColonIsFlagged) {  // RFC 9112 section 5.1
  expect("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", "", {"http POST h /a body=1 flags=space_before_colon"}, {"request:x"});
}
TEST(Http1, FoldedHeaderIsOneHeader) {  // RFC 9112 section 5.2
  expect("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", "", {"http POST h /a body=1"}, {"request:x"});
}
TEST(Http1, BareLineFeedsEndLines) {
  expect("POST /a HTTP/1.1\nHost: h\nContent-Length: 1\n\nx", "", {"http POST h /a body=1"}, {"request:x"});
}
TEST(Http1, ChunkSizeOverflowIsFlaggedAndTheRestShown) {
  expect("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n", "",
         {"http POST h /a body=10 flags=chunk_size_overflow"}, {"request:abc\r\n0\r\n\r\n"});
}
TEST(Http1, GzipDeflateAndRawDeflateAreDecoded) {
  for (const auto& [name, window] : {std::pair{"gzip", 31}, {"deflate", 15}, {"deflate", -15}}) {
    const std::string body = gzip("personal data", window);
    expect(kGet, "HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string(name) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
           {"http GET h /a body=0 -> 200 body=13"}, {"response:personal data"});
  }
}
TEST(Http1, BrotliAndZstdAreDecoded) {
  // "personal data" through the encoder library of brotli 1.0.9 and the zstd command line.
  using namespace std::string_view_literals;
  for (const auto& [name, body] : {std::pair{"br"sv, "\033\014\000\370\045\000\112\220\103\352\203\145\206\000"sv}, {"zstd"sv, "\050\265\057\375\004\130\151\000\000\160\145\162\163\157\156\141\154\040\144\141\164\141\347\041\236\136"sv}}) {
    expect(kGet, "HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string(name) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body),
           {"http GET h /a body=0 -> 200 body=13"}, {"response:personal data"});
  }
}
TEST(Http1, CodingThatIsNotReadIsFlaggedAndItsBytesPassedOn) {
  expect(kGet, "HTTP/1.1 200 OK\r\nContent-Encoding: compress\r\nContent-Length: 3\r\n\r\nabc", {"http GET h /a body=0 -> 200 body=3 flags=body_incomplete"},
         {"response:abc"});
}
TEST(Http1, TwoGzipMembersAndTwoCodingsAreDecoded) {
  const std::string members = gzip("one ") + gzip("two");
  expect(kGet, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + std::to_string(members.size()) + "\r\n\r\n" + members,
         {"http GET h /a body=0 -> 200 body=7"}, {"response:one two"});
  const std::string twice = gzip(gzip("deep", 15));
  expect(kGet, "HTTP/1.1 200 OK\r\nContent-Encoding: deflate, gzip\r\nContent-Length: " + std::to_string(twice.size()) + "\r\n\r\n" + twice,
         {"http GET h /a body=0 -> 200 body=4"}, {"response:deep"});
}
TEST(Http1, BodyThatIsNotInItsDeclaredCodingIsShownAsItIs) {
  const Result r = run(kGet, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain", 1 << 20);
  EXPECT_EQ(r.bodies, std::vector<std::string>{"response:plain"});
}
TEST(Http1, QueryGoesToTheScannerAndNotIntoMetadata) {
  const Result r = run("GET /p/110101199003074514?name=%E5%BC%A0+3 HTTP/1.1\r\nHost: h\r\n\r\n", "", 1 << 20);
  EXPECT_EQ(r.activities, std::vector<std::string>{"http GET h /p/****************** body=0"});
  EXPECT_EQ(r.bodies, std::vector<std::string>{"target:/p/110101199003074514?name=\xE5\xBC\xA0 3"});
}
TEST(Http1, AnswerThatIsNotHttpIsStillShown) {
  const Result r = run(kGet, "not http at all\r\n", 1 << 20);
  EXPECT_EQ(r.bodies, std::vector<std::string>{"unframed:not http at all\n"});
  EXPECT_EQ(r.malformed, 1u);
}
TEST(Http1, UpgradeTurnsBothSidesIntoOneStreamEach) {
  const Result r = run("GET /w HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\nclient", "HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\nserver", 1 << 20);
  EXPECT_EQ(r.activities, std::vector<std::string>{"http GET h /w body=0 -> 101 body=0"});
}
TEST(Http1, ExpansionAndSizeOfBodiesAreBounded) {
  const std::string bomb = gzip(std::string(8u << 20, 'a'));  // about 1 : 1000
  const std::string response = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + std::to_string(bomb.size()) + "\r\n\r\n" + bomb;
  EXPECT_FALSE(run(kGet, response, 1 << 20).lost);
  Limits tight;
  tight.max_expansion = 100;
  EXPECT_TRUE(run(kGet, response, 1 << 20, tight).lost);
  const std::string twice = gzip(bomb);  // more than deflate can reach in one go
  EXPECT_TRUE(run(kGet, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: " + std::to_string(twice.size()) + "\r\n\r\n" + twice, 1 << 20).lost);
  Limits small;
  small.max_body_bytes = 1000;
  const Result size = run(kGet, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x'), 1 << 20, small);
  EXPECT_TRUE(size.lost);
  EXPECT_EQ(size.bodies.at(0).size(), 9 + 1000u);
}
TEST(Http1, UnansweredRequestsAndHeadsAreBounded) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += kGet;
  EXPECT_EQ(run(many, "", 1 << 20).activities.size(), 1000u);  // the oldest are reported as they are pushed out
  const Result head = run("GET /a HTTP/1.1\r\nHost: h\r\nX: " + std::string(300'000, 'x') + "\r\n\r\n", "", 1000);
  EXPECT_EQ(head.activities, std::vector<std::string>{"http GET h /a body=0 flags=head_limit"});
}
TEST(Http1, TruncatedAtEachByteNeverLosesAStartedBody) {
  const std::string response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (std::size_t n = 0; n <= response.size(); ++n) {
    const Result r = run(kGet, response.substr(0, n), 1 << 20);
    EXPECT_EQ(r.broken, 0);
    EXPECT_EQ(r.activities.size(), 1u);
    for (const auto& body : r.bodies) EXPECT_TRUE(std::string("response:abcde").starts_with(body) || body.starts_with("unframed")) << n;
  }
}
TEST(Http1, HoleInsideABodyKeepsTheRestInPlace) {
  test::Collect seen;
  Tally tally;
  const Limits limits;
  Room room{seen, tally, limits, "test", 1, false, {}};
  Conversation conversation{room, {"10.0.0.1", 40000}, {"10.0.0.2", 80}, "1:x", 6, 1000, "http", "", ""};
  Http1 http(conversation);
  http.data(Side::client, base::view("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nab"));
  http.gap(Side::client, 2);
  http.data(Side::client, base::view("ef" + kGet));
  http.finish();
  ASSERT_EQ(seen.contents.size(), 1u);
  EXPECT_EQ(seen.contents[0].holes, 2u);
  EXPECT_EQ(base::text(seen.contents[0].bytes), std::string_view("ab\0\0ef", 6));
  EXPECT_EQ(seen.activities.size(), 2u);
}

}  // namespace
}  // namespace fengsui::capture
