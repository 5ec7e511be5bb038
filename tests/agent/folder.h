// A temporary folder of a test, and clocks and links it holds in its hand.
#pragma once

#include <stdlib.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/time.h"
#include "wire/link.h"
#include "wire/message.h"

namespace fengsui::agent::test {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "fengsui-agent-XXXXXX").string();
    if (mkdtemp(name.data())) path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  std::string write(const std::string& name, const std::string& bytes) const {
    auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    return file.string();
  }

 private:
  std::filesystem::path path_;
};

inline std::string slurp(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

class FakeClock final : public base::Clock {
 public:
  base::UnixMs wall_ms() const override { return wall; }
  base::BootMs boot_ms() const override { return boot; }
  void pass(std::int64_t ms) { wall += ms, boot += ms; }
  base::UnixMs wall = 1795500000000;
  base::BootMs boot = 1000;
};

// The collector as the test plays it.
class FakeLink final : public wire::AgentLink {
 public:
  base::Status send(base::View message) override {
    if (full) return base::fail(base::Errc::full, "64 messages in flight; limit 64");
    auto decoded = wire::decode(message);
    if (decoded) sent.push_back(std::move(*decoded));
    return {};
  }
  std::optional<base::Bytes> receive() override {
    if (inbox.empty()) return std::nullopt;
    auto out = std::move(inbox.front());
    inbox.pop_front();
    return out;
  }
  int fd() const override { return -1; }
  wire::LinkState state() override { return now; }
  std::vector<base::Sample> counters() const override { return {}; }

  void answer(const wire::Message& message) { inbox.push_back(wire::encode(message)); }
  std::vector<wire::Batch> batches() const {
    std::vector<wire::Batch> out;
    for (const auto& message : sent)
      if (const auto* batch = std::get_if<wire::Batch>(&message)) out.push_back(*batch);
    return out;
  }
  std::size_t hellos() const {
    std::size_t n = 0;
    for (const auto& message : sent) n += std::holds_alternative<wire::Hello>(message);
    return n;
  }

  wire::LinkState now = wire::LinkState::established;
  bool full = false;
  std::vector<wire::Message> sent;
  std::deque<base::Bytes> inbox;
};

}  // namespace fengsui::agent::test
