#include "watch/text.h"

#include <gtest/gtest.h>

namespace fengsui::watch {
namespace {

TEST(SafeText, BytesThatAreNotUtf8AreSpelledOut) {
  EXPECT_EQ(safe_text("名a"), "名a");
  EXPECT_EQ(safe_text("a\xd6\xd0z"), "a\\xd6\\xd0z");
  EXPECT_EQ(safe_text("\xe5\x90"), "\\xe5\\x90");
  EXPECT_EQ(safe_text("名名", 5), "名");
}

TEST(Minimised, LongNumbersKeepThreeAndTwo) {
  EXPECT_EQ(minimised("id 110105194912310021."), "id 110*************21.");
  EXPECT_EQ(minimised("12345678"), "12345678");  // eight digits: a process, a port, a date
  EXPECT_EQ(minimised("10.0.0.5 port 51022"), "10.0.0.5 port 51022");
}

TEST(Minimised, SecretsAreReplaced) {
  EXPECT_EQ(minimised("mysql -uroot -phunter2 db"), "mysql -uroot -p*** db");
  EXPECT_EQ(minimised("x --password=abc y"), "x --password=*** y");
  EXPECT_EQ(minimised("x --password abc y"), "x --password *** y");
  EXPECT_EQ(minimised("curl http://u:p@h/x"), "curl http://***@h/x");
  EXPECT_EQ(minimised("scp -p a b"), "scp -p a b");
  EXPECT_EQ(minimised("PWD=/home/a ; x"), "PWD=/home/a ; x");
}

}  // namespace
}  // namespace fengsui::watch
