#include "watch/auth_log.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>

#include "watch/text.h"

namespace fengsui::watch {
namespace {

constexpr std::size_t kMaxRepeat = 100;

template <class T>
bool number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// Cuts the text before `mark` off `rest`; false when the mark is not there.
bool before(std::string_view& rest, std::string_view mark, std::string_view& out) {
  const std::size_t at = rest.find(mark);
  if (at == std::string_view::npos) return false;
  out = rest.substr(0, at);
  rest.remove_prefix(at + mark.size());
  return true;
}

bool take(std::string_view& rest, std::string_view prefix) {
  if (!rest.starts_with(prefix)) return false;
  rest.remove_prefix(prefix.size());
  return true;
}

bool two_digits(std::string_view text, int& out) {
  return text.size() == 2 && number(text[0] == ' ' ? text.substr(1) : text, out);
}

// "Nov  4 08:01:02"
std::optional<base::UnixMs> traditional_time(std::string_view text, base::UnixMs now, int offset_minutes) {
  static constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 15 || text[3] != ' ' || text[6] != ' ' || text[9] != ':' || text[12] != ':') return std::nullopt;
  int month = 0, day = 0, hour = 0, minute = 0, second = 0;
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (text.substr(0, 3) == kMonths[i]) month = static_cast<int>(i) + 1;
  }
  if (month == 0 || !two_digits(text.substr(4, 2), day) || !two_digits(text.substr(7, 2), hour) ||
      !two_digits(text.substr(10, 2), minute) || !two_digits(text.substr(13, 2), second) || hour < 0 || hour > 23 ||
      minute < 0 || minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  const base::UnixMs in_day = ((hour * 60 + minute) * 60 + second) * 1000LL;
  const int this_year = base::day_of(now, offset_minutes).year;
  for (const int year : {this_year + 1, this_year, this_year - 1, this_year - 2, this_year - 3, this_year - 4}) {
    const base::Day date{year, month, day};
    if (!base::is_valid(date)) continue;  // 29 February of another year
    const base::UnixMs instant = base::start_of(date, offset_minutes) + in_day;
    if (instant <= now + 86'400'000) return instant;
  }
  return std::nullopt;
}

std::string text_of(std::string_view text) { return safe_text(text, 256); }

struct Peer {
  std::string_view user, address, port;
};

// "USER from ADDRESS port N …", from the right: a user name may contain anything, " from " too.
std::optional<Peer> user_from(std::string_view text) {
  const std::size_t from = text.rfind(" from ");
  if (from == std::string_view::npos) return std::nullopt;
  Peer out;
  out.user = text.substr(0, from);
  std::string_view rest = text.substr(from + 6);
  const std::size_t space = rest.find(' ');
  out.address = rest.substr(0, space);
  if (space != std::string_view::npos) {
    rest.remove_prefix(space + 1);
    if (take(rest, "port ")) out.port = rest.substr(0, rest.find(' '));
  }
  return out;
}

bool is_address(std::string_view text) {
  std::array<char, 64> z{};
  std::array<unsigned char, 16> out{};
  if (text.empty() || text.size() >= z.size() || text.find('\0') != std::string_view::npos) return false;
  std::memcpy(z.data(), text.data(), text.size());
  return inet_pton(AF_INET, z.data(), out.data()) == 1 || inet_pton(AF_INET6, z.data(), out.data()) == 1;
}

class Interpreter {
 public:
  Interpreter(const SyslogLine& line, std::string_view whole, std::string_view where, std::vector<model::Activity>& out)
      : line_(line), whole_(whole), where_(where), out_(out) {}

  void run() {
    std::string_view message = line_.message;
    std::size_t times = 1;
    if (take(message, "message repeated ")) {
      std::string_view count;
      if (!before(message, " times: [ ", count) || !number(count, times) || times == 0) return;
      if (message.ends_with(']')) message.remove_suffix(1);
    }
    const std::size_t begin = out_.size();
    if (line_.program == "sshd" || line_.program == "sshd-session")
      ssh(message);
    else if (line_.program == "sudo")
      sudo(message);
    else if (line_.program == "su")
      su(message);
    else
      pam(message);
    if (out_.size() == begin + 1) {
      for (std::size_t i = 1; i < std::min(times, kMaxRepeat); ++i) out_.push_back(out_[begin]);
    }
  }

