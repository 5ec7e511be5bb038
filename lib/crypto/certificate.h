// What an X.509 certificate (RFC 5280; SM2 keys by GB/T 20518) says of itself. Reading is not trusting: nothing here builds a chain.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"

namespace fengsui::crypto {

struct Certificate {
  std::string subject, issuer;        // RFC 2253, UTF-8
  std::string common_name;            // of the subject; "" none
  std::vector<std::string> names;     // DNS names and addresses of subjectAltName
  std::string serial;                 // hexadecimal, upper case
  std::string sha1;                   // of the whole, hexadecimal, lower case
  base::UnixMs not_before = 0, not_after = 0;
  std::string key;                    // "rsa", "ec", "sm2", "dsa", "ed25519", "ed448"; "" unknown
  int key_bits = 0;
  std::string signature;              // of the issuer over this, as OpenSSL calls it ("sha256WithRSAEncryption", "SM2-SM3"); "" unknown
  std::string signature_hash;         // "sha1", "md5", "sm3" …; "" where the algorithm has none of its own
  bool self_issued = false;           // subject and issuer are the same name
  bool self_signed = false;           // and its own key made the signature
  bool for_signing = true, for_encryption = true;  // keyUsage, true where it is absent
};

// DER; errors: Errc::malformed. At most 64 KiB: Errc::limit.
base::Result<Certificate> read_certificate(base::View der);

// RFC 9525 section 6: a subjectAltName covers the host name (one left-most "*" label counts), or the common name when there
// is no subjectAltName. An address must be equal in text.
bool covers(const Certificate& certificate, std::string_view host);

// Fewer than 2048 bits of RSA or DSA, 224 of an elliptic curve (NIST SP 800-131A revision 2).
bool weak_key(const Certificate& certificate);
// MD2, MD4, MD5 or SHA-1 made the signature.
bool weak_signature(const Certificate& certificate);

}  // namespace fengsui::crypto
