// The handlers of the API, one per operation of openapi.json. Grouped in files by noun.
#pragma once

#include "collector/api/service.h"

namespace fengsui::collector::api {

// session.cpp
Response log_in(Service&, const Call&);
Response log_out(Service&, const Call&);
Response get_openapi(Service&, const Call&);
// roster.cpp
Response list_units(Service&, const Call&);
Response add_unit(Service&, const Call&);
Response create_token(Service&, const Call&);
Response list_agents(Service&, const Call&);
// catalog.cpp
Response get_catalog(Service&, const Call&);
Response import_catalog(Service&, const Call&);
// days.cpp
Response get_day(Service&, const Call&);
Response seal_day(Service&, const Call&);
Response export_day(Service&, const Call&);
Response print_day(Service&, const Call&);
Response sign_day(Service&, const Call&);
Response countersign_day(Service&, const Call&);
Response explain_gap(Service&, const Call&);
// findings.cpp
Response list_findings(Service&, const Call&);
Response get_finding(Service&, const Call&);
Response refuse_deletion(Service&, const Call&);
Response triage_finding(Service&, const Call&);
// attestations.cpp
Response list_attestations(Service&, const Call&);
Response issue_attestation(Service&, const Call&);
Response get_bundle(Service&, const Call&);
Response list_revocations(Service&, const Call&);
Response get_score(Service&, const Call&);
// log.cpp
Response get_checkpoint(Service&, const Call&);
Response get_tile(Service&, const Call&);
// witness.cpp
Response add_checkpoint(Service&, const Call&);
Response get_witness_request(Service&, const Call&);
Response accept_cosignatures(Service&, const Call&);
Response get_witness_key(Service&, const Call&);
// stamps.cpp
Response request_stamp(Service&, const Call&);
Response accept_stamp(Service&, const Call&);
// health.cpp
Response get_health(Service&, const Call&);
Response get_metrics(Service&, const Call&);
// files.cpp: the dashboard
Response get_file(Service&, const Request&);

}  // namespace fengsui::collector::api
