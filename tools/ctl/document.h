#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

// A short document of headings, paragraphs and tables, as Markdown or as a page to print. Texts are
// plain; whatever in them means something in either form is defused on the way out.
namespace lastmeter::ctl {

// What the cells of a column hold, by which a page lays them out.
enum class Cell {
  // Broken between words where it must be.
  kText,
  // A number or code, a date, a short word: never broken.
  kWhole,
  // The same, and aligned to the right.
  kNumber,
};

struct Table {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
  // One a column; those that are missing hold text.
  std::vector<Cell> cells{};
};

// A name and numbers behind it.
std::vector<Cell> AllNumbers(size_t columns);

class Document {
 public:
  // `lang`: "zh" or "en", for readers' programs.
  Document(std::string lang, std::string title)
      : lang_(std::move(lang)), title_(std::move(title)) {}

  void Heading(std::string text) { blocks_.emplace_back(HeadingBlock{std::move(text)}); }
  void Paragraph(std::string text) { blocks_.emplace_back(std::move(text)); }
  void Add(Table table) { blocks_.emplace_back(std::move(table)); }

  std::string Markdown() const;
  // One page that needs nothing else: no script, no font, no picture, no address.
  std::string Html() const;

 private:
  struct HeadingBlock {
    std::string text;
  };

  std::string lang_;
  std::string title_;
  std::vector<std::variant<HeadingBlock, std::string, Table>> blocks_;
};

}  // namespace lastmeter::ctl
