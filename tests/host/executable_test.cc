// Functions of executables: small built ones, and those that Debian ships (stripped, Go, C++, with debug files, static).
#include "host/executable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "elf/image_builder.h"
#include "host/binary_path.h"
#include "host/demangle.h"
#include "host/usdt_notes.h"

namespace skep::host {
namespace {

using elf::BuiltSymbol;
using elf::ImageBuilder;
using testing::HasSubstr;

/// Where section 1 of every built file lies, whose functions these are.
constexpr u64 text = ImageBuilder::load_address + 120;

std::vector<std::byte> with_symbols(u32 type, const std::vector<BuiltSymbol>& symbols) {
  ImageBuilder builder;
  builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(256));
  builder.add_symbols(type == SHT_SYMTAB ? ".symtab" : ".dynsym", type, symbols);
  return builder.build();
}

std::shared_ptr<const Executable> open(std::vector<std::byte> bytes) {
  auto file = Executable::of_bytes(std::move(bytes));
  EXPECT_TRUE(file) << file.error().message();
  return *file;
}

/// A file of its own that is gone when the test is over.
class OnDisk {
 public:
  explicit OnDisk(std::string name, std::span<const std::byte> bytes)
      : directory_(cat("/tmp/skep_executable_test_", ::getpid())), path_(cat(directory_, "/", name)) {
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path());
    write(bytes);
  }
  OnDisk(const OnDisk&) = delete;
  OnDisk& operator=(const OnDisk&) = delete;
  ~OnDisk() { std::filesystem::remove_all(directory_); }
  void write(std::span<const std::byte> bytes) const {
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  const std::string& path() const { return path_; }
  const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
  std::string path_;
};

TEST(Executable, AFunctionIsFoundInTheSymbolTable) {
  const auto file = open(with_symbols(SHT_SYMTAB, {{"one", text, 16}, {"two", text + 16, 8}}));
  const auto two = file->find_function("two");
  ASSERT_TRUE(two) << two.error().message();
  EXPECT_EQ(two->address, text + 16);
  EXPECT_EQ(two->offset, 120U + 16U);
  EXPECT_EQ(two->size, 8U);
  EXPECT_EQ(two->source, SymbolSource::symtab);
}

TEST(Executable, ManyLookupsFindWhatOneDoes) {
  std::vector<BuiltSymbol> symbols;
  for (u64 i = 0; i < 100; ++i) {
    symbols.push_back({cat("f", i), text + i, 1});
  }
  const auto file = open(with_symbols(SHT_SYMTAB, symbols));
  for (u64 i = 0; i < 100; ++i) {
    const auto found = file->find_function(cat("f", i));
    ASSERT_TRUE(found) << i;
    EXPECT_EQ(found->address, text + i);
  }
  EXPECT_FALSE(file->find_function("f100"));
}

TEST(Executable, VersionsAreToldApart) {
  const auto file = open(with_symbols(SHT_SYMTAB, {{"f@V1", text, 4}, {"f@@V2", text + 8, 4}}));
  EXPECT_EQ(file->find_function("f")->address, text + 8) << "the default version";
  EXPECT_EQ(file->find_function("f@V1")->address, text);
  EXPECT_EQ(file->find_function("f@V2")->address, text + 8);
  EXPECT_EQ(file->find_function("f@@V2")->address, text + 8);
  EXPECT_FALSE(file->find_function("f@@V1")) << "not the default";
  EXPECT_FALSE(file->find_function("f@V3"));
}

TEST(Executable, AGlobalFunctionGoesBeforeAWeakAndThatBeforeAStaticOne) {
  const auto file = open(with_symbols(
      SHT_SYMTAB,
      {{"f", text, 4, STT_FUNC, STB_LOCAL}, {"f", text + 8, 4, STT_FUNC, STB_WEAK}, {"f", text + 16, 4}}));
  EXPECT_EQ(file->find_function("f")->address, text + 16);
}

TEST(Executable, SeveralFunctionsOfANameAreListed) {
  const auto file = open(with_symbols(
      SHT_SYMTAB, {{"f", text, 4, STT_FUNC, STB_LOCAL}, {"f", text + 8, 4, STT_FUNC, STB_LOCAL}}));
  const auto found = file->find_function("f");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), Errc::invalid);
  EXPECT_THAT(found.error().message(),
              HasSubstr("2 functions are called f: f at offset 0x78, f at offset 0x80"));
}

