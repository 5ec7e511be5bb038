// The operator's connection to a collector: HTTP API calls with a bearer token, by libcurl.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace fengsui::cli {

struct Answer {
  long status = 0;
  std::string media_type;
  std::string body;
};

// Where the collector is and who asks. From flags, else FENGSUI_URL and FENGSUI_TOKEN, else the session file.
struct Session {
  std::string url;    // "http://127.0.0.1:8447"
  std::string token;  // bearer; never given as a flag
};

std::filesystem::path session_file();
// Errc::not_found when nobody has logged in; the message says how to.
base::Result<Session> load_session(const std::string& url_flag);
base::Status save_session(const Session& session);

// One thread. Answers above max_body are refused (Errc::limit).
class Client {
 public:
  explicit Client(Session session);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Any HTTP status is an Answer; Errc::unavailable when there is no answer at all.
  base::Result<Answer> call(std::string_view method, std::string_view path, const std::string& json_body = "");
  // Status 2xx or an error made from the RFC 9457 problem in the answer.
  base::Result<Answer> get(std::string_view path) { return expect_ok(call("GET", path)); }
  base::Result<Answer> post(std::string_view path, const std::string& json_body) { return expect_ok(call("POST", path, json_body)); }

  static base::Result<Answer> expect_ok(base::Result<Answer> answer);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Percent-encoding of one path segment or query value (RFC 3986 unreserved characters stay).
std::string encode_segment(std::string_view text);

}  // namespace fengsui::cli
