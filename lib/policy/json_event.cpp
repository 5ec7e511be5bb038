#include "policy/json_event.h"

#include <boost/json.hpp>

namespace fengsui::policy {
namespace json = boost::json;

namespace {

constexpr std::size_t kMaxLine = 1u << 20;

void add(const json::value& value, Values& out) {
  out.mark_present();
  switch (value.kind()) {
    case json::kind::null:
      out.add().set_null();
      break;
    case json::kind::bool_:
      out.add().set_bool(value.get_bool());
      break;
    case json::kind::int64:
      out.add().set_int(value.get_int64());
      break;
    case json::kind::uint64:
      out.add().set_uint(value.get_uint64());
      break;
    case json::kind::double_:
      out.add().set_real(value.get_double());
      break;
    case json::kind::string:
      out.add().set_text({value.get_string().data(), value.get_string().size()});
      break;
    case json::kind::array:
      for (const json::value& item : value.get_array()) add(item, out);
      break;
    case json::kind::object:
      break;
  }
}

// Every way to read `path` as a chain of keys that may contain dots themselves.
void walk(const json::value& value, std::string_view path, Values& out) {
  if (value.is_array()) {
    for (const json::value& item : value.get_array()) walk(item, path, out);
    return;
  }
  if (!value.is_object()) return;
  const json::object& object = value.get_object();
  if (const json::value* exact = object.if_contains({path.data(), path.size()})) add(*exact, out);
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    if (const json::value* child = object.if_contains({path.data(), dot})) walk(*child, path.substr(dot + 1), out);
  }
}

void leaves(const json::value& value, Values& out) {
  if (value.is_object()) {
    for (const auto& pair : value.get_object()) leaves(pair.value(), out);
  } else if (value.is_array()) {
    for (const json::value& item : value.get_array()) leaves(item, out);
  } else {
    add(value, out);
  }
}

std::string text(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

}  // namespace

struct JsonEvent::Parsed {
  json::value line;
  const json::value* event = nullptr;
};

JsonEvent::JsonEvent() : parsed_(std::make_unique<Parsed>()) {}
JsonEvent::~JsonEvent() = default;

base::Result<std::unique_ptr<JsonEvent>> JsonEvent::parse(std::string_view line) {
  if (line.size() > kMaxLine)
    return base::fail(base::Errc::limit, "event of " + std::to_string(line.size()) + " bytes; limit 1048576");
  std::unique_ptr<JsonEvent> out(new JsonEvent);
  boost::system::error_code error;
  try {
    out->parsed_->line = json::parse({line.data(), line.size()}, error);
  } catch (const std::exception& e) {
    return base::fail(base::Errc::malformed, std::string("event: ") + e.what());
  }
  if (error) return base::fail(base::Errc::malformed, "event is not JSON: " + error.message());
  const json::object* object = out->parsed_->line.if_object();
  if (object == nullptr) return base::fail(base::Errc::malformed, "event line is not an object");
  out->parsed_->event = object->if_contains("event");
  if (out->parsed_->event == nullptr || !out->parsed_->event->is_object()) {
    return base::fail(base::Errc::malformed, "event line has no object \"event\"");
  }
  if (const json::value* source = object->if_contains("logsource")) {
    if (!source->is_object()) return base::fail(base::Errc::malformed, "\"logsource\" is not an object");
    out->source_ = {text(source->get_object(), "product"), text(source->get_object(), "category"),
                    text(source->get_object(), "service")};
  }
  if (const json::value* time = out->parsed_->event->get_object().if_contains("time");
      time != nullptr && time->is_int64()) {
    out->time_ = time->get_int64();
    out->has_time_ = true;
  }
  if (const json::value* expect = object->if_contains("expect"); expect != nullptr && expect->is_bool())
    out->expect_ = expect->get_bool();
  return out;
}

void JsonEvent::fetch(const std::string& name, Values& out) const { walk(*parsed_->event, name, out); }

void JsonEvent::fetch_all(Values& out) const { leaves(*parsed_->event, out); }

}  // namespace fengsui::policy
