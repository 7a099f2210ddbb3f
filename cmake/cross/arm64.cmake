# Builds for arm64 on another machine, with Debian's cross compiler; tools/build makes the system root.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(SKEP_CROSS_ARCH arm64)
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
