// What store tests share: a folder of their own, records and leaves made by hand.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "store/ledger.h"
#include "store/spool.h"

namespace fengsui::store::testing {

class Folder {
 public:
  Folder() {
    // In memory where there is such a place: these tests ask for thousands of syncs and prove nothing about a disk.
    const bool memory = ::access("/dev/shm", W_OK | X_OK) == 0;
    std::string pattern =
        ((memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) / "fengsui-store-XXXXXX")
            .string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline evidence::Record record(std::uint64_t seq, std::size_t detail_size = 10) {
  evidence::Record out;
  out.seq = seq;
  out.note = "note " + std::to_string(seq);
  out.detail = std::string(detail_size, 'd');
  out.salt.fill(static_cast<std::uint8_t>(seq));
  return out;
}

inline std::vector<evidence::Record> records(std::uint64_t from, std::uint64_t to, std::size_t detail_size = 10) {
  std::vector<evidence::Record> out;
  for (std::uint64_t seq = from; seq <= to; ++seq) out.push_back(record(seq, detail_size));
  return out;
}

inline crypto::Digest digest(std::uint8_t fill) {
  crypto::Digest out;
  out.fill(fill);
  return out;
}

inline crypto::Digest leaf_hash(base::View leaf) {
  const std::uint8_t prefix = 0;
  return crypto::sha256({base::View(&prefix, 1), leaf});
}

// 2026-11-24 09:30 in Shanghai.
inline constexpr base::UnixMs kMorning = 1'795'483'800'000;

inline NewEntry leaf(const std::string& agent, std::uint64_t seq, const std::string& kind = "hb",
                     base::UnixMs time = kMorning) {
  NewEntry out;
  out.agent = agent;
  out.seq = seq;
  out.kind = kind;
  out.rx = time + 5;
  out.time = time;
  out.leaf = base::to_bytes("leaf " + agent + " " + std::to_string(seq) + " " + kind + " " + std::to_string(time));
  out.leaf_hash = leaf_hash(out.leaf);
  return out;
}

inline NewEntry finding(const std::string& agent, std::uint64_t seq, const std::string& rule = "r.citizen_id",
                        int severity = 4, base::UnixMs time = kMorning) {
  NewEntry out = leaf(agent, seq, "find", time);
  out.rule = rule;
  out.severity = static_cast<std::uint8_t>(severity);
  out.stage = 3;
  out.salt.fill(static_cast<std::uint8_t>(seq));
  out.detail = "{\"seq\":" + std::to_string(seq) + "}";
  return out;
}

}  // namespace fengsui::store::testing
