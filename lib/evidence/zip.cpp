#include "evidence/zip.h"

#include <zlib.h>

#include <algorithm>
#include <optional>

#include "base/encode.h"
#include "crypto/hash.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;

constexpr std::uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50;
constexpr std::uint16_t kNeeded = 20, kMadeBy = 3 << 8 | 20, kDate = 0x0021;  // 1980-01-01
constexpr std::uint32_t kMode = 0100644u << 16;
constexpr std::string_view kComment = "sha256 of all before this record: ";
constexpr std::size_t kPlainEnd = 22, kEndSize = kPlainEnd + kComment.size() + 64;

void u16(base::Bytes& out, std::uint16_t v) {
  out.push_back(static_cast<std::uint8_t>(v));
  out.push_back(static_cast<std::uint8_t>(v >> 8));
}
void u32(base::Bytes& out, std::uint32_t v) {
  u16(out, static_cast<std::uint16_t>(v));
  u16(out, static_cast<std::uint16_t>(v >> 16));
}

std::uint32_t crc(base::View bytes) { return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size())); }

struct Member {
  std::string name;
  std::uint16_t method = 0;
  std::uint32_t crc = 0, packed = 0, size = 0, offset = 0;
};

void shared_fields(base::Bytes& out, const Member& m) {
  u16(out, kNeeded);
  u16(out, 0);  // flags
  u16(out, m.method);
  u16(out, 0);  // time
  u16(out, kDate);
  u32(out, m.crc);
  u32(out, m.packed);
  u32(out, m.size);
  u16(out, static_cast<std::uint16_t>(m.name.size()));
  u16(out, 0);  // extra
}
base::Bytes local_header(const Member& m) {
  base::Bytes out;
  u32(out, kLocal);
  shared_fields(out, m);
  base::append(out, m.name);
  return out;
}
base::Bytes central_header(const Member& m) {
  base::Bytes out;
  u32(out, kCentral);
  u16(out, kMadeBy);
  shared_fields(out, m);
  u16(out, 0);  // comment
  u16(out, 0);  // disk
  u16(out, 0);  // internal attributes
  u32(out, kMode);
  u32(out, m.offset);
  base::append(out, m.name);
  return out;
}
// DEFLATE has many spellings of one content, so the comment binds the packed bytes too.
base::Bytes end_record(std::size_t count, std::size_t central_size, std::size_t central_offset, base::View before) {
  base::Bytes out;
  u32(out, kEnd);
  u16(out, 0);
  u16(out, 0);
  u16(out, static_cast<std::uint16_t>(count));
  u16(out, static_cast<std::uint16_t>(count));
  u32(out, static_cast<std::uint32_t>(central_size));
  u32(out, static_cast<std::uint32_t>(central_offset));
  u16(out, static_cast<std::uint16_t>(kEndSize - kPlainEnd));
  base::append(out, kComment);
  base::append(out, base::hex(crypto::sha256(before)));
  return out;
}

// nullopt when it does not get smaller.
std::optional<base::Bytes> deflated(base::View in) {
  if (in.empty()) return std::nullopt;
  z_stream z{};
  if (::deflateInit2(&z, 6, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK) return std::nullopt;
  base::Bytes out(in.size());
  z.next_in = const_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  int state = ::deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  ::deflateEnd(&z);
  if (state != Z_STREAM_END) return std::nullopt;
  return out;
}

base::Result<base::Bytes> inflated(base::View in, std::size_t size, const std::string& name) {
  base::Bytes out(size + 1);  // one more byte shows a stream that is longer than it says
  z_stream z{};
  if (::inflateInit2(&z, -15) != Z_OK) return fail(Errc::unavailable, "zlib cannot start");
  z.next_in = const_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  int state = ::inflate(&z, Z_FINISH);
  bool good = state == Z_STREAM_END && z.avail_in == 0 && z.total_out == size && !in.empty();
  ::inflateEnd(&z);
  if (!good) return fail(Errc::malformed, "zip: " + name + " does not unpack to its size");
  out.resize(size);
  return out;
}

// One central record. The fixed fields are compared by writing the record again.
base::Result<Member> central(base::Reader& reader, const std::string& previous) {
  Member m;
  bool signature = reader.u32le() == kCentral;
  reader.skip(6);  // made by, needed, flags
  m.method = reader.u16le();
  reader.skip(4);  // time, date
  m.crc = reader.u32le();
  m.packed = reader.u32le();
  m.size = reader.u32le();
  auto name_size = reader.u16le();
  reader.skip(12);
  m.offset = reader.u32le();
  m.name = base::text(reader.take(name_size));
  if (reader.failed() || !signature) return fail(Errc::malformed, "zip: a directory entry is cut or is none");
  if (!is_bundle_path(m.name)) return fail(Errc::malformed, "zip: a path that is not allowed");
  if (m.name <= previous) return fail(Errc::malformed, "zip: paths out of order or twice");
  if (m.method != 0 && m.method != 8) return fail(Errc::unsupported, "zip: a packing method other than 0 and 8");
  return m;
}
}  // namespace

