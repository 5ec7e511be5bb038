#include "collector/phrases.h"

#include <gtest/gtest.h>

namespace fengsui::collector {
namespace {

TEST(Phrases, AReasonIsTranslatedAndWhatFollowsIsKept) {
  EXPECT_EQ(reason_zh("not configured ([scan] paths)"), "未配置 ([scan] paths)");
  EXPECT_EQ(reason_zh("3 not examined: /srv/a: Permission denied"), "3 项未检查：/srv/a：没有权限");
  EXPECT_EQ(reason_zh("/var/log/auth.log: No such file or directory"), "/var/log/auth.log：文件不存在");
}

TEST(Phrases, AnUnknownReasonIsShownAsItIs) {
  EXPECT_EQ(reason_zh("something new"), "something new");
  EXPECT_EQ(reason_zh(""), "");
}

}  // namespace
}  // namespace fengsui::collector
