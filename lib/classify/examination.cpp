#include "classify/examination.h"

#include <fmt/format.h>

#include <optional>

#include "classify/finders.h"
#include "classify/markup.h"
#include "classify/scan.h"
#include "classify/site/reading.h"
#include "classify/tally.h"
#include "classify/text.h"
#include "classify/unpack.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kSniff = 512;  // bytes that decide what a content is

// One content or one member of a container, at some depth.
class Body {
 public:
  Body(std::shared_ptr<const Engine> engine, const crypto::Secret& key, std::shared_ptr<const model::Provenance> from,
       const ExamineLimits& limits, UnpackBudget& budget, std::uint32_t depth)
      : engine_(std::move(engine)), key_(key), limits_(limits), budget_(budget), depth_(depth), stream_(engine_->state()),
        tally_(engine_->state(), key), site_tally_(key) {
    own_.from = std::move(from);
    if (engine_->state().site) site_.emplace(*engine_->state().site, own_.from.get());
  }

  void feed(base::View bytes) {
    next_ += bytes.size();
    if (marked_) return;
    own_.bytes += bytes.size();
    if (site_) site_->bytes(bytes);
    if (kind_ == Kind::unknown) {
      const std::size_t take = std::min(bytes.size(), kSniff - held_.size());
      held_.insert(held_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(take));
      bytes = bytes.subspan(take);
      if (held_.size() < kSniff) return;
      decide();
    }
    pass(bytes);
  }

  // A hole before `offset`: text goes on after it, a container is lost.
  void jump(std::uint64_t offset) {
    if (marked_) {
      next_ = offset;
      return;
    }
    if (kind_ == Kind::unknown) decide();
    if (next_ != 0 || offset != 0) own_.unread.push_back(fmt::format("bytes {} to {} were not seen", next_, offset));
    next_ = offset;
    if (site_) site_->jump();
    if (kind_ == Kind::container) {
      refuse("incomplete container");
    } else if (kind_ != Kind::refused) {
      stream_.jump(offset, on_hit, this);
    }
  }

  std::uint64_t next() const { return next_; }
  // Before the first byte. `marked`: another part of the document bears the marking of a state secret.
  void office_xml(bool marked) {
    markup_.emplace();
    marked_ = marked;
  }

  void finish(std::vector<model::Conclusion>& out) {
    if (kind_ == Kind::unknown) decide();
    if (kind_ == Kind::utf16) {
      std::string rest;
      utf16_->finish(rest);
      scan(base::view(rest));
    }
    stream_.finish(on_hit, this);
    if (site_) site_->finish(on_site_hit, this);
    tally_.conclude(stream_.table(), own_);
    site_tally_.conclude(own_);
    if (marked_) close(own_);
    const std::size_t place = out.size();
    out.emplace_back();
    if (kind_ == Kind::container) open(out);
    out[place] = std::move(own_);
  }

  bool marked() const { return marked_; }

 private:
  enum class Kind : std::uint8_t { unknown, text, utf16, container, refused };

  static void on_hit(void* self, const Hit& hit, base::View bytes, std::uint64_t base) {
    Body& body = *static_cast<Body*>(self);
    if (body.marked_) return;
    body.marked_ = closes_document(hit, bytes, base);
    if (body.marked_) body.tally_.forget(), body.site_tally_.forget();
    if (body.site_) return body.tally_.add(hit, bytes, body.site_->judge(id(hit.type), bytes.subspan(hit.start, hit.end - hit.start)));
    body.tally_.add(hit, bytes);
  }
  static void on_site_hit(void* self, const SiteHit& hit) {
    Body& body = *static_cast<Body*>(self);
    if (!body.marked_) body.site_tally_.add(hit);
  }
  void scan_text(base::View text) {
    stream_.feed(text, on_hit, this);
    if (site_) site_->text(text, on_site_hit, this);
  }

  // What is said of a document marked as a state secret, or of a part of one: the marking if it holds it, nothing else.
  static void close(model::Conclusion& c) {
    std::erase_if(c.types, [](const model::TypeCount& t) { return t.type != id(Type::marking); });
    for (model::TypeCount& t : c.types) t.samples.clear(), t.digests.clear();
    c.columns.clear();
    c.rows = 0;
    c.unread.emplace_back("marked as a state secret: content not read further");
  }

  void scan(base::View bytes) {
    if (marked_) return;
    if (!markup_) return scan_text(bytes);
    std::string text;
    markup_->feed(bytes, text);
    scan_text(base::view(text));
  }

