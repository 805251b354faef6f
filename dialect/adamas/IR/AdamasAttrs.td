// Enums and attributes. Meaning lives here, never in strings.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_IR_ADAMASATTRS_TD
#define ADAMAS_IR_ADAMASATTRS_TD

include "adamas/IR/AdamasDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class Adamas_Enum<string name, string summary, list<I32EnumAttrCase> cases> : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::mlir::adamas";
  let genSpecializedAttr = 0;
}

class Adamas_Attr<string name, string attrMnemonic, list<Trait> traits = []> : AttrDef<Adamas_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def Adamas_Policy : Adamas_Enum<"Policy", "who shares a selection (spec sel-4)", [
  I32EnumAttrCase<"PerQueryHead", 0, "per_query_head">,
  I32EnumAttrCase<"PerKvHead", 1, "per_kv_head">]>;
def Adamas_PolicyAttr : EnumAttr<Adamas_Dialect, Adamas_Policy, "policy">;

def Adamas_PoolLayout : Adamas_Enum<"PoolLayout", "order of the axes of a paged pool (spec kv-1)", [
  I32EnumAttrCase<"HeadMajor", 0, "head_major">,     // [pages, H, page, D]
  I32EnumAttrCase<"TokenMajor", 1, "token_major">]>; // [pages, page, H, D]
def Adamas_PoolLayoutAttr : EnumAttr<Adamas_Dialect, Adamas_PoolLayout, "pool_layout">;

def Adamas_Placement : Adamas_Enum<"Placement", "where a value lives between its producer and its users", [
  I32EnumAttrCase<"Registers", 0, "registers">,
  I32EnumAttrCase<"Shared", 1, "shared">,
  I32EnumAttrCase<"Cluster", 2, "cluster">,
  I32EnumAttrCase<"Global", 3, "global">,
  I32EnumAttrCase<"Grid", 4, "grid">]>; // global memory, of which the same kernel goes on: the CTA that comes last
def Adamas_PlacementAttr : EnumAttr<Adamas_Dialect, Adamas_Placement, "placement">;

def Adamas_Level : Adamas_Enum<"Level", "what one work item of a kernel is", [
  I32EnumAttrCase<"Row", 0, "row">,     // one sequence and KV head, with its whole query group
  I32EnumAttrCase<"Part", 1, "part">,   // one part of the token axis of such a row
  I32EnumAttrCase<"Token", 2, "token">]>; // one block of tokens of a sequence and KV head
def Adamas_LevelAttr : EnumAttr<Adamas_Dialect, Adamas_Level, "level">;

def Adamas_Popcount : Adamas_Enum<"Popcount", "how a vector unit counts bits", [
  I32EnumAttrCase<"Words", 0, "words">,   // one instruction on 32-bit lanes (AVX-512 VPOPCNTDQ)
  I32EnumAttrCase<"Bytes", 1, "bytes">]>; // byte lanes: table look-up (AVX2) or bit tricks (SSE2)
def Adamas_PopcountAttr : EnumAttr<Adamas_Dialect, Adamas_Popcount, "popcount">;

def Adamas_CpuAttr : Adamas_Attr<"Cpu", "cpu"> {
  let summary = "what the vector code of a kernel may use";
  let description = [{
    `lanes`: 32-bit lanes of a vector register (4, 8 or 16). `popcount`: how bits are counted. Example: `#adamas.cpu<16, words>`.
  }];
  let parameters = (ins "int64_t":$lanes, EnumParameter<Adamas_Popcount>:$popcount);
  let assemblyFormat = "`<` $lanes `,` $popcount `>`";
  let genVerifyDecl = 1;
}

def Adamas_Engine : Adamas_Enum<"Engine", "how a GPU compares a query's codes or weights with key codes", [
  I32EnumAttrCase<"Popc", 0, "popc">,            // population counts, everywhere
  I32EnumAttrCase<"CarrySave", 1, "carry_save">, // carry-save adders before fewer population counts (L1)
  I32EnumAttrCase<"B1", 2, "b1">,                // binary matrix products, `and.popc` (sm_80 to sm_90)
  I32EnumAttrCase<"S8", 3, "s8">,                // matrix products of bytes, codes by weights (weighted distance)
  I32EnumAttrCase<"Choose", 4, "choose">]>;      // not decided; in a schedule only of candidates: as all tokens
