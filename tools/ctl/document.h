#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

// A short document of headings, paragraphs and tables, as Markdown or as a page to print. Texts are
// plain; whatever in them means something in either form is defused on the way out.
namespace lastmeter::ctl {

struct Table {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};

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
