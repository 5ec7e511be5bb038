// What the handlers of the API work on, and how a request finds its handler.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/counters.h"
#include "collector/accounts.h"
#include "collector/api/http.h"
#include "collector/centre.h"
#include "collector/ingest.h"
#include "collector/watch.h"

namespace fengsui::collector {
class Memory;
class Desk;
class Attestor;
class Scorer;
class Sealer;
}  // namespace fengsui::collector

namespace fengsui::collector::api {

// References to the parts; they outlive the server.
struct Service {
  Centre& centre;
  Ingest& ingest;
  Watch& watch;
  Memory& memory;
  Sealer& sealer;
  Desk& desk;
  Attestor& attestor;
  Scorer& scorer;
  std::function<std::vector<base::Sample>()> more_counters;  // of link and server
  std::uint64_t logins_denied = 0, logins_too_many = 0;      // attempts that did not become a session
};

// A request that found its route: the values of {…} in the path, in order, and who asks.
struct Call {
  const Request& request;
  std::vector<std::string> path;
  Session session;
};

using Handle = Response (*)(Service&, const Call&);

struct Route {
  std::string_view method;
  std::string_view path;       // with {name} for one segment; {name...} for the rest
  std::string_view operation;  // operationId of the contract
  unsigned roles;              // who may; 0 = everybody, without a session
  std::string_view query;      // known parameters, comma between
  Handle handle;
};

// The one table of routes, checked against openapi.json by a test.
std::span<const Route> routes();

// Finds the route, checks session, role and parameters, calls the handler. Never throws. Paths outside the table go to
// the files of the dashboard.
Response dispatch(Service& service, const Request& request);

// Errors of a handler in one word.
template <class T>
Response failed(const base::Result<T>& result) {
  return problem(result.error());
}

}  // namespace fengsui::collector::api
