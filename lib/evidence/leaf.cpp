#include "evidence/leaf.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/encode.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;

constexpr std::string_view kLeafPrefix = "fengsui-leaf/v1 ";
constexpr std::string_view kRecordPrefix = "fengsui-rec/v1 ";
constexpr std::array<std::string_view, 16> kKinds = {"scope", "enrol", "revoke", "boot", "hb", "find", "rules", "maint", "incident",
                                                     "gap", "gap-explained", "seal", "canary-commit", "canary-reveal", "dsse", "shard"};
}  // namespace

bool is_known_kind(std::string_view kind) { return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end(); }

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '/' || c == ':' || c == '-';
  });
}

std::string record_text(std::string_view kind, const Json& body) {
  return std::string(kRecordPrefix) + std::string(kind) + "\n" + body.dump() + "\n";
}

std::string sign_record(std::string_view kind, const Json& body, std::string_view signer, const crypto::SigningKey& key) {
  return sign_note(record_text(kind, body), signer, key);
}

base::Result<RecordNote> parse_record(std::string_view bytes) {
  auto note = parse_note(bytes);
  if (!note) return std::unexpected(note.error());
  RecordNote out;
  std::string_view text = note->text;
  auto first = text.find('\n');
  auto type = text.substr(0, first);
  if (!type.starts_with(kRecordPrefix)) return fail(Errc::unsupported, "record: another type line than fengsui-rec/v1");
  out.kind = type.substr(kRecordPrefix.size());
  if (!is_word(out.kind)) return fail(Errc::malformed, "record: a kind that is not a word");
  auto body = text.substr(first + 1);
  if (body.empty() || body.find('\n') != body.size() - 1) return fail(Errc::malformed, "record: not one line of JSON");
  body.remove_suffix(1);
  auto json = Json::parse(body, {.max_bytes = kMaxRecordJson});
  if (!json) return std::unexpected(json.error());
  if (!json->members()) return fail(Errc::malformed, "record: JSON that is not an object");
  out.body = std::move(*json);
  out.note = std::move(*note);
  return out;
}

base::Result<Leaf> with_header(std::string_view kind, std::string_view dept, base::UnixMs rx, std::string_view note) {
  if (!is_word(kind) || !is_word(dept)) return fail(Errc::malformed, "leaf: a kind or unit that is not a word");
  if (rx < 0 || rx > kMaxInteger) return fail(Errc::malformed, "leaf: a receipt time outside 0..2^53");
  std::string header = std::string(kLeafPrefix) + std::string(kind) + " " + std::string(dept) + " " + std::to_string(rx) + "\n";
  std::size_t size = header.size() + note.size();
  if (size > kMaxLeafBytes) return fail(Errc::limit, "leaf of " + std::to_string(size) + " bytes; limit " + std::to_string(kMaxLeafBytes));
  Leaf out;
  out.kind = kind;
  base::append(out.bytes, header);
  base::append(out.bytes, note);
  out.hash = leaf_hash(out.bytes);
  return out;
}

base::Result<Leaf> entry_leaf(std::string_view json) {
  if (json.size() > kMaxLeafBytes) return fail(Errc::limit, "leaf of " + std::to_string(json.size()) + " bytes; limit " + std::to_string(kMaxLeafBytes));
  if (!json.starts_with('{')) return fail(Errc::malformed, "leaf: an entry that is not a JSON object");
  Leaf out;
  out.kind = "dsse";
  out.bytes = base::to_bytes(json);
  out.hash = leaf_hash(out.bytes);
  return out;
}

base::Result<ParsedLeaf> parse_leaf(base::View bytes) {
  if (bytes.size() > kMaxLeafBytes) return fail(Errc::limit, "leaf of " + std::to_string(bytes.size()) + " bytes; limit " + std::to_string(kMaxLeafBytes));
  auto text = base::text(bytes);
  ParsedLeaf out;
  if (text.starts_with('{')) {
    auto json = Json::parse(text, {.max_bytes = kMaxLeafBytes});
    if (!json) return std::unexpected(json.error());
    out.kind = "dsse";
    out.record.kind = out.kind;
    out.record.body = std::move(*json);
    return out;
  }
  if (!text.starts_with(kLeafPrefix)) return fail(Errc::malformed, "leaf: another header than fengsui-leaf/v1");
  auto end = text.find('\n');
  if (end == text.npos) return fail(Errc::truncated, "leaf: ends inside its header");
  auto header = text.substr(kLeafPrefix.size(), end - kLeafPrefix.size());
  auto first = header.find(' ');
  auto second = first == header.npos ? header.npos : header.find(' ', first + 1);
  if (second == header.npos) return fail(Errc::malformed, "leaf: a header of fewer than three words");
  out.kind = header.substr(0, first);
  out.dept = header.substr(first + 1, second - first - 1);
  auto time = header.substr(second + 1);
  base::UnixMs rx = -1;
  auto [stop, error] = std::from_chars(time.data(), time.data() + time.size(), rx);
  if (!is_word(out.kind) || !is_word(out.dept) || error != std::errc() || stop != time.data() + time.size() || rx < 0 || rx > kMaxInteger ||
      (time.size() > 1 && (time[0] == '0' || time[0] == '-')))
    return fail(Errc::malformed, "leaf: a header that is not kind, unit and time");
  out.rx = rx;
  out.note = text.substr(end + 1);
  auto record = parse_record(out.note);
  if (!record) {
    if (record.error().code != Errc::unsupported) return std::unexpected(record.error());
    out.known = false;
    return out;
  }
  if (record->kind != out.kind) return fail(Errc::mismatch, "leaf: header and record name different kinds");
  out.known = is_known_kind(out.kind);
  out.record = std::move(*record);
  return out;
}

Digest detail_commitment(base::View salt, std::string_view detail) {
  return crypto::sha256({base::view("fengsui-cm/v1\n"), salt, base::view(detail)});
}
Digest chain_digest(std::string_view note) { return crypto::sha256({base::view("fengsui-rec-chain/v1\n"), base::view(note)}); }

std::string digest_text(const Digest& digest) { return base::base64(digest); }
base::Result<Digest> parse_digest(std::string_view text) {
  auto raw = base::from_base64(text);
  Digest out{};
  if (!raw || raw->size() != out.size()) return fail(Errc::malformed, "a digest that is not 32 bytes of base64");
  std::copy(raw->begin(), raw->end(), out.begin());
  return out;
}

}  // namespace fengsui::evidence
