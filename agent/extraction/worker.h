// The extraction child: `fengsui-agent extract-worker`, started by the agent and by nobody else.
#pragma once

namespace fengsui::agent {

inline constexpr const char* kWorkerCommand = "extract-worker";

// Confines this process, says hello, then reads objects from kWorkerSocket and answers until the other end is closed.
// The exit code; 0 when the parent went away.
int extract_worker();

}  // namespace fengsui::agent
