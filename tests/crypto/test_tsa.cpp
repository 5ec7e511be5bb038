#include "tests/crypto/test_tsa.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

namespace fengsui::test {

struct TestTsa::Keys {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
};

TestTsa::TestTsa(const std::string& name, base::UnixMs from, base::UnixMs to, const char* purpose) : keys_(std::make_unique<Keys>()) {
  keys_->key = EVP_EC_gen("P-256");
  X509* x = keys_->certificate = X509_new();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
  ASN1_TIME_set(X509_getm_notBefore(x), from / 1000);
  ASN1_TIME_set(X509_getm_notAfter(x), to / 1000);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(x));
  X509_set_pubkey(x, keys_->key);
  X509_EXTENSION* usage = X509V3_EXT_conf_nid(nullptr, nullptr, NID_ext_key_usage, purpose);
  X509_add_ext(x, usage, -1);
  X509_EXTENSION_free(usage);
  X509_sign(x, keys_->key, EVP_sha256());
}

TestTsa::~TestTsa() {
  X509_free(keys_->certificate);
  EVP_PKEY_free(keys_->key);
}

std::string TestTsa::pem() const {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, keys_->certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(out);
  return pem;
}

base::Bytes TestTsa::answer(base::View request, base::UnixMs time) const {
  TS_RESP_CTX* context = TS_RESP_CTX_new();
  ASN1_OBJECT* policy = OBJ_txt2obj("1.2.3.4", 1);
  TS_RESP_CTX_set_signer_cert(context, keys_->certificate);
  TS_RESP_CTX_set_signer_key(context, keys_->key);
  TS_RESP_CTX_set_signer_digest(context, EVP_sha256());
  TS_RESP_CTX_set_def_policy(context, policy);
  TS_RESP_CTX_add_md(context, EVP_sha256());
  TS_RESP_CTX_set_serial_cb(context, [](TS_RESP_CTX*, void*) {
    ASN1_INTEGER* serial = ASN1_INTEGER_new();
    ASN1_INTEGER_set(serial, 42);
    return serial;
  }, nullptr);
  TS_RESP_CTX_set_time_cb(context, [](TS_RESP_CTX*, void* data, long* seconds, long* micros) {
    *seconds = static_cast<long>(*static_cast<base::UnixMs*>(data) / 1000);
    *micros = 0;
    return 1;
  }, &time);
  BIO* in = BIO_new_mem_buf(request.data(), static_cast<int>(request.size()));
  TS_RESP* response = TS_RESP_create_response(context, in);
  unsigned char* der = nullptr;
  const int size = i2d_TS_RESP(response, &der);
  base::Bytes out(der, der + (size < 0 ? 0 : size));
  OPENSSL_free(der);
  TS_RESP_free(response);
  BIO_free(in);
  ASN1_OBJECT_free(policy);
  TS_RESP_CTX_free(context);
  return out;
}

}  // namespace fengsui::test
