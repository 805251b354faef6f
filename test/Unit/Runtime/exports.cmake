# The shared library exports its C interface and nothing else, and needs neither LLVM nor CUDA to load.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# cmake -DLIBRARY= -DNM= -DREADELF= -DHEADER= -P exports.cmake

cmake_minimum_required(VERSION 3.20)
execute_process(COMMAND ${NM} -D --defined-only ${LIBRARY} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n ]+\n" names "${symbols}")
file(READ ${HEADER} header)
string(REGEX MATCHALL "adamas_[a-z_]+\\(" declared "${header}")
set(exported)
foreach(name IN LISTS names)
  string(STRIP "${name}" name)
  if(NOT name MATCHES "^adamas_[a-z_]+$")
    message(FATAL_ERROR "exports: expected adamas_* only, but got ${name}")
  endif()
  list(APPEND exported ${name})
endforeach()
foreach(call IN LISTS declared)
  string(REPLACE "(" "" name "${call}")
  if(NOT name IN_LIST exported)
    message(FATAL_ERROR "exports: expected ${name}, which the header declares, but it is not there")
  endif()
endforeach()
execute_process(COMMAND ${READELF} -d ${LIBRARY} OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
if(dynamic MATCHES "NEEDED[^\n]*(LLVM|MLIR|cuda|xxhash)")
  message(FATAL_ERROR "exports: expected no need of LLVM, CUDA or xxhash, but got ${dynamic}")
endif()
