// Lines of auth.log and secure. Formats: syslog of RFC 3164 section 4.1.2 ("Nov  4 08:01:02 host sshd[7]: …"), the same
// with an RFC 3339 timestamp (rsyslog's file format); messages of OpenSSH, sudo, su and PAM.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/activity.h"

namespace fengsui::watch {

// A syslog line in parts. Views into the line.
struct SyslogLine {
  base::UnixMs time = 0;
  std::string_view host, program, message;  // program without path and [pid]
  std::uint32_t pid = 0;                    // 0 absent
};
// nullopt when it is neither format. A year that the line does not have is the one that puts it at most a day after
// `now`; its local time is read at `offset_minutes`.
std::optional<SyslogLine> parse_syslog(std::string_view line, base::UnixMs now,
                                       int offset_minutes = base::kChinaOffsetMinutes);

// What the line says happened; empty when it is not about a login or a command. A line that says "message repeated n
// times" gives n activities, at most 100. `where` ("/var/log/auth.log:1234") identifies the line in process.uid.
std::vector<model::Activity> auth_activities(std::string_view line, base::UnixMs now, std::string_view where,
                                             int offset_minutes = base::kChinaOffsetMinutes);

}  // namespace fengsui::watch
