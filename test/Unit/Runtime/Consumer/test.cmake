# Installs the runtime, then builds and runs a project against it: by find_package and by pkg-config.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# cmake -DRUNTIME_BINARY_DIR= -DSOURCE_DIR= -DWORK_DIR= -DC= -DCXX= -DFLAGS= -DLIBDIR= -P test.cmake

function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what}: expected success, but got ${result}: ${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
run("install" ${CMAKE_COMMAND} --install ${RUNTIME_BINARY_DIR} --prefix ${WORK_DIR}/first --component adamas-runtime)
# An installed tree must not care where it lies.
file(RENAME ${WORK_DIR}/first ${WORK_DIR}/prefix)
set(library_dir ${WORK_DIR}/prefix/${LIBDIR})
foreach(file ${library_dir}/libadamas_runtime.so.0 ${WORK_DIR}/prefix/include/adamas/runtime.hpp
             ${library_dir}/pkgconfig/adamas-runtime.pc)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "install: expected ${file}, but it is not there")
  endif()
endforeach()

run("configure" ${CMAKE_COMMAND} -S ${SOURCE_DIR} -B ${WORK_DIR}/build -G Ninja -DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix
    -DCMAKE_C_COMPILER=${C} -DCMAKE_CXX_COMPILER=${CXX} "-DCMAKE_C_FLAGS=${FLAGS}" "-DCMAKE_CXX_FLAGS=${FLAGS}")
run("build" ${CMAKE_COMMAND} --build ${WORK_DIR}/build)
set(ENV{ADAMAS_LIBCUDA} /nonexistent/libcuda.so.1)
foreach(program consumer consumer-cpp)
  run(${program} ${WORK_DIR}/build/${program})
  if(NOT output MATCHES "ADAMAS_ERROR_NO_DRIVER")
    message(FATAL_ERROR "${program}: expected ADAMAS_ERROR_NO_DRIVER, but got: ${output}")
  endif()
endforeach()

find_program(PKG_CONFIG NAMES pkg-config pkgconf)
if(NOT PKG_CONFIG)
  message(STATUS "pkg-config is not installed: its file was not tried")
  return()
endif()
set(ENV{PKG_CONFIG_PATH} ${library_dir}/pkgconfig)
run("pkg-config" ${PKG_CONFIG} --cflags --libs adamas-runtime)
string(STRIP "${output}" found)
separate_arguments(found UNIX_COMMAND "${found}")
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
run("build by pkg-config" ${C} ${flags} ${SOURCE_DIR}/main.c -o ${WORK_DIR}/by-pkg-config ${found}
    -Wl,-rpath,${library_dir})
run("by-pkg-config" ${WORK_DIR}/by-pkg-config)
