// What changes a kernel for all: struct_ops registered, used, exchanged; streams; statistics. In guests only.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "kernel/prog_run.h"
#include "ops/fixture.h"
#include "skep/statistics.h"
#include "skep/struct_ops.h"
#include "support/permitted.h"
#include "support/release.h"

namespace skep {
namespace {

using testing::HasSubstr;

class InGuest : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::in_guest()) {
      GTEST_SKIP() << "this belongs into a guest: tests/kernel/run";
    }
    const Fd control(::socket(AF_INET, SOCK_DGRAM, 0));
    ::ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP;
    ASSERT_EQ(::ioctl(control.raw(), SIOCSIFFLAGS, &loopback), 0);
  }
};

/// Connects over the loopback device with this congestion control and sends a little. False: the kernel has none of that name.
bool converse(const std::string& congestion_control) {
  const Fd server(::socket(AF_INET, SOCK_STREAM, 0));
  const Fd client(::socket(AF_INET, SOCK_STREAM, 0));
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  EXPECT_EQ(::bind(server.raw(), reinterpret_cast<::sockaddr*>(&address), bytes), 0);
  EXPECT_EQ(::listen(server.raw(), 1), 0);
  EXPECT_EQ(::getsockname(server.raw(), reinterpret_cast<::sockaddr*>(&address), &bytes), 0);
  if (::setsockopt(client.raw(), IPPROTO_TCP, TCP_CONGESTION, congestion_control.data(),
                   static_cast<socklen_t>(congestion_control.size())) != 0) {
    return false;
  }
  EXPECT_EQ(::connect(client.raw(), reinterpret_cast<::sockaddr*>(&address), bytes), 0)
      << std::strerror(errno);
  const Fd other(::accept(server.raw(), nullptr, nullptr));
  char text[4] = "hi!";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(::send(client.raw(), text, sizeof text, 0), 4);
    EXPECT_EQ(::recv(other.raw(), text, sizeof text, MSG_WAITALL), 4);
  }
  return true;
}

u64 value_of(Object& object, std::string_view name) {
  return object.variable(name).value().as<u64>().value().load().value();
}

TEST_F(InGuest, ATableOfStructOpsIsCalledWhileItsLinkLives) {
  LoadReport report;
  auto object = Object::load(read_ops("tcp"), {}, &report);
  ASSERT_TRUE(object) << object.error().message();
  for (const char* map : {"plain", "first"}) {
    const std::string name = std::string(map) == "plain" ? "skep_plain" : "skep_link";
    const u64 before = value_of(*object, "inits");
    {
      auto link = attach_struct_ops(*object->map(map));
      ASSERT_TRUE(link) << link.error().message();
      EXPECT_TRUE(converse(name)) << name;
      EXPECT_GT(value_of(*object, "inits"), before) << map;
      EXPECT_GT(value_of(*object, "asked"), 0U) << map;
      const auto twice = attach_struct_ops(*object->map(map));
      EXPECT_FALSE(twice);
    }
    EXPECT_FALSE(converse(name)) << name << " is still there";
  }
}

TEST_F(InGuest, AnotherTableTakesItsPlace) {
  SKEP_SKIP_BEFORE(6, 4, "no links of struct_ops");
  auto object = Object::load(read_ops("tcp"));
  ASSERT_TRUE(object) << object.error().message();
  auto link = attach_struct_ops(*object->map("first"));
  ASSERT_TRUE(link) << link.error().message();
  ASSERT_TRUE(converse("skep_link"));
  EXPECT_EQ(value_of(*object, "next_inits"), 0U);
  auto updated = update_struct_ops(*link, *object->map("next"));
  ASSERT_TRUE(updated) << updated.error().message();
  ASSERT_TRUE(converse("skep_link"));
  EXPECT_GT(value_of(*object, "next_inits"), 0U);
}

TEST_F(InGuest, ShadowValuesAreWhatTheKernelSees) {
  ObjectSpec spec = read_ops("tcp");
  ASSERT_TRUE(spec.set_text("plain.name", "\"skep_other\""));
  ASSERT_TRUE(spec.set_text("plain.init", "next_init"));
  auto object = Object::load(std::move(spec));
  ASSERT_TRUE(object) << object.error().message();
  auto link = attach_struct_ops(*object->map("plain"));
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_FALSE(converse("skep_plain"));
  EXPECT_TRUE(converse("skep_other"));
  EXPECT_GT(value_of(*object, "next_inits"), 0U);
}

TEST_F(InGuest, WhatThisKernelLacksIsSetToNothing) {
  ObjectSpec spec = read_ops("tcp");
  spec.find_map("optional")->autocreate = true;
  const auto refused = Object::load(std::move(spec));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("has no such member"));
  ObjectSpec without = read_ops("tcp");
  without.find_map("optional")->autocreate = true;
  ASSERT_TRUE(without.set_text("optional.of_tomorrow", "0"));
  auto object = Object::load(std::move(without));
  ASSERT_TRUE(object) << object.error().message();
  EXPECT_EQ(object->program("of_tomorrow"), nullptr);
}

TEST_F(InGuest, ASchedulerRunsWhereTheKernelTakesOne) {
  auto object = Object::load(read_ops("scheduler"));
  if (!object) {
    EXPECT_EQ(object.error().code(), Errc::unsupported) << object.error().message();
    EXPECT_THAT(object.error().message(), HasSubstr("CONFIG_SCHED_CLASS_EXT"));
    return;
  }
  auto link = attach_struct_ops(*object->map("scheduler"));
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(value_of(*object, "inits"), 1U);
  std::string state;
  std::ifstream("/sys/kernel/sched_ext/state") >> state;
  EXPECT_EQ(state, "enabled");
  ASSERT_TRUE(link->detach());
}

TEST_F(InGuest, ProgramsTalkInStreams) {
  auto object = Object::load(read_ops("stream"));
  if (!object) {
    SKEP_SKIP_BEFORE(6, 17, object.error().message());
  }
  ASSERT_TRUE(object) << object.error().message();
  Program& talks = *object->program("talks");
  ASSERT_TRUE(talks.test_run({}));
  std::string text(100, '\0');
  const auto read =
      kernel::prog_stream_read(talks.kernel(), talks.fd().raw(), kernel::ProgStream::standard_output, text);
  if (!read) {
    SKEP_SKIP_BEFORE(6, 17, read.error().message());
  }
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(text.substr(0, *read), "hello 42\n");
}

TEST_F(InGuest, RunsAreCountedWhileSomebodyWantsThemCounted) {
  auto object = Object::load(read_ops("replaced"));
  ASSERT_TRUE(object) << object.error().message();
  Program& asks = *object->program("asks");
  auto counting = RunStatistics::enable();
  if (!counting) {
    SKEP_SKIP_BEFORE(5, 8, counting.error().message());
  }
  ASSERT_TRUE(counting) << counting.error().message();
  const auto before = program_statistics().value();
  const std::vector<std::byte> packet(64);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(asks.test_run({.data_in = packet, .repeat = 1}));
  }
  const auto now = program_statistics().value();
  const auto rates = program_rates(before, now, std::chrono::seconds(1));
  const u32 id = program_statistics(asks).value().id;
  const auto own = std::ranges::find_if(rates, [id](const ProgramRate& rate) { return rate.now.id == id; });
  ASSERT_NE(own, rates.end());
  EXPECT_GT(own->now.memory_bytes, 0U);
}

}  // namespace
}  // namespace skep
