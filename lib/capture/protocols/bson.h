// BSON (bsonspec.org, version 1.1): the elements of a document, and their values as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace fengsui::capture {

struct BsonElement {
  std::uint8_t type = 0;
  std::string_view name;
  base::View value;       // without its name

  bool is_document() const { return type == 3; }
  bool is_array() const { return type == 4; }
  // Of a string; "" for other types.
  std::string_view string() const;
  // Of an int32, int64, double or boolean; 0 for other types.
  std::int64_t number() const;
};

// Walks the elements of one document; views into its bytes. One thread.
class BsonWalk {
 public:
  // `bytes` may be longer than the document.
  explicit BsonWalk(base::View bytes);
  bool next(BsonElement& element);          // false at the end, and where it breaks
  bool bad() const { return bad_; }
  std::size_t size() const { return size_; }  // bytes of the whole document; 0 when bad

 private:
  base::Reader in_;
  std::size_t size_ = 0;
  bool bad_ = false;
};

inline constexpr int kMaxBsonDepth = 16;  // deeper documents are given as their bytes

// The value as text: of documents "name: value" one after the other. Line breaks and tabs become blanks.
void append_bson(std::string& out, const BsonElement& element, int depth = 0);

}  // namespace fengsui::capture
