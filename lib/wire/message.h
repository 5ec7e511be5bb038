// Messages between agent and collector. Layout with worked bytes: lib/wire/FORMAT.md. Integers are big endian.
// Every message: magic "FS" ‖ version u8 = 1 ‖ type u8 ‖ body. A reader refuses another magic or version and counts it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "evidence/record.h"
#include "evidence/shard.h"

namespace fengsui::wire {

// Bounds of fields, in bytes; a message over one of them is refused with Errc::limit. encode() cuts text for people
// (host name, version, os, reason) to kMaxWords and asserts the others.
inline constexpr std::size_t kMaxName = 255;  // agent, unit, origin, token, code
inline constexpr std::size_t kMaxWords = 1024;
inline constexpr std::size_t kMaxCheckpoint = 16384;
inline constexpr std::size_t kMaxProof = 64;  // hashes
inline constexpr std::size_t kMaxHandovers = 8;  // logs that ended since the one an agent holds
inline constexpr std::size_t kMaxNote = 65535;
inline constexpr std::size_t kMaxDetail = 1u << 20;
inline constexpr std::size_t kMaxRecords = 65536;      // in a batch
inline constexpr std::size_t kMinRecord = 2 + 32 + 4;  // of a record without note and detail

// agent → collector: a one-time token for an identity. The CURVE key is the one of the connection.
struct Enrol {
  std::string token;
  std::string hostname, version, os;
  std::string machine_id_digest;  // hex SHA-256, to notice clones; not an identity
  base::Bytes identity_key;       // Ed25519 public key, 32 bytes
  base::Bytes curve_key;          // 32 bytes
};
// collector → agent
struct Enrolled {
  bool ok = false;
  std::string reason;       // why not, for people: "token already used on 2026-11-24 10:12"
  std::string agent, unit;  // assigned names
  std::string origin;       // of the unit's log
  std::string log_vkey;     // to check checkpoints with
  base::Bytes digest_key;   // 32 bytes, the unit's key for HMAC digests
  std::uint32_t heartbeat_seconds = 60;
};
// agent → collector: records in order, seq contiguous from first_seq (encode() asserts it). zstd-compressed body.
struct Batch {
  std::string agent;
  std::uint64_t first_seq = 0;
  std::vector<evidence::Record> records;
};
// collector → agent: everything up to `seq` is committed and inside the checkpoint.
struct Ack {
  std::uint64_t seq = 0;
  std::string checkpoint;                   // whole signed note
  std::vector<crypto::Digest> consistency;  // from the size the agent named in its last hello or batch
  std::uint64_t from_size = 0;              // that size
  // When the log that the agent holds has ended: how the newest one continues it, in place of `consistency`. Not written
  // when empty.
  std::vector<evidence::Handover> handovers;
};
// agent → collector: I am here, my last seq, my beacon. Answered with Ack for what the collector has.
struct Hello {
  std::string agent;
  std::uint64_t last_seq = 0, acknowledged = 0, beacon_size = 0;
  std::string version;
  std::string origin;  // log of the beacon; "" = the one it enrolled in, and then not written
};
// collector → agent: a batch was not taken. The agent re-sends from `expected_seq` or stops and reports.
struct Refused {
  std::uint64_t expected_seq = 0;
  std::string code;  // "gap", "chain", "signature", "limit", "revoked"
  std::string reason;
};

using Message = std::variant<Enrol, Enrolled, Batch, Ack, Hello, Refused>;

base::Bytes encode(const Message& message);
// Errc::malformed, truncated, limit, unsupported. Never allocates more than max_plain for a compressed body.
base::Result<Message> decode(base::View bytes, std::size_t max_plain = 32u << 20);

}  // namespace fengsui::wire
