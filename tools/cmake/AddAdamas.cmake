# How the project's libraries and tools are declared.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# Binaries for machines without MLIR: everything inside but the C++ and C libraries. tools/pack makes them.
option(ADAMAS_PORTABLE "Link LLVM and MLIR from their archives rather than from their shared libraries" OFF)

# The archives that a portable binary, or a library that hides LLVM, is linked from. The packaged targets cannot be used
# for that: nearly all of them carry the shared library too, and a binary would then hold two copies of LLVM.
file(GLOB ADAMAS_MLIR_ARCHIVES ${LLVM_LIBRARY_DIR}/libMLIR*.a)
list(FILTER ADAMAS_MLIR_ARCHIVES EXCLUDE REGEX "CAPI|Test|Runner|ExecutionEngine|_[a-z]+_")
execute_process(
  COMMAND ${LLVM_TOOLS_BINARY_DIR}/llvm-config --link-static --libfiles nvptx x86 orcjit passes irreader linker bitwriter
  OUTPUT_VARIABLE ADAMAS_LLVM_ARCHIVES OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(ADAMAS_LLVM_ARCHIVES)
# z3 is named by LLVM's libraries and used by none that are linked here.
set(ADAMAS_ARCHIVES -Wl,--start-group ${ADAMAS_MLIR_ARCHIVES} ${ADAMAS_LLVM_ARCHIVES} -Wl,--end-group
    -Wl,--as-needed -l:libz3.so.4 -Wl,--no-as-needed -l:libz.a -l:libzstd.a -lpthread -ldl)

# adamas_add_library(NAME source... DEPENDS generated... LINK own-library... MLIR upstream-library...)
# Upstream libraries are routed through mlir_target_link_libraries() so that they come from the dylib.
function(adamas_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK;MLIR" ${ARGN})
  if(ADAMAS_PORTABLE)
    # add_mlir_library() would link LLVM's shared library.
    add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
    llvm_update_compile_flags(${name})
    if(ARG_DEPENDS)
      add_dependencies(${name} ${ARG_DEPENDS})
    endif()
    target_link_libraries(${name} PUBLIC ${ARG_LINK})
    return()
  endif()
  add_mlir_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS} PARTIAL_SOURCES_INTENDED DEPENDS ${ARG_DEPENDS} EXCLUDE_FROM_LIBMLIR
                   DISABLE_INSTALL LINK_LIBS PUBLIC ${ARG_LINK})
  mlir_target_link_libraries(${name} PUBLIC ${ARG_MLIR})
endfunction()

# adamas_add_tool(NAME source... LINK own-library... MLIR upstream-library...)
function(adamas_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK;MLIR" ${ARGN})
  if(ADAMAS_PORTABLE)
    add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
    target_compile_options(${name} PRIVATE -fno-exceptions -ffunction-sections)
    target_link_libraries(${name} PRIVATE ${ARG_LINK} ${ADAMAS_ARCHIVES})
    target_link_options(${name} PRIVATE -Wl,--gc-sections -static-libstdc++ -static-libgcc)
    set_target_properties(${name} PROPERTIES BUILD_RPATH "$ORIGIN/../lib" LINK_DEPENDS_NO_SHARED ON)
    return()
  endif()
  set(LLVM_LINK_COMPONENTS Support)
  add_llvm_executable(${name} ${ARG_UNPARSED_ARGUMENTS} PARTIAL_SOURCES_INTENDED)
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  mlir_target_link_libraries(${name} PRIVATE ${ARG_MLIR})
endfunction()

# adamas_hide_llvm(NAME exports.map own-library...)
# Links a shared library from own libraries and LLVM's archives, whatever the tools are linked from. Own libraries carry
# the shared LLVM in their interfaces, so their archives are taken by file.
function(adamas_hide_llvm name exports)
  set(pending ${ARGN})
  set(own)
  while(pending)
    list(POP_FRONT pending library)
    if(library IN_LIST own OR NOT library MATCHES "^Adamas" OR NOT TARGET ${library})
      continue()
    endif()
    list(APPEND own ${library})
    get_target_property(links ${library} INTERFACE_LINK_LIBRARIES)
    if(links)
      list(APPEND pending ${links})
    endif()
  endwhile()
  set(files)
  foreach(library IN LISTS own)
    list(APPEND files $<TARGET_FILE:${library}>)
    add_dependencies(${name} ${library})
  endforeach()
  target_link_libraries(${name} PRIVATE -Wl,--start-group ${files} -Wl,--end-group ${ADAMAS_ARCHIVES})
  if(ADAMAS_NVPTXCOMPILER)
    target_link_libraries(${name} PRIVATE "${ADAMAS_NVPTXCOMPILER_LIBRARY}")
  elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang") # GCC finds no lld of a version
    target_link_options(${name} PRIVATE -fuse-ld=lld)
  endif()
  target_link_options(${name} PRIVATE -Wl,--gc-sections -Wl,--exclude-libs,ALL -Wl,-Bsymbolic
                      -Wl,--version-script=${exports} -static-libstdc++ -static-libgcc)
  set_target_properties(${name} PROPERTIES LINK_DEPENDS "${exports};${files}")
endfunction()
