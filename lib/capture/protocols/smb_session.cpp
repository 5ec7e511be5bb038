// What the messages of SMB 2 and 3 mean: requests paired with their answers, files, shares, accounts.
#include <algorithm>
#include <cstdio>

#include "capture/protocols/http1.h"
#include "capture/protocols/smb.h"

namespace fengsui::capture {
namespace {

using smb::Command;
constexpr std::uint32_t kDirectory = 1, kDeleteOnClose = 0x1000;

std::int64_t number(std::uint64_t n) { return static_cast<std::int64_t>(std::min<std::uint64_t>(n, INT64_MAX)); }

std::string status_text(std::uint32_t status) {
  char text[12];
  std::snprintf(text, sizeof text, "0x%08x", status);
  return text;
}

}  // namespace

void Smb::chain(base::View message) {
  std::shared_ptr<Open> related;
  for (int links = 0; links < 64; ++links) {
    const auto header = smb::read_header(message);
    if (!header) return conversation_.room.tally.add(Count::message_malformed);
    const bool more = header->next != 0;
    if (more && (header->next < smb::kHeader || header->next >= message.size())) return conversation_.room.tally.add(Count::message_malformed);
    const base::View one = more ? message.first(header->next) : message;
    if (header->response()) answer(*header, one);
    else request(*header, one, related);
    if (!more) return;
    message = message.subspan(header->next);
  }
  conversation_.room.tally.add(Count::message_limit);
}

std::shared_ptr<Smb::Open> Smb::fresh(const smb::Header& header) {
  auto open = std::make_shared<Open>();
  open->time = conversation_.now;
  open->is_signed = (header.flags & smb::kSigned) != 0;
  if (const auto tree = trees_.find(header.tree); tree != trees_.end()) {
    open->file.share = tree->second.share;
    open->share_type = tree->second.type;
  }
  if (const auto session = sessions_.find(header.session); session != sessions_.end()) open->file.user = session->second.user;
  return open;
}

std::shared_ptr<Smb::Open> Smb::open_of(const smb::FileId& id, const smb::Header& header, const std::shared_ptr<Open>& related) {
  if (id == smb::kRelatedFile) return related ? related : fresh(header);
  if (const auto at = by_id_.find(id); at != by_id_.end()) return *at->second;
  auto open = fresh(header);  // opened before we came
  open->id = id;
  open->answered = true;
  keep(open);
  return open;
}

void Smb::keep(std::shared_ptr<Open> open) {
  if (const auto at = by_id_.find(open->id); at != by_id_.end()) forget(*at->second);
  if (open_.size() >= kMaxOpen) {
    conversation_.room.tally.add(Count::message_limit);
    forget(open_.front());
  }
  open_.push_back(std::move(open));
  by_id_[open_.back()->id] = std::prev(open_.end());
}

void Smb::forget(const std::shared_ptr<Open>& open) {
  const std::shared_ptr<Open> held = open;
  const auto at = by_id_.find(held->id);
  if (at != by_id_.end() && *at->second == held) {
    open_.erase(at->second);
    by_id_.erase(at);
  }
  report(*held);
}

void Smb::ask(const smb::Header& header, Pending pending) {
  if (pending_.size() >= kMaxPending) {
    conversation_.room.tally.add(Count::message_limit);
    pending_.erase(pending_.begin());
  }
  pending_[header.message] = std::move(pending);
}

bool Smb::transfer_of_write(const smb::Header& header, base::View message, const std::shared_ptr<Open>& related, Transfer& out) {
  if (header.command != Command::write) return false;
  const auto write = smb::read_write_ask(message);
  if (!write || write->elsewhere) return false;
  out.open = open_of(write->file, header, related);
  out.carried_by = Side::client;
  out.offset = write->offset;
  out.skip = write->data;
  out.left = write->length;
  return true;
}

bool Smb::transfer_of_read(const smb::Header& header, base::View message, Transfer& out) {
  if (header.command != Command::read || (header.failed() && header.status != smb::kBufferOverflow)) return false;
  if (header.status != 0 && header.status != smb::kBufferOverflow) return false;
  const auto read = smb::read_read_answer(message);
  if (!read) return false;
  const auto at = pending_.find(header.message);
  if (at != pending_.end() && at->second.command == Command::read) {
    out.open = at->second.open;
    out.offset = at->second.offset;
    pending_.erase(at);
  } else {  // the request was not seen: its answers follow each other
    out.open = open_of({}, header, nullptr);
    out.offset = out.open->file.read.bytes();
  }
  out.carried_by = Side::server;
  out.skip = read->data;
  out.left = read->length;
  return true;
}

void Smb::request(const smb::Header& header, base::View message, std::shared_ptr<Open>& related) {
  Pending pending;
  pending.command = header.command;
  switch (header.command) {
    case Command::session_setup:
      if (auto login = smb::read_session_ask(message)) pending.login = std::move(*login);
      break;
    case Command::tree_connect:
      if (auto share = smb::read_tree_ask(message)) pending.share = metadata_path(*share);
      break;
    case Command::create: {
      const auto create = smb::read_create_ask(message);
      if (!create) return conversation_.room.tally.add(Count::message_malformed);
      pending.open = fresh(header);
      pending.open->file.path = metadata_path(create->name);
      pending.open->disposition = create->disposition;
      pending.open->folder = (create->options & kDirectory) != 0;
      pending.open->deleted = (create->options & kDeleteOnClose) != 0;
      related = pending.open;
      break;
    }
    case Command::read: {
      const auto read = smb::read_read_ask(message);
      if (!read || read->elsewhere) return;
      pending.open = related = open_of(read->file, header, related);
      pending.offset = read->offset;
      break;
    }
    case Command::write: {
      Transfer transfer;
      if (!transfer_of_write(header, message, related, transfer)) return;
      related = transfer.open;
      if (transfer.skip < message.size()) carry(transfer, message.subspan(static_cast<std::size_t>(transfer.skip)));
      return;
    }
    case Command::set_info: {
      const auto change = smb::read_set_info_ask(message);
      if (!change) return;
      pending.open = related = open_of(change->file, header, related);
      if (!change->deletes && change->new_name.empty()) return;
      pending.share = metadata_path(change->new_name);
      pending.offset = change->deletes ? 1 : 0;
      break;
    }
    case Command::close: {
      const auto id = smb::read_close_ask(message);
      if (!id) return;
      pending.open = open_of(*id, header, related);
      break;
    }
    case Command::tree_disconnect:
    case Command::negotiate:
      break;
    default:
      return;
  }
  ask(header, std::move(pending));
}

void Smb::answer(const smb::Header& header, base::View message) {
  if (header.status == smb::kPending && (header.flags & smb::kAsync) != 0) return;
  if (header.command == Command::read) {
    Transfer transfer;
    if (transfer_of_read(header, message, transfer)) {
      if (transfer.skip < message.size()) carry(transfer, message.subspan(static_cast<std::size_t>(transfer.skip)));
      return;
    }
  }
  if (header.command == Command::negotiate && !header.failed()) {
    if (const auto negotiated = smb::read_negotiate_answer(message)) dialect_ = smb::dialect_name(negotiated->dialect);
  }
  const auto at = pending_.find(header.message);
  if (at == pending_.end() || at->second.command != header.command) return;
  const Pending pending = std::move(at->second);
  pending_.erase(at);
  switch (header.command) {
    case Command::session_setup: {
      if (pending.login.named && sessions_.size() < kMaxSessions) {
        sessions_[header.session] = pending.login;
        sessions_[header.session].user = metadata_path(pending.login.user);
      }
      const auto flags = smb::read_session_answer_flags(message);
      if (header.status != smb::kMoreProcessing) report_login(pending.login, header, flags.value_or(0));
      break;
    }
    case Command::tree_connect: {
      Tree tree{pending.share, 1};
      const auto connected = header.failed() ? std::nullopt : smb::read_tree_answer(message);
      if (connected) tree.type = connected->type;
      report_tree(tree, header, connected && connected->encrypts);
      if (!connected) break;
      if (trees_.size() >= kMaxTrees) {
        conversation_.room.tally.add(Count::message_limit);
        trees_.erase(trees_.begin());
      }
      trees_[header.tree] = std::move(tree);
      break;
    }
    case Command::tree_disconnect:
      trees_.erase(header.tree);
      break;
    case Command::create: {
      Open& open = *pending.open;
      open.answered = true;
      open.status = header.status;
      const auto created = header.failed() ? std::nullopt : smb::read_create_answer(message);
      if (!created) {
        open.deleted = false;
        return report(open);
      }
      open.id = created->file;
      open.action = created->action;
      open.folder = open.folder || (created->attributes & 0x10) != 0;
      keep(pending.open);
      break;
    }
    case Command::set_info:
      if (header.failed()) break;
      if (pending.offset != 0) pending.open->deleted = true;
      if (!pending.share.empty()) pending.open->renamed = pending.share;
      break;
    case Command::close:
      forget(pending.open);
      break;
    default:
      break;
  }
}

model::Activity Smb::begin(std::uint32_t activity_id, std::string_view command) const {
  model::Activity activity = conversation_.activity(4006, activity_id, {"", "file_share", "smb"});
  activity.fields.set("command", command);
  if (!dialect_.empty()) activity.fields.set("dialect", dialect_);
  activity.fields.set("unmapped.fengsui.app", conversation_.app);
  return activity;
}

void Smb::report_once(bool& told, std::string_view command, std::string_view dialect, bool encrypted) {
  if (told) return;
  told = true;
  auto activity = begin(99, command);
  if (!dialect.empty()) activity.fields.set("dialect", dialect);
  activity.fields.set("unmapped.fengsui.encrypted", encrypted);
  conversation_.room.sink.on_activity(std::move(activity));
}

void Smb::report_tree(const Tree& tree, const smb::Header& header, bool encrypts) {
  auto activity = begin(99, "TREE_CONNECT");
  model::Fields& f = activity.fields;
  if (const auto session = sessions_.find(header.session); session != sessions_.end() && !session->second.user.empty()) f.set("actor.user.name", session->second.user);
  f.set("share", tree.share);
  f.set("share_type_id", std::int64_t{tree.type >= 1 && tree.type <= 3 ? tree.type : 0});
  if (encrypts) f.set("unmapped.fengsui.encrypted", true);
  f.set("unmapped.fengsui.signed", (header.flags & smb::kSigned) != 0);
  f.set("status_id", std::int64_t{header.failed() ? 2 : 1});
  if (header.failed()) f.set("status_code", status_text(header.status));
  conversation_.room.sink.on_activity(std::move(activity));
}

void Smb::report_login(const smb::Login& login, const smb::Header& header, std::uint16_t flags) {
  const auto session = sessions_.find(header.session);
  const smb::Login& who = !login.named && session != sessions_.end() ? session->second : login;
  model::Activity activity = conversation_.activity(3002, 1, {"", "authentication", "smb"});
  model::Fields& f = activity.fields;
  if (!who.user.empty()) f.set("user.name", metadata_path(who.user));
  if (!who.domain.empty()) f.set("user.domain", metadata_path(who.domain));
  f.set("user.type_id", model::Value(std::int64_t{0}));
  f.set("auth_protocol_id", std::int64_t{who.ntlm ? 1 : who.kerberos ? 2 : 0});
  f.set("is_cleartext", model::Value(false));
  f.set("unmapped.fengsui.app", conversation_.app);
  f.set("unmapped.fengsui.auth_mechanism", who.ntlm ? "NTLM" : who.kerberos ? "Kerberos" : "unknown");
  if ((flags & 3) != 0 || (who.named && who.user.empty())) f.set("unmapped.fengsui.anonymous", true);
  f.set("status_id", std::int64_t{header.failed() ? 2 : 1});
  conversation_.room.sink.on_activity(std::move(activity));
}

// Told: what carried data, came into being, was changed or refused, and pipes. An open that only looked is not.
void Smb::report(Open& open) {
  const std::uint64_t read = open.file.read.bytes(), written = open.file.written.bytes();
  open.file.end();
  const bool made = open.answered && open.status == 0 && open.action != 1;
  const bool failed = open.status >= 0xc0000000;
  const bool pipe = open.share_type == 2;
  const bool tell = read != 0 || written != 0 || made || open.deleted || !open.renamed.empty() || open.status == smb::kAccessDenied || (pipe && !failed && !open.file.path.empty());
  if (!tell) return;
  auto activity = begin(open.disposition <= 5 ? open.disposition + 1 : 99, "CREATE");
  activity.time = open.time;
  model::Fields& f = activity.fields;
  if (!open.file.user.empty()) f.set("actor.user.name", open.file.user);
  if (!open.file.share.empty()) f.set("share", open.file.share);
  f.set("share_type_id", std::int64_t{open.share_type >= 1 && open.share_type <= 3 ? open.share_type : 0});
  const std::string& path = open.file.path;
  const auto slash = path.find_last_of("\\/");
  f.set("file.name", path.empty() ? std::string("-") : slash == std::string::npos ? path : path.substr(slash + 1));
  f.set("file.path", open.file.object());
  f.set("file.type_id", std::int64_t{pipe ? 6 : open.folder ? 2 : 1});
  if (read != 0) f.set("unmapped.fengsui.bytes_read", number(read));
  if (written != 0) f.set("unmapped.fengsui.bytes_written", number(written));
  if (made) f.set("unmapped.fengsui.created", true);
  if (open.deleted) f.set("unmapped.fengsui.deleted", true);
  if (!open.renamed.empty()) f.set("unmapped.fengsui.renamed_to", open.renamed);
  f.set("unmapped.fengsui.signed", open.is_signed);
  f.set("status_id", std::int64_t{failed ? 2 : open.answered ? 1 : 0});
  if (failed) f.set("status_code", status_text(open.status));
  conversation_.room.sink.on_activity(std::move(activity));
}

}  // namespace fengsui::capture
