// The rules as cases: worked examples, bugs of another scanner, look-alikes.
#include "classify/kit.h"

using namespace fengsui;
using namespace fengsui::classify::test;
using State = fengsui::model::ValueState;

// The bugs of godlp 1.2.15 listed in the design, each turned round.
TEST(Rules, MobileSegment172IsKnownAndACommaIsNot) {
  EXPECT_EQ(count("17212345678", "mobile"), 1u);
  EXPECT_EQ(count("16,12345678", "mobile"), 0u);
}
TEST(Rules, TheTailOfALongerNumberIsNoMobile) {
  EXPECT_EQ(seen("9913800138000"), "");
  EXPECT_EQ(seen("1380013800012345678901234"), "");
}
TEST(Rules, TheCalendarIsChecked) { EXPECT_EQ(count("510903198502303456", "citizen_id"), 0u); }
TEST(Rules, LowerCaseXIsAccepted) { EXPECT_EQ(count("11010519491231002x", "citizen_id"), 1u); }
TEST(Rules, ResidencePermitsOf82And83AreKnown) {
  EXPECT_EQ(count("830000199201300022", "citizen_id"), 1u);
  EXPECT_EQ(count("810000199408230021", "citizen_id"), 1u);
}
TEST(Rules, CardsNeedAKnownPrefixNotOnlyLuhn) {
  EXPECT_EQ(count("卡号 6228480000000000018", "bank_card"), 1u);
  EXPECT_EQ(count("卡号 8028480000000000016", "bank_card"), 0u);
}
TEST(Rules, PassportsWithASecondLetterAreKnown) { EXPECT_EQ(count("护照号码：EA1234567", "passport"), 1u); }
TEST(Rules, PlatesAreFoundByTheirShape) { EXPECT_EQ(count("停在川A8K6D2旁", "vehicle_plate"), 1u); }
TEST(Rules, FifteenDigitNumbersAreKnown) { EXPECT_EQ(count("身份证 610104620927690", "citizen_id_15"), 1u); }
// The bug class of Presidio: Chinese characters are no word characters.
TEST(Rules, ChineseTextRightBesideAValueIsABoundary) {
  EXPECT_EQ(count("身份证號510107199003071236的持有人", "citizen_id"), 1u);
  EXPECT_EQ(count("请拨打13800138000联系", "mobile"), 1u);
}

TEST(Rules, LookAlikesGiveNothingClear) {
  for (std::string_view text : {
           "订单号：202411241234567890", "order_id=20241124123456789012", "订单 13912345678", "雪花ID 1734567890123456789",
           "\"id\":1860000000000000000", "timestamp 1732435200000", "ts=1732435200000000000", "1732435200",
           "550e8400-e29b-41d4-a716-446655440000", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "d41d8cd98f00b204e9800998ecf8427e",
           "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
           "ISBN 978-7-111-12345-6", "9787111544937", "v1.2.3", "版本 10.2.3.4", "nginx/1.18.0.1", "1.13800138000", "0.13912345678",
           "13800138000.50", "2024-11-24 12:30:45.123", "20241124-13812345678-01", "commit 1234567890abcdef1234567890abcdef12345678",
           "-----BEGIN CERTIFICATE-----", "流水号 20241124000012345678", "sha1:2fd4e1c67a2d28fced849ee1bb76e7391b93eb12", "trace_id=13912345678"}) {
    for (const auto& d : engine()->detect(base::view(text))) EXPECT_NE(d.state, State::clear) << text << " -> " << seen(text);
  }
}

TEST(Rules, EachWrittenFormOfAMobileIsOne) {
  for (std::string_view text : {"13800138000", "+8613800138000", "+86 13800138000", "008613800138000", "8613800138000", "86-13800138000",
                                "+86-138-0013-8000", "138-0013-8000", "138 0013 8000", "138.0013.8000", "(86)13800138000", "（+86）13800138000",
                                "１３８００１３８０００", "138\xE2\x80\x8B" "0013\xE2\x80\x8B" "8000", "tel:13800138000", "手机13800138000。",
                                "\"13800138000\"", "<b>13800138000</b>", "phone=13800138000&x=1", "line\\n13800138000\\n", "phone%3D13800138000",
                                "\xA3\xB1\xA3\xB3\xA3\xB8\xA3\xB0\xA3\xB0\xA3\xB1\xA3\xB3\xA3\xB8\xA3\xB0\xA3\xB0\xA3\xB0"})
    EXPECT_EQ(count(text, "mobile"), 1u) << text << " -> " << seen(text);
}

