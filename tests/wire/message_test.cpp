#include "wire/message.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "base/encode.h"

namespace fengsui::wire {
namespace {

evidence::Record record(std::uint64_t seq, std::string note, std::string detail) {
  evidence::Record out;
  out.seq = seq;
  out.note = std::move(note);
  out.detail = std::move(detail);
  for (std::size_t i = 0; i < out.salt.size(); ++i) out.salt[i] = static_cast<std::uint8_t>(i + seq);
  return out;
}

std::vector<Message> samples() {
  Enrol enrol{"token-1", "主机", "0.1.0", "Debian 12", std::string(64, 'a'), base::Bytes(32, 1), base::Bytes(32, 2)};
  Enrolled enrolled{true,
                    "",
                    "510903-edu/db01",
                    "510903-edu",
                    "fengsui.example.gov.cn/510900/510903-edu/2026",
                    "vkey",
                    base::Bytes(32, 3),
                    60};
  Batch batch{"510903-edu/db01", 7, {record(7, "note seven", ""), record(8, "note eight", "{\"a\":1}")}};
  Ack ack{8, "origin\n8\nroot\n\n— sig\n", {crypto::Digest{1}, crypto::Digest{2}}, 5};
  Hello hello{"510903-edu/db01", 8, 6, 5, "0.1.0"};
  Refused refused{7, "gap", "记录 7 缺失"};
  return {enrol, enrolled, batch, ack, hello, refused};
}

void expect_same(const Message& a, const Message& b) { EXPECT_EQ(encode(a), encode(b)); }

TEST(Message, EveryKindComesBackAsItWasSent) {
  for (const auto& message : samples()) {
    const base::Bytes bytes = encode(message);
    auto back = decode(bytes);
    ASSERT_TRUE(back.has_value()) << back.error().what;
    EXPECT_EQ(back->index(), message.index());
    expect_same(*back, message);
  }
  auto batch = decode(encode(samples()[2]));
  const auto& records = std::get<Batch>(*batch).records;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].seq, 8u);
  EXPECT_EQ(records[1].note, "note eight");
  EXPECT_EQ(records[1].detail, "{\"a\":1}");
  EXPECT_EQ(records[1].salt[31], 39);
}

// The bytes of FORMAT.md, written by hand from its grammar.
TEST(Message, OriginAndHandOversAreWrittenOnlyWhenThereAreSome) {
  Hello hello{"u/a", 3, 2, 1, "1"};
  auto plain = encode(hello);
  hello.origin = "o/2027";
  auto named = encode(hello);
  EXPECT_EQ(named.size(), plain.size() + 2 + 6);
  EXPECT_EQ(std::get<Hello>(*decode(named)).origin, "o/2027");
  EXPECT_EQ(std::get<Hello>(*decode(plain)).origin, "");
  Ack ack;
  ack.seq = 4;
  ack.checkpoint = "c";
  auto without = encode(ack);
  evidence::Handover h;
  h.final_checkpoint = "f";
  h.consistency = {crypto::Digest{1}, crypto::Digest{2}};
  h.leaf = {1, 2, 3};
  h.inclusion = {crypto::Digest{3}};
  h.next_checkpoint = "n";
  ack.handovers = {h, h};
  auto with = encode(ack);
  auto back = decode(with);
  ASSERT_TRUE(back);
  const auto& read = std::get<Ack>(*back).handovers;
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[1].leaf, h.leaf);
  EXPECT_EQ(read[1].consistency, h.consistency);
  EXPECT_EQ(read[1].inclusion, h.inclusion);
  EXPECT_EQ(read[1].next_checkpoint, "n");
  for (std::size_t n = 0; n < with.size(); ++n) EXPECT_EQ(decode(base::View(with).first(n)).has_value(), n == without.size()) << n;
  with[without.size()] = 9;
  EXPECT_EQ(decode(with).error().code, base::Errc::limit);
  with[without.size()] = 0;
  EXPECT_EQ(decode(base::View(with).first(without.size() + 1)).error().code, base::Errc::malformed);
}

