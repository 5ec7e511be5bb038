#include "capture/multipart.h"

#include <algorithm>

#include "capture/body.h"
#include "capture/protocols/http1.h"

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxParts = 1000;
constexpr std::size_t kMaxHead = 8192;
constexpr std::size_t kMaxName = 255;

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

// A parameter of a header field (RFC 9110 section 5.6.6), quoted or not; "" when it is not there. `name` in lower case.
std::string parameter(std::string_view value, std::string_view name) {
  const std::string low = lower(value);
  for (auto at = low.find(';'); at != std::string::npos; at = low.find(';', at + 1)) {
    auto from = low.find_first_not_of(" \t", at + 1);
    if (from == std::string::npos || low.compare(from, name.size(), name) != 0) continue;
    from = low.find_first_not_of(" \t", from + name.size());
    if (from == std::string::npos || low[from] != '=') continue;
    from = low.find_first_not_of(" \t", from + 1);
    if (from == std::string::npos) return "";
    if (value[from] != '"') return std::string(value.substr(from, value.find_first_of("; \t", from) - from));
    std::string out;
    for (++from; from < value.size() && value[from] != '"'; ++from) {
      if (value[from] == '\\' && from + 1 < value.size() && (value[from + 1] == '"' || value[from + 1] == '\\')) ++from;
      out.push_back(value[from]);
    }
    return out;
  }
  return "";
}

// A name as metadata may carry it: without folders and control characters, long digits starred.
std::string file_name(std::string text) {
  if (const auto slash = text.find_last_of("/\\"); slash != std::string::npos) text.erase(0, slash + 1);
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return metadata_path(text.substr(0, kMaxName));
}

}  // namespace

std::unique_ptr<Multipart> Multipart::open(Room& room, const std::shared_ptr<const model::Provenance>& from) {
  const std::string type = lower(from->media_type);
  if (!type.starts_with("multipart/form-data") && !type.starts_with("multipart/mixed") && !type.starts_with("multipart/related")) return nullptr;
  std::string boundary = parameter(from->media_type, "boundary");
  if (boundary.empty() || boundary.size() > 200) return nullptr;
  return std::make_unique<Multipart>(room, from, std::move(boundary));
}

Multipart::Multipart(Room& room, std::shared_ptr<const model::Provenance> from, std::string boundary)
    : room_(room), from_(std::move(from)), delimiter_("\n--" + std::move(boundary)), buffer_({'\n'}) {}
Multipart::~Multipart() = default;

Body& Multipart::fields() {
  if (!fields_) {
    auto from = std::make_shared<model::Provenance>(*from_);
    from->media_type = "text/plain";
    fields_ = std::make_unique<Body>(room_, std::move(from));
  }
  return *fields_;
}

void Multipart::write(base::View bytes) {
  base::append(buffer_, bytes);
  while (step(false)) {}
}

void Multipart::give(base::View bytes) {
  if (bytes.empty()) return;
  if (state_ == State::part && part_) part_->write(bytes);
  else fields().write(bytes);
}

// One step of telling the buffer apart; false when more bytes are needed. `last`: none will come.
bool Multipart::step(bool last) {
  const std::string_view text = base::text(buffer_);
  const auto drop = [this](std::size_t n) { buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(n)); };
  if (state_ == State::outside || state_ == State::part) {
    const auto at = text.find(delimiter_);
    std::size_t content = at;
    if (at == std::string_view::npos) content = last ? text.size() : text.size() > delimiter_.size() + 1 ? text.size() - delimiter_.size() - 1 : 0;
    else if (at > 0 && text[at - 1] == '\r') content = at - 1;
    const std::size_t ours = borrowed_ && content > 0 ? 1 : 0;
    give(base::view(text.substr(ours, content - ours)));
    borrowed_ = borrowed_ && ours == 0 && at == std::string_view::npos;
    if (at == std::string_view::npos) {
      drop(content);
      return false;
    }
    if (state_ == State::part) part_end();
    drop(at + delimiter_.size());
    state_ = State::delimiter;
    return true;
  }
  const auto end = text.find('\n');
  if (end == std::string_view::npos) {
    if (!last && text.size() <= kMaxHead) return false;
    state_ = State::outside;  // no head of a part: shown as it is
    return last && !text.empty();
  }
  std::string line(text.substr(0, end));
  drop(end + 1);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (state_ == State::delimiter) {
    name_.clear(), file_.clear(), type_.clear();
    head_bytes_ = 0;
    state_ = line.starts_with("--") || ++parts_ > kMaxParts ? State::outside : State::head;
    if (parts_ > kMaxParts) room_.tally.add(Count::message_limit);
    return true;
  }
  head_bytes_ += line.size();
  if (line.empty() || head_bytes_ > kMaxHead) part_begin();
  else head_line(line);
  return true;
}

void Multipart::head_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string field = lower(line.substr(0, colon));
  if (field == "content-disposition") {
    name_ = file_name(parameter(line, "name"));
    file_ = parameter(line, "filename*");
    if (const auto quote = file_.rfind('\''); quote != std::string::npos) file_ = percent_decode(file_.substr(quote + 1));
    if (file_.empty()) file_ = parameter(line, "filename");
    file_ = file_name(file_);
  } else if (field == "content-type") {
    type_ = lower(line.substr(std::min(line.size(), line.find_first_not_of(" \t", colon + 1))));
  }
}

void Multipart::part_begin() {
  state_ = State::part;
  const bool text = type_.empty() || type_.starts_with("text/plain");
  if (file_.empty() && text) {
    field_open_ = true;
    fields().write(base::view(name_ + "="));
  } else {
    auto from = std::make_shared<model::Provenance>(*from_);
    from->member = !file_.empty() ? file_ : !name_.empty() ? name_ : "part";
    from->media_type = type_;
    part_ = std::make_unique<Body>(room_, std::move(from));
  }
  buffer_.insert(buffer_.begin(), '\n');  // the delimiter may follow at once: the line break that ended the head begins it
  borrowed_ = true;
}

void Multipart::part_end() {
  if (part_) part_->end();
  part_.reset();
  if (field_open_) fields().write(base::view("\n"));
  field_open_ = false;
}

void Multipart::gap(std::uint64_t bytes) {
  while (step(true)) {}
  if (state_ == State::part && part_) part_->gap(bytes);
  else if (state_ != State::part) state_ = State::outside;
}

void Multipart::end() {
  while (step(true)) {}
  part_end();
  if (fields_) fields_->end();
}

}  // namespace fengsui::capture
