// What an HTTP exchange becomes: metadata fields, the provenance of its bodies, the Activity.
#include <algorithm>
#include <array>
#include <charconv>

#include "capture/protocols/http1.h"

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxPath = 2048;

// activity_id of OCSF class 4002.
constexpr std::array<std::pair<std::string_view, std::uint32_t>, 9> kMethods = {{
    {"CONNECT", 1}, {"DELETE", 2}, {"GET", 3}, {"HEAD", 4}, {"OPTIONS", 5}, {"POST", 6}, {"PUT", 7}, {"TRACE", 8}, {"PATCH", 9}}};

std::uint32_t activity_of(std::string_view method) {
  for (const auto& [name, id] : kMethods) if (name == method) return id;
  return method.empty() ? 0 : 99;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A target without a query, an escape or six digits in a row holds nothing that is not metadata already.
bool worth_scanning(std::string_view target) {
  int digits = 0;
  for (const char c : target) {
    if (c == '?' || c == '%' || static_cast<unsigned char>(c) >= 0x80) return true;
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits == 6) return true;
  }
  return false;
}

}  // namespace

std::string metadata_path(std::string_view path) {
  std::string out = std::string(path.substr(0, kMaxPath));
  for (std::size_t i = 0; i < out.size();) {
    std::size_t end = i;
    while (end < out.size() && out[end] >= '0' && out[end] <= '9') ++end;
    if (end - i >= 11) std::fill(out.begin() + static_cast<std::ptrdiff_t>(i), out.begin() + static_cast<std::ptrdiff_t>(end), '*');
    i = end + 1;
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

void scan_target(Conversation& conversation, const HttpExchange& x, std::string_view text) {
  if (!worth_scanning(text)) return;
  const std::string decoded = percent_decode(text);
  auto from = exchange_provenance(conversation, x, model::ContentKind::message, true);
  from->member = "request-target";
  from->media_type.clear();
  Body body(conversation.room, from);
  body.write(base::view(decoded));
  body.end();
}

void describe_exchange(const Conversation& conversation, const HttpExchange& x, model::Fields& fields) {
  conversation.describe(fields);
  if (x.request_seen) {
    fields.set("http_request.http_method", x.method);
    fields.set("http_request.url.path", x.path);
    std::string_view host = x.host;
    if (const auto colon = host.rfind(':'); colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
      std::uint16_t port = 0;
      const std::string_view digits = host.substr(colon + 1);
      if (const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port); error == std::errc{} && end == digits.data() + digits.size()) {
        fields.set("http_request.url.port", std::int64_t{port});
      }
      host = host.substr(0, colon);
    }
    if (!host.empty()) fields.set("http_request.url.hostname", host);
    fields.set("http_request.url.scheme", "http");
    fields.set("http_request.version", x.version);
    if (!x.user_agent.empty()) fields.set("http_request.user_agent", x.user_agent);
    if (!x.referrer.empty()) fields.set("http_request.referrer", x.referrer);
    if (!x.forwarded_for.empty()) fields.set("http_request.x_forwarded_for", x.forwarded_for);
    fields.set("unmapped.fengsui.http_authorization", x.authorization);
    fields.set("unmapped.fengsui.http_cookie", x.cookie);
  }
  if (x.code != 0) {
    fields.set("http_response.code", std::int64_t{x.code});
    if (!x.reason.empty()) fields.set("http_response.message", x.reason);
    if (!x.response_type.empty()) fields.set("http_response.content_type", x.response_type);
  }
  if (!x.flags.empty()) fields.set("unmapped.fengsui.http_flags", x.flags);
}

std::shared_ptr<model::Provenance> exchange_provenance(const Conversation& conversation, const HttpExchange& x, model::ContentKind kind, bool request) {
  auto from = std::make_shared<model::Provenance>();
  from->kind = kind;
  from->stage = model::Stage::transmission;
  from->sensor = conversation.room.sensor;
  from->source = {"", "webserver", ""};
  from->time = conversation.now;
  from->object = x.request_seen ? x.method + " " + x.path : "response";
  from->media_type = request ? x.request_type : x.response_type;
  from->cleartext = true;
  describe_exchange(conversation, x, from->fields);
  from->fields.set("unmapped.fengsui.carried_by", request ? "request" : "response");
  return from;
}

void emit_exchange(Conversation& conversation, const HttpExchange& x) {
  model::Activity activity;
  activity.time = x.time;
  activity.class_uid = 4002;
  activity.activity_id = activity_of(x.method);
  activity.stage = model::Stage::transmission;
  activity.sensor = conversation.room.sensor;
  activity.source = {"", "webserver", ""};
  describe_exchange(conversation, x, activity.fields);
  if (x.request_seen) activity.fields.set("http_request.body_length", static_cast<std::int64_t>(x.request_body));
  if (x.code != 0) {
    activity.fields.set("http_response.body_length", static_cast<std::int64_t>(x.response_body));
    activity.fields.set("status_id", std::int64_t{x.code < 400 ? 1 : 2});
    activity.fields.set("status", x.code < 400 ? "Success" : "Failure");
  }
  conversation.room.sink.on_activity(std::move(activity));
}

}  // namespace fengsui::capture