TEST(Executable, AnIndirectFunctionIsRefusedWithTheReason) {
  const auto file = open(with_symbols(SHT_SYMTAB, {{"memcpy", text, 4, STT_GNU_IFUNC}}));
  const auto found = file->find_function("memcpy");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), Errc::unsupported);
  EXPECT_THAT(found.error().message(), HasSubstr("indirect function"));
}

TEST(Executable, AVariableOrAnImportIsNoFunction) {
  const auto file = open(with_symbols(
      SHT_SYMTAB, {{"counter", text, 4, STT_OBJECT}, {"printf", 0, 0, STT_FUNC, STB_GLOBAL, 0}}));
  EXPECT_FALSE(file->find_function("counter"));
  EXPECT_FALSE(file->find_function("printf"));
}

TEST(Executable, AMistypedNameIsToldWithTheNearestAndWhereWasLooked) {
  const auto file = open(with_symbols(SHT_SYMTAB, {{"readline", text, 4}}));
  const auto found = file->find_function("raedline");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), Errc::not_found);
  EXPECT_THAT(found.error().message(), HasSubstr("looked in .symtab"));
  const auto near = file->find_function("readlin");
  EXPECT_THAT(near.error().message(), HasSubstr("did you mean readline?"));
}

TEST(Executable, CppNamesAreFoundAsPeopleWriteThem) {
  const auto file = open(with_symbols(SHT_SYMTAB, {{"_ZN2ns4Type3runEi", text, 4},
                                                   {"_ZN2ns4Type3runEd", text + 8, 4},
                                                   {"_ZNK2ns4Type4sizeEv", text + 16, 4},
                                                   {"_ZN2ns5otherINS_4TypeEEEvT_", text + 24, 4}}));
  EXPECT_EQ(file->find_function("ns::Type::run(int)")->address, text);
  EXPECT_EQ(file->find_function("ns::Type::size")->address, text + 16);
  EXPECT_EQ(file->find_function("ns::other<ns::Type>")->address, text + 24);
  EXPECT_EQ(file->find_function("_ZN2ns4Type3runEd")->address, text + 8);
  const auto both = file->find_function("ns::Type::run");
  ASSERT_FALSE(both);
  EXPECT_THAT(both.error().message(), HasSubstr("ns::Type::run(double) at offset"));
  const auto matching = file->match_functions("ns::Type::*");
  ASSERT_TRUE(matching);
  EXPECT_EQ(matching->size(), 3U);
}

TEST(Executable, APatternGivesEachAddressOnce) {
  const auto file = open(with_symbols(SHT_SYMTAB, {{"b_two", text + 8, 4},
                                                   {"b_one", text, 4},
                                                   {"b_alias", text, 4, STT_FUNC, STB_WEAK},
                                                   {"c", text + 16, 4}}));
  const auto found = file->match_functions("b_*");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].address, text);
  EXPECT_FALSE(file->match_functions("d*"));
}

TEST(Executable, SymbolsInGnuDebugdataAreRead) {
  const auto inner = with_symbols(SHT_SYMTAB, {{"hidden", text + 4, 4}});
  std::vector<std::byte> packed(inner.size() + 4096);
  std::size_t used = 0;
  ASSERT_EQ(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const u8*>(inner.data()),
                                    inner.size(), reinterpret_cast<u8*>(packed.data()), &used, packed.size()),
            LZMA_OK);
  packed.resize(used);
  ImageBuilder builder;
  builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(256));
  builder.add_section(".gnu_debugdata", SHT_PROGBITS, packed);
  const auto found = open(builder.build())->find_function("hidden");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->source, SymbolSource::mini_debug_info);
  EXPECT_EQ(found->offset, 124U);
  packed.resize(packed.size() / 2);
  ImageBuilder damaged;
  damaged.add_section(".gnu_debugdata", SHT_PROGBITS, packed);
  EXPECT_FALSE(open(damaged.build())->find_function("hidden"));
}

