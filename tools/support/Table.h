// Tables for people (aligned text) and for programs (CSV, JSON rows).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef ADAMAS_TOOLS_SUPPORT_TABLE_H
#define ADAMAS_TOOLS_SUPPORT_TABLE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace mlir::adamas {

/// Rows of cells under named columns. A cell is a text, a number with a chosen precision, or empty.
class Table {
public:
  class Cell {
  public:
    /// Empty: blank in text and CSV, null in JSON.
    Cell() : value(nullptr) {}
    Cell(llvm::StringRef text);
    Cell(const char *text) : Cell(llvm::StringRef(text)) {}
    Cell(const std::string &text) : Cell(llvm::StringRef(text)) {}
    template <typename T, std::enable_if_t<std::is_integral_v<T>, int> = 0>
    Cell(T number) : text(std::to_string(number)), exact(text), value(static_cast<int64_t>(number)), isNumber(true) {}
    /// Shown with `decimals` digits after the point in text; CSV and JSON keep the full value (JSON: null if it is not
    /// finite, since JSON has no such numbers).
    static Cell number(double value, int decimals);
    /// Shown with `digits` significant digits in text.
    static Cell significant(double value, int digits);

  private:
    friend class Table;
    std::string text;
    /// Full precision, for CSV.
    std::string exact;
    llvm::json::Value value;
    bool isNumber = false;
  };

  /// Column names are the keys of JSON rows; a unit belongs in the name, as in "time_us".
  explicit Table(std::vector<std::string> columns);

  /// Adds a row, which must have one cell a column.
  void addRow(std::vector<Cell> cells);
  size_t numRows() const { return rows.size(); }

  /// Aligned columns under a header, numbers to the right, two spaces between columns, no trailing spaces.
  void printText(llvm::raw_ostream &os) const;
  /// RFC 4180, with a header line.
  void printCsv(llvm::raw_ostream &os) const;
  /// One object a row.
  llvm::json::Array toJson() const;

private:
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
};

} // namespace mlir::adamas

#endif // ADAMAS_TOOLS_SUPPORT_TABLE_H
