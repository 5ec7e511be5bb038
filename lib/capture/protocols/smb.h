// SMB 2 and 3: MS-SMB2, over direct TCP (section 2.1) or NetBIOS sessions (RFC 1002 section 4.3). SMB 1 is recognised.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "capture/protocols/shared_file.h"
#include "capture/protocols/smb_wire.h"

namespace fengsui::capture {

// Data that is read and written becomes a content for each file and direction, in the order of the file. Opened files, connected
// shares and logins are activities. What SMB 3 encrypts is named so and not seen; pipes are named, their calls not read. Bytes of
// SMB 1 are handed on as they are. One thread.
class Smb final : public Session {
 public:
  static constexpr std::size_t kMaxMessage = 1u << 20;  // of one that is read whole; data of READ and WRITE has no limit
  static constexpr std::size_t kMaxPending = 1024;      // requests without an answer
  static constexpr std::size_t kMaxOpen = 512;          // files
  static constexpr std::size_t kMaxTrees = 128, kMaxSessions = 64;

  explicit Smb(Conversation& conversation) : conversation_(conversation) {}

  void data(Side side, base::View bytes) override;
  void gap(Side side, std::uint64_t bytes) override;
  void finish() override;

 private:
  struct Tree {
    std::string share;
    std::uint8_t type = 1;  // 1 disk, 2 pipe, 3 printer
  };
  struct Open {
    SharedFile file;
    smb::FileId id{};
    base::UnixMs time = 0;
    std::uint32_t disposition = 1, action = 1, status = 0;
    std::uint8_t share_type = 1;
    bool folder = false, deleted = false, answered = false, is_signed = false;
    std::string renamed;
  };
  struct Pending {
    smb::Command command{};
    std::shared_ptr<Open> open;
    std::uint64_t offset = 0;
    std::string share;
    smb::Login login;
  };
  // Data of a READ or WRITE on its way.
  struct Transfer {
    std::shared_ptr<Open> open;
    Side carried_by = Side::client;
    std::uint64_t offset = 0, skip = 0, left = 0;
  };
  struct Half {
    base::Bytes buffer;       // the beginning of a message, or all of one that is read whole
    std::uint64_t left = 0;   // of a message whose bytes pass as they come
    Transfer transfer;
    bool raw = false;         // they are SMB 1
    bool peeked = false;
    bool lost = false;        // not in step: the next message is searched for
    bool warned = false;
  };

  std::size_t wanted(Half& half);
  void collected(Side side, Half& half);
  void pass(Side side, Half& half, base::View bytes);
  bool resume(Half& half, base::Bytes& joined, base::View& bytes);
  void lose(Half& half);
  void skip_message(Half& half, std::size_t total);
  bool stream(Side side, Half& half, base::View peek, std::size_t total);
  void other_magic(Side side, Half& half, std::uint8_t magic, std::size_t total);

  void chain(base::View message);
  void request(const smb::Header& header, base::View message, std::shared_ptr<Open>& related);
  void answer(const smb::Header& header, base::View message);
  bool transfer_of_write(const smb::Header& header, base::View message, const std::shared_ptr<Open>& related, Transfer& out);
  bool transfer_of_read(const smb::Header& header, base::View message, Transfer& out);
  std::shared_ptr<Open> open_of(const smb::FileId& id, const smb::Header& header, const std::shared_ptr<Open>& related);
  std::shared_ptr<Open> fresh(const smb::Header& header);
  void keep(std::shared_ptr<Open> open);
  void forget(const std::shared_ptr<Open>& open);
  void ask(const smb::Header& header, Pending pending);
  void carry(Transfer& transfer, base::View bytes);

  model::Activity begin(std::uint32_t activity_id, std::string_view command) const;
  void report(Open& open);
  void report_tree(const Tree& tree, const smb::Header& header, bool encrypts);
  void report_login(const smb::Login& login, const smb::Header& header, std::uint16_t flags);
  void report_once(bool& told, std::string_view command, std::string_view dialect, bool encrypted);

  Conversation& conversation_;
  Half halves_[2];
  std::string dialect_;
  std::map<std::uint64_t, Pending> pending_;   // by message id
  std::map<std::uint32_t, Tree> trees_;
  std::map<std::uint64_t, smb::Login> sessions_;
  std::list<std::shared_ptr<Open>> open_;      // oldest first
  std::map<smb::FileId, std::list<std::shared_ptr<Open>>::iterator> by_id_;
  std::unique_ptr<Body> old_[2];               // SMB 1
  bool told_old_ = false, told_encrypted_ = false;
};

}  // namespace fengsui::capture
