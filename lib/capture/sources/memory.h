// Packets from memory: for tests, benchmarks and tools.
#pragma once

#include <vector>

#include "capture/source.h"

namespace fengsui::capture {

// Delivers the packets it was given, in order, then ends. Views stay valid as long as the source.
class MemorySource final : public Source {
 public:
  struct Stored {
    std::int64_t time_ns = 0;
    base::Bytes bytes;
    std::uint32_t original_length = 0;  // 0: as many as `bytes`
    std::uint32_t link_type = 1;
  };
  explicit MemorySource(std::vector<Stored> packets) : packets_(std::move(packets)) {}

  base::Result<Next> next(Packet& out) override;
  int fd() const override { return -1; }
  const std::string& id() const override { return id_; }
  model::SourceCounters take_counters() override;

 private:
  std::vector<Stored> packets_;
  std::size_t at_ = 0;
  std::string id_ = "memory";
  model::SourceCounters counters_;
};

}  // namespace fengsui::capture
