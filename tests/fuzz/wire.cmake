fuzz_target(wire_frame SOURCES ${CMAKE_CURRENT_LIST_DIR}/wire_frame_fuzz.cpp LINKS fengsui_wire)
