#include "tests/bench/corpus.h"

#include <array>
#include <cstdio>

// Compilers may take the arguments of a call and the sides of `+` in any order, so no two draws share an expression: the same
// seed gives the same bytes whoever compiled this.
namespace fengsui::bench {
namespace {

// SplitMix64.
std::uint64_t next(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}
unsigned below(std::uint64_t& r, unsigned n) { return static_cast<unsigned>(next(r) % n); }

constexpr std::array<const char*, 24> kWords = {
    "政务服务", "办理事项", "窗口受理", "材料补正", "审批通过", "行政许可", "社会保障", "公共资源", "工程项目", "环境监测", "教育资助", "医疗救助",
    "养老服务", "城乡规划", "道路运输", "应急管理", "市场监管", "财政预算", "统计年报", "信息公开", "河湖治理", "安全生产", "就业创业", "乡村振兴"};
constexpr std::array<const char*, 8> kPlaces = {"船山区", "安居区", "蓬溪县", "大英县", "射洪市", "高新区", "河东新区", "经开区"};
constexpr std::array<const char*, 6> kAreas = {"510903", "510904", "510921", "510923", "510922", "512832"};

std::string digits(std::uint64_t& r, unsigned n) {
  std::string out;
  for (unsigned i = 0; i < n; ++i) out.push_back(static_cast<char>('0' + below(r, 10)));
  return out;
}

std::string citizen(std::uint64_t& r) {
  std::string s = kAreas[below(r, 6)];
  char date[16];
  const unsigned year = 1950 + below(r, 60), month = 1 + below(r, 12), day = 1 + below(r, 28);
  std::snprintf(date, sizeof date, "%04u%02u%02u", year, month, day);
  s += date;
  s += digits(r, 3);
  constexpr std::array<int, 17> weight = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) sum += (s[i] - '0') * weight[i];
  return s + "10X98765432"[sum % 11];
}

std::string card(std::uint64_t& r) {
  std::string s = "622848" + digits(r, 12);
  int sum = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    int d = s[s.size() - 1 - i] - '0';
    if (i % 2 == 0) d = d * 2 - (d > 4 ? 9 : 0);
    sum += d;
  }
  return s + static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::string credit_code(std::uint64_t& r) {
  const std::string alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  std::string organisation = digits(r, 8);
  constexpr std::array<int, 8> weight = {3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < 8; ++i) sum += (organisation[i] - '0') * weight[i];
  const int c = 11 - sum % 11;
  organisation.push_back(c == 10 ? 'X' : c == 11 ? '0' : static_cast<char>('0' + c));
  std::string s = "91510903" + organisation;
  int total = 0, w = 1;
  for (char k : s) {
    total += static_cast<int>(alphabet.find(k)) * w;
    w = w * 3 % 31;
  }
  return s + alphabet[static_cast<std::size_t>((31 - total % 31) % 31)];
}

std::string filler(std::uint64_t& r) {
  std::string out = kWords[below(r, 24)];
  out += kPlaces[below(r, 8)];
  return out;
}

std::string amount(std::uint64_t& r) {
  char text[24];
  const unsigned whole = below(r, 100000), cents = below(r, 100);
  std::snprintf(text, sizeof text, "%u.%02u", whole, cents);
  return text;
}

std::string line(Form form, std::uint64_t n, const std::string& value, std::uint64_t& r) {
  char text[96];
  std::string out;
  const auto head = [&] { out += text, out += filler(r); };
  if (form == Form::json) {
    std::snprintf(text, sizeof text, "{\"seq\":%llu,\"item\":\"", static_cast<unsigned long long>(n));
    head();
    out += "\",\"value\":\"" + value + "\",\"remark\":\"";
    out += filler(r);
    out += "\",\"amount\":";
    return out + amount(r) + "}\n";
  }
  const unsigned month = 1 + below(r, 12), day = 1 + below(r, 28);
  if (form == Form::csv) {
    std::snprintf(text, sizeof text, "%llu,2026-%02u-%02u,", static_cast<unsigned long long>(n), month, day);
    head();
    out += "," + value + ",";
    out += filler(r);
    return out + "," + amount(r) + "\n";
  }
  const unsigned hour = below(r, 24), minute = below(r, 60), second = below(r, 60), thousandth = below(r, 1000), worker = below(r, 16);
  std::snprintf(text, sizeof text, "2026-%02u-%02u %02u:%02u:%02u.%03u INFO [worker-%u] ", month, day, hour, minute, second, thousandth, worker);
  head();
  out += " " + value + " ";
  out += filler(r);
  const unsigned cost = below(r, 900), status = 200 + below(r, 3) * 100;
  std::snprintf(text, sizeof text, " cost=%ums status=%u\n", cost, status);
  out += text;
  return out;
}

}  // namespace

