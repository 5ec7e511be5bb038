// People who use the collector: accounts with argon2id hashes, sessions, roles (三员分立: the three administrators are
// apart, and none can do another's work). The first account holds all three until separate ones are made; it is named
// in the record of what it does.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "store/ledger.h"

namespace fengsui::collector {

// A set of roles is the sum of their numbers.
enum Role : unsigned { nobody = 0, sys_admin = 1, sec_admin = 2, audit_admin = 4, evaluator = 8 };
inline constexpr unsigned kAnyRole = sys_admin | sec_admin | audit_admin | evaluator;
std::vector<std::string> role_ids(unsigned roles);
std::optional<Role> role_from(std::string_view id);

struct Account {
  std::string name;
  unsigned roles = nobody;
  std::string password_hash;  // libsodium crypto_pwhash_str, argon2id
  bool initial = true;        // the password is still the one that was printed once
  base::UnixMs created = 0;
};

struct Session {
  std::string name;
  unsigned roles = nobody;
  base::UnixMs until = 0;
  bool initial = false;
};

// One thread. Accounts are in the control database; sessions live in memory only (a restart logs everybody out).
// Bounds: 1000 sessions (the one that ends first goes), 4 password checks a second over all callers.
class Accounts {
 public:
  explicit Accounts(store::Control& control) : control_(control) {}

  // The password, shown this once. Errc::exists, malformed (name: 1..64 of [a-z0-9._-]).
  base::Result<std::string> create(const std::string& name, unsigned roles, base::UnixMs now);
  // Errc::denied for a wrong name or password alike, limit when too many were tried.
  base::Result<std::string> login(const std::string& name, const std::string& password, base::UnixMs now,
                                  base::UnixMs life_ms);
  std::optional<Session> who(const std::string& token, base::UnixMs now);
  void logout(const std::string& token);
  // Errc::denied when `old_password` is not the present one, malformed when the new one is shorter than 12 characters.
  base::Status change_password(const std::string& name, const std::string& old_password,
                               const std::string& new_password, base::UnixMs now);
  base::Result<std::vector<Account>> all() const;

 private:
  base::Status allow_check(base::UnixMs now);
  base::Result<std::optional<Account>> find(const std::string& name) const;

  store::Control& control_;
  std::map<std::string, Session> sessions_;  // by hex SHA-256 of the token
  base::UnixMs window_ = 0;
  int checks_ = 0;
};

}  // namespace fengsui::collector
