// The identifiers with check characters in thirty written forms and thirteen carriers, generated from a seed.
#include <array>
#include <functional>
#include <map>

#include "base/encode.h"
#include "bench/corpus.h"
#include "classify/kit.h"
#include "classify/words.h"

using namespace fengsui;
using namespace fengsui::classify;
using namespace fengsui::classify::test;
using State = fengsui::model::ValueState;

namespace {

struct Kind {
  const char* type;
  const char* label;
  const char* key;
  unsigned generator;
  std::vector<std::size_t> groups, other_groups;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"citizen_id", "身份证号", "id_card", 0, {6, 8, 4}, {4, 4, 4, 4, 2}},
      {"mobile", "手机号", "mobile", 1, {3, 4, 4}, {3, 4, 4}},
      {"bank_card", "银行卡号", "bank_card", 2, {4, 4, 4, 4, 3}, {4, 4, 4, 4, 3}},
      {"uscc", "统一社会信用代码", "uscc", 3, {2, 6, 9, 1}, {8, 10}},
  };
  return all;
}

std::string grouped(std::string_view s, const std::vector<std::size_t>& sizes, std::string_view separator) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t n : sizes) {
    if (at != 0) out += separator;
    out += s.substr(at, n);
    at += n;
  }
  return out;
}

std::string wide(std::string_view s) {
  std::string out;
  for (char c : s) {
    if (c >= '!' && c <= '_') out += "\xEF\xBC" + std::string(1, static_cast<char>(0x81 + (c - '!')));
    else out += c;
  }
  return out;
}

std::string each(std::string_view s) {
  std::string out;
  for (char c : s) out += (out.empty() ? "" : " ") + std::string(1, c);
  return out;
}

struct Written {
  std::string name, text;
  bool hard = false;
};

std::vector<Written> forms(const Kind& k, const std::string& v) {
  const auto& g = k.groups;
  std::string lower = v;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  std::vector<Written> out = {
      {"solid", v}, {"blanks", grouped(v, g, " ")}, {"dashes", grouped(v, g, "-")}, {"dots", grouped(v, g, ".")},
      {"other blanks", grouped(v, k.other_groups, " ")}, {"other dashes", grouped(v, k.other_groups, "-")},
      {"full width", wide(v)}, {"half full width", v.substr(0, v.size() / 2) + wide(v.substr(v.size() / 2))},
      {"full width, wide blanks", grouped(wide(v), {3 * g[0]}, "") + "\xE3\x80\x80" + wide(v).substr(3 * g[0])},
      {"zero width space", grouped(v, g, "\xE2\x80\x8B")}, {"zero width joiner", grouped(v, g, "\xE2\x80\x8D")}, {"word joiner", grouped(v, g, "\xE2\x81\xA0")},
      {"byte order marks", grouped(v, g, "\xEF\xBB\xBF")}, {"soft hyphens", grouped(v, g, "\xC2\xAD")}, {"no-break spaces", grouped(v, g, "\xC2\xA0")},
      {"thin spaces", grouped(v, g, "\xE2\x80\x89")}, {"narrow spaces", grouped(v, g, "\xE2\x80\xAF")}, {"en dashes", grouped(v, g, "\xE2\x80\x93")},
      {"em dashes", grouped(v, g, "\xE2\x80\x94")}, {"minus signs", grouped(v, g, "\xE2\x88\x92")}, {"middle dots", grouped(v, g, "\xC2\xB7")},
      {"wide dashes", grouped(v, g, "\xEF\xBC\x8D")}, {"lower case", lower}, {"quoted", "\"" + v + "\""}, {"in Chinese brackets", "（" + v + "）"},
      {"in brackets", "[" + v + "]"}, {"in corner brackets", "「" + v + "」"}, {"glued to Chinese", "号" + v + "号"}, {"emphasised", "**" + v + "**"},
      {"one by one", each(v), true},
  };
  if (k.generator == 1) {
    for (std::string_view prefix : {"+86", "+86 ", "+86-", "86", "0086", "(86)", "（+86）"}) out.push_back({"country code", std::string(prefix) + v});
    constexpr std::array<std::string_view, 10> digits = {"零", "幺", "二", "三", "四", "五", "六", "七", "八", "九"};
    std::string spoken;
    for (char c : v) spoken += digits[static_cast<std::size_t>(c - '0')];
    out.push_back({"Chinese digits", spoken, true});
  }
  return out;
}

