// One OCSF event under construction: for the other .cpp files of OCSF only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/finding.h"
#include "model/ocsf.h"
#include "model/ocsf_shape.h"

namespace boost::json {
class object;
}

namespace fengsui::model {

// A string fit for JSON: ill-formed UTF-8 becomes U+FFFD, more than `limit` bytes are cut on a character.
std::string json_text(std::string_view text, std::size_t limit = 4096);

// Builds an event of one class. Every field lands where the schema lets it, or under unmapped.fengsui.
class Event {
 public:
  Event(const shape::Shape& shape, std::uint32_t activity_id);  // an activity the class does not know becomes 99 Other
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  boost::json::object& root();
  boost::json::object& fengsui();  // unmapped.fengsui
  // Dotted path. `below` is prefixed when the path is legal there ("evidences"), else the path itself is tried.
  void set(std::string_view path, const Value& value, std::string_view below = {});
  void set_all(const Fields& fields, std::string_view below = {});
  // Captions, device, metadata, what the class requires; then the line.
  std::string finish(const Host& host, const std::string& uid, std::uint64_t sequence, base::UnixMs time,
                     base::UnixMs now, Stage stage, Severity severity, Language language);

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace fengsui::model
