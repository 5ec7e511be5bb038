fuzz_target(packet SOURCES packet_fuzz.cpp LINKS fengsui_capture)
fuzz_target(stream_http SOURCES stream_http_fuzz.cpp LINKS fengsui_capture)
fuzz_target(dns SOURCES dns_fuzz.cpp LINKS fengsui_capture)
