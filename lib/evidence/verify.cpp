#include "evidence/verify.h"

#include <algorithm>

#include "evidence/verifier.h"

namespace fengsui::evidence {

namespace {
const model::Text kTitles[] = {
    {"策略与证据包", "policy and bundle"},
    {"证明签名与内容", "statement signature"},
    {"证明已入日志", "statement is in the log"},
    {"检查点签名", "checkpoint signatures"},
    {"见证与时间戳", "witness and timestamp times"},
    {"检查点一致、每日封存", "consistency and seals"},
    {"逐条重算默克尔树", "every leaf rehashed"},
    {"接收时间", "receipt times"},
    {"操作签名与角色", "signatures and roles"},
    {"监测代理记录链", "agents' chains"},
    {"检查点信标", "beacons"},
    {"每一秒都有状态", "every second has a state"},
    {"覆盖率重算", "coverage recomputed"},
    {"发现与事件重算", "findings and incidents recounted"},
    {"诱饵检验", "canaries"},
    {"评分重算", "score recomputed"},
    {"结论", "verdict"},
};
}  // namespace

Verifier::Verifier(const Files& files, const Policy& policy, const VerifyOptions& options) : files_(files), policy_(policy), options_(options) {
  for (int i = 0; i <= 16; ++i) out_.steps.push_back({i, kTitles[i], StepState::skipped, {}, -1, ""});
}

VerifyResult Verifier::run() {
  step0();
  step1();
  step3();
  read_logs();
  if (have_statement_ && have_log_) replay();
  step2();
  step4();
  step5();
  if (have_statement_ && have_log_) {
    steps_from_replay();
    step11();
    steps12and13();
    step15();
  }
  if (have_statement_) step14();
  finish();
  return std::move(out_);
}

VerifyResult Verifier::refuse_bundle(const base::Error& error) {
  fail(0, "证据包无法读取：" + error.what, "the bundle cannot be read: " + error.what);
  finish();
  return std::move(out_);
}

void Verifier::set(int n, StepState state, std::string zh, std::string en) {
  if (step(n).state == StepState::failed) return;
  step(n).state = state;
  step(n).detail = {std::move(zh), std::move(en)};
}

void Verifier::fail(int n, std::string zh, std::string en, std::int64_t leaf, std::string day) {
  auto& s = step(n);
  if (s.state != StepState::failed || (leaf >= 0 && (s.leaf < 0 || leaf < s.leaf))) {
    s.state = StepState::failed;
    s.detail = {std::move(zh), std::move(en)};
    s.leaf = leaf;
    s.day = day;
  }
  if (leaf >= 0 && (out_.first_broken < 0 || leaf < out_.first_broken)) {
    out_.first_broken = leaf;
    out_.first_broken_day = std::move(day);
  }
}

const base::Bytes* Verifier::file(std::string_view path) const {
  auto it = files_.find(std::string(path));
  return it == files_.end() ? nullptr : &it->second;
}

std::string_view Verifier::text(std::string_view path) const {
  auto f = file(path);
  return f ? base::text(*f) : std::string_view();
}

const Json& Verifier::part(std::string_view key) const {
  static const Json none;
  auto v = predicate().find(key);
  return v ? *v : none;
}

void Verifier::broken(int n, const BundleLog& log, std::uint64_t index, std::string zh, std::string en) {
  fail(n, std::move(zh), std::move(en), static_cast<std::int64_t>(log.first + index), log.day_of(index));
}

void Verifier::broken_number(int n, std::uint64_t number, std::string zh, std::string en) {
  for (const auto& log : logs_)
    if (number >= log->first && number - log->first < log->at.size) return broken(n, *log, number - log->first, std::move(zh), std::move(en));
  fail(n, std::move(zh), std::move(en), static_cast<std::int64_t>(number));
}

void Verifier::finish() {
  auto ok = [&](int n) {
    auto s = step(n).state;
    return s == StepState::passed || s == StepState::not_present || s == StepState::not_required;
  };
  auto through = [&](int first, int last) {
    for (int n = first; n <= last; ++n)
      if (!ok(n)) return false;
    return true;
  };
  bool failed = std::any_of(out_.steps.begin(), out_.steps.end(), [](const Step& s) { return s.state == StepState::failed; });
  if (have_statement_) {
    // Whatever the statement says of witnesses: those of the policy count.
    const std::string alone = "collector-shows-everybody-the-same-log";
    if (witness_times_.empty() && std::find(out_.assumptions.begin(), out_.assumptions.end(), alone) == out_.assumptions.end()) out_.assumptions.push_back(alone);
    auto digest = payload_digest(envelope_.payload);
    for (const auto& r : options_.revoked)
      if (r.payload_sha256 == digest) {
        out_.revoked = true;
        out_.revoked_reason = r.reason;
      }
  }
  if (out_.first_broken < 0 && bound_ >= 0) {
    out_.first_broken = bound_;
    out_.first_broken_day = bound_day_;
  }
  if (through(0, 4)) out_.level = 1;
  if (through(0, 5)) out_.level = 2;
  if (through(0, 15)) out_.level = 3;
  out_.incomplete = !failed && out_.level < 3;
  out_.verified = out_.level == 3 && !out_.revoked;
  if (out_.verified && replay_)
    out_.state = Json::object().set("v", 1).set("checkpoint", text("checkpoint")).set("reader", replay_->state(period_.to)).dump() + "\n";
  auto& last = step(16);
  last.state = failed || out_.revoked ? StepState::failed : out_.incomplete ? StepState::incomplete : StepState::passed;
  if (out_.revoked) last.detail = {"证明已被撤销：" + out_.revoked_reason, "the attestation was revoked: " + out_.revoked_reason};
}

std::string_view id(StepState state) {
  switch (state) {
    case StepState::passed: return "passed";
    case StepState::failed: return "failed";
    case StepState::not_present: return "not_present";
    case StepState::not_required: return "not_required";
    case StepState::incomplete: return "incomplete";
    case StepState::skipped: return "skipped";
  }
  return "skipped";
}

int exit_code(const VerifyResult& r) { return r.verified ? 0 : r.incomplete && !r.revoked ? 3 : 1; }

VerifyResult verify_files(const Files& files, const Policy& policy, const VerifyOptions& options) { return Verifier(files, policy, options).run(); }

VerifyResult verify_bundle(base::View zip, const Policy& policy, const VerifyOptions& options) {
  auto files = read_zip(zip, options.limits);
  if (!files) return Verifier({}, policy, options).refuse_bundle(files.error());
  return verify_files(*files, policy, options);
}

}  // namespace fengsui::evidence
