#include "base/error.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace fengsui::base {

std::string_view name(Errc code) {
  switch (code) {
    case Errc::truncated: return "truncated";
    case Errc::malformed: return "malformed";
    case Errc::limit: return "limit";
    case Errc::unsupported: return "unsupported";
    case Errc::not_found: return "not_found";
    case Errc::exists: return "exists";
    case Errc::denied: return "denied";
    case Errc::io: return "io";
    case Errc::full: return "full";
    case Errc::mismatch: return "mismatch";
    case Errc::expired: return "expired";
    case Errc::conflict: return "conflict";
    case Errc::unavailable: return "unavailable";
    case Errc::usage: return "usage";
  }
  return "unknown";
}

std::unexpected<Error> fail(Errc code, std::string what) { return std::unexpected(Error{code, std::move(what)}); }

std::unexpected<Error> fail_errno(std::string_view call, std::string_view thing, int error_number) {
  Errc code = Errc::io;
  switch (error_number) {
    case ENOSPC:
    case EDQUOT: code = Errc::full; break;
    case EACCES:
    case EPERM: code = Errc::denied; break;
    case ENOENT:
    case ENOTDIR: code = Errc::not_found; break;
    case EEXIST: code = Errc::exists; break;
    default: break;
  }
  std::string what(call);
  what.append(" ").append(thing).append(": ").append(std::strerror(error_number));
  return fail(code, std::move(what));
}

void bug(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
  std::abort();
}

}  // namespace fengsui::base
