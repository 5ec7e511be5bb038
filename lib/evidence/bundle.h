// The evidence bundle: everything an evaluator needs to check an attestation offline, and no keys to trust (evidence.md 2.10).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "evidence/attest.h"
#include "evidence/checkpoint.h"
#include "evidence/tile.h"
#include "evidence/zip.h"

namespace fengsui::evidence {

// A log of the same unit that ended. Without `entries` only the hashes go in that show the beacons of agents which still held its checkpoints.
struct EndedLog {
  const HashReader& hashes;
  const EntryReader* entries = nullptr;
  Vkey log;
  std::string checkpoint;                                   // the final one
  std::vector<std::pair<base::Day, std::uint64_t>> seals;
};

// What goes in. References must outlive the call. Indices are those of the newest log.
struct BundleInput {
  const HashReader& hashes;
  const EntryReader& entries;
  std::string dept;
  base::UnixMs from = 0, to = 0;
  std::string envelope;                                     // signed statement, as sign_envelope wrote it
  crypto::PublicKey attester{};
  std::uint64_t entry = 0;                                  // leaf of its Rekor entry
  Vkey log;
  std::string checkpoint;                                   // signed, of a size above `entry`
  std::vector<std::string> older;                           // signed checkpoints to show consistency with; thinned to 512
  std::vector<std::pair<base::Day, std::uint64_t>> seals;   // day and leaf
  std::string score_policy = "";                            // text of the file named by the statement; "" when there is no score
  std::vector<std::pair<std::string, base::Bytes>> people = {};  // what people read, by path: verify.html, attestation.html, records/… (is_people_path)
  std::vector<EndedLog> ended = {};                         // oldest first; all of them follow each other up to the newest
  std::string state = "";                                   // of a reader before the first log with entries; "" when that is the unit's first log
};

// Where files for people may lie; they are listed in the manifest and prove nothing.
bool is_people_path(std::string_view path);

// The files of a bundle. Errc::usage when a checkpoint does not open, the entry lies outside it or a file for people has another path; passes on readers' errors.
base::Result<Files> bundle_files(const BundleInput& input);
// The same as a ZIP.
base::Result<base::Bytes> make_bundle(const BundleInput& input);

// The files with their manifest made again: after a file was added or replaced.
Files relisted(Files files);

// The same bundle for an evaluator who keeps the state of an earlier visit to the newest log: leaves below `since` and everything that only
// they need are left out. Errc::usage when the attestation's entry lies below, or the bundle is not one.
base::Result<Files> trim_bundle(const Files& files, std::uint64_t since);

// `fengsui log export`: checkpoint, tiles, entries and seal proofs of a log, into `sink`.
base::Status export_log(const HashReader& hashes, const EntryReader& entries, const Vkey& log, const std::string& checkpoint,
                        const std::vector<std::pair<base::Day, std::uint64_t>>& seals, const FileSink& sink);
// Its seals/<day>.tlog-proof alone, of the newest seal of each day below `size`, under the signed checkpoint of that size.
base::Status export_seal_proofs(const HashReader& hashes, std::uint64_t size, const std::string& checkpoint,
                                const std::vector<std::pair<base::Day, std::uint64_t>>& seals, const FileSink& sink);

}  // namespace fengsui::evidence
