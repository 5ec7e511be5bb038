#include "base/encode.h"

#include <gtest/gtest.h>

namespace fengsui::base {
namespace {

// RFC 4648 section 10.
TEST(Base64, AgreesWithTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  for (auto [plain, coded] : vectors) {
    EXPECT_EQ(base64(view(plain)), coded);
    ASSERT_TRUE(from_base64(coded)) << coded;
    EXPECT_EQ(text(*from_base64(coded)), plain);
  }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const char* bad : {"Zg=", "Zg", "Zh==", "Zm9=", "Zg==Zg==", "Z g=", "Zm9v\n", "====", "Zg=a"}) EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(Hex, GoesBothWaysAndRefusesOddOrForeign) {
  EXPECT_EQ(hex(view("\x01\xff")), "01ff");
  EXPECT_EQ(text(*from_hex("01FF")), "\x01\xff");
  EXPECT_FALSE(from_hex("1"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(Utf8, KnowsTheEdgesOfRfc3629) {
  for (const char* good : {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "身份证"}) EXPECT_TRUE(is_utf8(view(good)));
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe4\xb8"}) EXPECT_FALSE(is_utf8(view(bad)));
}

}  // namespace
}  // namespace fengsui::base
