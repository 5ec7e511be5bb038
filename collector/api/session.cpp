#include <boost/json.hpp>

#include "collector/api/handlers.h"
#include "collector/openapi.h"

namespace fengsui::collector::api {

namespace json = boost::json;

Response log_in(Service& service, const Call& call) {
  auto body = parse_object(call.request.body, 4096);
  if (!body) return failed(body);
  if (auto known = only_members(*body, {"user", "password"}); !known) return problem(known.error());
  auto user = text_of(*body, "user");
  auto life = service.centre.config().http.session_minutes * 60'000;
  auto token = service.centre.accounts().login(user, text_of(*body, "password"), call.request.now, life);
  if (!token && token.error().code == base::Errc::denied) {
    ++service.logins_denied;
    return problem(401, "bad_credentials", "Not logged in", "账号或口令不正确", token.error().what);
  }
  if (!token && token.error().code == base::Errc::limit) {
    ++service.logins_too_many;
    auto response = problem(429, "too_many_attempts", "Too many attempts", "尝试过于频繁，请稍候", token.error().what);
    response.headers.emplace_back("Retry-After", "1");
    return response;
  }
  if (!token) return failed(token);
  if (auto done = service.centre.record(user, "logged_in", ""); !done) return problem(done.error());
  auto session = service.centre.accounts().who(*token, call.request.now);
  if (!session) return problem(503, "unavailable", "Session lost", "会话未能建立", "the session could not be made");
  return answer(200, {{"token", *token},
                      {"expires", session->until},
                      {"user", user},
                      {"roles", array_from(role_ids(session->roles))},
                      {"initial_password", session->initial}});
}

Response log_out(Service& service, const Call& call) {
  service.centre.accounts().logout(call.request.token);
  return {204, "application/json", "", {}};
}

Response get_openapi(Service&, const Call&) { return {200, "application/json", std::string(openapi_json()), {}}; }

}  // namespace fengsui::collector::api