TEST(Message, HelloHasTheBytesOfTheFormat) {
  const Hello hello{"u/a", 3, 2, 1, "1"};
  EXPECT_EQ(base::hex(encode(hello)),
            "46530105"  // FS, version 1, type 5
            "0003"
            "752f61"            // "u/a"
            "0000000000000003"  // last seq
            "0000000000000002"  // acknowledged
            "0000000000000001"  // beacon size
            "0001"
            "31");  // "1"
}

TEST(Message, AckHasTheBytesOfTheFormat) {
  crypto::Digest hash{};
  hash.fill(0xab);
  EXPECT_EQ(base::hex(encode(Ack{258, "n\n", {hash}, 4})),
            "46530104"
            "0000000000000102"
            "0000000000000004"
            "0002"
            "6e0a"
            "01" +
                base::hex(base::View(hash)));
}

// A body made by hand and compressed by libzstd alone: what another implementation would send.
TEST(Message, BatchMadeByHandIsRead) {
  auto plain = base::from_hex(
      "0002"
      "4e31" +
      std::string(64, '5') +
      "00000001"
      "7b"  // note "N1", salt 0x55…, detail "{"
      "0000" +
      std::string(64, '0') + "00000000");
  ASSERT_TRUE(plain.has_value());
  base::Bytes frame(ZSTD_compressBound(plain->size()));
  frame.resize(ZSTD_compress(frame.data(), frame.size(), plain->data(), plain->size(), 1));
  auto bytes = base::from_hex(
      "46530103"
      "0001"
      "61"
      "0000000000000009"
      "00000002"
      "0000004f");  // 79 bytes plain
  ASSERT_TRUE(bytes.has_value());
  ASSERT_EQ(plain->size(), 79u);
  base::append(*bytes, base::View(frame));
  auto message = decode(*bytes);
  ASSERT_TRUE(message.has_value()) << message.error().what;
  const auto& batch = std::get<Batch>(*message);
  EXPECT_EQ(batch.agent, "a");
  ASSERT_EQ(batch.records.size(), 2u);
  EXPECT_EQ(batch.records[0].seq, 9u);
  EXPECT_EQ(batch.records[0].note, "N1");
  EXPECT_EQ(batch.records[0].salt[0], 0x55);
  EXPECT_EQ(batch.records[0].detail, "{");
  EXPECT_EQ(batch.records[1].seq, 10u);
}

TEST(Message, CutAnywhereIsRefused) {
  for (const auto& message : samples()) {
    const base::Bytes bytes = encode(message);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      auto cut = decode(base::View(bytes).first(n));
      ASSERT_FALSE(cut.has_value()) << "type " << message.index() + 1 << " cut at " << n;
    }
  }
}

TEST(Message, BytesAfterTheEndAreRefused) {
  for (const auto& message : samples()) {
    base::Bytes bytes = encode(message);
    bytes.push_back(0);
    EXPECT_FALSE(decode(bytes).has_value()) << "type " << message.index() + 1;
  }
}

TEST(Message, AnyBitFlippedIsReadOrRefusedButNeverCrashes) {
  for (const auto& message : samples()) {
    const base::Bytes bytes = encode(message);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      base::Bytes other = bytes;
      other[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
      static_cast<void>(decode(other));
    }
  }
}

TEST(Message, GarbageNamesWhatIsWrong) {
  EXPECT_EQ(decode({}).error().code, base::Errc::truncated);
  EXPECT_EQ(decode(base::view("GET / HTTP/1.1")).error().code, base::Errc::malformed);
  EXPECT_EQ(decode(base::view(std::string_view("FS\x02\x05", 4))).error().code, base::Errc::unsupported);
  EXPECT_EQ(decode(base::view(std::string_view("FS\x01\x00", 4))).error().code, base::Errc::unsupported);
  EXPECT_EQ(decode(base::view(std::string_view("FS\x01\x07", 4))).error().code, base::Errc::unsupported);
}

