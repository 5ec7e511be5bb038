#include "capture/protocols/smtp.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "capture/protocols/http1.h"

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxHeld = 1024;
constexpr std::uint8_t kTlsHandshake = 22;
constexpr std::array<std::string_view, 19> kVerbs = {"EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT",
                                                     "VRFY", "EXPN", "HELP", "AUTH", "STARTTLS", "ETRN", "TURN", "XCLIENT", "XFORWARD"};

bool known(std::string_view line) { return std::find(kVerbs.begin(), kVerbs.end(), verb_of(line)) != kVerbs.end(); }

std::string_view after_verb(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return {};
  const auto from = line.find_first_not_of(' ', space);
  return from == std::string_view::npos ? std::string_view() : line.substr(from);
}

std::size_t after_colon(std::string_view line) {
  const auto colon = line.find(':');
  return colon == std::string_view::npos ? line.size() : colon + 1;
}

int code_of(std::string_view line) {
  if (line.size() < 3) return 0;
  int code = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + 3, code);
  return error == std::errc{} && end == line.data() + 3 ? code : 0;
}

}  // namespace

void Smtp::data(Side side, base::View bytes) {
  if (side == Side::client) client(bytes);
  else server(bytes);
}

void Smtp::client(base::View bytes) {
  while (!bytes.empty()) {
    LineReader& lines = lines_[0];
    switch (state_) {
      case State::closed: return;
      case State::tls:
      case State::command:
      case State::login:
        if (lines.empty() && bytes[0] == kTlsHandshake) {
          state_ = State::closed;
          conversation_.upgraded = "tls";
          return;
        }
        if (!lines.take(bytes)) return;
        if (state_ == State::login) login_line(lines.line());
        else if (state_ == State::tls && !known(lines.line())) state_ = State::closed;
        else command(lines.line());
        break;
      case State::await:
        if (!waited(bytes)) return;
        break;
      case State::text:
        if (dots_.take(bytes, body())) letter_ends();
        break;
      case State::chunk: chunk(bytes); break;
    }
  }
}

// RFC 5321 section 4.1.1.4: the text follows the reply 354. Where replies are not seen, what is no command is text.
bool Smtp::waited(base::View& bytes) {
  const auto end = std::find(bytes.begin(), bytes.end(), std::uint8_t{'\n'});
  const auto n = static_cast<std::size_t>(end - bytes.begin()) + (end == bytes.end() ? 0 : 1);
  base::append(held_, bytes.first(n));
  bytes = bytes.subspan(n);
  if (end == bytes.end() && (held_.empty() || held_.back() != '\n') && held_.size() < kMaxHeld) return false;
  base::Bytes held;
  held.swap(held_);
  if (known(base::text(held)) && held.size() < kMaxHeld) {
    state_ = State::command;
    lines_[0].clear();
  } else {
    text_begins();
  }
  client(held);
  return true;
}

void Smtp::text_begins() {
  state_ = State::text;
  dots_ = {};
  body();
}

Letter& Smtp::letter() {
  if (!letter_) {
    letter_ = std::make_unique<Letter>();
    letter_->time = conversation_.now;
  }
  return *letter_;
}

Body& Smtp::body() {
  Letter& l = letter();
  if (!l.body) {
    std::string object = "mail";
    if (!l.from.empty()) object += " from " + l.from;
    if (!l.to.empty()) object += " to " + l.to;
    l.body = open_letter(conversation_, metadata_path(object), "request");
  }
  return *l.body;
}

void Smtp::letter_ends() {
  Letter& l = letter();
  l.size += dots_.size();
  dots_ = {};
  body().end();
  ask(Ask::end, std::move(letter_));
  state_ = State::command;
  in_step_ = true;
  lines_[0].clear();
}

void Smtp::begin_chunk(std::string_view arguments) {  // RFC 3030 section 2
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(arguments.data(), arguments.data() + arguments.size(), size);
  if (error != std::errc{}) return ask(Ask::other);
  const std::string_view rest = arguments.substr(static_cast<std::size_t>(end - arguments.data()));
  chunk_last_ = verb_of(after_verb(rest)) == "LAST";
  chunk_left_ = size;
  state_ = State::chunk;
  body();
  if (!chunk_last_) ask(Ask::other);
  if (size == 0) {
    base::View none;
    chunk(none);
  }
}

