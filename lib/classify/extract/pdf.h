// What poppler needs before it reads its first document.
#pragma once

#include <memory>

namespace fengsui::classify::extract {

// While it lives, poppler knows where its character maps are; it looks for them once, at the first document, and forgets
// them with the last. Made before a confinement, the maps can still be read inside it.
class PdfTables {
 public:
  PdfTables();
  ~PdfTables();
  PdfTables(const PdfTables&) = delete;
  PdfTables& operator=(const PdfTables&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fengsui::classify::extract
