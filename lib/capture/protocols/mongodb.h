// MongoDB wire protocol (MongoDB manual, "MongoDB Wire Protocol"): OP_MSG, OP_QUERY, OP_REPLY, OP_COMPRESSED.
#pragma once

#include <deque>

#include "capture/protocols/bson.h"
#include "capture/protocols/datastore.h"

namespace fengsui::capture {

// Each command is an activity with its collection, and the documents that were returned as its rows. Documents and values of both
// directions are handed on; commands of logins and of accounts are not. One thread.
class Mongodb final : public Session {
 public:
  static constexpr std::size_t kMaxPending = 256;
  static constexpr std::size_t kMaxMessage = 4u << 20;  // a larger one is handed on as it is

  explicit Mongodb(Conversation& conversation) : conversation_(conversation), store_(conversation, "mongodb") {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  struct Half {
    base::Bytes buffer;
    std::uint64_t raw = 0;   // bytes of a message that is handed on as it is
    bool lost = false;
  };
  struct Command {
    std::uint32_t id = 0;
    Running running;
    std::string verb;
  };

  void message(Side side, base::View bytes);
  void body(Side side, std::uint32_t id, std::uint32_t answers, std::uint32_t opcode, base::View bytes);
  void compressed(Side side, std::uint32_t id, std::uint32_t answers, base::View bytes);
  void op_msg(Side side, std::uint32_t id, std::uint32_t answers, base::View bytes);
  void command(std::uint32_t id, base::View document, bool answered);
  void documents(base::View bytes);
  void reply(std::uint32_t answers, base::View document);
  void rows(Running& running, base::View array);
  void row(Running& running, base::View document);
  void query(std::uint32_t id, base::View bytes);
  void old_reply(std::uint32_t answers, base::View bytes);
  void end(Command&& command);
  void raw(Side side, base::View bytes);
  Command* waiting(std::uint32_t id);
  void unread();

  Conversation& conversation_;
  Datastore store_;
  Half halves_[2];
  std::deque<Command> pending_;
  Running unasked_;
  bool secret_ = false;  // the command being read is one of logins
};

}  // namespace fengsui::capture
