# Compiler launcher, linker and flags that every object of ours must agree on: GCC refuses a precompiled
# header whose flags differ, and a sanitizer has to see all of our code.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Dev)
endif()

find_program(LAUREL_CCACHE ccache)
if(LAUREL_CCACHE)
  # Without this sloppiness nothing that uses a precompiled header is cached; without the base folder, nothing
  # of another clone.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${LAUREL_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

find_program(LAUREL_MOLD mold)
if(LAUREL_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

set(CMAKE_CXX_FLAGS_DEV "-O1 -g1")
set(CMAKE_C_FLAGS_DEV "-O1 -g1")
# Functions and lines, as backtraces and profiles need them. The variables of -g would take longer to compile than they are worth.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

add_compile_options(-pthread -Werror=invalid-pch)
if(CMAKE_BUILD_TYPE STREQUAL "Dev")
  add_compile_definitions(LAUREL_CRASH_POINTS)  # engine/base/crash_point.h; never in a release
endif()
if(LAUREL_SANITIZE)
  add_compile_options(-fsanitize=${LAUREL_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${LAUREL_SANITIZE})
endif()
if(LAUREL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)  # coverage in every object; targets link -fsanitize=fuzzer
endif()

if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

# GCC 12 sees overflows in its own std::string once -O2 has inlined it, and its headers look uninitialised to it
# once a sanitizer has instrumented them.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(no_false_alarms -Wno-stringop-overflow -Wno-restrict)
endif()
if(LAUREL_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND no_false_alarms -Wno-maybe-uninitialized)
endif()

add_library(laurel_warnings INTERFACE)
target_compile_options(laurel_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wno-missing-field-initializers  # designated initialisers leave the rest at its default
  ${no_false_alarms}
  $<$<BOOL:${LAUREL_WERROR}>:-Werror> $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
