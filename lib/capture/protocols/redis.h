// Redis: RESP2 and RESP3 (redis.io, "Redis serialization protocol specification"), inline commands, pipelining.
#pragma once

#include <deque>

#include "capture/protocols/datastore.h"
#include "capture/protocols/mail.h"

namespace fengsui::capture {

// Each command is an activity with its name and key, and the number of elements that were returned as its rows. Values of both
// directions are handed on piece by piece, whatever their size. Secrets of AUTH, HELLO, CONFIG, ACL and MIGRATE are not. One thread.
class Redis final : public Session {
 public:
  static constexpr std::size_t kMaxPending = 4096;  // commands without a reply
  static constexpr std::size_t kMaxDepth = 32;      // aggregates in each other

  explicit Redis(Conversation& conversation) : conversation_(conversation), store_(conversation, "redis") {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  struct Frame {
    std::uint64_t left = 0;   // elements
    bool pairs = false, attribute = false;
  };
  struct Half {
    LineReader lines;
    std::uint64_t bulk = 0;       // bytes of the string being read, its CR LF counted
    bool in_bulk = false;
    bool lost = false;            // not in step: bytes are handed on as they are
    std::vector<Frame> frames;
  };
  struct Command {
    Running running;
    std::string verb;
    std::string database;         // of SELECT
  };

  void client(base::View bytes);
  void server(base::View bytes);
  bool client_line(std::string_view line);  // false: not the protocol
  bool server_line(std::string_view line);
  void inline_command(std::string_view line);
  void argument_begins();
  void argument(base::View part);
  void argument_ends();
  void command_ends();
  void value(base::View part);
  void element_ends(bool counts);
  void reply_ends();
  Running& target();
  void lose(Half& half, bool malformed);
  void drop(Command& command);

  Conversation& conversation_;
  Datastore store_;
  Half halves_[2];
  std::deque<std::unique_ptr<Command>> pending_;
  std::uint64_t skip_ = 0;              // replies of commands that were given up
  std::unique_ptr<Command> sending_;
  std::uint64_t arguments_ = 0;         // of it so far
  std::string argument_;                // head of the one being read: only names and keys are kept
  bool argument_secret_ = false;
  std::uint64_t elements_ = 0;          // of the reply so far
  bool pushed_ = false;                 // the reply being read answers no command
  Running unasked_;                     // what the server sends by itself
  bool closed_ = false;                 // replication: what follows is not the protocol
};

}  // namespace fengsui::capture
