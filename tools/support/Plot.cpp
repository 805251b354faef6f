// Line plots as SVG, without dependencies.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/Plot.h"

#include "support/TextFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir::adamas;

static constexpr double plotLeft = 84, plotTop = 48, plotWidth = 520, plotHeight = 340;
static constexpr double plotRight = plotLeft + plotWidth, plotBottom = plotTop + plotHeight;
static constexpr double legendTop = plotTop + 12, legendStep = 20;

// Okabe and Ito's palette, told apart with every common colour blindness; dashes and markers help in grey print.
static constexpr const char *colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"};
static constexpr const char *dashes[] = {"", "6 3", "2 3", "8 3 2 3"};

/// What an axis can place. The limit keeps the differences of values finite.
static bool canShow(PlotAxis::Scale scale, double value) {
  return std::fabs(value) <= 1e300 && (scale == PlotAxis::Scale::Linear || value > 0);
}

namespace {
struct Tick {
  double value;
  std::string text;
};

/// Maps values to pixels and knows where its ticks are.
class Scale {
public:
  Scale(const PlotAxis &axis, double low, double high, double pixelLow, double pixelHigh);
  bool accepts(double value) const { return canShow(kind, value); }
  double pixel(double value) const {
    return pixelLow + (transform(value) - low) / (high - low) * (pixelHigh - pixelLow);
  }
  const std::vector<Tick> &ticks() const { return tickList; }

private:
  bool isLog() const { return kind != PlotAxis::Scale::Linear; }
  double transform(double value) const {
    return kind == PlotAxis::Scale::Linear ? value
           : kind == PlotAxis::Scale::Log2 ? std::log2(value)
                                           : std::log10(value);
  }
  void addLinearTicks();
  void addLogTicks();

  PlotAxis::Scale kind;
  /// The ends after the transform.
  double low, high;
  double pixelLow, pixelHigh;
  std::vector<Tick> tickList;
};
} // namespace

static std::string shortNumber(double value) {
  std::string text;
  llvm::raw_string_ostream os(text);
  double magnitude = std::fabs(value);
  if (magnitude >= 1e6 && magnitude < 1e15 && std::fmod(value, 1e6) == 0)
    os << llvm::format("%.6gM", value / 1e6);
  else
    os << llvm::format("%.6g", value);
  return text;
}

Scale::Scale(const PlotAxis &axis, double lowest, double highest, double pixelLow, double pixelHigh)
    : kind(axis.scale), low(transform(lowest)), high(transform(highest)), pixelLow(pixelLow), pixelHigh(pixelHigh) {
  if (!(low <= high)) { // no points at all
    low = 0;
    high = 1;
  }
  if (low == high) {
    double margin = isLog() || low == 0 ? 1 : std::fabs(low) / 2;
    low -= margin;
    high += margin;
  }
  if (isLog())
    addLogTicks();
  else
    addLinearTicks();
}

/// Steps of 1, 2 or 5 times a power of ten, about six of them; the axis grows to whole steps.
void Scale::addLinearTicks() {
  double rough = (high - low) / 6;
  double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = power * (rough / power <= 1 ? 1 : rough / power <= 2 ? 2 : rough / power <= 5 ? 5 : 10);
  double first = std::floor(low / step), last = std::ceil(high / step);
  low = first * step;
  high = last * step;
  for (double i = first; i <= last && tickList.size() < 32; ++i)
    tickList.push_back({i * step, shortNumber(i * step)});
}

/// Whole powers, thinned to at most a dozen; between few decades also their multiples by 2 and 5.
void Scale::addLogTicks() {
  double base = kind == PlotAxis::Scale::Log2 ? 2 : 10;
  double margin = (high - low) * 0.03;
  low -= margin;
  high += margin;
  bool fine = base == 10 && high - low < 2.5;
  double stride = std::max(1.0, std::ceil((high - low) / 12));
  for (double exponent = std::floor(low); exponent <= high; exponent += stride)
    for (double multiple : {1.0, 2.0, 5.0}) {
      if (multiple != 1 && !fine)
        continue;
      double value = multiple * std::pow(base, exponent);
      if (transform(value) >= low - 1e-9 && transform(value) <= high + 1e-9)
        tickList.push_back({value, shortNumber(value)});
    }
}

static std::string escaped(llvm::StringRef text) {
  std::string result;
  llvm::raw_string_ostream os(result);
  llvm::printHTMLEscaped(text, os);
  return result;
}

static std::string pixels(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.1f", value);
  return text;
}

static void line(llvm::raw_ostream &os, double x1, double y1, double x2, double y2, const llvm::Twine &style) {
  os << "<line x1='" << pixels(x1) << "' y1='" << pixels(y1) << "' x2='" << pixels(x2) << "' y2='" << pixels(y2) << "' "
     << style << "/>\n";
}

static void text(llvm::raw_ostream &os, double x, double y, llvm::StringRef anchor, llvm::StringRef content,
                 const llvm::Twine &style = "") {
  os << "<text x='" << pixels(x) << "' y='" << pixels(y) << "' text-anchor='" << anchor << "' " << style << ">"
     << escaped(content) << "</text>\n";
}

