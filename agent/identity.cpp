#include "agent/identity.h"

#include <sys/stat.h>

#include <boost/json.hpp>

#include "base/encode.h"
#include "base/fd.h"
#include "crypto/hash.h"

namespace json = boost::json;

namespace fengsui::agent {

namespace {

// A secret of 32 bytes in a file of mode 0600.
base::Result<crypto::Secret> read_secret(const std::filesystem::path& file) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return base::fail_errno("stat", file.string(), errno);
  if (info.st_mode & 077)
    return base::fail(base::Errc::denied, file.string() + ": others may read this key; its mode must be 0600");
  auto bytes = base::read_file(file, 64);
  if (!bytes) return std::unexpected(bytes.error());
  if (bytes->size() != 32) {
    crypto::wipe(*bytes);
    return base::fail(base::Errc::malformed,
                      file.string() + ": " + std::to_string(bytes->size()) + " bytes; a key has 32");
  }
  auto secret = crypto::Secret::copy_of(*bytes);
  crypto::wipe(*bytes);
  return secret;
}

std::string text(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

base::Result<State> State::open(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) {
    std::filesystem::create_directories(folder, error);
    if (error) return base::fail_errno("mkdir", folder.string(), error.value());
    if (chmod(folder.c_str(), 0700) != 0) return base::fail_errno("chmod", folder.string(), errno);
  }
  if (!std::filesystem::is_directory(folder, error))
    return base::fail(base::Errc::io, folder.string() + ": the state folder is not a folder");
  return State(folder);
}

base::Result<crypto::SigningKey> State::identity_key() const {
  auto file = (folder_ / "identity.key").string();
  if (std::filesystem::exists(file)) return crypto::SigningKey::load_file(file);
  return crypto::SigningKey::create_file(file);
}

base::Result<wire::CurveKeys> State::link_keys() const {
  auto file = folder_ / "link.key";
  if (!std::filesystem::exists(file)) {
    auto made = wire::CurveKeys::generate();
    if (auto ok = base::write_file_durable(file, made.secret.view(), 0600); !ok) return std::unexpected(ok.error());
    return made;
  }
  auto secret = read_secret(file);
  if (!secret) return std::unexpected(secret.error());
  return wire::CurveKeys::from_secret(secret->view());
}

base::Result<Enrolment> State::enrolment() const {
  auto file = folder_ / "enrolment.json";
  auto bytes = base::read_file(file, 1u << 16);
  if (!bytes) return std::unexpected(bytes.error());
  boost::system::error_code error;
  auto parsed = json::parse(base::text(*bytes), error);
  if (error || !parsed.is_object())
    return base::fail(base::Errc::malformed, file.string() + ": not the JSON of an enrolment");
  const auto& object = parsed.as_object();
  Enrolment out{text(object, "agent"),
                text(object, "unit"),
                text(object, "origin"),
                text(object, "log_vkey"),
                text(object, "endpoint"),
                text(object, "server_key"),
                60};
  if (const auto* seconds = object.if_contains("heartbeat_seconds"); seconds && seconds->is_int64())
    out.heartbeat_seconds = seconds->as_int64();
  if (out.agent.empty() || out.unit.empty() || out.heartbeat_seconds < 1 || out.heartbeat_seconds > 3600)
    return base::fail(base::Errc::malformed,
                      file.string() + ": agent, unit or heartbeat_seconds is missing or out of range");
  return out;
}

base::Result<crypto::Secret> State::digest_key() const { return read_secret(folder_ / "digest.key"); }

base::Status State::save_enrolment(const Enrolment& e, base::View digest_key) const {
  if (digest_key.size() != 32)
    return base::fail(base::Errc::malformed, "the collector's digest key has " + std::to_string(digest_key.size()) +
                                                 " bytes; it must have 32");
  if (auto ok = base::write_file_durable(folder_ / "digest.key", digest_key, 0600); !ok) return ok;
  json::object object{{"agent", e.agent},
                      {"unit", e.unit},
                      {"origin", e.origin},
                      {"log_vkey", e.log_vkey},
                      {"endpoint", e.endpoint},
                      {"server_key", e.server_key},
                      {"heartbeat_seconds", e.heartbeat_seconds}};
  return base::write_file_durable(folder_ / "enrolment.json", base::view(json::serialize(object) + "\n"), 0600);
}

std::string instance_of(const crypto::PublicKey& key) { return base::hex(base::View(crypto::sha256(key)).first(8)); }

}  // namespace fengsui::agent
