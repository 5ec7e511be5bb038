#include "classify/examination.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "classify/columns.h"
#include "classify/escapes.h"
#include "classify/finders.h"
#include "classify/object_digest.h"
#include "classify/scan.h"
#include "classify/site/reading.h"
#include "classify/tally.h"
#include "classify/text.h"
#include "crypto/hash.h"

namespace fengsui::classify {
namespace {

// What counts of distinct values hash with: not to be guessed from outside, the same for the same key.
std::uint64_t seed_of(const crypto::Secret& key) {
  const crypto::Digest digest = crypto::hmac_sha256(key.view(), base::view("fengsui distinct"));
  base::Reader reader{base::View(digest)};
  return reader.u64be();
}

// A document and everything inside it share one fate: what one part says in its marking holds for all.
struct Fate {
  bool marked = false;
  std::vector<std::size_t> places;  // of its conclusions
};

// One content or one thing inside it.
class Body {
 public:
  // `inside`: it was extracted, and is text whatever its bytes look like.
  Body(std::shared_ptr<const Engine> engine, const crypto::Secret& key, std::shared_ptr<const model::Provenance> from,
       const ExamineLimits& limits, Extractor* extractor, std::shared_ptr<Fate> fate, bool inside)
      : engine_(std::move(engine)), key_(key), limits_(limits), extractor_(extractor), fate_(std::move(fate)), inside_(inside),
        stream_(engine_->state()), people_(seed_of(key)), tally_(engine_->state(), key, people_), site_tally_(key),
        columns_(engine_->state(), key, people_) {
    own_.from = std::move(from);
    if (engine_->state().site) site_.emplace(*engine_->state().site, own_.from.get());
  }

  void feed(base::View bytes) {
    next_ += bytes.size();
    read(bytes);
    if (!inside_ && kind_ != Kind::held) digest_.bytes(bytes, fate_->marked);
  }

  // A hole before `offset`: text goes on after it, a container is lost.
  void jump(std::uint64_t offset) {
    digest_.lose();
    if (fate_->marked) {
      next_ = offset;
      return;
    }
    if (kind_ == Kind::unknown) decide();
    if (next_ != 0 || offset != 0) own_.unread.push_back(fmt::format("bytes {} to {} were not seen", next_, offset));
    next_ = offset;
    finish_escapes();
    if (site_) site_->jump(offset, on_site_hit, this);
    if (kind_ == Kind::held) {
      refuse("incomplete");
    } else if (kind_ != Kind::refused) {
      stream_.jump(offset, on_hit, this);
      columns_.lose();
    }
  }

  std::uint64_t next() const { return next_; }

  // What an extraction says of this content itself.
  void extracted(base::View text) {
    if (!fate_->marked) scan_text(text);
  }
  void missed(Missed why, Format what) {
    if (own_.unread.size() >= kMaxUnread) {
      if (own_.unread.size() == kMaxUnread) own_.unread.emplace_back("more that was not read");
      return;
    }
    const std::string format = what == Format::text ? std::string() : std::string(id(what)) + ": ";
    std::string said = format + words(why, limits_);
    if (std::find(own_.unread.begin(), own_.unread.end(), said) == own_.unread.end()) own_.unread.push_back(std::move(said));
  }

  // Of a document marked as a state secret.
  std::string digest() { return digest_.hex(key_.view()); }

  // The place of the conclusion is taken before those of the things inside.
  void take_place(std::vector<model::Conclusion>& out) {
    place_ = out.size();
    out.emplace_back();
    fate_->places.push_back(place_);
  }

  void finish(std::vector<model::Conclusion>& out) {
    if (kind_ == Kind::unknown) decide();
    if (kind_ == Kind::utf16) {
      std::string rest;
      utf16_->finish(rest);
      extracted(base::view(rest));
    }
    if (kind_ == Kind::big5) {
      std::string rest;
      big5_->finish(rest);
      extracted(base::view(rest));
    }
    if (kind_ == Kind::held) open(out);
    finish_escapes();
    stream_.finish(on_hit, this);
    if (site_) {
      site_->finish(on_site_hit, this);
      if (auto unread = site_->unread(); !unread.empty()) own_.unread.push_back(std::move(unread));
    }
    columns_.finish();
    tally_.conclude(stream_.table(), own_);
    columns_.conclude(own_);
    site_tally_.conclude(own_);
    if (site_ && site_->own_file()) own_.types.clear(), own_.columns.clear(), own_.profile.clear();
    assess();
    out[place_] = std::move(own_);
  }

  const std::shared_ptr<const model::Provenance>& from() const { return own_.from; }
  const std::shared_ptr<Fate>& fate() const { return fate_; }

 private:
  enum class Kind : std::uint8_t { unknown, text, utf16, big5, held, refused };
  static constexpr std::size_t kMaxUnread = 64;

