#include "capture/protocols/imap.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace fengsui::capture {
namespace {

constexpr std::uint8_t kTlsHandshake = 22;
constexpr std::size_t kMaxTag = 64;
constexpr std::uint64_t kExpansionFree = 1u << 20;

// "… {123}", "… {123+}", "… ~{123}": the size, and what stands before it.
bool literal_at_end(std::string_view tail, std::uint64_t& size, std::string_view& before) {
  if (!tail.ends_with('}')) return false;
  const auto open = tail.rfind('{');
  if (open == std::string_view::npos) return false;
  std::string_view digits = tail.substr(open + 1, tail.size() - open - 2);
  if (digits.ends_with('+') || digits.ends_with('-')) digits.remove_suffix(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  before = tail.substr(0, open);
  return error == std::errc{} && !digits.empty() && end == digits.data() + digits.size();
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return out;
}

std::string_view word(std::string_view& text) {
  const auto from = std::min(text.size(), text.find_first_not_of(' '));
  text.remove_prefix(from);
  const auto n = std::min(text.size(), text.find(' '));
  const std::string_view out = text.substr(0, n);
  text.remove_prefix(n);
  return out;
}

}  // namespace

void Imap::data(Side side, base::View bytes) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  if (half.closed) return;
  if (half.coding) inflate(side, bytes);
  else feed(side, bytes);
}

void Imap::close(Half& half, bool lost) {
  half.closed = true;
  if (lost) conversation_.room.lost_content = true;
}

void Imap::inflate(Side side, base::View bytes) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  const Limits& limits = conversation_.room.limits;
  std::array<std::uint8_t, 16384> buffer;
  half.given += bytes.size();
  while (!half.closed) {
    std::size_t written = 0;
    const std::size_t before = bytes.size();
    const Coding::Step step = half.coding->step(bytes, buffer, written);
    half.got += written;
    if (step != Coding::Step::more || (half.got > kExpansionFree && half.got / limits.max_expansion > half.given)) {
      conversation_.room.tally.add(step == Coding::Step::more ? Count::body_expansion : Count::body_undecodable);
      return close(half, true);
    }
    if (written != 0) feed(side, base::View(buffer).first(written));
    if (written == 0 && (bytes.empty() || bytes.size() == before)) return;
  }
}

void Imap::feed(Side side, base::View bytes) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  while (!bytes.empty() && !half.closed) {
    if (half.literal != 0) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(half.literal, bytes.size()));
      const base::View part = bytes.first(n);
      if (side == Side::client) untouched_ = false;
      if (half.into == Into::letter && half.letter) {
        half.letter->body->write(part);
        half.letter->size += n;
      } else if (half.into == Into::beside) {
        beside(side, base::text(part));
      }
      half.literal -= n;
      bytes = bytes.subspan(n);
      continue;
    }
    if (half.lines.empty() && !half.more && bytes[0] == kTlsHandshake) {
      conversation_.upgraded = "tls";
      return close(half, false);
    }
    if (!half.lines.take(bytes)) return;
    const bool clear = half.coding == nullptr;
    line(side);
    if (clear && half.coding) return inflate(side, bytes);  // the answer that turned compression on
  }
}

void Imap::line(Side side) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  if (side == Side::client) client_line(half.lines.line(), half.lines.tail());
  else server_line(half.lines.line(), half.lines.tail());
}

void Imap::beside(Side side, std::string_view text) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  if (!half.beside) half.beside = open_beside(conversation_, side == Side::client ? "imap request" : "imap response", side == Side::client ? "request" : "response");
  half.beside->write(base::view(text));
}

void Imap::client_line(std::string_view line, std::string_view tail) {
  Half& half = halves_[0];
  const bool goes_on = half.more;
  if (!goes_on) {
    if (exchanging_) {  // RFC 9051 section 6.2.2: lines of base64 until the tagged answer
      if (line.find(' ') == std::string_view::npos) return;
      exchanging_ = false;
    }
    std::string_view rest = line;
    tag_ = std::string(word(rest).substr(0, kMaxTag));
    const std::string verb = upper(word(rest));
    verb_ = verb == "LOGIN" ? Verb::login : verb == "AUTHENTICATE" ? Verb::authenticate : verb == "STARTTLS" ? Verb::tls
          : verb == "COMPRESS" ? Verb::compress : verb == "APPEND" ? Verb::append : Verb::other;
    if (verb_ == Verb::login) mechanism_ = "LOGIN";
    if (verb_ == Verb::authenticate) mechanism_ = upper(word(rest).substr(0, 20));
  }
  const bool secret = verb_ == Verb::login || verb_ == Verb::authenticate;
  if (!secret) beside(Side::client, std::string(line) + "\n");
  std::uint64_t size = 0;
  std::string_view before;
  half.more = literal_at_end(tail, size, before);
  if (half.more) {
    half.literal = size;
    untouched_ = true;
    half.into = secret ? Into::nothing : Into::beside;
    if (verb_ != Verb::append) return;
    // The name of the mailbox can be a literal too: "a APPEND {5}". RFC 3502: several letters; RFC 4469: a letter of several texts.
    if (!goes_on && !half.lines.cut() && std::count(before.begin(), before.end(), ' ') < 3) return;
    half.into = Into::letter;
    if (half.letter && upper(before).find("TEXT ") != std::string::npos) return;
    if (half.letter) letter_ends(Side::client, 0);
    append_begins();
    return;
  }
  if (half.letter) letter_ends(Side::client, 0);
  if (pending_.size() >= kMaxPending) {
    conversation_.room.tally.add(Count::message_limit);
    pending_.pop_front();
  }
  exchanging_ = verb_ == Verb::authenticate;
  pending_.push_back({tag_, verb_});
}

