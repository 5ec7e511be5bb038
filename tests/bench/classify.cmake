# bench_corpus writes text with a known density of identifiers; bench_detect runs `detect --bench` over files.
add_executable(bench_corpus ${CMAKE_CURRENT_LIST_DIR}/corpus_main.cpp ${CMAKE_CURRENT_LIST_DIR}/corpus.cpp)
target_include_directories(bench_corpus PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(bench_corpus PRIVATE fengsui_classify)
add_executable(bench_detect ${CMAKE_CURRENT_LIST_DIR}/detect_main.cpp)
target_link_libraries(bench_detect PRIVATE fengsui_classify)
target_compile_definitions(bench_detect PRIVATE FENGSUI_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
# bench_site FOLDER: look-ups against sets and libraries of growing size, and a scan with site rules against one without.
add_executable(bench_site ${CMAKE_CURRENT_LIST_DIR}/site_main.cpp)
target_link_libraries(bench_site PRIVATE fengsui_classify dep::fmt)
target_compile_definitions(bench_site PRIVATE FENGSUI_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
