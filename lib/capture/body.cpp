#include "capture/body.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <new>

#include "capture/multipart.h"

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxCodings = 4;
constexpr std::uint64_t kExpansionFree = 1u << 20;  // small bodies may expand as they like
constexpr std::size_t kHead = 32768;  // kept of a coding that has produced nothing yet
constexpr std::array<std::string_view, 5> kCodings = {"gzip", "x-gzip", "deflate", "br", "zstd"};

class Zlib final : public Coding {
 public:
  explicit Zlib(bool gzip) : gzip_(gzip) {}
  ~Zlib() override {
    if (open_) inflateEnd(&z_);
  }
  Zlib(const Zlib&) = delete;
  Zlib& operator=(const Zlib&) = delete;

  Step step(base::View& in, std::span<std::uint8_t> out, std::size_t& written) override {
    written = 0;
    if (!open_) {
      if (in.empty()) return Step::more;
      if (!held_ && in.size() == 1) {
        first_ = in[0];
        held_ = true;
        in = {};
        return Step::more;
      }
      if (!open(held_ ? first_ : in[0], held_ ? in[0] : in[1])) return Step::bad;
      if (held_) {
        base::View first{&first_, 1};
        if (const Step step = run(first, out, written); step == Step::bad) return step;
        if (written != 0) return Step::more;
      }
    }
    if (done_) return after_end(in, out, written);
    return run(in, out, written);
  }

 private:
  Step run(base::View& in, std::span<std::uint8_t> out, std::size_t& written) {
    z_.next_in = const_cast<Bytef*>(in.data());
    z_.avail_in = static_cast<uInt>(std::min<std::size_t>(in.size(), 1u << 30));
    const uInt offered = z_.avail_in;
    z_.next_out = out.data();
    z_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&z_, Z_NO_FLUSH);
    written = out.size() - z_.avail_out;
    in = in.subspan(offered - z_.avail_in);
    if (result == Z_STREAM_END) {
      done_ = true;
      held_ = false;
      return written != 0 ? Step::more : after_end(in, out, written);
    }
    return result == Z_OK || result == Z_BUF_ERROR ? Step::more : Step::bad;
  }
  // The wrapper is told by its first two bytes: gzip 1f 8b (RFC 1952), zlib a multiple of 31 (RFC 1950), else raw (RFC 1951).
  bool open(std::uint8_t a, std::uint8_t b) {
    const bool is_gzip = a == 0x1f && b == 0x8b;
    const bool is_zlib = (a & 0x0f) == 8 && ((a << 8) | b) % 31 == 0;
    if (gzip_ && !is_gzip && !is_zlib) return false;
    open_ = inflateInit2(&z_, is_gzip ? 15 + 16 : is_zlib ? 15 : -15) == Z_OK;
    member_ = is_gzip;
    return open_;
  }
  // gzip members may follow each other (RFC 1952 section 2.2); anything else after the end is not content.
  Step after_end(base::View& in, std::span<std::uint8_t> out, std::size_t& written) {
    if (in.empty()) return Step::more;
    if (member_ && !held_ && in[0] == 0x1f) {
      held_ = true;
      in = in.subspan(1);
    }
    if (member_ && held_ && in.empty()) return Step::more;
    if (!member_ || !held_ || in[0] != 0x8b) {
      in = {};
      member_ = false;
      return Step::end;
    }
    done_ = held_ = false;
    first_ = 0x1f;
    inflateReset(&z_);
    base::View first{&first_, 1};
    if (run(first, out, written) == Step::bad) return Step::bad;
    return run(in, out, written);
  }

  z_stream z_{};
  std::uint8_t first_ = 0;
  bool gzip_;
  bool held_ = false;
  bool open_ = false;
  bool done_ = false;
  bool member_ = false;
};

class Zstd final : public Coding {
 public:
  Zstd() : stream_(ZSTD_createDStream()) {
    // RFC 8878 section 3.1.1.1.2 recommends 8 MiB as the largest window a receiver must support.
    if (stream_ != nullptr) ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 23);
  }
  ~Zstd() override { ZSTD_freeDStream(stream_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  Step step(base::View& in, std::span<std::uint8_t> out, std::size_t& written) override {
    written = 0;
    if (stream_ == nullptr) return Step::bad;
    ZSTD_inBuffer source{in.data(), in.size(), 0};
    ZSTD_outBuffer target{out.data(), out.size(), 0};
    const std::size_t result = ZSTD_decompressStream(stream_, &target, &source);
    in = in.subspan(source.pos);
    written = target.pos;
    return ZSTD_isError(result) ? Step::bad : Step::more;
  }

 private:
  ZSTD_DStream* stream_;
};

class Brotli final : public Coding {  // RFC 7932
 public:
  Brotli() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {}
  ~Brotli() override {
    if (state_ != nullptr) BrotliDecoderDestroyInstance(state_);
  }
  Brotli(const Brotli&) = delete;
  Brotli& operator=(const Brotli&) = delete;

  Step step(base::View& in, std::span<std::uint8_t> out, std::size_t& written) override {
    written = 0;
    if (state_ == nullptr) return Step::bad;
    if (BrotliDecoderIsFinished(state_)) {
      in = {};
      return Step::end;
    }
    std::size_t in_left = in.size(), out_left = out.size();
    const std::uint8_t* next_in = in.data();
    std::uint8_t* next_out = out.data();
    const BrotliDecoderResult result = BrotliDecoderDecompressStream(state_, &in_left, &next_in, &out_left, &next_out, nullptr);
    in = in.subspan(in.size() - in_left);
    written = out.size() - out_left;
    return result == BROTLI_DECODER_RESULT_ERROR ? Step::bad : Step::more;
  }

 private:
  BrotliDecoderState* state_;
};

}  // namespace

