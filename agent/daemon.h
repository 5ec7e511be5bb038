// The agent as a service: builds everything in the order of the walk and drives it on one thread.
#pragma once

#include "agent/config.h"
#include "agent/log.h"

namespace fengsui::agent {

// Until SIGTERM or SIGINT. Never listens on a port. Returns a sysexits code: 0 stopped by signal, 69 unavailable
// (state, spool), 78 wrong configuration or not enrolled.
int run_daemon(const Config& config, Log& log);

}  // namespace fengsui::agent
