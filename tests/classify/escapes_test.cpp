#include "classify/escapes.h"

#include "classify/kit.h"

using namespace fengsui;
using namespace fengsui::classify;
using namespace fengsui::classify::test;
using State = fengsui::model::ValueState;

namespace {

std::string meant(const std::vector<std::string_view>& pieces, std::vector<std::uint64_t>* origin = nullptr) {
  Escapes escapes;
  std::string out;
  for (const std::string_view piece : pieces) escapes.feed(base::view(piece), out, origin);
  escapes.finish(out, origin);
  return out;
}

constexpr std::string_view kCases[][2] = {
    {R"(\u5f20\u4e09)", "张三"}, {R"("\\u624b\\u673a": 1)", "\"手机\": 1"}, {R"(138\/0013\/8000)", "138/0013/8000"}, {R"(\ud840\udc00)", "\xF0\xA0\x80\x80"}, {R"(a\u0022b\n)", "a“b\\n"},
    {"%E5%BC%A0%E4%B8%89", "张三"}, {"%D5%C5%C8%FD", "张三"}, {"%25E5%25BC%25A0", "张"}, {"%u5F20%u4E09", "张三"}, {"138%200013%208000&", "138 0013 8000&"}, {"a%40b.cn%2C", "a@b.cn，"},
    {"100% 20%", "100% 20%"}, {"%E5%", "%E5%"}, {"%ZZ%", "%ZZ%"}, {"&#24352;&#x4E09;&nbsp;", "张三\xC2\xA0"}, {"&#60;&#38;&amp;&#;", "&#60;&#38;&amp;&#;"}, {"a=1&t=138+0013+8000", "a=1&t=138 0013 8000"},
    {"1+2 a=1+2", "1+2 a=1+2"}, {"C:\\users\\", "C:\\users\\"}, {R"(\ud840x)", R"(\ud840x)"}};

}  // namespace

TEST(Escapes, EachWritingIsReadAsItWasMeant) {
  for (const auto& [written, text] : kCases) EXPECT_EQ(meant({written}), text) << written;
}

TEST(Escapes, ASplitAtEachByteReadsTheSame) {
  for (const auto& [written, text] : kCases) {
    if (written.find('+') != std::string_view::npos) continue;  // of which a piece must show the whole
    for (std::size_t cut = 0; cut <= written.size(); ++cut) EXPECT_EQ(meant({written.substr(0, cut), written.substr(cut)}), text) << written << " at " << cut;
  }
}

TEST(Escapes, EachByteKnowsWhereItCameFrom) {
  for (const auto& [written, text] : kCases) {
    std::vector<std::uint64_t> origin;
    const std::string out = meant({written}, &origin);
    ASSERT_EQ(origin.size(), out.size()) << written;
    EXPECT_TRUE(std::is_sorted(origin.begin(), origin.end())) << written;
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_LT(origin[i], written.size()) << written;
  }
}

TEST(Escapes, GarbageAndCutSequencesEnd) {
  std::uint64_t r = 9;
  const std::string_view parts[] = {"%", "%E5", "%25", "\\", "\\u", "4e2d", "&", "#", "&#1", ";", "+", "u", "a", "&nb", "%u", "\xE5"};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int n = 0; n < 40; ++n) {
      r ^= r << 13, r ^= r >> 7, r ^= r << 17;
      text += parts[r % 16];
    }
    std::vector<std::uint64_t> origin;
    const std::string out = meant({text}, &origin);
    EXPECT_EQ(origin.size(), out.size());
    for (std::size_t cut = 1; cut < text.size(); cut += 7) meant({std::string_view(text).substr(0, cut), std::string_view(text).substr(cut)});
  }
}

TEST(Escapes, ValuesAndTheirWordsAreFoundAndPlacedInTheBytesAsTheyAre) {
  const std::string text = "GET /q?phone=138%200013%208000&x=1";
  const auto found = engine()->detect(base::view(text));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(text.substr(found[0].offset, found[0].length), "138%200013%208000");
  EXPECT_EQ(count(R"({"\u59d3\u540d":"\u5f20\u5efa\u56fd","\u62a4\u7167":"E12345678"})", "passport"), 1u);
  EXPECT_EQ(count(R"({"\u59d3\u540d":"\u5f20\u5efa\u56fd","\u62a4\u7167":"E12345678"})", "person_name"), 1u);
}
