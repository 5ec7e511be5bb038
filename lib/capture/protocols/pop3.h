// POP3: RFC 1939, CAPA and pipelining RFC 2449, STLS RFC 2595, AUTH RFC 5034.
#pragma once

#include <deque>

#include "capture/protocols/mail.h"

namespace fengsui::capture {

// Each answer to RETR and TOP is a content of its own. Neither names nor secrets of logins are kept or handed on. One thread.
class Pop3 final : public Session {
 public:
  static constexpr std::size_t kMaxPending = 1024;  // commands without an answer

  explicit Pop3(Conversation& conversation) : conversation_(conversation) {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  enum class Ask : std::uint8_t { line, listing, letter, top, user, pass, apop, login, tls };
  struct Pending {
    Ask ask;
    bool dots = false;  // several lines follow when it is granted
  };

  void client(base::View bytes);
  void server(base::View bytes);
  void command(std::string_view line);
  void answer(std::string_view line);
  void ask(Ask what, bool dots = false);
  void begin(Ask what);
  void letter_ends(int status);

  Conversation& conversation_;
  LineReader lines_[2];
  std::deque<Pending> pending_;
  std::unique_ptr<Letter> letter_;    // being answered
  DotText dots_;
  bool in_text_ = false, listing_ = false;
  bool login_ = false;                // client lines belong to an AUTH exchange
  bool greeted_ = false;
  bool closed_[2] = {false, false};
  std::string mechanism_;
  std::unique_ptr<Body> beside_[2];
};

}  // namespace fengsui::capture
