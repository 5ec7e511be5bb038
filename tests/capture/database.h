// Conversations with database servers made by hand, per the protocol manuals, and a session to run them through.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "capture/protocols/session.h"
#include "tests/capture/lines.h"

namespace fengsui::capture::test {

using Talked = std::vector<std::pair<Side, base::Bytes>>;  // who sent what, in order

// What a session made of a conversation.
struct Heard {
  Collect seen;
  Tally tally;
  std::string upgraded;
};
using Open = std::function<std::unique_ptr<Session>(Conversation&)>;
void hear(const Open& open, const Talked& talked, Heard& out);
// Every chunk cut in two at `split`, counted over the whole conversation.
Talked split_at(const Talked& talked, std::size_t split);
Talked cut_at(const Talked& talked, std::size_t length);  // only so many bytes
std::size_t size_of(const Talked& talked);
// One byte of each chunk changed.
Talked garbled(Talked talked, std::mt19937& random);
// Everything that leaves in activities, as one text.
std::string leaving(const Collect& seen);
// The lines of the activities, and "rows" contents as text.
std::vector<std::string> activity_lines(const Collect& seen);
std::string rows_text(const Collect& seen, std::size_t which = 0);

}  // namespace fengsui::capture::test
