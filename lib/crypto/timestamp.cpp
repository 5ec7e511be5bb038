#include "crypto/timestamp.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "crypto/free.h"

namespace fengsui::crypto {
namespace {
using base::Errc;
using base::fail;

using RequestPtr = std::unique_ptr<TS_REQ, Free<TS_REQ_free>>;
using ImprintPtr = std::unique_ptr<TS_MSG_IMPRINT, Free<TS_MSG_IMPRINT_free>>;
using AlgorithmPtr = std::unique_ptr<X509_ALGOR, Free<X509_ALGOR_free>>;
using IntegerPtr = std::unique_ptr<ASN1_INTEGER, Free<ASN1_INTEGER_free>>;
using ResponsePtr = std::unique_ptr<TS_RESP, Free<TS_RESP_free>>;
using ContextPtr = std::unique_ptr<TS_VERIFY_CTX, Free<TS_VERIFY_CTX_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;
using BioPtr = std::unique_ptr<BIO, Free<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;

base::Result<ResponsePtr> parse(base::View der) {
  if (der.size() > kMaxTimestamp) return fail(Errc::limit, "time-stamp of " + std::to_string(der.size()) + " bytes; limit " + std::to_string(kMaxTimestamp));
  const unsigned char* at = der.data();
  ResponsePtr response(d2i_TS_RESP(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!response || at != der.data() + der.size()) return fail(Errc::malformed, "time-stamp of " + std::to_string(der.size()) + " bytes is not a TimeStampResp in DER");
  return response;
}

// The status must be granted, with or without modifications.
base::Result<Timestamp> read(TS_RESP* response) {
  const long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response)));
  if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS) return fail(Errc::denied, "the time-stamping authority refused, status " + std::to_string(status));
  TS_TST_INFO* info = TS_RESP_get_tst_info(response);
  if (info == nullptr || TS_TST_INFO_get_version(info) != 1) return fail(Errc::malformed, "time-stamp without a token of version 1");
  TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(info);
  const ASN1_OBJECT* kind = nullptr;
  X509_ALGOR_get0(&kind, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(imprint));
  const ASN1_OCTET_STRING* bytes = TS_MSG_IMPRINT_get_msg(imprint);
  Timestamp out;
  if (OBJ_obj2nid(kind) != NID_sha256 || ASN1_STRING_length(bytes) != static_cast<int>(out.imprint.size())) return fail(Errc::unsupported, "time-stamp over a hash other than SHA-256");
  std::copy_n(ASN1_STRING_get0_data(bytes), out.imprint.size(), out.imprint.begin());
  std::uint64_t nonce = 0;
  if (const ASN1_INTEGER* given = TS_TST_INFO_get_nonce(info); given != nullptr && ASN1_INTEGER_get_uint64(&nonce, given) == 1) out.nonce = nonce;
  std::tm tm{};
  if (ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &tm) != 1) return fail(Errc::malformed, "time-stamp without a time");
  out.time = static_cast<base::UnixMs>(timegm(&tm)) * 1000;
  return out;
}

base::Result<std::vector<X509Ptr>> certificates(std::string_view pem) {
  if (pem.size() > kMaxTimestamp * kMaxTsaCertificates) return fail(Errc::limit, "certificates of " + std::to_string(pem.size()) + " bytes");
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<X509Ptr> out;
  while (in) {
    X509Ptr one(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    if (!one) break;
    if (out.size() == kMaxTsaCertificates) return fail(Errc::limit, "more than " + std::to_string(kMaxTsaCertificates) + " certificates");
    out.push_back(std::move(one));
  }
  const bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;  // that is how the end is told
  ERR_clear_error();
  if (out.empty() || !whole) return fail(Errc::malformed, "no certificates in PEM, or one that cannot be read");
  return out;
}

// Whether the certificate that the token names as its signer's is, or claims to be certified by, one of these.
bool claims_one_of(TS_RESP* response, const std::vector<X509Ptr>& trusted, STACK_OF(X509) * all) {
  STACK_OF(X509)* signers = PKCS7_get0_signers(TS_RESP_get_token(response), all, 0);
  const X509* signer = signers != nullptr && sk_X509_num(signers) == 1 ? sk_X509_value(signers, 0) : nullptr;
  const bool known = signer != nullptr && std::any_of(trusted.begin(), trusted.end(), [&](const X509Ptr& t) {
    return X509_cmp(t.get(), signer) == 0 || X509_NAME_cmp(X509_get_subject_name(t.get()), X509_get_issuer_name(signer)) == 0;
  });
  sk_X509_free(signers);
  ERR_clear_error();
  return known;
}
}  // namespace

