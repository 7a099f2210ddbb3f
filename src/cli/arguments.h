// The command line as data: what a verb takes is a table, and what was given is looked up by name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skep/error.h"

namespace skep::cli {

class Output;
enum class Status : u8;

/// One option of a verb.
struct Option {
  enum class Kind : u8 { flag, text, number };
  std::string_view name;  ///< "log-level": given as --log-level
  Kind kind = Kind::flag;
  std::string_view value;  ///< what its value is called in the help: "DIR"
  std::string_view help;
  bool repeats = false;
  u32 most = ~u32{0};  ///< of a number
};

/// What was given to a verb.
class Arguments {
 public:
  struct Given {
    std::string_view option;
    std::string value;
  };

  Arguments(std::vector<std::string> words, std::vector<Given> given)
      : words_(std::move(words)), given_(std::move(given)) {}

  /// What is no option: files, names, keys.
  const std::vector<std::string>& words() const { return words_; }
  bool has(std::string_view option) const { return text(option).has_value(); }
  /// The option's value, or nothing when it was not given.
  std::optional<std::string_view> text(std::string_view option) const;
  /// Every value of an option that may be repeated.
  std::vector<std::string> all(std::string_view option) const;
  /// The number given, or `otherwise`.
  u32 number(std::string_view option, u32 otherwise) const;

 private:
  std::vector<std::string> words_;
  std::vector<Given> given_;
};

/// One verb of the command.
struct Verb {
  std::string_view name;      ///< "load", "map dump"
  std::string_view operands;  ///< "FILE..."
  u8 least = 0;               ///< operands, at least
  u8 most = 0;                ///< operands, at most; 255: any number
  std::string_view summary;   ///< one line
  std::string_view help;      ///< what else there is to know, whole lines
  std::string_view examples;  ///< whole lines
  std::span<const Option> options;
  Status (*run)(const Arguments&, Output&);
};

/// What parse() found.
struct Parsed {
  Arguments arguments;
  bool json = false;
  bool help = false;
};

/// Reads what follows a verb on the command line. Errors: invalid, with a text for the user.
Result<Parsed> parse(const Verb& verb, std::span<char* const> words);

}  // namespace skep::cli
