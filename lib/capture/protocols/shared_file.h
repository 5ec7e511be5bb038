// A file that crosses the network in pieces at offsets, as SMB and NFS carry it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "capture/body.h"
#include "capture/protocols/session.h"

namespace fengsui::capture {

// Pieces of one direction, put in the order of the file and handed on as one content of kind file. A piece that comes early is
// held until what lies before it came, within the bounds; then what is missing becomes a hole. A piece that goes back (a region
// read or written again) follows after a hole of one byte, so that it is examined too and joins nothing. One thread.
class FilePieces {
 public:
  static constexpr std::size_t kMaxHeld = 1u << 20;           // bytes of one direction of one file
  static constexpr std::size_t kMaxHeldRuns = 64;
  static constexpr std::uint64_t kMaxOffset = 1ull << 62;

  // `provenance` is called once, at the first piece.
  template <class Make>
  void piece(Room& room, std::uint64_t offset, base::View bytes, Make&& provenance) {
    if (bytes.empty()) return;
    if (!body_) body_ = std::make_unique<Body>(room, provenance());
    add(room, offset, bytes);
  }
  void end();
  std::uint64_t bytes() const { return bytes_; }  // carried, whatever was seen twice included

 private:
  void add(Room& room, std::uint64_t offset, base::View bytes);
  void write(std::uint64_t offset, base::View bytes);
  void drain(bool all);

  std::unique_ptr<Body> body_;
  std::uint64_t next_ = 0;   // offset in the file that continues the content
  std::uint64_t bytes_ = 0;
  std::map<std::uint64_t, base::Bytes> held_;  // by offset
  std::size_t held_bytes_ = 0;
};

// What is known of a file by name, and both its directions.
struct SharedFile {
  std::string share;   // "\\server\share", "" unknown
  std::string path;    // inside the share, as it may appear in metadata; "" unknown
  std::string user;
  FilePieces read, written;

  // `carried_by`: server for what was read, client for what was written.
  void piece(Conversation& conversation, Side carried_by, std::uint64_t offset, base::View bytes);
  void end() { read.end(); written.end(); }
  std::string object() const;
};

}  // namespace fengsui::capture
