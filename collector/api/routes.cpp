#include <algorithm>
#include <iterator>

#include "collector/api/handlers.h"

namespace fengsui::collector::api {

namespace {

constexpr unsigned kReaders = kAnyRole;

constexpr Route kRoutes[] = {
    {"POST", "/api/v1/session", "log_in", nobody, "", log_in},
    {"DELETE", "/api/v1/session", "log_out", kReaders, "", log_out},
    {"GET", "/api/v1/openapi.json", "get_openapi", nobody, "", get_openapi},
    {"GET", "/api/v1/units", "list_units", kReaders, "", list_units},
    {"POST", "/api/v1/units", "add_unit", sys_admin, "", add_unit},
    {"POST", "/api/v1/tokens", "create_token", sys_admin, "", create_token},
    {"GET", "/api/v1/agents", "list_agents", kReaders, "unit", list_agents},
    {"GET", "/api/v1/catalog", "get_catalog", kReaders, "id,unit", get_catalog},
    {"POST", "/api/v1/catalog", "import_catalog", sec_admin, "", import_catalog},
    {"GET", "/api/v1/units/{unit}/days/{date}", "get_day", kReaders, "", get_day},
    {"POST", "/api/v1/units/{unit}/days/{date}/seal", "seal_day", sec_admin, "", seal_day},
    {"POST", "/api/v1/units/{unit}/days/{date}/sign", "sign_day", sec_admin, "", sign_day},
    {"POST", "/api/v1/units/{unit}/days/{date}/countersign", "countersign_day", sec_admin | audit_admin, "",
     countersign_day},
    {"POST", "/api/v1/units/{unit}/days/{date}/explanations", "explain_gap", sec_admin, "", explain_gap},
    {"GET", "/api/v1/units/{unit}/days/{date}/export.ndjson", "export_day", sec_admin | audit_admin | evaluator, "",
     export_day},
    {"GET", "/api/v1/units/{unit}/days/{date}/record.html", "print_day", kReaders, "", print_day},
    {"GET", "/api/v1/units/{unit}/days/{date}/findings", "list_findings", sec_admin | audit_admin | evaluator,
     "cursor,limit,severity,stage,rule,agent", list_findings},
    {"GET", "/api/v1/units/{unit}/findings/{index}", "get_finding", sec_admin | audit_admin | evaluator, "",
     get_finding},
    {"DELETE", "/api/v1/units/{unit}/findings/{index}", "refuse_deletion", kReaders, "", refuse_deletion},
    {"POST", "/api/v1/units/{unit}/findings/{index}/triage", "triage_finding", sec_admin, "", triage_finding},
    {"GET", "/api/v1/units/{unit}/attestations", "list_attestations", kReaders, "", list_attestations},
    {"POST", "/api/v1/units/{unit}/attestations", "issue_attestation", sec_admin, "", issue_attestation},
    {"GET", "/api/v1/units/{unit}/attestations/{id}/bundle", "get_bundle", kReaders, "since", get_bundle},
    {"GET", "/api/v1/units/{unit}/revocations", "list_revocations", nobody, "", list_revocations},
    {"GET", "/api/v1/units/{unit}/score", "get_score", kReaders, "from,to", get_score},
    {"GET", "/log/{unit}/{year}/checkpoint", "get_checkpoint", nobody, "", get_checkpoint},
    {"GET", "/log/{unit}/{year}/tile/{path...}", "get_tile", nobody, "", get_tile},
    {"POST", "/add-checkpoint", "add_checkpoint", nobody, "", add_checkpoint},
    {"GET", "/witness.vkey", "get_witness_key", nobody, "", get_witness_key},
    {"GET", "/api/v1/units/{unit}/witness-request", "get_witness_request", kReaders, "old", get_witness_request},
    {"POST", "/api/v1/units/{unit}/cosignatures", "accept_cosignatures", sec_admin, "", accept_cosignatures},
    {"POST", "/api/v1/units/{unit}/days/{date}/stamp-request", "request_stamp", sec_admin, "", request_stamp},
    {"POST", "/api/v1/units/{unit}/days/{date}/stamp", "accept_stamp", sec_admin, "", accept_stamp},
    {"GET", "/healthz", "get_health", nobody, "", get_health},
    {"GET", "/metrics", "get_metrics", nobody, "", get_metrics},
};

// The values of {…}; false when the path does not fit.
bool fits(std::string_view pattern, std::string_view path, std::vector<std::string>& values) {
  while (true) {
    auto take = [](std::string_view& text) {
      text.remove_prefix(1);
      auto segment = text.substr(0, text.find('/'));
      text.remove_prefix(segment.size());
      return segment;
    };
    if (pattern.empty() || path.empty()) return pattern.empty() && path.empty();
    if (pattern.front() != '/' || path.front() != '/') return false;
    auto rest = path.substr(1);
    auto wanted = take(pattern);
    if (wanted.ends_with("...}")) {
      values.emplace_back(rest);
      return !rest.empty();
    }
    auto got = take(path);
    if (wanted.starts_with('{')) {
      if (got.empty()) return false;
      values.emplace_back(got);
    } else if (wanted != got) {
      return false;
    }
  }
}

bool knows(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    auto one = list.substr(0, list.find(','));
    if (one == name) return true;
    list.remove_prefix(std::min(list.size(), one.size() + 1));
  }
  return false;
}

Response checked_call(Service& service, const Route& route, const Request& request, std::vector<std::string> values) {
  Call call{request, std::move(values), {}};
  if (route.roles != nobody) {
    auto session = service.centre.accounts().who(request.token, request.now);
    if (!session)
      return problem(401, "unauthorised", "Not logged in", "没有登录或登录已过期", "no session, or it has expired");
    if ((session->roles & route.roles) == 0)
      return problem(403, "forbidden", "Role does not allow it", "当前角色不允许此操作（三员分立）",
                     "your role does not allow this; the three administrators are apart");
    call.session = *session;
  }
  for (const auto& [name, _] : request.query)
    if (!knows(route.query, name))
      return problem(400, "invalid", "Unknown parameter", "未知参数：" + name.substr(0, 64),
                     "unknown parameter " + name.substr(0, 64));
  return route.handle(service, call);
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Response dispatch(Service& service, const Request& request) {
  std::string allowed;
  for (const auto& route : kRoutes) {
    std::vector<std::string> values;
    if (!fits(route.path, request.path, values)) continue;
    if (route.method == request.method) return checked_call(service, route, request, std::move(values));
    allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
  }
  if (!allowed.empty()) {
    auto response =
        problem(405, "method_not_allowed", "Method not allowed", "不支持这种方法", "this path knows " + allowed);
    response.headers.emplace_back("Allow", allowed);
    return response;
  }
  if (request.path.starts_with("/api/") || request.path.starts_with("/log/"))
    return problem(404, "not_found", "Not found", "没有这个接口", "no such interface");
  if (request.method != "GET")
    return problem(405, "method_not_allowed", "Method not allowed", "不支持这种方法", "files are read only");
  return get_file(service, request);
}

}  // namespace fengsui::collector::api
