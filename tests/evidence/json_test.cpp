#include "evidence/json.h"

#include <gtest/gtest.h>

namespace fengsui::evidence {
namespace {
using base::Errc;

Errc code(std::string_view text) {
  auto r = Json::parse(text);
  return r ? Errc::usage : r.error().code;
}

TEST(StrictJson, KeepsOrderAndValues) {
  auto j = Json::parse(R"({"b":1,"a":[true,null,-7,"x\u4e2d\ud83d\ude00\n"]})");
  ASSERT_TRUE(j);
  EXPECT_EQ(j->number("b"), 1);
  EXPECT_EQ(*j->list("a")[3].string(), "x中😀\n");
  EXPECT_EQ(j->dump(), R"({"b":1,"a":[true,null,-7,"x中😀\n"]})");
}

TEST(StrictJson, RefusesWhatTwoReadersCouldReadDifferently) {
  for (const char* bad : {R"({"a":1,"a":2})", R"({"a":1,"\u0061":2})", "1.0", "1e3", "9007199254740992", "-9007199254740992", "01", "-0", "-", "+1",
                          "{\"a\":1}\n", "{\n\"a\":1}", "{} {}", "[1,]", "{\"a\":1,}", "{a:1}", "'a'", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
                          "\"\x01\"", "\"\xff\"", "\"\xc0\x80\"", "tru", "nan", "\"\\x41\""})
    EXPECT_EQ(code(bad), Errc::malformed) << bad;
  EXPECT_TRUE(Json::parse("9007199254740991"));
  EXPECT_TRUE(Json::parse("-9007199254740991"));
}

TEST(StrictJson, IsRefusedWhenCutAnywhere) {
  const std::string text = R"({"a":[1,{"b":"c\u4e2d"}],"d":false,"e":null})";
  ASSERT_TRUE(Json::parse(text));
  for (std::size_t n = 0; n < text.size(); ++n) EXPECT_FALSE(Json::parse(std::string_view(text).substr(0, n))) << n;
}

TEST(StrictJson, DepthAndSizeAreBounded) {
  EXPECT_EQ(code(std::string(17, '[') + std::string(17, ']')), Errc::limit);
  EXPECT_TRUE(Json::parse(std::string(16, '[') + std::string(16, ']')));
  EXPECT_EQ(code("\"" + std::string(65'534, 'a') + "\""), Errc::limit);
}

TEST(StrictJson, WhatIsWrittenCanAlwaysBeRead) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  auto text = Json::object().set(all, all).dump();
  EXPECT_TRUE(Json::parse(text)) << text;
  EXPECT_EQ(text.find('\n'), text.npos);
}

TEST(JsonFields, NameTheFirstWrongKey) {
  auto j = *Json::parse(R"({"a":"x","n":5})");
  Fields f(j, "thing");
  EXPECT_EQ(f.text("a"), "x");
  f.integer("n", 0, 4);
  f.text("missing");
  ASSERT_FALSE(f.status());
  EXPECT_EQ(f.status().error().what, "thing: 'n' is outside 0..4");
}

}  // namespace
}  // namespace fengsui::evidence
