#include "wire/message.h"

#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/encode.h"

namespace fengsui::wire {
namespace {

using base::Errc;
using base::Reader;

constexpr std::uint8_t kMagic0 = 'F', kMagic1 = 'S', kVersion = 1;
enum class Type : std::uint8_t { enrol = 1, enrolled, batch, ack, hello, refused };
constexpr int kCompression = 3;

// ---- writing. A value of ours that is over its bound is a bug; text for people is cut instead.

void put_text(base::Bytes& out, std::string_view text, std::size_t limit) {
  FENGSUI_ASSERT(text.size() <= limit && limit <= 0xffff);
  base::append_u16be(out, static_cast<std::uint16_t>(text.size()));
  base::append(out, text);
}

void put_words(base::Bytes& out, std::string_view text) {
  if (text.size() > kMaxWords) {
    text = text.substr(0, kMaxWords);
    while (!text.empty() && !base::is_utf8(base::view(text))) text.remove_suffix(1);
  }
  put_text(out, text, kMaxWords);
}

void put_key(base::Bytes& out, const base::Bytes& key) {
  FENGSUI_ASSERT(key.size() <= 32);
  out.push_back(static_cast<std::uint8_t>(key.size()));
  base::append(out, base::View(key));
}

void put(base::Bytes& out, const Enrol& m) {
  put_text(out, m.token, kMaxName);
  put_words(out, m.hostname);
  put_words(out, m.version);
  put_words(out, m.os);
  put_text(out, m.machine_id_digest, 64);
  put_key(out, m.identity_key);
  put_key(out, m.curve_key);
}

void put(base::Bytes& out, const Enrolled& m) {
  out.push_back(m.ok ? 1 : 0);
  put_words(out, m.reason);
  put_text(out, m.agent, kMaxName);
  put_text(out, m.unit, kMaxName);
  put_text(out, m.origin, kMaxName);
  put_text(out, m.log_vkey, kMaxWords);
  put_key(out, m.digest_key);
  base::append_u32be(out, m.heartbeat_seconds);
}

void put(base::Bytes& out, const Batch& m) {
  FENGSUI_ASSERT(m.records.size() <= kMaxRecords);
  put_text(out, m.agent, kMaxName);
  base::append_u64be(out, m.first_seq);
  base::append_u32be(out, static_cast<std::uint32_t>(m.records.size()));
  base::Bytes plain;
  std::uint64_t seq = m.first_seq;
  for (const auto& record : m.records) {
    FENGSUI_ASSERT(record.seq == seq++);
    put_text(plain, record.note, kMaxNote);
    base::append(plain, base::View(record.salt));
    FENGSUI_ASSERT(record.detail.size() <= kMaxDetail);
    base::append_u32be(plain, static_cast<std::uint32_t>(record.detail.size()));
    base::append(plain, record.detail);
  }
  FENGSUI_ASSERT(plain.size() <= 0xffffffffu);
  base::append_u32be(out, static_cast<std::uint32_t>(plain.size()));
  const std::size_t head = out.size();
  out.resize(head + ZSTD_compressBound(plain.size()));
  const std::size_t n = ZSTD_compress(out.data() + head, out.size() - head, plain.data(), plain.size(), kCompression);
  FENGSUI_ASSERT(!ZSTD_isError(n));
  out.resize(head + n);
}

void put_proof(base::Bytes& out, const std::vector<crypto::Digest>& proof) {
  FENGSUI_ASSERT(proof.size() <= kMaxProof);
  out.push_back(static_cast<std::uint8_t>(proof.size()));
  for (const auto& hash : proof) base::append(out, base::View(hash));
}

void put(base::Bytes& out, const Ack& m) {
  base::append_u64be(out, m.seq);
  base::append_u64be(out, m.from_size);
  put_text(out, m.checkpoint, kMaxCheckpoint);
  put_proof(out, m.consistency);
  if (m.handovers.empty()) return;
  FENGSUI_ASSERT(m.handovers.size() <= kMaxHandovers);
  out.push_back(static_cast<std::uint8_t>(m.handovers.size()));
  for (const auto& h : m.handovers) {
    put_text(out, h.final_checkpoint, kMaxCheckpoint);
    put_proof(out, h.consistency);
    put_text(out, base::text(h.leaf), kMaxNote);
    put_proof(out, h.inclusion);
    put_text(out, h.next_checkpoint, kMaxCheckpoint);
  }
}

void put(base::Bytes& out, const Hello& m) {
  put_text(out, m.agent, kMaxName);
  base::append_u64be(out, m.last_seq);
  base::append_u64be(out, m.acknowledged);
  base::append_u64be(out, m.beacon_size);
  put_words(out, m.version);
  if (!m.origin.empty()) put_text(out, m.origin, kMaxName);
}

void put(base::Bytes& out, const Refused& m) {
  base::append_u64be(out, m.expected_seq);
  put_text(out, m.code, kMaxName);
  put_words(out, m.reason);
}

// ---- reading. The first thing wrong is remembered; fields read after it are empty.

class Fields {
 public:
  explicit Fields(Reader& reader) : reader_(reader) {}