base::Bytes batch_of(std::uint32_t count, std::uint32_t size, const base::Bytes& plain) {
  base::Bytes out = base::to_bytes(base::view(std::string_view("FS\x01\x03", 4)));
  base::append_u16be(out, 0);
  base::append_u64be(out, 1);
  base::append_u32be(out, count);
  base::append_u32be(out, size);
  base::Bytes frame(ZSTD_compressBound(plain.size()));
  frame.resize(ZSTD_compress(frame.data(), frame.size(), plain.data(), plain.size(), 1));
  base::append(out, base::View(frame));
  return out;
}

TEST(Message, CompressedBodyOverTheLimitIsRefusedBeforeItIsDecompressed) {
  const base::Bytes bomb(1u << 20, 0);
  const base::Bytes bytes = batch_of(1, 1u << 20, bomb);
  EXPECT_LT(bytes.size(), 1000u);
  EXPECT_EQ(decode(bytes, (1u << 20) - 1).error().code, base::Errc::limit);
  EXPECT_EQ(decode(batch_of(1, 100, bomb)).error().code, base::Errc::malformed);       // names a smaller size
  EXPECT_EQ(decode(batch_of(1, 2u << 20, bomb)).error().code, base::Errc::malformed);  // and a larger one
}

TEST(Message, TwoFramesInOneBodyAreRefused) {
  base::Bytes bytes = batch_of(1, 38, base::Bytes(38, 0));
  ASSERT_TRUE(decode(bytes).has_value());
  const base::Bytes second = batch_of(1, 38, base::Bytes(38, 0));
  base::append(bytes, base::View(second).subspan(22));
  EXPECT_EQ(decode(bytes).error().code, base::Errc::malformed);
}

TEST(Message, CountsAreHeldToWhatTheBodyHolds) {
  EXPECT_EQ(decode(batch_of(2, 38, base::Bytes(38, 0))).error().code, base::Errc::truncated);
  EXPECT_EQ(decode(batch_of(65536, 38, base::Bytes(38, 0))).error().code, base::Errc::truncated);
  EXPECT_EQ(decode(batch_of(65537, 38, base::Bytes(38, 0))).error().code, base::Errc::limit);
  EXPECT_EQ(decode(batch_of(1, 76, base::Bytes(76, 0))).error().code, base::Errc::malformed);  // bytes left over
  base::Bytes detail(38, 0);
  detail[34] = 0xff;  // a detail of 4 GiB
  EXPECT_EQ(decode(batch_of(1, 38, detail)).error().code, base::Errc::limit);
}

TEST(Message, TextForPeopleIsCutAtACharacterAndTheRestIsHeldToItsBound) {
  Refused refused{1, "gap", std::string(1023, 'x') + "烽"};
  auto back = decode(encode(refused));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(std::get<Refused>(*back).reason, std::string(1023, 'x'));

  base::Bytes bytes = base::to_bytes(base::view(std::string_view("FS\x01\x05", 4)));
  base::append_u16be(bytes, 256);  // an agent of 256 bytes
  bytes.resize(bytes.size() + 256 + 24 + 2, 'a');
  EXPECT_EQ(decode(bytes).error().code, base::Errc::limit);
  EXPECT_DEATH(static_cast<void>(encode(Hello{std::string(256, 'a'), 0, 0, 0, ""})), "assertion");
}

TEST(Message, TextThatIsNotUtf8IsRefused) {
  base::Bytes bytes = encode(Hello{"ab", 0, 0, 0, ""});
  bytes[6] = 0xff;
  EXPECT_EQ(decode(bytes).error().code, base::Errc::malformed);
}

}  // namespace
}  // namespace fengsui::wire
