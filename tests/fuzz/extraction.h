// What the targets of the extractors share: an extraction must end, close what it opens, and stay within its limits.
#pragma once

#include <cstdlib>

#include "classify/extract/charsets.h"
#include "classify/extract/context.h"
#include "classify/extract/pdf.h"

namespace fengsui::fuzz {

class Checked final : public classify::Extracted {
 public:
  void begin(std::string_view name, classify::Bond) override {
    if (name.size() > classify::kMaxMemberName || ++open_ > 16 || ++members_ > classify::kMaxMembers) std::abort();
  }
  void text(base::View bytes) override { text_ += bytes.size(); }
  void end() override {
    if (open_-- == 0) std::abort();
  }
  void missed(classify::Missed why, classify::Format) override {
    if (why >= classify::Missed::too_slow) std::abort();
  }
  void done(std::uint64_t limit) const {
    if (open_ != 0 || text_ > limit) std::abort();
  }

 private:
  std::uint32_t open_ = 0, members_ = 0;
  std::uint64_t text_ = 0;
};

inline int extract(classify::Format format, base::View bytes) {
  static const classify::extract::Charsets charsets;
  static const classify::extract::PdfTables tables;
  classify::ExamineLimits limits;
  limits.max_depth = 2;
  limits.max_unpacked = 256u << 10;
  limits.max_container = 64u << 10;
  Checked out;
  classify::extract::Budget budget{limits.max_unpacked};
  classify::extract::Context context(limits, charsets, budget, out);
  classify::extract::read(context, format, bytes);
  out.done(limits.max_unpacked);
  return 0;
}

}  // namespace fengsui::fuzz
