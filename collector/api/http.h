// Requests and answers as the handlers see them; nothing of the HTTP library is in here.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "collector/json.h"

namespace fengsui::collector::api {

struct Request {
  std::string method, path;  // path percent-decoded, without the query
  std::map<std::string, std::string> query;
  std::string token;  // of "Authorization: Bearer …", "" when none
  std::string if_none_match;
  std::string body;
  base::UnixMs now = 0;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

Response answer(int status, const boost::json::object& body);
// RFC 9457 problem details; detail in both languages.
Response problem(int status, std::string_view code, std::string_view title, const std::string& zh,
                 const std::string& en);
// By the code of the error: not_found 404, exists and conflict 409, denied 403, malformed, limit and usage 400, else
// 503.
Response problem(const base::Error& error);

// Splits a request target into decoded path and query. Errc::malformed (percent coding, NUL, not UTF-8), limit (4096
// bytes, 32 parameters, a parameter twice).
base::Status parse_target(std::string_view target, Request& into);

}  // namespace fengsui::collector::api
