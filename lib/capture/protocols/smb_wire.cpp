#include "capture/protocols/smb_wire.h"

#include <algorithm>
#include <cstdio>

#include "capture/protocols/utf16.h"

namespace fengsui::capture::smb {
namespace {

base::Reader at(base::View message, std::size_t offset) {
  base::Reader in(message);
  in.skip(offset);
  return in;
}

// Bytes that a message points at; empty when they are not in it.
base::View pointed(base::View message, std::size_t offset, std::size_t length) {
  base::Reader in(message);
  if (!in.skip(offset)) return {};
  return in.take(length);
}

std::string name_of(base::View utf16) { return utf16_text(utf16.first(std::min(utf16.size(), kMaxName))); }

FileId file_id(base::Reader& in) {
  FileId id{};
  const base::View bytes = in.take(id.size());
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return id;
}

bool contains(base::View bytes, std::string_view what) { return base::text(bytes).find(what) != std::string_view::npos; }

}  // namespace

std::optional<Header> read_header(base::View message) {
  base::Reader in(message);
  Header h;
  const std::uint32_t magic = in.u32be();
  const std::uint16_t size = in.u16le();
  in.skip(2);
  h.status = in.u32le();
  const std::uint16_t command = in.u16le();
  in.skip(2);
  h.flags = in.u32le();
  h.next = in.u32le();
  h.message = in.u64le();
  in.skip(4);
  h.tree = in.u32le();
  h.session = in.u64le();
  in.skip(16);
  if (in.failed() || magic != 0xfe534d42 || size != kHeader || command > 18) return std::nullopt;
  if ((h.flags & kAsync) != 0) h.tree = 0;  // an AsyncId stands there
  h.command = static_cast<Command>(command);
  return h;
}

std::optional<CreateAsk> read_create_ask(base::View message) {
  base::Reader in = at(message, kHeader);
  CreateAsk out;
  const std::uint16_t size = in.u16le();
  in.skip(22);
  out.access = in.u32le();
  in.skip(8);
  out.disposition = in.u32le();
  out.options = in.u32le();
  const std::uint16_t name = in.u16le(), length = in.u16le();
  if (in.failed() || size != 57) return std::nullopt;
  out.name = name_of(pointed(message, name, length));
  return out;
}

std::optional<CreateAnswer> read_create_answer(base::View message) {
  base::Reader in = at(message, kHeader);
  CreateAnswer out;
  const std::uint16_t size = in.u16le();
  in.skip(2);
  out.action = in.u32le();
  in.skip(40);
  out.size = in.u64le();
  out.attributes = in.u32le();
  in.skip(4);
  out.file = file_id(in);
  if (in.failed() || size != 89) return std::nullopt;
  return out;
}

std::optional<Span> read_read_ask(base::View message) {
  base::Reader in = at(message, kHeader);
  Span out;
  const std::uint16_t size = in.u16le();
  in.skip(2);
  out.length = in.u32le();
  out.offset = in.u64le();
  out.file = file_id(in);
  in.skip(4);
  out.elsewhere = in.u32le() != 0;  // the data goes by RDMA
  if (in.failed() || size != 49) return std::nullopt;
  return out;
}

std::optional<Span> read_read_answer(base::View message) {
  base::Reader in = at(message, kHeader);
  Span out;
  const std::uint16_t size = in.u16le();
  out.data = in.u8();
  in.skip(1);
  out.length = in.u32le();
  in.skip(8);
  if (in.failed() || size != 17 || (out.length != 0 && out.data < kHeader + 16)) return std::nullopt;
  return out;
}

std::optional<Span> read_write_ask(base::View message) {
  base::Reader in = at(message, kHeader);
  Span out;
  const std::uint16_t size = in.u16le();
  out.data = in.u16le();
  out.length = in.u32le();
  out.offset = in.u64le();
  out.file = file_id(in);
  out.elsewhere = in.u32le() != 0;
  in.skip(12);
  if (in.failed() || size != 49 || (out.length != 0 && !out.elsewhere && out.data < kHeader + 48)) return std::nullopt;
  return out;
}

std::optional<FileId> read_close_ask(base::View message) {
  base::Reader in = at(message, kHeader);
  const std::uint16_t size = in.u16le();
  in.skip(6);
  const FileId id = file_id(in);
  if (in.failed() || size != 24) return std::nullopt;
  return id;
}

std::optional<Change> read_set_info_ask(base::View message) {
  base::Reader in = at(message, kHeader);
  Change out;
  const std::uint16_t size = in.u16le();
  const std::uint8_t type = in.u8(), info = in.u8();
  const std::uint32_t length = in.u32le();
  const std::uint16_t offset = in.u16le();
  in.skip(6);
  out.file = file_id(in);
  if (in.failed() || size != 33) return std::nullopt;
  base::Reader value(pointed(message, offset, length));
  if (type == 1 && (info == 13 || info == 64)) out.deletes = (value.u8() & 1) != 0;  // FileDispositionInformation
  if (type == 1 && info == 10) {  // FileRenameInformation
    value.skip(16);
    const std::uint32_t n = value.u32le();
    out.new_name = name_of(value.take(n));
  }
  return out;
}

std::optional<std::string> read_tree_ask(base::View message) {
  base::Reader in = at(message, kHeader);
  const std::uint16_t size = in.u16le();
  in.skip(2);
  const std::uint16_t offset = in.u16le(), length = in.u16le();
  if (in.failed() || size != 9) return std::nullopt;
  return name_of(pointed(message, offset, length));
}

std::optional<TreeAnswer> read_tree_answer(base::View message) {
  base::Reader in = at(message, kHeader);
  TreeAnswer out;
  const std::uint16_t size = in.u16le();
  out.type = in.u8();
  in.skip(1);
  out.encrypts = (in.u32le() & 0x8000) != 0;
  if (in.failed() || size != 16) return std::nullopt;
  return out;
}

std::optional<NegotiateAnswer> read_negotiate_answer(base::View message) {
  base::Reader in = at(message, kHeader);
  NegotiateAnswer out;
  const std::uint16_t size = in.u16le();
  out.signing_required = (in.u16le() & 2) != 0;
  out.dialect = in.u16le();
  if (in.failed() || size != 65) return std::nullopt;
  return out;
}

std::optional<Login> read_session_ask(base::View message) {
  base::Reader in = at(message, kHeader);
  const std::uint16_t size = in.u16le();
  in.skip(10);
  const std::uint16_t offset = in.u16le(), length = in.u16le();
  if (in.failed() || size != 25) return std::nullopt;
  const base::View token = pointed(message, offset, length);
  Login out;
  const auto from = base::text(token).find(std::string_view("NTLMSSP\0", 8));
  if (from == std::string_view::npos) {
    out.kerberos = contains(token, std::string_view("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02", 9)) || contains(token, std::string_view("\x2a\x86\x48\x82\xf7\x12\x01\x02\x02", 9));
    return out;
  }
  out.ntlm = true;
  const base::View ntlm = token.subspan(from);
  base::Reader fields(ntlm);
  fields.skip(8);
  if (fields.u32le() != 3) return out;  // AUTHENTICATE_MESSAGE
  fields.skip(16);
  const auto field = [&] {
    const std::uint16_t n = fields.u16le();
    fields.skip(2);
    const std::uint32_t where = fields.u32le();
    return pointed(ntlm, where, n);
  };
  const base::View domain = field(), user = field();
  fields.skip(16);
  const bool unicode = (fields.u32le() & 1) != 0;
  if (fields.failed()) return out;
  out.named = true;
  const auto text = [&](base::View v) { return unicode ? name_of(v) : std::string(base::text(v.first(std::min(v.size(), kMaxName)))); };
  out.user = text(user);
  out.domain = text(domain);
  return out;
}

std::optional<std::uint16_t> read_session_answer_flags(base::View message) {
  base::Reader in = at(message, kHeader);
  const std::uint16_t size = in.u16le(), flags = in.u16le();
  if (in.failed() || size != 9) return std::nullopt;
  return flags;
}

std::string dialect_name(std::uint16_t dialect) {
  switch (dialect) {
    case 0x0202: return "SMB 2.0.2";
    case 0x0210: return "SMB 2.1";
    case 0x02ff: return "SMB 2";  // to be agreed in a second negotiation
    case 0x0300: return "SMB 3.0";
    case 0x0302: return "SMB 3.0.2";
    case 0x0311: return "SMB 3.1.1";
    default: break;
  }
  char text[8];
  std::snprintf(text, sizeof text, "0x%04x", dialect);
  return text;
}

}  // namespace fengsui::capture::smb
