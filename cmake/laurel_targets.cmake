include(GoogleTest)  # gtest_discover_tests

# laurel_library(domain SOURCES a.cc b.cc PUBLIC laurel::rules PRIVATE absl::strings)
# With GRPC: for sources that speak gRPC.
function(laurel_library name)
  cmake_parse_arguments(ARG "GRPC" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(laurel_${name} STATIC ${ARG_SOURCES})
  add_library(laurel::${name} ALIAS laurel_${name})
  target_include_directories(laurel_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(laurel_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} laurel_warnings)
  if(ARG_GRPC)
    target_precompile_headers(laurel_${name} REUSE_FROM laurel_grpc_pch)
  else()
    target_precompile_headers(laurel_${name} REUSE_FROM laurel_pch)
  endif()
endfunction()

# laurel_compile_together(cli points_commands.cc tier_commands.cc): these sources of laurel::cli as one unit. For files
# that are short beside their headers, where each would instantiate the same templates again; a precompiled header
# saves only the parsing. Names in their anonymous namespaces must differ. A unit should stay quick to compile after
# an edit, and a library have two, for two cores.
function(laurel_compile_together library)
  if(LAUREL_COMPILE_TOGETHER)
    list(GET ARGN 0 first)
    cmake_path(GET first STEM unit)
    set_target_properties(laurel_${library} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
    set_source_files_properties(${ARGN} PROPERTIES UNITY_GROUP ${unit})
  endif()
endfunction()

# For executables that serve: an allocator for many threads, which is also what RocksDB recommends. Sanitizers bring their own.
function(laurel_allocator target)
  if(NOT LAUREL_SANITIZE)
    target_link_libraries(${target} PRIVATE laurel_allocator_options PkgConfig::laurel_jemalloc)
  endif()
endfunction()

# laurel_test(journal_test unit SOURCES a_test.cc LINK laurel::journal)
# The second argument is the CTest label of every test in the binary.
function(laurel_test name label)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest_main laurel_warnings)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_precompile_headers(${name} REUSE_FROM laurel_test_pch)
  gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${label} TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "LAUREL_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()

# One precompiled header for the libraries, one with gRPC for those that speak it, one with gMock for the tests. Never one of our own headers:
# an edit to it would rebuild everything.
function(laurel_precompiled_headers)
  set(headers <array> <cstdint> <functional> <map> <memory> <optional> <span> <string> <utility> <variant>
      <vector> <absl/container/flat_hash_map.h> <absl/status/statusor.h> <absl/strings/str_cat.h>)
  file(WRITE ${PROJECT_BINARY_DIR}/pch.cc "// Only carries the precompiled header.\n")
  add_library(laurel_pch OBJECT ${PROJECT_BINARY_DIR}/pch.cc)
  target_link_libraries(laurel_pch PRIVATE absl::flat_hash_map absl::statusor absl::strings)
  target_precompile_headers(laurel_pch PRIVATE ${headers})
  add_library(laurel_grpc_pch OBJECT ${PROJECT_BINARY_DIR}/pch.cc)
  target_link_libraries(laurel_grpc_pch PRIVATE absl::flat_hash_map absl::statusor absl::strings gRPC::grpc++)
  target_precompile_headers(laurel_grpc_pch PRIVATE ${headers} <google/protobuf/message.h> <grpcpp/grpcpp.h>
    <grpcpp/support/server_callback.h>)
  if(LAUREL_TESTS)
    add_library(laurel_test_pch OBJECT ${PROJECT_BINARY_DIR}/pch.cc)
    target_link_libraries(laurel_test_pch PRIVATE absl::flat_hash_map absl::statusor absl::strings
      GTest::gmock)
    target_precompile_headers(laurel_test_pch PRIVATE ${headers} <gmock/gmock.h> <gtest/gtest.h>)
  endif()
endfunction()

# laurel_proto(api GRPC DIRECTORIES laurel/v1 LINK laurel::proto_google)
# Code generated from every .proto directly in DIRECTORIES, as the target laurel::proto_api; with GRPC also the
# services, which live in files named *_service.proto. Included as "laurel/v1/member.pb.h". Compiled without warnings and debug information: it is not ours.
function(laurel_proto name)
  cmake_parse_arguments(ARG "GRPC" "" "DIRECTORIES;LINK" ${ARGN})
  list(TRANSFORM ARG_DIRECTORIES APPEND /*.proto OUTPUT_VARIABLE patterns)
  file(GLOB protos CONFIGURE_DEPENDS ${patterns})
  set(libraries protobuf::libprotobuf ${ARG_LINK})
  if(ARG_GRPC)
    list(APPEND libraries gRPC::grpc++)
  endif()
  if(NOT protos)
    add_library(laurel_proto_${name} INTERFACE)
    target_link_libraries(laurel_proto_${name} INTERFACE ${libraries})
  else()
    protobuf_generate(PROTOS ${protos} OUT_VAR sources)
    if(ARG_GRPC)
      list(FILTER protos INCLUDE REGEX _service.proto$)
      protobuf_generate(PROTOS ${protos} OUT_VAR services LANGUAGE grpc
        GENERATE_EXTENSIONS .grpc.pb.h .grpc.pb.cc
        PLUGIN protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
    endif()
    add_library(laurel_proto_${name} STATIC ${sources} ${services})
    target_compile_options(laurel_proto_${name} PRIVATE -w -g0)
    if(LAUREL_SANITIZE MATCHES undefined)  # its checks make generated code take minutes to compile
      target_compile_options(laurel_proto_${name} PRIVATE -fno-sanitize=undefined)
    endif()
    list(FILTER services INCLUDE REGEX cc$)
    if(services)
      laurel_compile_together(proto_${name} ${services})
    endif()
    if(LAUREL_SANITIZE MATCHES thread)
      target_include_directories(laurel_proto_${name} SYSTEM BEFORE PUBLIC ${PROJECT_SOURCE_DIR}/cmake/tsan)
    endif()
    target_include_directories(laurel_proto_${name} SYSTEM PUBLIC ${CMAKE_CURRENT_BINARY_DIR})
    target_link_libraries(laurel_proto_${name} PUBLIC ${libraries})
  endif()
  add_library(laurel::proto_${name} ALIAS laurel_proto_${name})
endfunction()