TEST(Executable, ADebugFileIsFoundByItsLinkAndOnlyWhenItFits) {
  const auto debug = with_symbols(SHT_SYMTAB, {{"hidden", text + 4, 4}});
  const OnDisk file(".debug/program.debug", debug);
  ImageBuilder builder;
  builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(256));
  std::vector<std::byte> link;
  ImageBuilder::text(link, "program.debug");
  link.resize(16);
  builder.put<u32>(link,
                   static_cast<u32>(crc32_z(0, reinterpret_cast<const Bytef*>(debug.data()), debug.size())));
  builder.add_section(".gnu_debuglink", SHT_PROGBITS, link);
  const std::string path = cat(file.directory(), "/program");
  const OnDisk* const kept = &file;
  const auto bytes = builder.build();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const auto opened = Executable::open(path);
  ASSERT_TRUE(opened) << opened.error().message();
  const auto found = (*opened)->find_function("hidden");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->source, SymbolSource::debug_file);
  kept->write(with_symbols(SHT_SYMTAB, {{"hidden", text + 8, 4}}));
  std::ofstream(path, std::ios::binary | std::ios::app) << "x";  // another file now, for the cache
  const auto again = Executable::open(path);
  ASSERT_TRUE(again);
  EXPECT_FALSE((*again)->find_function("hidden")) << "the debug file is another one's";
}

TEST(Executable, AFileIsReadOnceUntilItChanges) {
  const OnDisk file("program", with_symbols(SHT_SYMTAB, {{"f", text, 4}}));
  const auto first = Executable::open(file.path());
  const auto second = Executable::open(file.path());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->get(), second->get());
  file.write(with_symbols(SHT_SYMTAB, {{"f", text, 4}, {"g", text + 4, 4}}));
  const auto third = Executable::open(file.path());
  ASSERT_TRUE(third);
  EXPECT_NE(first->get(), third->get());
  EXPECT_TRUE((*third)->find_function("g"));
}

/// Whether this process has mapped the file.
bool is_mapped(const std::string& path) {
  std::ifstream maps("/proc/self/maps");
  const std::string all((std::istreambuf_iterator<char>(maps)), {});
  return all.contains(path);
}

TEST(Executable, AFileThatNobodyHoldsIsLetGo) {
  const OnDisk file("program", with_symbols(SHT_SYMTAB, {{"f", text, 4}}));
  auto opened = Executable::open(file.path());
  ASSERT_TRUE(opened);
  EXPECT_TRUE(is_mapped(file.path()));
  opened->reset();
  EXPECT_FALSE(is_mapped(file.path()));
  EXPECT_TRUE(Executable::open(file.path()));
}

TEST(Executable, ThreadsOpenEachFileOnceBetweenThem) {
  const OnDisk one("one", with_symbols(SHT_SYMTAB, {{"f", text, 4}}));
  const OnDisk two("two", with_symbols(SHT_SYMTAB, {{"g", text, 4}}));
  std::array<std::shared_ptr<const Executable>, 8> opened;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < opened.size(); ++i) {
      threads.emplace_back(
          [&, i] { opened[i] = Executable::open((i % 2 == 0 ? one : two).path()).value_or(nullptr); });
    }
  }
  for (std::size_t i = 0; i < opened.size(); ++i) {
    ASSERT_NE(opened[i], nullptr);
    EXPECT_EQ(opened[i], opened[i % 2]);
  }
  EXPECT_NE(opened[0], opened[1]);
}

TEST(Executable, AFileThatOthersMayShortenIsReadAsItWas) {
  const auto bytes = with_symbols(SHT_SYMTAB, {{"f", text, 4}, {"g", text + 4, 4}});
  const OnDisk file("program", bytes);
  std::filesystem::permissions(file.path(), std::filesystem::perms::others_write,
                               std::filesystem::perm_options::add);
  const auto opened = Executable::open(file.path());
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_FALSE(is_mapped(file.path()));
  std::filesystem::resize_file(file.path(), 0);
  const auto found = (*opened)->find_function("g");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->address, text + 4);
}

TEST(Executable, AThingThatIsNoneIsRefused) {
  for (const char* const path : {"/nonexistent/program", "/etc/passwd", "/"}) {
    const auto opened = Executable::open(path);
    ASSERT_FALSE(opened) << path;
    EXPECT_THAT(opened.error().message(), HasSubstr(path));
  }
}

