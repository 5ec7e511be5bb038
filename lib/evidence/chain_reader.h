// Accepting one agent's records in order: what the collector does on receipt and the verifier does again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "evidence/body.h"
#include "evidence/leaf.h"
#include "evidence/note.h"
#include "evidence/prepare.h"

namespace fengsui::evidence {

// A record that fits the chain.
struct Accepted {
  std::string kind;  // "boot", "hb", "find"
  std::uint64_t seq = 0;
  base::UnixMs time = 0;  // the record's own: t of boot and find, t1 of hb
  std::variant<Boot, Heartbeat, Find> body;
};

// One thread. The rules: a boot is signed by the identity key, every other record by the epoch key that the boot or heartbeat
// before it announced; seq and pv continue without a hole; the epoch is the seq of the record that announced its key; a
// heartbeat counts exactly the findings since the heartbeat or boot before. Anything unsigned or out of place is refused and
// leaves the state as it was.
class ChainReader {
 public:
  // A chain from its beginning. `identity` is the vkey of the enrolment; its name is the agent's.
  explicit ChainReader(Vkey identity);

  // Errc::conflict: another seq than expected (next_seq() tells; a smaller one may be a duplicate).
  // Errc::mismatch: signature, epoch, pv or finding count wrong. Errc::malformed, limit, unsupported: not a record.
  base::Result<Accepted> accept(std::string_view note);
  // The same of a record that was parsed from `note` before; `seen` is a signature of it that was looked at, or null.
  base::Result<Accepted> accept(const RecordNote& record, std::string_view note, const Seen* seen = nullptr);

  std::uint64_t next_seq() const { return last_seq_ + 1; }
  std::uint64_t last_seq() const { return last_seq_; }
  const Digest& last_digest() const { return last_digest_; }
  const Vkey& identity() const { return identity_; }
  std::uint64_t boots() const { return boots_; }
  std::uint64_t epochs() const { return epochs_; }
  // The boot in force; "" before the first.
  const std::string& boot_id() const { return boot_id_; }

  // The state as one line of JSON, for the collector's control database.
  std::string state() const;
  static base::Result<ChainReader> restore(std::string_view state);

 private:
  base::Status check(const RecordNote& record, const Link& link, const Vkey* key, const Seen* seen) const;
  base::Result<Accepted> take_boot(const RecordNote& record, const Seen* seen);
  base::Result<Accepted> take_heartbeat(const RecordNote& record, const Seen* seen);
  base::Result<Accepted> take_find(const RecordNote& record, const Seen* seen);

  Vkey identity_;
  std::optional<Vkey> epoch_key_;
  std::uint64_t epoch_ = 0;
  std::uint64_t last_seq_ = 0;
  Digest last_digest_{};
  std::string boot_id_;
  std::array<std::uint64_t, 6> findings_{};
  std::uint64_t boots_ = 0, epochs_ = 0;
};

// "<agent>#e<epoch>"
std::string epoch_name(std::string_view agent, std::uint64_t epoch);

}  // namespace fengsui::evidence
