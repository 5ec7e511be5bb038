// What SMTP, POP3 and IMAP have in common: lines, text that ends with a line of one dot, a letter and its report.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "capture/body.h"
#include "capture/protocols/session.h"

namespace fengsui::capture {

// Takes lines out of a stream in any pieces. Of a line that is too long the head and the tail are kept. One thread.
class LineReader {
 public:
  static constexpr std::size_t kHead = 4096, kTail = 32;

  // Takes bytes up to and with the next line end off `in`. True: line() is whole, without its line end.
  bool take(base::View& in);
  std::string_view line() const { return line_; }
  std::string_view tail() const { return tail_.empty() ? std::string_view(line_) : std::string_view(tail_); }
  bool cut() const { return !tail_.empty(); }
  bool empty() const { return whole_ || line_.empty(); }  // nothing of the next line is here yet
  void clear();

 private:
  std::string line_, tail_;
  bool whole_ = false;
};

// Undoes the doubling of dots at the beginning of lines and finds the end (RFC 5321 section 4.5.2, RFC 1939 section 3). The end is
// CR LF dot CR LF; in a text that has no CR LF at all a LF dot LF ends it too. One thread.
class DotText {
 public:
  // Consumes `in` up to and with the end; what is text goes to `body`. True at the end.
  bool take(base::View& in, Body& body);
  void gap() { state_ = State::inside; }  // the next line beginning is known again after the next line end
  std::uint64_t size() const { return size_; }

 private:
  enum class State : std::uint8_t { begin, dot, dot_return, inside, ret };
  void put(Body& body, base::View bytes);

  State state_ = State::begin;
  bool crlf_seen_ = false;
  std::uint64_t size_ = 0;
};

// A letter on its way. Addresses are masked where activities leave the host.
struct Letter {
  std::string from, to;            // the first of the recipients
  std::uint64_t recipients = 0;    // named by the client
  std::uint64_t size = 0;
  base::UnixMs time = 0;
  bool incomplete = false;
  std::unique_ptr<Body> body;
};

// A content of kind message and media type message/rfc822. `carried_by` is "request" or "response".
std::unique_ptr<Body> open_letter(Conversation& conversation, std::string object, std::string_view carried_by);
// A content for text beside the letters.
std::unique_ptr<Body> open_beside(Conversation& conversation, std::string object, std::string_view carried_by);
// OCSF Email Activity 4009. `activity` 1 send, 2 receive; `status` 1 success, 2 failure, 0 not known; `mechanism` of a login, "" none.
void emit_letter(Conversation& conversation, const Letter& letter, std::uint32_t activity, int status, std::string_view code, std::string_view mechanism);
// OCSF Authentication 3002: a login over a connection that is not encrypted (unmapped.fengsui.clear_login); is_cleartext tells whether
// the secret itself travelled. Neither name nor secret is kept.
void emit_clear_login(Conversation& conversation, std::string_view mechanism, int status);

// The first word of a line in upper case, at most 12 characters of it; "" when it is not a word of letters.
std::string verb_of(std::string_view line);
// What stands between '<' and the next '>', or the first word; at most 320 characters (RFC 3696).
std::string address_of(std::string_view text);

}  // namespace fengsui::capture
