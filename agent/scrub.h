// Removes raw values from the words about a content: paths, URLs, command lines and messages can hold an id number too.
#pragma once

#include <memory>
#include <string>

#include "base/counters.h"
#include "classify/examination.h"
#include "model/activity.h"
#include "model/finding.h"

namespace fengsui::agent {

// Masks every value that a detector of persons, accounts or secrets finds in a text: the first 3 and the last 2
// characters stay. Values that name machines (addresses, MAC) stay, they are the evidence itself. One thread.
class Scrubber {
 public:
  explicit Scrubber(std::shared_ptr<const classify::Engine> engine) : engine_(std::move(engine)) {}

  void text(std::string& text);
  void fields(model::Fields& fields);
  void activity(model::Activity& activity) { fields(activity.fields); }
  void finding(model::Finding& finding);
  std::uint64_t masked() const { return masked_; }  // values masked so far

 private:
  std::shared_ptr<const classify::Engine> engine_;
  std::uint64_t masked_ = 0;
};

// `text` with the bytes [start, end) masked, character by character (UTF-8).
std::string mask_span(std::string_view text, std::size_t start, std::size_t end);

}  // namespace fengsui::agent