  // Class, grade, extent, and the item of the catalogue.
  void assess() {
    const Engine::State& e = engine_->state();
    grade(e.grading, e.by_type, people_, own_);
    const std::vector<std::string> names = columns_.names(kMaxNames), tables = columns_.tables();
    if (e.catalog.items().empty() || (own_.types.empty() && names.empty()) || !own_.from) return;
    ObjectNames object{own_.from->object, own_.from->member, {own_.from->fields.text("table.name")}};
    if (object.tables[0].empty()) object.tables.clear();
    object.tables.insert(object.tables.end(), tables.begin(), tables.end());
    const CatalogItem* item = e.catalog.match(object);
    if (item == nullptr) return;
    own_.catalog_item = item->id;
    own_.use_without_view = item->use_without_view;
    own_.undeclared = undeclared_columns(*item, names);
    if (!own_.grading.grade.empty() && grade_rank(item->grade) > grade_rank(own_.grading.grade)) {
      own_.grading.grade = item->grade;
      own_.grading.why.emplace_back("catalog");
    }
  }
  static constexpr std::size_t kMaxNames = 256;  // columns that are compared with the catalogue

  void read(base::View bytes) {
    if (fate_->marked) return;
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

  static void on_hit(void* self, const Hit& hit, base::View bytes, std::uint64_t base) {
    Body& body = *static_cast<Body*>(self);
    if (body.fate_->marked) return;
    body.fate_->marked = closes_document(hit, bytes, base);
    if (body.fate_->marked) body.tally_.forget(), body.site_tally_.forget(), body.people_.forget();
    if (body.site_) return body.tally_.add(hit, bytes, body.site_->judge(id(hit.type), bytes.subspan(hit.start, hit.end - hit.start), hit.state == model::ValueState::clear));
    body.tally_.add(hit, bytes);
  }
  static void on_site_hit(void* self, const SiteHit& hit) {
    Body& body = *static_cast<Body*>(self);
    if (!body.fate_->marked) body.site_tally_.add(hit);
  }
  // Values and words are looked for as they were meant, the cells of a table as they are written.
  void scan_text(base::View text) {
    if (escapes_.wanted(text)) {
      std::string meant;
      escapes_.feed(text, meant);
      scan_meant(base::view(meant));
    } else {
      escapes_.pass(text.size());
      scan_meant(text);
    }
    if (!fate_->marked) columns_.feed(text);
  }
  void scan_meant(base::View text) {
    stream_.feed(text, on_hit, this);
    if (site_) site_->text(text, on_site_hit, this);
  }
  void finish_escapes() {
    std::string rest;
    escapes_.finish(rest);
    if (!rest.empty() && !fate_->marked) scan_meant(base::view(rest));
  }

  // Only files and bodies may be something else than text: rows and lines are text by their protocol.
  bool may_be_binary() const { return !own_.from || own_.from->kind == model::ContentKind::file || own_.from->kind == model::ContentKind::http_body; }

  void decide() {
    Format format = recognise(held_);
    if (inside_ && !is_text(format)) format = Format::text;
    // Pages on their way through a network are too many to be taken apart: they are scanned as they are.
    if (format == Format::html && own_.from && own_.from->kind != model::ContentKind::file) format = Format::text;
    if (is_opened(format)) {
      kind_ = Kind::held;
      format_ = format;
      if (extractor_ == nullptr) missed(Missed::no_child, format), refuse("");
      return;
    }
    if (!is_text(format) && may_be_binary()) missed(Missed::unsupported, format);  // its bytes are scanned as they are
    kind_ = Kind::text;
    base::View first(held_);
    if (format == Format::utf16_le || format == Format::utf16_be) {
      kind_ = Kind::utf16;
      utf16_.emplace(format == Format::utf16_be);
      const bool order_mark = first.size() >= 2 && (format == Format::utf16_be ? first[0] == 0xFE && first[1] == 0xFF : first[0] == 0xFF && first[1] == 0xFE);
      if (order_mark) first = first.subspan(2);
    }
    if (format == Format::big5) {
      kind_ = Kind::big5;
      big5_ = std::make_unique<Big5>();
    }
    pass(first);
    held_.clear();
  }

  void refuse(std::string why) {
    if (!why.empty()) own_.unread.push_back(std::move(why));
    kind_ = Kind::refused;
    base::Bytes().swap(held_);
  }

  void pass(base::View bytes) {
    switch (kind_) {
      case Kind::text: return extracted(bytes);
      case Kind::utf16: {
        std::string text;
        utf16_->feed(bytes, text);
        return extracted(base::view(text));
      }
      case Kind::big5: {
        std::string text;
        big5_->feed(bytes, text);
        return extracted(base::view(text));
      }
      case Kind::held:
        if (held_.size() + bytes.size() > limits_.max_container) return missed(Missed::too_large, format_), refuse("");
        held_.insert(held_.end(), bytes.begin(), bytes.end());
        return;
      case Kind::unknown:
      case Kind::refused: return;
    }
  }

  void open(std::vector<model::Conclusion>& out);

  std::shared_ptr<const Engine> engine_;
  const crypto::Secret& key_;
  const ExamineLimits& limits_;
  Extractor* extractor_;
  std::shared_ptr<Fate> fate_;
  bool inside_;
  Kind kind_ = Kind::unknown;
  Format format_ = Format::text;
  std::uint64_t next_ = 0;
  std::size_t place_ = 0;
  base::Bytes held_;
  ObjectDigest digest_;
  std::optional<Utf16> utf16_;
  std::unique_ptr<Big5> big5_;
  Escapes escapes_;
  Stream stream_;
  People people_;
  Tally tally_;
  SiteTally site_tally_;
  std::optional<SiteReading> site_;
  Columns columns_;
  model::Conclusion own_;

  friend class Inside;
};

// The things inside a content, as an extraction names them: the innermost is the last.
class Inside final : public Extracted {
 public:
  Inside(Body& root, std::vector<model::Conclusion>& out) : root_(root), out_(out) {}

