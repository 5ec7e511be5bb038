#include "capture/protocols/shared_file.h"

namespace fengsui::capture {

void FilePieces::write(std::uint64_t offset, base::View bytes) {
  if (offset > next_) body_->gap(offset - next_);
  else if (offset < next_) body_->gap(1);
  body_->write(bytes);
  next_ = offset + bytes.size();
}

void FilePieces::add(Room& room, std::uint64_t offset, base::View bytes) {
  bytes_ += bytes.size();
  if (offset > kMaxOffset) {  // no file is that long
    room.tally.add(Count::message_malformed);
    offset = next_;
  }
  if (offset <= next_) {
    write(offset, bytes);
    return drain(false);
  }
  auto after = held_.upper_bound(offset);
  if (after != held_.begin()) {
    auto before = std::prev(after);
    if (before->first + before->second.size() == offset) {  // the usual case of a piece in many segments
      base::append(before->second, bytes);
      held_bytes_ += bytes.size();
      if (held_bytes_ > kMaxHeld) drain(true);
      return;
    }
  }
  auto& run = held_[offset];
  held_bytes_ += bytes.size();
  base::append(run, bytes);  // one that begins where another began follows it
  if (held_bytes_ > kMaxHeld || held_.size() > kMaxHeldRuns) drain(true);
}

void FilePieces::drain(bool all) {
  while (!held_.empty()) {
    const auto first = held_.begin();
    if (!all && first->first > next_) return;
    const auto node = held_.extract(first);
    held_bytes_ -= node.mapped().size();
    base::View rest = node.mapped();
    std::uint64_t offset = node.key();
    if (offset < next_ && next_ - offset < rest.size()) {
      rest = rest.subspan(static_cast<std::size_t>(next_ - offset));
      offset = next_;
    } else if (offset < next_) {
      continue;  // all of it was carried already
    }
    write(offset, rest);
  }
}

void FilePieces::end() {
  if (!body_) return;
  drain(true);
  body_->end();
  body_.reset();
  next_ = 0;
}

std::string SharedFile::object() const {
  if (share.empty()) return path;
  return path.empty() ? share : share + (share.find('/') != std::string::npos ? "/" : "\\") + path;
}

void SharedFile::piece(Conversation& conversation, Side carried_by, std::uint64_t offset, base::View bytes) {
  FilePieces& pieces = carried_by == Side::server ? read : written;
  pieces.piece(conversation.room, offset, bytes, [&] {
    auto from = conversation.content(model::ContentKind::file, object(), {"", "file_share", std::string(conversation.app)});
    if (from->object.empty()) from->object = std::string(conversation.app) + (carried_by == Side::server ? " read" : " write");
    if (!user.empty()) from->fields.set("actor.user.name", user);
    if (!path.empty()) from->fields.set("file.path", from->object);
    from->fields.set("unmapped.fengsui.app", conversation.app);
    from->fields.set("unmapped.fengsui.carried_by", carried_by == Side::server ? "response" : "request");
    return from;
  });
}

}  // namespace fengsui::capture