void Smtp::chunk(base::View& bytes) {
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, bytes.size()));
  if (n != 0) body().write(bytes.first(n));
  letter().size += n;
  bytes = bytes.subspan(n);
  chunk_left_ -= n;
  if (chunk_left_ != 0) return;
  if (chunk_last_) return letter_ends();
  state_ = State::command;
  lines_[0].clear();
}

void Smtp::ask(Ask what, std::unique_ptr<Letter> letter) {
  if (pending_.size() >= kMaxPending) {
    conversation_.room.tally.add(Count::message_limit);
    if (pending_.front().letter) done(*pending_.front().letter, 0);
    pending_.pop_front();
  }
  pending_.push_back({what, std::move(letter)});
}

void Smtp::command(std::string_view line) {
  const std::string verb = verb_of(line);
  if (std::find(kVerbs.begin(), kVerbs.end(), verb) == kVerbs.end()) return unknown(line);
  in_step_ = true;
  state_ = State::command;
  if (verb == "EHLO" || verb == "HELO" || verb == "LHLO" || verb == "RSET") {
    lmtp_ = verb == "LHLO" || (lmtp_ && verb == "RSET");
    if (letter_ && letter_->body) letter_->body->end();
    letter_.reset();
  } else if (verb == "MAIL") {
    if (letter_ && letter_->body) letter_->body->end();
    letter_.reset();
    letter().from = address_of(line.substr(after_colon(line)));
  } else if (verb == "RCPT") {
    Letter& l = letter();
    if (l.recipients++ == 0) l.to = address_of(line.substr(after_colon(line)));
  } else if (verb == "DATA") {
    ask(Ask::data);
    state_ = State::await;
    return;
  } else if (verb == "BDAT") {
    return begin_chunk(after_verb(line));
  } else if (verb == "AUTH") {
    const std::string_view arguments = after_verb(line);
    mechanism_ = std::string(arguments.substr(0, std::min<std::size_t>(arguments.find(' '), 20)));
    for (char& c : mechanism_) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    ask(Ask::login);
    state_ = State::login;
    return;
  } else if (verb == "STARTTLS") {
    return ask(Ask::tls);
  } else if (verb == "VRFY" || verb == "EXPN") {
    return ask(Ask::lookup);
  }
  ask(Ask::other);
}

// Out of step (a hole, a connection seen from its middle) it is a piece of a letter; else a command that nobody knows.
void Smtp::unknown(std::string_view line) {
  if (in_step_) {
    if (line.empty()) return;
    ask(Ask::other);
    if (!beside_[0]) beside_[0] = open_beside(conversation_, "smtp request", "request");
    beside_[0]->write(base::view(line));
    return beside_[0]->write(base::view("\n"));
  }
  letter().incomplete = true;
  text_begins();
  const std::string copy = std::string(line) + "\r\n";
  base::View bytes = base::view(copy);
  if (dots_.take(bytes, body())) letter_ends();
}

// RFC 4954 section 4: until the final reply every line is part of the exchange. It is read only far enough to notice its end.
void Smtp::login_line(std::string_view line) {
  const std::string verb = verb_of(line);
  const bool spaced = line.find_first_of(" :") != std::string_view::npos;  // never in base64
  if (verb == "QUIT" || verb == "RSET" || (spaced && known(line))) {
    state_ = State::command;
    command(line);
  }
}

void Smtp::server(base::View bytes) {
  if (server_closed_) return;
  LineReader& lines = lines_[1];
  while (!bytes.empty()) {
    if (lines.empty() && bytes[0] == kTlsHandshake) {
      server_closed_ = true;
      conversation_.upgraded = "tls";
      return;
    }
    if (!lines.take(bytes)) return;
    reply(lines.line());
    if (server_closed_) return;
  }
}

