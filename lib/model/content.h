// Content: bytes that may hold personal data, on their way to the scanner and nowhere else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/time.h"
#include "model/activity.h"
#include "model/field.h"
#include "model/stage.h"

namespace fengsui::model {

enum class ContentKind : std::uint8_t { file, http_body, dns_name, log_line, message, db_rows };

// Where content came from. Made once per content and shared by its pieces and its conclusion. Holds no content.
struct Provenance {
  ContentKind kind = ContentKind::file;
  Stage stage = Stage::storage;
  std::string sensor;
  LogSource source;
  base::UnixMs time = 0;
  std::string object;      // path of a file; "POST /apply" of an HTTP body
  std::string member;      // path inside a container ("a.zip!b.csv" has object a.zip and member b.csv)
  std::string media_type;  // as declared by the carrier; "" unknown
  bool cleartext = false;  // travelled unencrypted over a network
  Fields fields;           // OCSF attributes known of the carrier: endpoints, process, file, http_request …
};

// One piece of a content, in order. A view: the bytes are valid only during the call that hands it over.
// Cannot be copied or moved and has no codec, so it cannot be logged, queued or stored.
class Content {
 public:
  Content(std::uint64_t id, std::shared_ptr<const Provenance> from, std::uint64_t offset, base::View bytes, bool last)
      : id_(id), from_(std::move(from)), offset_(offset), bytes_(bytes), last_(last) {}
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;

  std::uint64_t id() const { return id_; }  // same for all pieces of one content; unique per producing sensor
  const std::shared_ptr<const Provenance>& from() const { return from_; }
  std::uint64_t offset() const { return offset_; }  // of the first byte; a jump against the previous piece is a hole
  base::View bytes() const { return bytes_; }
  bool last() const { return last_; }  // the content ends here (possibly with an empty piece)

 private:
  std::uint64_t id_;
  std::shared_ptr<const Provenance> from_;
  std::uint64_t offset_;
  base::View bytes_;
  bool last_;
};

}  // namespace fengsui::model
