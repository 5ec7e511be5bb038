// Carries one content to the sink piece by piece, undoing content codings (RFC 9110 section 8.4) within bounds.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "capture/protocols/session.h"

namespace fengsui::capture {

// Undoes one coding. One thread.
class Coding {
 public:
  virtual ~Coding() = default;
  enum class Step : std::uint8_t { more, end, bad };
  // Consumes from `in` and fills `out`; `written` tells how much. more with nothing written: needs input.
  virtual Step step(base::View& in, std::span<std::uint8_t> out, std::size_t& written) = 0;
};

// "gzip", "x-gzip", "deflate" (zlib or raw, by the first bytes), "br", "zstd". nullptr for others and for "identity".
std::unique_ptr<Coding> open_coding(std::string_view name);
bool is_coding(std::string_view name);  // one that open_coding knows

class Multipart;

// One content: pieces in order, holes as jumps of the offset, one last piece. Not copyable; one thread.
class Body {
 public:
  // `codings` in the order they were applied; names that are unknown leave the bytes as they are and are counted.
  // An http_body of a multipart type becomes a content for each file in it and one for the rest, unless Limits::whole_bodies.
  Body(Room& room, std::shared_ptr<const model::Provenance> from, const std::vector<std::string>& codings = {});
  ~Body();
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  void write(base::View encoded);
  void gap(std::uint64_t bytes);  // missing here
  void end();                     // exactly once has effect

  std::uint64_t encoded_bytes() const { return encoded_; }
  std::uint64_t decoded_bytes() const { return decoded_; }
  bool damaged() const { return damaged_; }  // some bytes could not be handed on

 private:
  void feed(std::size_t level, base::View bytes);
  void piece(base::View bytes);
  void spoil(Count why);

  Room& room_;
  std::shared_ptr<const model::Provenance> from_;
  struct Layer {
    std::unique_ptr<Coding> coding;
    base::Bytes head;       // what it was given before it produced anything
    std::uint64_t given = 0;
    bool produced = false;
  };
  void hand_on(base::View bytes);
  std::vector<Layer> chain_;  // outermost coding first
  std::unique_ptr<Multipart> parts_;  // an upload: its parts are handed on instead
  std::uint64_t id_;
  std::uint64_t offset_ = 0;
  std::uint64_t encoded_ = 0;
  std::uint64_t decoded_ = 0;
  bool damaged_ = false;
  bool stopped_ = false;
  bool ended_ = false;
};

}  // namespace fengsui::capture
