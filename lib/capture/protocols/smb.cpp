#include "capture/protocols/smb.h"

#include <algorithm>

namespace fengsui::capture {
namespace {

using smb::Command;
constexpr std::size_t kPeek = 4 + smb::kHeader + 48;  // enough to know where the data of a READ or WRITE begins
constexpr std::size_t kMark = 8;                      // length and magic
constexpr std::size_t kTold = 9;                      // and the command of SMB 1
constexpr std::uint8_t kNegotiate = 0x72;
constexpr std::uint8_t kSmb1 = 0xff, kSmb2 = 0xfe, kEncrypted = 0xfd, kCompressed = 0xfc;

bool is_mark(base::View v) {
  return v.size() >= kMark && v[0] == 0 && v[4] >= kCompressed && v[5] == 'S' && v[6] == 'M' && v[7] == 'B';
}
std::size_t session_length(base::View v) {  // RFC 1002 gives 17 bits, direct TCP 24; other messages than session data are short
  return v[0] == 0 ? (std::size_t{v[1]} << 16) | (std::size_t{v[2]} << 8) | v[3] : (std::size_t{v[2]} << 8) | v[3];
}

}  // namespace

std::size_t Smb::wanted(Half& half) {
  const base::View have = half.buffer;
  if (have.size() < 4) return 4;
  const std::size_t total = 4 + session_length(have);
  if (have[0] != 0) return 4;
  if (have.size() < kTold) return std::min(total, kTold);
  return half.peeked ? total : std::min(total, kPeek);
}

void Smb::data(Side side, base::View bytes) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  base::Bytes joined;
  while (!bytes.empty()) {
    if (half.lost && !resume(half, joined, bytes)) return;
    if (half.left != 0) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(half.left, bytes.size()));
      pass(side, half, bytes.first(n));
      half.left -= n;
      if (half.left == 0) half.transfer = {};
      bytes = bytes.subspan(n);
      continue;
    }
    const std::size_t want = wanted(half);
    const std::size_t n = std::min(want - half.buffer.size(), bytes.size());
    base::append(half.buffer, bytes.first(n));
    bytes = bytes.subspan(n);
    if (half.buffer.size() == want) collected(side, half);
  }
}

// The buffer holds what was wanted: a length, a mark, the beginning of a message, or all of it.
void Smb::collected(Side side, Half& half) {
  const base::View have = half.buffer;
  const std::size_t total = 4 + session_length(have);
  if (have[0] != 0) {
    if (have[0] < 0x81 || have[0] > 0x85) return lose(half);
    return skip_message(half, total);
  }
  if (total == 4) return half.buffer.clear();
  if (have.size() < kTold) {
    if (total < kTold) lose(half);
    return;
  }
  if (have.size() == kTold && !half.peeked) {
    if (!is_mark(have) || total < 4 + 32) return lose(half);
    if (have[4] != kSmb2) return other_magic(side, half, have[4], total);
    return;
  }
  if (!half.peeked && have.size() < total) {
    half.peeked = true;
    if (stream(side, half, have.subspan(4), total)) return;
    if (total <= 4 + kMaxMessage) return;
    conversation_.room.tally.add(Count::message_limit);
    conversation_.room.lost_content = true;
    return skip_message(half, total);
  }
  const base::Bytes whole = std::move(half.buffer);
  half.buffer.clear();
  half.peeked = false;
  chain(base::View(whole).subspan(4));
}

void Smb::skip_message(Half& half, std::size_t total) {
  half.left = total - half.buffer.size();
  half.transfer = {};
  half.raw = false;
  half.peeked = false;
  half.buffer.clear();
}

void Smb::other_magic(Side side, Half& half, std::uint8_t magic, std::size_t total) {
  if (magic == kEncrypted) {
    report_once(told_encrypted_, "TRANSFORM", dialect_, true);
  } else if (magic == kCompressed) {
    conversation_.room.tally.add(Count::body_undecodable);
    conversation_.room.lost_content = true;
  }
  const base::Bytes head = half.buffer;
  skip_message(half, total);
  if (magic != kSmb1 || head[8] == kNegotiate) return;  // asking for SMB 2 begins with a message of SMB 1
  half.raw = true;
  pass(side, half, base::View(head).subspan(4));
}