void Imap::append_begins() {
  Half& half = halves_[0];
  half.letter = std::make_unique<Letter>();
  half.letter->time = conversation_.now;
  half.letter->body = open_letter(conversation_, "mail appended", "request");
}

void Imap::server_line(std::string_view line, std::string_view tail) {
  Half& half = halves_[1];
  std::uint64_t size = 0;
  std::string_view before;
  const bool goes_on = half.more;
  half.more = literal_at_end(tail, size, before);
  if (!goes_on) {
    std::string_view rest = line;
    const std::string_view first = word(rest);
    if (first == "+") return;
    fetch_.clear();
    if (first == "*") {
      const std::string_view number = word(rest);
      if (upper(word(rest)) == "FETCH") fetch_ = std::string(number.substr(0, 20));
    } else if (!half.more) {
      tagged(first, rest);
    }
  }
  beside(Side::server, std::string(line) + "\n");
  if (!half.more) return;
  half.literal = size;
  half.into = Into::beside;
  if (!fetch_.empty()) fetched(before);
}

// `before` ends with the name of the section: "BODY[] ", "BODY[]<0> ", "RFC822 ".
void Imap::fetched(std::string_view before) {
  Half& half = halves_[1];
  if (before.ends_with('~')) before.remove_suffix(1);
  while (before.ends_with(' ')) before.remove_suffix(1);
  const auto from = before.find_last_of(" (");
  std::string name = upper(from == std::string_view::npos ? before : before.substr(from + 1));
  std::uint64_t origin = 0;
  if (const auto angle = name.find('<'); angle != std::string::npos) {
    std::from_chars(name.data() + angle + 1, name.data() + name.size(), origin);
    name.resize(angle);
  }
  const bool header = name == "BODY[HEADER]" || name == "RFC822.HEADER", text = name == "BODY[TEXT]" || name == "RFC822.TEXT";
  const bool whole = name == "BODY[]" || name == "BINARY[]" || name == "RFC822";
  if (!header && !text && !whole) return;
  const bool goes_on = half.letter && letter_of_ == fetch_ && (whole ? !header_only_ && origin != 0 && origin == half.letter->size : text && header_only_ && origin == 0);
  half.into = Into::letter;
  if (goes_on) {
    header_only_ = false;
    return;
  }
  letter_ends(Side::server, 1);
  half.letter = std::make_unique<Letter>();
  half.letter->time = conversation_.now;
  half.letter->incomplete = origin != 0;
  half.letter->body = open_letter(conversation_, "mail fetched", "response");
  letter_of_ = fetch_;
  header_only_ = header;
}

void Imap::letter_ends(Side side, int status) {
  auto& letter = halves_[static_cast<std::size_t>(side)].letter;
  if (!letter) return;
  letter->body->end();
  emit_letter(conversation_, *letter, side == Side::client ? 99 : 2, status, "", "");
  letter.reset();
}

void Imap::tagged(std::string_view tag, std::string_view rest) {
  const std::string result = upper(word(rest));
  const bool granted = result == "OK";
  if (!granted && result != "NO" && result != "BAD") return;
  Half& sent = halves_[0];
  if (sent.more && untouched_ && tag == tag_) {  // a literal that was refused before it came
    sent.more = false;
    sent.literal = 0;
    untouched_ = false;
    if (sent.letter) sent.letter->body->end();
    sent.letter.reset();
    if (verb_ == Verb::login) emit_clear_login(conversation_, mechanism_, 2);
    return;
  }
  const auto at = std::find_if(pending_.begin(), pending_.end(), [&](const Pending& p) { return p.tag == tag; });
  if (at == pending_.end()) return;
  const Verb verb = at->verb;
  pending_.erase(at);
  if (verb == Verb::login || verb == Verb::authenticate) {
    exchanging_ = false;
    emit_clear_login(conversation_, mechanism_, granted ? 1 : 2);
  } else if (verb == Verb::tls && granted) {
    conversation_.upgraded = "tls";
  } else if (verb == Verb::compress && granted) {
    for (Half& half : halves_) half.coding = open_coding("deflate");
  }
}

void Imap::gap(Side side, std::uint64_t bytes) {
  Half& half = halves_[static_cast<std::size_t>(side)];
  if (half.closed) return;
  if (half.coding) return close(half, true);  // a coding cannot be entered in its middle
  const std::uint64_t n = std::min(bytes, half.literal);
  if (side == Side::client) untouched_ = false;
  if (n != 0 && half.into == Into::letter && half.letter) {
    half.letter->incomplete = true;
    half.letter->size += n;
    half.letter->body->gap(n);
  }
  half.literal -= n;
  if (n == bytes) return;
  half.lines.clear();
  half.more = false;
  if (half.beside) half.beside->gap(bytes - n);
}

void Imap::finish() {
  for (const Side side : {Side::client, Side::server}) {
    Half& half = halves_[static_cast<std::size_t>(side)];
    if (half.letter && half.literal != 0) half.letter->incomplete = true;
    letter_ends(side, half.literal != 0 || side == Side::client ? 0 : 1);
    if (half.beside) half.beside->end();
  }
  for (const Pending& pending : pending_) {
    if (pending.verb == Verb::login || pending.verb == Verb::authenticate) emit_clear_login(conversation_, mechanism_, 0);
  }
  pending_.clear();
}

}  // namespace fengsui::capture
