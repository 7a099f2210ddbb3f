# How each part of the tree is built: one static library per layer, one test program per tested directory, one object per BPF source.

add_library(skep_flags INTERFACE)
target_include_directories(skep_flags INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_options(skep_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # The statement macros of base/result.h end in static_assert(true); a missing designated initialiser is a default, by intent.
  # Deprecation is left to g++: clang also tells of what libstdc++ 12 uses inside itself (std::stable_sort).
  target_compile_options(skep_flags INTERFACE -Wno-missing-designated-field-initializers -Wno-deprecated-declarations)
else()
  # g++ 12 warns of fields that a designated initialiser leaves to their defaults.
  target_compile_options(skep_flags INTERFACE -Wno-missing-field-initializers)
endif()
if(SKEP_SANITIZE)
  target_compile_options(skep_flags INTERFACE -fsanitize=${SKEP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_definitions(skep_flags INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(skep_flags INTERFACE -fsanitize=${SKEP_SANITIZE})
endif()

# skep_layer(<name> USES <layer>...): the static library skep_<name> of every .cc in this directory (not below it).
function(skep_layer name)
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  set(uses)
  foreach(layer IN LISTS ARG_USES)
    list(APPEND uses skep_${layer})
  endforeach()
  if(NOT sources)
    add_library(skep_${name} INTERFACE)
    target_link_libraries(skep_${name} INTERFACE skep_flags ${uses})
    return()
  endif()
  add_library(skep_${name} STATIC ${sources})
  target_link_libraries(skep_${name} PUBLIC skep_flags ${uses})
  set_property(GLOBAL APPEND PROPERTY SKEP_LAYERS skep_${name})
endfunction()

# skep_bpf_object(<output .o> <source .c> [<clang option>...]): compiles BPF C; adds the output to the custom target `bpf_objects`.
if(NOT TARGET bpf_objects)
  add_custom_target(bpf_objects ALL)
endif()
function(skep_bpf_object output source)
  get_filename_component(source ${source} ABSOLUTE)
  get_filename_component(folder ${output} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${output}
    COMMAND ${SKEP_BPF_CLANG} -target ${SKEP_BPF_TARGET} -g -O2 -Wall -Werror -I ${PROJECT_SOURCE_DIR}/include ${ARGN} -MD -MF ${output}.d -c ${source} -o ${output}
    DEPENDS ${source} DEPFILE ${output}.d COMMENT "BPF ${output}" VERBATIM)
  string(MAKE_C_IDENTIFIER ${output} id)
  add_custom_target(bpf_${id} DEPENDS ${output})
  add_dependencies(bpf_objects bpf_${id})
endfunction()

# skep_test(<directory> [GUEST_ONLY] USES <layer>...): the program test_<directory> of every .cc in tests/<directory>, each case known to ctest; with GUEST_ONLY
# none is, since the program is for skep_guest_tests alone.
function(skep_test name)
  cmake_parse_arguments(ARG "GUEST_ONLY" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
  if(NOT sources)
    message(FATAL_ERROR "skep_test(${name}): no source in ${CMAKE_CURRENT_SOURCE_DIR}/${name}; a test program that is not built would pass unseen")
  endif()
  set(uses)
  foreach(layer IN LISTS ARG_USES)
    list(APPEND uses skep_${layer})
  endforeach()
  add_executable(test_${name} ${sources})
  target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(test_${name} PRIVATE
    SKEP_SOURCE_DIR="${PROJECT_SOURCE_DIR}" SKEP_BUILD_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(test_${name} PRIVATE ${uses} ${ARG_LIBRARIES} GTest::gmock GTest::gtest GTest::gtest_main)
  # Tests are compiled often and run once: less optimisation takes a third off the time of a build, and with sanitizers more than half.
  if(SKEP_SANITIZE)
    target_compile_options(test_${name} PRIVATE -O0 -g1)
  else()
    target_compile_options(test_${name} PRIVATE -O1 -g1)
  endif()
  add_dependencies(test_${name} bpf_objects)
  if(ARG_GUEST_ONLY)
    return()
  endif()
  gtest_discover_tests(test_${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 120 WORKING_DIRECTORY ${PROJECT_BINARY_DIR}
    PROPERTIES TIMEOUT 300)
endfunction()

# skep_fuzz(<name> USES <layer>...): the fuzz target <name>_fuzz of <name>_fuzz.cc. Under clang with SKEP_SANITIZE it is a libFuzzer program;
# otherwise it gets a plain main() that replays the files it is given, so that crash inputs can be debugged anywhere.
function(skep_fuzz name)
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  set(uses)
  foreach(layer IN LISTS ARG_USES)
    list(APPEND uses skep_${layer})
  endforeach()
  add_executable(${name}_fuzz ${name}_fuzz.cc)
  target_link_libraries(${name}_fuzz PRIVATE ${uses})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND SKEP_SANITIZE)
    target_compile_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name}_fuzz PRIVATE replay_main.cc)
  endif()
endfunction()