void Smtp::reply(std::string_view line) {
  const int code = code_of(line);
  if (code < 200 || code > 599) return;
  if (!pending_.empty() && pending_.front().ask == Ask::lookup && line.size() > 4) {
    if (!beside_[1]) beside_[1] = open_beside(conversation_, "smtp response", "response");
    beside_[1]->write(base::view(line.substr(4)));
    beside_[1]->write(base::view("\n"));
  }
  if (line.size() > 3 && line[3] == '-') return;  // more lines follow
  const bool first = !greeted_;
  greeted_ = true;
  if (first && (code == 220 || code == 554 || code == 421) && (pending_.empty() || pending_.front().ask != Ask::tls)) {
    in_step_ = in_step_ || state_ == State::command;  // seen from its beginning
    return;
  }
  if (further_replies_ != 0) {
    --further_replies_;
    return;
  }
  if (code == 334) {  // an AUTH goes on
    if (state_ == State::command && pending_.empty()) state_ = State::login;
    return;
  }
  if (pending_.empty()) {
    if (state_ != State::text || !letter_ || !letter_->incomplete) return;
    letter_ends();  // the end was in a hole
  }
  Pending pending = std::move(pending_.front());
  pending_.pop_front();
  answered(std::move(pending), code);
}

void Smtp::answered(Pending pending, int code) {
  switch (pending.ask) {
    case Ask::other:
    case Ask::lookup: return;
    case Ask::data: {
      if (state_ != State::await) return;
      if (code == 354) {
        text_begins();
      } else {
        state_ = State::command;
        lines_[0].clear();
      }
      base::Bytes held;
      held.swap(held_);
      return client(held);
    }
    case Ask::end:
      if (lmtp_ && pending.letter->recipients > 1) further_replies_ = pending.letter->recipients - 1;
      return done(*pending.letter, code);
    case Ask::login:
      if (state_ == State::login) state_ = State::command;
      return emit_clear_login(conversation_, mechanism_, code == 235 ? 1 : 2);
    case Ask::tls:
      if (code != 220) return;
      conversation_.upgraded = "tls";
      if (state_ == State::command) state_ = State::tls;
      return;
  }
}

void Smtp::done(Letter& letter, int code) {
  if (letter.body) letter.body->end();
  emit_letter(conversation_, letter, 1, code == 0 ? 0 : code < 400 ? 1 : 2, code == 0 ? "" : std::to_string(code), mechanism_);
}

void Smtp::gap(Side side, std::uint64_t bytes) {
  if (side == Side::server) {
    lines_[1].clear();
    greeted_ = true;
    further_replies_ = 0;
    while (!pending_.empty()) {  // which reply belongs to which command is not known any more
      if (pending_.front().letter) done(*pending_.front().letter, 0);
      else if (pending_.front().ask == Ask::login) emit_clear_login(conversation_, mechanism_, 0);
      pending_.pop_front();
    }
    if (state_ == State::login) state_ = State::command;
    return;
  }
  lines_[0].clear();
  if (state_ == State::closed) return;
  if (state_ == State::chunk) {
    const std::uint64_t n = std::min(bytes, chunk_left_);
    letter().incomplete = true;
    letter().size += n;
    body().gap(n);
    chunk_left_ -= n;
    base::View none;
    if (chunk_left_ == 0) chunk(none);
    if (bytes > n) in_step_ = false;
    return;
  }
  if (state_ == State::await) {
    base::Bytes held;
    held.swap(held_);
    text_begins();
    client(held);
  }
  if (state_ == State::text) {
    letter().incomplete = true;
    dots_.gap();
    return body().gap(bytes);
  }
  in_step_ = false;
}

void Smtp::finish() {
  if (state_ == State::await && !held_.empty()) {
    base::Bytes held;
    held.swap(held_);
    text_begins();
    client(held);
  } else if (state_ == State::command && !in_step_ && !lines_[0].empty()) {
    unknown(std::string(lines_[0].line()));
  }
  while (!pending_.empty()) {
    if (pending_.front().letter) done(*pending_.front().letter, 0);
    else if (pending_.front().ask == Ask::login) emit_clear_login(conversation_, mechanism_, 0);
    pending_.pop_front();
  }
  if (letter_ && letter_->body) {  // the flow ended inside it
    letter_->size += dots_.size();
    letter_->incomplete = true;
    done(*letter_, 0);
  }
  for (auto& beside : beside_) if (beside) beside->end();
}

}  // namespace fengsui::capture