  void begin(std::string_view name, Bond bond) override {
    Body& outer = top();
    auto from = outer.from() ? std::make_shared<model::Provenance>(*outer.from()) : std::make_shared<model::Provenance>();
    std::string clean = to_utf8(name);
    for (char& c : clean)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    from->member = from->member.empty() ? std::move(clean) : from->member + "!" + clean;
    auto fate = bond == Bond::part ? outer.fate() : std::make_shared<Fate>();
    stack_.push_back(std::make_unique<Body>(root_.engine_, root_.key_, std::move(from), root_.limits_, nullptr, std::move(fate), true));
    stack_.back()->take_place(out_);
  }
  void text(base::View bytes) override {
    if (stack_.empty()) root_.extracted(bytes);
    else stack_.back()->feed(bytes);
  }
  void end() override {
    if (stack_.empty()) return;
    stack_.back()->finish(out_);
    settle(*stack_.back());
    stack_.pop_back();
  }
  void missed(Missed why, Format what) override { top().missed(why, what); }

 private:
  Body& top() { return stack_.empty() ? root_ : *stack_.back(); }

  // Nobody else holds the document of a thing that is no part of its surroundings.
  void settle(Body& body) {
    if (body.fate_.use_count() == 1 && body.fate_->marked) close(*body.fate_, out_);
  }

 public:
  // What is said of a document marked as a state secret, and of each part of it: the marking if it holds it, nothing else.
  static void close(const Fate& fate, std::vector<model::Conclusion>& out) {
    for (const std::size_t place : fate.places) {
      model::Conclusion& c = out[place];
      std::erase_if(c.types, [](const model::TypeCount& t) { return t.type != id(Type::marking); });
      for (model::TypeCount& t : c.types) t.samples.clear(), t.digests.clear();
      c.columns.clear();
    c.profile.clear();
    c.columns_beyond = 0;
    c.grading = {};
    c.undeclared.clear();
      c.rows = 0;
      c.unread.assign(1, "marked as a state secret: content not read further");
    }
  }

 private:
  Body& root_;
  std::vector<model::Conclusion>& out_;
  std::vector<std::unique_ptr<Body>> stack_;
};

void Body::open(std::vector<model::Conclusion>& out) {
  Inside inside(*this, out);
  base::Bytes object;
  object.swap(held_);
  extractor_->extract(object, limits_, inside);
  digest_ = {};
  if (fate_->marked) digest_.bytes(object, true);
  else digest_.lose();
}

}  // namespace

struct Examination::State {
  ExamineLimits limits;
  Body body;

  State(std::shared_ptr<const Engine> engine, const crypto::Secret& key, std::shared_ptr<const model::Provenance> from,
        const ExamineLimits& l, Extractor* extractor)
      : limits(l), body(std::move(engine), key, std::move(from), limits, extractor, std::make_shared<Fate>(), false) {}
};

Examination::Examination(std::shared_ptr<const Engine> engine, const crypto::Secret& digest_key,
                         std::shared_ptr<const model::Provenance> from, const ExamineLimits& limits, Extractor* extractor)
    : state_(std::make_unique<State>(std::move(engine), digest_key, std::move(from), limits, extractor)) {}
Examination::~Examination() = default;

void Examination::feed(const model::Content& piece) {
  if (piece.offset() != state_->body.next()) state_->body.jump(piece.offset());
  state_->body.feed(piece.bytes());
}

void Examination::feed(base::View bytes) { state_->body.feed(bytes); }

std::vector<model::Conclusion> Examination::finish() {
  std::vector<model::Conclusion> out;
  Body& body = state_->body;
  body.take_place(out);
  body.finish(out);
  if (!body.fate()->marked) return out;
  Inside::close(*body.fate(), out);
  if (const std::string digest = body.digest(); !digest.empty())
    for (const std::size_t place : body.fate()->places)
      for (model::TypeCount& marking : out[place].types) marking.digests.assign(1, digest);
  return out;
}

}  // namespace fengsui::classify
