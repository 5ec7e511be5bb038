// Time-stamps of sealed days, as files from and to an authority (RFC 3161).
#include <boost/json.hpp>

#include "base/time.h"
#include "collector/api/handlers.h"
#include "collector/stamps.h"

namespace fengsui::collector::api {

namespace {
base::Result<base::Day> day_of(Service& service, const Call& call) {
  if (service.centre.roster().unit(call.path[0]) == nullptr) return base::fail(base::Errc::not_found, "unit " + call.path[0].substr(0, 64));
  return base::parse_day(call.path[1]);
}
}  // namespace

Response request_stamp(Service& service, const Call& call) {
  auto day = day_of(service, call);
  if (!day) return failed(day);
  auto der = Stamps(service.centre).request(service.sealer, call.path[0], *day);
  return der ? Response{200, "application/timestamp-query", std::string(base::text(*der)), {}} : failed(der);
}

Response accept_stamp(Service& service, const Call& call) {
  auto day = day_of(service, call);
  if (!day) return failed(day);
  auto time = Stamps(service.centre).accept(call.path[0], *day, base::view(call.request.body));
  if (!time) {
    const auto code = time.error().code;  // an answer that does not fit is the request's fault, not this program's
    if (code == base::Errc::mismatch || code == base::Errc::denied || code == base::Errc::unsupported) return problem({base::Errc::usage, time.error().what});
    return failed(time);
  }
  if (auto done = service.centre.record(call.session.name, "stamp_accepted", call.path[0] + "/" + base::to_string(*day)); !done) return problem(done.error());
  return answer(200, {{"time", *time}});
}

}  // namespace fengsui::collector::api
