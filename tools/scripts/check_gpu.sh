#!/usr/bin/env bash
# Runs adamas-run --target=cuda on the committed sample in many ways, each against the reference: from a checkout or from
# the archive of tools/pack, where it is called check-gpu.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: check_gpu.sh [--bin FOLDER] [--quick]

Runs every shipped module on the first GPU with pages, graphs, parts, policies, budgets and bits, and compares all results
with the reference evaluator; then writes a trace and a sweep, whose tokens must be those that the host selects. Says what
failed and exits with 1 if anything did.

  --bin FOLDER  where adamas-run is (default: bin beside this script, else build/bin of the checkout)
  --quick       each module contiguous, paged and as a graph only
TEXT
}

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin='' quick=''
while (($#)); do
  case $1 in
    --bin) [[ -n ${2-} ]] || fail "--bin: expected a folder, but got nothing"; bin=$(cd "$2" && pwd); shift 2 ;;
    --quick) quick=1; shift ;;
    --help | -h) usage; exit 0 ;;
    *) fail "expected an option of 'check_gpu.sh --help', but got '$1'" ;;
  esac
done
root=$here
[[ -d $root/test/Examples ]] || root=$(cd "$here/../.." && pwd)
[[ -n $bin ]] || { [[ -x $here/bin/adamas-run ]] && bin=$here/bin; } || bin=$root/build/bin
run=$bin/adamas-run
[[ -x $run ]] || fail "$run: expected adamas-run there, but there is none: build it, or give --bin"
sample=$root/test/data/smollm2_layer.safetensors
[[ -f $sample ]] || fail "$sample: expected the committed sample, but there is no such file"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$run" --list-devices | tee "$work/devices"
! grep -q '^no GPU' "$work/devices" || fail "there is no GPU to check"

names=() commands=()
# add NAME COMMAND...: a check, run later so that the total is known.
add() {
  names+=("$1")
  shift
  local words
  printf -v words '%q ' "$@"
  commands+=("$words")
}
cuda() { "$run" "$root/test/Examples/decode_$1.mlir" --data="$sample" --target=cuda "${@:2}"; }
agrees() { cuda "$@" --compare=reference >"$work/out" && grep -q 'all results agree with the reference' "$work/out"; }

variants=("" "--paged=16" "--graph --repeat=20")
if [[ -z $quick ]]; then
  variants+=("--paged=1" "--paged=32 --graph" "--paged=64" "--paged=128" "--paged=100" "--ways=1" "--ways=7" "--ways=7 --paged=16"
    "--policy=per_kv_head" "--policy=per_kv_head --paged=32" "--budget=1" "--budget=100" "--budget=2048" "--sink=4 --recent=64"
    "--bits=1" "--bits=3" "--bits=4 --paged=64")
fi
for module in l1 weighted two_pass; do
  for variant in "${variants[@]}"; do
    # The forced tokens of the two-pass module are more than one.
    [[ $module == two_pass && $variant == --budget=1 ]] && continue
    read -ra flags <<<"$variant"
    add "decode_$module $variant" agrees "$module" --thresholds=uniform "${flags[@]}"
  done
done
add "decode_l1 --strict" agrees l1 --thresholds=paper --strict

distances() {
  agrees "$1" --thresholds=uniform --emit-distances --out="$work/$1.safetensors" && [[ -s $work/$1.safetensors ]]
}
for module in l1 weighted two_pass; do add "decode_$module --emit-distances --out" distances "$module"; done
add "decode_weighted --compare=dense" cuda weighted --thresholds=uniform --compare=dense
add "decode_weighted --json --repeat=50" cuda weighted --thresholds=uniform --json --repeat=50

traced() {
  cuda two_pass --thresholds=uniform --paged=16 --repeat=20 --trace="$work/trace.json" &&
    grep -q '"assemble"\|"load"' "$work/trace.json" && grep -q '"L2-cold"' "$work/trace.json"
}
add "decode_two_pass --trace" traced

sweep() {
  "$run" "$root"/test/Examples/decode_{l1,weighted,two_pass}.mlir --data="$sample" --sweep --json --target="$1" \
    --repeat=3 "${@:2}" >"$work/sweep.$1" && grep indices_sha1 "$work/sweep.$1" >"$work/tokens.$1"
}
sweeps() { sweep x86 && sweep cuda "$@" && diff "$work/tokens.x86" "$work/tokens.cuda"; }
if [[ -z $quick ]]; then
  add "sweep, tokens as on the host" sweeps
  add "sweep --paged=16 --graph, tokens as on the host" sweeps --paged=16 --graph
fi

failed=()
for i in "${!names[@]}"; do
  begin=$SECONDS
  printf '[%2d/%d] %s ' $((i + 1)) ${#names[@]} "${names[i]}"
  if eval "${commands[i]}" >"$work/log" 2>&1; then
    printf 'ok, %d s\n' $((SECONDS - begin))
  else
    printf 'FAILED, %d s\n' $((SECONDS - begin))
    sed 's/^/        /' "$work/log" | tail -5
    failed+=("${names[i]}")
  fi
done
if ((${#failed[@]})); then
  printf '%d of %d checks failed:\n' ${#failed[@]} ${#names[@]}
  printf '  %s\n' "${failed[@]}"
  exit 1
fi
printf 'all %d checks passed in %d s\n' ${#names[@]} "$SECONDS"
