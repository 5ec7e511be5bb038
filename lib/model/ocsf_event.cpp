#include "model/ocsf_event.h"

#include <arpa/inet.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <limits>
#include <optional>
#include <vector>

#include "base/encode.h"

namespace json = boost::json;

namespace fengsui::model {

namespace {

// Calls f for each word of a space-separated list until it returns true; says whether one did.
template <class F>
bool any_word(std::string_view words, F f) {
  while (!words.empty()) {
    auto end = words.find(' ');
    auto word = words.substr(0, end);
    if (!word.empty() && f(word)) return true;
    words = end == std::string_view::npos ? std::string_view{} : words.substr(end + 1);
  }
  return false;
}

std::optional<std::int64_t> as_integer(const Value& value) {
  if (const auto* n = std::get_if<std::int64_t>(&value)) return *n;
  const auto* s = std::get_if<std::string>(&value);
  std::int64_t n = 0;
  if (!s || s->empty()) return std::nullopt;
  auto [end, error] = std::from_chars(s->data(), s->data() + s->size(), n);
  if (error != std::errc{} || end != s->data() + s->size()) return std::nullopt;
  return n;
}

bool is_ip(const std::string& text) {
  unsigned char out[16];
  return inet_pton(AF_INET, text.c_str(), out) == 1 || inet_pton(AF_INET6, text.c_str(), out) == 1;
}

bool is_hex_groups(std::string_view text, std::initializer_list<std::size_t> groups, std::string_view separators) {
  std::size_t at = 0, n = 0;
  for (std::size_t size : groups) {
    if (n++ > 0 && (at >= text.size() || separators.find(text[at++]) == std::string_view::npos)) return false;
    for (std::size_t i = 0; i < size; ++i, ++at)
      if (at >= text.size() || !std::isxdigit(static_cast<unsigned char>(text[at]))) return false;
  }
  return at == text.size();
}

// OCSF's email_t.
bool is_email(std::string_view text) {
  auto at = text.find('@');
  if (at == std::string_view::npos || at == 0) return false;
  auto local_ok = [](unsigned char c) {
    return std::isalnum(c) ||
           std::string_view("!#$%&'*+-/=?^_`{|}~.").find(static_cast<char>(c)) != std::string_view::npos;
  };
  auto host = text.substr(at + 1);
  auto dot = host.find('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == host.size()) return false;
  auto host_ok = [](unsigned char c) { return (c < 0x80 && std::isalnum(c)) || c == '-' || c == '.'; };
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at),
                     [&](unsigned char c) { return c < 0x80 && local_ok(c); }) &&
         std::all_of(host.begin(), host.end(), host_ok);
}

bool text_fits(char type, const std::string& text) {
  switch (type) {
    case 'a':
      return is_ip(text);
    case 'e':
      return is_email(text);
    case 'm':
      return is_hex_groups(text, {2, 2, 2, 2, 2, 2}, ":-");
    case 'u':
      return is_hex_groups(text, {8, 4, 4, 4, 12}, "-");
    default:
      return true;
  }
}

// The JSON form of a value as the type demands it; nullopt when it does not fit.
std::optional<json::value> convert(const Value& value, char type) {
  switch (type) {
    case 'i':
    case 'l':
    case 'p': {
      auto n = as_integer(value);
      if (!n) return std::nullopt;
      if (type == 'i' &&
          (*n < std::numeric_limits<std::int32_t>::min() || *n > std::numeric_limits<std::int32_t>::max()))
        return std::nullopt;
      if (type == 'p' && (*n < 0 || *n > 65535)) return std::nullopt;
      return json::value(*n);
    }
    case 'b': {
      const auto* b = std::get_if<bool>(&value);
      return b ? std::optional(json::value(*b)) : std::nullopt;
    }
    case 'S':
    case 'A':
    case 'E': {
      json::array out;
      auto add = [&](const std::string& s) {
        bool fits = text_fits(type == 'S' ? 's' : type == 'A' ? 'a' : 'e', s);
        if (fits) out.emplace_back(json_text(s));
        return fits;
      };
      if (const auto* s = std::get_if<std::string>(&value))
        return add(*s) ? std::optional(json::value(out)) : std::nullopt;
      const auto* list = std::get_if<std::vector<std::string>>(&value);
      if (!list || !std::all_of(list->begin(), list->end(), add)) return std::nullopt;
      return json::value(out);
    }
    default: {
      if (const auto* n = std::get_if<std::int64_t>(&value); n && type == 's') return json::value(std::to_string(*n));
      const auto* s = std::get_if<std::string>(&value);
      if (!s || s->empty() || !text_fits(type, *s)) return std::nullopt;
      return json::value(json_text(*s));
    }
  }
}

json::value as_json(const Value& value) {
  if (const auto* b = std::get_if<bool>(&value)) return *b;
  if (const auto* n = std::get_if<std::int64_t>(&value)) return *n;
  if (const auto* s = std::get_if<std::string>(&value)) return json::value(json_text(*s));
  json::array out;
  if (const auto* list = std::get_if<std::vector<std::string>>(&value))
    for (const auto& s : *list) out.emplace_back(json_text(s));
  return std::holds_alternative<std::monostate>(value) ? json::value(nullptr) : json::value(out);
}

std::string text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_int64()) return std::to_string(value.as_int64());
  return {};
}

