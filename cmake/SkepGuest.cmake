# Tests that need a kernel of their own: the given test programs run in guests that tools/vm boots (label `guest`).

# skep_guest_tests(KERNELS <series>... PROGRAMS <test program>...): per kernel one test that boots it once and runs all programs there; a test of tools/vm itself;
# and the comparison of our uapi declarations with the type information of every kernel in the cache. Programs that do not exist are left out.
function(skep_guest_tests)
  cmake_parse_arguments(ARG "" "" "KERNELS;PROGRAMS" ${ARGN})
  set(programs)
  foreach(program IN LISTS ARG_PROGRAMS)
    if(TARGET ${program})
      list(APPEND programs $<TARGET_FILE:${program}>)
    endif()
  endforeach()
  set(runner ${PROJECT_SOURCE_DIR}/tests/kernel/run)
  set(tests)
  foreach(series IN LISTS ARG_KERNELS)
    if(programs)
      add_test(NAME guest.${series} COMMAND ${runner} --kernel ${series} --build ${PROJECT_BINARY_DIR} ${programs})
      list(APPEND tests guest.${series})
    endif()
  endforeach()
  add_test(NAME guest.tool COMMAND ${PROJECT_SOURCE_DIR}/tools/vm_test)
  list(APPEND tests guest.tool)
  if(TARGET test_uapi)
    add_test(NAME guest.uapi COMMAND ${runner} --uapi $<TARGET_FILE:test_uapi> ${ARG_KERNELS})
    list(APPEND tests guest.uapi)
  endif()
  # A guest has two processors, so nothing else runs beside it.
  set_tests_properties(${tests} PROPERTIES LABELS guest TIMEOUT 1200 PROCESSORS 2 SKIP_RETURN_CODE 77)
endfunction()
