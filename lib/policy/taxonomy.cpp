// Sigma's field names in OCSF 1.8.0. Source: Sigma taxonomy appendix; the OCSF attribute dictionary.
#include <algorithm>
#include <array>

#include "policy/event.h"

namespace fengsui::policy {
namespace {

struct Alias {
  std::string_view name;
  std::array<std::string_view, 4> paths;  // first present wins; "" ends
};

// By name. A field means the same for every logsource that uses it, or its paths exclude each other by class.
constexpr Alias kAliases[] = {
    {"CommandLine", {"process.cmd_line"}},
    {"CurrentDirectory", {"process.working_directory"}},
    {"DestinationHostname", {"dst_endpoint.hostname"}},
    {"DestinationIp", {"dst_endpoint.ip"}},
    {"DestinationPort", {"dst_endpoint.port"}},
    {"Filename", {"file.path", "file.name"}},
    {"Image", {"process.file.path", "process.path", "actor.process.file.path", "actor.process.path"}},
    {"ParentCommandLine", {"process.parent_process.cmd_line", "actor.process.cmd_line"}},
    {"ParentImage", {"process.parent_process.file.path", "process.parent_process.path"}},
    {"ProcessId", {"process.pid"}},
    {"SourceIp", {"src_endpoint.ip"}},
    {"SourcePort", {"src_endpoint.port"}},
    {"TargetFilename", {"file.path"}},
    {"USER", {"process.user.name"}},
    {"User", {"process.user.name", "actor.user.name", "user.name"}},
    {"answer", {"answers.rdata"}},
    {"answers", {"answers.rdata"}},
    {"c-ip", {"src_endpoint.ip"}},
    {"c-uri", {"http_request.url.url_string", "http_request.url.path"}},
    {"c-uri-query", {"http_request.url.query_string"}},
    {"c-useragent", {"http_request.user_agent"}},
    {"cs-content-type", {"unmapped.fengsui.request_content_type"}},
    {"cs-host", {"http_request.url.hostname"}},
    {"cs-method", {"http_request.http_method"}},
    {"cs-referer", {"http_request.referrer"}},
    {"cs-uri", {"http_request.url.url_string", "http_request.url.path"}},
    {"cs-uri-query", {"http_request.url.query_string", "http_request.url.url_string"}},
    {"cs-uri-stem", {"http_request.url.path"}},
    {"cs-user-agent", {"http_request.user_agent"}},
    {"cs-username", {"actor.user.name"}},
    {"dst_ip", {"dst_endpoint.ip"}},
    {"dst_port", {"dst_endpoint.port"}},
    {"host", {"http_request.url.hostname"}},
    {"id.orig_h", {"src_endpoint.ip"}},
    {"id.orig_p", {"src_endpoint.port"}},
    {"id.resp_h", {"dst_endpoint.ip"}},
    {"id.resp_p", {"dst_endpoint.port"}},
    {"method", {"http_request.http_method"}},
    {"qtype_name", {"query.type"}},
    {"query", {"query.hostname"}},
    {"record_type", {"query.type"}},
    {"sc-status", {"http_response.code"}},
    {"src_ip", {"src_endpoint.ip"}},
    {"src_port", {"src_endpoint.port"}},
    {"status_code", {"http_response.code"}},
    {"uri", {"http_request.url.url_string", "http_request.url.path"}},
    {"user_agent", {"http_request.user_agent"}},
};
static_assert(std::is_sorted(std::begin(kAliases), std::end(kAliases),
                             [](const Alias& a, const Alias& b) { return a.name < b.name; }));

}  // namespace

std::span<const std::string_view> ocsf_names(std::string_view name) {
  const auto at = std::lower_bound(std::begin(kAliases), std::end(kAliases), name,
                                   [](const Alias& alias, std::string_view wanted) { return alias.name < wanted; });
  if (at == std::end(kAliases) || at->name != name) return {};
  std::size_t n = 0;
  while (n < at->paths.size() && !at->paths[n].empty()) ++n;
  return {at->paths.data(), n};
}

}  // namespace fengsui::policy
