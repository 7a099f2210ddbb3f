# find_package(skep): the target skep::skep.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/SkepLibraries.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/skepTargets.cmake)
