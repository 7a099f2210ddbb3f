// Registers a TCP congestion control and sends something by it, from this process to itself: tcpreno [MEGABYTES]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "skep/struct_ops.h"
#include "streaming.h"

using skep::u32;
using skep::u64;

namespace {

/// The end of the program when a system call failed.
int done(int result, const char* what) {
  if (result < 0) {
    std::perror(what);
    std::exit(1);
  }
  return result;
}

/// A listening socket on the loopback device, and its address.
skep::Fd listen_somewhere(sockaddr_in& address) {
  skep::Fd socket(done(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  done(::bind(socket.raw(), reinterpret_cast<const sockaddr*>(&address), length), "bind");
  done(::listen(socket.raw(), 1), "listen");
  done(::getsockname(socket.raw(), reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  return socket;
}

/// Sends so many bytes to whoever listens there, by the congestion control of that name.
void send_bytes(const sockaddr_in& address, u64 bytes, const std::string& control) {
  const skep::Fd socket(done(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  done(::setsockopt(socket.raw(), IPPROTO_TCP, TCP_CONGESTION, control.data(),
                    static_cast<socklen_t>(control.size())),
       "TCP_CONGESTION");
  done(::connect(socket.raw(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  const std::vector<char> portion(64 * 1024);
  for (u64 sent = 0; sent < bytes;) {
    const auto more = static_cast<std::size_t>(std::min<u64>(portion.size(), bytes - sent));
    sent += static_cast<u64>(done(static_cast<int>(::send(socket.raw(), portion.data(), more, 0)), "send"));
  }
}

u64 receive_all(int listening) {
  const skep::Fd socket(done(::accept(listening, nullptr, nullptr), "accept"));
  std::vector<char> portion(64 * 1024);
  u64 received = 0;
  while (const int more =
             done(static_cast<int>(::recv(socket.raw(), portion.data(), portion.size(), 0)), "recv")) {
    received += static_cast<u64>(more);
  }
  return received;
}

}  // namespace

int main(int count, char** words) {
  const Told told = read_words(count, words);
  const u64 bytes = std::stoull(word_or(told, 0, "4")) << 20;
  auto object = must(skep::Object::load_file(told.object));
  auto link = must(skep::attach_struct_ops(must_find(object.map("reno"), "reno")));
  tell({&link, 1});

  sockaddr_in address{};
  const skep::Fd listening = listen_somewhere(address);
  std::thread sender(send_bytes, std::cref(address), bytes, std::string("skep_reno"));
  const u64 received = receive_all(listening.raw());
  sender.join();

  const auto value = [&object]<class T>(const char* name, T) {
    return static_cast<unsigned long long>(must(must(must(object.variable(name)).as<T>()).load()));
  };
  std::printf("%llu bytes arrived; %llu packets acknowledged, %llu losses, at most %llu packets under way\n",
              static_cast<unsigned long long>(received), value("acknowledged", u64{}), value("losses", u64{}),
              value("largest_window", u32{}));
  must(link.detach());
  return received == bytes ? 0 : 1;
}
