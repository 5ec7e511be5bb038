#include "tools/fengsui/client.h"

#include <curl/curl.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <cstdlib>

#include "base/fd.h"

namespace fengsui::cli {

namespace {
constexpr std::size_t kMaxBody = 512u << 20;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t receive(char* data, std::size_t size, std::size_t count, void* target) {
  auto* body = static_cast<std::string*>(target);
  if (body->size() + size * count > kMaxBody) return 0;
  body->append(data, size * count);
  return size * count;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}
}  // namespace

std::filesystem::path session_file() {
  std::string base = environment("XDG_CONFIG_HOME");
  if (base.empty()) base = environment("HOME") + "/.config";
  return std::filesystem::path(base) / "fengsui" / "session.json";
}

base::Result<Session> load_session(const std::string& url_flag) {
  Session session{url_flag.empty() ? environment("FENGSUI_URL") : url_flag, environment("FENGSUI_TOKEN")};
  if (!session.url.empty() && !session.token.empty()) return session;
  auto bytes = base::read_file(session_file(), 65536);
  if (bytes) {
    boost::system::error_code error;
    auto value = boost::json::parse(base::text(*bytes), error);
    if (error || !value.is_object()) return base::fail(base::Errc::malformed, session_file().string() + " is not a session; run: fengsui login");
    const auto& object = value.as_object();
    auto text = [&](const char* key) {
      auto* found = object.if_contains(key);
      return found && found->is_string() ? std::string(found->as_string()) : std::string();
    };
    if (session.url.empty()) session.url = text("url");
    if (session.token.empty() && session.url == text("url")) session.token = text("token");
  }
  if (session.url.empty() || session.token.empty())
    return base::fail(base::Errc::not_found, "not logged in; run: fengsui login --url http://HOST:PORT --user NAME --password-file FILE");
  return session;
}

base::Status save_session(const Session& session) {
  auto file = session_file();
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  boost::json::object object{{"url", session.url}, {"token", session.token}};
  return base::write_file_durable(file, base::view(boost::json::serialize(object) + "\n"), 0600);
}

struct Client::State {
  Session session;
  CURL* curl = nullptr;
};

Client::Client(Session session) : state_(std::make_unique<State>()) {
  state_->session = std::move(session);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  state_->curl = curl_easy_init();
  FENGSUI_ASSERT(state_->curl != nullptr);
}
Client::~Client() { curl_easy_cleanup(state_->curl); }

base::Result<Answer> Client::call(std::string_view method, std::string_view path, const std::string& json_body) {
  CURL* curl = state_->curl;
  curl_easy_reset(curl);
  std::string url = state_->session.url + std::string(path);
  std::unique_ptr<curl_slist, FreeList> headers;
  auto header = [&](const std::string& line) { headers.reset(curl_slist_append(headers.release(), line.c_str())); };
  header("Accept: application/json");
  if (!state_->session.token.empty()) header("Authorization: Bearer " + state_->session.token);
  if (method != "GET") header("Content-Type: application/json");
  Answer answer;
  char reason[CURL_ERROR_SIZE] = "";
  std::string verb(method);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, verb.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 300L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "127.0.0.1,localhost,::1");
  if (method != "GET") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, json_body.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(json_body.size()));
  }
  CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    std::string why = *reason ? reason : curl_easy_strerror(code);
    return base::fail(code == CURLE_WRITE_ERROR ? base::Errc::limit : base::Errc::unavailable, "collector at " + state_->session.url + ": " + why);
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  const char* type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) answer.media_type = type;
  return answer;
}

base::Result<Answer> Client::expect_ok(base::Result<Answer> answer) {
  if (!answer || (answer->status >= 200 && answer->status < 300)) return answer;
  std::string what = "the collector answered " + std::to_string(answer->status);
  boost::system::error_code error;
  auto value = boost::json::parse(answer->body, error);
  if (!error && value.is_object())
    for (const char* key : {"title", "detail"})
      if (auto* found = value.as_object().if_contains(key); found && found->is_string()) what += ": " + std::string(found->as_string());
  base::Errc code = answer->status == 401 || answer->status == 403 ? base::Errc::denied
                    : answer->status == 404                        ? base::Errc::not_found
                    : answer->status == 409                        ? base::Errc::conflict
                    : answer->status == 400 || answer->status == 422 ? base::Errc::usage
                                                                     : base::Errc::unavailable;
  if (answer->status == 401) what += "; run: fengsui login";
  return base::fail(code, what);
}

std::string encode_segment(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    auto u = static_cast<unsigned char>(c);
    bool plain = (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == '-' || u == '_' || u == '.' || u == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[u >> 4]);
      out.push_back(kHex[u & 15]);
    }
  }
  return out;
}

}  // namespace fengsui::cli
