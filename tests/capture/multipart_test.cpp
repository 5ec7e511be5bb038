// Uploads taken apart (RFC 7578, RFC 2046 section 5.1), at any split; nothing of a body is left out.
#include "capture/multipart.h"

#include <gtest/gtest.h>

#include "capture/body.h"
#include "tests/capture/lines.h"

namespace fengsui::capture {
namespace {

using Texts = std::vector<std::string>;

Texts run(std::string_view type, std::string_view body, std::size_t step, bool whole = false) {
  test::Collect seen;
  Tally tally;
  Limits limits;
  limits.whole_bodies = whole;
  Room room{seen, tally, limits, "test", 1, false, {}};
  auto from = std::make_shared<model::Provenance>();
  from->kind = model::ContentKind::http_body;
  from->object = "POST /u";
  from->media_type = std::string(type);
  {
    Body sent(room, from);
    for (std::size_t at = 0; at < body.size(); at += step) sent.write(base::view(body.substr(at, step)));
    sent.end();
    EXPECT_EQ(sent.decoded_bytes(), body.size());
  }
  EXPECT_EQ(seen.broken, 0);
  Texts out;
  for (const auto& c : seen.contents) {
    EXPECT_EQ(c.ends, 1);
    EXPECT_EQ(c.from->object, "POST /u");
    out.push_back((c.from->member.empty() ? "-" : c.from->member + " " + c.from->media_type) + ":" + std::string(base::text(c.bytes)));
  }
  return out;
}

constexpr std::string_view kType = "multipart/form-data; boundary=\"X y\"";
constexpr std::string_view kForm =
    "--X y\r\nContent-Disposition: form-data; name=\"who\"\r\n\r\nzhang\r\n"
    "--X y\r\nContent-Disposition: form-data; name=\"f\"; filename=\"C:\\\\dir\\\\a.csv\"\r\nContent-Type: text/csv\r\n\r\n1,2\r\n--X\r\n3,4\r\n"
    "--X y\r\nContent-Disposition: form-data; name=id\r\n\r\n\r\n"
    "--X y\r\nContent-Disposition: form-data; name=\"g\"; filename*=UTF-8''%E5%90%8D.bin\r\nContent-Type: application/zip\r\n\r\nPK\r\n"
    "--X y--\r\n";

TEST(Multipart, FilesAreContentsOfTheirOwnAndFieldsAreOneAtAnySplit) {
  for (const std::size_t step : {1, 2, 3, 7, 50, 100000}) {
    EXPECT_EQ(run(kType, kForm, step), (Texts{"-:who=zhang\nid=\n", "a.csv text/csv:1,2\r\n--X\r\n3,4", "名.bin application/zip:PK"})) << step;
  }
}
TEST(Multipart, LinesMayEndInLfAlone) {
  for (const std::size_t step : {1, 100000}) {
    EXPECT_EQ(run("multipart/form-data; boundary=b", "--b\nContent-Disposition: form-data; name=f; filename=x\n\nabc\n--b--\n", step), Texts{"x :abc"});
  }
}
TEST(Multipart, WhatStandsBeforeAfterOrInsteadOfPartsIsShown) {
  for (const std::size_t step : {1, 100000}) {
    EXPECT_EQ(run("multipart/mixed; boundary=b", "before\r\n--b\r\n\r\nfield\r\n--b--\r\nafter", step), Texts{"-:before=field\nafter"});
    EXPECT_EQ(run("multipart/form-data; boundary=other", "--b\r\n\r\nabc", step), Texts{"-:--b\r\n\r\nabc"});
    EXPECT_EQ(run("multipart/form-data; boundary=b", "abc", step), Texts{"-:abc"});
  }
}
TEST(Multipart, TruncatedAtEachByteShowsEveryFieldAndFileSoFar) {
  for (std::size_t n = 0; n <= kForm.size(); ++n) {
    const Texts a = run(kType, kForm.substr(0, n), 1), b = run(kType, kForm.substr(0, n), 100000);
    EXPECT_EQ(a, b) << n;
  }
}
TEST(Multipart, WithoutBoundaryOrOfAnotherTypeOrOnRequestItStaysWhole) {
  EXPECT_EQ(run("multipart/form-data", "abc", 1), Texts{"-:abc"});
  EXPECT_EQ(run("text/plain; boundary=b", "--b\r\n\r\nabc\r\n--b--", 1), Texts{"-:--b\r\n\r\nabc\r\n--b--"});
  EXPECT_EQ(run(kType, kForm, 3, true), Texts{"-:" + std::string(kForm)});
}
TEST(Multipart, PartsAndHeadsAreBoundedAndTheRestIsShown) {
  std::string many;
  for (int i = 0; i < 1100; ++i) many += "--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n" + std::to_string(i) + "\r\n";
  const Texts parts = run("multipart/form-data; boundary=b", many, 4096);
  EXPECT_EQ(parts.size(), 1001u);
  EXPECT_NE(parts.back().find("1099"), std::string::npos);
  const Texts head = run("multipart/form-data; boundary=b", "--b\r\nX: " + std::string(9000, 'h') + "secret", 100);
  ASSERT_EQ(head.size(), 1u);
  EXPECT_NE(head[0].find("secret"), std::string::npos);
}

}  // namespace
}  // namespace fengsui::capture
