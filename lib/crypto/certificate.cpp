#include "crypto/certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <utility>

#include "base/encode.h"
#include "crypto/fingerprint.h"
#include "crypto/free.h"

namespace fengsui::crypto {
namespace {

constexpr std::size_t kMaxDer = 64u << 10;
constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kMaxNames = 64;

using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Free<BIO_free>>;

std::string text_of(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!out || name == nullptr || X509_NAME_print_ex(out.get(), name, 0, (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) | ASN1_STRFLGS_UTF8_CONVERT) < 0) return "";
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out.get(), &bytes);
  return size <= 0 ? "" : std::string(bytes, std::min<std::size_t>(static_cast<std::size_t>(size), kMaxText));
}

std::string common_name(const X509_NAME* name) {
  const int at = name == nullptr ? -1 : X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return "";
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return "";
  std::string out(reinterpret_cast<const char*>(utf8), std::min<std::size_t>(static_cast<std::size_t>(size), kMaxText));
  OPENSSL_free(utf8);
  return out;
}

base::UnixMs time_of(const ASN1_TIME* time) {
  std::tm tm{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &tm) != 1) return 0;
  return static_cast<base::UnixMs>(timegm(&tm)) * 1000;
}

std::string address_text(base::View v) {
  std::string out;
  if (v.size() == 4) {
    for (const std::uint8_t b : v) out += (out.empty() ? "" : ".") + std::to_string(b);
  } else {
    out = base::hex(v);
  }
  return out;
}

void read_names(const X509* x, Certificate& out) {
  auto* list = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list) && out.names.size() < kMaxNames; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    const ASN1_STRING* value = name->type == GEN_DNS ? name->d.dNSName : name->type == GEN_IPADD ? name->d.iPAddress : nullptr;
    if (value == nullptr) continue;
    const base::View bytes(ASN1_STRING_get0_data(value), std::min<std::size_t>(static_cast<std::size_t>(ASN1_STRING_length(value)), 255));
    out.names.push_back(name->type == GEN_DNS ? std::string(base::text(bytes)) : address_text(bytes));
  }
  GENERAL_NAMES_free(list);
}

void read_key(X509* x, Certificate& out) {
  EVP_PKEY* key = X509_get0_pubkey(x);
  if (key == nullptr) return;
  out.key_bits = EVP_PKEY_get_bits(key);
  constexpr std::pair<const char*, const char*> kinds[] = {{"RSA", "rsa"}, {"RSA-PSS", "rsa"}, {"DSA", "dsa"}, {"SM2", "sm2"}, {"EC", "ec"}, {"ED25519", "ed25519"}, {"ED448", "ed448"}};
  for (const auto& [name, ours] : kinds) {
    if (EVP_PKEY_is_a(key, name) != 1) continue;
    out.key = ours;
    break;
  }
  out.self_signed = out.self_issued && X509_verify(x, key) == 1;
  ERR_clear_error();
}

void read_signature(const X509* x, Certificate& out) {
  const int nid = X509_get_signature_nid(x);
  if (nid != NID_undef) out.signature = OBJ_nid2ln(nid);
  int hash = NID_undef, algorithm = NID_undef;
  if (OBJ_find_sigid_algs(nid, &hash, &algorithm) == 1 && hash != NID_undef) out.signature_hash = OBJ_nid2sn(hash);
  std::transform(out.signature_hash.begin(), out.signature_hash.end(), out.signature_hash.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

bool equal_case(std::string_view a, std::string_view b) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return low(x) == low(y); });
}

bool name_fits(std::string_view pattern, std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (!pattern.starts_with("*.")) return equal_case(pattern, host);
  const auto dot = host.find('.');
  return dot != std::string_view::npos && dot != 0 && pattern.find('.', 2) != std::string_view::npos && equal_case(pattern.substr(1), host.substr(dot));
}

}  // namespace

base::Result<Certificate> read_certificate(base::View der) {
  if (der.size() > kMaxDer) {
    return base::fail(base::Errc::limit, "certificate of " + std::to_string(der.size()) + " bytes; at most " + std::to_string(kMaxDer) + " are read");
  }
  const unsigned char* at = der.data();
  const X509Ptr x(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!x) return base::fail(base::Errc::malformed, "certificate of " + std::to_string(der.size()) + " bytes is not X.509 in DER");
  Certificate out;
  out.subject = text_of(X509_get_subject_name(x.get()));
  out.issuer = text_of(X509_get_issuer_name(x.get()));
  out.common_name = common_name(X509_get_subject_name(x.get()));
  const ASN1_INTEGER* serial = X509_get0_serialNumber(x.get());
  out.serial = base::hex(base::View(ASN1_STRING_get0_data(serial), std::min<std::size_t>(static_cast<std::size_t>(ASN1_STRING_length(serial)), 64)));
  std::transform(out.serial.begin(), out.serial.end(), out.serial.begin(), [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  out.sha1 = base::hex(sha1(der));
  out.not_before = time_of(X509_get0_notBefore(x.get()));
  out.not_after = time_of(X509_get0_notAfter(x.get()));
  out.self_issued = X509_NAME_cmp(X509_get_subject_name(x.get()), X509_get_issuer_name(x.get())) == 0;
  read_names(x.get(), out);
  read_signature(x.get(), out);
  read_key(x.get(), out);
  if (const std::uint32_t usage = X509_get_key_usage(x.get()); usage != UINT32_MAX) {
    out.for_signing = (usage & KU_DIGITAL_SIGNATURE) != 0;
    out.for_encryption = (usage & (KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT | KU_KEY_AGREEMENT)) != 0;
  }
  ERR_clear_error();
  return out;
}

bool covers(const Certificate& certificate, std::string_view host) {
  if (certificate.names.empty()) return name_fits(certificate.common_name, host);
  return std::any_of(certificate.names.begin(), certificate.names.end(), [&](const std::string& name) { return name_fits(name, host); });
}

bool weak_key(const Certificate& c) {
  if (c.key == "rsa" || c.key == "dsa") return c.key_bits < 2048;
  return (c.key == "ec" || c.key == "sm2") && c.key_bits < 224;
}

bool weak_signature(const Certificate& c) {
  return c.signature_hash == "md2" || c.signature_hash == "md4" || c.signature_hash == "md5" || c.signature_hash == "sha1";
}

}  // namespace fengsui::crypto