  std::string text(std::size_t limit, const char* field) {
    const std::size_t size = reader_.u16be();
    if (size > limit) note(Errc::limit, field, size, limit);
    const base::View bytes = ok() ? reader_.take(size) : base::View();
    if (!base::is_utf8(bytes)) set(Errc::malformed, std::string(field) + " is not UTF-8");
    return std::string(base::text(bytes));
  }
  base::Bytes key(const char* field) {
    const std::size_t size = reader_.u8();
    if (size != 0 && size != 32) note(Errc::malformed, field, size, 32);
    return ok() ? base::to_bytes(reader_.take(size)) : base::Bytes();
  }
  bool flag() {
    const std::uint8_t value = reader_.u8();
    if (value > 1) set(Errc::malformed, "flag of " + std::to_string(value));
    return value == 1;
  }
  void note(Errc code, const char* field, std::uint64_t size, std::uint64_t limit) {
    set(code, std::string(field) + " of " + std::to_string(size) + "; limit " + std::to_string(limit));
  }
  void set(Errc code, std::string what) {
    if (ok()) error_ = {code, "message: " + std::move(what)};
  }
  bool ok() const { return error_.what.empty() && !reader_.failed(); }
  // After all fields: the shape must end where the message does.
  base::Result<Message> finish(Message message) {
    if (!error_.what.empty()) return std::unexpected(error_);
    if (reader_.failed())
      return base::fail(Errc::truncated,
                        "message ends inside a field, after " + std::to_string(reader_.position()) + " bytes");
    if (!reader_.at_end())
      return base::fail(Errc::malformed, std::to_string(reader_.remaining()) + " bytes after the end of the message");
    return message;
  }

 private:
  Reader& reader_;
  base::Error error_{};
};

Enrol get_enrol(Reader&, Fields& f) {
  Enrol m;
  m.token = f.text(kMaxName, "token");
  m.hostname = f.text(kMaxWords, "hostname");
  m.version = f.text(kMaxWords, "version");
  m.os = f.text(kMaxWords, "os");
  m.machine_id_digest = f.text(64, "machine id digest");
  m.identity_key = f.key("identity key");
  m.curve_key = f.key("curve key");
  return m;
}

Enrolled get_enrolled(Reader& r, Fields& f) {
  Enrolled m;
  m.ok = f.flag();
  m.reason = f.text(kMaxWords, "reason");
  m.agent = f.text(kMaxName, "agent");
  m.unit = f.text(kMaxName, "unit");
  m.origin = f.text(kMaxName, "origin");
  m.log_vkey = f.text(kMaxWords, "log key");
  m.digest_key = f.key("digest key");
  m.heartbeat_seconds = r.u32be();
  return m;
}

// Bytes of the records. Memory for them is taken only after the frame itself has been found to promise that size.
base::Result<base::Bytes> decompress(base::View frame, std::size_t size, std::size_t max_plain) {
  if (size > max_plain)
    return base::fail(Errc::limit, "batch of " + std::to_string(size) + " bytes; limit " + std::to_string(max_plain));
  if (frame.size() < 4) return base::fail(Errc::truncated, "batch without a compressed body");
  const std::size_t whole = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(whole)) return base::fail(Errc::malformed, "batch body is not a whole zstd frame");
  if (whole != frame.size()) return base::fail(Errc::malformed, "batch body holds more than one zstd frame");
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != size)
    return base::fail(Errc::malformed, "batch body does not name the size " + std::to_string(size));
  base::Bytes plain(size);
  const std::size_t n = ZSTD_decompress(plain.data(), plain.size(), frame.data(), frame.size());
  if (ZSTD_isError(n) || n != size)
    return base::fail(Errc::malformed, "batch body does not decompress to " + std::to_string(size) + " bytes");
  return plain;
}

base::Result<Message> get_batch(Reader& r, std::size_t max_plain) {
  Fields f(r);
  Batch m;
  m.agent = f.text(kMaxName, "agent");
  m.first_seq = r.u64be();
  const std::size_t count = r.u32be();
  const std::size_t size = r.u32be();
  if (count > kMaxRecords) f.note(Errc::limit, "number of records", count, kMaxRecords);
  if (m.first_seq > INT64_MAX - kMaxRecords) f.set(Errc::limit, "sequence number beyond 63 bits");
  if (!f.ok()) return f.finish(Message());
  auto plain = decompress(r.rest(), size, max_plain);
  if (!plain) return std::unexpected(plain.error());
  Reader body(*plain);
  Fields inner(body);
  // A record takes at least 38 bytes, so the count cannot make us reserve more than the body holds.
  if (count > plain->size() / kMinRecord)
    inner.set(Errc::truncated, "batch of " + std::to_string(count) + " records in " + std::to_string(size) + " bytes");
  if (inner.ok()) m.records.reserve(count);
  for (std::size_t i = 0; i < count && inner.ok(); ++i) {
    evidence::Record record;
    record.seq = m.first_seq + i;
    record.note = base::text(body.take(body.u16be()));
    const base::View salt = body.take(record.salt.size());
    std::ranges::copy(salt, record.salt.begin());
    const std::size_t detail = body.u32be();
    if (detail > kMaxDetail) inner.note(Errc::limit, "detail", detail, kMaxDetail);
    if (inner.ok()) record.detail = base::text(body.take(detail));
    m.records.push_back(std::move(record));
  }
  return inner.finish(std::move(m));
}

