// Capture files, read by ourselves because libpcap refuses a pcapng whose interfaces differ in link type or resolution.
// pcap: draft-ietf-opsawg-pcap. pcapng: draft-ietf-opsawg-pcapng; blocks other than SHB, IDB, EPB, SPB and PB are skipped.
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "capture/source.h"

namespace fengsui::capture {
namespace {

constexpr std::uint32_t kMaxPacket = 1u << 24;  // larger lengths are broken files, not packets
constexpr std::uint32_t kMaxBlock = kMaxPacket + 4096;
constexpr std::size_t kMaxInterfaces = 65536;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// A cursor in the byte order of the file.
struct Ordered {
  base::Reader in;
  bool big;
  std::uint16_t u16() { return big ? in.u16be() : in.u16le(); }
  std::uint32_t u32() { return big ? in.u32be() : in.u32le(); }
};

class FileSource final : public Source {
 public:
  FileSource(std::unique_ptr<std::FILE, CloseFile> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)), id_("file:" + path_) {}

  base::Status open();
  base::Result<Next> next(Packet& out) override;
  int fd() const override { return -1; }
  const std::string& id() const override { return id_; }
  model::SourceCounters take_counters() override { return std::exchange(counters_, {}); }

 private:
  struct Interface {
    std::uint32_t link_type = 1;
    std::uint32_t snap_length = 0;
    std::uint64_t units_per_second = 1'000'000;
    std::int64_t offset_seconds = 0;
  };
  enum class Got : std::uint8_t { all, none, part };

  Got read(std::size_t n);  // n bytes into buffer_
  std::unexpected<base::Error> fault(base::Errc code, const std::string& what) const {
    return base::fail(code, path_ + ": after " + std::to_string(packets_) + " packets: " + what);
  }
  base::Result<Next> next_pcap(Packet& out);
  base::Result<Next> next_pcapng(Packet& out);
  base::Result<std::uint32_t> block();  // its type; body in buffer_
  base::Status section(base::View body);
  base::Status interface(base::View body);
  bool packet_block(std::uint32_t type, base::View body, Packet& out);
  std::int64_t nanoseconds(const Interface& from, std::uint64_t ticks) const;
  void count(const Packet& packet);

