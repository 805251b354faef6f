// Aligned text tables, CSV and JSON rows.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "support/Table.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Locale.h"
#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdio>

using namespace mlir::adamas;

Table::Cell::Cell(llvm::StringRef text)
    : text(text.str()), exact(text.str()), value(llvm::json::isUTF8(text) ? text.str() : llvm::json::fixUTF8(text)) {}

static std::string formatted(const char *format, int precision, double value) {
  char buffer[512];
  int length = std::snprintf(buffer, sizeof(buffer), format, precision, value);
  return std::string(buffer, std::min<size_t>(length, sizeof(buffer) - 1));
}

Table::Cell Table::Cell::number(double value, int decimals) {
  Cell cell;
  cell.text = formatted("%.*f", decimals, value);
  cell.exact = formatted("%.*g", 17, value);
  if (std::isfinite(value))
    cell.value = value;
  cell.isNumber = true;
  return cell;
}

Table::Cell Table::Cell::significant(double value, int digits) {
  Cell cell = number(value, 0);
  cell.text = formatted("%.*g", digits, value);
  return cell;
}

Table::Table(std::vector<std::string> columns) : columns(std::move(columns)) {}

void Table::addRow(std::vector<Cell> cells) {
  assert(cells.size() == columns.size() && "one cell a column");
  cells.resize(columns.size());
  rows.push_back(std::move(cells));
}

/// Columns that a terminal takes for `text`, so that names in any script stay aligned.
static size_t displayWidth(llvm::StringRef text) {
  int width = llvm::sys::locale::columnWidth(text);
  return width < 0 ? text.size() : width;
}

void Table::printText(llvm::raw_ostream &os) const {
  std::vector<size_t> widths;
  std::vector<bool> rightAligned;
  for (const auto &[i, column] : llvm::enumerate(columns)) {
    size_t width = displayWidth(column);
    bool anyNumber = false, anyText = false;
    for (const std::vector<Cell> &row : rows) {
      width = std::max(width, displayWidth(row[i].text));
      anyNumber |= row[i].isNumber;
      anyText |= !row[i].isNumber && !row[i].text.empty();
    }
    widths.push_back(width);
    rightAligned.push_back(anyNumber && !anyText);
  }

  auto printLine = [&](auto textOf) {
    std::string line;
    for (size_t i = 0; i < columns.size(); ++i) {
      llvm::StringRef text = textOf(i);
      std::string padding(widths[i] - displayWidth(text), ' ');
      line += i == 0 ? "" : "  ";
      line += rightAligned[i] ? padding + text.str() : text.str() + padding;
    }
    os << llvm::StringRef(line).rtrim(' ') << "\n";
  };
  printLine([&](size_t i) -> llvm::StringRef { return columns[i]; });
  std::vector<std::string> rules;
  for (size_t width : widths)
    rules.emplace_back(width, '-');
  printLine([&](size_t i) -> llvm::StringRef { return rules[i]; });
  for (const std::vector<Cell> &row : rows)
    printLine([&](size_t i) -> llvm::StringRef { return row[i].text; });
}

static void printCsvField(llvm::raw_ostream &os, llvm::StringRef field) {
  if (field.find_first_of(",\"\r\n") == llvm::StringRef::npos) {
    os << field;
    return;
  }
  os << '"';
  for (char c : field)
    os << (c == '"' ? "\"\"" : llvm::StringRef(&c, 1));
  os << '"';
}

void Table::printCsv(llvm::raw_ostream &os) const {
  llvm::interleave(columns, os, [&](const std::string &column) { printCsvField(os, column); }, ",");
  os << "\n";
  for (const std::vector<Cell> &row : rows) {
    llvm::interleave(row, os, [&](const Cell &cell) { printCsvField(os, cell.exact); }, ",");
    os << "\n";
  }
}

llvm::json::Array Table::toJson() const {
  llvm::json::Array array;
  for (const std::vector<Cell> &row : rows) {
    llvm::json::Object object;
    for (const auto &[column, cell] : llvm::zip_equal(columns, row))
      object[column] = cell.value;
    array.push_back(std::move(object));
  }
  return array;
}