TEST(Executable, ANamedPipeIsRefusedAndNotWaitedFor) {
  const std::string pipe = testing::TempDir() + "skep_pipe_" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto opened = Executable::open(pipe);
  ::unlink(pipe.c_str());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::invalid);
  EXPECT_THAT(opened.error().message(), HasSubstr("is no regular file"));
}

TEST(Executable, NotesOfProbesAreReadAndMovedAsPrelinkMoved) {
  ImageBuilder builder;
  builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(256));
  builder.add_section(".stapsdt.base", SHT_PROGBITS, std::vector<std::byte>(8));
  std::vector<std::byte> description;
  const u64 base = ImageBuilder::load_address + 120 + 256;
  const u64 moved = 0x100000;  // the note was written when everything was that much higher
  for (const u64 address : {text + 3 + moved, base + moved, text + 128 + moved}) {
    builder.word(description, address);
  }
  for (const char* const part : {"prov", "na__me", "-4@%eax 8@(%rbx)"}) {
    ImageBuilder::text(description, part);
  }
  std::vector<std::byte> notes;
  builder.note(notes, "stapsdt", 3, description);
  builder.add_section(".note.stapsdt", SHT_NOTE, notes);
  const auto read = read_usdt_notes(*open(builder.build()));
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().provider, "prov");
  EXPECT_EQ(read->front().name, "na__me");
  EXPECT_EQ(read->front().arguments, "-4@%eax 8@(%rbx)");
  EXPECT_EQ(read->front().offset, 123U);
  EXPECT_EQ(read->front().semaphore_offset, 120U + 128U);
}

TEST(Executable, ANoteThatMakesNoSenseLeavesTheOthersAlone) {
  ImageBuilder builder;
  builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(256));
  std::vector<std::byte> notes;
  const auto note = [&](u64 address, u64 semaphore, std::string_view name) {
    std::vector<std::byte> description;
    for (const u64 word : {address, u64{0}, semaphore}) {
      builder.word(description, word);
    }
    for (const std::string_view part : {std::string_view("prov"), name, std::string_view("")}) {
      ImageBuilder::text(description, part);
    }
    builder.note(notes, "stapsdt", 3, description);
  };
  note(0x10, 0, "nowhere");
  note(text, 0x20, "uncounted");
  builder.note(notes, "stapsdt", 3, std::vector<std::byte>(25));
  note(text + 8, text + 128, "good");
  builder.add_section(".note.stapsdt", SHT_NOTE, notes);
  const auto read = read_usdt_notes(*open(builder.build()));
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->size(), 4U);
  EXPECT_EQ((*read)[0].name, "nowhere");
  EXPECT_EQ((*read)[0].problem, "its address 0x10 is not in the file");
  EXPECT_EQ((*read)[1].name, "uncounted");
  EXPECT_EQ((*read)[1].problem, "its semaphore's address 0x20 is not in the file");
  EXPECT_THAT((*read)[2].problem, testing::Not(testing::IsEmpty()));
  EXPECT_EQ((*read)[3].name, "good");
  EXPECT_EQ((*read)[3].problem, "");
  EXPECT_EQ((*read)[3].offset, 128U);
}

TEST(Executable, NotesThatAreCutOffAreAnError) {
  for (std::size_t kept = 1; kept < 60; ++kept) {
    ImageBuilder builder;
    std::vector<std::byte> notes;
    builder.note(notes, "stapsdt", 3, std::vector<std::byte>(40));
    notes.resize(std::min(kept, notes.size()));
    builder.add_section(".note.stapsdt", SHT_NOTE, notes);
    EXPECT_FALSE(read_usdt_notes(*open(builder.build()))) << kept;
  }
}

TEST(DebianBinary, LibcsExportsAreFoundThroughItsHashTable) {
  const auto path = find_binary("libc.so.6");
  ASSERT_TRUE(path) << path.error().message();
  const auto libc = Executable::open(*path);
  ASSERT_TRUE(libc) << libc.error().message();
  const auto found = (*libc)->find_function("getenv");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->source, SymbolSource::dynamic);
  EXPECT_FALSE((*libc)->find_function("getenv@NO_SUCH_VERSION"));
  EXPECT_FALSE((*libc)->find_function("memcpy")) << "an indirect function";
}

