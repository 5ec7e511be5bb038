// Bytes into a database session: commands of one byte choose side or a hole, each followed by a length and payload.
#pragma once

#include "base/error.h"
#include "capture/protocols/session.h"
#include "tests/fuzz/capture_sink.h"

namespace fengsui::fuzz {

template <class Session>
void talk(base::View input) {
  const capture::Limits limits;
  CheckedSink sink;
  capture::Tally tally;
  {
    capture::Room room{sink, tally, limits, "fuzz", 1, false, {}};
    capture::Conversation conversation{room, {"10.0.0.1", 40000}, {"10.0.0.2", 3306}, "1:x", 6, 1, "db", "", ""};
    Session session(conversation);
    base::Reader in(input);
    while (!in.at_end()) {
      const std::uint8_t command = in.u8();
      const auto side = (command & 1) != 0 ? capture::Side::server : capture::Side::client;
      const std::size_t length = (command & 2) != 0 ? in.u16be() : in.u8();
      if ((command & 0xf0) == 0xf0) {
        session.gap(side, length + 1);
        continue;
      }
      session.data(side, in.take(std::min(length, in.remaining())));
    }
    session.finish();
  }
  sink.expect_all_ended();
}

}  // namespace fengsui::fuzz
