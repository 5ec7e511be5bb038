// The signing half of attest.h: DSSE envelopes, Rekor entries, Sigstore bundles, revocation lists.
#include <algorithm>

#include "base/encode.h"
#include "evidence/attest.h"
#include "evidence/leaf.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;
constexpr std::size_t kMaxEnvelope = 16u << 20;
constexpr JsonLimits kLoose = {.max_bytes = kMaxEnvelope, .max_depth = 32, .one_line = false};

std::string base64(std::string_view text) { return base::base64(base::view(text)); }
}  // namespace

base::Bytes pae(std::string_view type, std::string_view body) {
  base::Bytes out;
  base::append(out, "DSSEv1 " + std::to_string(type.size()) + " ");
  base::append(out, type);
  base::append(out, " " + std::to_string(body.size()) + " ");
  base::append(out, body);
  return out;
}

std::string payload_digest(std::string_view payload) { return base::hex(crypto::sha256(base::view(payload))); }

std::string sign_envelope(std::string_view type, std::string_view payload, const crypto::SigningKey& key) {
  auto signature = key.sign(pae(type, payload));
  auto keyid = base::hex(crypto::sha256(base::View(crypto::spki_der(key.public_key()))));
  Json sigs = Json::array();
  sigs.push(Json::object().set("keyid", keyid).set("sig", base::base64(signature)));
  return Json::object().set("payloadType", type).set("payload", base64(payload)).set("signatures", sigs).dump() + "\n";
}

base::Result<Envelope> parse_envelope(std::string_view json) {
  auto j = Json::parse(json, kLoose);
  if (!j) return std::unexpected(j.error());
  Fields f(*j, "DSSE envelope");
  Envelope out;
  out.payload_type = f.text("payloadType", 256);
  auto payload = base::from_base64(f.text("payload", kMaxEnvelope));
  if (!payload) f.fail("payload", "is not base64");
  else out.payload = base::text(*payload);
  const auto& sigs = f.array("signatures", 16);
  if (sigs.empty()) f.fail("signatures", "is empty");
  for (const auto& item : sigs) {
    Fields s(item, "DSSE signature");
    Envelope::Sig sig;
    sig.keyid = s.text_or("keyid", 256);
    auto raw = base::from_base64(s.text("sig", 4096));
    if (!raw) s.fail("sig", "is not base64");
    else sig.sig = std::move(*raw);
    if (auto st = s.status(); !st) return std::unexpected(st.error());
    out.signatures.push_back(std::move(sig));
  }
  if (auto st = f.status(); !st) return std::unexpected(st.error());
  return out;
}

base::Status verify_envelope(const Envelope& envelope, const crypto::PublicKey& key) {
  auto message = pae(envelope.payload_type, envelope.payload);
  for (const auto& s : envelope.signatures)
    if (crypto::verify(key, message, s.sig)) return {};
  return fail(Errc::mismatch, "DSSE envelope: no signature of the key");
}

std::string rekor_entry(const Envelope& envelope, const crypto::PublicKey& key) {
  FENGSUI_ASSERT(!envelope.signatures.empty());
  Json verifier = Json::object().set("keyDetails", "PKIX_ED25519").set("publicKey", Json::object().set("rawBytes", base::base64(crypto::spki_der(key))));
  Json sigs = Json::array();
  sigs.push(Json::object().set("content", base::base64(envelope.signatures[0].sig)).set("verifier", verifier));
  Json hash = Json::object().set("algorithm", "SHA2_256").set("digest", base::base64(crypto::sha256(base::view(envelope.payload))));
  return Json::object().set("apiVersion", "0.0.2").set("kind", "dsse")
      .set("spec", Json::object().set("dsseV002", Json::object().set("payloadHash", hash).set("signatures", sigs))).dump();
}

std::string sigstore_bundle(const Envelope& envelope, const crypto::PublicKey& attester, std::string_view entry, std::uint64_t index,
                            const std::vector<Digest>& proof, const Checkpoint& at, std::string_view checkpoint, const Vkey& log) {
  FENGSUI_ASSERT(envelope.signatures.size() == 1);
  Json hashes = Json::array(), entries = Json::array(), sigs = Json::array();
  for (const auto& h : proof) hashes.push(base::base64(h));
  base::Bytes log_id;
  base::append_u32be(log_id, log.id);
  Json inclusion = Json::object().set("logIndex", std::to_string(index)).set("rootHash", base::base64(at.root)).set("treeSize", std::to_string(at.size))
                       .set("hashes", hashes).set("checkpoint", Json::object().set("envelope", checkpoint));
  entries.push(Json::object().set("logIndex", std::to_string(index)).set("logId", Json::object().set("keyId", base::base64(log_id)))
                   .set("kindVersion", Json::object().set("kind", "dsse").set("version", "0.0.2")).set("inclusionProof", inclusion)
                   .set("canonicalizedBody", base64(entry)));
  sigs.push(Json::object().set("sig", base::base64(envelope.signatures[0].sig)));
  Json hint = Json::object().set("hint", base::hex(crypto::sha256(base::View(crypto::spki_der(attester)))));
  return Json::object().set("mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json")
             .set("verificationMaterial", Json::object().set("publicKey", hint).set("tlogEntries", entries))
             .set("dsseEnvelope", Json::object().set("payload", base64(envelope.payload)).set("payloadType", envelope.payload_type).set("signatures", sigs))
             .dump() + "\n";
}

std::string sign_revocations(const std::vector<Revoked>& list, base::UnixMs as_of, const crypto::SigningKey& attester) {
  Json items = Json::array();
  for (const auto& r : list) items.push(Json::object().set("payload", r.payload_sha256).set("t", r.t).set("reason", r.reason));
  return sign_envelope(kRevocationPayloadType, Json::object().set("version", 1).set("asOf", as_of).set("revoked", items).dump(), attester);
}

base::Result<std::vector<Revoked>> open_revocations(std::string_view text, const std::vector<Vkey>& attesters) {
  auto envelope = parse_envelope(text);
  if (!envelope) return std::unexpected(envelope.error());
  if (envelope->payload_type != kRevocationPayloadType) return fail(Errc::malformed, "revocation list: another payload type");
  bool good = std::any_of(attesters.begin(), attesters.end(), [&](const auto& k) { return verify_envelope(*envelope, k.key).has_value(); });
  if (!good) return fail(Errc::mismatch, "revocation list: not signed by an attester of the policy");
  auto j = Json::parse(envelope->payload, kLoose);
  if (!j) return std::unexpected(j.error());
  Fields f(*j, "revocation list");
  std::vector<Revoked> out;
  for (const auto& item : f.array("revoked", 1'000'000)) {
    Fields r(item, "revocation");
    out.push_back({r.text("payload", 64), r.integer("t", 0, kMaxInteger), r.text_or("reason")});
    if (auto st = r.status(); !st) return std::unexpected(st.error());
  }
  if (auto st = f.status(); !st) return std::unexpected(st.error());
  return out;
}

}  // namespace fengsui::evidence
