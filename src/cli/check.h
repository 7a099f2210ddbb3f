// What `skep check` found, as text, JSON and SARIF.
#pragma once

#include <string>
#include <vector>

#include "cli/output.h"
#include "skep/needs.h"

namespace skep::cli {

/// The verdicts of one object on one kernel.
struct CheckedObject {
  std::string file;
  std::string
      kernel;  ///< as rows call it: "6.1", or the whole release where two kernels of a series are looked at
  std::string release;  ///< whole
  std::vector<needs::Verdict> verdicts;
};

/// An array of rows, one per program and kernel.
Json check_json(const std::vector<CheckedObject>& objects);
/// A SARIF 2.1.0 document: what keeps programs from loading as errors, each once with the kernels that it concerns.
Json check_sarif(const std::vector<CheckedObject>& objects);
/// The table programs x kernels, the reasons, and what is guarded.
void check_text(const std::vector<CheckedObject>& objects, Output& out);

}  // namespace skep::cli
