#include "collector/init.h"

#include "base/fd.h"
#include "collector/centre.h"

namespace fengsui::collector {

base::Result<Initialised> initialise(const std::filesystem::path& folder, const Config& config,
                                     const std::string& administrator, const base::Clock& clock) {
  if (std::filesystem::exists(folder / "collector.toml"))
    return base::fail(base::Errc::exists, folder.string() + " holds a collector already");
  // What will be written must be readable again: ranges and names are checked here, before anything is made.
  auto text = example_config(config);
  auto checked = parse_config(text, (folder / "collector.toml").string());
  if (!checked) return std::unexpected(checked.error());
  if (auto keys = Keys::create(folder / "keys"); !keys) return std::unexpected(keys.error());
  auto centre = Centre::open(folder, *checked, clock);
  if (!centre) return std::unexpected(centre.error());
  Initialised out;
  out.administrator = administrator;
  auto password = (*centre)->accounts().create(administrator, sys_admin | sec_admin | audit_admin, clock.wall_ms());
  if (!password) return std::unexpected(password.error());
  out.password = *password;
  out.link_key_z85 = (*centre)->keys().curve().public_z85;
  out.policy_file = (folder / "evaluator-policy").string();
  if (auto written = (*centre)->write_policy(); !written) return std::unexpected(written.error());
  if (auto written =
          (*centre)->record("init", "account_created", administrator + " with all three administrators' roles");
      !written)
    return std::unexpected(written.error());
  // Last, so that a folder with this file is whole.
  if (auto written = base::write_file_durable(folder / "collector.toml", base::view(text)); !written)
    return std::unexpected(written.error());
  return out;
}

base::Result<std::string> add_account(const std::filesystem::path& folder, const std::string& name,
                                      const std::vector<std::string>& roles, const base::Clock& clock) {
  if (!std::filesystem::exists(folder / "collector.toml"))
    return base::fail(base::Errc::not_found, folder.string() + " holds no collector");
  unsigned set = nobody;
  for (const auto& id : roles) {
    auto role = role_from(id);
    if (!role)
      return base::fail(base::Errc::usage, "role " + id + " is none of sys_admin, sec_admin, audit_admin, evaluator");
    set |= *role;
  }
  if (set == nobody) return base::fail(base::Errc::usage, "an account needs a role");
  auto ledger = store::Ledger::open(folder / "ledger");
  if (!ledger) return std::unexpected(ledger.error());
  return Accounts((*ledger)->control()).create(name, set, clock.wall_ms());
}

base::Status check_folder(const std::filesystem::path& folder, const base::Clock& clock) {
  auto config = load_config(folder / "collector.toml");
  if (!config) return std::unexpected(config.error());
  if (!config->http.dashboard.empty() && !std::filesystem::is_directory(config->http.dashboard))
    return base::fail(base::Errc::usage, "http.dashboard " + config->http.dashboard + " is not a folder");
  if (!config->evidence.page.empty() && !std::filesystem::is_regular_file(config->evidence.page))
    return base::fail(base::Errc::usage, "evidence.page " + config->evidence.page + " is not a file");
  if (!config->rules.dir.empty() && !std::filesystem::is_directory(config->rules.dir))
    return base::fail(base::Errc::usage, "rules.dir " + config->rules.dir + " is not a folder");
  auto centre = Centre::open(folder, *config, clock);
  return centre ? base::Status() : std::unexpected(centre.error());
}

}  // namespace fengsui::collector