// The object that attribute `name` of `object` holds, made when missing; the first element of an array of objects.
json::object& child(json::object& object, std::string_view name, bool array) {
  json::value& slot = object[name];
  if (!array) {
    if (!slot.is_object()) slot.emplace_object();
    return slot.as_object();
  }
  if (!slot.is_array()) slot.emplace_array();
  if (slot.as_array().empty()) slot.as_array().emplace_back(json::object{});
  return slot.as_array()[0].as_object();
}

}  // namespace

std::string json_text(std::string_view text, std::size_t limit) {
  if (text.size() <= limit && base::is_utf8(base::view(text))) return std::string(text);
  std::string out;
  std::size_t at = 0;
  while (at < text.size() && out.size() < limit) {
    auto lead = static_cast<unsigned char>(text[at]);
    std::size_t n = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    auto piece = text.substr(at, n);
    bool whole = piece.size() == n && base::is_utf8(base::view(piece));
    if (out.size() + (whole ? n : 3) > limit) break;
    out += whole ? piece : std::string_view("\xEF\xBF\xBD");
    at += whole ? n : 1;
  }
  return out;
}

struct Event::Body {
  explicit Body(const shape::Shape& shape) : shape_(shape) {}
  void set(std::string_view path, const Value& value, std::string_view below);
  bool place(std::string_view path, const Value& value);
  void put_unmapped(std::string_view path, json::value value);
  bool complete(json::object& object, const shape::Shape& shape, std::string_view path);
  void captions(json::object& object, const shape::Shape& shape);
  void require(const Host& host);
  void add_device(const Host& host);
  void add_metadata(const Host& host, const std::string& uid, std::uint64_t sequence, base::UnixMs now, Stage stage,
                    Language language);

  const shape::Shape& shape_;
  json::object root_, fengsui_, unmapped_;
};

Event::Event(const shape::Shape& shape, std::uint32_t activity_id) : body_(std::make_unique<Body>(shape)) {
  auto& root_ = body_->root_;
  const auto* classes = shape::enum_of(shape.name, "class_uid");
  const auto* activities = shape::enum_of(shape.name, "activity_id");
  const auto* categories = shape::enum_of(shape.name, "category_uid");
  if (shape::caption_of(*activities, std::to_string(activity_id)).empty()) activity_id = 99;
  root_["class_uid"] = static_cast<std::int64_t>(shape.class_uid);
  root_["class_name"] = shape::caption_of(*classes, std::to_string(shape.class_uid));
  root_["category_uid"] = static_cast<std::int64_t>(shape.class_uid / 1000);
  root_["category_name"] = shape::caption_of(*categories, std::to_string(shape.class_uid / 1000));
  root_["activity_id"] = static_cast<std::int64_t>(activity_id);
  root_["activity_name"] = shape::caption_of(*activities, std::to_string(activity_id));
  root_["type_uid"] = static_cast<std::int64_t>(shape.class_uid * 100 + activity_id);
}

