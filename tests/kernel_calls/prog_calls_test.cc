// Commands on programs, BTF, pins and the rest: exactly which bytes reach bpf(2), how many, and what a refusal says.
#include <array>
#include <cerrno>

#include "kernel/btf.h"
#include "kernel/obj.h"
#include "kernel/prog.h"
#include "kernel/prog_run.h"
#include "kernel/raw_tracepoint.h"
#include "kernel_calls/exact.h"

namespace skep::kernel {
namespace {

constexpr std::array<bpf_insn, 2> return_zero{
    bpf_insn{.code = 0xb7, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
    bpf_insn{.code = 0x95, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};

TEST(ProgLoad, PassesEveryField) {
  FakeKernel kernel;
  answer_all(kernel, -EINVAL);
  std::array<char, 64> text{};
  ProgLog log{.buffer = text, .level = 5};
  const int fds[] = {21, 22};
  const std::array<std::byte, 3> signature{};
  const ProgLoad load{.type = BPF_PROG_TYPE_XDP,
                      .expected_attach_type = BPF_XDP,
                      .name = "count",
                      .insns = return_zero,
                      .license = "GPL",
                      .flags = 16,
                      .kern_version = 0x050400,
                      .ifindex = 3,
                      .btf_fd = 4,
                      .func_info = {.records = text.data(), .count = 5, .record_bytes = 8},
                      .line_info = {.records = text.data() + 1, .count = 6, .record_bytes = 16},
                      .attach_btf_id = 7,
                      .attach_fd = 8,
                      .fd_array = fds,
                      .fd_array_counted = true,
                      .core_relos = {.records = text.data() + 2, .count = 9, .record_bytes = 16},
                      .token_fd = 10,
                      .signature = signature,
                      .keyring_id = -4};
  EXPECT_FALSE(prog_load(kernel, load, &log));
  auto want = zeroed<bpf_attr_prog_load>();
  want.prog_type = 6;
  want.insn_cnt = 2;
  want.insns = address_of(return_zero.data());
  want.license = address_of(load.license);
  want.log_level = 5;
  want.log_size = 64;
  want.log_buf = address_of(text.data());
  want.kern_version = 0x050400;
  want.prog_flags = 16;
  std::memcpy(want.prog_name, "count", 5);
  want.prog_ifindex = 3;
  want.expected_attach_type = 37;
  want.prog_btf_fd = 4;
  want.func_info_rec_size = 8;
  want.func_info = address_of(text.data());
  want.func_info_cnt = 5;
  want.line_info_rec_size = 16;
  want.line_info = address_of(text.data() + 1);
  want.line_info_cnt = 6;
  want.attach_btf_id = 7;
  want.attach_prog_fd = 8;
  want.core_relo_cnt = 9;
  want.fd_array = address_of(fds);
  want.core_relos = address_of(text.data() + 2);
  want.core_relo_rec_size = 16;
  want.prog_token_fd = 10;
  want.fd_array_cnt = 2;
  want.signature = address_of(signature.data());
  want.signature_size = 3;
  want.keyring_id = -4;
  expect_last_call(kernel, BPF_PROG_LOAD, want, 168);
}

TEST(ProgLoad, KeepsTheLogsTrueSizeWhenRefused) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd, bpf_attr& attr) {
    attr.prog_load.log_true_size = 4711;
    return -EACCES;
  };
  ProgLog log{.level = 1};
  const auto fd = prog_load(kernel, {.type = BPF_PROG_TYPE_XDP, .name = "count", .insns = return_zero}, &log);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().message(), "load program 'count': EACCES (Permission denied)");
  EXPECT_EQ(log.true_bytes, 4711U);
}

TEST(FakeKernel, KeepsInstructionsAndLicence) {
  FakeKernel kernel;
  {
    std::vector<bpf_insn> gone(return_zero.begin(), return_zero.end());
    ASSERT_TRUE(prog_load(kernel, {.type = BPF_PROG_TYPE_XDP, .insns = gone, .license = "MIT"}));
  }
  const FakeCall call = kernel.calls(BPF_PROG_LOAD).at(0);
  EXPECT_EQ(call.insns, std::vector<bpf_insn>(return_zero.begin(), return_zero.end()));
  EXPECT_EQ(call.text, "MIT");
}

TEST(ProgAttach, AttachAndDetachPassTheSameArm) {
  FakeKernel kernel;
  answer_all(kernel, 0);
  const ProgAttach attach{.target = 5,
                          .prog_fd = 6,
                          .type = BPF_CGROUP_INET_EGRESS,
                          .flags = 2,
                          .replace_fd = 7,
                          .relative = 8,
                          .expected_revision = 9};
  auto want = zeroed<bpf_attr_prog_attach>();
  want.target_fd = 5;
  want.attach_bpf_fd = 6;
  want.attach_type = 1;
  want.attach_flags = 2;
  want.replace_bpf_fd = 7;
  want.relative_fd = 8;
  want.expected_revision = 9;
  ASSERT_TRUE(prog_attach(kernel, attach));
  expect_last_call(kernel, BPF_PROG_ATTACH, want, 32);
  ASSERT_TRUE(prog_detach(kernel, attach));
  expect_last_call(kernel, BPF_PROG_DETACH, want, 32);
}

TEST(ProgQuery, MoreThanRoomIsNoError) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd, bpf_attr& attr) {
    attr.query.prog_cnt = 3;
    attr.query.attach_flags = 2;
    attr.query.revision = 12;
    return -ENOSPC;
  };
  std::array<u32, 2> ids{};
  ProgQuery query{.target = 5, .type = BPF_CGROUP_INET_INGRESS, .flags = 1, .prog_ids = ids};
  ASSERT_TRUE(prog_query(kernel, query));
  EXPECT_EQ(query.count, 3U);
  EXPECT_EQ(query.attach_flags, 2U);
  EXPECT_EQ(query.revision, 12U);
  auto want = zeroed<bpf_attr_query>();
  want.target_fd = 5;
  want.query_flags = 1;
  want.prog_ids = address_of(ids.data());
  want.prog_cnt = 2;
  expect_last_call(kernel, BPF_PROG_QUERY, want, 64);
}

