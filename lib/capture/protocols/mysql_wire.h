// Numbers and small readers of the MySQL protocol: for the files of Mysql only.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace fengsui::capture::mysql {

namespace flag {  // MySQL manual, "Capabilities Flags"; the upper 32 are MariaDB's
inline constexpr std::uint64_t connect_with_db = 1u << 3, compress = 1u << 5, protocol_41 = 1u << 9, ssl = 1u << 11, secure_connection = 1u << 15,
                               plugin_auth_lenenc = 1u << 21, deprecate_eof = 1u << 24, optional_metadata = 1u << 25, zstd = 1u << 26, query_attributes = 1u << 27,
                               maria_extended_types = 1ull << 35, maria_cache_metadata = 1ull << 36;
}

namespace command {  // MySQL manual, "Command Phase"
inline constexpr std::uint8_t quit = 0x01, init_db = 0x02, query = 0x03, field_list = 0x04, statistics = 0x09, process_info = 0x0a, change_user = 0x11,
                              binlog_dump = 0x12, prepare = 0x16, execute = 0x17, long_data = 0x18, close = 0x19, reset = 0x1a, fetch = 0x1c,
                              binlog_dump_gtid = 0x1e, last = 0x1f, bulk_execute = 0xfa;
}

namespace status {
inline constexpr std::uint16_t more_results = 0x0008, cursor_exists = 0x0040, last_row_sent = 0x0080;
}

// Protocol::LengthEncodedInteger. nullopt for NULL (0xfb), for 0xff and at the end.
inline std::optional<std::uint64_t> lenenc(base::Reader& in) {
  const std::uint8_t first = in.u8();
  std::uint64_t value = first;
  if (first == 0xfc) value = in.u16le();
  else if (first == 0xfd) value = in.u24le();
  else if (first == 0xfe) value = in.u64le();
  else if (first > 0xfa) return std::nullopt;
  if (in.failed()) return std::nullopt;
  return value;
}
// Protocol::LengthEncodedString; an empty view at the end or for NULL.
inline base::View lenenc_text(base::Reader& in) {
  const auto n = lenenc(in);
  return n && *n <= in.remaining() ? in.take(static_cast<std::size_t>(*n)) : base::View{};
}

struct Ok {
  std::uint64_t affected = 0;
  std::uint16_t status = 0;
};
// OK_Packet, or EOF_Packet (which is shorter than any OK).
inline Ok read_ok(base::View bytes) {
  base::Reader in(bytes);
  Ok out;
  const bool eof = in.u8() == 0xfe && bytes.size() == 5;
  if (eof) {
    in.skip(2);
  } else {
    out.affected = lenenc(in).value_or(0);
    lenenc(in);
  }
  out.status = in.u16le();
  return out;
}

// Bytes of a value of the binary protocol; nullopt when the type is not known or the value is cut. `text` tells whether
// the bytes are a string.
inline std::optional<base::View> binary_value(base::Reader& in, std::uint8_t type, bool& text) {
  text = false;
  std::size_t n = 0;
  switch (type) {
    case 0x01: n = 1; break;                          // TINY
    case 0x02: case 0x0d: n = 2; break;               // SHORT, YEAR
    case 0x03: case 0x04: case 0x09: n = 4; break;    // LONG, FLOAT, INT24
    case 0x05: case 0x08: n = 8; break;               // DOUBLE, LONGLONG
    case 0x06: break;                                 // NULL
    case 0x07: case 0x0a: case 0x0b: case 0x0c: n = in.u8(); break;  // TIMESTAMP, DATE, TIME, DATETIME
    default: {  // strings, decimals, blobs, JSON: length-encoded
      const auto length = lenenc(in);
      if (!length || *length > in.remaining()) return std::nullopt;
      text = true;
      return in.take(static_cast<std::size_t>(*length));
    }
  }
  if (in.failed() || n > in.remaining()) return std::nullopt;
  return in.take(n);
}

}  // namespace fengsui::capture::mysql
