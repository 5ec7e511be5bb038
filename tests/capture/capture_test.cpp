// Reference captures: what each must show. Figures are those of the tools named beside them.
#include "capture/capture.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/encode.h"
#include "crypto/hash.h"
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


// tests/cases/capture/<capture>.txt: its flows, activities and bodies, compared with the peers by peers_test.cpp and
// streams_test.cpp before they were written down. Of large captures the lines after the flows are one digest.
TEST(Capture, EveryReferenceCaptureGivesTheLinesOfItsCase) {
  namespace fs = std::filesystem;
  const fs::path pcaps = fs::path(FENGSUI_SHARED_DATA) / "pcaps";
  if (!fs::exists(pcaps)) GTEST_SKIP() << "reference captures are not in " << pcaps;
  int cases = 0;
  for (const auto& entry : fs::directory_iterator(FENGSUI_SOURCE_DIR "/tests/cases/capture")) {
    const std::string name = entry.path().stem();
    if (!fs::exists(pcaps / name)) continue;
    std::vector<std::string> expected;
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) expected.push_back(line);
    Seen run;
    test::run_file(pcaps / name, run);
    std::vector<std::string> lines = test::lines_of(run.seen);
    if (!expected.empty() && expected.back().starts_with("digest ")) {
      const std::size_t kept = expected.size() - 1;
      ASSERT_GE(lines.size(), kept) << name;
      std::string rest;
      for (std::size_t i = kept; i < lines.size(); ++i) rest += lines[i] + "\n";
      const std::string digest = "digest " + std::to_string(lines.size() - kept) + " " + base::hex(crypto::sha256(base::view(rest)));
      lines.resize(kept);
      lines.push_back(digest);
    }
    EXPECT_EQ(lines, expected) << name;
    ++cases;
  }
  EXPECT_GE(cases, 70);
}

}  // namespace
}  // namespace fengsui::capture
