// The one writer: text for people, or JSON for programs. Standard output holds results only; complaints and progress go to standard error.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/json.h"
#include "skep/error.h"

namespace skep::cli {

/// How text stands out on a terminal.
enum class Style : u8 { plain, title, name, type, number, comment, good, bad };

/// Collects what a verb has to say and writes it out. One thread.
class Output {
 public:
  enum class Form : u8 { text, json };
  enum class Colour : u8 { off, on };

  Output(Form form, Colour colour) : form_(form), colour_(colour) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() { flush(); }

  bool is_json() const { return form_ == Form::json; }
  /// `text` in the style's colour, where there is colour.
  std::string paint(Style style, std::string_view text) const;
  /// Adds text; control characters in it are made visible, but for lines, tabs and the codes of paint(). For Form::text.
  void write(std::string_view text);
  /// Adds a line. For Form::text.
  void line(std::string_view text = {});
  /// Adds a heading: "programs (2)".
  void heading(std::string_view text);
  /// Adds one JSON document on a line of its own. For Form::json.
  void json(const Json& document);
  /// The same without writing it out at once: for streams, which do so when there is nothing more to say for now.
  void json_line(const Json& document);
  /// "skep: error: ..." on standard error, after what was written so far.
  void complain(std::string_view message);
  /// "skep: ..." on standard error: what is good to know and no result.
  void remark(std::string_view message);
  /// Writes out what was added.
  void flush();
  /// From now on a reader of standard output that takes nothing is waited for only until `is_over` says so, and half a second then; afterwards it counts as gone. Empty: for
  /// as long as it takes.
  void wait_until(std::function<bool()> is_over);
  /// The errno that standard output refused something with; 0 when it took all, or when its reader has gone (`| head`).
  int lost() const { return lost_; }
  /// Whether the reader of standard output has gone, or was given up: what else there is to say, nobody will see.
  bool reader_is_gone() const { return reader_is_gone_; }

 private:
  bool write_out(std::string_view text);
  bool has_room() const;

  Form form_;
  Colour colour_;
  std::string buffer_;
  int lost_ = 0;
  bool reader_is_gone_ = false;
  std::function<bool()> is_over_;
};

/// Whether standard output is a terminal that wants colour: it is one, and NO_COLOR is not set, and TERM is not "dumb".
Output::Colour colour_of_stdout();

}  // namespace skep::cli