std::unique_ptr<Coding> open_coding(std::string_view name) {
  if (name == "gzip" || name == "x-gzip") return std::make_unique<Zlib>(true);
  if (name == "deflate") return std::make_unique<Zlib>(false);
  if (name == "br") return std::make_unique<Brotli>();
  if (name == "zstd") return std::make_unique<Zstd>();
  return nullptr;
}

bool is_coding(std::string_view name) { return std::find(kCodings.begin(), kCodings.end(), name) != kCodings.end(); }

Body::Body(Room& room, std::shared_ptr<const model::Provenance> from, const std::vector<std::string>& codings)
    : room_(room), from_(std::move(from)), id_(room.next_content++) {
  if (from_->kind == model::ContentKind::http_body && from_->member.empty() && !room_.limits.whole_bodies) parts_ = Multipart::open(room_, from_);
  for (auto at = codings.rbegin(); at != codings.rend(); ++at) {
    if (*at == "identity" || at->empty()) continue;
    auto coding = chain_.size() < kMaxCodings ? open_coding(*at) : nullptr;
    if (!coding) {  // what lies below cannot be reached
      room_.tally.add(Count::body_undecodable);
      room_.lost_content = true;
      damaged_ = true;
      break;
    }
    chain_.push_back({std::move(coding), {}, 0, false});
  }
}

Body::~Body() {
  try {
    end();
  } catch (const std::bad_alloc&) {  // its end is told by the loss
    room_.tally.add(Count::no_memory);
    room_.lost_content = true;
  }
}

void Body::spoil(Count why) {
  room_.tally.add(why);
  room_.lost_content = true;
  damaged_ = true;
  stopped_ = true;
}

void Body::piece(base::View bytes) {
  if (bytes.empty() || stopped_) return;
  if (decoded_ + bytes.size() > room_.limits.max_body_bytes) {
    bytes = bytes.first(static_cast<std::size_t>(room_.limits.max_body_bytes - decoded_));
    hand_on(bytes);
    return spoil(Count::body_limit);
  }
  hand_on(bytes);
}

void Body::hand_on(base::View bytes) {
  if (parts_) parts_->write(bytes);
  else room_.sink.on_content(model::Content(id_, from_, offset_, bytes, false));
  offset_ += bytes.size();
  decoded_ += bytes.size();
}

void Body::write(base::View encoded) {
  if (ended_ || stopped_) return;
  encoded_ += encoded.size();
  feed(0, encoded);
}

void Body::feed(std::size_t level, base::View bytes) {
  if (level >= chain_.size()) return piece(bytes);
  std::array<std::uint8_t, 16384> buffer;
  if (!chain_[level].produced && chain_[level].head.size() < kHead) {
    base::append(chain_[level].head, bytes.first(std::min(bytes.size(), kHead - chain_[level].head.size())));
  }
  const std::size_t given = bytes.size();
  chain_[level].given += given;
  while (!stopped_ && level < chain_.size()) {
    std::size_t written = 0;
    const std::size_t before = bytes.size();
    const Coding::Step step = chain_[level].coding->step(bytes, buffer, written);
    if (written != 0) {
      chain_[level].produced = true;
      feed(level + 1, base::View(buffer).first(written));
    }
    if (decoded_ > kExpansionFree && decoded_ / room_.limits.max_expansion > encoded_) return spoil(Count::body_expansion);
    if (step == Coding::Step::bad) {
      Layer& layer = chain_[level];
      if (layer.produced || layer.given > layer.head.size()) return spoil(Count::body_undecodable);
      // A body that was never in the coding it declares is handed on as it is.
      room_.tally.add(Count::body_undecodable);
      damaged_ = true;
      const base::Bytes head = std::move(layer.head);
      chain_.resize(level);
      return piece(head);
    }
    if (step == Coding::Step::end) return;
    if (written == 0 && bytes.size() == before) return;
    if (written == 0 && bytes.empty()) return;
  }
}

void Body::gap(std::uint64_t bytes) {
  if (ended_ || stopped_) return;
  damaged_ = true;
  if (chain_.empty()) {
    if (parts_) parts_->gap(bytes);
    offset_ += bytes;
    return;
  }
  spoil(Count::body_undecodable);  // a coding cannot be entered in its middle
}

void Body::end() {
  if (ended_) return;
  ended_ = true;
  if (parts_) return parts_->end();
  room_.sink.on_content(model::Content(id_, from_, offset_, {}, true));
}

}  // namespace fengsui::capture
