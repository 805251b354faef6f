// What #adamas.gpu, the schedule of a GPU's kernel, refuses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// RUN: adamas-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{expects 'sm' to be 80 or more, but got 75}}
func.func private @sm_is_75() attributes {gpu = #adamas.gpu<sm = 75, threads = 128, tokens = 2, iterations = 1, engine = popc>}

// -----

// expected-error @below {{expects 'threads' to be whole warps of 32 up to 1024, but got 0}}
func.func private @no_threads() attributes {gpu = #adamas.gpu<sm = 90, threads = 0, tokens = 2, iterations = 1, engine = popc>}

// -----

// expected-error @below {{expects 'threads' to be whole warps of 32 up to 1024, but got 100}}
func.func private @threads_are_100() attributes {gpu = #adamas.gpu<sm = 90, threads = 100, tokens = 2, iterations = 1, engine = popc>}

// -----

// expected-error @below {{expects 'threads' to be whole warps of 32 up to 1024, but got 2048}}
func.func private @threads_are_2048() attributes {gpu = #adamas.gpu<sm = 90, threads = 2048, tokens = 2, iterations = 1, engine = popc>}

// -----

// expected-error @below {{expects 'tokens' to be 2, 4 or 8, but got 1}}
func.func private @one_token() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 1, iterations = 1, engine = popc>}

// -----

// expected-error @below {{expects 'tokens' to be 2, 4 or 8, but got 6}}
func.func private @six_tokens() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 6, iterations = 1, engine = popc>}

// -----

// expected-error @below {{expects 'iterations' to be from 1 to 64, but got 0}}
func.func private @no_iterations() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 0, engine = popc>}

// -----

// expected-error @below {{expects 'iterations' to be from 1 to 64, but got 65}}
func.func private @iterations_are_65() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 65, engine = popc>}

// -----

// expected-error @below {{expects an engine: popc, carry_save, b1 or s8}}
func.func private @engine_is_not_chosen() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = choose>}

// -----

// expected-error @below {{expects an engine that the chip has, but sm_100 emulates b1; use popc}}
func.func private @b1_is_emulated_on_sm_100() attributes {gpu = #adamas.gpu<sm = 100, threads = 128, tokens = 2, iterations = 1, engine = b1>}

// -----

// expected-error @below {{expects an engine that the chip has, but sm_120 emulates b1; use popc}}
func.func private @b1_is_emulated_on_sm_120() attributes {gpu = #adamas.gpu<sm = 120, threads = 128, tokens = 2, iterations = 1, engine = b1>}

// -----

// expected-error @below {{expected ::mlir::adamas::Engine to be one of: popc, carry_save, b1, s8, choose}}
// expected-error @below {{failed to parse Adamas_GpuAttr parameter 'engine'}}
func.func private @engine_is_unknown() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = u8>}

// -----

// expected-error @below {{expects 'cluster' to be from 1 to 16, but got 0}}
func.func private @no_cluster() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 0>}

// -----

// expected-error @below {{expects 'cluster' to be from 1 to 16, but got 17}}
func.func private @cluster_is_17() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 17>}

// -----

// expected-error @below {{expects clusters of sm_90 or later, but got 2 CTAs for sm_89}}
func.func private @clusters_came_with_sm_90() attributes {gpu = #adamas.gpu<sm = 89, threads = 128, tokens = 2, iterations = 1, engine = popc, cluster = 2>}

// -----

// expected-error @below {{expects 'sort' to be a power of two up to 32, but got 0}}
func.func private @no_sort() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, sort = 0>}

// -----

// expected-error @below {{expects 'sort' to be a power of two up to 32, but got 3}}
func.func private @three_sorted() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, sort = 3>}

// -----

// expected-error @below {{expects 'sort' to be a power of two up to 32, but got 64}}
func.func private @sixty_four_sorted() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, sort = 64>}

// -----

// expected-error @below {{expects 'attention' to be fma or mma, but got choose}}
func.func private @attention_open() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, attention = choose>}

// -----

// expected-error @below {{expects 'distance_bits' to be 8 or 16, but got 32}}
func.func private @distances_of_32_bits() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, distance_bits = 32>}

// -----

// expected-error @below {{expects 'window' to be 1, 2 or 4, but got 3}}
func.func private @window_of_three() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, window = 3>}

// -----

// expected-error @below {{expects 'resident' to be 1 or 2, but got 3}}
func.func private @three_are_resident() attributes {gpu = #adamas.gpu<sm = 90, threads = 128, tokens = 2, iterations = 1, engine = popc, resident = 3>}

// -----

// expected-error @below {{expects an engine that the chip has, but sm_100 emulates b1; use popc}}
func.func private @candidates_by_b1_on_sm_100() attributes {gpu = #adamas.gpu<sm = 100, threads = 128, tokens = 2, iterations = 1, engine = popc, candidate_engine = b1>}
