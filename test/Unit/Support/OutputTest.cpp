// What people read: tables, progress bars and plots.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/Plot.h"
#include "support/Progress.h"
#include "support/Table.h"
#include "support/Trace.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>

using namespace mlir::adamas;

namespace {

Table example() {
  Table table({"module", "k", "recall", "time_us"});
  table.addRow({"decode_l1", 16, Table::Cell::number(0.12345, 2), Table::Cell::significant(1234.5, 3)});
  table.addRow({"a, \"b\"", 2048, Table::Cell::number(std::nan(""), 2), Table::Cell()});
  return table;
}

TEST(Table, text_is_aligned) {
  std::string text;
  llvm::raw_string_ostream os(text);
  example().printText(os);
  EXPECT_EQ(text, "module        k  recall   time_us\n"
                  "---------  ----  ------  --------\n"
                  "decode_l1    16    0.12  1.23e+03\n"
                  "a, \"b\"     2048     nan\n");
}

TEST(Table, columns_of_mixed_cells_and_other_scripts) {
  Table table({"name", "value"});
  table.addRow({"\xc3\xa9t\xc3\xa9", 5});
  table.addRow({"x", "none"});
  std::string text;
  llvm::raw_string_ostream os(text);
  table.printText(os);
  EXPECT_EQ(text, "name  value\n----  -----\n\xc3\xa9t\xc3\xa9   5\nx     none\n");
}

TEST(Table, csv_quotes_what_it_must) {
  std::string text;
  llvm::raw_string_ostream os(text);
  example().printCsv(os);
  EXPECT_EQ(text, "module,k,recall,time_us\n"
                  "decode_l1,16,0.12345,1234.5\n"
                  "\"a, \"\"b\"\"\",2048,nan,\n");
}

TEST(Table, json_has_no_nan) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::json::Value(example().toJson());
  EXPECT_EQ(text, R"([{"k":16,"module":"decode_l1","recall":0.12345,"time_us":1234.5},)"
                  R"({"k":2048,"module":"a, \"b\"","recall":null,"time_us":null}])");
}

TEST(Progress, line) {
  EXPECT_EQ(formatProgress("sweep", 7, 20, 35), "sweep  [#######.............]   35 %  eta 1 min 5 s");
  EXPECT_EQ(formatProgress("sweep", 0, 20, 35), "sweep  [....................]    0 %");
  EXPECT_EQ(formatProgress("sweep", 20, 20, 35), "sweep  [####################]  100 %");
  EXPECT_EQ(formatProgress("sweep", 30, 20, 35), "sweep  [####################]  100 %");
  EXPECT_EQ(formatProgress("sweep", 0, 0, 0), "sweep  [####################]  100 %");
  EXPECT_EQ(formatProgress("x", 1, 2, 1), "x  [##########..........]   50 %  eta 1 s");
  EXPECT_EQ(formatProgress("x", 1, 2, 7384), "x  [##########..........]   50 %  eta 2 h 3 min");
}

TEST(Progress, forced_bar_draws_and_cleans_up) {
  std::string text;
  llvm::raw_string_ostream os(text);
  {
    Progress progress("work", 4, Progress::Mode::Always, os);
    progress.advance(2);
    EXPECT_NE(text.find("\rwork  [##########..........]   50 %"), std::string::npos) << text;
  }
  EXPECT_EQ(text.back(), '\r');
}

TEST(Progress, no_bar_in_a_log) {
  std::string text;
  llvm::raw_string_ostream os(text);
  {
    Progress automatic("work", 4, Progress::Mode::Auto, os), never("work", 4, Progress::Mode::Never, os);
    automatic.advance(2);
    never.advance(2);
  }
  EXPECT_EQ(text, "");
}

size_t countOf(llvm::StringRef text, llvm::StringRef part) { return text.count(part); }

TEST(Plot, axes_series_and_legend) {
  Plot plot;
  plot.title = "recall & budget";
  plot.x = {"budget [tokens]", PlotAxis::Scale::Log2};
  plot.y = {"recall <1>", PlotAxis::Scale::Linear};
  plot.series = {{"decode_l1", {{16, 0.1}, {64, 0.4}, {256, 0.9}}}, {"exact", {{16, 1}, {256, 1}}}};
  std::string svg = renderSvg(plot);
  EXPECT_EQ(countOf(svg, "<path "), 2u);
  EXPECT_EQ(countOf(svg, "<circle "), 3u + 1); // the points and the legend's sample
  EXPECT_EQ(countOf(svg, "<polygon "), 2u + 1);
  for (llvm::StringRef part : {">16<", ">32<", ">256<", ">0.2<", ">1<", ">decode_l1<", ">exact<", ">budget [tokens]<",
                               ">recall &lt;1&gt;<", ">recall &amp; budget<"})
    EXPECT_EQ(countOf(svg, part), 1u) << part.str();
  EXPECT_TRUE(llvm::StringRef(svg).starts_with("<svg xmlns="));
  EXPECT_TRUE(llvm::StringRef(svg).ends_with("</svg>\n"));
}

