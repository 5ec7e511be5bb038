#include "capture/protocols/bson.h"

#include <bit>
#include <charconv>

#include "capture/protocols/datastore.h"

namespace fengsui::capture {
namespace {

double as_double(base::View value) {
  base::Reader in(value);
  return std::bit_cast<double>(in.u64le());
}

// Bytes of a value, told by its type and its first bytes; false for an unknown type or a size that cannot be.
bool value_size(std::uint8_t type, base::Reader in, std::size_t& size) {
  const std::size_t from = in.position();
  switch (type) {
    case 0x06: case 0x0a: case 0x7f: case 0xff: size = 0; return true;
    case 0x08: size = 1; return true;
    case 0x10: size = 4; return true;
    case 0x01: case 0x09: case 0x11: case 0x12: size = 8; return true;
    case 0x07: size = 12; return true;
    case 0x13: size = 16; return true;
    case 0x02: case 0x0d: case 0x0e: case 0x0c: size = 4 + std::size_t{in.u32le()} + (type == 0x0c ? 12 : 0); return true;
    case 0x05: size = 5 + std::size_t{in.u32le()}; return true;
    case 0x03: case 0x04: case 0x0f: size = in.u32le(); return size >= 5;
    case 0x0b:
      for (int i = 0; i < 2; ++i) if (!in.until(0, in.remaining())) return false;
      size = in.position() - from;
      return true;
    default: return false;
  }
}

}  // namespace

std::string_view BsonElement::string() const {
  if (type != 0x02 || value.size() < 5) return {};
  return base::text(value.subspan(4, value.size() - 5));
}

std::int64_t BsonElement::number() const {
  base::Reader in(value);
  if (type == 0x10) return static_cast<std::int32_t>(in.u32le());
  if (type == 0x12 || type == 0x09) return static_cast<std::int64_t>(in.u64le());
  if (type == 0x08) return in.u8();
  if (type != 0x01) return 0;
  const double d = as_double(value);
  return d >= -9e15 && d <= 9e15 ? static_cast<std::int64_t>(d) : 0;
}

BsonWalk::BsonWalk(base::View bytes) : in_(base::View()) {
  base::Reader head(bytes);
  const std::size_t size = head.u32le();
  if (head.failed() || size < 5 || size > bytes.size() || bytes[size - 1] != 0) {
    bad_ = true;
    return;
  }
  size_ = size;
  in_ = base::Reader(bytes.subspan(4, size - 5));
}

bool BsonWalk::next(BsonElement& element) {
  if (bad_ || in_.at_end()) return false;
  element.type = in_.u8();
  const auto name = in_.until(0, in_.remaining());
  std::size_t size = 0;
  if (!name || !value_size(element.type, in_, size) || size > in_.remaining()) {
    bad_ = true;
    return false;
  }
  element.name = base::text(*name);
  element.value = in_.take(size);
  return true;
}

void append_bson(std::string& out, const BsonElement& element, int depth) {
  switch (element.type) {
    case 0x03:
    case 0x04: {
      if (depth >= kMaxBsonDepth) return Datastore::add_field(out, element.value);
      BsonWalk walk(element.value);
      BsonElement inner;
      bool first = true;
      while (walk.next(inner)) {
        if (!first) out.push_back(' ');
        first = false;
        if (element.is_document()) {
          Datastore::add_field(out, base::view(inner.name));
          out += ": ";
        }
        append_bson(out, inner, depth + 1);
      }
      if (walk.bad()) Datastore::add_field(out, element.value);
      return;
    }
    case 0x02: return Datastore::add_field(out, base::view(element.string()));
    case 0x08: out += element.number() != 0 ? "true" : "false"; return;
    case 0x09: case 0x10: case 0x12: out += std::to_string(element.number()); return;
    case 0x01: {
      char digits[64];
      const auto end = std::to_chars(digits, digits + sizeof digits, as_double(element.value));
      if (end.ec == std::errc{}) out.append(digits, end.ptr);
      return;
    }
    case 0x07: case 0x11: case 0x13: return;  // ids and stamps of the server
    default: return Datastore::add_field(out, element.value);
  }
}

}  // namespace fengsui::capture
