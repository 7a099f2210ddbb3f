// `skep net`: programs on network devices, also those that no link holds.
#include <cerrno>

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

Result<void> add_list(std::vector<Seat>& seats, const NetDevice& device, std::string_view hook,
                      const Result<ProgramList>& list) {
  if (!list) {
    // Kernels without such lists, devices of another kind and the far ends of pairs have no programs there.
    const bool is_wanted = list.error().sys_errno() == EPERM || list.error().code() == Errc::not_found;
    return is_wanted
               ? Result<void>(std::unexpected(list.error().clone().within(cat(device.name, ": ", hook))))
               : Result<void>();
  }
  for (const ListedProgram& program : list->programs) {
    seats.push_back({.device = device.name,
                     .hook = std::string(hook),
                     .program_id = program.program_id,
                     .link_id = program.link_id,
                     .detail = {}});
  }
  return {};
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
    SKEP_TRY(const auto filters, query_tc({.device = device, .direction = direction}));
    for (const TcFilter& filter : filters) {
      seats.push_back({.device = device.name,
                       .hook = cat("tc ", name_of(direction)),
                       .program_id = filter.program_id,
                       .link_id = 0,
                       .detail = cat("priority ", filter.priority, ", handle ", filter.handle)});
    }
  }
  // By bpf(2), which asks for rights.
  for (const TcDirection direction : {TcDirection::ingress, TcDirection::egress}) {
    SKEP_CHECK(add_list(seats, device, cat("tcx ", name_of(direction)), query_tcx(device, direction)));
  }
  SKEP_CHECK(add_list(seats, device, "netkit primary", query_netkit(device, false)));
  return add_list(seats, device, "netkit peer", query_netkit(device, true));
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
  Result<void> all;  // what is not denied is listed all the same
  for (const NetDevice& device : devices) {
    auto done = add_seats(seats, device);
    if (!done && done.error().code() == Errc::denied) {
      all = std::move(done);
    } else if (!done && (done.error().code() != Errc::not_found || arguments.has("iface"))) {
      return done;  // else it went away meanwhile
    }
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
  } else if (!table.empty()) {
    table.print(out, 0);
  } else if (all) {
    out.line("no programs on network devices");
  }
  return all;
}

}  // namespace

Status net_list(const Arguments& arguments, Output& out) {
  return finish(list(arguments, out), out);
}

}  // namespace skep::cli
