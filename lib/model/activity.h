// Activity: who did what. Metadata only, never content.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "model/field.h"
#include "model/stage.h"

namespace fengsui::model {

// Sigma's logsource; an empty part means "any".
struct LogSource {
  std::string product;   // "linux"
  std::string category;  // "process_creation", "file_event", "webserver", "dns" …
  std::string service;   // "auditd", "sshd", "auth" …
};

// One event of one OCSF class. Value type.
struct Activity {
  base::UnixMs time = 0;
  std::uint32_t class_uid = 0;    // OCSF class, e.g. 4002
  std::uint32_t activity_id = 0;  // of that class
  Severity severity = Severity::informational;
  Stage stage = Stage::operation;
  std::string sensor;  // id of the source or sensor that saw it
  LogSource source;
  Fields fields;
};

}  // namespace fengsui::model
