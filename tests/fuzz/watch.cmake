fuzz_target(auth_log SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/auth_log_fuzz.cpp LINKS fengsui_watch)