TEST(Plot, leaves_out_what_an_axis_cannot_show) {
  Plot plot;
  plot.x.scale = plot.y.scale = PlotAxis::Scale::Log10;
  double inf = std::numeric_limits<double>::infinity();
  plot.series = {{"a", {{1, 10}, {10, std::nan("")}, {100, 0}, {100, -1}, {inf, 5}, {1000, 1000}}}};
  std::string svg = renderSvg(plot);
  EXPECT_EQ(countOf(svg, "nan") + countOf(svg, "inf"), 0u);
  EXPECT_EQ(countOf(svg, "<circle "), 2u + 1);
  // The missing points interrupt the line.
  EXPECT_NE(svg.find("M"), svg.rfind("M"));
}

TEST(Plot, degenerate_ranges) {
  double huge = std::numeric_limits<double>::max();
  for (PlotAxis::Scale scale : {PlotAxis::Scale::Linear, PlotAxis::Scale::Log2, PlotAxis::Scale::Log10})
    for (std::vector<std::pair<double, double>> points : {std::vector<std::pair<double, double>>{},
                                                          {{3, 5}},
                                                          {{1, 0}, {2, 0}},
                                                          {{1e17, 1}, {1e17 + 16, 2}},
                                                          {{1, 1e-300}, {2, 1e300}},
                                                          {{1, 1}, {1 + 1e-15, 2}},
                                                          {{1, -huge}, {2, huge}}}) {
      Plot plot;
      plot.x.scale = plot.y.scale = scale;
      plot.series = {{"a", points}};
      std::string svg = renderSvg(plot);
      EXPECT_LT(svg.size(), 20000u);
      EXPECT_EQ(countOf(svg, "nan") + countOf(svg, "inf"), 0u) << svg;
    }
}

TEST(Plot, writes_a_file) {
  llvm::SmallString<128> path;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("adamas-plot", "svg", path));
  Plot plot;
  plot.series = {{"a", {{0, 0}, {1, 1}}}};
  EXPECT_EQ(llvm::toString(writePlot(path, plot)), "");
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = llvm::MemoryBuffer::getFile(path);
  ASSERT_TRUE(bool(buffer));
  EXPECT_EQ((*buffer)->getBuffer(), renderSvg(plot));
  llvm::sys::fs::remove(path);
  EXPECT_EQ(llvm::StringRef(llvm::toString(writePlot("/no/such/folder/x.svg", plot)))
                .starts_with("/no/such/folder/x.svg: cannot write the plot: "),
            true);
}

/// The events of a trace that have this phase: "X" are spans, "M" names.
std::vector<llvm::json::Object> eventsOf(const llvm::json::Value &trace, llvm::StringRef phase) {
  std::vector<llvm::json::Object> events;
  for (const llvm::json::Value &event : *trace.getAsObject()->getArray("traceEvents"))
    if (event.getAsObject()->getString("ph") == phase)
      events.push_back(*event.getAsObject());
  return events;
}

TEST(Trace, has_spans_on_named_tracks) {
  Trace trace;
  int64_t compile = trace.addTrack("compile"), kernels = trace.addTrack("kernels");
  EXPECT_NE(compile, kernels);
  trace.addSpan(compile, std::string("all of ") + "it", 10, 90);
  trace.addSpan(kernels, "scan", 200.5, 2.25, llvm::json::Object{{"runs", 5}});
  llvm::json::Value json = trace.toJson();
  std::vector<llvm::json::Object> spans = eventsOf(json, "X"), names = eventsOf(json, "M");
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0].getString("name"), llvm::StringRef("all of it"));
  EXPECT_EQ(spans[0].getInteger("tid"), compile);
  EXPECT_EQ(spans[1].getInteger("tid"), kernels);
  EXPECT_EQ(spans[1].getNumber("ts"), 200.5);
  EXPECT_EQ(spans[1].getNumber("dur"), 2.25);
  EXPECT_EQ(spans[1].getObject("args")->getInteger("runs"), 5);
  // The process, and a name and a place for each track.
  ASSERT_EQ(names.size(), 5u);
  EXPECT_EQ(names[1].getObject("args")->getString("name"), llvm::StringRef("compile"));
}

TEST(Trace, counts_from_its_start) {
  Trace trace;
  double first = trace.now(), second = trace.now();
  EXPECT_GE(first, 0);
  EXPECT_GE(second, first);
}

TEST(Trace, writes_a_file) {
  llvm::SmallString<128> path;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("adamas-trace", "json", path));
  Trace trace;
  trace.addSpan(trace.addTrack("\"quoted\""), "a", 0, 1);
  EXPECT_EQ(llvm::toString(trace.write(path)), "");
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = llvm::MemoryBuffer::getFile(path);
  ASSERT_TRUE(bool(buffer));
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse((*buffer)->getBuffer());
  ASSERT_TRUE(bool(parsed));
  EXPECT_EQ(*parsed, trace.toJson());
  llvm::sys::fs::remove(path);
  EXPECT_EQ(llvm::StringRef(llvm::toString(trace.write("/no/such/folder/x.json")))
                .starts_with("/no/such/folder/x.json: cannot write the trace: "),
            true);
}

} // namespace