Event::~Event() = default;
json::object& Event::root() { return body_->root_; }
json::object& Event::fengsui() { return body_->fengsui_; }
void Event::set(std::string_view path, const Value& value, std::string_view below) { body_->set(path, value, below); }

void Event::Body::set(std::string_view path, const Value& value, std::string_view below) {
  if (std::holds_alternative<std::monostate>(value)) return;
  if (const auto* s = std::get_if<std::string>(&value); s && s->empty()) return;
  if (!path.starts_with("unmapped.")) {
    if (!below.empty() && place(std::string(below) + "." + std::string(path), value)) return;
    if (place(path, value)) return;
    put_unmapped(std::string("fengsui.") + std::string(path), as_json(value));
    return;
  }
  put_unmapped(path.substr(9), as_json(value));
}

void Event::set_all(const Fields& fields, std::string_view below) {
  for (const auto& field : fields) set(field.name, field.value, below);
}

bool Event::Body::place(std::string_view path, const Value& value) {
  // First find out whether the whole path is legal, so that nothing is made for one that is not.
  const shape::Shape* at = &shape_;
  std::vector<std::pair<std::string_view, bool>> steps;
  std::string_view type;
  while (true) {
    auto dot = path.find('.');
    auto step = path.substr(0, dot);
    type = shape::type_of(*at, step);
    if (type.empty()) return false;
    if (dot == std::string_view::npos) {
      path = step;
      break;
    }
    if (type[0] != '@' && type[0] != '*') return false;
    steps.emplace_back(step, type[0] == '*');
    at = shape::object_shape(type.substr(1));
    path.remove_prefix(dot + 1);
    if (!at || steps.size() > 8) return false;
  }
  std::optional<json::value> converted;
  if (type[0] == '*' && type.substr(1) == "dns_answer") {
    const auto* list = std::get_if<std::vector<std::string>>(&value);
    if (!list) return false;
    json::array answers;
    for (const auto& answer : *list) answers.emplace_back(json::object{{"rdata", json_text(answer)}});
    converted = std::move(answers);
  } else if (type[0] == '@' || type[0] == '*') {
    return false;
  } else {
    converted = convert(value, type[0]);
  }
  if (!converted) return false;
  if (type.ends_with('#')) {
    const auto* values = shape::enum_of(at->name, path);
    if (!values || shape::caption_of(*values, text_of(*converted)).empty()) return false;
  }
  json::object* object = &root_;
  for (auto [step, array] : steps) object = &child(*object, step, array);
  (*object)[path] = std::move(*converted);
  return true;
}

void Event::Body::put_unmapped(std::string_view path, json::value value) {
  json::object* object = &unmapped_;
  if (path.starts_with("fengsui.")) {
    object = &fengsui_;
    path.remove_prefix(8);
  }
  while (true) {
    auto dot = path.find('.');
    if (dot == std::string_view::npos) break;
    json::value& slot = (*object)[path.substr(0, dot)];
    if (slot.is_null()) slot.emplace_object();
    if (!slot.is_object()) break;  // "a" holds a value and "a.b" comes too: kept under its whole name
    object = &slot.as_object();
    path.remove_prefix(dot + 1);
  }
  json::value& slot = (*object)[path];
  if (slot.is_object() && value.is_object())
    for (auto& pair : value.as_object()) slot.as_object()[pair.key()] = pair.value();
  else if (!slot.is_object())
    slot = std::move(value);
  else
    slot.as_object()["value"] = std::move(value);
}

