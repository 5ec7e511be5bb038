#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "collector/init.h"
#include "collector/run.h"
#include "wire/link.h"

namespace {

using namespace fengsui;

class SystemClock : public base::Clock {
 public:
  base::UnixMs wall_ms() const override { return read(CLOCK_REALTIME); }
  base::BootMs boot_ms() const override { return read(CLOCK_BOOTTIME); }

 private:
  static std::int64_t read(clockid_t id) {
    timespec t{};
    ::clock_gettime(id, &t);
    return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
  }
};

constexpr int kConfigExit = 78;  // sysexits EX_CONFIG
constexpr int kUsageExit = 64;   // EX_USAGE

int complain(const base::Error& error) {
  std::fprintf(stderr, "fengsui-collector: %s\n", error.what.c_str());
  return kConfigExit;
}

struct InitOptions {
  std::string folder, admin = "admin", http;
  collector::Config config;
};

int do_init(InitOptions o, const base::Clock& clock) {
  if (!o.http.empty()) {
    auto colon = o.http.rfind(':');
    char* end = nullptr;
    long port = colon == std::string::npos ? -1 : std::strtol(o.http.c_str() + colon + 1, &end, 10);
    if (port < 0 || port > 65535 || end == nullptr || *end != '\0')
      return complain({base::Errc::usage, "--http " + o.http + " is not ADDRESS:PORT"});
    o.config.http.address = o.http.substr(0, colon);
    o.config.http.port = port;
  }
  auto made = collector::initialise(o.folder, o.config, o.admin, clock);
  if (!made) return complain(made.error());
  std::printf("link key: %s\naccount: %s\npassword: %s\npolicy: %s\n", made->link_key_z85.c_str(),
              made->administrator.c_str(), made->password.c_str(), made->policy_file.c_str());
  std::fprintf(
      stderr,
      "The password is shown this once. The account holds the roles of all three administrators (三员); give them to "
      "three people\n"
      "before real use. Agents need the link key; an evaluator pins the policy file.\nNext: fengsui-collector run %s\n",
      o.folder.c_str());
  return 0;
}

void raise_limits() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);  // keys never reach a core file
}

}  // namespace

int main(int argc, char** argv) {
  ::umask(077);
  SystemClock clock;
  CLI::App app{
      "fengsui-collector: receives, keeps and proves the record of the agents.\n"
      "Example: fengsui-collector init /var/lib/fengsui && fengsui-collector run /var/lib/fengsui"};
  app.set_version_flag("--version", std::string("fengsui-collector ") + FENGSUI_VERSION);
  app.require_subcommand(1);
  int exit_code = 0;

  InitOptions init;
  auto* make =
      app.add_subcommand("init", "Make the folder of a collector: keys, control database, first administrator");
  make->add_option("DIR", init.folder, "Folder")->required();
  make->add_option("--domain", init.config.collector.domain, "First part of the logs' origin")->capture_default_str();
  make->add_option("--division", init.config.collector.division, "Division code, six digits")->capture_default_str();
  make->add_option("--admin", init.admin, "Name of the first account")->capture_default_str();
  make->add_option("--link", init.config.link.endpoint, "Where agents connect")->capture_default_str();
  make->add_option("--http", init.http, "ADDRESS:PORT of the API and dashboard");
  make->add_option("--heartbeat", init.config.evidence.heartbeat_seconds, "Seconds between heartbeats")
      ->capture_default_str();
  make->add_option("--dashboard", init.config.http.dashboard, "Folder of the built dashboard");
  make->add_option("--page", init.config.evidence.page, "verify.html, which goes into every bundle");
  make->add_option("--rules", init.config.rules.dir, "Folder of the product's rules");
  make->callback([&] { exit_code = do_init(init, clock); });

  std::string folder;
  auto* check = app.add_subcommand("check", "Check configuration, keys and logs: exit 0 or 78");
  check->add_option("DIR", folder, "Folder that init made")->required();
  check->callback([&] {
    auto checked = collector::check_folder(folder, clock);
    exit_code = checked ? 0 : complain(checked.error());
    if (checked) std::printf("%s: configuration, keys and logs are in order\n", folder.c_str());
  });

  auto* run = app.add_subcommand("run", "Run the daemon in the foreground");
  run->add_option("DIR", folder, "Folder that init made")->required();
  run->callback([&] {
    raise_limits();
    auto config = collector::load_config(folder + "/collector.toml");
    if (!config) {
      exit_code = complain(config.error());
      return;
    }
    auto ended = collector::run(folder, *config, clock);
    exit_code = ended ? *ended : complain(ended.error());
  });

  std::string account;
  std::vector<std::string> roles;
  auto* add = app.add_subcommand(
      "account", "Add an account; its password is printed once: fengsui-collector account DIR lihua --role sec_admin");
  add->add_option("DIR", folder, "Folder that init made")->required();
  add->add_option("NAME", account, "Name")->required();
  add->add_option("--role", roles, "sys_admin, sec_admin, audit_admin or evaluator")->required();
  add->callback([&] {
    auto password = collector::add_account(folder, account, roles, clock);
    exit_code = password ? 0 : complain(password.error());
    if (password) std::printf("account: %s\npassword: %s\n", account.c_str(), password->c_str());
  });

  app.add_subcommand("key", "Print a fresh CURVE public key whose secret is forgotten: to test what a wrong key does")
      ->callback([] { std::printf("%s\n", wire::CurveKeys::generate().public_z85.c_str()); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kUsageExit;
  }
  return exit_code;
}
