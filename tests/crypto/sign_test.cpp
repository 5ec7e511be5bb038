#include "crypto/sign.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/encode.h"

namespace fengsui::crypto {
namespace {

// RFC 8032 section 7.1, test 2.
TEST(Ed25519, AgreesWithRfc8032) {
  auto key = SigningKey::from_seed(*base::from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  EXPECT_EQ(base::hex(key.public_key()), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  base::Bytes message = {0x72};
  EXPECT_EQ(base::hex(key.sign(message)),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(Ed25519, RefusesAnyFlippedBit) {
  auto key = SigningKey::generate();
  auto message = base::to_bytes("a record");
  auto signature = key.sign(message);
  ASSERT_TRUE(verify(key.public_key(), message, signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    auto bad = signature;
    bad[i] ^= 1;
    EXPECT_FALSE(verify(key.public_key(), message, bad)) << i;
  }
  message[0] ^= 1;
  EXPECT_FALSE(verify(key.public_key(), message, signature));
  EXPECT_FALSE(verify(key.public_key(), message, base::View(signature).first(63)));
}

TEST(KeyFile, IsPrivateAndNeverOverwritten) {
  std::string path = std::filesystem::temp_directory_path() / ("fengsui-key-" + std::to_string(::getpid()));
  std::filesystem::remove(path);
  auto made = SigningKey::create_file(path);
  ASSERT_TRUE(made);
  EXPECT_EQ(SigningKey::create_file(path).error().code, base::Errc::exists);
  auto loaded = SigningKey::load_file(path);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->public_key(), made->public_key());
  ::chmod(path.c_str(), 0644);
  EXPECT_EQ(SigningKey::load_file(path).error().code, base::Errc::denied);
  std::filesystem::remove(path);
}

TEST(Secret, IsWipedOnMoveAndRelease) {
  Secret a = Secret::copy_of(base::view("key"));
  Secret b = std::move(a);
  EXPECT_TRUE(a.empty());
  EXPECT_EQ(base::text(b.view()), "key");
  b.wipe();
  EXPECT_TRUE(b.empty());
}

}  // namespace
}  // namespace fengsui::crypto