std::string identifier(unsigned kind, std::uint64_t& r) {
  switch (kind) {
    case 0: return citizen(r);
    case 1: return "13" + digits(r, 9);
    case 2: return card(r);
    case 3: return credit_code(r);
    default: return "user" + digits(r, 4) + "@suining.gov.cn";
  }
}

namespace {

std::string any(std::uint64_t& r) {
  const unsigned kind = below(r, 5);
  return identifier(kind, r);
}

}  // namespace

std::string corpus(const CorpusOptions& options) {
  std::string out;
  out.reserve(options.bytes + 4096);
  std::uint64_t r = options.seed;
  if (options.form == Form::csv) out = "序号,日期,事项,内容,备注,金额\n";
  std::uint64_t due = options.spacing;
  for (std::uint64_t n = 1; out.size() < options.bytes; ++n) {
    std::string value = filler(r);
    if (options.spacing != 0 && out.size() >= due) {
      value = any(r);
      due += options.spacing;
      for (; due < out.size() + options.spacing && options.spacing <= 64; due += options.spacing) value += " ", value += any(r);
    }
    out += line(options.form, n, value, r);
  }
  return out;
}

std::string flood(std::string_view kind, std::uint64_t bytes) {
  std::uint64_t r = 42;
  std::string out;
  out.reserve(bytes + 128);
  const auto repeat = [&](std::string_view part) {
    while (out.size() < bytes) out += part;
  };
  const auto numbers = [&](unsigned least, unsigned most, std::string_view between) {
    while (out.size() < bytes) {
      const unsigned n = least + below(r, most - least + 1);
      out += digits(r, n);
      out += between;
    }
  };
  if (kind == "digits") numbers(1000, 1000, "");
  else if (kind == "ones") repeat("1");
  else if (kind == "card_prefixes") repeat("62220262220262");
  else if (kind == "card_list") numbers(8, 19, " ");
  else if (kind == "dated_numbers") numbers(8, 10, ",");
  else if (kind == "at_signs") repeat("@");
  else if (kind == "mails") repeat("a@b.cn@");
  else if (kind == "private_keys") repeat("-----BEGIN ");
  else if (kind == "plates") repeat("\xE5\xB7\x9D" "A1");
  else if (kind == "codes") repeat("A1");
  else if (kind == "vins") repeat("LSVAA49J132047372 ");
  else if (kind == "full_width") repeat("\xEF\xBC\x91\xEF\xBC\x93");
  else if (kind == "gb_full_width") repeat("\xA3\xB1\xA3\xB3");
  else if (kind == "masks") repeat("138****");
  else if (kind == "chinese_digits") repeat("\xE4\xB8\x80\xE4\xB8\x89\xE5\x85\xAB\xE9\x9B\xB6");
  else if (kind == "words") repeat("\xE7\x94\xB5\xE8\xAF\x9D");
  else if (kind == "words_numbers") repeat("\xE7\x94\xB5\xE8\xAF\x9D" "13800138000");
  else if (kind == "schemes") repeat("://a:b@");
  else if (kind == "colons") repeat("a:b::c:");
  else if (kind == "dots") repeat("1.2.");
  out.resize(out.empty() ? 0 : bytes);
  return out;
}

}  // namespace fengsui::bench
