// The compressed packets of MySQL and MariaDB: MySQL manual, "Compression"; MariaDB manual, "0-packet", "Compressed packet".
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "capture/body.h"

namespace fengsui::capture {

// One side of a connection after both ends agreed to compress: 3 bytes of length, 1 of number, 3 of the length before
// compressing (0: not compressed), then zlib or zstd as its first bytes tell. Keeps at most the decoder's window. One thread.
class MysqlUnpack {
 public:
  enum class Step : std::uint8_t { more, bad, expansion };

  // Takes from `in` and fills `out`; `written` tells how much. more with nothing written and nothing taken: needs input.
  // After bad or expansion the rest of the connection's side is not to be read before reset().
  Step step(base::View& in, std::span<std::uint8_t> out, std::size_t& written, std::uint32_t max_expansion);
  void reset();

 private:
  Step head(base::View& in, std::uint32_t max_expansion);

  std::array<std::uint8_t, 7> head_{};
  std::size_t head_size_ = 0;
  std::uint32_t left_ = 0;       // of the packet as it travels
  std::uint32_t unpacked_ = 0;   // still to come of it; unused when it is not compressed
  bool packed_ = false, first_ = false;
  std::unique_ptr<Coding> coding_;
};

}  // namespace fengsui::capture
