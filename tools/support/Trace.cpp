// What happened when, as Chrome and Perfetto read it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/Trace.h"

#include "support/TextFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir::adamas;
namespace json = llvm::json;

int64_t Trace::addTrack(llvm::StringRef name) {
  tracks.push_back(name.str());
  return tracks.size();
}

void Trace::addSpan(int64_t track, llvm::StringRef name, double begin, double duration, json::Object details) {
  spans.push_back(json::Object{{"name", name.str()},
                               {"ph", "X"},
                               {"pid", 1},
                               {"tid", track},
                               {"ts", begin},
                               {"dur", duration},
                               {"args", std::move(details)}});
}

json::Value Trace::toJson() const {
  json::Array events;
  auto describe = [&](llvm::StringRef what, int64_t track, json::Object details) {
    events.push_back(
        json::Object{{"name", what.str()}, {"ph", "M"}, {"pid", 1}, {"tid", track}, {"args", std::move(details)}});
  };
  describe("process_name", 0, json::Object{{"name", "adamas-run"}});
  for (auto [i, name] : llvm::enumerate(tracks)) {
    int64_t track = i + 1;
    describe("thread_name", track, json::Object{{"name", name}});
    describe("thread_sort_index", track, json::Object{{"sort_index", track}});
  }
  events.insert(events.end(), spans.begin(), spans.end());
  return json::Object{{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}};
}

llvm::Error Trace::write(llvm::StringRef path) const {
  return writeTextFile(path, "trace", llvm::formatv("{0:2}\n", toJson()).str());
}
