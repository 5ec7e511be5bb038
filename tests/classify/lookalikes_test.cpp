// Numbers that look like identifiers and are none: none of them may be reported as clear. Generated from a seed.
#include "bench/corpus.h"
#include "classify/kit.h"

using namespace fengsui;
using namespace fengsui::classify::test;
using State = fengsui::model::ValueState;

namespace {

// A pattern: 9 is a random digit, F a random hexadecimal digit, b of base64; the rest stands for itself.
constexpr std::string_view kPatterns[] = {
    "订单号：2026~0118~9999999999", "订单编号 9~999999999999999999", "order_id=99999999999999999999", "订单 ~1~3~999999999", "{\"orderNo\":\"~1~8~999999999\"}",
    "雪花ID ~1~999999999999999999", "{\"id\":~1~999999999999999999}", "\"traceId\":\"9999999999999999999\"", "时间戳：~17~99999999", "ts=~17~99999999999", "{\"createTime\":~17~99999999999}",
    "timestamp=~17~99999999999999", "\"t\":~17~99999999999999999", "FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF", "request-id: FFFFFFFF-FFFF-4FFF-9FFF-FFFFFFFFFFFF",
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "sha1:FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb=", "ISBN ~978-7-~999-99999-9", "ISBN：~9787~999999999", "v9.99.999", "版本 9.9.9.9", "Chrome/~1~99.0.~9999.99 Safari/~537.36",
    "快递单号：SF~9999999999999", "运单号 YT9999999999999", "运单号：~7~99999999999999", "EMS 单号 9999999999999", "发票代码：~0510023~99999 发票号码：99999999", "发票号码 99999999999999999999",
    "东经~1~99.999999，北纬~3~9.999999", "lng=~1~99.999999999&lat=~3~9.999999999", "金额 ¥9,999,999.99", "合计：~1~9999999999.99元", "批次号 999999999999999", "流水号：~20260101~999999999999",
    "合同编号：HT-~2026-~999999", "设备编号 999999999999", "SN: 999999999999999", "条码 ~69~99999999999", "学号：~2021~99999999", "考号：99999999999999", "准考证号 999999999999999",
    "案号（~2026~）川~0903~民初~9999号", "bytes=99999999-999999999", "sku=999999999999", "序列号 999999999999999999", "~2026-01-18 12:30:45.~999", "0xFFFFFFFFFFFFFFFF", "nginx/~1.~99.9.9",
    "发票号码：~25~999999999999999999", "快递单号 JD~0099999999999", "圆通速递 YT~89~99999999999", "EAN ~69~99999999999", "commit FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "GUID={FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF}",
    "北纬~30.~999999999999 东经~105.~999999999999", "ETag: \"FFFFFFFF-FFFFF\"", "交易流水 ~20260118~99999999999999", "GET /img/~2026/01/18/~99999999.jpg", "build ~2026.01.18.~9999", "?id=99999999999999999999&t=~17~99999999999", "%~E5%8D%95%E5%8F%B7~ 999999999999"};

std::uint64_t next(std::uint64_t& s) {
  s ^= s << 13, s ^= s >> 7, s ^= s << 17;
  return s;
}

// Between tildes digits stand for themselves.
std::string made(std::string_view pattern, std::uint64_t& r) {
  std::string out;
  bool literal = false;
  for (char c : pattern) {
    if (c == '~') literal = !literal;
    else if (!literal && c == '9') out += static_cast<char>('0' + next(r) % 10);
    else if (!literal && c == 'F') out += "0123456789abcdef"[next(r) % 16];
    else if (!literal && c == 'b') out += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[next(r) % 64];
    else out += c;
  }
  return out;
}

}  // namespace

TEST(LookAlikes, NoneIsClear) {
  std::uint64_t r = 18;
  std::size_t all = 0;
  for (int round = 0; round < 60; ++round)
    for (std::string_view pattern : kPatterns) {
      const std::string text = made(pattern, r);
      ++all;
      for (const auto& d : engine()->detect(base::view(text)))
        EXPECT_NE(d.state, State::clear) << text << "\n" << seen(text);
    }
  std::printf("look-alikes: %zu texts\n", all);
}