  void decide() {
    container_ = container_kind(held_);
    const std::string_view closed = closed_format(held_);
    if (!container_.empty()) {
      kind_ = Kind::container;
      if (depth_ >= limits_.max_depth) refuse(fmt::format("container deeper than {} levels", limits_.max_depth).c_str());
      return;
    }
    if (!closed.empty()) own_.unread.push_back(fmt::format("{}: text not extracted, bytes scanned as they are", closed));
    const bool little = held_.size() >= 2 && held_[0] == 0xFF && held_[1] == 0xFE;
    const bool big = held_.size() >= 2 && held_[0] == 0xFE && held_[1] == 0xFF;
    kind_ = Kind::text;
    base::View first(held_);
    if (little || big) {
      kind_ = Kind::utf16;
      utf16_.emplace(big);
      first = first.subspan(2);
    }
    pass(first);
    held_.clear();
  }

  void refuse(const char* why) {
    own_.unread.emplace_back(why);
    kind_ = Kind::refused;
    held_.clear();
    held_.shrink_to_fit();
  }

  void pass(base::View bytes) {
    switch (kind_) {
      case Kind::text: return scan(bytes);
      case Kind::utf16: {
        std::string text;
        utf16_->feed(bytes, text);
        return scan(base::view(text));
      }
      case Kind::container:
        if (held_.size() + bytes.size() > limits_.max_container)
          return refuse(fmt::format("container larger than {} bytes", limits_.max_container).c_str());
        held_.insert(held_.end(), bytes.begin(), bytes.end());
        return;
      case Kind::unknown:
      case Kind::refused: return;
    }
  }

  void open(std::vector<model::Conclusion>& out) {
    std::optional<Body> member;
    MemberSink sink;
    std::vector<std::size_t> office_parts;  // conclusions of the parts of one office document
    bool office_marked = false;             // by one of its parts: then it holds for all
    sink.begin = [&](std::string name) {
      auto from = own_.from ? std::make_shared<model::Provenance>(*own_.from) : std::make_shared<model::Provenance>();
      const bool office = office_member(name);
      if (office) office_parts.push_back(out.size());
      from->member = from->member.empty() ? std::move(name) : from->member + "!" + name;
      member.emplace(engine_, key_, std::move(from), limits_, budget_, depth_ + 1);
      if (office) member->office_xml(office_marked);
    };
    sink.bytes = [&](base::View bytes) { member->feed(bytes); };
    sink.end = [&] {
      const bool office = member->markup_.has_value();
      member->finish(out);
      if (office && member->marked() && !office_marked) {
        office_marked = true;
        office_parts.pop_back();
        for (const std::size_t part : office_parts) close(out[part]);
      }
      member.reset();
    };
    unpack(held_, container_, limits_, budget_, sink, own_.unread);
    held_.clear();
  }

  std::shared_ptr<const Engine> engine_;
  const crypto::Secret& key_;
  const ExamineLimits& limits_;
  UnpackBudget& budget_;
  std::uint32_t depth_;
  Kind kind_ = Kind::unknown;
  bool marked_ = false;  // as a state secret: nothing more is read
  std::string_view container_;
  std::uint64_t next_ = 0;
  base::Bytes held_;
  std::optional<Utf16> utf16_;
  std::optional<Markup> markup_;
  Stream stream_;
  Tally tally_;
  SiteTally site_tally_;
  std::optional<SiteReading> site_;
  model::Conclusion own_;
};

}  // namespace

struct Examination::State {
  ExamineLimits limits;
  UnpackBudget budget;
  Body body;

  State(std::shared_ptr<const Engine> engine, const crypto::Secret& key, std::shared_ptr<const model::Provenance> from,
        const ExamineLimits& l)
      : limits(l), budget{l.max_unpacked, 0}, body(std::move(engine), key, std::move(from), limits, budget, 0) {}
};

Examination::Examination(std::shared_ptr<const Engine> engine, const crypto::Secret& digest_key,
                         std::shared_ptr<const model::Provenance> from, const ExamineLimits& limits)
    : state_(std::make_unique<State>(std::move(engine), digest_key, std::move(from), limits)) {}
Examination::~Examination() = default;

void Examination::feed(const model::Content& piece) {
  if (piece.offset() != state_->body.next()) state_->body.jump(piece.offset());
  state_->body.feed(piece.bytes());
}

void Examination::feed(base::View bytes) { state_->body.feed(bytes); }

std::vector<model::Conclusion> Examination::finish() {
  std::vector<model::Conclusion> out;
  state_->body.finish(out);
  return out;
}

}  // namespace fengsui::classify
