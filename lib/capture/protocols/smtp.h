// SMTP: RFC 5321, pipelining RFC 2920, CHUNKING RFC 3030, STARTTLS RFC 3207, AUTH RFC 4954; LMTP RFC 2033.
#pragma once

#include <deque>

#include "capture/protocols/mail.h"

namespace fengsui::capture {

// Each letter is a content of its own, so that its parts are taken apart. Credentials are not kept and reach no content.
// One thread.
class Smtp final : public Session {
 public:
  static constexpr std::size_t kMaxPending = 1024;  // commands without a reply

  explicit Smtp(Conversation& conversation) : conversation_(conversation) {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  enum class State : std::uint8_t { command, login, await, text, chunk, tls, closed };
  enum class Ask : std::uint8_t { other, data, end, login, tls, lookup };
  struct Pending {
    Ask ask;
    std::unique_ptr<Letter> letter;  // of an end
  };

  void client(base::View bytes);
  void server(base::View bytes);
  void command(std::string_view line);
  void unknown(std::string_view line);
  void login_line(std::string_view line);
  bool waited(base::View& bytes);  // after DATA; false: more is needed
  void chunk(base::View& bytes);
  void begin_chunk(std::string_view arguments);
  void reply(std::string_view line);
  void answered(Pending pending, int code);
  void ask(Ask what, std::unique_ptr<Letter> letter = nullptr);
  Letter& letter();
  Body& body();
  void text_begins();
  void letter_ends();
  void done(Letter& letter, int code);

  Conversation& conversation_;
  State state_ = State::command;
  LineReader lines_[2];
  std::deque<Pending> pending_;
  std::unique_ptr<Letter> letter_;
  DotText dots_;
  base::Bytes held_;             // after DATA: what the client sent before it is known what it is
  std::uint64_t chunk_left_ = 0;
  std::string mechanism_;        // of the last AUTH
  std::unique_ptr<Body> beside_[2];
  std::uint64_t further_replies_ = 0;  // LMTP answers a letter once for each recipient
  bool chunk_last_ = false, lmtp_ = false;
  bool in_step_ = false;         // the last line of the client was a command
  bool greeted_ = false, server_closed_ = false, looking_up_ = false;
};

}  // namespace fengsui::capture
