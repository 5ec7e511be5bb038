#include "capture/protocols/pop3.h"

#include <algorithm>
#include <array>

#include "capture/protocols/http1.h"

namespace fengsui::capture {
namespace {

constexpr std::uint8_t kTlsHandshake = 22;

}  // namespace

void Pop3::data(Side side, base::View bytes) {
  if (closed_[static_cast<std::size_t>(side)]) return;
  if (side == Side::client) client(bytes);
  else server(bytes);
}

void Pop3::client(base::View bytes) {
  LineReader& lines = lines_[0];
  while (!bytes.empty()) {
    if (lines.empty() && bytes[0] == kTlsHandshake) {
      closed_[0] = true;
      conversation_.upgraded = "tls";
      return;
    }
    if (!lines.take(bytes)) return;
    command(lines.line());
  }
}

void Pop3::ask(Ask what, bool dots) {
  if (pending_.size() >= kMaxPending) {
    conversation_.room.tally.add(Count::message_limit);
    pending_.pop_front();
  }
  pending_.push_back({what, dots});
}

void Pop3::command(std::string_view line) {
  const std::string verb = verb_of(line);
  const bool argument = line.size() > verb.size();
  if (login_) {  // RFC 5034 section 4: lines of the exchange until the final answer; "*" cancels it
    if (argument || (verb != "QUIT" && verb != "CAPA" && verb != "STAT")) return;
    login_ = false;
  }
  if (verb == "RETR") return ask(Ask::letter, true);
  if (verb == "TOP") return ask(Ask::top, true);
  if (verb == "LIST" || verb == "UIDL") return ask(Ask::listing, !argument);
  if (verb == "CAPA") return ask(Ask::listing, true);
  if (verb == "USER") return ask(Ask::user);
  if (verb == "PASS") return ask(Ask::pass);
  if (verb == "APOP") return ask(Ask::apop);
  if (verb == "STLS") return ask(Ask::tls);
  if (verb == "AUTH") {
    if (!argument) return ask(Ask::listing, true);  // names the mechanisms, as some servers do
    const std::string_view rest = line.substr(5);
    mechanism_ = std::string(rest.substr(0, std::min<std::size_t>(rest.find(' '), 20)));
    for (char& c : mechanism_) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    login_ = true;
    return ask(Ask::login);
  }
  static constexpr std::array<std::string_view, 8> kPlain = {"STAT", "DELE", "NOOP", "RSET", "QUIT", "LAST", "UTF8", "LANG"};
  ask(Ask::line);
  if (line.empty() || std::find(kPlain.begin(), kPlain.end(), verb) != kPlain.end()) return;
  if (!greeted_) return;  // out of step: it may be a piece of a secret
  if (!beside_[0]) beside_[0] = open_beside(conversation_, "pop3 request", "request");
  beside_[0]->write(base::view(line));
  beside_[0]->write(base::view("\n"));
}

void Pop3::server(base::View bytes) {
  LineReader& lines = lines_[1];
  while (!bytes.empty()) {
    if (in_text_) {
      if (!dots_.take(bytes, listing_ ? *beside_[1] : *letter_->body)) return;
      in_text_ = false;
      if (!listing_) letter_ends(1);
      lines.clear();
      continue;
    }
    if (lines.empty() && bytes[0] == kTlsHandshake) {
      closed_[1] = true;
      conversation_.upgraded = "tls";
      return;
    }
    if (!lines.take(bytes)) return;
    answer(lines.line());
  }
}

// Out of step the text of an answer is met without its first line.
void Pop3::answer(std::string_view line) {
  const bool granted = line.starts_with("+OK"), refused = line.starts_with("-ERR");
  if (!granted && !refused) {
    if (line.starts_with("+ ") || line == "+") return;  // an exchange goes on
    if (line.empty()) return;
    letter_ = std::make_unique<Letter>();
    letter_->incomplete = true;
    begin(Ask::letter);
    const std::string copy = std::string(line) + "\r\n";
    base::View bytes = base::view(copy);
    if (dots_.take(bytes, *letter_->body)) {
      in_text_ = false;
      letter_ends(1);
    }
    return;
  }
  if (!greeted_) {
    greeted_ = true;
    if (pending_.empty() || line.find('<') != std::string_view::npos) return;  // the greeting; APOP's stamp stands in <>
    if (pending_.front().ask != Ask::letter && pending_.front().ask != Ask::top) return;
  }
  if (pending_.empty()) return;
  const Pending pending = pending_.front();
  pending_.pop_front();
  switch (pending.ask) {
    case Ask::line:
    case Ask::user: return;
    case Ask::pass: return emit_clear_login(conversation_, "USER/PASS", granted ? 1 : 2);
    case Ask::apop: return emit_clear_login(conversation_, "APOP", granted ? 1 : 2);
    case Ask::login:
      login_ = false;
      return emit_clear_login(conversation_, mechanism_, granted ? 1 : 2);
    case Ask::tls:
      if (granted) conversation_.upgraded = "tls";
      return;
    case Ask::listing:
    case Ask::letter:
    case Ask::top:
      if (granted && pending.dots) begin(pending.ask);
      return;
  }
}

void Pop3::begin(Ask what) {
  dots_ = {};
  in_text_ = true;
  listing_ = what == Ask::listing;
  if (listing_) {
    if (!beside_[1]) beside_[1] = open_beside(conversation_, "pop3 response", "response");
    return;
  }
  if (!letter_) letter_ = std::make_unique<Letter>();
  letter_->time = conversation_.now;
  letter_->body = open_letter(conversation_, what == Ask::top ? "mail fetched (TOP)" : "mail fetched", "response");
}

void Pop3::letter_ends(int status) {
  letter_->size += dots_.size();
  letter_->body->end();
  emit_letter(conversation_, *letter_, 2, status, "", "");
  letter_.reset();
}

void Pop3::gap(Side side, std::uint64_t bytes) {
  if (closed_[static_cast<std::size_t>(side)]) return;
  lines_[static_cast<std::size_t>(side)].clear();
  if (side == Side::client) return;
  if (in_text_) {
    dots_.gap();
    if (listing_) return beside_[1]->gap(bytes);
    letter_->incomplete = true;
    return letter_->body->gap(bytes);
  }
  for (const Pending& pending : pending_) {
    if (pending.ask == Ask::pass || pending.ask == Ask::apop || pending.ask == Ask::login) emit_clear_login(conversation_, pending.ask == Ask::login ? mechanism_ : "", 0);
  }
  pending_.clear();
  login_ = false;
}

void Pop3::finish() {
  if (letter_) {
    letter_->incomplete = true;
    letter_ends(0);
  }
  for (const Pending& pending : pending_) {
    if (pending.ask == Ask::pass) emit_clear_login(conversation_, "USER/PASS", 0);
    if (pending.ask == Ask::apop) emit_clear_login(conversation_, "APOP", 0);
    if (pending.ask == Ask::login) emit_clear_login(conversation_, mechanism_, 0);
  }
  pending_.clear();
  for (auto& beside : beside_) if (beside) beside->end();
}

}  // namespace fengsui::capture
