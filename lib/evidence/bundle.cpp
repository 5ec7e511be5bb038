#include "evidence/bundle.h"

#include <algorithm>
#include <map>

#include "base/encode.h"
#include "evidence/leaf.h"
#include "evidence/shard.h"
#include "evidence/verify_log.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;
constexpr std::size_t kMaxOlder = 512;

constexpr std::string_view kReadme =
    "Fengsui evidence bundle. Trust no key that you find here: pin the policy file you were given by another way.\n"
    "烽燧证据包。请勿信任包内任何密钥，只使用另行取得的策略文件。\n"
    "\n"
    "  fengsui-verify BUNDLE.zip --policy POLICY\n"
    "\n"
    "verify.html does the same in a browser, offline. Open your own copy of it, not the one that lies here.\n"
    "verify.html 在浏览器中离线完成同样的核验；请打开您自己保存的副本，而不是包内的这一份。\n"
    "\n"
    "With public tools: the checkpoint is a C2SP signed note, tile/ is C2SP tlog-tiles, seals/*.tlog-proof are C2SP tlog-proofs,\n"
    "ts/*.tsr are RFC 3161 time-stamps over the first three lines of the ts/*.checkpoint beside them,\n"
    "attestation.dsse.json is a DSSE envelope over an in-toto statement, attestation.sigstore.json a Sigstore bundle v0.3.\n"
    "  jq -r .payload attestation.dsse.json | base64 -d | jq .\n";

}  // namespace

base::Status export_seal_proofs(const HashReader& hashes, std::uint64_t size, const std::string& checkpoint,
                                const std::vector<std::pair<base::Day, std::uint64_t>>& seals, const FileSink& sink) {
  std::map<base::Day, std::uint64_t> newest;  // a running day may be sealed more than once
  for (const auto& [day, leaf] : seals)
    if (leaf < size) newest[day] = leaf;
  for (const auto& [day, leaf] : newest) {
    auto proof = inclusion_proof(hashes, leaf, size);
    if (!proof) return std::unexpected(proof.error());
    if (auto s = sink("seals/" + base::to_string(day) + ".tlog-proof", base::view(tlog_proof(leaf, *proof, checkpoint))); !s) return s;
  }
  return {};
}

base::Status export_log(const HashReader& hashes, const EntryReader& entries, const Vkey& log, const std::string& checkpoint,
                        const std::vector<std::pair<base::Day, std::uint64_t>>& seals, const FileSink& sink) {
  auto at = open_checkpoint(checkpoint, log);
  if (!at) return std::unexpected(at.error());
  if (auto s = sink("checkpoint", base::view(checkpoint)); !s) return s;
  if (auto s = export_seal_proofs(hashes, at->size, checkpoint, seals, sink); !s) return s;
  return export_tiles(hashes, entries, at->size, sink);
}

bool is_people_path(std::string_view path) {
  return path == "verify.html" || path == "attestation.html" || path == "attestation.pdf" || path == "form.html" ||
         (path.starts_with("records/") && is_bundle_path(path));
}

namespace {
constexpr std::size_t kMaxBeacons = 4'096;

unsigned width_of(std::uint64_t count, std::uint64_t n) { return static_cast<unsigned>(std::min<std::uint64_t>(kTileWidth, count - n * kTileWidth)); }

// Puts every tile into `files` that holds, or gives, a node that is read.
class TileCollector : public HashReader {
 public:
  TileCollector(const HashReader& inner, std::uint64_t size, std::string folder, Files& files) : inner_(inner), size_(size), folder_(std::move(folder)), files_(files) {}
  base::Result<Digest> node(unsigned level, std::uint64_t index) const override {
    auto hash = inner_.node(level, index);
    if (!hash) return hash;
    const unsigned tile_level = level / 8;
    const auto n = (index << (level % 8)) / kTileWidth;
    const auto width = width_of(size_ >> (8 * tile_level), n);
    auto path = folder_ + tile_path(tile_level, n, width);
    if (!files_.contains(path)) {
      auto tile = tile_bytes(inner_, tile_level, n, width);
      if (!tile) return std::unexpected(tile.error());
      files_.emplace(std::move(path), std::move(*tile));
    }
    return hash;
  }

