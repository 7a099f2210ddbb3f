// Every verb of the command. One file per noun implements them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/status.h"

namespace skep::cli {

Status inspect(const Arguments& arguments, Output& out);
Status check(const Arguments& arguments, Output& out);
Status requires_(const Arguments& arguments, Output& out);
Status load(const Arguments& arguments, Output& out);
Status run(const Arguments& arguments, Output& out);
Status explain(const Arguments& arguments, Output& out);
Status btf_min(const Arguments& arguments, Output& out);
Status matrix(const Arguments& arguments, Output& out);
Status btf_fetch(const Arguments& arguments, Output& out);
Status attach(const Arguments& arguments, Output& out);
Status sections(const Arguments& arguments, Output& out);
Status net_list(const Arguments& arguments, Output& out);
Status link_list(const Arguments& arguments, Output& out);
Status link_show(const Arguments& arguments, Output& out);
Status link_detach(const Arguments& arguments, Output& out);
Status link_pin(const Arguments& arguments, Output& out);
Status map_list(const Arguments& arguments, Output& out);
Status map_show(const Arguments& arguments, Output& out);
Status map_dump(const Arguments& arguments, Output& out);
Status map_get(const Arguments& arguments, Output& out);
Status map_set(const Arguments& arguments, Output& out);
Status map_delete(const Arguments& arguments, Output& out);
Status trace_pipe(const Arguments& arguments, Output& out);
Status features(const Arguments& arguments, Output& out);
Status prog_list(const Arguments& arguments, Output& out);
Status prog_show(const Arguments& arguments, Output& out);
Status prog_log(const Arguments& arguments, Output& out);
Status top(const Arguments& arguments, Output& out);
Status prog_dump(const Arguments& arguments, Output& out);
Status usdt_list(const Arguments& arguments, Output& out);
Status function_list(const Arguments& arguments, Output& out);

/// All verbs, in the order of the help.
std::span<const Verb> verbs();

/// What the command line asks for: a verb and how many words name it.
struct Asked {
  const Verb* verb = nullptr;
  std::size_t words = 0;
};
/// The verb at the front of `words`, or a null one.
Asked find_verb(std::span<char* const> words);

/// The first word of a verb of two: `map` of `map list`; else nothing.
std::string_view noun_of(std::string_view name);

/// "map", "prog": whether some verb's name is this word and another.
bool is_noun(std::string_view word);

/// "load, map list" : the verbs that look like `word`, best first.
std::vector<std::string> similar_verbs(std::string_view word);

/// The help of the whole command, or, when `noun` is not empty, of its verbs.
std::string help(std::string_view noun);
/// The help of one verb.
std::string help(const Verb& verb);

}  // namespace skep::cli
