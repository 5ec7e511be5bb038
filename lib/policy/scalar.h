// Scalar: one value of an event as a rule sees it. Values: what one field holds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fengsui::policy {

// Lower-cases ASCII letters and leaves all other bytes: Sigma matches are case-insensitive for ASCII, exact for the
// rest.
void fold(std::string_view in, std::string& out);

struct Scalar {
  enum class Kind : std::uint8_t { null, boolean, number, text };
  Kind kind = Kind::null;
  double number = 0;
  std::string text;    // decimal digits of a number, "true" or "false"
  std::string folded;  // fold(text)

  void set_null();
  void set_bool(bool value);
  void set_int(std::int64_t value);
  void set_uint(std::uint64_t value);
  void set_real(double value);
  void set_text(std::string_view value);
};

// The values of one field. Reused between events: clear() keeps the memory.
class Values {
 public:
  void clear() { used_ = 0, present_ = false; }
  Scalar& add();
  void mark_present() { present_ = true; }
  bool present() const { return present_ || used_ > 0; }  // the event has the field, possibly empty or an object
  // No value at all, or only nulls.
  bool is_null() const;
  std::size_t size() const { return used_; }
  const Scalar* begin() const { return items_.data(); }
  const Scalar* end() const { return items_.data() + used_; }

 private:
  std::vector<Scalar> items_;
  std::size_t used_ = 0;
  bool present_ = false;
};

}  // namespace fengsui::policy
