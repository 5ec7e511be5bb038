add_executable(bench_evidence ${CMAKE_CURRENT_LIST_DIR}/evidence_bench.cpp)
target_link_libraries(bench_evidence PRIVATE fengsui_evidence benchmark::benchmark)
