// IMAP: RFC 9051 and RFC 3501, non-synchronising literals RFC 7888, BINARY RFC 3516, COMPRESS RFC 4978.
#pragma once

#include <deque>

#include "capture/protocols/mail.h"

namespace fengsui::capture {

// Each letter that is fetched or appended is a content of its own, put together from its pieces when it is fetched in pieces one after
// the other. Other text of both sides is one content a side. Names and secrets of logins are neither kept nor handed on. One thread.
class Imap final : public Session {
 public:
  static constexpr std::size_t kMaxPending = 1024;  // commands without a tagged answer

  explicit Imap(Conversation& conversation) : conversation_(conversation) {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  enum class Verb : std::uint8_t { other, login, authenticate, tls, compress, append };
  struct Pending {
    std::string tag;
    Verb verb;
  };
  enum class Into : std::uint8_t { nothing, beside, letter };
  struct Half {
    LineReader lines;
    std::uint64_t literal = 0;   // bytes of it still to come
    Into into = Into::beside;    // where they go
    bool more = false;           // the line goes on after a literal
    bool closed = false;
    std::unique_ptr<Coding> coding;
    std::uint64_t given = 0, got = 0;
    std::unique_ptr<Letter> letter;
    std::unique_ptr<Body> beside;
  };

  void feed(Side side, base::View bytes);
  void inflate(Side side, base::View bytes);
  void close(Half& half, bool lost);
  void line(Side side);
  void client_line(std::string_view line, std::string_view tail);
  void server_line(std::string_view line, std::string_view tail);
  void tagged(std::string_view tag, std::string_view rest);
  void fetched(std::string_view before);
  void append_begins();
  void beside(Side side, std::string_view text);
  void letter_ends(Side side, int status);

  Conversation& conversation_;
  Half halves_[2];
  std::deque<Pending> pending_;
  std::string tag_;               // of the command being sent
  Verb verb_ = Verb::other;
  std::string mechanism_;
  bool exchanging_ = false;       // client lines belong to AUTHENTICATE
  bool untouched_ = false;        // of the client's literal nothing has come yet
  std::string fetch_;             // "* 12 FETCH" of the response being read; "" another one
  std::string letter_of_;         // the response that the server's open letter began in
  bool header_only_ = false;      // that letter is a header so far
};

}  // namespace fengsui::capture
