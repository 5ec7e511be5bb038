#include "capture/protocols/mail.h"

#include <algorithm>
#include <cstring>

namespace fengsui::capture {
namespace {

constexpr std::size_t kMaxAddress = 320;

std::int64_t number(std::uint64_t n) { return static_cast<std::int64_t>(std::min<std::uint64_t>(n, INT64_MAX)); }

std::unique_ptr<Body> open(Conversation& conversation, std::string object, std::string_view carried_by, const char* media_type) {
  auto from = conversation.content(model::ContentKind::message, std::move(object));
  from->media_type = media_type;
  from->fields.set("unmapped.fengsui.app", conversation.app);
  from->fields.set("unmapped.fengsui.carried_by", carried_by);
  return std::make_unique<Body>(conversation.room, std::move(from));
}

}  // namespace

bool LineReader::take(base::View& in) {
  if (whole_) clear();
  if (in.empty()) return false;
  const auto* end = static_cast<const std::uint8_t*>(std::memchr(in.data(), '\n', in.size()));
  base::View part = end == nullptr ? in : in.first(static_cast<std::size_t>(end - in.data()));
  in = in.subspan(part.size() + (end == nullptr ? 0 : 1));
  const base::View head = part.first(std::min(part.size(), kHead - line_.size()));
  line_.append(base::text(head));
  part = part.subspan(head.size());
  if (!part.empty()) {
    if (tail_.empty()) tail_ = line_.substr(line_.size() - kTail);
    tail_.append(base::text(part.subspan(part.size() - std::min(part.size(), 2 * kTail))));
    if (tail_.size() > 2 * kTail) tail_.erase(0, tail_.size() - 2 * kTail);
  }
  if (end == nullptr) return false;
  whole_ = true;
  std::string& last = tail_.empty() ? line_ : tail_;
  if (!last.empty() && last.back() == '\r') last.pop_back();
  return true;
}

void LineReader::clear() {
  line_.clear();
  tail_.clear();
  whole_ = false;
}

void DotText::put(Body& body, base::View bytes) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  body.write(bytes);
}

bool DotText::take(base::View& in, Body& body) {
  std::size_t from = 0;  // of what is to be handed on
  for (std::size_t at = 0; at < in.size(); ++at) {
    const std::uint8_t c = in[at];
    switch (state_) {
      case State::begin:
        if (c == '.') {
          put(body, in.subspan(from, at - from));
          from = at + 1;
          state_ = State::dot;
          continue;
        }
        break;
      case State::dot:
        if (c == '\r') {
          from = at + 1;
          state_ = State::dot_return;
          continue;
        }
        if (c == '\n' && !crlf_seen_) {
          in = in.subspan(at + 1);
          return true;
        }
        break;
      case State::dot_return:
        if (c == '\n') {
          in = in.subspan(at + 1);
          return true;
        }
        put(body, base::view("\r"));
        break;
      case State::inside: {
        const auto* next = static_cast<const std::uint8_t*>(std::memchr(in.data() + at, '\n', in.size() - at));
        const std::size_t stop = next == nullptr ? in.size() : static_cast<std::size_t>(next - in.data());
        if (stop > at) {
          state_ = in[stop - 1] == '\r' ? State::ret : State::inside;
          at = stop - 1;
          continue;
        }
        break;
      }
      case State::ret: break;
    }
    const bool after_return = state_ == State::ret;
    if (c == '\n') {
      crlf_seen_ = crlf_seen_ || after_return;
      state_ = after_return || !crlf_seen_ ? State::begin : State::inside;
    } else {
      state_ = c == '\r' ? State::ret : State::inside;
    }
  }
  put(body, in.subspan(from));
  in = {};
  return false;
}

std::unique_ptr<Body> open_letter(Conversation& conversation, std::string object, std::string_view carried_by) {
  return open(conversation, std::move(object), carried_by, "message/rfc822");
}

std::unique_ptr<Body> open_beside(Conversation& conversation, std::string object, std::string_view carried_by) {
  return open(conversation, std::move(object), carried_by, "");
}

void emit_letter(Conversation& conversation, const Letter& letter, std::uint32_t activity_id, int status, std::string_view code, std::string_view mechanism) {
  model::Activity activity = conversation.activity(4009, activity_id, {"", "email", std::string(conversation.app)});
  activity.time = letter.time;
  model::Fields& f = activity.fields;
  const model::Value* direction = f.find("connection_info.direction_id");
  const auto* d = direction == nullptr ? nullptr : std::get_if<std::int64_t>(direction);
  f.set("direction_id", std::int64_t{d == nullptr ? 0 : *d});  // 1–4 mean the same in both lists
  f.set("protocol_name", conversation.app);
  if (!letter.from.empty()) f.set("email.from", letter.from);
  if (!letter.to.empty()) f.set("email.to", model::Value(std::vector<std::string>{letter.to}));
  f.set("email.size", number(letter.size));
  if (letter.recipients != 0) f.set("unmapped.fengsui.recipients", number(letter.recipients));
  if (!mechanism.empty()) f.set("unmapped.fengsui.auth_mechanism", mechanism);
  if (letter.incomplete) f.set("unmapped.fengsui.incomplete", true);
  f.set("status_id", std::int64_t{status});
  if (!code.empty()) f.set("status_code", code);
  conversation.room.sink.on_activity(std::move(activity));
}

void emit_clear_login(Conversation& conversation, std::string_view mechanism, int status) {
  model::Activity activity = conversation.activity(3002, 1, {"", "authentication", std::string(conversation.app)});
  model::Fields& f = activity.fields;
  f.set("user.type_id", model::Value(std::int64_t{0}));
  const bool challenge = mechanism == "APOP" || mechanism == "NTLM" || mechanism == "GSSAPI" || mechanism.starts_with("CRAM-") || mechanism.starts_with("DIGEST-") ||
                         mechanism.starts_with("SCRAM-");  // the secret itself does not travel
  f.set("is_cleartext", !challenge);
  f.set("unmapped.fengsui.app", conversation.app);
  f.set("unmapped.fengsui.clear_login", true);
  f.set("unmapped.fengsui.auth_mechanism", mechanism);
  f.set("status_id", std::int64_t{status});
  conversation.room.sink.on_activity(std::move(activity));
}

std::string verb_of(std::string_view line) {
  std::string out;
  for (const char c : line) {
    if (c == ' ' || c == '\t') break;
    const char upper = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    if (upper < 'A' || upper > 'Z' || out.size() == 12) return "";
    out.push_back(upper);
  }
  return out;
}

std::string address_of(std::string_view text) {
  if (const auto open = text.find('<'); open != std::string_view::npos) {
    text.remove_prefix(open + 1);
    text = text.substr(0, text.find('>'));
  } else {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ')));
    text = text.substr(0, text.find(' '));
  }
  return std::string(text.substr(0, kMaxAddress));
}

}  // namespace fengsui::capture