def Adamas_EngineAttr : EnumAttr<Adamas_Dialect, Adamas_Engine, "engine">;

def Adamas_AttentionEngine : Adamas_Enum<"AttentionEngine", "how a GPU multiplies queries with keys, and weights with values", [
  I32EnumAttrCase<"Fma", 0, "fma">,   // lanes that share a token's row, head by head, everywhere
  I32EnumAttrCase<"Mma", 1, "mma">,   // matrix products of 16 tokens and up to 16 heads that share them (f16, bf16)
  I32EnumAttrCase<"Choose", 2, "choose">]>; // not decided; never in a schedule

def Adamas_Processor : Adamas_Enum<"Processor", "what kernels are formed for", [
  I32EnumAttrCase<"Cpu", 0, "cpu">,
  I32EnumAttrCase<"Gpu", 1, "gpu">]>;

def Adamas_Fusion : Adamas_Enum<"Fusion", "how much of a decode step one launch of a GPU does", [
  I32EnumAttrCase<"Stages", 0, "stages">,       // queries, scan, selection with attention, merge: a launch each
  I32EnumAttrCase<"Selection", 1, "selection">, // queries, scan; selection, attention and merge together
  I32EnumAttrCase<"Step", 2, "step">,           // everything
  I32EnumAttrCase<"Choose", 3, "choose">]>;     // not decided

def Adamas_AttentionParameter : EnumParameter<Adamas_AttentionEngine> {
  let defaultValue = "::mlir::adamas::AttentionEngine::Fma";
}

def Adamas_CandidateEngineParameter : EnumParameter<Adamas_Engine> {
  let defaultValue = "::mlir::adamas::Engine::Choose";
}

def Adamas_GpuAttr : Adamas_Attr<"Gpu", "gpu"> {
  let summary = "the schedule of a GPU kernel";
  let description = [{
    `sm`: compute capability times ten. `threads`: of a CTA, whole warps up to 1024. `tokens`: that a thread of a scan measures,
    2, 4 or 8, at once and `iterations` times. `engine`: how it measures them; `b1` is for chips up to sm_90, `s8` for the
    weighted distance. `candidate_engine`: how it measures candidates, if not so. `cluster`: CTAs of a cluster, 1 to 16, all parts
    of a row (sm_90 and later). `sort`: that many sequences, a power of two up to 32, are begun longest first, so that a batch of
    unlike lengths ends together. `attention`: how queries meet keys; `mma` is for f16 and bf16 and at most 16 heads that share
    their tokens. `distance_bits`: of a distance that a scan keeps for the selection, where nobody else asks for it: 16, or 8 that
    saturate; a selection whose threshold lies beyond them measures its tokens once more. `window`: eights of tokens of a part
    that a thread of a selection looks at in one go, 1, 2 or 4. `resident`: CTAs that a multiprocessor is to hold at once, 1 or 2,
    at the cost of registers. `adamas-choose-schedule` fills this in.
    Example: `#adamas.gpu<sm = 90, threads = 128, tokens = 4, iterations = 1, engine = b1>`.
  }];
  let parameters = (ins "int64_t":$sm, "int64_t":$threads, "int64_t":$tokens, "int64_t":$iterations,
    EnumParameter<Adamas_Engine>:$engine, DefaultValuedParameter<"int64_t", "1">:$cluster,
    DefaultValuedParameter<"int64_t", "1">:$sort, Adamas_AttentionParameter:$attention,
    DefaultValuedParameter<"int64_t", "16">:$distance_bits, DefaultValuedParameter<"int64_t", "4">:$window,
    Adamas_CandidateEngineParameter:$candidate_engine, DefaultValuedParameter<"int64_t", "1">:$resident);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // ADAMAS_IR_ADAMASATTRS_TD
