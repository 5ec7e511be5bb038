fuzz_target(evidence_note SOURCES ${CMAKE_CURRENT_LIST_DIR}/evidence/note_fuzz.cpp LINKS fengsui_evidence)
fuzz_target(evidence_leaf SOURCES ${CMAKE_CURRENT_LIST_DIR}/evidence/leaf_fuzz.cpp LINKS fengsui_evidence)
fuzz_target(evidence_bundle SOURCES ${CMAKE_CURRENT_LIST_DIR}/evidence/bundle_fuzz.cpp LINKS fengsui_evidence)
fuzz_target(evidence_dsse SOURCES ${CMAKE_CURRENT_LIST_DIR}/evidence/dsse_fuzz.cpp LINKS fengsui_evidence)
