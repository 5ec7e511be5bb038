#include "capture/protocols/nested.h"

#include "capture/protocols/registry.h"
#include "capture/protocols/websocket.h"

namespace fengsui::capture {
namespace {

constexpr std::size_t kFirst = 1024;  // bytes of a side to decide on
constexpr int kMaxNesting = 3;

}  // namespace

void Nested::data(Side side, base::View bytes) {
  if (decided_) {
    if (session_) session_->data(side, bytes);
    return;
  }
  base::append(first_[static_cast<std::size_t>(side)], bytes);
  decide(false);
}

void Nested::gap(Side side, std::uint64_t bytes) {
  if (!decided_) decide(true);
  if (session_) session_->gap(side, bytes);
}

void Nested::finish() {
  if (!decided_) decide(true);
  if (session_) session_->finish();
}

void Nested::decide(bool final) {
  if (conversation_.upgraded == "websocket") return begin(std::make_unique<WebSocket>(conversation_));
  const bool enough = first_[0].size() >= kFirst || first_[1].size() >= kFirst;
  const Verdict verdict = recognise(conversation_.protocol, {first_[0], first_[1], 0, 0, final || enough}, true);
  if (verdict.protocol == nullptr && !final && !enough) return;
  if (conversation_.nesting >= kMaxNesting) return begin(nullptr);
  if (verdict.protocol != nullptr) {
    ++conversation_.nesting;
    if (conversation_.upgraded.empty()) conversation_.inner = verdict.protocol->name;
    return begin(verdict.protocol->open == nullptr ? nullptr : verdict.protocol->open(conversation_));
  }
  begin(is_clear_text(first_[0]) || is_clear_text(first_[1]) ? open_message(conversation_) : nullptr);
}

void Nested::begin(std::unique_ptr<Session> session) {
  decided_ = true;
  session_ = std::move(session);
  for (const Side side : {Side::client, Side::server}) {
    base::Bytes first;
    first.swap(first_[static_cast<std::size_t>(side)]);
    if (session_ && !first.empty()) session_->data(side, first);
  }
}

}  // namespace fengsui::capture
