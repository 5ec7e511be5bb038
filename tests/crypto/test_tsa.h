// A time-stamping authority for tests, made of OpenSSL's own server side, whose clock the test sets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/time.h"

namespace fengsui::test {

class TestTsa {
 public:
  // `name` is the common name; the certificate is its own issuer, for stamping only, valid in [from, to).
  explicit TestTsa(const std::string& name = "tsa.example.gov.cn", base::UnixMs from = 1'700'000'000'000, base::UnixMs to = 2'000'000'000'000,
                   const char* purpose = "critical,timeStamping");
  ~TestTsa();

  std::string pem() const;
  // The answer to a request, DER in and out.
  base::Bytes answer(base::View request, base::UnixMs time) const;

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
};

}  // namespace fengsui::test
