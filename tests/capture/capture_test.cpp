// Reference captures: what each must show. Figures are those of the tools named beside them.
#include "capture/capture.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/capture/lines.h"

namespace fengsui::capture {
namespace {

using Seen = test::Run;

bool load(const std::string& name, Seen& run) {
  const std::string path = std::string(FENGSUI_SHARED_DATA) + "/pcaps/" + name;
  if (!std::filesystem::exists(path)) return false;
  test::run_file(path, run);
  return true;
}
#define CAPTURE_OR_SKIP(name, run) \
  if (!load(name, run)) GTEST_SKIP() << "reference captures are not in " FENGSUI_SHARED_DATA "/pcaps"

TEST(Capture, GzipJsonBodyIsDecodedWhole) {
  Seen run;
  CAPTURE_OR_SKIP("http-get-gzip-json.pcap", run);
  const test::Whole* body = nullptr;
  for (const auto& whole : run.seen.contents) if (whole.from->kind == model::ContentKind::http_body) body = &whole;
  ASSERT_NE(body, nullptr);
  EXPECT_TRUE(base::text(body->bytes).starts_with("{"));
  EXPECT_NE(base::text(body->bytes).find("\"gzipped\": true"), std::string_view::npos);
  EXPECT_EQ(body->from->object, "GET /gzip");
  EXPECT_TRUE(body->from->cleartext);
  EXPECT_EQ(body->ends, 1);
  EXPECT_FALSE(run.incomplete);
}

TEST(Capture, ChunkSizeOfTwoToThe64IsFlaggedAndWhatFollowsIsStillSeen) {
  Seen run;
  CAPTURE_OR_SKIP("http-chunk-size-overflow.pcap", run);
  ASSERT_EQ(run.seen.activities.size(), 1u);
  EXPECT_NE(test::activity_line(run.seen.activities[0]).find("flags=chunk_size_overflow"), std::string::npos);
  ASSERT_EQ(run.seen.contents.size(), 1u);
  EXPECT_EQ(run.seen.contents[0].bytes.size(), 55u);  // 335 bytes sent − 5 × 40 of headers − 80 of HTTP head
}


}  // namespace
}  // namespace fengsui::capture
