#include "collector/accounts.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/encode.h"
#include "collector/json.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "crypto/secret.h"

namespace fengsui::collector {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxSessions = 1000;
constexpr int kChecksPerSecond = 4;
constexpr struct {
  Role role;
  std::string_view id;
} kRoles[] = {
    {sys_admin, "sys_admin"}, {sec_admin, "sec_admin"}, {audit_admin, "audit_admin"}, {evaluator, "evaluator"}};

// 20 characters of 31, about 99 bits; no look-alikes.
std::string new_password() {
  constexpr std::string_view alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
  std::string out;
  while (out.size() < 20) {
    std::uint8_t byte = 0;
    crypto::random_bytes(std::span(&byte, 1));
    if (byte < 256 / alphabet.size() * alphabet.size()) out += alphabet[byte % alphabet.size()];
  }
  return out;
}

std::string to_json(const Account& a) {
  return to_text(json::object{{"name", a.name},
                              {"roles", array_from(role_ids(a.roles))},
                              {"hash", a.password_hash},
                              {"initial", a.initial},
                              {"created", a.created}});
}

base::Result<Account> from_json(const std::string& text) {
  auto o = parse_object(text);
  if (!o) return std::unexpected(o.error());
  unsigned roles = 0;
  for (const auto& role : texts_of(*o, "roles"))
    if (auto known = role_from(role)) roles |= *known;
  if (roles == 0) return base::fail(base::Errc::malformed, "account without a role in the control database");
  return Account{text_of(*o, "name"), roles, text_of(*o, "hash"), flag_of(*o, "initial"), number_of(*o, "created")};
}

std::string session_id(const std::string& token) { return base::hex(crypto::sha256(base::view(token))); }

}  // namespace

std::vector<std::string> role_ids(unsigned roles) {
  std::vector<std::string> out;
  for (const auto& r : kRoles)
    if ((roles & r.role) != 0) out.emplace_back(r.id);
  return out;
}

std::optional<Role> role_from(std::string_view text) {
  for (const auto& r : kRoles)
    if (r.id == text) return r.role;
  return std::nullopt;
}

base::Result<std::string> Accounts::create(const std::string& name, unsigned roles, base::UnixMs now) {
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  if (name.empty() || name.size() > 64 || !std::all_of(name.begin(), name.end(), fits))
    return base::fail(base::Errc::malformed, "account name must be 1 to 64 of a-z, 0-9, '.', '_', '-'");
  auto password = new_password();
  auto hash = crypto::hash_password(password);
  if (!hash) return std::unexpected(hash.error());
  auto stored = control_.insert("account", name, to_json({name, roles, *hash, true, now}));
  if (!stored && stored.error().code == base::Errc::exists)
    return base::fail(base::Errc::exists, "account " + name + " exists");
  if (!stored) return std::unexpected(stored.error());
  return password;
}

base::Result<std::optional<Account>> Accounts::find(const std::string& name) const {
  auto text = control_.get("account", name);
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::optional<Account>();
  auto account = from_json(**text);
  if (!account) return std::unexpected(account.error());
  return std::optional(std::move(*account));
}

base::Status Accounts::allow_check(base::UnixMs now) {
  if (now - window_ >= 1000 || now < window_) {
    window_ = now;
    checks_ = 0;
  }
  if (++checks_ > kChecksPerSecond)
    return base::fail(base::Errc::limit, "more than 4 password checks in a second; wait a little");
  return {};
}

base::Result<std::string> Accounts::login(const std::string& name, const std::string& password, base::UnixMs now,
                                          base::UnixMs life_ms) {
  if (auto allowed = allow_check(now); !allowed) return std::unexpected(allowed.error());
  auto account = name.size() <= 64 ? find(name) : base::Result<std::optional<Account>>(std::nullopt);
  if (!account) return std::unexpected(account.error());
  // An unknown name costs as much time as a wrong password.
  static constexpr char kNobody[] =
      "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const std::string& hash = *account ? (*account)->password_hash : std::string(kNobody);
  bool right = crypto::verify_password(hash, password);
  if (!*account || !right) return base::fail(base::Errc::denied, "name or password is wrong");
  std::erase_if(sessions_, [&](const auto& s) { return s.second.until <= now; });
  if (sessions_.size() >= kMaxSessions)
    sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(),
                                     [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
  auto token = base::hex(crypto::random_bytes(32));
  sessions_[session_id(token)] = {name, (*account)->roles, now + life_ms, (*account)->initial};
  return token;
}

std::optional<Session> Accounts::who(const std::string& token, base::UnixMs now) {
  auto it = sessions_.find(session_id(token));
  if (it == sessions_.end()) return std::nullopt;
  if (it->second.until <= now) {
    sessions_.erase(it);
    return std::nullopt;
  }
  return it->second;
}

void Accounts::logout(const std::string& token) { sessions_.erase(session_id(token)); }

base::Status Accounts::change_password(const std::string& name, const std::string& old_password,
                                       const std::string& new_password, base::UnixMs now) {
  if (auto allowed = allow_check(now); !allowed) return allowed;
  if (new_password.size() < 12 || new_password.size() > 256)
    return base::fail(base::Errc::malformed, "a new password has 12 to 256 characters");
  auto account = find(name);
  if (!account) return std::unexpected(account.error());
  if (!*account || !crypto::verify_password((*account)->password_hash, old_password))
    return base::fail(base::Errc::denied, "the present password is wrong");
  auto hash = crypto::hash_password(new_password);
  if (!hash) return std::unexpected(hash.error());
  Account changed = **account;
  changed.password_hash = *hash;
  changed.initial = false;
  for (auto& [_, session] : sessions_)
    if (session.name == name) session.initial = false;
  return control_.put("account", name, to_json(changed));
}

base::Result<std::vector<Account>> Accounts::all() const {
  auto rows = control_.list("account");
  if (!rows) return std::unexpected(rows.error());
  std::vector<Account> out;
  for (const auto& [_, text] : *rows) {
    auto account = from_json(text);
    if (!account) return std::unexpected(account.error());
    out.push_back(std::move(*account));
  }
  return out;
}

}  // namespace fengsui::collector