 private:
  const HashReader& inner_;
  std::uint64_t size_;
  std::string folder_;
  Files& files_;
};

// Checkpoints that heartbeats among the leaves [from, to) name, by size; at most kMaxBeacons.
base::Result<std::map<std::uint64_t, Digest>> beacons(const EntryReader& entries, std::uint64_t from, std::uint64_t to) {
  std::map<std::uint64_t, Digest> out;
  for (auto at = from; at < to; at += kTileWidth) {
    auto leaves = entries.leaves(at, std::min<std::uint64_t>(at + kTileWidth, to));
    if (!leaves) return std::unexpected(leaves.error());
    for (const auto& bytes : *leaves) {
      auto leaf = parse_leaf(bytes);
      if (!leaf || leaf->kind != "hb") continue;
      auto bk = leaf->record.body.find("bk");
      auto root = bk ? parse_digest(bk->text("h")) : base::Result<Digest>(fail(Errc::malformed, ""));
      if (root && out.size() < kMaxBeacons) out[static_cast<std::uint64_t>(std::max<std::int64_t>(0, bk->number("n")))] = *root;
    }
  }
  return out;
}

base::Status put_ended(const BundleInput& in, Files& files) {
  for (std::size_t i = 0; i < in.ended.size(); ++i) {
    const auto& ended = in.ended[i];
    auto at = open_checkpoint(ended.checkpoint, ended.log);
    if (!at) return std::unexpected(at.error());
    auto folder = "shards/" + std::to_string(year_of_origin(at->origin)) + "/";
    if (ended.entries) {
      auto put = [&](std::string_view path, base::View content) -> base::Status {
        files.emplace(folder + std::string(path), base::to_bytes(content));
        return {};
      };
      if (auto s = export_log(ended.hashes, *ended.entries, ended.log, ended.checkpoint, ended.seals, put); !s) return s;
      continue;
    }
    const bool next_is_newest = i + 1 == in.ended.size();
    const EntryReader* next = next_is_newest ? &in.entries : in.ended[i + 1].entries;
    const auto note = next_is_newest ? in.checkpoint : in.ended[i + 1].checkpoint;
    auto next_at = open_checkpoint(note, next_is_newest ? in.log : in.ended[i + 1].log);
    if (!next || !next_at) continue;  // only the log before the first with entries is asked for
    auto held = beacons(*next, 0, next_at->size);
    if (!held) return std::unexpected(held.error());
    TileCollector tiles(ended.hashes, at->size, folder, files);
    for (const auto& [size, root] : *held) static_cast<void>(has_prefix(tiles, at->size, at->root, size, root));
  }
  return {};
}

void list_files(Files& files, Json head) {
  Json::Object list;
  for (const auto& [path, content] : files) list.emplace_back(path, Json(base::hex(crypto::sha256(base::View(content)))));
  files["manifest.json"] = base::to_bytes(head.set("files", Json(std::move(list))).dump() + "\n");
}

// The entries of a bundle.
class EntryFiles : public EntryReader {
 public:
  EntryFiles(const Files& files, std::uint64_t size) : files_(files), size_(size) {}
  base::Result<std::vector<base::Bytes>> leaves(std::uint64_t from, std::uint64_t to) const override {
    std::vector<base::Bytes> out;
    for (auto n = from / kTileWidth; n * kTileWidth < to; ++n) {
      auto it = files_.find(entries_path(n, width_of(size_, n)));
      auto all = it == files_.end() ? base::Result<std::vector<base::Bytes>>(fail(Errc::not_found, "an entry bundle is missing")) : parse_entry_bundle(it->second);
      if (!all) return all;
      for (std::size_t i = 0; i < all->size(); ++i)
        if (n * kTileWidth + i >= from && n * kTileWidth + i < to) out.push_back(std::move((*all)[i]));
    }
    if (out.size() != to - from) return fail(Errc::not_found, "entries are missing");
    return out;
  }

 private:
  const Files& files_;
  std::uint64_t size_;
};

// What an evaluator needs who has read the first `since` leaves before.
base::Status put_since(const HashReader& hashes, const EntryReader& entries, std::uint64_t since, const Checkpoint& at, Files& files) {
  auto seen = tree_root(hashes, since);
  if (!seen) return std::unexpected(seen.error());
  TileCollector tiles(hashes, at.size, "", files);
  if (auto peaks = CompactRange::load(tiles, since); !peaks) return std::unexpected(peaks.error());
  for (auto n = since / kTileWidth; n * kTileWidth < at.size; ++n) {
    auto width = width_of(at.size, n);
    auto leaves = entries.leaves(n * kTileWidth, n * kTileWidth + width);
    if (!leaves) return std::unexpected(leaves.error());
    files.emplace(entries_path(n, width), entry_bundle(*leaves));
  }
  std::uint64_t count = at.size, from = since;
  for (unsigned level = 0; count > 0; ++level, count /= kTileWidth, from /= kTileWidth)
    for (auto n = from / kTileWidth; n * kTileWidth < count; ++n)
      if (auto one = tiles.node(level * 8, n * kTileWidth); !one) return std::unexpected(one.error());
  auto held = beacons(entries, since, at.size);
  if (!held) return std::unexpected(held.error());
  for (const auto& [size, root] : *held)
    if (size <= since) static_cast<void>(has_prefix(tiles, since, *seen, size, root));
  return {};
}
}  // namespace