TEST(DebianBinary, StaticFunctionsOfLibcAreInItsDebugFile) {
  if (!std::filesystem::exists("/usr/lib/debug/.build-id")) {
    GTEST_SKIP() << "no debug files here; Debian has them in libc6-dbg";
  }
  const auto libc = Executable::open(*find_binary("libc.so.6"));
  ASSERT_TRUE(libc);
  const auto found = (*libc)->find_function("sysmalloc");
  if (!found) {
    GTEST_SKIP() << "the debug files here are not this libc's: " << found.error().message();
  }
  EXPECT_EQ(found->source, SymbolSource::debug_file);
}

TEST(DebianBinary, AGoProgramTellsItsFunctionsThoughStripped) {
  const auto fzf = Executable::open("/usr/bin/fzf");
  if (!fzf) {
    GTEST_SKIP() << "Debian's package fzf is not installed: " << fzf.error().message();
  }
  EXPECT_TRUE((*fzf)->is_go());
  const auto found = (*fzf)->find_function("main.main");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->source, SymbolSource::go_table);
  const auto returning = (*fzf)->find_function("strings.Index");
  ASSERT_TRUE(returning) << returning.error().message();
  const auto returns = (*fzf)->return_offsets(*returning);
  ASSERT_TRUE(returns) << returns.error().message();
  EXPECT_GE(returns->size(), 2U);
  for (const u64 offset : *returns) {
    EXPECT_GT(offset, returning->offset);
    EXPECT_LT(offset, returning->offset + returning->size);
  }
}

TEST(DebianBinary, AStrippedProgramSaysSo) {
  const auto busybox = Executable::open("/bin/busybox");
  if (!busybox) {
    GTEST_SKIP() << busybox.error().message();
  }
  const auto found = (*busybox)->find_function("main");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), HasSubstr("stripped"));
}

TEST(DebianBinary, LibstdcppHasProbesWithArguments) {
  const auto path = find_binary("libstdc++.so.6");
  ASSERT_TRUE(path) << path.error().message();
  const auto file = Executable::open(*path);
  ASSERT_TRUE(file) << file.error().message();
  const auto notes = read_usdt_notes(**file);
  ASSERT_TRUE(notes) << notes.error().message();
  EXPECT_THAT(*notes, testing::Contains(testing::Field(&UsdtNote::name, "throw")));
  const auto put = (*file)->find_function("std::ostream::put(char)");
  ASSERT_TRUE(put) << put.error().message();
  EXPECT_EQ(put->name, "_ZNSo3putEc");
}

TEST(Search, ProgramsAndLibrariesHaveTheirOwnDirectories) {
  const OnDisk program("tool", with_symbols(SHT_SYMTAB, {{"f", text, 4}}));
  std::filesystem::permissions(program.path(), std::filesystem::perms::owner_all);
  const BinarySearch search{.program_directories = {"/nonexistent", program.directory()},
                            .library_directories = {"/nonexistent"}};
  EXPECT_EQ(*find_binary("tool", search), program.path());
  EXPECT_EQ(*find_binary("./tool", search), "./tool") << "a path is itself";
  const auto library = find_binary("libtool.so.1", search);
  ASSERT_FALSE(library);
  EXPECT_THAT(library.error().message(), HasSubstr("no library libtool.so.1 in /nonexistent"));
  EXPECT_FALSE(find_binary("", search));
}

TEST(Demangle, NamesAreComparedWithAndWithoutArguments) {
  EXPECT_TRUE(means("f", "f(int)"));
  EXPECT_TRUE(means("a::f", "a::f(b::c<d>)"));
  EXPECT_TRUE(means("(anonymous namespace)::f", "(anonymous namespace)::f(int)"));
  EXPECT_TRUE(means("a::operator()", "a::operator()(int) const"));
  EXPECT_TRUE(means("f<int>", "void f<int>(int)"));
  EXPECT_FALSE(means("f", "a::f(int)"));
  EXPECT_FALSE(means("a::f(int)", "a::f(double)"));
  EXPECT_EQ(demangle("main"), "");
  EXPECT_EQ(demangle(std::string("_Z") + std::string(5000, '1')), "");
}

}  // namespace
}  // namespace skep::host
