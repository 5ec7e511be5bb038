// The confined extraction: what the child may still do, and what the parent believes and does when it dies, hangs or lies.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "agent/extraction/answers.h"
#include "agent/extraction/confined.h"
#include "agent/extraction/protocol.h"
#include "agent/extraction/sandbox.h"
#include "base/fd.h"
#include "classify/extract/local.h"
#include "tests/classify/heard.h"
#include "tests/classify/packed.h"

namespace fengsui::agent {
namespace {

using classify::Missed;

// Everything an extraction said, one event a word.
class Heard final : public classify::Extracted {
 public:
  void begin(std::string_view name, classify::Bond bond) override { all += (bond == classify::Bond::part ? "part(" : "member(") + std::string(name) + ") "; }
  void text(base::View bytes) override { all += "'" + std::string(base::text(bytes)) + "' "; }
  void end() override { all += "end "; }
  void missed(Missed why, classify::Format) override { all += "missed(" + classify::words(why, {}) + ") "; }
  std::string all;
};

base::Bytes zip(const std::string& name, const std::string& text) { return classify::test::pack({{name, text}}, archive_write_set_format_zip); }

ConfinedOptions real() {
  ConfinedOptions out;
  out.program = FENGSUI_BUILD_DIR "/bin/fengsui-agent";
  return out;
}
ConfinedOptions peer(const char* what) {
  ConfinedOptions out;
  out.program = FENGSUI_BUILD_DIR "/tests/agent/extraction_peer";
  out.arguments = {what};
  out.time_limit_ms = 300;
  return out;
}
std::string hear(classify::Extractor& extractor, base::View object) {
  Heard heard;
  extractor.extract(object, {}, heard);
  return heard.all;
}

TEST(Confined, TheChildSaysWhatTheExtractionInThisProcessSays) {
  const auto object = zip("a.txt", "hello");
  ConfinedExtractor confined(real());
  EXPECT_EQ(confined.child(), -1) << "started before there is work";
  const auto local = classify::local_extractor();
  EXPECT_EQ(hear(confined, object), "member(a.txt) 'hello' end ");
  EXPECT_EQ(hear(confined, object), hear(*local, object));
  EXPECT_GT(confined.child(), 0);
  EXPECT_TRUE(confined.confinement().starts_with("seccomp")) << confined.confinement();
}

// A character map that is not embedded is read inside the confinement, where Landlock lets nothing else be read.
TEST(Confined, DocumentsOfEveryFamilyAreReadAsWithoutTheConfinement) {
  ConfinedExtractor confined(real());
  const auto local = classify::local_extractor();
  for (const char* name : {"people.doc", "people.docx", "people.odt", "people.ods", "people.rtf", "people.xls", "people.xlsx", "people.pdf", "cmap.pdf", "locked.pdf",
                           "people.db", "mail.eml", "mail.mbox", "slides.ppt.gz"}) {
    const auto bytes = base::read_file(std::string(FENGSUI_SOURCE_DIR "/tests/classify/documents/") + name, 1u << 20);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(classify::test::heard(confined, *bytes), classify::test::heard(*local, *bytes)) << name;
  }
}

TEST(Confined, OneChildServesManyObjectsUntilItIsReplaced) {
  auto options = real();
  options.objects_per_child = 3;
  ConfinedExtractor confined(options);
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(hear(confined, zip("a", "x")), "member(a) 'x' end ");
    children.push_back(confined.child());
  }
  EXPECT_EQ(children[0], children[2]);
  EXPECT_NE(children[2], children[3]);
  EXPECT_EQ(children[3], children[5]);
}

TEST(Confined, AnIdleChildIsEndedAndTheNextObjectGetsAnother) {
  ConfinedExtractor confined(real());
  hear(confined, zip("a", "x"));
  const pid_t first = confined.child();
  confined.rest(ConfinedExtractor::now_ms());
  EXPECT_EQ(confined.child(), first);
  confined.rest(ConfinedExtractor::now_ms() + 30'000);
  EXPECT_EQ(confined.child(), -1);
  EXPECT_EQ(kill(first, 0), -1) << "still there";
  EXPECT_EQ(hear(confined, zip("a", "x")), "member(a) 'x' end ");
}

TEST(Confined, AKilledChildCostsOneObjectOnly) {
  ConfinedExtractor confined(real());
  hear(confined, zip("a", "x"));
  kill(confined.child(), SIGKILL);
  EXPECT_EQ(hear(confined, zip("a", "x")), "missed(its extraction died) ");
  EXPECT_EQ(hear(confined, zip("a", "x")), "member(a) 'x' end ");
}

TEST(Confined, AChildThatHangsDiesLiesOrIsNotConfinedIsNamedWithWhatItHadOpen) {
  const std::pair<const char*, std::string> cases[] = {
      {"hang", "member(in) missed(took longer than an extraction may) end missed(took longer than an extraction may) "},
      {"die", "member(in) 'half of it' missed(its extraction died) end missed(its extraction died) "},
      {"lie", "missed(its extraction answered against the protocol) "},
      {"silent", "missed(extraction is unavailable) "},
      {"unconfined", "missed(extraction is unavailable) "}};
  for (const auto& [what, said] : cases) {
    ConfinedExtractor confined(peer(what));
    EXPECT_EQ(hear(confined, zip("a", "x")), said) << what;
    EXPECT_EQ(confined.child(), -1) << what;
  }
}

TEST(Confined, AChildThatDoesNotTakeItsObjectIsNotWaitedFor) {
  ConfinedExtractor confined(peer("deaf"));
  EXPECT_EQ(hear(confined, base::Bytes(4u << 20, 'x')), "missed(took longer than an extraction may) ");
}

TEST(Confined, AFloodIsCutAtTheLimitOfUnpackedBytes) {
  class Count final : public classify::Extracted {
   public:
    void begin(std::string_view, classify::Bond) override {}
    void text(base::View bytes) override { size += bytes.size(); }
    void end() override {}
    void missed(Missed w, classify::Format) override { why = w; }
    std::uint64_t size = 0;
    Missed why = Missed::damaged;
  } count;
  auto options = peer("flood");
  options.time_limit_ms = 10'000;
  ConfinedExtractor confined(options);
  classify::ExamineLimits limits;
  limits.max_unpacked = 1u << 20;
  confined.extract(base::view("PK"), limits, count);
  EXPECT_EQ(count.size, 1u << 20);
  EXPECT_EQ(count.why, Missed::child_lied);
}

TEST(Confined, AProgramThatIsNotThereIsUnavailable) {
  ConfinedOptions options;
  options.program = "/nonexistent/worker";
  ConfinedExtractor confined(options);
  EXPECT_EQ(hear(confined, zip("a", "x")), "missed(extraction is unavailable) ");
  EXPECT_NE(confined.confinement().find("/nonexistent/worker"), std::string::npos);
}

// Runs `attempt` in a confined process: its exit code, or 1000 + the signal that ended it.
int confined(const std::function<int()>& attempt, const SandboxOptions& options = {}) {
  const pid_t pid = fork();
  if (pid == 0) {
    if (!confine(options)) _exit(99);
    _exit(attempt());
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}
int refused(long result) { return result == -1 ? errno : 0; }

TEST(Sandbox, FilesCannotBeOpenedMadeOrLookedAt) {
  const std::string own = "/proc/self/exe";
  EXPECT_NE(confined([] { return refused(open("/etc/passwd", O_RDONLY)); }), 0);
  EXPECT_EQ(confined([] { return refused(open("/etc/passwd", O_RDONLY)); }), syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0 ? EACCES : EPERM);
  EXPECT_EQ(confined([] { return refused(open("/tmp/fengsui-sandbox", O_WRONLY | O_CREAT, 0600)); }), EPERM);
  EXPECT_EQ(confined([] { return refused(open("/usr/share/poppler/x", O_RDWR)); }), EPERM);
  EXPECT_EQ(confined([] { return refused(access("/etc/passwd", R_OK)); }), EPERM);
  struct stat st;
  EXPECT_EQ(confined([&] { return refused(stat("/etc/passwd", &st)); }), EPERM);
  EXPECT_EQ(confined([&] { return refused(fstat(0, &st)); }), 0);
}

#if !defined(__SANITIZE_ADDRESS__)
TEST(Sandbox, NothingCanBeStartedReachedOrChanged) {
  const int killed = 1000 + SIGSYS;
  EXPECT_EQ(confined([] { return refused(socket(AF_INET, SOCK_STREAM, 0)); }), killed);
  EXPECT_EQ(confined([] { return refused(socket(AF_UNIX, SOCK_STREAM, 0)); }), killed);
  EXPECT_EQ(confined([] { return refused(execl("/bin/true", "true", nullptr)); }), killed);
  EXPECT_EQ(confined([] { return refused(fork()); }), killed);
  EXPECT_EQ(confined([] { return refused(kill(getppid(), 0)); }), killed);
  EXPECT_EQ(confined([] { return refused(unlink("/tmp/x")); }), killed);
  EXPECT_EQ(confined([] { return refused(syscall(SYS_ptrace, 0, 0, 0, 0)); }), killed);
  EXPECT_EQ(confined([] { return refused(syscall(SYS_io_uring_setup, 1, nullptr)); }), killed);
  EXPECT_EQ(confined([] { return refused(syscall(SYS_bpf, 0, nullptr, 0)); }), killed);
}

TEST(Sandbox, MemoryIsNeverExecutableAndIsLimited) {
  EXPECT_EQ(confined([] { return refused(reinterpret_cast<long>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))); }), EPERM);
  EXPECT_EQ(confined([] {
              void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return refused(mprotect(page, 4096, PROT_READ | PROT_EXEC));
            }),
            EPERM);
  EXPECT_EQ(confined([] { return refused(reinterpret_cast<long>(mmap(nullptr, 2ull << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))); }), ENOMEM);
}

TEST(Sandbox, TimeIsLimited) {
  SandboxOptions options;
  options.max_cpu_seconds = 1;
  EXPECT_EQ(confined([] {
              for (volatile bool more = true; more;) {
              }
              return 0;
            }, options),
            1000 + SIGKILL);
}
#endif

// The answer to a zip with one member, byte by byte as the protocol says.
std::string frame(char kind, const std::string& payload) {
  const auto n = payload.size();
  return std::string{kind, 0, static_cast<char>(n >> 16), static_cast<char>(n >> 8), static_cast<char>(n)} + payload;
}
const std::string kGood = frame('B', std::string("\0a", 2)) + frame('T', "text") + frame('M', std::string("\1\4", 2)) + frame('E', "") + frame('D', "");

TEST(Answers, AreTheSameHoweverTheyAreSplit) {
  for (std::size_t cut = 0; cut <= kGood.size(); ++cut) {
    Heard heard;
    Answers answers({}, heard);
    ASSERT_TRUE(answers.feed(base::view(kGood).first(cut)));
    ASSERT_TRUE(answers.feed(base::view(kGood).subspan(cut)));
    EXPECT_TRUE(answers.done());
    EXPECT_EQ(heard.all, "member(a) 'text' missed(damaged or cut short) end ") << cut;
  }
}

TEST(Answers, CutShortAtAnyByteAreNotDoneAndEverythingOpenIsEnded) {
  for (std::size_t n = 0; n + 1 < kGood.size(); ++n) {
    Heard heard;
    Answers answers({}, heard);
    ASSERT_TRUE(answers.feed(base::view(kGood).first(n)));
    EXPECT_FALSE(answers.done());
    answers.give_up(Missed::child_died);
    EXPECT_EQ(answers.open(), 0u);
    EXPECT_TRUE(heard.all.ends_with("missed(its extraction died) ")) << n;
  }
}

TEST(Answers, AgainstTheProtocolAreRefused) {
  classify::ExamineLimits limits;
  limits.max_unpacked = 8;
  std::string deep, many;
  for (int i = 0; i < 13; ++i) deep += frame('B', std::string("\0d", 2));
  for (std::uint32_t i = 0; i <= classify::kMaxMembers; ++i) many += frame('B', std::string("\0m", 2)) + frame('E', "");
  const std::pair<const char*, std::string> cases[] = {
      {"unknown frame", frame('Z', "")},
      {"a frame longer than the limit", std::string("T\0\1\0\1", 5)},
      {"an end without a begin", frame('E', "")},
      {"done inside a member", frame('B', std::string("\0a", 2)) + frame('D', "")},
      {"something after done", frame('D', "") + frame('T', "x")},
      {"an unknown bond", frame('B', "\2a")},
      {"a begin without a bond", frame('B', "")},
      {"a name longer than the limit", frame('B', std::string(classify::kMaxMemberName + 2, '\0'))},
      {"an unknown reason", frame('M', std::string("\x20\0", 2))},
      {"a reason only the parent may give", frame('M', {static_cast<char>(Missed::too_slow), 0})},
      {"an unknown format", frame('M', std::string("\0\x7F", 2))},
      {"more text than the limit", frame('T', "12345678") + frame('T', "9")},
      {"deeper than the limit", deep},
      {"more members than the limit", many}};
  for (const auto& [what, bytes] : cases) {
    Heard heard;
    Answers answers(limits, heard);
    EXPECT_FALSE(answers.feed(base::view(bytes))) << what;
  }
}

}  // namespace
}  // namespace fengsui::agent
