#include "crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/error.h"

namespace fengsui::crypto {

namespace {
struct FreeMd {
  void operator()(EVP_MD* md) const { EVP_MD_free(md); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// Fetched once: EVP_sha256() looks the implementation up on every call.
const EVP_MD* algorithm(HashKind kind) {
  static const std::unique_ptr<EVP_MD, FreeMd> sha(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  static const std::unique_ptr<EVP_MD, FreeMd> sm(EVP_MD_fetch(nullptr, "SM3", nullptr));
  const EVP_MD* md = kind == HashKind::sha256 ? sha.get() : sm.get();
  FENGSUI_ASSERT(md != nullptr);
  return md;
}

Digest one_shot(HashKind kind, std::initializer_list<base::View> parts) {
  thread_local Context context(EVP_MD_CTX_new());
  FENGSUI_ASSERT(context != nullptr);
  Digest out;
  unsigned size = 0;
  bool ok = EVP_DigestInit_ex2(context.get(), algorithm(kind), nullptr) == 1;
  for (base::View part : parts) ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  ok = ok && EVP_DigestFinal_ex(context.get(), out.data(), &size) == 1 && size == out.size();
  FENGSUI_ASSERT(ok);
  return out;
}
}  // namespace

struct Hasher::State {
  HashKind kind;
  Context context{EVP_MD_CTX_new()};
};

Hasher::Hasher(HashKind kind) : state_(std::make_unique<State>(kind)) { reset(); }
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::reset() { FENGSUI_ASSERT(EVP_DigestInit_ex2(state_->context.get(), algorithm(state_->kind), nullptr) == 1); }
void Hasher::update(base::View bytes) {
  FENGSUI_ASSERT(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}
Digest Hasher::finish() {
  Digest out;
  unsigned size = 0;
  FENGSUI_ASSERT(EVP_DigestFinal_ex(state_->context.get(), out.data(), &size) == 1 && size == out.size());
  return out;
}

Digest sha256(std::initializer_list<base::View> parts) { return one_shot(HashKind::sha256, parts); }
Digest sm3(std::initializer_list<base::View> parts) { return one_shot(HashKind::sm3, parts); }

// RFC 2104 as it stands: two hashes with a context that is there already. OpenSSL's HMAC() makes one a call, which costs more
// than both hashes of a short message.
Digest hmac_sha256(base::View key, base::View message) {
  constexpr std::size_t kBlock = 64;
  std::array<std::uint8_t, kBlock> inner{}, outer{};
  Digest shortened{};
  if (key.size() > kBlock) {
    shortened = sha256(key);
    key = shortened;
  }
  for (std::size_t i = 0; i < kBlock; ++i) {
    const std::uint8_t k = i < key.size() ? key[i] : std::uint8_t{0};
    inner[i] = k ^ 0x36;
    outer[i] = k ^ 0x5C;
  }
  const Digest first = sha256({inner, message});
  const Digest out = sha256({outer, first});
  OPENSSL_cleanse(inner.data(), inner.size());
  OPENSSL_cleanse(outer.data(), outer.size());
  OPENSSL_cleanse(shortened.data(), shortened.size());
  return out;
}

}  // namespace fengsui::crypto
