#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>

#include "base/fd.h"
#include "tools/fengsui/context.h"

namespace fengsui::cli {

namespace {
struct Login {
  std::string url = "http://127.0.0.1:8447", user = "admin", password_file;
};

void log_in(Context& context, const Login& login) {
  auto bytes = login.password_file == "-" ? base::read_file("/dev/stdin", 4096) : base::read_file(login.password_file, 4096);
  if (!bytes) return report(context, bytes.error());
  std::string password(base::text(*bytes));
  while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) password.pop_back();
  Client client(Session{login.url, ""});
  auto answer = client.post("/api/v1/session", boost::json::serialize(boost::json::object{{"user", login.user}, {"password", password}}));
  if (!answer) return report(context, answer.error());
  boost::system::error_code error;
  auto value = boost::json::parse(answer->body, error);
  auto* token = !error && value.is_object() ? value.as_object().if_contains("token") : nullptr;
  if (token == nullptr || !token->is_string()) return report(context, {base::Errc::malformed, "the collector's answer to the login has no token"});
  if (auto saved = save_session({login.url, std::string(token->as_string())}); !saved) return report(context, saved.error());
  if (context.json)
    std::printf("{\"session\":\"%s\"}\n", session_file().c_str());
  else
    std::printf("logged in at %s as %s; session kept in %s\n", login.url.c_str(), login.user.c_str(), session_file().c_str());
}
}  // namespace

void add_login(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("login", "Log in at a collector; the session is kept in a file of mode 0600");
  auto login = std::make_shared<Login>();
  command->add_option("--url", login->url, "Address of the collector's API")->capture_default_str();
  command->add_option("--user", login->user, "Account")->capture_default_str();
  command->add_option("--password-file", login->password_file, "File that holds the password, or - for standard input")->required();
  command->callback([&context, login] { log_in(context, *login); });
}

}  // namespace fengsui::cli
