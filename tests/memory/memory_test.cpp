// Memory that runs out, one allocation after the other. A program of its own because it replaces operator new.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "capture/capture.h"

namespace {

struct Failing {
  std::uint64_t made = 0;       // allocations since begin()
  std::uint64_t from = 0;       // the first that fails, counted from 1; 0 = none
  std::uint64_t failures = 0;   // how many fail in a row
  std::uint64_t failed = 0;
};
thread_local Failing failing;

void* take(std::size_t size) {
  ++failing.made;
  if (failing.from != 0 && failing.made >= failing.from && failing.made < failing.from + failing.failures) {
    ++failing.failed;
    return nullptr;
  }
  return std::malloc(size == 0 ? 1 : size);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* out = take(size)) return out;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return take(size); }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // both sides are replaced, with malloc and free
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
#pragma GCC diagnostic pop

namespace fengsui::capture {
namespace {

// Counts only: nothing of the test itself may fail.
struct Counting final : model::Sink {
  void on_activity(model::Activity&&) override { ++activities; }
  void on_content(const model::Content& content) override { content_bytes += content.bytes().size(); }
  void on_flow(const model::Flow&) override { ++flows; }
  std::uint64_t activities = 0, content_bytes = 0, flows = 0;
};

struct Kept {
  std::vector<base::Bytes> bytes;
  std::vector<Packet> packets;
};

bool load(const std::filesystem::path& path, Kept& kept) {
  auto source = open_file(path);
  if (!source) return false;
  Packet packet;
  for (auto next = (*source)->next(packet); next && *next == Next::packet; next = (*source)->next(packet)) {
    kept.bytes.push_back(base::to_bytes(packet.bytes));
    kept.packets.push_back(packet);
  }
  for (std::size_t i = 0; i < kept.packets.size(); ++i) kept.packets[i].bytes = kept.bytes[i];
  return true;
}

struct Outcome {
  std::uint64_t made = 0, failed = 0, flows_opened = 0, flows_ended = 0, no_memory = 0;
  Counting seen;
  bool incomplete = false;
};

Outcome run(const Kept& kept, std::uint64_t from, std::uint64_t failures) {
  Outcome out;
  Capture capture(Limits{}, out.seen, "file:test");
  failing = {0, from, failures, 0};
  for (const auto& packet : kept.packets) capture.packet(packet);
  const std::uint64_t made = failing.made, failed = failing.failed;
  failing.from = 0;
  capture.finish();
  out.made = made;
  out.failed = failed;
  out.incomplete = capture.incomplete();
  for (const auto& sample : capture.counters()) {
    const std::string_view reason = sample.labels.empty() ? std::string_view() : std::string_view(sample.labels[0].second);
    if (sample.name == "capture_flows_total" && reason == "opened") out.flows_opened = sample.value;
    if (sample.name == "capture_flows_total" && reason == "ended") out.flows_ended = sample.value;
    if (sample.name == "capture_no_memory_total") out.no_memory = sample.value;
  }
  return out;
}

// Each allocation in turn of a small capture, a spread of them in a large one; alone, and as the first of sixty.
TEST(Memory, WhereverItRunsOutTheCaptureGoesOnAndSaysWhatItCost) {
  const std::filesystem::path pcaps = std::filesystem::path(FENGSUI_SHARED_DATA) / "pcaps";
  if (!std::filesystem::exists(pcaps)) GTEST_SKIP() << "reference captures are not in " << pcaps;
  constexpr std::uint64_t kPointsEach = 400;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(pcaps)) {
    if (entry.is_regular_file() && entry.file_size() < 400'000) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::uint64_t captures = 0, injected = 0, told = 0;
  for (const auto& path : paths) {
    Kept kept;
    if (!load(path, kept) || kept.packets.empty()) continue;
    ++captures;
    const Outcome whole = run(kept, 0, 0);
    ASSERT_EQ(whole.no_memory, 0u) << path;
    ASSERT_EQ(whole.flows_opened, whole.flows_ended) << path;
    const std::uint64_t step = std::max<std::uint64_t>(1, whole.made / kPointsEach);
    for (std::uint64_t from = 1; from <= whole.made; from += step) {
      for (const std::uint64_t failures : {std::uint64_t{1}, std::uint64_t{60}}) {
        const Outcome cut = run(kept, from, failures);
        injected += cut.failed;
        told += cut.no_memory;
        ASSERT_GT(cut.failed, 0u) << path << " allocation " << from;
        ASSERT_EQ(cut.flows_opened, cut.flows_ended) << path << " allocation " << from;
        ASSERT_GE(cut.seen.flows + cut.no_memory, cut.flows_opened) << path << " allocation " << from;
        // A library below may answer a failure in its own way; what reaches us is told.
        ASSERT_TRUE(cut.incomplete || cut.no_memory == 0) << path << " allocation " << from;
      }
    }
  }
  std::cout << captures << " captures, " << injected << " allocations failed, " << told << " times something was given up\n";
  EXPECT_GT(captures, 20u);
  EXPECT_GT(told, injected / 100);
}

}  // namespace
}  // namespace fengsui::capture