std::vector<crypto::Digest> get_proof(Reader& r, Fields& f, const char* field) {
  const std::size_t count = r.u8();
  if (count > kMaxProof) f.note(Errc::limit, field, count, kMaxProof);
  std::vector<crypto::Digest> out;
  for (std::size_t i = 0; i < count && f.ok(); ++i) {
    crypto::Digest hash{};
    std::ranges::copy(r.take(hash.size()), hash.begin());
    out.push_back(hash);
  }
  return out;
}

Ack get_ack(Reader& r, Fields& f) {
  Ack m;
  m.seq = r.u64be();
  m.from_size = r.u64be();
  m.checkpoint = f.text(kMaxCheckpoint, "checkpoint");
  m.consistency = get_proof(r, f, "consistency proof");
  if (!f.ok() || r.at_end()) return m;
  const std::size_t count = r.u8();
  if (count == 0) f.set(Errc::malformed, "a list of no hand-overs");
  if (count > kMaxHandovers) f.note(Errc::limit, "hand-overs", count, kMaxHandovers);
  for (std::size_t i = 0; i < count && f.ok(); ++i) {
    evidence::Handover h;
    h.final_checkpoint = f.text(kMaxCheckpoint, "final checkpoint");
    h.consistency = get_proof(r, f, "consistency proof");
    h.leaf = base::to_bytes(f.text(kMaxNote, "shard leaf"));
    h.inclusion = get_proof(r, f, "inclusion proof");
    h.next_checkpoint = f.text(kMaxCheckpoint, "next checkpoint");
    m.handovers.push_back(std::move(h));
  }
  return m;
}

Hello get_hello(Reader& r, Fields& f) {
  Hello m;
  m.agent = f.text(kMaxName, "agent");
  m.last_seq = r.u64be();
  m.acknowledged = r.u64be();
  m.beacon_size = r.u64be();
  m.version = f.text(kMaxWords, "version");
  if (!f.ok() || r.at_end()) return m;
  m.origin = f.text(kMaxName, "origin");
  if (f.ok() && m.origin.empty()) f.set(Errc::malformed, "an origin of no bytes");
  return m;
}

Refused get_refused(Reader& r, Fields& f) {
  Refused m;
  m.expected_seq = r.u64be();
  m.code = f.text(kMaxName, "code");
  m.reason = f.text(kMaxWords, "reason");
  return m;
}

}  // namespace

base::Bytes encode(const Message& message) {
  base::Bytes out = {kMagic0, kMagic1, kVersion, static_cast<std::uint8_t>(message.index() + 1)};
  std::visit([&out](const auto& m) { put(out, m); }, message);
  return out;
}

base::Result<Message> decode(base::View bytes, std::size_t max_plain) {
  Reader r(bytes);
  const std::uint8_t magic0 = r.u8(), magic1 = r.u8(), version = r.u8(), type = r.u8();
  if (r.failed())
    return base::fail(Errc::truncated, "message of " + std::to_string(bytes.size()) + " bytes; its header has 4");
  if (magic0 != kMagic0 || magic1 != kMagic1) return base::fail(Errc::malformed, "message does not begin with FS");
  if (version != kVersion)
    return base::fail(Errc::unsupported, "message of version " + std::to_string(version) + "; this build reads 1");
  Fields f(r);
  switch (static_cast<Type>(type)) {
    case Type::enrol: {
      auto m = get_enrol(r, f);
      return f.finish(std::move(m));
    }
    case Type::enrolled: {
      auto m = get_enrolled(r, f);
      return f.finish(std::move(m));
    }
    case Type::batch:
      return get_batch(r, max_plain);
    case Type::ack: {
      auto m = get_ack(r, f);
      return f.finish(std::move(m));
    }
    case Type::hello: {
      auto m = get_hello(r, f);
      return f.finish(std::move(m));
    }
    case Type::refused: {
      auto m = get_refused(r, f);
      return f.finish(std::move(m));
    }
  }
  return base::fail(Errc::unsupported, "message of type " + std::to_string(type));
}

}  // namespace fengsui::wire
