#include "classify/sums.h"

#include <gtest/gtest.h>

using namespace fengsui::classify;

// Published examples: GB 11643, GB 32100, GB 11714, ISO 7064, ISO 3779, ICAO 9303.
TEST(Sums, PublishedExamplesPass) {
  for (const char* s : {"11010519491231002X", "440308199901101512", "360426199101010071", "330105197810270025",
                        "810000199408230021", "830000199201300022", "911398199012310021", "510107199003071236"})
    EXPECT_TRUE(sums::mod_11_2(s)) << s;
  for (const char* s : {"91110000600037341L", "91330106MA27Y4U47R", "A1110000MA27Y4U477"}) {
    EXPECT_TRUE(sums::uscc(s)) << s;
    EXPECT_TRUE(sums::org_code(std::string_view(s).substr(8, 9))) << s;
  }
  EXPECT_TRUE(sums::org_code("D2143569X"));
  EXPECT_TRUE(sums::luhn("6228480000000000018"));
  EXPECT_TRUE(sums::mod_11_10("110000013071535"));
  EXPECT_TRUE(sums::vin("1M8GDM9AXKP042788"));
  EXPECT_TRUE(sums::vin("11111111111111111"));
  EXPECT_TRUE(sums::icao_731("KAZ110090123105"));
}

// 7*5+9*1+10*0+5*1+8*0+4*7+2*1+1*9+6*9+3*0+7*0+9*3+10*0+5*7+8*1+4*2+2*3 = 226; 226 mod 11 = 6; the sixth of 10X98765432 is 6.
TEST(Sums, CheckCharacterFollowsTheWorkedSum) { EXPECT_EQ(sums::mod_11_2_check("51010719900307123"), '6'); }

TEST(Sums, EveryOtherCheckDigitFails) {
  const std::string head = "51010719900307123";
  int passed = 0;
  for (char c : std::string("0123456789X")) passed += sums::mod_11_2(head + c);
  EXPECT_EQ(passed, 1);
}

TEST(Sums, CharactersOutsideTheAlphabetFailAndDoNotCrash) {
  const std::string bad = "\xFF\x80 IOSVZ*-.\0abcdefg";
  EXPECT_FALSE(sums::uscc(std::string_view(bad).substr(0, 18)));
  EXPECT_FALSE(sums::mod_11_2(std::string_view(bad).substr(0, 18)));
  EXPECT_FALSE(sums::vin(std::string_view(bad).substr(0, 17)));
  EXPECT_FALSE(sums::org_code(std::string_view(bad).substr(0, 9)));
  EXPECT_FALSE(sums::luhn(""));
  EXPECT_FALSE(sums::icao_731("A"));
}

TEST(Sums, DatesFollowTheCalendar) {
  EXPECT_TRUE(sums::birth_date("20000229", 20301231));
  EXPECT_FALSE(sums::birth_date("19000229", 20301231));
  EXPECT_FALSE(sums::birth_date("19900230", 20301231));
  EXPECT_FALSE(sums::birth_date("19901301", 20301231));
  EXPECT_FALSE(sums::birth_date("18491231", 20301231));
  EXPECT_FALSE(sums::birth_date("20310101", 20301231));
}

// Each sum again, character by character, over random texts of its alphabet with the right check character half of the time.
TEST(Sums, AgreeWithTheSlowReading) {
  std::uint64_t r = 29;
  const auto next = [&r] { return r ^= r << 13, r ^= r >> 7, r ^= r << 17; };
  const std::string digits = "0123456789", codes = "0123456789ABCDEFGHJKLMNPQRTUWXY", letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const auto text = [&](const std::string& alphabet, std::size_t n) {
    std::string s;
    while (s.size() < n) s += alphabet[next() % alphabet.size()];
    return s;
  };
  int right = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string s = text(digits, 13 + next() % 10);
    int sum = 0;
    for (std::size_t i = 0; i < s.size(); ++i) {
      const int d = (s[s.size() - 1 - i] - '0') * (i % 2 == 0 ? 1 : 2);
      sum += d / 10 + d % 10;
    }
    EXPECT_EQ(sums::luhn(s), sum % 10 == 0) << s;

    s = text(digits, 17) + (next() % 11 == 0 ? "X" : text(digits, 1));
    int power = 1, total = s[17] == 'X' ? 10 : s[17] - '0';
    for (std::size_t i = 17; i-- > 0;) power = power * 2 % 11, total += (s[i] - '0') * power;
    EXPECT_EQ(sums::mod_11_2(s), total % 11 == 1) << s;
    right += sums::mod_11_2(s);

    s = text(next() % 5 == 0 ? letters : codes, 18);
    long credit = 0, weight = 1;
    bool inside = true;
    for (std::size_t i = 0; i < 17; ++i, weight = weight * 3 % 31) {
      inside = inside && codes.find(s[i]) != std::string::npos;
      credit += inside ? static_cast<long>(codes.find(s[i])) * weight : 0;
    }
    inside = inside && codes.find(s[17]) != std::string::npos;
    EXPECT_EQ(sums::uscc(s), inside && (credit + static_cast<long>(codes.find(s[17]))) % 31 == 0) << s;
    right += sums::uscc(s);
  }
  EXPECT_GT(right, 1000);
}
