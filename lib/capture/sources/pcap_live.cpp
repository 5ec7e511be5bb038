#include <pcap/pcap.h>

#include <utility>

#include "capture/source.h"

namespace fengsui::capture {
namespace {

class LiveSource final : public Source {
 public:
  LiveSource(pcap_t* handle, const std::string& interface)
      : handle_(handle), id_("pcap:" + interface), link_type_(static_cast<std::uint32_t>(pcap_datalink(handle))) {}
  ~LiveSource() override { pcap_close(handle_); }
  LiveSource(const LiveSource&) = delete;
  LiveSource& operator=(const LiveSource&) = delete;

  base::Result<Next> next(Packet& out) override {
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    switch (pcap_next_ex(handle_, &header, &data)) {
      case 1: break;
      case 0: return Next::idle;
      default: return base::fail(base::Errc::io, id_ + ": " + pcap_geterr(handle_));
    }
    out.time_ns = std::int64_t{header->ts.tv_sec} * 1'000'000'000 + (nano_ ? header->ts.tv_usec : header->ts.tv_usec * 1000);
    out.bytes = {data, header->caplen};
    out.original_length = header->len;
    out.link_type = link_type_;
    counters_.rx += 1;
    counters_.bytes += header->caplen;
    return Next::packet;
  }
  int fd() const override { return pcap_get_selectable_fd(handle_); }
  const std::string& id() const override { return id_; }

  // pcap_stats counts from the start in 32 bits; the difference survives a wrap-around.
  model::SourceCounters take_counters() override {
    model::SourceCounters out = std::exchange(counters_, {});
    pcap_stat now{};
    if (pcap_stats(handle_, &now) == 0) {
      out.kdrop = static_cast<std::uint32_t>(now.ps_drop - before_.ps_drop);
      out.ifdrop = static_cast<std::uint32_t>(now.ps_ifdrop - before_.ps_ifdrop);
      before_ = now;
    }
    return out;
  }

  void set_nano(bool nano) { nano_ = nano; }

 private:
  pcap_t* handle_;
  std::string id_;
  std::uint32_t link_type_;
  bool nano_ = false;
  pcap_stat before_{};
  model::SourceCounters counters_;
};

base::Errc code_of(int result) {
  switch (result) {
    case PCAP_ERROR_PERM_DENIED: case PCAP_ERROR_PROMISC_PERM_DENIED: return base::Errc::denied;
    case PCAP_ERROR_NO_SUCH_DEVICE: case PCAP_ERROR_IFACE_NOT_UP: return base::Errc::unavailable;
    default: return base::Errc::io;
  }
}

std::unexpected<base::Error> refuse(pcap_t* handle, const LiveOptions& options, int result) {
  const base::Errc code = code_of(result);
  std::string what = "interface " + options.interface + ": " + pcap_statustostr(result);
  if (const std::string_view more = pcap_geterr(handle); !more.empty()) what.append(" (").append(more).append(")");
  if (code == base::Errc::denied) what += "; capturing needs CAP_NET_RAW";
  pcap_close(handle);
  return base::fail(code, std::move(what));
}

}  // namespace

base::Result<std::unique_ptr<Source>> open_live(const LiveOptions& options) {
  char error[PCAP_ERRBUF_SIZE] = {};
  pcap_t* handle = pcap_create(options.interface.c_str(), error);
  if (handle == nullptr) return base::fail(base::Errc::unavailable, "interface " + options.interface + ": " + error);
  pcap_set_snaplen(handle, static_cast<int>(options.snap_length));
  pcap_set_promisc(handle, options.promiscuous ? 1 : 0);
  pcap_set_buffer_size(handle, static_cast<int>(options.buffer_bytes));
  // A block of the ring is handed over after so many milliseconds even when not full. Short, because the process behind a
  // connection can be told only while it holds it; 100 wake-ups a second at most, and none without traffic.
  pcap_set_timeout(handle, 10);
  const bool nano = pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO) == 0;
  if (const int result = pcap_activate(handle); result < 0) return refuse(handle, options, result);
  if (const int result = pcap_setnonblock(handle, 1, error); result < 0) return refuse(handle, options, result);
  if (!options.filter.empty()) {
    bpf_program program{};
    if (pcap_compile(handle, &program, options.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
      std::string what = "filter of interface " + options.interface + ": " + pcap_geterr(handle);
      pcap_close(handle);
      return base::fail(base::Errc::usage, std::move(what));
    }
    const int result = pcap_setfilter(handle, &program);
    pcap_freecode(&program);
    if (result != 0) return refuse(handle, options, result);
  }
  auto source = std::make_unique<LiveSource>(handle, options.interface);
  source->set_nano(nano);
  return source;
}

}  // namespace fengsui::capture
