// Line plots as SVG.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_SUPPORT_PLOT_H
#define ADAMAS_TOOLS_SUPPORT_PLOT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <utility>
#include <vector>

namespace mlir::adamas {

struct PlotAxis {
  enum class Scale { Linear, Log2, Log10 };
  /// With its unit, as in "time of a step [us]".
  std::string label;
  Scale scale = Scale::Linear;
};

struct PlotSeries {
  std::string name;
  /// Points that are not finite, or not positive on a log axis, are left out and interrupt the line.
  std::vector<std::pair<double, double>> points;
};

struct Plot {
  std::string title;
  PlotAxis x;
  PlotAxis y;
  std::vector<PlotSeries> series;
};

/// A stand-alone SVG: white ground, axes with ticks and grid, a line with markers a series, a legend to the right.
std::string renderSvg(const Plot &plot);

/// Writes `renderSvg` to a file, complete or not at all.
llvm::Error writePlot(llvm::StringRef path, const Plot &plot);

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_SUPPORT_PLOT_H
