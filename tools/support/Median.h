// The median, by which every tool sums up its times.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_SUPPORT_MEDIAN_H
#define ADAMAS_TOOLS_SUPPORT_MEDIAN_H

#include <algorithm>
#include <vector>

namespace mlir::adamas {

/// The median of one or more values; of an even number the upper one.
inline double median(std::vector<double> values) {
  auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_SUPPORT_MEDIAN_H
