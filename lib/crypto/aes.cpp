#include "crypto/aes.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "crypto/free.h"
#include "crypto/hash.h"

namespace fengsui::crypto {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, Free<EVP_CIPHER_CTX_free>>;

base::Error refused() { return base::fail(base::Errc::malformed, "AES-128-GCM: the bytes are not what was sealed with this key").error(); }

}  // namespace

Block aes128_block(base::View key, const Block& in) {
  Block out{};
  FENGSUI_ASSERT(key.size() == 16);
  const Context context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (context && EVP_EncryptInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) == 1) {
    EVP_EncryptUpdate(context.get(), out.data(), &size, in.data(), 16);
  }
  return out;
}

base::Result<base::Bytes> aes128_gcm_open(base::View key, base::View nonce, base::View associated, base::View sealed) {
  FENGSUI_ASSERT(key.size() == 16 && nonce.size() == 12);
  if (sealed.size() < 16) return std::unexpected(refused());
  base::Bytes out(sealed.size() - 16);
  base::Bytes tag = base::to_bytes(sealed.last(16));
  const Context context(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool good = context && EVP_DecryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, key.data(), nonce.data()) == 1 &&
                    EVP_DecryptUpdate(context.get(), nullptr, &size, associated.data(), static_cast<int>(associated.size())) == 1 &&
                    EVP_DecryptUpdate(context.get(), out.data(), &size, sealed.data(), static_cast<int>(out.size())) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, 16, tag.data()) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), out.data() + size, &size) == 1;
  if (!good) return std::unexpected(refused());
  return out;
}

base::Result<base::Bytes> aes128_gcm_seal(base::View key, base::View nonce, base::View associated, base::View clear) {
  FENGSUI_ASSERT(key.size() == 16 && nonce.size() == 12);
  base::Bytes out(clear.size() + 16);
  const Context context(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool good = context && EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, key.data(), nonce.data()) == 1 &&
                    EVP_EncryptUpdate(context.get(), nullptr, &size, associated.data(), static_cast<int>(associated.size())) == 1 &&
                    EVP_EncryptUpdate(context.get(), out.data(), &size, clear.data(), static_cast<int>(clear.size())) == 1 &&
                    EVP_EncryptFinal_ex(context.get(), out.data() + size, &size) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, 16, out.data() + clear.size()) == 1;
  if (!good) return std::unexpected(refused());
  return out;
}

base::Bytes hkdf_expand(base::View key, base::View info, std::size_t size) {
  FENGSUI_ASSERT(size <= std::size_t{255} * 32);
  base::Bytes out, block;
  for (std::uint8_t i = 1; out.size() < size; ++i) {
    base::append(block, info);
    block.push_back(i);
    const Digest digest = hmac_sha256(key, block);
    block.assign(digest.begin(), digest.end());
    base::append(out, base::View(block).first(std::min<std::size_t>(block.size(), size - out.size())));
  }
  return out;
}

}  // namespace fengsui::crypto
