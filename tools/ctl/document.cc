#include "tools/ctl/document.h"

namespace lastmeter::ctl {
namespace {

// Nothing may be loaded or run, whatever stands in a text; A4, and a table's head on every page.
constexpr std::string_view kHead = R"(<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
@page { size: A4; margin: 18mm 16mm; }
body { font: 11pt/1.5 "Songti SC", SimSun, "Noto Serif CJK SC", serif; color: #000; max-width: 60em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 18pt; text-align: center; }
h2 { font-size: 13pt; margin-top: 1.4em; break-after: avoid; }
table { border-collapse: collapse; width: 100%; font-size: 10pt; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { border: 1px solid #555; padding: .2em .5em; text-align: left; vertical-align: top; }
th { background: #eee; }
@media print { body { margin: 0; padding: 0; max-width: none; } }
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

std::string HtmlRow(const std::vector<std::string>& cells, std::string_view tag) {
  std::string out = "<tr>";
  for (const std::string& cell : cells) {
    out += "<" + std::string(tag) + ">" + EscapeHtml(cell) + "</" + std::string(tag) + ">";
  }
  return out + "</tr>\n";
}

}  // namespace

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
      for (size_t i = 0; i < table.head.size(); ++i) out += "---|";
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
      const Table& table = std::get<Table>(block);
      out += "<table>\n<thead>\n" + HtmlRow(table.head, "th") + "</thead>\n<tbody>\n";
      for (const auto& row : table.rows) out += HtmlRow(row, "td");
      out += "</tbody>\n</table>\n";
    }
  }
  return out + "</body>\n</html>\n";
}

}  // namespace lastmeter::ctl
