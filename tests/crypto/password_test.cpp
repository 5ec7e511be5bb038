#include "crypto/password.h"

#include <gtest/gtest.h>

namespace fengsui::crypto {
namespace {

TEST(Password, OnlyTheSamePasswordVerifies) {
  auto hash = hash_password("correct horse");
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$"));
  EXPECT_TRUE(verify_password(*hash, "correct horse"));
  EXPECT_FALSE(verify_password(*hash, "correct horsf"));
  EXPECT_FALSE(verify_password(*hash, ""));
}

TEST(Password, TheSamePasswordHashesDifferentlyEachTime) { EXPECT_NE(*hash_password("x"), *hash_password("x")); }

TEST(Password, GarbageIsNoHash) {
  for (const char* text : {"", "$argon2id$", "plain", "$argon2id$v=19$m=65536,t=2,p=1$AAAA"})
    EXPECT_FALSE(verify_password(text, "x"));
  EXPECT_FALSE(verify_password(std::string(5000, '$'), "x"));
}

}  // namespace
}  // namespace fengsui::crypto
