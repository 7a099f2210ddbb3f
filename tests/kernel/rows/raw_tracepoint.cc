// Raw tracepoints: every system call passes sys_enter.
#include "kernel/rows/row.h"

namespace skep::rows {
namespace {

const RowList rows({
    {.section = "raw_tp", .object = "raw_tracepoint", .program = "raw_tp"},
    {.section = "raw_tracepoint", .object = "raw_tracepoint", .program = "raw_tracepoint"},
    {.section = "raw_tp.s", .object = "raw_tracepoint", .program = "raw_tp_s"},
    {.section = "raw_tracepoint.s", .object = "raw_tracepoint", .program = "raw_tracepoint_s"},
});

}  // namespace
}  // namespace skep::rows
