#include "capture/stream.h"

#include <gtest/gtest.h>

namespace fengsui::capture {
namespace {

struct Log final : StreamOut {
  void chunk(base::View bytes) override { text.append(base::text(bytes)); }
  void hole(std::uint64_t bytes, Hole why) override {
    text += "<" + std::to_string(bytes) + (why == Hole::lost ? " lost>" : why == Hole::cut ? " cut>" : " limit>");
  }
  std::string text;
};

struct StreamTest : ::testing::Test {
  void start(std::uint32_t sequence) { stream.start(sequence, budget, tally, log); }
  void put(std::uint32_t sequence, std::string_view text, std::uint32_t cut = 0) { stream.segment({sequence, base::view(text), cut, time}, budget, tally, log); }
  void ack(std::uint32_t sequence) { stream.acknowledged(sequence, time, budget, tally, log); }
  void finish() {
    stream.finish(budget, tally, log);
    EXPECT_EQ(budget.used, 0u);
  }
  Stream stream;
  ReorderBudget budget{1 << 20, 1 << 16, 0};
  Tally tally;
  Log log;
  base::UnixMs time = 1000;
};

TEST_F(StreamTest, SequenceNumbersWrapAround) {
  start(0xfffffffe);
  put(0xfffffffe, "abcd");
  put(2, "ef");
  finish();
  EXPECT_EQ(log.text, "abcdef");
}

TEST_F(StreamTest, EarlySegmentWaitsForTheMissingOne) {
  start(0xfffffffe);
  put(2, "ef");
  EXPECT_EQ(log.text, "");
  put(0xfffffffe, "abcd");
  EXPECT_EQ(log.text, "abcdef");
  EXPECT_EQ(tally[Count::tcp_reordered], 1u);
}

TEST_F(StreamTest, DeliveredBytesStayWhenARetransmissionDiffers) {
  start(1);
  put(1, "abcd");
  put(1, "XXXXef");
  finish();
  EXPECT_EQ(log.text, "abcdef");
}

// The three rules of a Linux receiver, see stream.h.
TEST_F(StreamTest, SegmentThatFillsTheGapWinsOverWaitingBytes) {
  start(1);
  put(3, "CD");
  put(1, "abcd");
  finish();
  EXPECT_EQ(log.text, "abcd");
}
TEST_F(StreamTest, OfTwoWaitingSegmentsTheOneThatStartsFirstWins) {
  start(1);
  put(3, "cdef");
  put(5, "EFgh");
  put(1, "ab");
  finish();
  EXPECT_EQ(log.text, "abcdefgh");
  EXPECT_EQ(tally[Count::tcp_overlap_conflict], 1u);
}
TEST_F(StreamTest, OfTwoWaitingSegmentsThatStartTogetherTheLongerWins) {
  start(1);
  put(3, "CD");
  put(3, "cdef");
  put(1, "ab");
  finish();
  EXPECT_EQ(log.text, "abcdef");
  EXPECT_EQ(tally[Count::tcp_overlap_conflict], 1u);
}
TEST_F(StreamTest, WaitingSegmentInsideAnotherAddsNothing) {
  start(1);
  put(3, "cdef");
  put(4, "XX");
  put(1, "ab");
  finish();
  EXPECT_EQ(log.text, "abcdef");
}

TEST_F(StreamTest, HoleIsGivenUpOnlyWhenItsAcknowledgementLasts) {
  start(1);
  put(1, "ab");
  put(6, "fg");
  ack(8);
  EXPECT_EQ(log.text, "ab");  // the missing segment may only have been captured late
  time += 2000;
  ack(8);
  EXPECT_EQ(log.text, "ab<3 lost>fg");
  EXPECT_EQ(tally[Count::tcp_hole_bytes], 3u);
}

TEST_F(StreamTest, EndOfTheFlowNamesBytesThatWereAcknowledgedButNeverSeen) {
  start(1);
  put(1, "ab");
  ack(11);
  finish();
  EXPECT_EQ(log.text, "ab<8 lost>");
}

TEST_F(StreamTest, AcknowledgedFinIsNoHole) {
  start(1);
  put(1, "ab");
  stream.fin(3);
  ack(4);
  finish();
  EXPECT_EQ(log.text, "ab");
  EXPECT_TRUE(stream.complete());
}

TEST_F(StreamTest, BytesAfterTheFinAreNotDelivered) {
  start(1);
  put(1, "ab");
  stream.fin(3);
  put(3, "evil");
  finish();
  EXPECT_EQ(log.text, "ab");
}

TEST_F(StreamTest, WaitingBytesAreBoundedAndTheHoleSaysLimit) {
  start(1);
  const std::string kilobyte(1024, 'x');
  for (std::uint32_t i = 0; i < 100; ++i) put(100 + i * 1024, kilobyte);
  EXPECT_TRUE(log.text.starts_with("<99 limit>x"));
  EXPECT_LE(budget.used, budget.max_per_flow + 2048);
  EXPECT_GE(tally[Count::tcp_reorder_limit], 1u);
  finish();
  EXPECT_EQ(log.text.size(), 10 + 100 * 1024u);
}

TEST_F(StreamTest, LateSynStillFindsTheBeginning) {
  put(5, "ef");
  put(1, "abcd");
  EXPECT_EQ(log.text, "");
  start(1);
  EXPECT_EQ(log.text, "abcdef");
  EXPECT_FALSE(stream.midstream());
}

TEST_F(StreamTest, WithoutSynTheFirstSegmentsAreOrderedBeforeTheyGoOn) {
  put(5, "ef");
  put(1, "abcd");
  put(7, "gh");
  EXPECT_EQ(log.text, "");
  put(9, "ij");
  EXPECT_EQ(log.text, "abcdefghij");
  EXPECT_TRUE(stream.midstream());
}

TEST_F(StreamTest, BytesBeyondTheSnapLengthAreNamed) {
  start(1);
  put(1, "ab", 3);
  put(6, "fg");
  finish();
  EXPECT_EQ(log.text, "ab<3 cut>fg");
}

TEST_F(StreamTest, WhatIsForgottenGivesItsRoomBack) {
  start(1);
  put(5, "ef");
  put(9, "ij");
  EXPECT_GT(budget.used, 0u);
  stream.forget(budget);
  EXPECT_EQ(budget.used, 0u);
  put(1, "ab");
  finish();
  EXPECT_EQ(log.text, "ab");
}

}  // namespace
}  // namespace fengsui::capture