  std::unique_ptr<std::FILE, CloseFile> file_;
  std::string path_;
  std::string id_;
  base::Bytes buffer_;
  std::vector<Interface> interfaces_;
  std::uint32_t link_type_ = 1;
  std::int64_t last_time_ = 0;
  std::uint64_t packets_ = 0;
  bool big_ = false, nano_ = false, ng_ = false;
  model::SourceCounters counters_;
};

FileSource::Got FileSource::read(std::size_t n) {
  buffer_.resize(n);
  const std::size_t got = n == 0 ? 0 : std::fread(buffer_.data(), 1, n, file_.get());
  return got == n ? Got::all : got == 0 ? Got::none : Got::part;
}

base::Status FileSource::open() {
  if (read(4) != Got::all) return fault(base::Errc::malformed, "not a capture file (shorter than 4 bytes)");
  const std::uint32_t magic = base::Reader(buffer_).u32be();
  if (magic == 0x0a0d0d0a) {
    ng_ = true;
    std::rewind(file_.get());
    auto type = block();
    if (!type) return std::unexpected(type.error());
    return section(buffer_);
  }
  switch (magic) {
    case 0xa1b2c3d4: big_ = true; break;
    case 0xa1b23c4d: big_ = true; nano_ = true; break;
    case 0xd4c3b2a1: break;
    case 0x4d3cb2a1: nano_ = true; break;
    default: return fault(base::Errc::malformed, "not a capture file (unknown magic number)");
  }
  if (read(20) != Got::all) return fault(base::Errc::truncated, "the file header stops early");
  Ordered in{base::Reader(buffer_), big_};
  in.in.skip(16);
  link_type_ = in.u32() & 0xffff;  // the upper bits tell of a frame check sequence
  return {};
}

void FileSource::count(const Packet& packet) {
  ++packets_;
  counters_.rx += 1;
  counters_.bytes += packet.bytes.size();
  last_time_ = packet.time_ns;
}

base::Result<Next> FileSource::next(Packet& out) { return ng_ ? next_pcapng(out) : next_pcap(out); }

base::Result<Next> FileSource::next_pcap(Packet& out) {
  const Got head = read(16);
  if (head == Got::none) return Next::end;
  if (head == Got::part) return fault(base::Errc::truncated, "the file stops inside a packet header");
  Ordered in{base::Reader(buffer_), big_};
  const std::uint32_t seconds = in.u32(), fraction = in.u32(), captured = in.u32(), original = in.u32();
  if (captured > kMaxPacket) return fault(base::Errc::malformed, "a packet of " + std::to_string(captured) + " bytes; limit " + std::to_string(kMaxPacket));
  if (captured != 0 && read(captured) != Got::all) return fault(base::Errc::truncated, "the file stops inside a packet");
  if (captured == 0) buffer_.clear();
  out.time_ns = std::int64_t{seconds} * 1'000'000'000 + std::int64_t{fraction} * (nano_ ? 1 : 1000);
  out.bytes = buffer_;
  out.original_length = original;
  out.link_type = link_type_;
  count(out);
  return Next::packet;
}

base::Result<std::uint32_t> FileSource::block() {
  const Got head = read(8);
  if (head == Got::none) return fault(base::Errc::not_found, "no more blocks");
  if (head == Got::part) return fault(base::Errc::truncated, "the file stops inside a block header");
  base::Bytes start = buffer_;
  const bool is_section = base::Reader(start).u32be() == 0x0a0d0d0a;
  if (is_section) {  // its byte order is told by what follows
    if (read(4) != Got::all) return fault(base::Errc::truncated, "the file stops inside a section header");
    const std::uint32_t mark = base::Reader(buffer_).u32be();
    if (mark != 0x1a2b3c4d && mark != 0x4d3c2b1a) return fault(base::Errc::malformed, "a section header without a byte-order mark");
    big_ = mark == 0x1a2b3c4d;
  }
  Ordered in{base::Reader(start), big_};
  const std::uint32_t type = in.u32(), length = in.u32();
  const std::uint32_t taken = is_section ? 12 : 8;
  if (length < taken + 4 || length > kMaxBlock || length % 4 != 0) {
    return fault(base::Errc::malformed, "a block of " + std::to_string(length) + " bytes; limit " + std::to_string(kMaxBlock));
  }
  if (read(length - taken) != Got::all) return fault(base::Errc::truncated, "the file stops inside a block");
  buffer_.resize(buffer_.size() - 4);  // the length again
  return type;
}

base::Status FileSource::section(base::View body) {
  Ordered in{base::Reader(body), big_};
  const std::uint16_t major = in.u16();
  if (in.in.failed() || major != 1) return fault(base::Errc::unsupported, "pcapng version " + std::to_string(major) + "; 1 is read");
  interfaces_.clear();
  return {};
}

base::Status FileSource::interface(base::View body) {
  if (interfaces_.size() >= kMaxInterfaces) return fault(base::Errc::limit, "more than " + std::to_string(kMaxInterfaces) + " interfaces");
  Ordered in{base::Reader(body), big_};
  Interface made;
  made.link_type = in.u16();
  in.in.skip(2);
  made.snap_length = in.u32();
  while (in.in.remaining() >= 4) {
    const std::uint16_t code = in.u16(), length = in.u16();
    const base::View value = in.in.take(length);
    in.in.skip(std::min<std::size_t>((4u - length % 4u) % 4u, in.in.remaining()));
    if (in.in.failed() || code == 0) break;
    if (code == 9 && length == 1) {  // if_tsresol
      const unsigned exponent = value[0] & 0x7f;
      std::uint64_t units = 1;
      if ((value[0] & 0x80) != 0) units = exponent < 63 ? std::uint64_t{1} << exponent : 1;
      else for (unsigned i = 0; i < exponent && i < 18; ++i) units *= 10;
      made.units_per_second = units;
    } else if (code == 14 && length == 8) {  // if_tsoffset
      base::Reader number(value);
      made.offset_seconds = static_cast<std::int64_t>(big_ ? number.u64be() : number.u64le());
    }
  }
  interfaces_.push_back(made);
  return {};
}

std::int64_t FileSource::nanoseconds(const Interface& from, std::uint64_t ticks) const {
  const std::uint64_t seconds = ticks / from.units_per_second, rest = ticks % from.units_per_second;
  const auto part = static_cast<std::uint64_t>(static_cast<long double>(rest) * 1e9L / static_cast<long double>(from.units_per_second) + 0.5L);
  // Wraps rather than overflows for absurd values: the time of such a packet means nothing anyway.
  return static_cast<std::int64_t>((seconds + static_cast<std::uint64_t>(from.offset_seconds)) * 1'000'000'000u + part);
}

bool FileSource::packet_block(std::uint32_t type, base::View body, Packet& out) {
  Ordered in{base::Reader(body), big_};
  std::uint32_t interface_id = 0;
  std::uint64_t ticks = 0;
  std::uint32_t captured = 0;
  if (type == 3) {
    out.original_length = in.u32();
    captured = out.original_length;
  } else {
    interface_id = type == 2 ? in.u16() : in.u32();
    if (type == 2) in.in.skip(2);
    ticks = std::uint64_t{in.u32()} << 32;
    ticks |= in.u32();
    captured = in.u32();
    out.original_length = in.u32();
  }
  if (in.in.failed() || interface_id >= interfaces_.size()) return false;
  const Interface& from = interfaces_[interface_id];
  if (type == 3) {
    if (from.snap_length != 0) captured = std::min(captured, from.snap_length);
    captured = std::min(captured, static_cast<std::uint32_t>(in.in.remaining()));
  }
  out.bytes = in.in.take(captured);
  if (in.in.failed()) return false;
  out.time_ns = type == 3 ? last_time_ : nanoseconds(from, ticks);
  out.link_type = from.link_type;
  return true;
}

base::Result<Next> FileSource::next_pcapng(Packet& out) {
  for (;;) {
    auto type = block();
    if (!type && type.error().code == base::Errc::not_found) return Next::end;
    if (!type) return std::unexpected(type.error());
    base::Status status;
    switch (*type) {
      case 0x0a0d0d0a: status = section(buffer_); break;
      case 1: status = interface(buffer_); break;
      case 2: case 3: case 6:
        if (!packet_block(*type, buffer_, out)) return fault(base::Errc::malformed, "a packet block that contradicts itself or names no interface");
        count(out);
        return Next::packet;
      default: break;
    }
    if (!status) return std::unexpected(status.error());
  }
}

}  // namespace

base::Result<std::unique_ptr<Source>> open_file(const std::string& path) {
  std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return base::fail_errno("fopen", path, errno);
  struct stat status {};
  if (fstat(fileno(file.get()), &status) == 0 && S_ISDIR(status.st_mode)) return base::fail(base::Errc::malformed, path + ": a folder, not a capture file");
  auto source = std::make_unique<FileSource>(std::move(file), path);
  if (auto opened = source->open(); !opened) return std::unexpected(opened.error());
  return source;
}

}  // namespace fengsui::capture
