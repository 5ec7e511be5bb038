// Text inside text: characters written as \u4E2D, %E4%B8%AD, %u4E2D or &#20013;, as JSON, query strings, forms and markup write
// them. They are put back before the engine looks, so that a value and the words around it read as people wrote them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace fengsui::classify {

// A text in pieces. What has a meaning in the text around it stays as it is or becomes a sign without one (a quote, a comma): a
// table keeps its columns. A sequence that says no character stays as it is. `+` is a blank between two characters of a form or of
// the query of an address, as far as the piece it is in shows that. Bounded: kHeld bytes. One thread.
class Escapes {
 public:
  static constexpr std::size_t kHeld = 128;  // of a sequence whose end has not come

  // Whether something is held or `piece` may hold a sequence; when not, the piece is the text.
  bool wanted(base::View piece) const;

  // Appends the text to `out`. `origin`, when given, grows beside it: for each byte of `out` the byte of the whole text it came
  // from, counted over the pieces that were fed.
  void feed(base::View piece, std::string& out, std::vector<std::uint64_t>* origin = nullptr);
  // The end, or a hole: what is held is text as far as it is no whole sequence.
  void finish(std::string& out, std::vector<std::uint64_t>* origin = nullptr);
  // `bytes` of text that was not wanted went by.
  void pass(std::size_t bytes) { begun_ = begun_ || bytes != 0, at_ += bytes; }

 private:
  std::string held_;
  std::uint64_t at_ = 0;  // bytes fed before the held ones
  bool begun_ = false, form_ = false;
};

}  // namespace fengsui::classify