bool is_bundle_path(std::string_view path) {
  if (path.empty() || path.size() > 200) return false;
  for (char c : path)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '/' || c == '-')) return false;
  for (std::size_t at = 0; at <= path.size();) {
    auto end = std::min(path.find('/', at), path.size());
    auto part = path.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return false;
    at = end + 1;
  }
  return true;
}

base::Result<base::Bytes> write_zip(const Files& files) {
  if (files.size() > 65'534) return fail(Errc::limit, "zip of " + std::to_string(files.size()) + " files; limit 65534");
  base::Bytes out;
  std::vector<Member> members;
  for (const auto& [name, bytes] : files) {
    if (!is_bundle_path(name)) return fail(Errc::malformed, "zip: a path that is not allowed");
    if (out.size() + bytes.size() > 0xf0000000u) return fail(Errc::limit, "zip above 4 GiB");
    Member m;
    m.name = name;
    m.crc = crc(bytes);
    m.size = static_cast<std::uint32_t>(bytes.size());
    m.offset = static_cast<std::uint32_t>(out.size());
    auto packed = deflated(bytes);
    m.method = packed ? 8 : 0;
    const auto& data = packed ? *packed : bytes;
    m.packed = static_cast<std::uint32_t>(data.size());
    base::append(out, base::View(local_header(m)));
    base::append(out, base::View(data));
    members.push_back(std::move(m));
  }
  auto central_offset = out.size();
  for (const auto& m : members) base::append(out, base::View(central_header(m)));
  auto end = end_record(members.size(), out.size() - central_offset, central_offset, out);
  base::append(out, base::View(end));
  return out;
}

base::Result<Files> read_zip(base::View bytes, const ZipLimits& limits) {
  if (bytes.size() < kEndSize) return fail(Errc::truncated, "zip of " + std::to_string(bytes.size()) + " bytes");
  base::Reader end(bytes.last(kEndSize));
  end.skip(10);
  std::size_t count = end.u16le(), central_size = end.u32le(), central_offset = end.u32le();
  auto again = end_record(count, central_size, central_offset, bytes.first(bytes.size() - kEndSize));
  if (!std::equal(again.begin(), again.end() - 64, bytes.last(kEndSize).begin()))
    return fail(Errc::malformed, "zip: no end record of a bundle at its end (cut, or bytes after it)");
  if (!std::equal(again.begin(), again.end(), bytes.last(kEndSize).begin()))
    return fail(Errc::mismatch, "zip: its bytes are not those that were written (digest in the end record)");
  if (count > limits.max_files) return fail(Errc::limit, "zip of " + std::to_string(count) + " files; limit " + std::to_string(limits.max_files));
  if (central_offset > bytes.size() || central_size != bytes.size() - kEndSize - central_offset)
    return fail(Errc::malformed, "zip: the directory is not where the end record says");
  auto directory = bytes.subspan(central_offset, central_size);
  base::Reader reader(directory);
  Files out;
  std::uint64_t total = 0;
  std::size_t at = 0;
  std::string previous;
  for (std::size_t i = 0; i < count; ++i) {
    auto start = reader.position();
    auto m = central(reader, previous);
    if (!m) return std::unexpected(m.error());
    auto header = central_header(*m);
    if (!std::equal(header.begin(), header.end(), directory.begin() + static_cast<std::ptrdiff_t>(start), directory.begin() + static_cast<std::ptrdiff_t>(reader.position())))
      return fail(Errc::malformed, "zip: an unusual directory entry for " + m->name);
    if (m->size > limits.max_file) return fail(Errc::limit, "zip: " + m->name + " of " + std::to_string(m->size) + " bytes; limit " + std::to_string(limits.max_file));
    total += m->size;
    if (total > limits.max_total) return fail(Errc::limit, "zip: more than " + std::to_string(limits.max_total) + " bytes in all");
    auto local = local_header(*m);
    if (m->offset != at || at + local.size() + m->packed > central_offset || !std::equal(local.begin(), local.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at)))
      return fail(Errc::malformed, "zip: " + m->name + " does not lie where the directory says");
    auto data = bytes.subspan(at + local.size(), m->packed);
    base::Result<base::Bytes> content = base::to_bytes(data);
    if (m->method == 8) content = inflated(data, m->size, m->name);
    else if (m->packed != m->size) return fail(Errc::malformed, "zip: " + m->name + " has two sizes");
    if (!content) return std::unexpected(content.error());
    if (crc(*content) != m->crc) return fail(Errc::mismatch, "zip: the checksum of " + m->name + " is wrong");
    at += local.size() + m->packed;
    previous = m->name;
    out.emplace(std::move(m->name), std::move(*content));
  }
  if (!reader.at_end() || at != central_offset) return fail(Errc::malformed, "zip: bytes between the files and the directory");
  return out;
}

}  // namespace fengsui::evidence
