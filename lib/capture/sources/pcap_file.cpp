#include <pcap/pcap.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "capture/source.h"

namespace fengsui::capture {
namespace {

class FileSource final : public Source {
 public:
  FileSource(pcap_t* handle, std::string path)
      : handle_(handle), path_(std::move(path)), id_("file:" + path_), link_type_(static_cast<std::uint32_t>(pcap_datalink(handle))) {}
  ~FileSource() override { pcap_close(handle_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  base::Result<Next> next(Packet& out) override {
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    switch (pcap_next_ex(handle_, &header, &data)) {
      case 1: break;
      case PCAP_ERROR_BREAK: return Next::end;
      default: return fault();
    }
    out.time_ns = std::int64_t{header->ts.tv_sec} * 1'000'000'000 + header->ts.tv_usec;
    out.bytes = {data, header->caplen};
    out.original_length = header->len;
    out.link_type = link_type_;
    counters_.rx += 1;
    counters_.bytes += header->caplen;
    return Next::packet;
  }
  int fd() const override { return -1; }
  const std::string& id() const override { return id_; }
  model::SourceCounters take_counters() override { return std::exchange(counters_, {}); }

 private:
  std::unexpected<base::Error> fault() {
    const std::string_view text = pcap_geterr(handle_);
    // libpcap has no code for this; "truncated dump file" is its text for both formats.
    const bool cut = text.find("truncated") != std::string_view::npos;
    return base::fail(cut ? base::Errc::truncated : base::Errc::malformed,
                      path_ + ": after " + std::to_string(counters_.rx) + " packets: " + std::string(text));
  }

  pcap_t* handle_;
  std::string path_;
  std::string id_;
  std::uint32_t link_type_;
  model::SourceCounters counters_;
};

}  // namespace

base::Result<std::unique_ptr<Source>> open_file(const std::string& path) {
  struct stat status {};
  if (path != "-" && stat(path.c_str(), &status) != 0) return base::fail_errno("stat", path, errno);
  char error[PCAP_ERRBUF_SIZE] = {};
  pcap_t* handle = pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error);
  if (handle == nullptr) {
    const std::string_view text = error;
    const bool refused = text.find("Permission denied") != std::string_view::npos;
    return base::fail(refused ? base::Errc::denied : base::Errc::malformed, path + ": " + error);
  }
  return std::make_unique<FileSource>(handle, path);
}

}  // namespace fengsui::capture
