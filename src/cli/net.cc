// `skep net`: programs on network devices, also those that no link holds.
#include "base/result.h"
#include "cli/live.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "kernel/host_kernel.h"
#include "skep/tc.h"
#include "skep/xdp.h"

namespace skep::cli {
namespace {

/// One program on a device.
struct Seat {
  std::string device;
  std::string hook;  ///< "xdp native", "tc ingress", "tcx egress", "netkit peer"
  u32 program_id = 0;
  u32 link_id = 0;
  std::string detail;  ///< filters: priority and handle
};

void add_list(std::vector<Seat>& seats, const NetDevice& device, std::string_view hook,
              const Result<ProgramList>& list) {
  // Kernels without such lists, and devices that have none of this kind, have no programs there.
  if (!list) {
    return;
  }
  for (const ListedProgram& program : list->programs) {
    seats.push_back({.device = device.name,
                     .hook = std::string(hook),
                     .program_id = program.program_id,
                     .link_id = program.link_id,
                     .detail = {}});
  }
}

Result<void> add_seats(std::vector<Seat>& seats, const NetDevice& device) {
  SKEP_TRY(const XdpStatus xdp, query_xdp(device));
  const std::pair<std::string_view, u32> modes[] = {
      {"xdp native", xdp.native_id}, {"xdp generic", xdp.generic_id}, {"xdp offload", xdp.offload_id}};
  for (const auto& [hook, id] : modes) {
    if (id != 0) {
      seats.push_back(
          {.device = device.name, .hook = std::string(hook), .program_id = id, .link_id = 0, .detail = {}});
    }
  }
  for (const TcDirection direction : {TcDirection::ingress, TcDirection::egress}) {
    add_list(seats, device, cat("tcx ", name_of(direction)), query_tcx(device, direction));
    SKEP_TRY(const auto filters, query_tc({.device = device, .direction = direction}));
    for (const TcFilter& filter : filters) {
      seats.push_back({.device = device.name,
                       .hook = cat("tc ", name_of(direction)),
                       .program_id = filter.program_id,
                       .link_id = 0,
                       .detail = cat("priority ", filter.priority, ", handle ", filter.handle)});
    }
  }
  add_list(seats, device, "netkit primary", query_netkit(device, false));
  add_list(seats, device, "netkit peer", query_netkit(device, true));
  return {};
}

std::string program_name(kernel::Kernel& kernel, u32 id) {
  const auto program = open_program(kernel, {.how = "id", .what = std::to_string(id)});
  return program ? std::string(program->name()) : std::string();
}

Result<void> list(const Arguments& arguments, Output& out) {
  std::vector<NetDevice> devices;
  if (const auto name = arguments.text("iface")) {
    devices.push_back({.name = std::string(*name)});
  } else {
    SKEP_TRY(devices, network_devices());
  }
  std::vector<Seat> seats;
  for (const NetDevice& device : devices) {
    SKEP_CHECK(add_seats(seats, device));
  }
  kernel::HostKernel kernel;
  Json document = Json::array();
  Table table({"device", "hook", ">prog", "program", ">link", "place"});
  for (const Seat& seat : seats) {
    const std::string program = program_name(kernel, seat.program_id);
    if (out.is_json()) {
      document.push_back({{"device", seat.device},
                          {"hook", seat.hook},
                          {"program_id", seat.program_id},
                          {"program", program},
                          {"link_id", seat.link_id},
                          {"place", seat.detail}});
      continue;
    }
    table.row({{seat.device, Style::name},
               {seat.hook, Style::type},
               {std::to_string(seat.program_id), Style::number},
               {program, Style::name},
               {seat.link_id != 0 ? std::to_string(seat.link_id) : std::string(), Style::number},
               {seat.detail}});
  }
  if (out.is_json()) {
    out.json(document);
  } else if (table.empty()) {
    out.line("no programs on network devices");
  } else {
    table.print(out, 0);
  }
  return {};
}

}  // namespace

Status net_list(const Arguments& arguments, Output& out) {
  return finish(list(arguments, out), out);
}

}  // namespace skep::cli
