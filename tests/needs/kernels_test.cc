// Archives of kernels' types.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "btf/btf.h"
#include "needs/kernel_literal.h"

namespace skep::needs {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Archive : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = (fs::temp_directory_path() / "skep-kernels-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    for (const std::string release : {"6.1.0-56-cloud-amd64", "6.12.1", "5.10.0", "6.9.3"}) {
      add(release + ".btf", test::make_kernel().types->bytes());
    }
    add("README", std::as_bytes(std::span("no types", 8)));
    add("config-5.10.0", std::as_bytes(std::span("CONFIG_HZ=250\n", 14)));
  }
  void TearDown() override { fs::remove_all(folder_); }

  void add(const std::string& name, std::span<const std::byte> bytes) {
    ASSERT_TRUE(write_file(folder_ + "/" + name, bytes));
  }
  std::vector<std::string> releases(const std::vector<std::string>& wanted) {
    const auto kernels = read_kernels(folder_, wanted);
    EXPECT_TRUE(kernels) << kernels.error().message();
    std::vector<std::string> names;
    for (const KernelTypes& kernel : *kernels) {
      names.push_back(kernel.release);
    }
    return names;
  }
  std::string refusal(const std::string& path, const std::vector<std::string>& wanted) {
    const auto kernels = read_kernels(path, wanted);
    return kernels ? std::string("read all the same") : kernels.error().message();
  }

  std::string folder_;
};

TEST_F(Archive, IsReadInTheOrderOfReleases) {
  EXPECT_THAT(releases({}), ::testing::ElementsAre("5.10.0", "6.1.0-56-cloud-amd64", "6.9.3", "6.12.1"));
}

TEST_F(Archive, APartOfAReleaseChoosesWholeNumbers) {
  EXPECT_THAT(releases({"6.1"}), ::testing::ElementsAre("6.1.0-56-cloud-amd64"));
  EXPECT_THAT(releases({"6.12", "5.10"}), ::testing::ElementsAre("5.10.0", "6.12.1"));
}

TEST_F(Archive, AConfigurationBesideTheTypesIsReadToo) {
  const auto kernels = read_kernels(folder_, {"5.10"});
  ASSERT_TRUE(kernels);
  EXPECT_EQ(kernels->front().kconfig, "CONFIG_HZ=250\n");
}

TEST_F(Archive, OfSeveralFilesOfOneReleaseTheBareOneCounts) {
  add("5.10.0.btf.zst", std::as_bytes(std::span("neither read", 12)));
  add("5.10.0.btf.gz", std::as_bytes(std::span("nor read", 8)));
  EXPECT_THAT(releases({"5.10"}), ::testing::ElementsAre("5.10.0"));
}

TEST_F(Archive, AReleaseThatIsNotThereIsNamedWithThoseThatAre) {
  EXPECT_THAT(refusal(folder_, {"6.3"}),
              ::testing::AllOf(HasSubstr("has no kernel 6.3"), HasSubstr("6.12.1")));
  EXPECT_THAT(refusal(folder_, {"newest"}), HasSubstr("'newest' is no kernel release"));
  EXPECT_THAT(refusal(folder_ + "/none", {}), HasSubstr("none"));
}

TEST_F(Archive, ATruncatedFileIsAnError) {
  const auto types = test::make_kernel().types;
  const auto whole = types->bytes();
  add("7.0.0.btf", whole.first(whole.size() - 5));
  EXPECT_THAT(refusal(folder_, {"7.0"}), HasSubstr("7.0.0.btf"));
  add("7.1.0.btf", std::as_bytes(std::span("\x9f\xebno", 4)));
  EXPECT_THAT(refusal(folder_, {"7.1"}), HasSubstr("7.1.0.btf"));
}

TEST_F(Archive, AFileIsOfTheReleaseThatItsNameOrTheUserSays) {
  const std::string path = folder_ + "/6.9.3.btf";
  EXPECT_EQ(read_kernels(path, {})->front().release, "6.9.3");
  EXPECT_EQ(read_kernels(path, {"6.10"})->front().release, "6.10");
  EXPECT_THAT(refusal(path, {"6.10", "6.11"}), HasSubstr("the types of one kernel"));
}

}  // namespace
}  // namespace skep::needs
