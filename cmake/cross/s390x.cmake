# Builds for s390x (big-endian) on another machine, with Debian's cross compiler; tools/build makes the system root.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(SKEP_CROSS_ARCH s390x)
set(SKEP_BPF_TARGET bpfeb CACHE STRING "")
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
