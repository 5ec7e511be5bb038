#include <sstream>

#include "classify/commands.h"
#include "classify/kit.h"

using namespace fengsui::classify;
using fengsui::classify::test::engine;

namespace {

struct Answer {
  JsonlOutcome outcome;
  std::string text;
};

Answer ask(std::string_view lines) {
  std::istringstream in{std::string(lines)};
  std::ostringstream out;
  const auto outcome = detect_jsonl(*engine(), in, out);
  return {outcome, out.str()};
}

}  // namespace

// "手机 " is 7 bytes of UTF-8; the number has 11.
TEST(Jsonl, SpansAreBytesOfUtf8AndCarryTheirReasons) {
  const auto a = ask("{\"id\":\"a\",\"text\":\"手机 13800138000\"}\n");
  EXPECT_EQ(a.text, "{\"id\":\"a\",\"spans\":[{\"type\":\"mobile\",\"start\":7,\"end\":18,\"state\":\"clear\",\"confidence\":7.5E-1,"
                    "\"why\":[\"structure\",\"segment\",\"context:手机\"]}]}\n");
  EXPECT_EQ(a.outcome.lines, 1u);
}

TEST(Jsonl, BytesAreTakenAsTheyAre) {
  // GB 18030 for 手机 is CA D6 BB FA; with a blank and the number in base64 that is yta7+iAxMzgwMDEzODAwMA==.
  const auto a = ask("{\"id\":7,\"bytes_b64\":\"yta7+iAxMzgwMDEzODAwMA==\"}");
  EXPECT_THAT(a.text, testing::HasSubstr("\"start\":5,\"end\":16"));
  EXPECT_THAT(a.text, testing::HasSubstr("context:手机"));
}

TEST(Jsonl, MaskedValuesSaySo) {
  EXPECT_THAT(ask("{\"id\":1,\"text\":\"138****8000\"}\n").text, testing::HasSubstr("\"state\":\"masked\",\"masked\":true"));
}

TEST(Jsonl, MalformedLinesAreNamedAndTheRestIsAnswered) {
  const auto a = ask("nonsense 13800138000\n\n{\"id\":1}\n{\"id\":2,\"text\":3}\n{\"id\":3,\"bytes_b64\":\"!\"}\n[]\n{\"id\":4,\"text\":\"\"}\n");
  EXPECT_EQ(a.outcome.bad, 5u);
  EXPECT_EQ(a.outcome.lines, 1u);
  EXPECT_THAT(a.text, testing::HasSubstr("{\"line\":1,\"error\":"));
  EXPECT_THAT(a.text, testing::HasSubstr("{\"line\":3,\"error\":"));
  EXPECT_THAT(a.text, testing::HasSubstr("{\"line\":6,\"error\":"));
  EXPECT_THAT(a.text, testing::HasSubstr("{\"id\":4,\"spans\":[]}"));
  EXPECT_EQ(a.text.find("13800138000"), std::string::npos);
}

TEST(Jsonl, AnyTruncationOfALineIsAnsweredOrNamed) {
  const std::string line = "{\"id\":\"a\",\"text\":\"手机 13800138000\"}";
  for (std::size_t n = 1; n < line.size(); ++n) {
    const auto a = ask(line.substr(0, n));
    EXPECT_EQ(a.outcome.bad, 1u) << n;
  }
}