base::Result<Files> bundle_files(const BundleInput& in) {
  auto at = open_checkpoint(in.checkpoint, in.log);
  if (!at) return std::unexpected(at.error());
  if (in.entry >= at->size) return fail(Errc::usage, "bundle: the checkpoint does not hold the attestation's entry");
  auto envelope = parse_envelope(in.envelope);
  if (!envelope) return std::unexpected(envelope.error());
  Files files;
  auto put = [&](std::string_view path, base::View content) -> base::Status {
    files.emplace(std::string(path), base::to_bytes(content));
    return {};
  };
  if (auto s = export_log(in.hashes, in.entries, in.log, in.checkpoint, in.seals, put); !s) return std::unexpected(s.error());
  if (auto s = put_ended(in, files); !s) return std::unexpected(s.error());
  if (!in.state.empty()) files["state.json"] = base::to_bytes(in.state);
  std::size_t step = in.older.size() / kMaxOlder + 1;
  for (std::size_t i = 0; i < in.older.size(); i += step) {
    auto older = open_checkpoint(in.older[i], in.log);
    if (!older) return std::unexpected(older.error());
    if (older->size <= at->size) files["checkpoints/" + std::to_string(older->size)] = base::to_bytes(in.older[i]);
  }
  auto proof = inclusion_proof(in.hashes, in.entry, at->size);
  if (!proof) return std::unexpected(proof.error());
  files["attestation.dsse.json"] = base::to_bytes(in.envelope);
  files["attestation.sigstore.json"] =
      base::to_bytes(sigstore_bundle(*envelope, in.attester, rekor_entry(*envelope, in.attester), in.entry, *proof, *at, in.checkpoint, in.log));
  for (const auto& [path, content] : in.people) {
    if (!is_people_path(path)) return fail(Errc::usage, "bundle: a file for people at a path that is not for them");
    files[path] = content;
  }
  if (!in.score_policy.empty()) files["score-policy.toml"] = base::to_bytes(in.score_policy);
  files["README"] = base::to_bytes(kReadme);
  list_files(files, Json::object().set("version", 1).set("department", in.dept).set("from", in.from).set("to", in.to).set("origin", at->origin)
                        .set("size", at->size).set("entry", in.entry));
  return files;
}

Files relisted(Files files) {
  auto it = files.find("manifest.json");
  auto manifest = it == files.end() ? base::Result<Json>(fail(Errc::not_found, "")) : Json::parse(base::text(it->second), {.max_bytes = 64u << 20, .max_depth = 8, .one_line = false});
  Json head = Json::object();
  if (manifest && manifest->members())
    for (const auto& [key, value] : *manifest->members())
      if (key != "files") head.set(key, value);
  files.erase("manifest.json");
  list_files(files, std::move(head));
  return files;
}

base::Result<Files> trim_bundle(const Files& files, std::uint64_t since) {
  auto text = [&](const char* path) {
    auto it = files.find(path);
    return it == files.end() ? std::string_view() : base::text(it->second);
  };
  auto note = parse_note(text("checkpoint"));
  auto at = note ? parse_checkpoint_text(note->text) : base::Result<Checkpoint>(std::unexpected(note.error()));
  auto manifest = Json::parse(text("manifest.json"), {.max_bytes = 64u << 20, .max_depth = 8, .one_line = false});
  if (!at || !manifest || !manifest->members()) return fail(Errc::usage, "bundle: no checkpoint or manifest");
  auto entry = manifest->number("entry", -1);
  if (entry < 0 || since > static_cast<std::uint64_t>(entry) || static_cast<std::uint64_t>(entry) >= at->size)
    return fail(Errc::usage, "bundle: its attestation is leaf " + std::to_string(entry) + ", before the " + std::to_string(since) + " leaves that are to be left out");
  Files out;
  for (const auto& [path, content] : files) {
    std::uint64_t size = 0;
    if (path.starts_with("checkpoints/"))
      for (char c : path.substr(12)) size = size * 10 + static_cast<std::uint64_t>(c - '0');
    bool drop = path.starts_with("tile/") || path == "manifest.json" || (since > 0 && (path.starts_with("shards/") || path == "state.json")) ||
                (path.starts_with("checkpoints/") && size < since);
    if (!drop) out.emplace(path, content);
  }
  if (auto s = put_since(TileFiles(files, "", at->size), EntryFiles(files, at->size), since, *at, out); !s) return std::unexpected(s.error());
  Json head = Json::object();
  for (const auto& [key, value] : *manifest->members())
    if (key != "files" && key != "since") head.set(key, value);
  list_files(out, std::move(head.set("since", since)));
  return out;
}

base::Result<base::Bytes> make_bundle(const BundleInput& input) {
  auto files = bundle_files(input);
  if (!files) return std::unexpected(files.error());
  return write_zip(*files);
}

}  // namespace fengsui::evidence