std::string utf16(std::string_view utf8) {
  std::string out = "\xFF\xFE";
  for (std::size_t i = 0; i < utf8.size();) {
    const auto b = static_cast<unsigned char>(utf8[i]);
    const auto more = [&](std::size_t k) { return static_cast<unsigned>(static_cast<unsigned char>(utf8[i + k]) & 0x3F); };
    unsigned c = b;
    std::size_t n = 1;
    if (b >= 0xE0) c = (b & 0x0Fu) << 12 | more(1) << 6 | more(2), n = 3;
    else if (b >= 0xC0) c = (b & 0x1Fu) << 6 | more(1), n = 2;
    out += static_cast<char>(c & 0xFF);
    out += static_cast<char>(c >> 8);
    i += n;
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> carriers(const Kind& k, const std::string& x) {
  const std::string label = k.label, key = k.key;
  std::string escaped;
  for (char c : x) escaped += c == '"' ? "\\\"" : std::string(1, c);
  return {
      {"sentence", "经核实，当事人的" + label + "为" + x + "，请予登记。"}, {"CSV", "序号," + label + ",备注\n1," + x + ",无\n"},
      {"TSV", "no\t" + key + "\tnote\n1\t" + x + "\tok\n"}, {"JSON", "{\"seq\":1,\"" + key + "\":\"" + escaped + "\",\"ok\":true}"},
      {"NDJSON", "{\"a\":1}\n{\"" + label + "\":\"" + escaped + "\"}\n"}, {"SQL", "INSERT INTO t_person (id, " + key + ") VALUES (12, '" + x + "');"},
      {"XML", "<row><" + key + ">" + x + "</" + key + "><n>5</n></row>"}, {"log", "2026-01-24 12:30:45.123 INFO [main] Svc - " + key + "=" + x + " status=200"},
      {"YAML", "person:\n  " + key + ": " + x + "\n  age: 30\n"}, {"ini", "[a]\n" + key + "=" + x + "\nb=1\n"},
      {"markdown", "| " + label + " | 备注 |\n| --- | --- |\n| " + x + " | 无 |\n"}, {"GB 18030", to_gb18030(label + "：" + x + "，已核对。")},
      {"UTF-16", utf16(label + "：" + x + "，已核对。")},
  };
}

struct Tally {
  std::size_t wanted = 0, found = 0, wrong = 0;
  double recall() const { return static_cast<double>(found) / static_cast<double>(wanted); }
};

}  // namespace

TEST(Forms, StrongTypesAreFoundInEachFormAndCarrier) {
  std::uint64_t r = 20260118;
  Tally plain, hard;
  std::map<std::string, Tally> by_form;
  std::string mistakes;
  for (int round = 0; round < 4; ++round)
    for (const Kind& k : kinds()) {
      const std::string value = bench::identifier(k.generator, r);
      for (const Written& w : forms(k, value))
        for (const auto& [carrier, text] : carriers(k, w.text)) {
          Tally& t = w.hard ? hard : plain;
          ++t.wanted, ++by_form[w.name].wanted;
          bool found = false;
          for (const auto& d : engine()->detect(base::view(text))) {
            if (d.state != State::clear || (d.type != "citizen_id" && d.type != "mobile" && d.type != "bank_card" && d.type != "uscc")) continue;
            if (d.type == k.type) found = true;
            else ++t.wrong, mistakes += "wrong " + std::string(d.type) + " in " + text + "\n";
          }
          t.found += found, by_form[w.name].found += found;
          if (!found && !w.hard) mistakes += "missed " + std::string(k.type) + ", " + w.name + ", " + carrier + "\n";
        }
    }
  std::printf("plain forms: %zu of %zu found, %zu wrong; hard forms: %zu of %zu found, %zu wrong\n", plain.found, plain.wanted, plain.wrong, hard.found, hard.wanted, hard.wrong);
  for (const auto& [name, t] : by_form)
    if (t.found != t.wanted) std::printf("  %s: %zu of %zu\n", name.c_str(), t.found, t.wanted);
  EXPECT_GE(by_form.size(), 30u);
  EXPECT_GE(plain.recall(), 0.99) << mistakes;
  EXPECT_GE(hard.recall(), 0.8);
  const double precision = static_cast<double>(plain.found + hard.found) / static_cast<double>(plain.found + hard.found + plain.wrong + hard.wrong);
  EXPECT_GE(precision, 0.999) << mistakes;
}

TEST(Forms, EachMaskSignMakesEachMaskedValue) {
  const std::vector<std::pair<std::string, std::string>> shapes = {
      {"citizen_id", "510107@@@@@@@@1236"}, {"citizen_id", "5@@@@@@@@@@@@@@@@6"}, {"citizen_id", "510107199003@@@@@@"}, {"citizen_id", "510107 @@@@@@@@ 1236"},
      {"citizen_id", "510107-@@@@@@@@-1236"}, {"citizen_id", "51010719900307@@@@"}, {"citizen_id", "510@@@@@@@@@@@@236"}, {"mobile", "138@@@@8000"}, {"mobile", "1380013@@@@"},
      {"mobile", "138-@@@@-8000"}, {"mobile", "138 @@@@ 8000"}, {"bank_card", "622848@@@@@@@@@0018"}, {"bank_card", "@@@@@@@@@@@@0018"}, {"bank_card", "6228 @@@@ @@@@ 0018"},
      {"bank_card", "6228-@@@@-@@@@-0018"}, {"bank_card", "6228 @@@@ @@@@ @@@0 018"}, {"bank_card", "6228@@@@@@@@0018"}, {"uscc", "91510903@@@@@@U47R"}, {"uscc", "9151@@@@@@@@@@U47R"},
      {"passport", "护照号 E1@@@@678"}, {"passport", "护照 E@@@@@678"}, {"passport", "护照号码：G@@@@@@78"}, {"travel_permit", "港澳通行证 C1@@@@567"},
      {"person_name", "姓名：张@"}, {"person_name", "姓名：张@@"}, {"person_name", "姓名：张@三"}, {"person_name", "姓名：欧阳@@"}, {"vehicle_plate", "车牌 川A@@@45"},
      {"vehicle_plate", "车牌号：川J1@@@5"}, {"landline", "0825-22@@@33"}, {"landline", "0825-@@@@333"}, {"address", "住址：四川省遂宁市船山区凯旋路@@号@栋"},
      {"address", "地址：四川省遂宁市船山区@@@@@@"}, {"address", "四川省遂宁市船山区凯旋路@@号@栋"}, {"email", "z@@@$example.cn"}, {"email", "zh@@@@u$163.com"}, {"email", "z@@@@@@$mail.example.com.cn"}};
  std::size_t all = 0, right = 0;
  for (std::string_view sign : {"*", "#", "x", "X", "●", "•", "■", "□", "＊"})
    for (const auto& [type, shape] : shapes)
      for (std::string_view carrier : {"%", "字段值 %，已脱敏", "{\"v\":\"%\"}", "1,%,ok\n", "<td>%</td>"}) {
        std::string value, text(carrier);
        for (char c : shape) value += c == '@' ? std::string(sign) : std::string(1, c == '$' ? '@' : c);
        text.replace(text.find('%'), 1, value);
        ++all;
        std::size_t clear = 0;
        for (const auto& d : engine()->detect(base::view(text))) clear += d.state == State::clear;
        const bool ok = clear == 0 && count(text, type, State::masked) >= 1;
        right += ok;
        EXPECT_TRUE(ok) << text << "\n" << seen(text);
      }
  std::printf("masked values: %zu of %zu\n", right, all);
}
