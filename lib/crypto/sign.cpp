#include "crypto/sign.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace fengsui::crypto {

SigningKey SigningKey::generate() {
  Secret seed(crypto_sign_ed25519_SEEDBYTES);
  random_bytes(seed.bytes());
  return from_seed(seed.view());
}

SigningKey SigningKey::from_seed(base::View seed) {
  FENGSUI_ASSERT(seed.size() == crypto_sign_ed25519_SEEDBYTES);
  SigningKey key;
  key.secret_ = Secret(crypto_sign_ed25519_SECRETKEYBYTES);
  crypto_sign_ed25519_seed_keypair(key.public_key_.data(), key.secret_.bytes().data(), seed.data());
  return key;
}

base::Result<SigningKey> SigningKey::create_file(const std::string& path) {
  base::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) return base::fail_errno("create key file", path, errno);
  Secret seed(crypto_sign_ed25519_SEEDBYTES);
  random_bytes(seed.bytes());
  ssize_t n = ::write(fd.get(), seed.view().data(), seed.size());
  if (n != static_cast<ssize_t>(seed.size()) || ::fsync(fd.get()) != 0) {
    int error_number = n < 0 ? errno : ENOSPC;
    ::unlink(path.c_str());
    return base::fail_errno("write key file", path, error_number);
  }
  return from_seed(seed.view());
}

base::Result<SigningKey> SigningKey::load_file(const std::string& path) {
  base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return base::fail_errno("open key file", path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return base::fail_errno("stat key file", path, errno);
  if ((info.st_mode & 077) != 0) return base::fail(base::Errc::denied, "key file " + path + " can be read by others; it must have mode 0600");
  Secret seed(crypto_sign_ed25519_SEEDBYTES + 1);
  ssize_t n = ::read(fd.get(), seed.bytes().data(), seed.size());
  if (n < 0) return base::fail_errno("read key file", path, errno);
  if (n != crypto_sign_ed25519_SEEDBYTES) return base::fail(base::Errc::malformed, "key file " + path + " does not hold exactly 32 bytes");
  return from_seed(seed.view().first(crypto_sign_ed25519_SEEDBYTES));
}

Signature SigningKey::sign(base::View message) const {
  Signature out;
  crypto_sign_ed25519_detached(out.data(), nullptr, message.data(), message.size(), secret_.view().data());
  return out;
}

bool verify(const PublicKey& key, base::View message, base::View signature) {
  return signature.size() == crypto_sign_ed25519_BYTES &&
         crypto_sign_ed25519_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

base::Bytes spki_der(const PublicKey& key) {
  static constexpr std::uint8_t prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
  base::Bytes out(std::begin(prefix), std::end(prefix));
  base::append(out, base::View(key));
  return out;
}

}  // namespace fengsui::crypto