 private:
  model::Activity& start(std::uint32_t class_uid, std::uint32_t activity_id, std::string_view service) {
    model::Activity& a = out_.emplace_back();
    a.time = line_.time;
    a.class_uid = class_uid;
    a.activity_id = activity_id;
    a.stage = model::Stage::operation;
    a.sensor = "login_log";
    a.source = {"linux", "", std::string(service)};
    a.fields.set("message", model::Value(safe_text(minimised(whole_), 1024)));
    return a;
  }

  model::Activity& logon(std::uint32_t activity_id, bool success, std::string_view user, std::string_view service,
                         std::string_view source) {
    model::Activity& a = start(3002, activity_id, source);
    a.source.category = "authentication";
    a.severity = model::Severity::informational;
    a.fields.set("user.name", model::Value(text_of(user)));
    a.fields.set("service.name", model::Value(text_of(service)));
    a.fields.set("status_id", model::Value(std::int64_t{success ? 1 : 2}));
    return a;
  }

  void peer(model::Activity& a, const Peer& from) {
    if (is_address(from.address))
      a.fields.set("src_endpoint.ip", model::Value(std::string(from.address)));
    else
      a.fields.set("src_endpoint.hostname", model::Value(text_of(from.address)));
    std::uint16_t port = 0;
    if (number(from.port, port)) a.fields.set("src_endpoint.port", model::Value(std::int64_t{port}));
    a.fields.set("is_remote", model::Value(true));
    a.fields.set("logon_type_id", model::Value(std::int64_t{3}));
  }

  void ssh(std::string_view m) {
    const bool success = m.starts_with("Accepted ");
    if (success || m.starts_with("Failed ")) {
      m.remove_prefix(success ? 9 : 7);
      std::string_view method;
      if (!before(m, " for ", method)) return;
      const bool invalid = take(m, "invalid user ");
      // What follows the peer ("ssh2: ED25519 SHA256:…") holds no " from ".
      const auto from = user_from(m);
      if (!from) return;
      model::Activity& a = logon(1, success, from->user, "sshd", "sshd");
      peer(a, *from);
      a.fields.set("auth_protocol", model::Value(text_of(method)));
      a.fields.set("auth_protocol_id", model::Value(std::int64_t{99}));
      if (invalid) a.fields.set("status_detail", "invalid user");
    } else if (take(m, "Invalid user ")) {
      const auto from = user_from(m);
      if (!from) return;
      model::Activity& a = logon(6, false, from->user, "sshd", "sshd");
      peer(a, *from);
      a.fields.set("status_detail", "invalid user");
    } else if (take(m, "error: maximum authentication attempts exceeded for ") ||
               take(m, "maximum authentication attempts exceeded for ")) {
      const bool invalid = take(m, "invalid user ");
      const auto from = user_from(m);
      if (!from) return;
      model::Activity& a = logon(6, false, from->user, "sshd", "sshd");
      peer(a, *from);
      a.fields.set("status_detail", invalid ? "maximum attempts, invalid user" : "maximum attempts");
    }
  }

  // "alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id"
  void sudo(std::string_view m) {
    std::string_view user;
    if (!before(m, " : ", user)) return pam(m);
    while (user.starts_with(' ')) user.remove_prefix(1);
    std::string_view tty, folder, target, command, refusal;
    while (!m.empty()) {
      if (take(m, "COMMAND=")) {
        command = m;
        break;
      }
      const std::size_t end = m.find(" ; ");
      std::string_view part = m.substr(0, end);
      m.remove_prefix(end == std::string_view::npos ? m.size() : end + 3);
      if (take(part, "TTY="))
        tty = part;
      else if (take(part, "PWD="))
        folder = part;
      else if (take(part, "USER="))
        target = part;
      else if (!part.starts_with("GROUP=") && !part.starts_with("ENV=") && !part.starts_with("TSID=") &&
               !part.starts_with("HOST="))
        refusal = part;
    }
    if (command.empty() && refusal.empty()) return;
    model::Activity& a = start(1007, 1, "sudo");
    a.source.category = "process_creation";
    a.fields.set("actor.user.name", model::Value(text_of(user)));
    if (!tty.empty()) a.fields.set("actor.session.terminal", model::Value(text_of(tty)));
    a.fields.set("process.uid", model::Value(std::string(where_)));
    if (!target.empty()) a.fields.set("process.user.name", model::Value(text_of(target)));
    if (!folder.empty()) a.fields.set("process.working_directory", model::Value(safe_text(folder, 1024)));
    if (!command.empty()) {
      a.fields.set("process.cmd_line", model::Value(safe_text(minimised(command))));
      const std::string_view program = command.substr(0, command.find(' '));
      const std::string_view name = program.substr(program.rfind('/') + 1);
      a.fields.set("process.name", model::Value(text_of(name)));
      a.fields.set("process.file.path", model::Value(safe_text(program, 1024)));
      a.fields.set("process.file.name", model::Value(text_of(name)));
      a.fields.set("process.file.type_id", model::Value(std::int64_t{1}));
    }
    a.fields.set("status_id", model::Value(std::int64_t{refusal.empty() ? 1 : 2}));
    if (!refusal.empty()) a.fields.set("status_detail", model::Value(text_of(refusal)));
  }