base::Bytes timestamp_request(const Digest& imprint, std::uint64_t nonce) {
  const RequestPtr request(TS_REQ_new());
  const ImprintPtr message(TS_MSG_IMPRINT_new());
  const AlgorithmPtr algorithm(X509_ALGOR_new());
  const IntegerPtr number(ASN1_INTEGER_new());
  FENGSUI_ASSERT(request && message && algorithm && number);
  auto copy = imprint;
  bool made = X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
              TS_MSG_IMPRINT_set_algo(message.get(), algorithm.get()) == 1 &&
              TS_MSG_IMPRINT_set_msg(message.get(), copy.data(), static_cast<int>(copy.size())) == 1 && ASN1_INTEGER_set_uint64(number.get(), nonce) == 1 &&
              TS_REQ_set_version(request.get(), 1) == 1 && TS_REQ_set_msg_imprint(request.get(), message.get()) == 1 &&
              TS_REQ_set_nonce(request.get(), number.get()) == 1 && TS_REQ_set_cert_req(request.get(), 1) == 1;
  unsigned char* der = nullptr;
  const int size = made ? i2d_TS_REQ(request.get(), &der) : -1;
  FENGSUI_ASSERT(size > 0);
  base::Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

base::Result<Timestamp> read_timestamp(base::View der) {
  auto response = parse(der);
  if (!response) return std::unexpected(response.error());
  auto out = read(response->get());
  ERR_clear_error();
  return out;
}

base::Status check_tsa_certificates(std::string_view pem) {
  auto read = certificates(pem);
  return read ? base::Status() : std::unexpected(read.error());
}

base::Result<Timestamp> verify_timestamp(base::View der, std::string_view pem) {
  auto trusted = certificates(pem);
  if (!trusted) return std::unexpected(trusted.error());
  auto response = parse(der);
  if (!response) return std::unexpected(response.error());
  auto said = read(response->get());
  if (!said) return said;
  StorePtr store(X509_STORE_new());
  const ContextPtr context(TS_VERIFY_CTX_new());
  auto* imprint = static_cast<unsigned char*>(OPENSSL_memdup(said->imprint.data(), said->imprint.size()));
  STACK_OF(X509)* all = sk_X509_new_null();
  FENGSUI_ASSERT(store && context && imprint != nullptr && all != nullptr);
  for (const auto& one : *trusted) FENGSUI_ASSERT(X509_STORE_add_cert(store.get(), one.get()) == 1 && X509_up_ref(one.get()) == 1 && sk_X509_push(all, one.get()) > 0);
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);  // an authority's own certificate is trust enough
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.get()), static_cast<std::time_t>(said->time / 1000));
  // The context owns what is set from here on.
  TS_VERIFY_CTX_set_flags(context.get(), TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNATURE);
  TS_VERIFY_CTX_set_store(context.get(), store.release());
  TS_VERIFY_CTX_set_certs(context.get(), all);
  TS_VERIFY_CTX_set_imprint(context.get(), imprint, static_cast<long>(said->imprint.size()));
  ERR_clear_error();
  const bool good = TS_RESP_verify_response(context.get(), response->get()) == 1;
  const bool chain = ERR_GET_REASON(ERR_peek_last_error()) == TS_R_CERTIFICATE_VERIFY_ERROR;
  ERR_clear_error();
  if (good) return said;
  if (chain && !claims_one_of(response->get(), *trusted, all)) return fail(Errc::not_found, "a time-stamp of an authority that is not among the certificates given");
  return fail(Errc::mismatch, chain ? "the certificate of a time-stamp was not valid for stamping at its time" : "a wrong signature of a time-stamp");
}

}  // namespace fengsui::crypto