namespace {

// What an object must have and a source may not know. The values say "unknown" where the schema has a word for it.
void fill_required(json::object& object, std::string_view shape) {
  auto want = [&](std::string_view key, json::value value) {
    if (!object.contains(key)) object[key] = std::move(value);
  };
  if (shape == "file") {
    if (!object.contains("name") && object.contains("path")) {
      auto path = text_of(object["path"]);
      object["name"] = path.substr(path.rfind('/') + 1).empty() ? path : path.substr(path.rfind('/') + 1);
    }
    want("type_id", 1);
  } else if (shape == "network_connection_info") {
    want("direction_id", 0);
  } else if (shape == "database") {
    want("type_id", 0);
  } else if (shape == "query_info") {
    want("name", "statement");
  } else if (shape == "device" || shape == "scan") {
    want("type_id", 0);
  } else if (shape == "process" && !object.contains("pid") && !object.contains("uid") && object.contains("name")) {
    object["uid"] = object["name"];
  }
}

bool satisfied(const json::object& object, const shape::Shape& shape) {
  bool missing = any_word(shape.required, [&](std::string_view key) { return !object.contains(key); });
  bool one = shape.at_least_one.empty() ||
             any_word(shape.at_least_one, [&](std::string_view key) { return object.contains(key); });
  return !missing && one;
}

}  // namespace

bool Event::Body::complete(json::object& object, const shape::Shape& shape, std::string_view path) {
  std::vector<std::string> broken;
  for (auto& pair : object) {
    auto type = shape::type_of(shape, pair.key());
    if (type.empty() || (type[0] != '@' && type[0] != '*')) continue;
    const auto* below = shape::object_shape(type.substr(1));
    if (!below) continue;
    std::string name = path.empty() ? std::string(pair.key()) : std::string(path) + "." + std::string(pair.key());
    bool whole = true;
    if (pair.value().is_object()) whole = complete(pair.value().as_object(), *below, name);
    if (pair.value().is_array())
      for (auto& element : pair.value().as_array())
        if (element.is_object()) whole = complete(element.as_object(), *below, name) && whole;
    if (!whole) broken.emplace_back(pair.key());
  }
  for (const auto& key : broken) {
    json::value value = object[key].is_array() ? object[key].as_array()[0] : object[key];
    put_unmapped("fengsui." + (path.empty() ? key : std::string(path) + "." + key), std::move(value));
    object.erase(key);
  }
  if (!path.empty()) fill_required(object, shape.name);
  captions(object, shape);
  return path.empty() || satisfied(object, shape);
}

void Event::Body::captions(json::object& object, const shape::Shape& shape) {
  for (const auto& values : shape::enums()) {
    if (values.shape != shape.name || values.sibling.empty()) continue;
    const auto* id = object.if_contains(values.attribute);
    const auto* sibling = object.if_contains(values.sibling);
    if (id) {
      auto number = text_of(*id);
      if (number == "99" && sibling) continue;
      object[values.sibling] = shape::caption_of(values, number);
    } else if (sibling && !shape::caption_of(values, "99").empty()) {
      auto word = text_of(*sibling);  // before the insertion, which may move what sibling points at
      object[values.attribute] = 99;
      for (int n = 0; n <= 64; ++n)
        if (shape::caption_of(values, std::to_string(n)) == word) object[values.attribute] = n;
    }
  }
}

void Event::Body::require(const Host& host) {
  auto need = [&](std::string_view list, auto make) {
    any_word(list, [&](std::string_view key) {
      if (!root_.contains(key)) make(key);
      return false;
    });
  };
  auto fill = [&](std::string_view key) {
    if (key == "actor")
      root_[key] = json::object{{"app_name", "unknown"}};
    else if (key == "user")
      root_[key] = json::object{{"name", "unknown"}};
    else if (key == "file")
      root_[key] = json::object{{"name", "unknown"}, {"type_id", 0}, {"type", "Unknown"}};
    else if (key == "process")
      root_[key] = json::object{{"uid", "unknown"}};
    else if (key == "src_endpoint")
      root_[key] = json::object{{"name", "unknown"}};
    else if (key == "dst_endpoint")
      root_[key] = json::object{{"hostname", host.hostname.empty() ? "unknown" : json_text(host.hostname)}};
    else if (key == "job")
      root_[key] = json::object{{"name", "unknown"}};
    else if (key == "api")
      root_[key] = json::object{{"operation", "unknown"}};
    else if (key == "app")
      root_[key] = json::object{{"name", "unknown"}};
    else if (key == "database")
      root_[key] = json::object{{"name", "unknown"}, {"type_id", 0}, {"type", "Unknown"}};
    else if (key == "http_request")
      root_[key] = json::object{};
    else if (key == "scan")
      root_[key] = json::object{{"name", "fengsui scan"}, {"type_id", 1}, {"type", "Manual"}};
    else if (key == "email")
      root_[key] = json::object{{"from_mailbox", "unknown"}, {"to", json::array{}}};
    else if (key == "direction_id")
      root_[key] = 0, root_["direction"] = "Unknown";
    else if (key == "privileges")
      root_[key] = json::array{"unknown"};
    else if (key == "log_name")
      root_[key] = "unknown";
    else if (key == "command_uid" || key == "num_files")
      root_[key] = 0;
  };
  need(shape_.required, fill);
  if (shape_.at_least_one.empty()) return;
  if (any_word(shape_.at_least_one, [&](std::string_view key) { return root_.contains(key); })) return;
  for (std::string_view key : {"dst_endpoint", "http_request", "database", "log_name"})
    if (any_word(shape_.at_least_one, [&](std::string_view w) { return w == key; })) return fill(key);
}

