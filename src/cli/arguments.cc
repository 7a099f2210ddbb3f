#include "cli/arguments.h"

#include <charconv>

#include "base/result.h"

namespace skep::cli {

std::optional<std::string_view> Arguments::text(std::string_view option) const {
  for (const Given& given : given_) {
    if (given.option == option) {
      return given.value;
    }
  }
  return std::nullopt;
}

std::vector<std::string> Arguments::all(std::string_view option) const {
  std::vector<std::string> values;
  for (const Given& given : given_) {
    if (given.option == option) {
      values.push_back(given.value);
    }
  }
  return values;
}

u32 Arguments::number(std::string_view option, u32 otherwise) const {
  const auto given = text(option);
  u32 value = otherwise;
  if (given) {
    std::from_chars(given->data(), given->data() + given->size(), value);
  }
  return value;
}

namespace {

std::optional<u32> number_of(std::string_view text) {
  u32 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// Walks over the words behind the verb.
class Parser {
 public:
  Parser(const Verb& verb, std::span<char* const> words) : verb_(verb), words_(words) {}

  Result<Parsed> parse() {
    bool only_operands = false;
    while (!words_.empty()) {
      const std::string_view word = next();
      if (only_operands || word == "-" || !word.starts_with('-') || number_of(word.substr(1))) {
        operands_.emplace_back(word);  // a negative number is a map's key, not an option
      } else if (word == "--") {
        only_operands = true;
      } else {
        SKEP_CHECK(option(word));
      }
    }
    if (!help_) {
      SKEP_CHECK(check_operands());
    }
    return Parsed{
        .arguments = Arguments(std::move(operands_), std::move(given_)), .json = json_, .help = help_};
  }

 private:
  std::string_view next() {
    const std::string_view word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }

  Result<void> option(std::string_view word) {
    if (word == "--json" || word == "--help" || word == "-h") {
      (word == "--json" ? json_ : help_) = true;
      return {};
    }
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const Option* option = find(name);
    if (option == nullptr) {
      return unknown(name);
    }
    if (option->kind == Option::Kind::flag) {
      if (equals != std::string_view::npos) {
        return fail(Errc::invalid, cat(name, " takes no value"));
      }
      given_.push_back({option->name, ""});
      return {};
    }
    if (equals == std::string_view::npos && words_.empty()) {
      return fail(Errc::invalid, cat(name, " wants ", option->value));
    }
    return value(*option, equals == std::string_view::npos ? next() : word.substr(equals + 1));
  }

  Result<void> value(const Option& option, std::string_view text) {
    if (option.kind == Option::Kind::number) {
      const std::optional<u32> number = number_of(text);
      if (!number) {
        return fail(Errc::invalid, cat("--", option.name, " wants a number, not '", text, "'"));
      }
      if (*number > option.most) {
        return fail(Errc::invalid,
                    cat("--", option.name, " wants a number up to ", option.most, ", not ", *number));
      }
    }
    if (text.empty()) {
      return fail(Errc::invalid, cat("--", option.name, " wants ", option.value, ", not an empty text"));
    }
    for (const Arguments::Given& given : given_) {
      if (given.option == option.name && !option.repeats) {
        return fail(Errc::invalid, cat("--", option.name, " is given twice"));
      }
    }
    given_.push_back({option.name, std::string(text)});
    return {};
  }

  const Option* find(std::string_view dashed) const {
    for (const Option& option : verb_.options) {
      if (dashed.starts_with("--") && dashed.substr(2) == option.name) {
        return &option;
      }
    }
    return nullptr;
  }

  Result<void> unknown(std::string_view name) const {
    std::vector<std::string> known = {"--json", "--help"};
    for (const Option& option : verb_.options) {
      known.push_back(cat("--", option.name));
    }
    const std::vector<std::string> similar = nearest(name, {known.begin(), known.end()});
    return fail(Errc::invalid, cat("'", verb_.name, "' has no option ", name,
                                   similar.empty() ? "" : cat("; did you mean ", join(similar, ", "), "?")));
  }

  Result<void> check_operands() const {
    if (operands_.size() < verb_.least) {
      return fail(Errc::invalid, cat("'", verb_.name, "' wants ", verb_.operands));
    }
    if (verb_.most != 255 && operands_.size() > verb_.most) {
      return fail(Errc::invalid, cat("'", verb_.name, "' takes no '", operands_[verb_.most], "'"));
    }
    return {};
  }

  const Verb& verb_;
  std::span<char* const> words_;
  std::vector<std::string> operands_;
  std::vector<Arguments::Given> given_;
  bool json_ = false;
  bool help_ = false;
};

}  // namespace

Result<Parsed> parse(const Verb& verb, std::span<char* const> words) {
  return Parser(verb, words).parse();
}

}  // namespace skep::cli
