if(TARGET fengsui_collector)
  fuzz_target(collector_request SOURCES collector_request_fuzz.cpp LINKS fengsui_collector)
endif()
