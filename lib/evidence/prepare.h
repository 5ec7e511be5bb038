// What can be told of leaves before those in front of them are read: they are parsed, and signatures are checked under the key that is
// to be expected. Most of the work of a replay, and the part that can be done on several threads at once; the replay itself decides.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "evidence/leaf.h"
#include "evidence/note.h"

namespace fengsui::evidence {

// Calls work(0) … work(n - 1), each once, in any order and on as many threads as the caller likes, and returns when all have returned.
using Parallel = std::function<void(std::size_t n, const std::function<void(std::size_t)>& work)>;

// A signature that was looked at. Only of use to who wants just this key.
struct Seen {
  Vkey key;
  SignatureState state = SignatureState::absent;
};

struct Prepared {
  base::Result<ParsedLeaf> leaf = base::fail(base::Errc::not_found, "not prepared");
  std::optional<Seen> seen;
};

// One thread. Guesses each agent's key from what its last record announced; a wrong guess costs time, never changes a result.
class Preparer {
 public:
  explicit Preparer(Parallel parallel) : parallel_(std::move(parallel)) {}
  // The next leaves of the log, which must outlive the result. Their number bounds the memory.
  std::vector<Prepared> prepare(std::span<const base::Bytes> leaves);
  static constexpr std::size_t kBlock = 4'096;

 private:
  std::optional<Vkey> expected(const ParsedLeaf& leaf);

  Parallel parallel_;
  std::map<std::string, Vkey, std::less<>> identities_, announced_;  // by agent
};

}  // namespace fengsui::evidence
