# How the project's libraries and tools are declared.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# adamas_add_library(NAME source... DEPENDS generated... LINK own-library... MLIR upstream-library...)
# Upstream libraries are routed through mlir_target_link_libraries() so that they come from the dylib.
function(adamas_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK;MLIR" ${ARGN})
  add_mlir_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS} PARTIAL_SOURCES_INTENDED DEPENDS ${ARG_DEPENDS} EXCLUDE_FROM_LIBMLIR
                   DISABLE_INSTALL LINK_LIBS PUBLIC ${ARG_LINK})
  mlir_target_link_libraries(${name} PUBLIC ${ARG_MLIR})
endfunction()

# adamas_add_tool(NAME source... LINK own-library... MLIR upstream-library...)
function(adamas_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK;MLIR" ${ARGN})
  set(LLVM_LINK_COMPONENTS Support)
  add_llvm_executable(${name} ${ARG_UNPARSED_ARGUMENTS} PARTIAL_SOURCES_INTENDED)
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  mlir_target_link_libraries(${name} PRIVATE ${ARG_MLIR})
endfunction()