/// One of four shapes, so that series differ without colour.
static void marker(llvm::raw_ostream &os, size_t index, double x, double y) {
  const char *colour = colours[index % std::size(colours)];
  if (index % 4 == 0) {
    os << "<circle cx='" << pixels(x) << "' cy='" << pixels(y) << "' r='3.5' fill='" << colour << "'/>\n";
    return;
  }
  static constexpr std::pair<double, double> square[] = {{-3, -3}, {3, -3}, {3, 3}, {-3, 3}};
  static constexpr std::pair<double, double> diamond[] = {{0, -4.5}, {4.5, 0}, {0, 4.5}, {-4.5, 0}};
  static constexpr std::pair<double, double> triangle[] = {{0, -4}, {4, 3}, {-4, 3}};
  llvm::ArrayRef<std::pair<double, double>> shape = square;
  if (index % 4 == 2)
    shape = diamond;
  else if (index % 4 == 3)
    shape = triangle;
  os << "<polygon fill='" << colour << "' points='";
  llvm::interleave(
      shape, os, [&](const auto &corner) { os << pixels(x + corner.first) << "," << pixels(y + corner.second); }, " ");
  os << "'/>\n";
}

static std::string strokeOf(size_t index) {
  std::string style = "stroke='" + std::string(colours[index % std::size(colours)]) + "' stroke-width='2' fill='none'";
  const char *dash = dashes[index / std::size(colours) % std::size(dashes)];
  if (*dash)
    style += " stroke-dasharray='" + std::string(dash) + "'";
  return style;
}

/// The range of the points that both axes can show.
static void findRange(const Plot &plot, std::pair<double, double> &x, std::pair<double, double> &y) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  x = y = {inf, -inf};
  for (const PlotSeries &series : plot.series)
    for (auto [px, py] : series.points)
      if (canShow(plot.x.scale, px) && canShow(plot.y.scale, py)) {
        x = {std::min(x.first, px), std::max(x.second, px)};
        y = {std::min(y.first, py), std::max(y.second, py)};
      }
  // Nothing to show: an empty frame from 1 to 2 is better than one of infinities.
  if (x.first > x.second)
    x = y = {1, 2};
}

static void drawSeries(llvm::raw_ostream &os, const PlotSeries &series, size_t index, const Scale &x, const Scale &y) {
  std::string path;
  std::string markers;
  llvm::raw_string_ostream pathStream(path), markerStream(markers);
  bool penDown = false;
  for (auto [px, py] : series.points) {
    if (!x.accepts(px) || !y.accepts(py)) {
      penDown = false;
      continue;
    }
    pathStream << (penDown ? "L" : "M") << pixels(x.pixel(px)) << " " << pixels(y.pixel(py)) << " ";
    marker(markerStream, index, x.pixel(px), y.pixel(py));
    penDown = true;
  }
  os << "<path d='" << llvm::StringRef(path).rtrim() << "' " << strokeOf(index) << "/>\n" << markers;
}

std::string mlir::adamas::renderSvg(const Plot &plot) {
  std::pair<double, double> xRange, yRange;
  findRange(plot, xRange, yRange);
  Scale x(plot.x, xRange.first, xRange.second, plotLeft, plotRight);
  Scale y(plot.y, yRange.first, yRange.second, plotBottom, plotTop);
  size_t longestName = 0;
  for (const PlotSeries &series : plot.series)
    longestName = std::max(longestName, series.name.size());
  double imageWidth = plotRight + 72 + 7.5 * double(longestName);
  double imageHeight = std::max(plotBottom + 64, legendTop + legendStep * double(plot.series.size()));

  std::string svg;
  llvm::raw_string_ostream os(svg);
  os << "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 " << pixels(imageWidth) << " " << pixels(imageHeight)
     << "' width='" << pixels(imageWidth) << "' height='" << pixels(imageHeight)
     << "' font-family='sans-serif' font-size='13'>\n";
  os << "<rect width='100%' height='100%' fill='white'/>\n";
  text(os, plotLeft + plotWidth / 2, 26, "middle", plot.title, "font-size='16'");

  for (const Tick &tick : x.ticks()) {
    line(os, x.pixel(tick.value), plotTop, x.pixel(tick.value), plotBottom, "stroke='#dddddd'");
    text(os, x.pixel(tick.value), plotBottom + 20, "middle", tick.text);
  }
  for (const Tick &tick : y.ticks()) {
    line(os, plotLeft, y.pixel(tick.value), plotRight, y.pixel(tick.value), "stroke='#dddddd'");
    text(os, plotLeft - 8, y.pixel(tick.value) + 4.5, "end", tick.text);
  }
  os << "<rect x='" << pixels(plotLeft) << "' y='" << pixels(plotTop) << "' width='" << pixels(plotWidth)
     << "' height='" << pixels(plotHeight) << "' fill='none' stroke='#333333'/>\n";
  text(os, plotLeft + plotWidth / 2, plotBottom + 46, "middle", plot.x.label);
  double middle = plotTop + plotHeight / 2;
  text(os, 22, middle, "middle", plot.y.label, "transform='rotate(-90 22.0 " + llvm::Twine(pixels(middle)) + ")'");

  for (const auto &[index, series] : llvm::enumerate(plot.series)) {
    drawSeries(os, series, index, x, y);
    double legendY = legendTop + legendStep * double(index);
    line(os, plotRight + 16, legendY, plotRight + 44, legendY, strokeOf(index));
    marker(os, index, plotRight + 30, legendY);
    text(os, plotRight + 52, legendY + 4.5, "start", series.name);
  }
  os << "</svg>\n";
  return svg;
}

llvm::Error mlir::adamas::writePlot(llvm::StringRef path, const Plot &plot) {
  return writeTextFile(path, "plot", renderSvg(plot));
}
