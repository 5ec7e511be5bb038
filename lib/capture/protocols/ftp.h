// FTP: RFC 959 and RFC 2428. The control connection is handed on as text; the data connections it announces are found.
#pragma once

#include "capture/protocols/message.h"

namespace fengsui::capture {

// One thread.
class Ftp final : public Session {
 public:
  explicit Ftp(Conversation& conversation) : conversation_(conversation), text_(conversation) {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override { text_.finish(); }

 private:
  void line(Side side, std::string_view text);
  void expect(const Address& address, std::uint16_t port);

  Conversation& conversation_;
  Message text_;
  std::string lines_[2];
  std::shared_ptr<Announced> last_;
};

}  // namespace fengsui::capture
