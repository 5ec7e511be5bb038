fuzz_target(sigma_yaml SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/sigma_yaml_fuzz.cpp LINKS fengsui_policy)
fuzz_target(sigma_event SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/sigma_event_fuzz.cpp LINKS fengsui_policy)
