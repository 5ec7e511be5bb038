// Errors that are expected (bad bytes, a full disk, a peer that is gone) and the assertion for those that are not.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace fengsui::base {

// What a caller can branch on. The words for people are in Error::what.
enum class Errc : std::uint8_t {
  truncated,    // the bytes end before the shape does
  malformed,    // the bytes contradict the shape
  limit,        // a size or count above its bound
  unsupported,  // well formed, but not something this build reads
  not_found,
  exists,
  denied,       // permission, or a key or token that is not accepted
  io,           // the operating system refused; what names the call and errno
  full,         // disk or bounded store is full
  mismatch,     // a digest, signature, root or identity is not the expected one
  expired,
  conflict,     // another writer was first, or state does not allow the step
  unavailable,  // the thing cannot work here; what says why
  usage,        // wrong arguments or configuration
};

// Stable lower-case name of a code, for logs and JSON.
std::string_view name(Errc code);

// An expected failure. `what` names the thing, the size and the limit, never content.
struct Error {
  Errc code = Errc::io;
  std::string what;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

// return fail(Errc::limit, "header of 70000 bytes; limit 65536");
std::unexpected<Error> fail(Errc code, std::string what);
// Errc::io (or full, denied, not_found, exists by errno) with the call, the thing and the text of errno.
std::unexpected<Error> fail_errno(std::string_view call, std::string_view thing, int error_number);

[[noreturn]] void bug(const char* expression, const char* file, int line);

}  // namespace fengsui::base

// Always on. For conditions that only a bug in this program can break.
#define FENGSUI_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::fengsui::base::bug(#expression, __FILE__, __LINE__))
