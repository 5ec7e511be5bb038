// Tampering without any key: what is unpacked, changed and packed again.
#include <zlib.h>

#include <optional>

#include "base/encode.h"
#include "evidence/tile.h"
#include "tamper.h"

namespace fengsui::evidence {

namespace {
using Leaves = std::vector<base::Bytes>;

// Entries changed; with `hashes` the tiles are made again too.
Tampered changed(const Workshop& w, int step, std::uint64_t leaf, bool hashes, void (*change)(const Workshop&, Leaves&)) {
  auto files = w.clean();
  auto leaves = leaves_of(files);
  change(w, leaves);
  put_log(files, leaves, hashes);
  return refused(w, files, step, static_cast<std::int64_t>(leaf));
}

Tampered with_file(const Workshop& w, const std::string& path, int step, std::string (*change)(std::string), bool listed = true, std::int64_t leaf = -1) {
  auto files = w.clean();
  FENGSUI_ASSERT(files.contains(path));
  files[path] = base::to_bytes(change(std::string(base::text(files[path]))));
  if (listed) relist(files);
  return refused(w, files, step, leaf);
}

// A ZIP written with every field free.
struct RawMember {
  std::string name;
  base::Bytes data;                       // unpacked
  std::uint16_t method = 0, flags = 0;
  std::optional<std::uint32_t> size, crc;  // claimed instead of the true ones
  std::string local_name;                 // "" = the same
};
void le16(base::Bytes& out, std::uint32_t v) {
  out.push_back(static_cast<std::uint8_t>(v));
  out.push_back(static_cast<std::uint8_t>(v >> 8));
}
void le32(base::Bytes& out, std::uint32_t v) {
  le16(out, v);
  le16(out, v >> 16);
}
base::Bytes deflated(base::View in) {
  z_stream z{};
  FENGSUI_ASSERT(::deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  base::Bytes out(::deflateBound(&z, in.size()));
  z.next_in = const_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  FENGSUI_ASSERT(::deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  ::deflateEnd(&z);
  return out;
}
base::Bytes sealed_end(base::Bytes before, std::size_t count, std::size_t directory, std::size_t offset) {
  auto digest = base::hex(crypto::sha256(before));
  std::string comment = "sha256 of all before this record: " + digest;
  le32(before, 0x06054b50);
  le32(before, 0);
  le16(before, static_cast<std::uint32_t>(count));
  le16(before, static_cast<std::uint32_t>(count));
  le32(before, static_cast<std::uint32_t>(directory));
  le32(before, static_cast<std::uint32_t>(offset));
  le16(before, static_cast<std::uint32_t>(comment.size()));
  base::append(before, comment);
  return before;
}
base::Bytes raw_zip(const std::vector<RawMember>& members) {
  base::Bytes out, directory;
  for (const auto& m : members) {
    auto packed = m.method == 8 ? deflated(m.data) : m.data;
    auto crc = m.crc.value_or(static_cast<std::uint32_t>(::crc32_z(0, m.data.data(), m.data.size())));
    auto size = m.size.value_or(static_cast<std::uint32_t>(m.data.size()));
    auto shared = [&](base::Bytes& to, const std::string& name) {
      for (std::uint32_t v : {20u, std::uint32_t{m.flags}, std::uint32_t{m.method}, 0u, 0x21u}) le16(to, v);
      for (auto v : {crc, static_cast<std::uint32_t>(packed.size()), size}) le32(to, v);
      le16(to, static_cast<std::uint32_t>(name.size()));
      le16(to, 0);
    };
    le32(directory, 0x02014b50);
    le16(directory, 3 << 8 | 20);
    shared(directory, m.name);
    for (int i = 0; i < 3; ++i) le16(directory, 0);
    le32(directory, 0100644u << 16);
    le32(directory, static_cast<std::uint32_t>(out.size()));
    base::append(directory, m.name);
    auto local = m.local_name.empty() ? m.name : m.local_name;
    le32(out, 0x04034b50);
    shared(out, local);
    base::append(out, local);
    base::append(out, base::View(packed));
  }
  auto offset = out.size();
  base::append(out, base::View(directory));
  return sealed_end(std::move(out), members.size(), directory.size(), offset);
}
std::vector<RawMember> members_of(const Files& files) {
  std::vector<RawMember> out;
  for (const auto& [name, data] : files) out.push_back({name, data, 0, 0, {}, {}, ""});
  return out;
}
Tampered zipped(const Workshop& w, void (*change)(std::vector<RawMember>&)) {
  auto members = members_of(w.clean());
  change(members);
  auto t = refused(w, {}, 0);
  t.zip = raw_zip(members);
  return t;
}
Tampered bytes(const Workshop& w, void (*change)(base::Bytes&)) {
  auto t = refused(w, w.clean(), 0);
  change(t.zip);
  return t;
}
}  // namespace

#define CASE(name, what, ...) \
  TamperCase { name, what, [](const Workshop& w) -> Tampered { __VA_ARGS__ } }

namespace {
std::vector<TamperCase> leaf_cases() {
  return {
      CASE("byte", "one byte of a heartbeat", return changed(w, 6, w.at("db01 0 06:00"), false, [](const Workshop& s, Leaves& l) { l[s.at("db01 0 06:00")][200] ^= 1; });),
      CASE("deleted", "a heartbeat deleted", return changed(w, 6, w.at("db01 0 06:00"), false, [](const Workshop& s, Leaves& l) { l.erase(l.begin() + static_cast<long>(s.at("db01 0 06:00"))); });),
      CASE("swapped", "two heartbeats swapped", return changed(w, 6, w.at("db01 0 06:00"), false, [](const Workshop& s, Leaves& l) { std::swap(l[s.at("db01 0 06:00")], l[s.at("db01 0 06:20")]); });),
      CASE("replayed", "a heartbeat twice", return changed(w, 6, w.at("db01 0 06:20"), false, [](const Workshop& s, Leaves& l) { l.insert(l.begin() + static_cast<long>(s.at("db01 0 06:20")), l[s.at("db01 0 06:00")]); });),
      CASE("tail_cut", "the last hours cut off", return changed(w, 6, w.at("db01 1 20:00"), false, [](const Workshop& s, Leaves& l) { l.resize(s.at("db01 1 20:00")); });),
      CASE("byte_hashes_repaired", "one byte, and every hash made again", return changed(w, 9, w.at("db01 0 06:00"), true, [](const Workshop& s, Leaves& l) { auto& x = l[s.at("db01 0 06:00")]; x[x.size() - 40] = x[x.size() - 40] == 'A' ? 'B' : 'A'; });),
      CASE("tail_cut_hashes_repaired", "the last hours cut off, and every hash made again", return changed(w, 6, w.at("db01 1 20:00"), true, [](const Workshop& s, Leaves& l) { l.resize(s.at("db01 1 20:00")); });),
      // The first record behind the hole does not follow.
      CASE("finding_deleted_hashes_repaired", "the high finding deleted, and every hash made again", return changed(w, 9, w.at("db01 0 14:00") - 1, true, [](const Workshop& s, Leaves& l) { l.erase(l.begin() + static_cast<long>(s.at("high"))); });),
  };
}

std::vector<TamperCase> file_cases() {
  return {
      CASE("hash_in_a_tile", "one stored hash of a leaf", auto at = w.at("db01 0 06:00"); auto files = w.clean(); files[tile_path(0, at / 256)][at % 256 * 32] ^= 1; relist(files); return refused(w, files, 6, static_cast<std::int64_t>(at));),
      CASE("hash_in_an_upper_tile", "one stored hash of a subtree", auto files = w.clean(); files[tile_path(1, 0, static_cast<unsigned>((w.leaves.size() + 1) / 256))][0] ^= 1; relist(files); return refused(w, files, 6);),
      CASE("entries_missing", "a file of entries left out", auto files = w.clean(); files.erase(entries_path(0)); relist(files); auto t = refused(w, files, 6, 0); t.day = ""; return t;),
      CASE("seal_proof_edited", "an inclusion proof of a seal", return with_file(w, "seals/2026-11-02.tlog-proof", 5, [](std::string s) { s[s.find("\n", 30) + 5] ^= 1; return s; });),
      CASE("old_checkpoint_edited", "a stored checkpoint names another size", return with_file(w, "checkpoints/5", 5, [](std::string s) { return s.replace(s.find("\n5\n") + 1, 1, "6"); });),
      CASE("checkpoint_edited", "the checkpoint names a smaller log", return with_file(w, "checkpoint", 3, [](std::string s) { auto at = s.find('\n'); s[at + 1] = '1'; return s; });),
      CASE("manifest_digest_edited", "the manifest names another digest", return with_file(w, "manifest.json", 0, [](std::string s) { auto& c = s[s.rfind("\"}") - 1]; c = c == '0' ? '1' : '0'; return s; }, false);),
      CASE("file_not_listed", "a file that the manifest does not list", auto files = w.clean(); files["keys"] = base::to_bytes(std::string_view("x")); return refused(w, files, 0);),
      CASE("listed_file_missing", "a listed file left out", auto files = w.clean(); files.erase("README"); return refused(w, files, 0);),
      CASE("manifest_missing", "no manifest", auto files = w.clean(); files.erase("manifest.json"); return refused(w, files, 0);),
      CASE("manifest_with_a_duplicate_key", "the manifest lists the files twice", return with_file(w, "manifest.json", 0, [](std::string s) { return s.insert(1, "\"files\":{},"); }, false);),
      CASE("sigstore_bundle_edited", "the Sigstore bundle names another index", return with_file(w, "attestation.sigstore.json", 2, [](std::string s) { return s.replace(s.find("\"logIndex\":\"") + 12, 1, "9"); });),
      CASE("payload_edited", "one byte of the signed statement", return with_file(w, "attestation.dsse.json", 1, [](std::string s) { auto& c = s[s.find("\"payload\":\"") + 2000]; c = c == 'A' ? 'B' : 'A'; return s; });),
      CASE("signature_not_canonical", "base64 of the signature with unused bits set", return with_file(w, "attestation.dsse.json", 1, [](std::string s) { auto at = s.rfind("==\""); auto& c = s[at - 1]; c = static_cast<char>(c + 1); return s; });),
      CASE("signature_removed", "an envelope without signatures", return with_file(w, "attestation.dsse.json", 1, [](std::string s) { return s.substr(0, s.find("\"signatures\":[") + 14) + "]}\n"; });),
      CASE("signature_twice", "an envelope with two signatures", return with_file(w, "attestation.dsse.json", 1, [](std::string s) { auto a = s.find("[{\"keyid\"") + 1, b = s.rfind(']'); auto sig = s.substr(a, b - a); return s.insert(b, "," + sig); });),
      CASE("payload_type_edited", "the envelope calls the payload something else", return with_file(w, "attestation.dsse.json", 1, [](std::string s) { return s.replace(s.find("vnd.in-toto"), 11, "vnd.in_toto"); });),
      CASE("envelope_with_a_duplicate_key", "the envelope names two payloads", return with_file(w, "attestation.dsse.json", 1, [](std::string s) { return s.insert(1, "\"payload\":\"e30=\","); });),
      CASE("score_policy_edited", "the rules of the score", return with_file(w, "score-policy.toml", 15, [](std::string s) { return s + "\n"; });),
      CASE("score_policy_missing", "no rules of the score", auto files = w.clean(); files.erase("score-policy.toml"); relist(files); return refused(w, files, 15);),
  };
}

std::vector<TamperCase> zip_cases() {
  return {
      CASE("zip_byte", "one byte of the packed bundle", return bytes(w, [](base::Bytes& z) { z[z.size() / 2] ^= 0x20; });),
      CASE("zip_cut", "the bundle cut", return bytes(w, [](base::Bytes& z) { z.resize(z.size() - 100); });),
      CASE("zip_longer", "a byte behind the bundle", return bytes(w, [](base::Bytes& z) { z.push_back(0); });),
      CASE("zip_name_twice", "one path twice", return zipped(w, [](std::vector<RawMember>& m) { m.insert(m.begin() + 3, m[2]); });),
      CASE("zip_order", "paths in another order", return zipped(w, [](std::vector<RawMember>& m) { std::swap(m[2], m[3]); });),
      CASE("zip_traversal", "a path that leaves the folder", return zipped(w, [](std::vector<RawMember>& m) { m.insert(m.begin(), RawMember{"../evil", base::to_bytes(std::string_view("x")), 0, 0, {}, {}, ""}); });),
      CASE("zip_two_names", "local and central headers name different paths", return zipped(w, [](std::vector<RawMember>& m) { m[0].local_name = "READMF"; });),
      CASE("zip_bomb", "a file that claims 4 GiB", return zipped(w, [](std::vector<RawMember>& m) { m[0].data.assign(1 << 20, 0); m[0].method = 8; m[0].size = 0xfffffff0u; });),
      CASE("zip_overflow", "a stream that is longer than it says", return zipped(w, [](std::vector<RawMember>& m) { m[0].method = 8; m[0].size = static_cast<std::uint32_t>(m[0].data.size() - 1); });),
      CASE("zip_crc", "a wrong checksum", return zipped(w, [](std::vector<RawMember>& m) { m[0].crc = 1; });),
      CASE("zip_method", "a packing method of its own", return zipped(w, [](std::vector<RawMember>& m) { m[0].method = 12; });),
      CASE("zip_encrypted", "a file that claims to be encrypted", return zipped(w, [](std::vector<RawMember>& m) { m[0].flags = 1; });),
      CASE("zip_of_another_kind", "any other file", return bytes(w, [](base::Bytes& z) { z = base::to_bytes(std::string(5000, 'x')); });),
  };
}
}  // namespace

std::vector<TamperCase> outsider_cases() {
  auto all = leaf_cases();
  for (auto list : {file_cases(), zip_cases()}) all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace fengsui::evidence
