// Mail: one message (RFC 5322, MIME) or an mbox of many (RFC 4155). Headers and texts are the message's own text; attachments
// and attached messages are things inside.
#include <fmt/format.h>

#include <algorithm>

#include "classify/extract/context.h"
#include "classify/extract/html.h"
#include "classify/extract/mime.h"

namespace fengsui::classify::extract {
namespace {

constexpr std::uint32_t kMaxNesting = 16;  // multiparts in multiparts
constexpr std::size_t kMaxParts = 2000;

class Message {
 public:
  explicit Message(Context& context) : context_(context), charsets_(context.charsets()) {}

  void read(std::string_view bytes, std::uint32_t nesting = 0) {
    const Headers headers = take_headers(bytes);
    if (nesting == 0 && !said(headers)) return;
    entity(headers, bytes, nesting);
  }

 private:
  // What a person reads above the message.
  bool said(const Headers& headers) {
    std::string lines;
    for (const HeaderField& field : headers.fields)
      for (const std::string_view shown : {"from", "to", "cc", "bcc", "reply-to", "subject", "date", "sender", "comments", "keywords"})
        if (field.name == shown) lines += field.name + ": " + decode_words(field.value, charsets_) + "\n";
    return context_.text(lines + "\n");
  }

  base::Bytes decoded(const Headers& headers, std::string_view body) {
    const std::string encoding = media_type(headers.get("content-transfer-encoding"));
    if (encoding == "base64") return decode_base64(body);
    if (encoding == "quoted-printable") return decode_quoted_printable(body);
    return base::to_bytes(body);
  }

  void entity(const Headers& headers, std::string_view body, std::uint32_t nesting) {
    const std::string_view field = headers.get("content-type");
    const std::string type = field.empty() ? "text/plain" : media_type(field);
    if (type.starts_with("multipart/")) return multipart(field, body, nesting);
    const std::string_view disposition = headers.get("content-disposition");
    std::string name = parameter(disposition, "filename", charsets_);
    if (name.empty()) name = parameter(field, "name", charsets_);
    const bool attached = media_type(disposition) == "attachment" || !name.empty();
    if (type == "application/pkcs7-mime" || type == "application/x-pkcs7-mime" || type == "application/pgp-encrypted") context_.missed(Missed::encrypted, Format::mail);
    if (type == "application/pkcs7-signature" || type == "application/pgp-signature" || type == "application/x-pkcs7-signature") return;
    const base::Bytes bytes = decoded(headers, body);
    if (!attached && (type == "text/plain" || type == "text/html")) {
      std::string text = charsets_.to_utf8(parameter(field, "charset", charsets_), bytes);
      if (type == "text/html") text = html_text(text);
      context_.text(text + "\n");
      return;
    }
    if (type == "message/rfc822" && name.empty()) name = "message";
    if (name.empty()) name = fmt::format("part{}", parts_);
    context_.inner(name, Bond::member, bytes);
  }

  // RFC 2046 5.1.1: parts stand between lines "--boundary", the last is closed by "--boundary--".
  void multipart(std::string_view field, std::string_view body, std::uint32_t nesting) {
    const std::string boundary = "--" + parameter(field, "boundary", charsets_);
    if (boundary.size() == 2) return context_.missed(Missed::damaged, Format::mail);
    if (nesting >= kMaxNesting) return context_.missed(Missed::too_deep, Format::mail);
    std::size_t start = std::string_view::npos;
    for (std::size_t at = 0; at < body.size();) {
      auto end = body.find('\n', at);
      end = end == std::string_view::npos ? body.size() : end + 1;
      const std::string_view line = body.substr(at, end - at);
      if (line.starts_with(boundary)) {
        if (start != std::string_view::npos) part(body.substr(start, at - start), nesting);
        if (context_.over() || line.substr(boundary.size()).starts_with("--")) return;
        start = end;
      }
      at = end;
    }
    // It ends without its closing line: what there is of the last part is read, and that it is cut is said.
    if (start != std::string_view::npos) part(body.substr(start), nesting);
    context_.missed(Missed::damaged, Format::mail);
  }

  void part(std::string_view bytes, std::uint32_t nesting) {
    if (++parts_ > kMaxParts) {
      if (parts_ == kMaxParts + 1) context_.missed(Missed::too_many, Format::mail);
      return;
    }
    read(bytes, nesting + 1);
  }

  Context& context_;
  const Charsets& charsets_;
  std::size_t parts_ = 0;
};

}  // namespace

void read_mail(Context& context, Format, base::View bytes) {
  std::string_view rest = base::text(bytes);
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  if (!rest.starts_with("From ")) return Message(context).read(rest);
  // mbox: a message ends where an empty line is followed by "From ".
  for (std::size_t n = 1; !rest.empty() && !context.over(); ++n) {
    std::size_t end = rest.size();
    for (std::size_t at = rest.find("\nFrom ", 1); at != std::string_view::npos; at = rest.find("\nFrom ", at + 1)) {
      if (!rest.substr(0, at).ends_with('\n') && !rest.substr(0, at).ends_with("\n\r")) continue;
      end = at + 1;
      break;
    }
    if (!context.begin(fmt::format("{}", n), Bond::member)) return;
    Message(context).read(rest.substr(0, end));
    context.end();
    rest.remove_prefix(end);
  }
}

}  // namespace fengsui::classify::extract
