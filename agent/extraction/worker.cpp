#include "agent/extraction/worker.h"

#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <memory>

#include "agent/extraction/protocol.h"
#include "agent/extraction/sandbox.h"
#include "base/bytes.h"
#include "classify/extract/local.h"

namespace fengsui::agent {
namespace {

bool read_all(std::uint8_t* into, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::read(kWorkerSocket, into, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    into += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

// What an extraction says, as frames. Neighbouring texts are one.
class Frames final : public classify::Extracted {
 public:
  void begin(std::string_view name, classify::Bond bond) override {
    const std::uint8_t first = static_cast<std::uint8_t>(bond);
    frame('B', {&first, 1}, base::view(name));
  }
  void text(base::View bytes) override {
    while (!bytes.empty()) {
      const std::size_t take = std::min(bytes.size(), kMaxFrame - text_.size());
      base::append(text_, bytes.first(take));
      bytes = bytes.subspan(take);
      if (text_.size() == kMaxFrame) end_text();
    }
  }
  void end() override { frame('E'); }
  void missed(classify::Missed why, classify::Format what) override {
    const std::uint8_t both[] = {static_cast<std::uint8_t>(why), static_cast<std::uint8_t>(what)};
    frame('M', both);
  }
  void hello(const Sandbox& sandbox) {
    base::Bytes payload = {static_cast<std::uint8_t>(sandbox.seccomp)};
    base::append_u32be(payload, sandbox.landlock);
    frame('H', payload);
    send();
  }
  void done() {
    frame('D');
    send();
  }
  bool broken() const { return broken_; }

 private:
  void end_text() {
    if (text_.empty()) return;
    base::Bytes text;
    text.swap(text_);
    put('T', text, {});
    text.clear();
    text_.swap(text);
  }
  void frame(char kind, base::View first = {}, base::View second = {}) {
    end_text();
    put(kind, first, second);
  }
  void put(char kind, base::View first, base::View second) {
    out_.push_back(static_cast<std::uint8_t>(kind));
    base::append_u32be(out_, static_cast<std::uint32_t>(first.size() + second.size()));
    base::append(out_, first);
    base::append(out_, second);
    if (out_.size() >= kMaxFrame) send();
  }
  void send() {
    for (base::View rest = out_; !rest.empty() && !broken_;) {
      const ssize_t n = ::write(kWorkerSocket, rest.data(), rest.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) broken_ = true;
      else rest = rest.subspan(static_cast<std::size_t>(n));
    }
    out_.clear();
  }
  base::Bytes text_, out_;
  bool broken_ = false;
};

}  // namespace

int extract_worker() {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(kWorkerSocket, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return EX_USAGE;  // started by hand
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_IGN);
  setpriority(PRIO_PROCESS, 0, 10);
  setlocale(LC_CTYPE, "C.UTF-8");
  const auto extractor = classify::local_extractor();
  const auto sandbox = confine({});
  if (!sandbox) return EX_UNAVAILABLE;
  Frames frames;
  frames.hello(*sandbox);
  base::Bytes object;
  while (!frames.broken()) {
    std::uint8_t head[kFrameHead + kObjectHead];
    if (!read_all(head, sizeof head)) break;
    base::Reader reader({head, sizeof head});
    if (reader.u8() != 'O' || reader.u32be() != kObjectHead) break;
    classify::ExamineLimits limits;
    limits.max_depth = reader.u32be();
    limits.max_ratio = reader.u32be();
    limits.max_unpacked = reader.u64be();
    limits.max_container = reader.u64be();
    const std::uint64_t bytes = reader.u64be();
    try {
      object.resize(bytes);
    } catch (const std::exception&) {
      break;
    }
    if (!read_all(object.data(), object.size())) break;
    extractor->extract(object, limits, frames);
    base::Bytes().swap(object);
    frames.done();
    malloc_trim(0);
  }
  _exit(EX_OK);
}

}  // namespace fengsui::agent
