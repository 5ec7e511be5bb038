// fengsui-verify: checks an evidence bundle offline. No network code, no database; the clock only dates an SVR that is asked for and bounds time-stamps.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/time.h"
#include "crypto/timestamp.h"
#include "evidence/checkpoint.h"
#include "evidence/policy.h"
#include "evidence/svr.h"
#include "evidence/verify.h"

namespace {
using namespace fengsui;

constexpr const char* kHelp =
    "Examples:\n"
    "  fengsui-verify bundle.zip --policy policy.txt\n"
    "  fengsui-verify bundle.zip --policy policy.txt --unit 510903-edu --from 2026-11-01 --to 2026-12-01 --json\n"
    "  fengsui-verify bundle.zip --policy policy.txt --revocations revoked.json --last-seen checkpoint.old --lang en\n"
    "\n"
    "Checks an evidence bundle of Fengsui (烽燧) offline, in the steps V0 to V16, and prints the verdict, its level (L1 statement and\n"
    "checkpoint, L2 and seals, L3 full replay) and the assumptions that no evidence can prove.\n"
    "离线核验烽燧证据包：逐步执行 V0 至 V16，给出结论、级别和无法由证据证明的假设。\n"
    "\n"
    "  --policy FILE       what you trust: keys of the log, witnesses, attester, operators (required; get it by another way than\n"
    "                      the bundle)  可信密钥策略，须另行取得\n"
    "  --unit NAME         the unit you asked about  核验的单位\n"
    "  --from, --to DAY    the period you asked about, YYYY-MM-DD, --to is not included  核验的时段\n"
    "  --revocations FILE  signed list of revoked attestations  撤销名单\n"
    "  --tsa FILE          certificates (PEM) of time-stamping authorities that you trust: the bundle's RFC 3161 tokens are checked in V4\n"
    "                      可信时间戳机构证书，用于核验封存时间戳\n"
    "  --last-seen FILE    checkpoint kept from an earlier visit  上次保存的检查点\n"
    "  --since FILE        what an earlier visit kept (--keep): only later leaves are read; the bundle may be cut to them\n"
    "                      上次核验保存的状态，只核验其后的记录\n"
    "  --keep FILE         when verified, write what --since of the next visit wants  核验通过后保存状态\n"
    "  --svr FILE --key KEY --verifier URI\n"
    "                      when verified, write the evaluator's answer: an in-toto svr/v0.2 in DSSE, signed with the key file (made\n"
    "                      when missing)  核验通过后写出评估方签名的结果\n"
    "  --max-mib N         refuse bundles that unpack to more (default 2048)  解包上限\n"
    "  --threads N         for parsing and signatures (default: one per core, at most 16)  线程数\n"
    "  --json              one JSON object on one line\n"
    "  --lang zh|en        language of the text (default zh)\n"
    "  --version, --help\n"
    "\n"
    "Exit: 0 verified, 1 failed or revoked, 2 usage, 3 incomplete (something could not be examined, each named).\n";

int usage(const std::string& what) {
  std::fprintf(stderr, "fengsui-verify: %s\nTry: fengsui-verify BUNDLE.zip --policy POLICY, or --help\n", what.c_str());
  return 2;
}

struct Arguments {
  std::string bundle, policy, revocations, tsa, last_seen, since, keep, svr, key, verifier;
  std::optional<base::Day> from, to;
  std::string unit;
  std::uint64_t max_mib = 2048, threads = 0;
  bool json = false, chinese = true;
};

// A number above every limit for what is none.
std::uint64_t number(const std::string& text) {
  std::uint64_t out = 0;
  for (char c : text) out = c >= '0' && c <= '9' && out < 100'000 ? out * 10 + static_cast<std::uint64_t>(c - '0') : 1'000'000;
  return out;
}

// "" or what is wrong.
std::string take(Arguments& a, std::string_view option, const std::string& value) {
  if (option == "--policy") a.policy = value;
  else if (option == "--revocations") a.revocations = value;
  else if (option == "--tsa") a.tsa = value;
  else if (option == "--last-seen") a.last_seen = value;
  else if (option == "--since") a.since = value;
  else if (option == "--keep") a.keep = value;
  else if (option == "--svr") a.svr = value;
  else if (option == "--key") a.key = value;
  else if (option == "--verifier") a.verifier = value;
  else if (option == "--unit") a.unit = value;
  else if (option == "--from" || option == "--to") {
    auto day = base::parse_day(value);
    if (!day) return std::string(option) + " wants a day, YYYY-MM-DD";
    (option == "--from" ? a.from : a.to) = *day;
  } else if (option == "--lang") {
    if (value != "zh" && value != "en") return "--lang wants zh or en";
    a.chinese = value == "zh";
  } else if (option == "--max-mib") {
    a.max_mib = number(value);
    if (a.max_mib < 1 || a.max_mib > 65'536) return "--max-mib wants a number from 1 to 65536";
  } else if (option == "--threads") {
    a.threads = number(value);
    if (a.threads < 1 || a.threads > 64) return "--threads wants a number from 1 to 64";
  } else {
    return "unknown option " + std::string(option);
  }
  return "";
}

base::Result<std::string> text_file(const std::string& path, std::size_t limit) {
  auto bytes = base::read_file(path, limit);
  if (!bytes) return std::unexpected(bytes.error());
  return std::string(base::text(*bytes));
}

// On this thread and as many others as make `threads`; all of them have ended when it returns.
evidence::Parallel on_threads(unsigned threads) {
  return [threads](std::size_t n, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next = 0;
    auto run = [&] {
      for (std::size_t i = next++; i < n; i = next++) work(i);
    };
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads && i < n; ++i) others.emplace_back(run);
    run();
  };
}

base::UnixMs now_ms() { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

// "" or what is wrong.
std::string write_svr(const Arguments& a, const evidence::VerifyResult& result, base::View zip, const std::string& policy) {
  auto files = evidence::read_zip(zip, {.max_total = a.max_mib << 20});
  auto envelope = files ? evidence::parse_envelope(base::text((*files)["attestation.dsse.json"])) : base::Result<evidence::Envelope>(std::unexpected(files.error()));
  if (!envelope) return "svr: " + envelope.error().what;
  auto key = crypto::SigningKey::load_file(a.key);
  if (!key && key.error().code == base::Errc::not_found) key = crypto::SigningKey::create_file(a.key);
  if (!key) return "svr: " + key.error().what;
  auto text = evidence::sign_svr(result, envelope->payload, {a.verifier, policy, now_ms()}, *key);
  if (!text) return text.error().what;
  auto written = base::write_file_durable(a.svr, base::view(*text));
  return written ? "" : "svr: " + written.error().what;
}

int run(const Arguments& a) {
  auto policy_text = text_file(a.policy, 65'536);
  if (!policy_text) return usage("policy: " + policy_text.error().what);
  auto policy = evidence::parse_policy(*policy_text);
  if (!policy) return usage(a.policy + ": " + policy.error().what);
  if (policy->attesters.empty()) return usage(a.policy + ": the policy names no attester");
  evidence::VerifyOptions options;
  options.limits.max_total = a.max_mib << 20;
  options.dept = a.unit;
  const auto threads = a.threads ? static_cast<unsigned>(a.threads) : std::min(16u, std::thread::hardware_concurrency());
  if (threads > 1) options.parallel = on_threads(threads);
  if (a.from) options.from = base::start_of(*a.from);
  if (a.to) options.to = base::start_of(*a.to);
  if (!a.revocations.empty()) {
    auto text = text_file(a.revocations, 64u << 20);
    if (!text) return usage("revocation list: " + text.error().what);
    auto list = evidence::open_revocations(*text, policy->attesters);
    if (!list) return usage(a.revocations + ": " + list.error().what);
    options.revoked = std::move(*list);
  }
  if (!a.tsa.empty()) {
    auto text = text_file(a.tsa, 1u << 20);
    if (!text) return usage("time-stamping authorities: " + text.error().what);
    if (auto good = crypto::check_tsa_certificates(*text); !good) return usage(a.tsa + ": " + good.error().what);
    options.tsa = std::move(*text);
    options.now = now_ms();
  }
  if (!a.last_seen.empty()) {
    auto text = text_file(a.last_seen, evidence::kMaxNoteBytes);
    if (!text) return usage("checkpoint: " + text.error().what);
    for (const auto& log : policy->logs)
      if (auto seen = evidence::open_checkpoint(*text, log)) options.last_seen = *seen;
    if (!options.last_seen) return usage(a.last_seen + ": not a checkpoint of a log of the policy");
  }
  if (!a.since.empty()) {
    auto text = text_file(a.since, 512u << 20);
    if (!text) return usage("kept state: " + text.error().what);
    options.state = std::move(*text);
  }
  auto zip = base::read_file(a.bundle, a.max_mib << 20);
  if (!zip) return usage("bundle: " + zip.error().what);
  auto result = evidence::verify_bundle(*zip, *policy, options);
  auto out = a.json ? evidence::to_json(result).dump() + "\n" : evidence::to_text(result, a.chinese);
  std::fwrite(out.data(), 1, out.size(), stdout);
  for (const auto& step : result.steps)
    if (step.state == evidence::StepState::incomplete) std::fprintf(stderr, "V%d: %s\n", step.number, step.detail.en.c_str());
  if (!a.keep.empty() && result.verified)
    if (auto kept = base::write_file_durable(a.keep, base::view(result.state)); !kept) return usage("keep: " + kept.error().what);
  if (!a.svr.empty() && result.verified)
    if (auto wrong = write_svr(a, result, *zip, *policy_text); !wrong.empty()) return usage(wrong);
  return evidence::exit_code(result);
}
}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (word == "--help" || word == "-h") {
      std::fputs(kHelp, stdout);
      return 0;
    }
    if (word == "--version") {
      std::puts("fengsui-verify " FENGSUI_VERSION);
      return 0;
    }
    if (word == "--json") {
      a.json = true;
    } else if (word.starts_with("--")) {
      if (i + 1 >= argc) return usage("a value is missing after " + std::string(word));
      if (auto wrong = take(a, word, argv[++i]); !wrong.empty()) return usage(wrong);
    } else if (a.bundle.empty()) {
      a.bundle = word;
    } else {
      return usage("more than one bundle");
    }
  }
  if (a.bundle.empty()) return usage("no bundle given");
  if (!a.svr.empty() && (a.key.empty() || a.verifier.empty())) return usage("--svr wants --key and --verifier");
  if (a.policy.empty()) return usage("--policy is missing: without keys of your own nothing can be verified");
  return run(a);
}
