# Framing alone and with HTTP parsing over traffic generated in memory: build/…/tests/bench/bench_capture
add_executable(bench_capture ${CMAKE_CURRENT_LIST_DIR}/capture_bench.cpp ${PROJECT_SOURCE_DIR}/tests/capture/build.cpp)
target_include_directories(bench_capture PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(bench_capture PRIVATE fengsui_capture benchmark::benchmark)
