// The byte layouts of SMB 2 and 3 that the session reads. Source: MS-SMB2 sections 2.2.1 to 2.2.41, MS-NLMP section 2.2.1.3.
// All integers little-endian, names UTF-16.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace fengsui::capture::smb {

enum class Command : std::uint16_t { negotiate = 0, session_setup = 1, logoff = 2, tree_connect = 3, tree_disconnect = 4, create = 5, close = 6,
                                     flush = 7, read = 8, write = 9, lock = 10, ioctl = 11, cancel = 12, echo = 13, query_directory = 14,
                                     change_notify = 15, query_info = 16, set_info = 17, oplock_break = 18 };

inline constexpr std::size_t kHeader = 64;     // section 2.2.1
inline constexpr std::size_t kMaxName = 1024;  // bytes of UTF-16 that are read of a name
inline constexpr std::uint32_t kPending = 0x00000103, kMoreProcessing = 0xc0000016, kAccessDenied = 0xc0000022, kBufferOverflow = 0x80000005;
inline constexpr std::uint32_t kResponse = 1, kAsync = 2, kRelated = 4, kSigned = 8;

struct Header {
  std::uint32_t status = 0;
  Command command{};
  std::uint32_t flags = 0, next = 0, tree = 0;
  std::uint64_t message = 0, session = 0;

  bool response() const { return (flags & kResponse) != 0; }
  bool failed() const { return status >= 0xc0000000; }
};
// Of a message that begins with 0xfe 'S' 'M' 'B'. nullopt: not a header.
std::optional<Header> read_header(base::View message);

using FileId = std::array<std::uint8_t, 16>;
inline constexpr FileId kRelatedFile = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

// All `message` begin at the header; offsets inside count from there. nullopt: cut or malformed.
struct CreateAsk { std::string name; std::uint32_t access = 0, disposition = 0, options = 0; };
std::optional<CreateAsk> read_create_ask(base::View message);
struct CreateAnswer { std::uint32_t action = 0, attributes = 0; std::uint64_t size = 0; FileId file{}; };
std::optional<CreateAnswer> read_create_answer(base::View message);

// READ and WRITE: where the data stands and belongs.
struct Span { FileId file{}; std::uint64_t offset = 0; std::uint32_t length = 0; std::size_t data = 0; bool elsewhere = false; };
std::optional<Span> read_read_ask(base::View message);
std::optional<Span> read_read_answer(base::View message);  // neither file nor offset
std::optional<Span> read_write_ask(base::View message);

std::optional<FileId> read_close_ask(base::View message);
struct Change { FileId file{}; bool deletes = false; std::string new_name; };  // neither: a change of something else
std::optional<Change> read_set_info_ask(base::View message);
std::optional<std::string> read_tree_ask(base::View message);   // "\\server\share"
struct TreeAnswer { std::uint8_t type = 0; bool encrypts = false; };
std::optional<TreeAnswer> read_tree_answer(base::View message);
struct NegotiateAnswer { std::uint16_t dialect = 0; bool signing_required = false; };
std::optional<NegotiateAnswer> read_negotiate_answer(base::View message);

// Who logs in. NTLM tells in its third message; Kerberos hides it.
struct Login { std::string user, domain; bool ntlm = false, named = false, kerberos = false; };
std::optional<Login> read_session_ask(base::View message);
std::optional<std::uint16_t> read_session_answer_flags(base::View message);

std::string dialect_name(std::uint16_t dialect);  // "SMB 3.1.1"

}  // namespace fengsui::capture::smb
