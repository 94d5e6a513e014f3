#include "tools/ctl/document.h"

namespace lastmeter::ctl {
namespace {

// Nothing may be loaded or run, whatever stands in a text. A4, a table's head on every page, and
// numbers, codes, dates and names in one piece: a list of nine columns fits an upright page in
// small print. On a phone a table that is wider than the screen is moved sideways, and nothing
// else.
constexpr std::string_view kHead = R"(<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
@page { size: A4; margin: 14mm 12mm; }
body { font: 11pt/1.5 "Songti SC", SimSun, "Noto Serif CJK SC", serif; color: #000; max-width: 60em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 18pt; text-align: center; }
h2 { font-size: 13pt; margin-top: 1.4em; break-after: avoid; }
.t { overflow-x: auto; margin: .7em 0; }
table { border-collapse: collapse; width: 100%; font-size: 10pt; line-height: 1.35; }
table.wide { font-size: 8.5pt; }
:lang(en) table.wide { font-size: 7.5pt; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { border: 1px solid #555; padding: .2em .4em; text-align: left; vertical-align: top; min-width: 2em; }
th { background: #eee; word-break: keep-all; }
.w, .n { white-space: nowrap; }
th.n { white-space: normal; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
@media print { body { margin: 0; padding: 0; max-width: none; } .t { overflow: visible; } }
@media (max-width: 600px) { body { margin: 1em auto; } h1 { font-size: 15pt; } }
</style>
)";

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string EscapeMarkdown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
      continue;
    }
    if (std::string_view("\\`*_[]<>|#~").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string MarkdownRow(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += " " + EscapeMarkdown(cell) + " |";
  return out + "\n";
}

// More columns are set in small print.
constexpr size_t kMostWide = 8;

std::string_view ClassOf(const Table& table, size_t column) {
  if (column >= table.cells.size()) return "";
  switch (table.cells[column]) {
    case Cell::kWhole:
      return " class=\"w\"";
    case Cell::kNumber:
      return " class=\"n\"";
    default:
      return "";
  }
}

std::string HtmlRow(const Table& table, const std::vector<std::string>& cells,
                    const std::string& tag) {
  std::string out = "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    out += "<" + tag;
    out += ClassOf(table, i);
    out += ">" + EscapeHtml(cells[i]) + "</" + tag + ">";
  }
  return out + "</tr>\n";
}

std::string HtmlTable(const Table& table) {
  std::string out = "<div class=\"t\">\n<table";
  if (table.head.size() > kMostWide) out += " class=\"wide\"";
  out += ">\n<thead>\n" + HtmlRow(table, table.head, "th") + "</thead>\n<tbody>\n";
  for (const auto& row : table.rows) out += HtmlRow(table, row, "td");
  return out + "</tbody>\n</table>\n</div>\n";
}

}  // namespace

std::vector<Cell> AllNumbers(size_t columns) {
  std::vector<Cell> cells(columns, Cell::kNumber);
  cells[0] = Cell::kWhole;
  return cells;
}

std::string Document::Markdown() const {
  std::string out = "# " + EscapeMarkdown(title_) + "\n";
  for (const auto& block : blocks_) {
    out += "\n";
    if (const auto* heading = std::get_if<HeadingBlock>(&block)) {
      out += "## " + EscapeMarkdown(heading->text) + "\n";
    } else if (const auto* text = std::get_if<std::string>(&block)) {
      out += EscapeMarkdown(*text) + "\n";
    } else {
      const Table& table = std::get<Table>(block);
      out += MarkdownRow(table.head) + "|";
      for (size_t i = 0; i < table.head.size(); ++i) {
        const bool number = i < table.cells.size() && table.cells[i] == Cell::kNumber;
        out += number ? "---:|" : "---|";
      }
      out += "\n";
      for (const auto& row : table.rows) out += MarkdownRow(row);
    }
  }
  return out;
}

std::string Document::Html() const {
  std::string out = "<!DOCTYPE html>\n<html lang=\"" + EscapeHtml(lang_) + "\">\n<head>\n";
  out += kHead;
  out += "<title>" + EscapeHtml(title_) + "</title>\n</head>\n<body>\n<h1>" + EscapeHtml(title_) +
         "</h1>\n";
  for (const auto& block : blocks_) {
    if (const auto* heading = std::get_if<HeadingBlock>(&block)) {
      out += "<h2>" + EscapeHtml(heading->text) + "</h2>\n";
    } else if (const auto* text = std::get_if<std::string>(&block)) {
      out += "<p>" + EscapeHtml(*text) + "</p>\n";
    } else {
      out += HtmlTable(std::get<Table>(block));
    }
  }
  return out + "</body>\n</html>\n";
}

}  // namespace lastmeter::ctl
