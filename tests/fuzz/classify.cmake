fuzz_target(detect SOURCES ${CMAKE_CURRENT_LIST_DIR}/detect_fuzz.cpp LINKS fengsui_classify)
fuzz_target(examination SOURCES ${CMAKE_CURRENT_LIST_DIR}/examination_fuzz.cpp LINKS fengsui_extract)
fuzz_target(jsonl SOURCES ${CMAKE_CURRENT_LIST_DIR}/jsonl_fuzz.cpp LINKS fengsui_classify)
