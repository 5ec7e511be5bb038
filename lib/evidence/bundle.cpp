#include "evidence/bundle.h"

#include <map>

#include "base/encode.h"
#include "evidence/leaf.h"

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
    "attestation.dsse.json is a DSSE envelope over an in-toto statement, attestation.sigstore.json a Sigstore bundle v0.3.\n"
    "  jq -r .payload attestation.dsse.json | base64 -d | jq .\n";

base::Result<std::string> seal_proof(const HashReader& hashes, std::uint64_t leaf, const Checkpoint& at, const std::string& checkpoint) {
  auto proof = inclusion_proof(hashes, leaf, at.size);
  if (!proof) return std::unexpected(proof.error());
  return tlog_proof(leaf, *proof, checkpoint);
}
}  // namespace

base::Status export_log(const HashReader& hashes, const EntryReader& entries, const Vkey& log, const std::string& checkpoint,
                        const std::vector<std::pair<base::Day, std::uint64_t>>& seals, const FileSink& sink) {
  auto at = open_checkpoint(checkpoint, log);
  if (!at) return std::unexpected(at.error());
  if (auto s = sink("checkpoint", base::view(checkpoint)); !s) return s;
  std::map<base::Day, std::uint64_t> newest;  // a running day may be sealed more than once
  for (const auto& [day, leaf] : seals)
    if (leaf < at->size) newest[day] = leaf;
  for (const auto& [day, leaf] : newest) {
    auto proof = seal_proof(hashes, leaf, *at, checkpoint);
    if (!proof) return std::unexpected(proof.error());
    if (auto s = sink("seals/" + base::to_string(day) + ".tlog-proof", base::view(*proof)); !s) return s;
  }
  return export_tiles(hashes, entries, at->size, sink);
}

bool is_people_path(std::string_view path) {
  return path == "verify.html" || path == "attestation.html" || path == "attestation.pdf" || path == "form.html" ||
         (path.starts_with("records/") && is_bundle_path(path));
}

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
  Json::Object list;
  for (const auto& [path, content] : files) list.emplace_back(path, Json(base::hex(crypto::sha256(base::View(content)))));
  Json manifest = Json::object().set("version", 1).set("department", in.dept).set("from", in.from).set("to", in.to).set("origin", at->origin)
                      .set("size", at->size).set("entry", in.entry).set("files", Json(std::move(list)));
  files["manifest.json"] = base::to_bytes(manifest.dump() + "\n");
  return files;
}

base::Result<base::Bytes> make_bundle(const BundleInput& input) {
  auto files = bundle_files(input);
  if (!files) return std::unexpected(files.error());
  return write_zip(*files);
}

}  // namespace fengsui::evidence