// A single READ answer or WRITE request: its data goes on while it comes.
bool Smb::stream(Side side, Half& half, base::View peek, std::size_t total) {
  const auto header = smb::read_header(peek);
  if (!header || header->next != 0) return false;
  Transfer transfer;
  const bool found = header->response() ? transfer_of_read(*header, peek, transfer) : transfer_of_write(*header, peek, nullptr, transfer);
  if (!found) return false;
  const std::size_t message = total - 4, seen = peek.size();
  skip_message(half, total);
  const auto data = static_cast<std::size_t>(transfer.skip);
  transfer.left = std::min<std::uint64_t>(transfer.left, message - std::min(message, data));
  const base::Bytes beginning = base::to_bytes(peek);
  transfer.skip = data > seen ? data - seen : 0;
  half.transfer = std::move(transfer);
  if (data < seen) pass(side, half, base::View(beginning).subspan(data));
  return true;
}

void Smb::pass(Side side, Half& half, base::View bytes) {
  if (half.raw) {
    const auto i = static_cast<std::size_t>(side);
    report_once(told_old_, "SMB1", "SMB 1", false);
    if (!old_[i]) {
      auto from = conversation_.content(model::ContentKind::message, side == Side::client ? "smb request" : "smb response");
      from->fields.set("unmapped.fengsui.app", conversation_.app);
      from->fields.set("unmapped.fengsui.carried_by", side == Side::client ? "request" : "response");
      old_[i] = std::make_unique<Body>(conversation_.room, std::move(from));
    }
    return old_[i]->write(bytes);
  }
  Transfer& t = half.transfer;
  if (!t.open) return;
  const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(t.skip, bytes.size()));
  t.skip -= skipped;
  carry(t, bytes.subspan(skipped));
}

void Smb::carry(Transfer& t, base::View bytes) {
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(t.left, bytes.size()));
  if (n == 0) return;
  if (t.open->share_type != 2) t.open->file.piece(conversation_, t.carried_by, t.offset, bytes.first(n));
  t.offset += n;
  t.left -= n;
}

void Smb::lose(Half& half) {
  if (!half.warned) conversation_.room.tally.add(Count::message_malformed);
  half.warned = true;  // once for a stretch out of step
  half.buffer.clear();
  half.left = 0;
  half.transfer = {};
  half.peeked = false;
  half.lost = true;
}

// Searches the next message. True: `bytes` begins with it.
bool Smb::resume(Half& half, base::Bytes& joined, base::View& bytes) {
  if (!half.buffer.empty()) {
    joined = std::move(half.buffer);
    half.buffer.clear();
    base::append(joined, bytes);
    bytes = joined;
  }
  for (std::size_t at = 0; at + kMark <= bytes.size(); ++at) {
    if (bytes[at] != 0 || !is_mark(bytes.subspan(at))) continue;
    bytes = bytes.subspan(at);
    half.lost = half.warned = false;
    return true;
  }
  half.buffer = base::to_bytes(bytes.subspan(bytes.size() - std::min(bytes.size(), kMark - 1)));
  bytes = {};
  return false;
}

void Smb::gap(Side side, std::uint64_t bytes) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  if (half.lost) return half.buffer.clear();
  half.warned = true;  // what is missing was counted where it was missed
  if (half.left == 0 && half.buffer.size() >= kTold) {
    const std::size_t total = 4 + session_length(half.buffer);
    if (total - half.buffer.size() < bytes) return lose(half);
    skip_message(half, total);
  }
  if (half.left < bytes) return lose(half);
  half.warned = false;
  half.left -= bytes;
  if (half.raw && old_[static_cast<std::size_t>(side)]) return old_[static_cast<std::size_t>(side)]->gap(bytes);
  Transfer& t = half.transfer;
  const std::uint64_t skipped = std::min(t.skip, bytes), lost = std::min(t.left, bytes - skipped);
  t.skip -= skipped;
  t.offset += lost;  // the next piece makes the hole
  t.left -= lost;
}

void Smb::finish() {
  for (auto& [id, pending] : pending_) {
    if (pending.command == Command::create && pending.open) report(*pending.open);
  }
  pending_.clear();
  for (auto& half : halves_) half.transfer = {};
  for (auto& open : open_) report(*open);
  open_.clear();
  by_id_.clear();
  for (auto& body : old_) if (body) body->end();
}

}  // namespace fengsui::capture