  // util-linux: "(to root) alice on pts/0", "FAILED SU (to root) alice on pts/0"; shadow: "Successful su for root by
  // alice"
  void su(std::string_view m) {
    bool success = !take(m, "FAILED SU ");
    std::string_view target, user;
    if (take(m, "(to ")) {
      if (!before(m, ") ", target)) return;
      const std::size_t on = m.rfind(" on ");
      user = m.substr(0, on);
    } else if (m.starts_with("Successful su for ") || m.starts_with("FAILED su for ")) {
      success = m.starts_with('S');
      m.remove_prefix(success ? 18 : 14);
      if (!before(m, " by ", target)) return;
      user = m;
    } else {
      return;
    }
    model::Activity& a = logon(7, success, target, "su", "auth");
    a.fields.set("actor.user.name", model::Value(text_of(user)));
    a.fields.set("account_switch_type_id", model::Value(std::int64_t{1}));
  }

  // Sessions and failures of services that have no line of their own; cron's sessions are not logins.
  void pam(std::string_view m) {
    if (!take(m, "pam_unix(")) return;
    std::string_view service;
    if (!before(m, ":", service)) return;
    if (service == "sshd" || service == "cron" || service == "sudo" || service == "su" || service == "su-l") return;
    std::string_view user;
    if (take(m, "session): session opened for user ")) {
      user = m.substr(0, m.find_first_of("( "));
      logon(1, true, user, service, "auth");
    } else if (take(m, "auth): authentication failure; ")) {
      const std::size_t at = m.rfind(" user=");
      if (at == std::string_view::npos) return;
      user = m.substr(at + 6);
      model::Activity& a = logon(1, false, user, service, "auth");
      std::string_view host;
      if (const std::size_t r = m.find(" rhost="); r != std::string_view::npos) {
        host = m.substr(r + 7);
        host = host.substr(0, host.find(' '));
      }
      if (!host.empty()) peer(a, {user, host, {}});
    }
  }

  const SyslogLine& line_;
  std::string_view whole_, where_;
  std::vector<model::Activity>& out_;
};

}  // namespace

std::optional<SyslogLine> parse_syslog(std::string_view line, base::UnixMs now, int offset_minutes) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  SyslogLine out;
  if (!line.empty() && line.front() >= '0' && line.front() <= '9') {
    std::string_view stamp;
    if (!before(line, " ", stamp)) return std::nullopt;
    const auto time = base::parse_rfc3339(stamp);
    if (!time) return std::nullopt;
    out.time = *time;
  } else {
    if (line.size() < 17 || line[15] != ' ') return std::nullopt;
    const auto time = traditional_time(line.substr(0, 15), now, offset_minutes);
    if (!time) return std::nullopt;
    out.time = *time;
    line.remove_prefix(16);
  }
  std::string_view tag;
  if (!before(line, " ", out.host) || !before(line, ": ", tag)) return std::nullopt;
  if (const std::size_t open = tag.find('['); open != std::string_view::npos && tag.ends_with(']')) {
    number(tag.substr(open + 1, tag.size() - open - 2), out.pid);
    tag = tag.substr(0, open);
  }
  out.program = tag.substr(tag.rfind('/') + 1);
  out.message = line;
  return out;
}

std::vector<model::Activity> auth_activities(std::string_view line, base::UnixMs now, std::string_view where,
                                             int offset_minutes) {
  std::vector<model::Activity> out;
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (const auto parsed = parse_syslog(line, now, offset_minutes)) Interpreter(*parsed, line, where, out).run();
  return out;
}

}  // namespace fengsui::watch
