// What the engine holds in memory, and what one stream does.
#include <malloc.h>

#include "classify/kit.h"
#include "classify/scan.h"

using namespace fengsui;
using namespace fengsui::classify;

TEST(Memory, AllDetectorsTakeAtMost16MiB) {
#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
  GTEST_SKIP() << "the allocator of this build does not tell";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "the allocator of this build does not tell";
#endif
#endif
  const auto used = [] {
    const struct mallinfo2 now = mallinfo2();
    return now.uordblks + now.hblkhd;
  };
  const std::size_t before = used();
  const auto loaded = Engine::load(FENGSUI_SOURCE_DIR "/rules");
  ASSERT_TRUE(loaded) << loaded.error().what;
  const std::size_t bytes = used() - before;
  RecordProperty("bytes", std::to_string(bytes));
  EXPECT_LE(bytes, std::size_t{16} << 20);
  EXPECT_GE(bytes, std::size_t{100} << 10);  // it was measured at all
}

// Beside it a table keeps what its head says, shared by all that read the same head.
TEST(Memory, AStreamTakesAtMost512Bytes) { EXPECT_LE(sizeof(Stream), 512u); }
