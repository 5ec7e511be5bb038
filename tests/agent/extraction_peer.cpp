// Children that misbehave, for extraction_test: what they do after their hello is the first argument.
#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace {

void say(char kind, const std::string& payload) {
  const auto n = payload.size();
  std::string frame = {kind, static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8), static_cast<char>(n)};
  frame += payload;
  for (std::size_t at = 0; at < frame.size();) {
    const ssize_t wrote = write(3, frame.data() + at, frame.size() - at);
    if (wrote <= 0) _exit(1);
    at += static_cast<std::size_t>(wrote);
  }
}
void take_object() {
  char piece[4096];
  std::string all;
  for (;;) {
    const ssize_t n = read(3, piece, sizeof piece);
    if (n <= 0) _exit(1);
    all.append(piece, static_cast<std::size_t>(n));
    if (all.size() < 37) continue;
    std::size_t size = 0;
    for (std::size_t i = 29; i < 37; ++i) size = size << 8 | static_cast<unsigned char>(all[i]);
    if (all.size() >= 37 + size) return;
  }
}

}  // namespace

int main(int, char** argv) {
  const std::string what = argv[1];
  if (what == "silent") pause();
  say('H', what == "unconfined" ? std::string(5, '\0') : std::string("\1\0\0\0\7", 5));
  if (what == "deaf") pause();  // reads nothing: the object fills the socket
  take_object();
  if (what == "hang") say('B', std::string("\0in", 3)), pause();
  if (what == "die") {
    say('B', std::string("\0in", 3));
    say('T', "half of it");
    kill(getpid(), SIGSEGV);
  }
  if (what == "lie") say('B', std::string("\7bad bond", 9)), pause();
  if (what == "flood")
    for (;;) say('T', std::string(65536, 'x'));
  return 0;
}
