// Runs packets through a Capture and writes what came out as text lines, for cases and comparisons.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "capture/capture.h"
#include "model/sink.h"

namespace fengsui::capture::test {

// One whole content, put together from its pieces.
struct Whole {
  std::uint64_t id = 0;
  std::shared_ptr<const model::Provenance> from;
  base::Bytes bytes;          // holes as zeros
  std::uint64_t holes = 0;    // bytes
  bool ended = false;
  int ends = 0;
};

// Keeps everything. Checks the order of pieces: `broken` counts pieces that go back or come after the last one.
class Collect final : public model::Sink {
 public:
  void on_activity(model::Activity&& activity) override { activities.push_back(std::move(activity)); }
  void on_content(const model::Content& content) override;
  void on_flow(const model::Flow& flow) override { flows.push_back(flow); }

  std::vector<model::Activity> activities;
  std::vector<model::Flow> flows;
  std::vector<Whole> contents;  // by first piece
  int broken = 0;

 private:
  std::map<std::uint64_t, std::size_t> index_;
};

// Everything of a capture file; `error` is how reading ended, "" for a clean end.
struct Run {
  Collect seen;
  bool incomplete = false;
  std::string error;
  std::uint64_t packets = 0;
};
void run_file(const std::string& path, Run& out, const Limits& limits = {});

// "flow tcp 10.0.0.1:1234 > 10.0.0.2:80 http sent=5/600/300 received=4/900/700 end=fin gaps=lost:1460/1"
std::string flow_line(const model::Flow& flow);
// "http POST example.org /apply body=12 -> 200 body=34 flags=te_and_cl"
std::string activity_line(const model::Activity& activity);
// "content http_body POST /apply request bytes=12 sha256=…"
std::string content_line(const Whole& whole);
// All lines, sorted within their kind, contents of kind http_body only unless `all`.
std::vector<std::string> lines_of(const Collect& seen, bool all_contents = false);

}  // namespace fengsui::capture::test