TEST(Rules, EachMaskSignMakesAMaskedValue) {
  for (std::string_view text : {"5109**********1234", "510107********1234", "5***************34", "510107xxxxxxxx1234", "510107XXXXXXXX1234",
                                "510107########1234", "510107●●●●●●●●1234", "510107••••••••1234", "510107■■■■■■■■1234", "510107□□□□□□□□1234",
                                "510107＊＊＊＊＊＊＊＊1234"})
    EXPECT_EQ(count(text, "citizen_id", State::masked), 1u) << text << " -> " << seen(text);
  for (std::string_view text : {"138****8000", "1380013****", "138-****-8000", "138 **** 8000"})
    EXPECT_EQ(count(text, "mobile", State::masked), 1u) << text << " -> " << seen(text);
  EXPECT_EQ(seen("****"), "");
  EXPECT_EQ(seen("******************"), "");
}

TEST(Rules, AnUnknownAreaOfAKnownProvinceIsUnclear) {
  EXPECT_EQ(count("身份证 519999198506123458", "citizen_id", State::clear), 0u);
}

TEST(Rules, HeadsOfColumnsNameTheirValues) {
  const std::string csv = "序号,护照号码,组织机构代码\n1,E12345678,D2143569-X\n2,EA1234567,MA27Y4U47\n";
  EXPECT_EQ(count(csv, "passport"), 2u) << seen(csv);
  EXPECT_EQ(count(csv, "org_code"), 2u) << seen(csv);
  EXPECT_EQ(count("no,order_no\n1,13800138000\n", "mobile"), 0u);
  EXPECT_EQ(count("{\"passport_no\":\"E12345678\"}", "passport"), 1u);
}

TEST(Rules, TheLongestAndSurestWins) {
  EXPECT_EQ(seen("13800138000@qq.com"), "email clear 13800138000@qq.com\n");
  EXPECT_EQ(seen("911398199012310021"), "foreign_residence clear 911398199012310021\n");
}

// Growth is linear: floods of what the sieve stops at, longer than any window.
TEST(Rules, FloodsEndAndFindNothing) {
  for (std::string_view part : {"1", "13800138000-", "*", "1.", "::", "@", "a@", "1 ", "eyJ", "-----", "\xEF\xBC\x91", "密", "川A", "ke"}) {
    std::string text;
    while (text.size() < 200'000) text += part;
    EXPECT_EQ(count(text, "citizen_id"), 0u) << part;
  }
}

TEST(Rules, EmphasisAroundAValueIsNoMask) {
  for (std::string_view text : {"**zhang.san@suining.gov.cn**", "**川A8K6D2**", "**(0825)2223333**", "*13800138000*", "**510107199003071236**"}) {
    std::size_t clear = 0, other = 0;
    for (const auto& d : engine()->detect(base::view(text))) (d.state == State::clear ? clear : other)++;
    EXPECT_EQ(clear, 1u) << text << " -> " << seen(text);
    EXPECT_EQ(other, 0u) << text << " -> " << seen(text);
  }
}

TEST(Rules, LandlinesWithACountryCodeLeaveTheZeroOff) {
  EXPECT_EQ(count("+86-825-2223333", "landline"), 1u);
  EXPECT_EQ(count("+86-10-62345678", "landline"), 1u);
}

// FF FE, then 4 bytes for "手机", then the number in 22 bytes: it starts at byte 6.
TEST(Rules, Utf16IsReadAndOffsetsAreThoseOfTheInput) {
  std::string text = "\xFF\xFE\x4B\x62\x3A\x67";
  for (char c : std::string("13800138000")) text += std::string(1, c) + '\0';
  const auto found = engine()->detect(base::view(text));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].offset, 6u);
  EXPECT_EQ(found[0].length, 22u);
}

// 510107 20260101 001 and its check by the worked method: 35+9+0+5+0+28+4+0+12+18+0+9+0+5+0+0+2 = 127, 127 mod 11 = 6 -> '6'.
TEST(Rules, NobodyIsBornAfterToday) {
  const auto before = fengsui::classify::Engine::load(FENGSUI_SOURCE_DIR "/rules", {2025, 12, 31});
  const auto after = fengsui::classify::Engine::load(FENGSUI_SOURCE_DIR "/rules", {2026, 1, 1});
  ASSERT_TRUE(before && after);
  EXPECT_EQ((*before)->detect(base::view("510107202601010016")).size(), 0u);
  EXPECT_EQ((*after)->detect(base::view("510107202601010016")).size(), 1u);
}