void Event::Body::add_device(const Host& host) {
  json::object device{
      {"type_id", 1}, {"type", "Server"}, {"hostname", host.hostname.empty() ? "unknown" : json_text(host.hostname)}};
  if (!host.instance.empty()) device["uid"] = json_text(host.instance);
  if (is_ip(host.ip)) device["ip"] = host.ip;
  device["os"] =
      json::object{{"name", host.os.empty() ? "Linux" : json_text(host.os)}, {"type_id", 200}, {"type", "Linux"}};
  json::object agent{{"type_id", 99}, {"type", "Data Security Agent"}, {"name", "fengsui-agent"}};
  if (!host.agent.empty()) agent["uid"] = json_text(host.agent);
  agent["version"] = host.version.empty() ? "0" : json_text(host.version);
  device["agent_list"] = json::array{agent};
  root_["device"] = device;
}

void Event::Body::add_metadata(const Host& host, const std::string& uid, std::uint64_t sequence, base::UnixMs now,
                               Stage stage, Language language) {
  json::object metadata{{"uid", uid}, {"version", "1.8.0"}};
  metadata["product"] = json::object{{"name", "Fengsui"},
                                     {"vendor_name", "Fengsui"},
                                     {"uid", "fengsui-agent"},
                                     {"version", host.version.empty() ? "0" : json_text(host.version)},
                                     {"lang", language == Language::zh ? "zh-CN" : "en"}};
  metadata["profiles"] = json::array{"host"};
  metadata["labels"] = json::array{id(stage)};
  metadata["logged_time"] = now;
  metadata["sequence"] = static_cast<std::int64_t>(sequence & 0x7fffffff);  // OCSF's integer has 32 bits
  if (!host.unit.empty()) metadata["tenant_uid"] = json_text(host.unit);
  if (!host.agent.empty()) metadata["log_provider"] = json_text(host.agent);
  root_["metadata"] = metadata;
}

std::string Event::finish(const Host& host, const std::string& uid, std::uint64_t sequence, base::UnixMs time,
                          base::UnixMs now, Stage stage, Severity severity, Language language) {
  constexpr base::UnixMs k2000 = 946684800000, k2100 = 4102444800000;
  auto& b = *body_;
  if (time < k2000 || time > k2100) {
    b.fengsui_["time"] = time;  // a clock far off, told apart from the time we give
    time = now;
  }
  b.root_["severity_id"] = static_cast<std::int64_t>(severity);
  b.root_["severity"] = caption(severity);
  b.root_["time"] = time;
  b.root_["timezone_offset"] = base::kChinaOffsetMinutes;
  b.add_device(host);
  b.complete(b.root_, b.shape_, "");
  b.require(host);
  b.add_metadata(host, uid, sequence, now, stage, language);
  b.fengsui_["stage"] = id(stage);
  b.unmapped_["fengsui"] = b.fengsui_;
  b.root_["unmapped"] = b.unmapped_;
  return json::serialize(b.root_);
}

}  // namespace fengsui::model
