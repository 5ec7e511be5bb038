// An upload taken apart: multipart/form-data (RFC 7578), mixed and related (RFC 2046 section 5.1).
#pragma once

#include <memory>
#include <string>

#include "capture/protocols/session.h"

namespace fengsui::capture {

class Body;

// Each part that has a file name, or a media type that is not text/plain, becomes a content of its own whose member is that
// name. The other fields, and whatever stands before, after or instead of parts, become one content together, so that nothing of
// the body is left out: "name=value" and a line break each. Bounded in parts and in bytes of a part's head. One thread.
class Multipart {
 public:
  // nullptr unless `from` declares such a type with a boundary.
  static std::unique_ptr<Multipart> open(Room& room, const std::shared_ptr<const model::Provenance>& from);
  Multipart(Room& room, std::shared_ptr<const model::Provenance> from, std::string boundary);
  ~Multipart();

  void write(base::View bytes);
  void gap(std::uint64_t bytes);
  void end();

 private:
  enum class State : std::uint8_t { outside, delimiter, head, part };
  bool step(bool last);
  void give(base::View bytes);
  void head_line(std::string_view line);
  void part_begin();
  void part_end();
  Body& fields();

  Room& room_;
  std::shared_ptr<const model::Provenance> from_;
  std::string delimiter_;   // LF, two hyphens, boundary
  base::Bytes buffer_;      // not yet told apart
  std::unique_ptr<Body> fields_, part_;
  std::string name_, file_, type_;
  std::size_t head_bytes_ = 0, parts_ = 0;
  State state_ = State::outside;
  bool field_open_ = false;
  bool borrowed_ = true;    // the buffer begins with a line break that is not content
};

}  // namespace fengsui::capture
