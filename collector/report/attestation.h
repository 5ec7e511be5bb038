// 无事件证明: the printable form of a signed statement. It repeats what the statement says and proves nothing itself.
#pragma once

#include <string>

#include "base/time.h"
#include "evidence/attest.h"

namespace fengsui::collector::report {

struct AttestationForm {
  std::string number;             // "510903-edu-2026-11-01-2026-11-30-…"
  std::string unit, unit_zh, unit_en;
  base::Day from, to;             // both inclusive
  const evidence::Decision& decision;
  const evidence::Period& period;
  std::string origin, attester;   // of the log; name of the key
  std::string payload_sha256;     // hex, of the statement
  evidence::SeverityCounts findings{};
  std::size_t hosts = 0, sources = 0;
  const evidence::Score* score = nullptr;
  base::UnixMs issued = 0;
};

// A4, Chinese with English below, self-contained. Every text of others is escaped.
std::string attestation_html(const AttestationForm& form);
// What its QR code holds: number and digest.
std::string attestation_code(const AttestationForm& form);

}  // namespace fengsui::collector::report