TEST(ProgTestRun, PassesDataAndContextAndBringsBackResults) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd, bpf_attr& attr) {
    attr.test.retval = 2;
    attr.test.duration = 30;
    attr.test.data_size_out = 14;
    return 0;
  };
  const std::array<std::byte, 14> packet{};
  std::array<std::byte, 20> out{};
  ProgTestRun run{
      .prog_fd = 5, .data_in = packet, .data_out = out, .repeat = 7, .flags = 1, .cpu = 1, .batch_size = 64};
  ASSERT_TRUE(prog_test_run(kernel, run));
  EXPECT_EQ(run.retval, 2U);
  EXPECT_EQ(run.duration_ns, 30U);
  EXPECT_EQ(run.data_out_bytes, 14U);
  auto want = zeroed<bpf_attr_test>();
  want.prog_fd = 5;
  want.data_size_in = 14;
  want.data_size_out = 20;
  want.data_in = address_of(packet.data());
  want.data_out = address_of(out.data());
  want.repeat = 7;
  want.flags = 1;
  want.cpu = 1;
  want.batch_size = 64;
  expect_last_call(kernel, BPF_PROG_TEST_RUN, want, 76);
}

TEST(ProgSmallCommands, PassExactlyTheirArm) {
  FakeKernel kernel;
  answer_all(kernel, 0);
  ASSERT_TRUE(prog_bind_map(kernel, 5, 6));
  expect_last_call(kernel, BPF_PROG_BIND_MAP, bpf_attr_prog_bind_map{.prog_fd = 5, .map_fd = 6, .flags = 0},
                   12);
  ASSERT_TRUE(prog_assoc_struct_ops(kernel, 5, 6));
  expect_last_call(kernel, BPF_PROG_ASSOC_STRUCT_OPS,
                   bpf_attr_prog_assoc_struct_ops{.map_fd = 6, .prog_fd = 5, .flags = 0}, 12);
  std::array<char, 8> text{};
  answer_all(kernel, 3);
  const auto got = prog_stream_read(kernel, 5, ProgStream::standard_error, text);
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, 3U);
  expect_last_call(
      kernel, BPF_PROG_STREAM_READ_BY_FD,
      bpf_attr_prog_stream_read{
          .stream_buf = address_of(text.data()), .stream_buf_len = 8, .stream_id = 2, .prog_fd = 5},
      20);
}

TEST(RawTracepoint, NamesTheTracepointWhenRefused) {
  FakeKernel kernel;
  kernel.fail_call(0, ENOENT);
  const auto link = raw_tracepoint_open(kernel, 5, "sched_switch", 77);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().message(), "open raw tracepoint 'sched_switch': ENOENT (No such file or directory)");
  const FakeCall call = kernel.calls().back();
  EXPECT_EQ(call.text, "sched_switch");
  EXPECT_EQ(call.attr.size(), 24U);
  EXPECT_EQ(call.attributes().raw_tracepoint.prog_fd, 5U);
  EXPECT_EQ(call.attributes().raw_tracepoint.cookie, 77U);
}

TEST(BtfLoad, PassesBlobLogAndToken) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd, bpf_attr& attr) {
    attr.btf_load.btf_log_true_size = 99;
    return -EINVAL;
  };
  const std::array<std::byte, 24> blob{};
  std::array<char, 16> text{};
  BtfLoad load{.btf = blob, .log = text, .log_level = 1, .token_fd = 4, .flags = 1U << 16};
  const auto fd = btf_load(kernel, load);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().message(), "load BTF: EINVAL (Invalid argument)");
  EXPECT_EQ(load.log_true_bytes, 99U);
  auto want = zeroed<bpf_attr_btf_load>();
  want.btf = address_of(blob.data());
  want.btf_log_buf = address_of(text.data());
  want.btf_size = 24;
  want.btf_log_size = 16;
  want.btf_log_level = 1;
  want.btf_flags = 1U << 16;
  want.btf_token_fd = 4;
  expect_last_call(kernel, BPF_BTF_LOAD, want, 40);
}

TEST(Obj, PinAndGetPassThePath) {
  FakeKernel kernel;
  answer_all(kernel, -ENOENT);
  const char* path = "/sys/fs/bpf/hits";
  const auto pinned = obj_pin(kernel, {.fd = 5, .path = path});
  ASSERT_FALSE(pinned);
  EXPECT_EQ(pinned.error().message(), "pin /sys/fs/bpf/hits: ENOENT (No such file or directory)");
  auto want = zeroed<bpf_attr_obj>();
  want.pathname = address_of(path);
  want.bpf_fd = 5;
  expect_last_call(kernel, BPF_OBJ_PIN, want, 20);
  const auto got = obj_get(kernel, {.path = path, .flags = 8});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message(), "open pinned /sys/fs/bpf/hits: ENOENT (No such file or directory)");
  want.bpf_fd = 0;
  want.file_flags = 8;
  expect_last_call(kernel, BPF_OBJ_GET, want, 20);
}

}  // namespace
}  // namespace skep::kernel
