// Written by tools/ocsf_shape.py from the OCSF schema 1.8.0 (github.com/ocsf/ocsf-schema, Apache License 2.0). Do not edit.
#include "model/ocsf_shape.h"

namespace fengsui::model::shape {

namespace {
constexpr Shape kShapes[] = {
    {"account_change", 3001,
     "actor:@actor count:i device:@device duration:l end_time:l http_request:@http_request "
     "http_response:@http_response message:s policies:*policy src_endpoint:@network_endpoint "
     "start_time:l status:s status_code:s status_detail:s status_id:i# user:@user user_result:@user",
     "user", ""},
    {"api_activity", 6003,
     "actor:@actor api:@api count:i device:@device dst_endpoint:@network_endpoint duration:l "
     "end_time:l http_request:@http_request http_response:@http_response message:s "
     "resources:*resource_details src_endpoint:@network_endpoint start_time:l status:s status_code:s "
     "status_detail:s status_id:i#",
     "actor api src_endpoint", ""},
    {"application_error", 6008,
     "actor:@actor count:i device:@device duration:l end_time:l message:s start_time:l status:s "
     "status_code:s status_detail:s status_id:i#",
     "", ""},
    {"application_lifecycle", 6002,
     "actor:@actor app:@product count:i device:@device duration:l end_time:l message:s start_time:l "
     "status:s status_code:s status_detail:s status_id:i#",
     "app", ""},
    {"authentication", 3002,
     "account_switch_type:s account_switch_type_id:i# actor:@actor auth_protocol:s auth_protocol_id:i# "
     "count:i device:@device dst_endpoint:@network_endpoint duration:l end_time:l "
     "http_request:@http_request http_response:@http_response is_cleartext:b is_mfa:b is_new_logon:b "
     "is_remote:b logon_process:@process logon_type:s logon_type_id:i# message:s service:@service "
     "session:@session src_endpoint:@network_endpoint start_time:l status:s status_code:s "
     "status_detail:s status_id:i# user:@user",
     "user", "service dst_endpoint"},
    {"data_security_finding", 2006,
     "actor:@actor comment:s confidence:s confidence_id:i# confidence_score:i count:i "
     "database:@database device:@device dst_endpoint:@network_endpoint duration:l end_time:l "
     "file:@file impact:s impact_id:i# impact_score:i is_alert:b message:s resources:*resource_details "
     "risk_details:s risk_level:s risk_level_id:i# risk_score:i src_endpoint:@network_endpoint "
     "start_time:l status:s status_code:s status_detail:s status_id:i# table:@table",
     "", ""},
    {"datastore_activity", 6005,
     "actor:@actor count:i database:@database device:@device dst_endpoint:@network_endpoint duration:l "
     "end_time:l http_request:@http_request http_response:@http_response message:s "
     "query_info:@query_info src_endpoint:@network_endpoint start_time:l status:s status_code:s "
     "status_detail:s status_id:i# table:@table type:s type_id:i#",
     "actor src_endpoint", "database databucket table"},
    {"detection_finding", 2004,
     "actor:@actor comment:s confidence:s confidence_id:i# confidence_score:i count:i device:@device "
     "duration:l end_time:l evidences:*evidences impact:s impact_id:i# impact_score:i is_alert:b "
     "message:s resources:*resource_details risk_details:s risk_level:s risk_level_id:i# risk_score:i "
     "start_time:l status:s status_code:s status_detail:s status_id:i#",
     "", ""},
    {"dns_activity", 4003,
     "actor:@actor answers:*dns_answer app_name:s app_protocol_name:s "
     "connection_info:@network_connection_info count:i cumulative_traffic:@network_traffic "
     "device:@device dst_endpoint:@network_endpoint duration:l end_time:l message:s "
     "network_observation_point:@network_endpoint observation_point:s observation_point_id:i# "
     "query:@dns_query query_time:l rcode:s rcode_id:i# response_time:l src_endpoint:@network_endpoint "
     "start_time:l status:s status_code:s status_detail:s status_id:i# tls:@tls "
     "traffic:@network_traffic",
     "", "dst_endpoint src_endpoint"},
    {"email_activity", 4009,
     "actor:@actor attempt:i banner:s command:s count:i device:@device direction:s direction_id:i# "
     "dst_endpoint:@network_endpoint duration:l email:@email end_time:l from:e message:s "
     "message_trace_uid:s protocol_name:s src_endpoint:@network_endpoint start_time:l status:s "
     "status_code:s status_detail:s status_id:i# to:E",
     "direction_id email", ""},
    {"event_log_actvity", 1008,
     "actor:@actor count:i device:@device dst_endpoint:@network_endpoint duration:l end_time:l "
     "file:@file log_name:s log_provider:s log_type:s log_type_id:i# message:s "
     "src_endpoint:@network_endpoint start_time:l status:s status_code:s status_detail:s status_id:i#",
     "", "log_file log_name log_provider log_type log_type_id"},
    {"file_activity", 1001,
     "access_mask:i actor:@actor component:s connection_uid:s count:i create_mask:s device:@device "
     "duration:l end_time:l file:@file file_diff:s file_result:@file message:s start_time:l status:s "
     "status_code:s status_detail:s status_id:i#",
     "actor device file", ""},
    {"file_hosting", 6006,
     "access_list:S access_mask:i actor:@actor connection_info:@network_connection_info count:i "
     "device:@device dst_endpoint:@network_endpoint duration:l end_time:l expiration_time:l file:@file "
     "file_result:@file http_request:@http_request http_response:@http_response message:s share:s "
     "share_type:s share_type_id:i# src_endpoint:@network_endpoint start_time:l status:s status_code:s "
     "status_detail:s status_id:i#",
     "actor file src_endpoint", ""},
    {"ftp_activity", 4008,
     "actor:@actor app_name:s app_protocol_name:s command:s command_responses:S "
     "connection_info:@network_connection_info count:i cumulative_traffic:@network_traffic "
     "device:@device dst_endpoint:@network_endpoint duration:l end_time:l file:@file message:s name:s "
     "network_observation_point:@network_endpoint observation_point:s observation_point_id:i# port:p "
     "src_endpoint:@network_endpoint start_time:l status:s status_code:s status_detail:s status_id:i# "
     "tls:@tls traffic:@network_traffic type:s",
     "", "dst_endpoint src_endpoint"},
    {"http_activity", 4002,
     "actor:@actor app_name:s app_protocol_name:s connection_info:@network_connection_info count:i "
     "cumulative_traffic:@network_traffic device:@device dst_endpoint:@network_endpoint duration:l "
     "end_time:l file:@file http_request:@http_request http_response:@http_response message:s "
     "network_observation_point:@network_endpoint observation_point:s observation_point_id:i# "
     "src_endpoint:@network_endpoint start_time:l status:s status_code:s status_detail:s status_id:i# "
     "tls:@tls traffic:@network_traffic",
     "", "http_request http_response"},
    {"network_activity", 4001,
     "actor:@actor app_name:s app_protocol_name:s connection_info:@network_connection_info count:i "
     "cumulative_traffic:@network_traffic device:@device dst_endpoint:@network_endpoint duration:l "
     "end_time:l is_src_dst_assignment_known:b message:s network_observation_point:@network_endpoint "
     "observation_point:s observation_point_id:i# src_endpoint:@network_endpoint start_time:l status:s "
     "status_code:s status_detail:s status_id:i# tls:@tls traffic:@network_traffic url:@url",
     "", "dst_endpoint src_endpoint"},
    {"process_activity", 1007,
     "actor:@actor actual_permissions:i count:i device:@device duration:l end_time:l exit_code:i "
     "injection_type:s injection_type_id:i# launch_type:s launch_type_id:i# message:s process:@process "
     "requested_permissions:i start_time:l status:s status_code:s status_detail:s status_id:i#",
     "actor device process", ""},
    {"scan_activity", 6007,
     "actor:@actor command_uid:s count:i device:@device duration:l end_time:l message:s "
     "num_detections:i num_files:i num_folders:i num_network_items:i num_processes:i "
     "num_registry_items:i num_resolutions:i num_skipped_items:i num_trusted_items:i policy:@policy "
     "scan:@scan schedule_uid:s start_time:l status:s status_code:s status_detail:s status_id:i# "
     "total:i",
     "scan", ""},
    {"scheduled_job_activity", 1006,
     "actor:@actor count:i device:@device duration:l end_time:l job:@job message:s start_time:l "
     "status:s status_code:s status_detail:s status_id:i#",
     "device job", ""},
    {"smb_activity", 4006,
     "actor:@actor app_name:s app_protocol_name:s client_dialects:S command:s "
     "connection_info:@network_connection_info count:i cumulative_traffic:@network_traffic "
     "device:@device dialect:s dst_endpoint:@network_endpoint duration:l end_time:l file:@file "
     "message:s network_observation_point:@network_endpoint observation_point:s "
     "observation_point_id:i# open_type:s share:s share_type:s share_type_id:i# "
     "src_endpoint:@network_endpoint start_time:l status:s status_code:s status_detail:s status_id:i# "
     "tls:@tls traffic:@network_traffic tree_uid:s",
     "", "dst_endpoint src_endpoint"},
    {"ssh_activity", 4007,
     "actor:@actor app_name:s app_protocol_name:s auth_type:s auth_type_id:i# "
     "connection_info:@network_connection_info count:i cumulative_traffic:@network_traffic "
     "device:@device dst_endpoint:@network_endpoint duration:l end_time:l file:@file message:s "
     "network_observation_point:@network_endpoint observation_point:s observation_point_id:i# "
     "protocol_ver:s src_endpoint:@network_endpoint start_time:l status:s status_code:s "
     "status_detail:s status_id:i# tls:@tls traffic:@network_traffic",
     "", "dst_endpoint src_endpoint"},
    {"user_access", 3005,
     "actor:@actor count:i device:@device duration:l end_time:l http_request:@http_request "
     "http_response:@http_response message:s privileges:S resources:*resource_details "
     "src_endpoint:@network_endpoint start_time:l status:s status_code:s status_detail:s status_id:i# "
     "user:@user",
     "privileges user", ""},
    {"network_endpoint", 0,
     "agent_list:*agent domain:s fingerprints:*fingerprint hostname:s instance_uid:s interface_name:s "
     "interface_uid:s intermediate_ips:A ip:a isp:s isp_org:s mac:m mac_vendor:s name:s "
     "network_scope:s network_scope_id:i# os:@os owner:@user pool:@group port:p subnet_uid:s "
     "svc_name:s type:s type_id:i# uid:s vlan_uid:s vpc_uid:s zone:s",
     "", "ip uid name hostname svc_name instance_uid interface_uid interface_name domain"},
    {"http_request", 0,
     "args:s body_length:i http_method:s# length:i referrer:s uid:s url:@url user_agent:s version:s "
     "x_forwarded_for:A",
     "", ""},
    {"http_response", 0,
     "body_length:i code:i content_type:s latency:i length:i message:s status:s",
     "code", ""},
    {"url", 0,
     "categories:S domain:s hostname:s path:s port:p query_string:s resource_type:s scheme:s "
     "subdomain:s url_string:s",
     "", "url_string path"},
    {"file", 0,
     "accessed_time:l accessor:@user attributes:i company_name:s confidentiality:s "
     "confidentiality_id:i# created_time:l creator:@user desc:s drive_type:s drive_type_id:i# ext:s "
     "hashes:*fingerprint imported_symbols:S internal_name:s is_deleted:b is_encrypted:b is_readonly:b "
     "is_system:b mime_type:s modified_time:l modifier:@user name:s owner:@user parent_folder:s path:s "
     "product:@product security_descriptor:s size:l type:s type_id:i# uid:s uri:s url:@url version:s "
     "volume:s",
     "name type_id", ""},
    {"process", 0,
     "cmd_line:s cpid:u created_time:l file:@file integrity:s integrity_id:i# loaded_modules:S name:s "
     "parent_process:@process path:s pid:i ptid:l sandbox:s session:@session terminated_time:l uid:s "
     "user:@user working_directory:s",
     "", "pid uid cpid"},
    {"user", 0,
     "account:@account display_name:s domain:s email_addr:e forward_addr:e full_name:s groups:*group "
     "has_mfa:b name:s phone_number:s risk_level:s risk_level_id:i# risk_score:i type:s type_id:i# "
     "uid:s uid_alt:s",
     "", "account name uid"},
    {"actor", 0,
     "app_name:s app_uid:s process:@process session:@session user:@user",
     "", "process user invoked_by session app_name app_uid"},
    {"device", 0,
     "agent_list:*agent autoscale_uid:s boot_time:l boot_uid:s created_time:l desc:s domain:s eid:s "
     "first_seen_time:l groups:*group hostname:s hypervisor:s iccid:s imei_list:S instance_uid:s "
     "interface_name:s interface_uid:s ip:a is_backed_up:b is_compliant:b is_managed:b "
     "is_mobile_account_active:b is_personal:b is_shared:b is_supervised:b is_trusted:b "
     "last_seen_time:l mac:m mac_vendor:s meid:s model:s modified_time:l name:s os:@os "
     "os_machine_uuid:u owner:@user pool:@group region:s risk_level:s risk_level_id:i# risk_score:i "
     "subnet_uid:s type:s type_id:i# udid:s uid:s uid_alt:s vendor_name:s vlan_uid:s vpc_uid:s zone:s",
     "type_id", "ip uid name hostname instance_uid interface_uid interface_name"},
    {"os", 0,
     "build:s country:s cpe_name:s cpu_bits:i edition:s kernel_release:s lang:s name:s sp_name:s "
     "sp_ver:i type:s type_id:i# version:s",
     "name type_id", ""},
    {"network_connection_info", 0,
     "boundary:s boundary_id:i# community_uid:s direction:s direction_id:i# flag_history:s "
     "protocol_name:s protocol_num:i protocol_ver:s protocol_ver_id:i# session:@session tcp_flags:i "
     "uid:s",
     "direction_id", ""},
    {"network_traffic", 0,
     "bytes:l bytes_in:l bytes_missed:l bytes_out:l chunks:l chunks_in:l chunks_out:l end_time:l "
     "packets:l packets_in:l packets_out:l start_time:l",
     "", ""},
    {"dns_query", 0,
     "class:s hostname:s opcode:s opcode_id:i# packet_uid:i type:s",
     "hostname", ""},
    {"dns_answer", 0,
     "class:s flags:S packet_uid:i rdata:s ttl:i type:s",
     "rdata", ""},
    {"email", 0,
     "cc:E cc_mailboxes:S delivered_to_list:E files:*file from:e from_list:E from_mailbox:s "
     "from_mailboxes:E is_read:b message_uid:s raw_header:s reply_to_list:E reply_to_mailboxes:S "
     "return_path:e sender:e sender_mailbox:s size:l subject:s to:E to_mailboxes:S uid:s urls:*url "
     "x_originating_ip:A",
     "", "from to"},
    {"session", 0,
     "count:i created_time:l credential_uid:s expiration_reason:s expiration_time:l is_mfa:b "
     "is_remote:b is_vpn:b issuer:s terminal:s uid:s uid_alt:s uuid:u",
     "", ""},
    {"service", 0,
     "labels:S name:s uid:s version:s",
     "", "name uid"},
    {"product", 0,
     "cpe_name:s lang:s name:s path:s uid:s url_string:s vendor_name:s version:s",
     "", "name uid"},
    {"tls", 0,
     "alert:i certificate_chain:S cipher:s client_ciphers:S handshake_dur:i ja3_hash:@fingerprint "
     "ja3s_hash:@fingerprint key_length:i server_ciphers:S sni:s version:s",
     "version", ""},
    {"database", 0,
     "created_time:l desc:s embedding_model:s groups:*group modified_time:l name:s size:l type:s "
     "type_id:i# uid:s",
     "type_id", "name uid"},
    {"table", 0,
     "created_time:l desc:s groups:*group modified_time:l name:s size:l uid:s",
     "", "name uid"},
    {"account", 0,
     "is_disabled:b is_locked:b is_on_premises_sync_enabled:b labels:S name:s type:s type_id:i# uid:s",
     "", "name uid"},
    {"group", 0,
     "desc:s domain:s name:s privileges:S type:s uid:s uid_alt:s",
     "", "name uid"},
    {"job", 0,
     "cmd_line:s created_time:l desc:s file:@file last_run_time:l name:s next_run_time:l run_state:s "
     "run_state_id:i# user:@user",
     "name", ""},
    {"api", 0,
     "group:@group operation:s service:@service version:s",
     "operation", ""},
    {"query_info", 0,
     "bytes:l name:s query_string:s query_time:l uid:s",
     "query_string", "name uid"},
    {"evidences", 0,
     "actor:@actor api:@api connection_info:@network_connection_info database:@database device:@device "
     "dst_endpoint:@network_endpoint email:@email file:@file http_request:@http_request "
     "http_response:@http_response job:@job name:s process:@process query:@dns_query "
     "resources:*resource_details src_endpoint:@network_endpoint tls:@tls uid:s url:@url user:@user "
     "verdict:s verdict_id:i#",
     "", "actor api connection_info data database databucket device dst_endpoint email file process query src_endpoint url user job script reg_key reg_value win_service"},
    {"scan", 0,
     "name:s type:s type_id:i# uid:s",
     "type_id", "name uid"},
    {"fingerprint", 0,
     "algorithm:s algorithm_id:i# value:s",
     "algorithm_id value", ""},
    {"agent", 0,
     "name:s policies:*policy type:s type_id:i# uid:s uid_alt:s vendor_name:s version:s",
     "", "uid name"},
    {"resource_details", 0,
     "agent_list:*agent created_time:l criticality:s group:@group hostname:s ip:a is_backed_up:b "
     "labels:S modified_time:l name:s namespace:s owner:@user role:s role_id:i# type:s uid:s uid_alt:s "
     "version:s",
     "", "name uid"},
    {"policy", 0,
     "desc:s group:@group is_applied:b name:s type:s uid:s version:s",
     "", "name type uid"},
};
constexpr Enum kEnums[] = {
    {"account_change", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"account_change", "activity_id", "activity_name",
     "0=Unknown|1=Create|10=MFA Factor Enable|11=MFA Factor Disable|12=Unlock|2=Enable|3=Password Change|"
     "4=Password Reset|5=Disable|6=Delete|7=Attach Policy|8=Detach Policy|9=Lock|99=Other|"},
    {"account_change", "class_uid", "class_name",
     "3001=Account Change|"},
    {"account_change", "category_uid", "category_name",
     "3=Identity & Access Management|"},
    {"api_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"api_activity", "activity_id", "activity_name",
     "0=Unknown|1=Create|2=Read|3=Update|4=Delete|99=Other|"},
    {"api_activity", "class_uid", "class_name",
     "6003=API Activity|"},
    {"api_activity", "category_uid", "category_name",
     "6=Application Activity|"},
    {"application_error", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"application_error", "activity_id", "activity_name",
     "0=Unknown|1=General Error|2=Translation Error|99=Other|"},
    {"application_error", "class_uid", "class_name",
     "6008=Application Error|"},
    {"application_error", "category_uid", "category_name",
     "6=Application Activity|"},
    {"application_lifecycle", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"application_lifecycle", "activity_id", "activity_name",
     "0=Unknown|1=Install|2=Remove|3=Start|4=Stop|5=Restart|6=Enable|7=Disable|8=Update|99=Other|"},
    {"application_lifecycle", "class_uid", "class_name",
     "6002=Application Lifecycle|"},
    {"application_lifecycle", "category_uid", "category_name",
     "6=Application Activity|"},
    {"authentication", "account_switch_type_id", "account_switch_type",
     "0=Unknown|1=Substitute User|2=Impersonate|99=Other|"},
    {"authentication", "auth_protocol_id", "auth_protocol",
     "0=Unknown|1=NTLM|10=RADIUS|11=Basic Authentication|12=LDAP|2=Kerberos|3=Digest|4=OpenID|5=SAML|6=OAUTH 2.0|"
     "7=PAP|8=CHAP|9=EAP|99=Other|"},
    {"authentication", "logon_type_id", "logon_type",
     "0=Unknown|1=System|10=Remote Interactive|11=Cached Interactive|12=Cached Remote Interactive|13=Cached Unlock|"
     "2=Interactive|3=Network|4=Batch|5=OS Service|7=Unlock|8=Network Cleartext|9=New Credentials|99=Other|"},
    {"authentication", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"authentication", "activity_id", "activity_name",
     "0=Unknown|1=Logon|2=Logoff|3=Authentication Ticket|4=Service Ticket Request|5=Service Ticket Renew|6=Preauth|"
     "7=Account Switch|99=Other|"},
    {"authentication", "class_uid", "class_name",
     "3002=Authentication|"},
    {"authentication", "category_uid", "category_name",
     "3=Identity & Access Management|"},
    {"data_security_finding", "confidence_id", "confidence",
     "0=Unknown|1=Low|2=Medium|3=High|99=Other|"},
    {"data_security_finding", "impact_id", "impact",
     "0=Unknown|1=Low|2=Medium|3=High|4=Critical|99=Other|"},
    {"data_security_finding", "risk_level_id", "risk_level",
     "0=Info|1=Low|2=Medium|3=High|4=Critical|99=Other|"},
    {"data_security_finding", "status_id", "status",
     "0=Unknown|1=New|2=In Progress|3=Suppressed|4=Resolved|5=Archived|6=Deleted|99=Other|"},
    {"data_security_finding", "activity_id", "activity_name",
     "0=Unknown|1=Create|2=Update|3=Close|4=Suppressed|99=Other|"},
    {"data_security_finding", "class_uid", "class_name",
     "2006=Data Security Finding|"},
    {"data_security_finding", "category_uid", "category_name",
     "2=Findings|"},
    {"datastore_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"datastore_activity", "type_id", "type",
     "0=Unknown|1=Database|2=Databucket|3=Table|99=Other|"},
    {"datastore_activity", "activity_id", "activity_name",
     "0=Unknown|1=Read|10=Decrypt|2=Update|3=Connect|4=Query|5=Write|6=Create|7=Delete|8=List|9=Encrypt|99=Other|"},
    {"datastore_activity", "class_uid", "class_name",
     "6005=Datastore Activity|"},
    {"datastore_activity", "category_uid", "category_name",
     "6=Application Activity|"},
    {"detection_finding", "confidence_id", "confidence",
     "0=Unknown|1=Low|2=Medium|3=High|99=Other|"},
    {"detection_finding", "impact_id", "impact",
     "0=Unknown|1=Low|2=Medium|3=High|4=Critical|99=Other|"},
    {"detection_finding", "risk_level_id", "risk_level",
     "0=Info|1=Low|2=Medium|3=High|4=Critical|99=Other|"},
    {"detection_finding", "status_id", "status",
     "0=Unknown|1=New|2=In Progress|3=Suppressed|4=Resolved|5=Archived|6=Deleted|99=Other|"},
    {"detection_finding", "activity_id", "activity_name",
     "0=Unknown|1=Create|2=Update|3=Close|99=Other|"},
    {"detection_finding", "class_uid", "class_name",
     "2004=Detection Finding|"},
    {"detection_finding", "category_uid", "category_name",
     "2=Findings|"},
    {"dns_activity", "observation_point_id", "observation_point",
     "0=Unknown|1=Source|2=Destination|3=Neither|4=Both|99=Other|"},
    {"dns_activity", "rcode_id", "rcode",
     "0=NoError|1=FormError|10=NotZone|11=DSOTYPENI|16=BADSIG_VERS|17=BADKEY|18=BADTIME|19=BADMODE|2=ServError|"
     "20=BADNAME|21=BADALG|22=BADTRUNC|23=BADCOOKIE|24=Unassigned|25=Reserved|3=NXDomain|4=NotImp|5=Refused|"
     "6=YXDomain|7=YXRRSet|8=NXRRSet|9=NotAuth|99=Other|"},
    {"dns_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"dns_activity", "activity_id", "activity_name",
     "0=Unknown|1=Query|2=Response|6=Traffic|99=Other|"},
    {"dns_activity", "class_uid", "class_name",
     "4003=DNS Activity|"},
    {"dns_activity", "category_uid", "category_name",
     "4=Network Activity|"},
    {"email_activity", "direction_id", "direction",
     "0=Unknown|1=Inbound|2=Outbound|3=Internal|4=Local|99=Other|"},
    {"email_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"email_activity", "activity_id", "activity_name",
     "0=Unknown|1=Send|2=Receive|3=Scan|4=Trace|5=MTA Relay|99=Other|"},
    {"email_activity", "class_uid", "class_name",
     "4009=Email Activity|"},
    {"email_activity", "category_uid", "category_name",
     "4=Network Activity|"},
    {"event_log_actvity", "log_type_id", "log_type",
     "0=Unknown|1=OS|2=Application|99=Other|"},
    {"event_log_actvity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"event_log_actvity", "activity_id", "activity_name",
     "0=Unknown|1=Clear|10=Disable|2=Delete|3=Export|4=Archive|5=Rotate|6=Start|7=Stop|8=Restart|9=Enable|99=Other|"},
    {"event_log_actvity", "class_uid", "class_name",
     "1008=Event Log Activity|"},
    {"event_log_actvity", "category_uid", "category_name",
     "1=System Activity|"},
    {"file_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"file_activity", "activity_id", "activity_name",
     "0=Unknown|1=Create|10=Encrypt|11=Decrypt|12=Mount|13=Unmount|14=Open|2=Read|3=Update|4=Delete|5=Rename|"
     "6=Set Attributes|7=Set Security|8=Get Attributes|9=Get Security|99=Other|"},
    {"file_activity", "class_uid", "class_name",
     "1001=File System Activity|"},
    {"file_activity", "category_uid", "category_name",
     "1=System Activity|"},
    {"file_hosting", "share_type_id", "share_type",
     "0=Unknown|1=File|2=Pipe|3=Print|99=Other|"},
    {"file_hosting", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"file_hosting", "activity_id", "activity_name",
     "0=Unknown|1=Upload|10=Lock|11=Unlock|12=Share|13=Unshare|14=Open|15=Sync|16=Unsync|17=Access Check|2=Download|"
     "3=Update|4=Delete|5=Rename|6=Copy|7=Move|8=Restore|9=Preview|99=Other|"},
    {"file_hosting", "class_uid", "class_name",
     "6006=File Hosting Activity|"},
    {"file_hosting", "category_uid", "category_name",
     "6=Application Activity|"},
    {"ftp_activity", "observation_point_id", "observation_point",
     "0=Unknown|1=Source|2=Destination|3=Neither|4=Both|99=Other|"},
    {"ftp_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"ftp_activity", "activity_id", "activity_name",
     "0=Unknown|1=Put|2=Get|3=Poll|4=Delete|5=Rename|6=List|99=Other|"},
    {"ftp_activity", "class_uid", "class_name",
     "4008=FTP Activity|"},
    {"ftp_activity", "category_uid", "category_name",
     "4=Network Activity|"},
    {"http_activity", "observation_point_id", "observation_point",
     "0=Unknown|1=Source|2=Destination|3=Neither|4=Both|99=Other|"},
    {"http_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"http_activity", "activity_id", "activity_name",
     "0=Unknown|1=Connect|2=Delete|3=Get|4=Head|5=Options|6=Post|7=Put|8=Trace|9=Patch|99=Other|"},
    {"http_activity", "class_uid", "class_name",
     "4002=HTTP Activity|"},
    {"http_activity", "category_uid", "category_name",
     "4=Network Activity|"},
    {"network_activity", "observation_point_id", "observation_point",
     "0=Unknown|1=Source|2=Destination|3=Neither|4=Both|99=Other|"},
    {"network_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"network_activity", "activity_id", "activity_name",
     "0=Unknown|1=Open|2=Close|3=Reset|4=Fail|5=Refuse|6=Traffic|7=Listen|99=Other|"},
    {"network_activity", "class_uid", "class_name",
     "4001=Network Activity|"},
    {"network_activity", "category_uid", "category_name",
     "4=Network Activity|"},
    {"process_activity", "injection_type_id", "injection_type",
     "0=Unknown|1=Remote Thread|2=Load Library|3=Queue APC|99=Other|"},
    {"process_activity", "launch_type_id", "launch_type",
     "0=Unknown|1=Spawn|2=Fork|3=Exec|99=Other|"},
    {"process_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"process_activity", "activity_id", "activity_name",
     "0=Unknown|1=Launch|2=Terminate|3=Open|4=Inject|5=Set User ID|99=Other|"},
    {"process_activity", "class_uid", "class_name",
     "1007=Process Activity|"},
    {"process_activity", "category_uid", "category_name",
     "1=System Activity|"},
    {"scan_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"scan_activity", "activity_id", "activity_name",
     "0=Unknown|1=Started|10=Delayed|2=Completed|3=Cancelled|4=Duration Violation|5=Pause Violation|6=Error|"
     "7=Paused|8=Resumed|9=Restarted|99=Other|"},
    {"scan_activity", "class_uid", "class_name",
     "6007=Scan Activity|"},
    {"scan_activity", "category_uid", "category_name",
     "6=Application Activity|"},
    {"scheduled_job_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"scheduled_job_activity", "activity_id", "activity_name",
     "0=Unknown|1=Create|2=Update|3=Delete|4=Enable|5=Disable|6=Start|99=Other|"},
    {"scheduled_job_activity", "class_uid", "class_name",
     "1006=Scheduled Job Activity|"},
    {"scheduled_job_activity", "category_uid", "category_name",
     "1=System Activity|"},
    {"smb_activity", "observation_point_id", "observation_point",
     "0=Unknown|1=Source|2=Destination|3=Neither|4=Both|99=Other|"},
    {"smb_activity", "share_type_id", "share_type",
     "0=Unknown|1=File|2=Pipe|3=Print|99=Other|"},
    {"smb_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"smb_activity", "activity_id", "activity_name",
     "0=Unknown|1=File Supersede|2=File Open|3=File Create|4=File Open If|5=File Overwrite|6=File Overwrite If|"
     "99=Other|"},
    {"smb_activity", "class_uid", "class_name",
     "4006=SMB Activity|"},
    {"smb_activity", "category_uid", "category_name",
     "4=Network Activity|"},
    {"ssh_activity", "auth_type_id", "auth_type",
     "0=Unknown|1=Certificate Based|2=GSSAPI|3=Host Based|4=Keyboard Interactive|5=Password|6=Public Key|99=Other|"},
    {"ssh_activity", "observation_point_id", "observation_point",
     "0=Unknown|1=Source|2=Destination|3=Neither|4=Both|99=Other|"},
    {"ssh_activity", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"ssh_activity", "activity_id", "activity_name",
     "0=Unknown|1=Open|2=Close|3=Reset|4=Fail|5=Refuse|6=Traffic|7=Listen|99=Other|"},
    {"ssh_activity", "class_uid", "class_name",
     "4007=SSH Activity|"},
    {"ssh_activity", "category_uid", "category_name",
     "4=Network Activity|"},
    {"user_access", "status_id", "status",
     "0=Unknown|1=Success|2=Failure|99=Other|"},
    {"user_access", "activity_id", "activity_name",
     "0=Unknown|1=Assign Privileges|2=Revoke Privileges|99=Other|"},
    {"user_access", "class_uid", "class_name",
     "3005=User Access Management|"},
    {"user_access", "category_uid", "category_name",
     "3=Identity & Access Management|"},
    {"network_endpoint", "network_scope_id", "network_scope",
     "0=Unknown|1=Internal|2=External|99=Other|"},
    {"network_endpoint", "type_id", "type",
     "0=Unknown|1=Server|10=Switch|11=Hub|12=Router|13=IDS|14=IPS|15=Load Balancer|2=Desktop|3=Laptop|4=Tablet|"
     "5=Mobile|6=Virtual|7=IOT|8=Browser|9=Firewall|99=Other|"},
    {"http_request", "http_method", "",
     "CONNECT=Connect|DELETE=Delete|GET=Get|HEAD=Head|OPTIONS=Options|PATCH=Patch|POST=Post|PUT=Put|TRACE=Trace|"},
    {"file", "confidentiality_id", "confidentiality",
     "0=Unknown|1=Not Confidential|2=Confidential|3=Secret|4=Top Secret|5=Private|6=Restricted|99=Other|"},
    {"file", "drive_type_id", "drive_type",
     "0=Unknown|1=Removable|2=Fixed|3=Remote|4=CD-ROM|5=RAM Disk|99=Other|"},
    {"file", "type_id", "type",
     "0=Unknown|1=Regular File|2=Folder|3=Character Device|4=Block Device|5=Local Socket|6=Named Pipe|"
     "7=Symbolic Link|8=Executable File|99=Other|"},
    {"process", "integrity_id", "integrity",
     "0=Unknown|1=Untrusted|2=Low|3=Medium|4=High|5=System|6=Protected|99=Other|"},
    {"user", "risk_level_id", "risk_level",
     "0=Info|1=Low|2=Medium|3=High|4=Critical|99=Other|"},
    {"user", "type_id", "type",
     "0=Unknown|1=User|2=Admin|3=System|4=Service|99=Other|"},
    {"device", "risk_level_id", "risk_level",
     "0=Info|1=Low|2=Medium|3=High|4=Critical|99=Other|"},
    {"device", "type_id", "type",
     "0=Unknown|1=Server|10=Switch|11=Hub|12=Router|13=IDS|14=IPS|15=Load Balancer|2=Desktop|3=Laptop|4=Tablet|"
     "5=Mobile|6=Virtual|7=IOT|8=Browser|9=Firewall|99=Other|"},
    {"os", "type_id", "type",
     "0=Unknown|100=Windows|101=Windows Mobile|200=Linux|201=Android|300=macOS|301=iOS|302=iPadOS|400=Solaris|"
     "401=AIX|402=HP-UX|99=Other|"},
    {"network_connection_info", "boundary_id", "boundary",
     "0=Unknown|1=Localhost|10=Gateway VPC|11=Internet Gateway|2=Internal|3=External|4=Same VPC|"
     "5=Internet/VPC Gateway|6=Virtual Private Gateway|7=Intra-region VPC|8=Inter-region VPC|9=Local Gateway|"
     "99=Other|"},
    {"network_connection_info", "direction_id", "direction",
     "0=Unknown|1=Inbound|2=Outbound|3=Lateral|4=Local|99=Other|"},
    {"network_connection_info", "protocol_ver_id", "protocol_ver",
     "0=Unknown|4=Internet Protocol version 4 (IPv4)|6=Internet Protocol version 6 (IPv6)|99=Other|"},
    {"dns_query", "opcode_id", "",
     "0=Query|1=Inverse Query|2=Status|3=Reserved|4=Notify|5=Update|6=DSO Message|99=Other|"},
    {"database", "type_id", "type",
     "0=Unknown|1=Relational|2=Network|3=Object Oriented|4=Centralized|5=Operational|6=NoSQL|7=Vector|"
     "8=Knowledge Graph|99=Other|"},
    {"account", "type_id", "type",
     "0=Unknown|1=LDAP Account|10=AWS Account|11=GCP Project|12=OCI Compartment|13=Azure Subscription|"
     "14=Salesforce Account|15=Google Workspace|16=Servicenow Instance|17=M365 Tenant|18=Email Account|"
     "19=ActiveDirectory Account|2=Windows Account|3=AWS IAM User|4=AWS IAM Role|5=GCP Account|6=Azure AD Account|"
     "7=Mac OS Account|8=Apple Account|9=Linux Account|99=Other|"},
    {"job", "run_state_id", "run_state",
     "0=Unknown|1=Ready|2=Queued|3=Running|4=Stopped|99=Other|"},
    {"evidences", "verdict_id", "verdict",
     "0=Unknown|1=False Positive|10=Duplicate|2=True Positive|3=Disregard|4=Suspicious|5=Benign|6=Test|"
     "7=Insufficient Data|8=Security Risk|9=Managed Externally|99=Other|"},
    {"scan", "type_id", "type",
     "0=Unknown|1=Manual|2=Scheduled|3=Updated Content|4=Quarantined Items|5=Attached Media|6=User Logon|7=ELAM|"
     "99=Other|"},
    {"fingerprint", "algorithm_id", "algorithm",
     "0=Unknown|1=MD5|10=SHA-512/224|11=SHA-512/256|12=SHA3-224|13=SHA3-256|14=SHA3-384|15=SHA3-512|"
     "16=xxHash H3 64-bit|17=xxHash H3 128-bit|18=Imphash|19=NPF|2=SHA-1|20=HASSH|3=SHA-256|4=SHA-512|5=CTPH|6=TLSH|"
     "7=quickXorHash|8=SHA-224|9=SHA-384|99=Other|"},
    {"agent", "type_id", "type",
     "0=Unknown|1=Endpoint Detection and Response|2=Data Loss Prevention|3=Backup & Recovery|"
     "4=Performance Monitoring & Observability|5=Vulnerability Management|6=Log Forwarding|"
     "7=Mobile Device Management|8=Configuration Management|9=Remote Access|99=Other|"},
    {"resource_details", "role_id", "role",
     "0=Unknown|1=Target|2=Actor|3=Affected|4=Related|99=Other|"},
};
}  // namespace

std::span<const Shape> shapes() { return kShapes; }
std::span<const Enum> enums() { return kEnums; }

}  // namespace fengsui::model::shape
