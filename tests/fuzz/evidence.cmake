foreach(name note leaf bundle dsse)
  fuzz_target(evidence_${name} SOURCES ${CMAKE_CURRENT_LIST_DIR}/evidence/${name}_fuzz.cpp LINKS fengsui_evidence)
endforeach()
