// What people read: escaped, and with a QR code that a reader reads.
#include <gtest/gtest.h>

#include "collector/report/attestation.h"
#include "collector/report/qr.h"

namespace fengsui::collector::report {
namespace {

TEST(QrCode, IsOfTheVersionThatTheStandardGivesItsLength) {
  // ISO/IEC 18004 table 7: version 1-M holds 14 bytes, version 2-M 26. Sides are 21 and 25 modules, and 4 of quiet zone on each side.
  EXPECT_NE(qr_svg(std::string(14, 'a'), 30)->find("viewBox=\"0 0 29 29\""), std::string::npos);
  EXPECT_NE(qr_svg(std::string(15, 'a'), 30)->find("viewBox=\"0 0 33 33\""), std::string::npos);
  // The finder pattern's upper edge: seven dark modules.
  EXPECT_NE(qr_svg("a", 30)->find("M4 4h7v1h-7z"), std::string::npos);
  EXPECT_EQ(qr_svg(std::string(1'001, 'a'), 30).error().code, base::Errc::limit);
  EXPECT_FALSE(qr_svg("", 30));
}

TEST(AttestationPage, EscapesWhatOthersWrote) {
  evidence::Decision d;
  evidence::Period p;
  d.notes.push_back({"gap", "", -1, {"<script>alert(1)</script>", "\"&\""}});
  AttestationForm form{"n-1", "u", "<b>教育局</b>", "E&B", {2026, 11, 1}, {2026, 11, 30}, d, p, "o", "a", std::string(64, 'a'), {}, 1, 2, nullptr, 0};
  auto html = attestation_html(form);
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_EQ(html.find("<b>教育局"), std::string::npos);
  EXPECT_NE(html.find("&lt;b&gt;教育局"), std::string::npos);
  EXPECT_NE(html.find("E&amp;B"), std::string::npos);
  EXPECT_NE(html.find("不予出具"), std::string::npos);
  EXPECT_EQ(attestation_code(form), "fengsui-attestation/v1\nn-1\nsha256:" + std::string(64, 'a'));
}

TEST(AttestationPage, ManyReasonsAreCountedNotPrinted) {
  evidence::Decision d;
  evidence::Period p;
  for (int i = 0; i < 25; ++i) d.refusals.push_back({"day_not_sealed", "", -1, {"第" + std::to_string(i) + "项", "item"}});
  AttestationForm form{"n", "u", "u", "u", {2026, 11, 1}, {2026, 11, 30}, d, p, "o", "a", "d", {}, 1, 2, nullptr, 0};
  auto html = attestation_html(form);
  EXPECT_NE(html.find("第19项"), std::string::npos);
  EXPECT_EQ(html.find("第20项"), std::string::npos);
  EXPECT_NE(html.find("另有 5 项"), std::string::npos);
}

}  // namespace
}  // namespace fengsui::collector::report
